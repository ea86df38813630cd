import { quoteGo } from "../encoding/go-text.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { CommonClaims } from "../jwt/common.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import { trustedKeys } from "../jwt/trusted-keys.ts";
import { isPublicKey } from "../nkeys/codec.ts";

/** What the server takes as a version. Go: `jwt.ParseServerVersion`. */
const SERVER_VERSION = /^\+?\d{1,18}(?:\.\+?\d{1,18}){2}$/;

/** Refuses an operator with which no server would start. */
export function checkOperator(claims: OperatorClaims): void {
  const { assert_server_version: version } = claims.nats;
  if (version !== undefined && version !== "" && !SERVER_VERSION.test(version)) {
    throw new NscError(
      "ERR_CONFIG_ACCOUNT",
      `operator ${nameOf(claims)} asserts a server version that is not of the form major.minor.update`,
    );
  }
  if (!trustedKeys(claims).every((key) => isPublicKey(key, "operator"))) {
    throw new NscError(
      "ERR_CONFIG_ACCOUNT",
      `operator ${nameOf(claims)} has a key that is no public key of an operator`,
    );
  }
}

/** Why a token does not count at a time in seconds since 1970, to go after its name; nothing if it does. */
export function timeProblem({ exp = 0, nbf = 0 }: CommonClaims, now: number): string | undefined {
  if (exp > 0 && exp < now) return "is expired";
  return nbf > now ? "is not valid yet" : undefined;
}

/** The name of an entity for people, on one line. */
export function nameOf({ name, sub }: OperatorClaims | AccountClaims): string {
  return name === undefined ? sub : quoteGo(name);
}
