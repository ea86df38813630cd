/**
 * Claims to begin with, with the defaults of Go's constructors.
 *
 * @module
 */

import { copyMembers } from "../encoding/copy.ts";
import { NscError } from "../errors.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import type { AccountClaims, AccountNats } from "./account.ts";
import type { ActivationClaims, ActivationNats } from "./activation.ts";
import type { CommonClaims } from "./common.ts";
import { type ClaimKind, type ClaimsByKind, KINDS } from "./kinds.ts";
import type { OperatorClaims, OperatorNats } from "./operator.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";
import type { UserClaims, UserNats } from "./user.ts";

/** What claims may begin with: any members but those that `encode` sets. */
export type ClaimsInit<Nats> = ReadonlyDeep<
  Omit<CommonClaims, "sub" | "iss" | "iat" | "jti"> & { nats?: Partial<Omit<Nats, "type" | "version">> }
>;

/** What {@link createUserClaims} takes. */
export type UserClaimsInit = ClaimsInit<UserNats> & {
  /** Whether a scoped signing key will issue: such users have no permissions and limits of their own. */
  readonly scoped?: boolean;
};

/**
 * Claims of an operator. Go: `NewOperatorClaims`.
 *
 * @param subject - public key of the operator
 * @param init - members to begin with; copied
 * @throws NscError `ERR_CLAIMS_SUBJECT`
 *
 * @example
 * ```ts
 * import { createKeyPair, createOperatorClaims, encode } from "nsc.js";
 *
 * const operator = createKeyPair("operator");
 * const signingKey = createKeyPair("operator");
 * const claims = createOperatorClaims(operator.publicKey, {
 *   name: "local",
 *   nats: { signing_keys: [signingKey.publicKey] },
 * });
 * const token = await encode(claims, operator);
 * ```
 */
export function createOperatorClaims(subject: string, init: ClaimsInit<OperatorNats> = {}): OperatorClaims {
  return begin("operator", subject, init, KINDS.operator.defaults());
}

/**
 * Claims of an account, without limits but for JetStream, which is off. Go: `NewAccountClaims`.
 *
 * @param subject - public key of the account
 * @param init - members to begin with; copied. Limits given here are added to the defaults
 * @throws NscError `ERR_CLAIMS_SUBJECT`
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair } from "nsc.js";
 *
 * const claims = createAccountClaims(createKeyPair("account").publicKey, {
 *   name: "APP",
 *   nats: { limits: { conn: 100, mem_storage: -1, disk_storage: -1 } },
 * });
 * claims.nats.limits.subs; // -1
 * ```
 */
export function createAccountClaims(subject: string, init: ClaimsInit<AccountNats> = {}): AccountClaims {
  const defaults = KINDS.account.defaults();
  const claims = begin("account", subject, init, { ...defaults });
  claims.nats.limits = { ...defaults.limits, ...claims.nats.limits };
  return claims;
}

/**
 * Claims of a user without limits; or, for a scoped signing key, without anything, as the server demands.
 * Go: `NewUserClaims`, `SetScoped`.
 *
 * @param subject - public key of the user
 * @param init - members to begin with; copied. When a signing key issues, `nats.issuer_account` has to name the account
 * @throws NscError `ERR_CLAIMS_SUBJECT`
 *
 * @example
 * ```ts
 * import { createKeyPair, createUserClaims } from "nsc.js";
 *
 * const account = createKeyPair("account");
 * const claims = createUserClaims(createKeyPair("user").publicKey, {
 *   name: "alice",
 *   nats: { issuer_account: account.publicKey, pub: { allow: ["orders.>"] } },
 * });
 * claims.nats.subs; // -1
 * ```
 */
export function createUserClaims(subject: string, init: UserClaimsInit = {}): UserClaims {
  const { scoped = false, ...rest } = assertInit(init);
  return begin("user", subject, rest, scoped ? { pub: {}, sub: {}, type: "user" } : KINDS.user.defaults());
}

/**
 * Claims of an activation, the right to import. Go: `NewActivationClaims`.
 *
 * @param subject - public key of the importing account
 * @param init - members to begin with; copied. Both `nats.subject` and `nats.kind` are needed for a valid activation
 * @throws NscError `ERR_CLAIMS_SUBJECT`
 *
 * @example
 * ```ts
 * import { createActivationClaims, createKeyPair, encode } from "nsc.js";
 *
 * const importer = createKeyPair("account");
 * const claims = createActivationClaims(importer.publicKey, { nats: { subject: "orders.>", kind: "stream" } });
 * const token = await encode(claims, createKeyPair("account"));
 * ```
 */
export function createActivationClaims(subject: string, init: ClaimsInit<ActivationNats> = {}): ActivationClaims {
  return begin("activation", subject, init, KINDS.activation.defaults());
}

/** Claims of a kind: the defaults with what is given over them. */
function begin<Kind extends ClaimKind>(
  kind: Kind,
  subject: string,
  init: ClaimsInit<ClaimsByKind[Kind]["nats"]>,
  nats: ClaimsByKind[Kind]["nats"],
): ClaimsByKind[Kind] {
  const wanted = KINDS[kind].subject;
  if (wanted !== undefined && !isPublicKey(subject, wanted.kind)) {
    throw new NscError("ERR_CLAIMS_SUBJECT", wanted.message);
  }
  const { nats: given, ...common } = assertInit(init) as { nats?: object };
  if (given !== undefined) copyMembers(nats, given);
  nats.type = kind;
  return copyMembers({ sub: subject, nats }, { ...common, sub: subject }) as ClaimsByKind[Kind];
}

function assertInit<T>(init: T): T {
  if (typeof init === "object" && init !== null) return init;
  throw new NscError("ERR_ARGUMENT_INVALID", "what claims begin with must be an object");
}
