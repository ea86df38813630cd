import { copyData } from "../encoding/copy.ts";
import { NscError } from "../errors.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import type { AccountNats } from "./account.ts";
import { assertHolder } from "./holder.ts";
import type { Claims } from "./kinds.ts";
import type { UserPermissionLimits } from "./limits.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";
import { type SigningKey, signingKeyOf, type UserScope } from "./signing-keys.ts";
import { type UserNats, userPermissionMembers } from "./user.ts";

/** What {@link createScope} takes. */
export interface ScopeInit {
  /** Name of the role. */
  readonly role?: string;
  /** For people. */
  readonly description?: string;
  /** What users of the role may do; limits that are not given are unlimited. */
  readonly template?: ReadonlyDeep<Partial<UserPermissionLimits>>;
}

/**
 * A scope for a signing key, in which everything is allowed that the template does not restrict. Go: `NewUserScope`.
 *
 * @param key - public key of the signing key
 * @param init - role and template; copied
 * @throws NscError `ERR_ARGUMENT_INVALID` when the key is no public key of an account
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, createScope } from "nsc.js";
 *
 * const signingKey = createKeyPair("account");
 * const scope = createScope(signingKey.publicKey, {
 *   role: "web",
 *   template: { pub: { allow: ["orders.{{name()}}.>"] } },
 * });
 * createAccountClaims(createKeyPair("account").publicKey, { nats: { signing_keys: [scope] } });
 * ```
 */
export function createScope(key: string, init: ScopeInit = {}): UserScope {
  if (!isPublicKey(key, "account")) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a scope is for the public key of an account's signing key");
  }
  const template = copyData(init.template ?? {}) as Partial<UserPermissionLimits>;
  return {
    kind: "user_scope",
    key,
    role: init.role ?? "",
    template: { pub: {}, sub: {}, subs: -1, data: -1, payload: -1, ...template },
    description: init.description ?? "",
  };
}

/**
 * The entry of a signing key: the key itself when it has no scope, its scope, or nothing when it is none of the account's.
 * Go: `SigningKeys.GetScope`.
 *
 * @param account - the `nats` object of an account
 * @param publicKey - the signing key
 *
 * @example
 * ```ts
 * import { findSigningKey } from "nsc.js";
 *
 * findSigningKey({ signing_keys: ["AA…"] }, "AA…") === "AA…"; // true
 * ```
 */
export function findSigningKey<Key extends ReadonlyDeep<SigningKey>>(
  account: { readonly signing_keys?: readonly Key[] },
  publicKey: string,
): Key | undefined {
  return account.signing_keys?.findLast((key) => signingKeyOf(key) === publicKey);
}

/** The scopes among the signing keys of an account: its roles. */
export function scopesOf<Key extends ReadonlyDeep<SigningKey>>(account: {
  readonly signing_keys?: readonly Key[];
}): Exclude<Key, string>[] {
  return (account.signing_keys ?? []).filter((key) => typeof key !== "string") as Exclude<Key, string>[];
}

/** The scopes of a role: one, or those of both its keys while one is rotated. */
export function scopesNamed<Key extends ReadonlyDeep<SigningKey>>(
  account: { readonly signing_keys?: readonly Key[] },
  role: string,
): Exclude<Key, string>[] {
  return scopesOf(account).filter((scope) => scope.role === role);
}

/**
 * Adds signing keys. One that is there already is replaced, with its scope or without. Go: `SigningKeys.Add`,
 * `AddScopedSigner`.
 *
 * @param account - the `nats` object of an account, which is changed
 * @param keys - public keys, or scopes
 *
 * @example
 * ```ts
 * import { addSigningKeys, createAccountClaims, createKeyPair } from "nsc.js";
 *
 * const claims = createAccountClaims(createKeyPair("account").publicKey);
 * addSigningKeys(claims.nats, createKeyPair("account").publicKey);
 * ```
 */
export function addSigningKeys(account: Pick<AccountNats, "signing_keys">, ...keys: readonly SigningKey[]): void {
  assertHolder(account, "what holds the signing keys");
  removeSigningKeys(account, ...keys.map(signingKeyOf));
  account.signing_keys = [...(account.signing_keys ?? []), ...keys];
}

/**
 * Removes signing keys, and with them what they signed from validity. Go: `SigningKeys.Remove`.
 *
 * @param account - the `nats` object of an account, which is changed
 * @param publicKeys - the signing keys
 *
 * @example
 * ```ts
 * import { removeSigningKeys } from "nsc.js";
 *
 * const account = { signing_keys: ["AA…", "AB…"] };
 * removeSigningKeys(account, "AA…");
 * account.signing_keys.length; // 1
 * ```
 */
export function removeSigningKeys(account: Pick<AccountNats, "signing_keys">, ...publicKeys: readonly string[]): void {
  assertHolder(account, "what holds the signing keys");
  if (account.signing_keys === undefined) return;
  const removed = new Set(publicKeys);
  account.signing_keys = account.signing_keys.filter((key) => !removed.has(signingKeyOf(key)));
}

/**
 * Whether a user has no permissions and limits of its own at all, as the server demands of users of a scoped signing key. A
 * limit of -1 is one, and an empty list is, too. Go: `HasEmptyPermissions`.
 *
 * @param user - the `nats` object of a user
 *
 * @example
 * ```ts
 * import { createKeyPair, createUserClaims, hasEmptyPermissions } from "nsc.js";
 *
 * const user = createKeyPair("user").publicKey;
 * hasEmptyPermissions(createUserClaims(user).nats); // false
 * hasEmptyPermissions(createUserClaims(user, { scoped: true }).nats); // true
 * ```
 */
export function hasEmptyPermissions(user: ReadonlyDeep<UserNats>): boolean {
  return userPermissionMembers.every((name) => {
    if (name === "pub" || name === "sub") {
      // Members that this version does not know are none to Go either.
      const { allow, deny } = user[name] ?? {};
      return allow === undefined && deny === undefined;
    }
    const value: unknown = user[name];
    return value === undefined || value === 0 || value === 0n || value === false || value === "";
  });
}

/**
 * What is wrong with claims as those of a user of a scope, or nothing. Go: `UserScope.ValidateScopedSigner`.
 *
 * @param scope - the scope of the signing key that issued
 * @param claims - the claims
 *
 * @example
 * ```ts
 * import { createKeyPair, createScope, createUserClaims, scopeViolation } from "nsc.js";
 *
 * const scope = createScope(createKeyPair("account").publicKey);
 * const claims = createUserClaims(createKeyPair("user").publicKey, { scoped: true });
 * scopeViolation(scope, { ...claims, iss: scope.key }) === undefined; // true
 * ```
 */
export function scopeViolation(scope: ReadonlyDeep<UserScope>, claims: ReadonlyDeep<Claims>): string | undefined {
  if (claims.nats.type !== "user") return "not an user claim - scoped signing key requires user claim";
  if (claims.iss !== scope.key) return "issuer not the scoped signer";
  if (hasEmptyPermissions(claims.nats as ReadonlyDeep<UserNats>)) return undefined;
  return "scoped users require no permissions or limits set";
}
