import { assertKnownOptions } from "../authority/options.ts";
import type { PermissionsInit } from "../authority/permissions-input.ts";
import { NscError } from "../errors.ts";
import type { Expires } from "../jwt/expiry.ts";
import type { UserClaims } from "../jwt/user.ts";

/** A user of an account in the configuration of servers, where there is no operator. */
export interface ConfigurationUser extends PermissionsInit {
  /** Name of the account in the configuration, such as `APP` or `$G`. */
  readonly account: string;
  /** What the servers call the user from then on. */
  readonly name: string;
  /** When the servers close the connection; `"never"` has to be said. */
  readonly expires: Expires;
  /** Tags; in lower case, as Go keeps them. */
  readonly tags?: readonly string[];
  /** Anything else: changes the claims before they are signed. */
  readonly claims?: (claims: UserClaims) => void;
}

/**
 * The answer to a request. One of:
 *
 * - `{ token }`: a user's token, about the request's `userKey`, such as `account.issueUser(name, { key: request.userKey, … })`
 *   gives it;
 * - `{ user }`: a user that is signed here, where servers have accounts in their configuration;
 * - `{ deny }`: a refusal at once. The reason is for the servers' log and the auth account's events; clients don't see it;
 * - `{ ignore: true }`: none. The server refuses when it has waited long enough, which slows down who guesses.
 */
export type AuthorizationVerdict =
  | { readonly token: string }
  | { readonly user: ConfigurationUser }
  | { readonly deny: string }
  | { readonly ignore: true };

/** A verdict by what it is. */
export type ReadVerdict =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "user"; readonly user: ConfigurationUser }
  | { readonly kind: "deny"; readonly reason: string }
  | { readonly kind: "ignore" };

const USER = ["account", "name", "expires", "tags", "claims", "pub", "sub", "responses"];

/** Reads what is said of a request; anything unclear lets nobody in. */
export function readVerdict(verdict: AuthorizationVerdict): ReadVerdict {
  const { token, user, deny, ignore } = (verdict ?? {}) as { readonly [name: string]: unknown };
  if ([token, user, deny, ignore].filter((each) => each !== undefined).length === 1) {
    if (typeof token === "string") return { kind: "token", token };
    if (typeof deny === "string" && deny !== "") return { kind: "deny", reason: deny };
    if (ignore === true) return { kind: "ignore" };
    if (typeof user === "object" && user !== null) {
      assertKnownOptions(user, USER);
      return { kind: "user", user: user as ConfigurationUser };
    }
  }
  throw new NscError(
    "ERR_ARGUMENT_INVALID",
    "the answer to a request must be one of { token }, { user }, { deny: reason } and { ignore: true }",
  );
}
