import { quoteGo } from "../encoding/go-text.ts";
import { parseGoUrl } from "../encoding/go-url.ts";
import { always, type Members, optional, StructCodec } from "../encoding/json-struct.ts";
import { bool, list, text } from "../encoding/json-types.ts";
import { type CommonClaims, type CommonNats, commonClaims, commonNats } from "./common.ts";

/** The `nats` object of an operator. Go: `Operator`. */
export interface OperatorNats extends CommonNats<"operator"> {
  /** Public keys that may sign for the operator besides its own. */
  signing_keys?: string[];
  /** Where account tokens are served: an `http` URL, or a `nats` URL for servers with a NATS resolver. */
  account_server_url?: string;
  /** URLs of the NATS servers, without credentials and paths. */
  operator_service_urls?: string[];
  /** Public key of the system account. */
  system_account?: string;
  /** The oldest server that may run with this token: `major.minor.update`. */
  assert_server_version?: string;
  /** Whether accounts and users must be signed by signing keys. */
  strict_signing_key_usage?: boolean;
}

/** Claims of an operator. Go: `OperatorClaims`. */
export interface OperatorClaims extends CommonClaims {
  nats: OperatorNats;
}

export const operatorNats: Members<OperatorNats> = {
  signing_keys: optional(list(text)),
  account_server_url: optional(text),
  operator_service_urls: optional(list(text)),
  system_account: optional(text),
  assert_server_version: optional(text),
  strict_signing_key_usage: optional(bool),
  ...commonNats<"operator">(),
};

export const operatorNatsCodec: StructCodec<OperatorNats> = new StructCodec<OperatorNats>(operatorNats);

export const operatorCodec: StructCodec<OperatorClaims> = new StructCodec<OperatorClaims>({
  ...commonClaims,
  nats: always(operatorNatsCodec),
});

/** What is wrong with an operator's `account_server_url`, in Go's words. */
export function accountServerUrlProblem(url: unknown): string | undefined {
  if (typeof url !== "string" || url === "") return undefined;
  const parsed = parseGoUrl(url);
  if ("error" in parsed) return `error parsing account server url: ${parsed.error}`;
  return parsed.scheme === "" ? `account server url ${quoteGo(url)} requires a protocol` : undefined;
}
