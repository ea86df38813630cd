import type { CryptoEngine } from "../crypto/engine.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { decode } from "../jwt/decode.ts";
import { didSign } from "../jwt/did-sign.ts";
import { hasEmptyPermissions } from "../jwt/scopes.ts";
import type { UserNats } from "../jwt/user.ts";
import { timeProblem } from "./token-checks.ts";

/**
 * Refuses a sentinel that the server refuses, or that gets nobody in: nats-server checks only that it is a bearer, or looks like a
 * user of a role.
 *
 * @param account - claims of the account by its public key, where they are known
 */
export function checkSentinel(
  token: unknown,
  account: (publicKey: string) => AccountClaims | undefined,
  now: number,
  engine: CryptoEngine | undefined,
): asserts token is string {
  if (typeof token !== "string") throw new NscError("ERR_ARGUMENT_INVALID", "the default sentinel must be a token");
  const claims = decode(token, { kind: "user", ...(engine && { engine }) });
  const { nats, iss = "" } = claims;
  checkBearer(nats);
  const problem = timeProblem(claims, now);
  if (problem !== undefined) throw refused(problem);
  if (!isScoped(nats) && Number(nats.subs ?? 0) === 0)
    throw refused("may have no subscriptions, so that servers cut it off");
  const issuer = account(nats.issuer_account || iss);
  if (issuer !== undefined && !didSign(issuer, claims)) {
    throw new NscError("ERR_CONFIG_TRUST", `the default sentinel is signed by ${iss}, which is no key of its account`);
  }
}

/** All that the server itself looks at. */
export function checkBearer(nats: UserNats): void {
  if (nats.bearer_token !== true && !isScoped(nats)) {
    throw refused("must be a bearer token, or a user of a role that is");
  }
}

function isScoped(nats: UserNats): boolean {
  return (nats.issuer_account ?? "") !== "" && hasEmptyPermissions(nats);
}

function refused(what: string): NscError {
  return new NscError("ERR_CONFIG_ACCOUNT", `the default sentinel ${what}`);
}
