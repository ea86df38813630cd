import { setOwn } from "../encoding/json-codec.ts";
import { NscError } from "../errors.ts";
import { assertHolder } from "./holder.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";

/** What holds revocations: the `nats` object of an account (of users), or an export (of activations). */
export interface RevocationHolder {
  revocations?: Record<string, number>;
}

/** Stands for all keys in a list of revocations. Go: `All`. */
const ALL = "*";

/**
 * Revokes the tokens of a key that were issued at a time or before. An entry with a later time stays. Go: `RevokeAt`.
 *
 * @param holder - claims to change: `claims.nats` of an account, or one of its exports
 * @param publicKey - the user (or for an export, the importing account), or `*` for all
 * @param at - the time, in seconds since 1970 or as a date; tokens issued in that very second are revoked, too
 * @throws NscError `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, isRevoked, revoke } from "nsc.js";
 *
 * const claims = createAccountClaims(createKeyPair("account").publicKey);
 * const user = createKeyPair("user").publicKey;
 * revoke(claims.nats, user, 1_700_000_000);
 * isRevoked(claims.nats, user, 1_700_000_000); // true
 * isRevoked(claims.nats, user, 1_700_000_001); // false
 * ```
 */
export function revoke(holder: RevocationHolder, publicKey: string, at: Date | number): void {
  assertHolder(holder, "what holds the revocations");
  const time = at instanceof Date ? Math.floor(at.getTime() / 1000) : at;
  if (!Number.isSafeInteger(time)) {
    throw new NscError("ERR_ARGUMENT_INVALID", "the time of a revocation must be a date or whole seconds since 1970");
  }
  if (typeof publicKey !== "string" || publicKey === "") {
    throw new NscError("ERR_ARGUMENT_INVALID", "what is revoked must be a public key or *");
  }
  const present = entry(holder, publicKey);
  if (present !== undefined && present >= time) return;
  holder.revocations ??= {};
  setOwn(holder.revocations, publicKey, time);
}

/**
 * Takes a revocation back; does nothing when there is none. Go: `ClearRevocation`.
 *
 * @param holder - claims to change
 * @param publicKey - the key, or `*`
 *
 * @example
 * ```ts
 * import { clearRevocation, isRevoked } from "nsc.js";
 *
 * const holder = { revocations: { "*": 1_700_000_000 } };
 * clearRevocation(holder, "*");
 * isRevoked(holder, "UA…", 1); // false
 * ```
 */
export function clearRevocation(holder: RevocationHolder, publicKey: string): void {
  assertHolder(holder, "what holds the revocations");
  if (holder.revocations !== undefined && Object.hasOwn(holder.revocations, publicKey)) {
    delete holder.revocations[publicKey];
  }
}

/**
 * Whether a token of a key that was issued at a time is revoked, by the key's own entry or that for all. It depends on
 * when the token was issued and not on the clock. Go: `IsRevoked`.
 *
 * @param holder - the claims
 * @param publicKey - subject of the token
 * @param issuedAt - `iat` of the token, in seconds since 1970
 *
 * @example
 * ```ts
 * import { isRevoked } from "nsc.js";
 *
 * isRevoked({ revocations: { "*": 10 } }, "UA…", 10); // true
 * isRevoked({ revocations: { "*": 10 } }, "UA…", 11); // false
 * ```
 */
export function isRevoked(holder: ReadonlyDeep<RevocationHolder>, publicKey: string, issuedAt: number): boolean {
  return [ALL, publicKey].some((key) => (entry(holder, key) ?? Number.NEGATIVE_INFINITY) >= issuedAt);
}

/**
 * Whether claims are revoked: a user's by the `nats` object of its account, an activation's by an export. Claims
 * without a subject or time of issue count as revoked. Go: `IsClaimRevoked`.
 *
 * @param holder - the claims that revoke
 * @param claims - the claims asked about
 *
 * @example
 * ```ts
 * import { areClaimsRevoked } from "nsc.js";
 *
 * areClaimsRevoked({ revocations: { "*": 10 } }, { sub: "UA…", iat: 11 }); // false
 * areClaimsRevoked({}, { sub: "UA…" }); // true
 * ```
 */
export function areClaimsRevoked(
  holder: ReadonlyDeep<RevocationHolder>,
  claims: { readonly sub: string; readonly iat?: number },
): boolean {
  const { sub, iat = 0 } = claims;
  return iat === 0 || sub === "" || isRevoked(holder, sub, iat);
}

/**
 * Removes the entries that the one for all makes needless. Go: `MaybeCompact`.
 *
 * @param holder - claims to change
 * @returns the entries that were removed
 *
 * @example
 * ```ts
 * import { compactRevocations } from "nsc.js";
 *
 * const holder = { revocations: { "*": 10, UA: 5, UB: 15 } };
 * compactRevocations(holder).length; // 1
 * Object.keys(holder.revocations).length; // 2
 * ```
 */
export function compactRevocations(holder: RevocationHolder): { readonly publicKey: string; readonly at: number }[] {
  assertHolder(holder, "what holds the revocations");
  const { revocations } = holder;
  const all = entry(holder, ALL);
  if (revocations === undefined || all === undefined) return [];
  const removed = Object.entries(revocations).filter(([key, at]) => key !== ALL && at <= all);
  for (const [key] of removed) delete revocations[key];
  return removed.map(([publicKey, at]) => ({ publicKey, at }));
}

/** The entry of a key, and nothing that an object inherits. */
function entry({ revocations }: ReadonlyDeep<RevocationHolder>, publicKey: string): number | undefined {
  return revocations !== undefined && Object.hasOwn(revocations, publicKey) ? revocations[publicKey] : undefined;
}
