/**
 * What an explanation consists of: the rules that were looked at, and the chain of tokens.
 *
 * @module
 */

import type { Int64 } from "../../encoding/json-types.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { ActivationClaims } from "../../jwt/activation.ts";
import type { UserPermissionLimits } from "../../jwt/limits.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { findSigningKey } from "../../jwt/scopes.ts";
import type { UserScope } from "../../jwt/signing-keys.ts";
import type { UserClaims } from "../../jwt/user.ts";

/**
 * The rules that decide, in the order in which they are looked at. `TOKEN`: it is a token of a kind that is known, signed by
 * who it says. `CLAIMS`: its claims are valid. `TIME`: it is valid now. `ACCOUNT`: the account is known and valid.
 * `ACCOUNT_TRUST`: the account is signed by a key of the operator. `ISSUER`: the token is signed by a key of its account, or
 * of the operator. `STRICT`: signing keys are used where they are demanded. `SCOPE`: users of a role have no permissions of
 * their own. `TEMPLATE`: the variables of the role can be replaced for the user. `ACCOUNT_TIME`: the account is valid now.
 * `BEARER`: bearer tokens are not disallowed. `CONNECTION_TYPES`: one of the allowed connection types is known to servers.
 * `REVOCATION`: it is not revoked. `LIMITS`: the account may have connections, and a connection may have subscriptions.
 */
export type ExplainRule =
  | "TOKEN"
  | "CLAIMS"
  | "TIME"
  | "ACCOUNT"
  | "ACCOUNT_TRUST"
  | "ISSUER"
  | "STRICT"
  | "SCOPE"
  | "TEMPLATE"
  | "ACCOUNT_TIME"
  | "BEARER"
  | "CONNECTION_TYPES"
  | "REVOCATION"
  | "LIMITS";

/** What a rule said. */
export interface ExplainCheck {
  readonly rule: ExplainRule;
  readonly passed: boolean;
  /** Why, for people. */
  readonly message: string;
}

/** A token of the chain from the one that is explained up to the operator. */
export interface ExplainLink {
  readonly kind: "operator" | "account" | "user" | "activation";
  readonly name: string | undefined;
  readonly publicKey: string;
  /** The key that signed it. */
  readonly issuer: string;
  /** What that key is to the issuer, by the claims that the store has of it; nothing if it is none of its keys. */
  readonly signedWith: "identity" | "signing key" | "role" | undefined;
  /** The role of the key, if it has one. */
  readonly role?: string;
  /** When it expires, in seconds since 1970; nothing for never. */
  readonly expires?: number;
}

/** What `explain` found. */
export interface Explanation {
  /** Whether a server would accept the token now, with what the store has. */
  readonly accepted: boolean;
  /** The rule that decided: the first that was broken, or the last that had to hold. */
  readonly decision: ExplainCheck;
  /** All rules that were looked at, in order. */
  readonly checks: readonly ExplainCheck[];
  /** The token and what is above it, as far as it could be followed. */
  readonly chain: readonly ExplainLink[];
  /** The template that a user has its permissions and limits from, with its variables. */
  readonly template?: ReadonlyDeep<UserPermissionLimits>;
  /** When the first token of the chain expires, in seconds since 1970; nothing for never. */
  readonly expires?: number;
  /** When tokens of the subject were revoked, in seconds since 1970, and under which key: its own or `*`. */
  readonly revoked?: { readonly key: string; readonly at: number };
}

/** Claims of what can be explained. */
export type Explained = OperatorClaims | AccountClaims | UserClaims | ActivationClaims;

/** What a key is to an issuer. */
export function signedWith(
  { sub, nats }: ReadonlyDeep<OperatorClaims | AccountClaims>,
  key: string | undefined,
): ExplainLink["signedWith"] {
  if (key === undefined) return undefined;
  if (key === sub) return "identity";
  const found = findSigningKey(nats, key);
  if (found === undefined) return undefined;
  return typeof found === "string" ? "signing key" : "role";
}

export function linkOf(
  kind: ExplainLink["kind"],
  claims: ReadonlyDeep<Explained>,
  used: ExplainLink["signedWith"],
  scope?: ReadonlyDeep<UserScope>,
): ExplainLink {
  const { sub, name, iss = "" } = claims;
  const expires = expiryIn(claims);
  return {
    kind,
    name,
    publicKey: sub,
    issuer: iss,
    signedWith: used,
    ...(scope && { role: scope.role }),
    ...(expires !== undefined && { expires }),
  };
}

/** When claims expire; 0 and less are never. */
export function expiryIn({ exp = 0 }: Pick<ReadonlyDeep<Explained>, "exp">): number | undefined {
  return exp > 0 ? Number(exp) : undefined;
}

const CONNECTION_TYPES: readonly string[] = [
  "STANDARD",
  "WEBSOCKET",
  "LEAFNODE",
  "LEAFNODE_WS",
  "MQTT",
  "MQTT_WS",
  "IN_PROCESS",
];

/** The connection types of a user or role that servers know; they skip the others. */
export function knownTypes({ allowed_connection_types: types }: ReadonlyDeep<UserPermissionLimits>): readonly string[] {
  return (types ?? []).filter((type) => CONNECTION_TYPES.includes(type.toUpperCase()));
}

/** Whether connections of such types, as {@link knownTypes} gives them, are those of leaf nodes alone. */
export function areOfLeaves(types: readonly string[]): boolean {
  return types.length > 0 && types.every((type) => type.toUpperCase().startsWith("LEAFNODE"));
}

/** Absent is 0, and -1 alone is unlimited. */
export function allowsNone(limit: Int64 = 0): boolean {
  return Number(limit) <= 0 && Number(limit) !== -1;
}
