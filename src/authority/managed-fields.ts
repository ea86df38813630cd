import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { UserClaims } from "../jwt/user.ts";

/** Claims of what the trust tree is made of. */
export type EntityClaims = OperatorClaims | AccountClaims | UserClaims;

/** What `edit` does not change, and what does. */
const COMMON: readonly (readonly [keyof EntityClaims, string])[] = [
  ["name", "use rename"],
  ["sub", "it is the identity"],
  ["iss", "pass a signer"],
  ["iat", "it is set when the token is signed"],
  ["jti", "it is set when the token is signed"],
];

const NATS: readonly (readonly [string, string])[] = [
  ["type", "it is the kind of the entity"],
  ["version", "it is set when the token is signed"],
  ["issuer_account", "it is set when the token is signed"],
];

/** The managed members of claims, as they were before an edit. */
export type ManagedFields = ReadonlyMap<string, unknown>;

export function managedFields(claims: ReadonlyDeep<EntityClaims>): ManagedFields {
  const nats = (claims.nats ?? {}) as unknown as Record<string, unknown>;
  return new Map<string, unknown>([
    ...COMMON.map(([name]) => [name, claims[name]] as const),
    ...NATS.map(([name]) => [`nats.${name}`, nats[name]] as const),
  ]);
}

/** Refuses an edit of what is managed. */
export function assertManagedFields(before: ManagedFields, claims: EntityClaims): void {
  const after = managedFields(claims);
  for (const [name, remedy] of [...COMMON, ...NATS.map(([key, text]) => [`nats.${key}`, text] as const)]) {
    if (Object.is(before.get(name), after.get(name))) continue;
    throw new NscError("ERR_CLAIMS_MANAGED", `${name} is not for edit to change: ${remedy}`);
  }
}
