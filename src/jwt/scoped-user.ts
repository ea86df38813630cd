import { NscError } from "../errors.ts";
import { isPublicKey, keyPrefix } from "../nkeys/codec.ts";
import { PREFIXES } from "../nkeys/kinds.ts";
import type { ForeignKeyPair, Signer } from "../nkeys/signer.ts";
import { createUserClaims } from "./create-claims.ts";
import { type EncodeOptions, encode } from "./encode.ts";
import { type Expires, expiryOf } from "./expiry.ts";

/** Options of {@link encodeScopedUser}. */
export interface ScopedUserOptions extends Pick<EncodeOptions, "issuedAt" | "engine"> {
  /** When the token expires; `"never"` has to be said. */
  readonly expires: Expires;
  /** Name of the user; its public key by default. */
  readonly name?: string;
  /** Tags, as given. */
  readonly tags?: readonly string[];
}

/**
 * The token of a user that gets its permissions from the scope of the signing key. Beware of what a role's template makes
 * of names and tags that users choose: see SECURITY.md. Go: `IssueUserJWT`, ADR-14.
 *
 * @param user - public key of the user
 * @param account - public key of the account
 * @param signer - the scoped signing key of the account
 * @param options - expiry, name and tags
 * @throws NscError `ERR_ARGUMENT_INVALID` for keys of other kinds or an expiry that is none, and what `encode` throws
 *
 * @example
 * ```ts
 * import { createKeyPair, decode, encodeScopedUser } from "nsc.js";
 *
 * const [account, signingKey, user] = [createKeyPair("account"), createKeyPair("account"), createKeyPair("user")];
 * const token = await encodeScopedUser(user.publicKey, account.publicKey, signingKey, { expires: "1h", name: "alice" });
 * decode(token, { kind: "user" }).nats.issuer_account === account.publicKey; // true
 * ```
 */
export async function encodeScopedUser(
  user: string,
  account: string,
  signer: Signer | ForeignKeyPair,
  options: ScopedUserOptions,
): Promise<string> {
  assertKey(account, "account", "accountId");
  assertKey(user, "user", "publicUserKey");
  const { issuedAt = Math.floor(Date.now() / 1000), name = "", tags = [], engine } = options;
  const exp = expiryOf(options.expires, new Date(issuedAt * 1000));
  const claims = createUserClaims(user, {
    scoped: true,
    name: name === "" ? user : name,
    ...(exp !== undefined && { exp }),
    nats: { issuer_account: account, tags },
  });
  return encode(claims, signer, { issuedAt, ...(engine && { engine }) });
}

/** By a slip Go's text asks for an account in both places. */
function assertKey(key: string, kind: "account" | "user", parameter: string): void {
  if (isPublicKey(key, kind)) return;
  const prefix = typeof key === "string" ? keyPrefix(key) : "unknown";
  const found = prefix === "unknown" ? prefix : PREFIXES[prefix].goName;
  throw new NscError(
    "ERR_ARGUMENT_INVALID",
    `issueUserJWT requires an account key for the ${parameter} parameter, but got ${found}`,
  );
}
