import { quoteGo } from "../encoding/go-text.ts";
import { parseGoInteger } from "../encoding/go-time.ts";
import { parseGoUrl } from "../encoding/go-url.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import type { IssueCollector } from "./issues.ts";
import { accountServerUrlProblem, type OperatorClaims } from "./operator.ts";
import { type ValidationContext, validateTimes } from "./validate-rules.ts";

/** Go: `OperatorClaims.Validate`. */
export function validateOperator(claims: OperatorClaims, { now }: ValidationContext, issues: IssueCollector): void {
  validateTimes(claims, now, issues);
  const { nats } = claims;
  const at = issues.at("nats");
  const problem = accountServerUrlProblem(nats.account_server_url);
  if (problem !== undefined) at.error("OPERATOR_ACCOUNT_SERVER_URL", problem, "account_server_url");
  for (const [index, url] of (nats.operator_service_urls ?? []).entries()) {
    const wrong = serviceUrlProblem(url);
    if (wrong !== undefined) at.error("OPERATOR_SERVICE_URL", wrong, "operator_service_urls", index);
  }
  for (const [index, key] of (nats.signing_keys ?? []).entries()) {
    if (isPublicKey(key, "operator")) continue;
    at.error("SIGNING_KEY_INVALID", `${key} is not an operator public key`, "signing_keys", index);
  }
  const { system_account = "" } = nats;
  if (system_account !== "" && !isPublicKey(system_account, "account")) {
    at.error("OPERATOR_SYSTEM_ACCOUNT", `${system_account} is not an account public key`, "system_account");
  }
  const wrongVersion = serverVersionProblem(nats.assert_server_version ?? "");
  if (wrongVersion !== undefined) {
    at.error("OPERATOR_SERVER_VERSION", `assert server version error: ${wrongVersion}`, "assert_server_version");
  }
}

const SERVICE_SCHEMES = ["nats", "tls", "ws", "wss"];

/** Go: `ValidateOperatorServiceURL`. */
function serviceUrlProblem(url: string): string | undefined {
  if (url === "") return undefined;
  const parsed = parseGoUrl(url);
  const quoted = quoteGo(url);
  if ("error" in parsed) return `error parsing operator service url ${quoted}: ${parsed.error}`;
  if (parsed.hasUserInfo) return `operator service url ${quoted} - credentials are not supported`;
  if (parsed.path !== "") return `operator service url ${quoted} - paths are not supported`;
  if (SERVICE_SCHEMES.includes(parsed.scheme.toLowerCase())) return undefined;
  return `operator service url ${quoted} - protocol not supported (only 'nats', 'tls', 'ws', 'wss' only)`;
}

/** Go: `ParseServerVersion`. */
function serverVersionProblem(version: string): string | undefined {
  if (version === "") return undefined;
  const parts = version.split(".");
  if (parts.length !== 3) return "asserted server version must be of the form <major>.<minor>.<update>";
  const numbers: bigint[] = [];
  for (const part of parts) {
    const number = parseGoInteger(part);
    if (number === undefined) return `asserted server version cant parse ${part} to int`;
    numbers.push(number);
  }
  if (numbers.every((number) => number >= 0n)) return undefined;
  return `asserted server version can'b contain negative values: ${version}`;
}
