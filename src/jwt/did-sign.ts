import type { AccountClaims } from "./account.ts";
import type { GenericClaims } from "./generic.ts";
import type { Claims } from "./kinds.ts";
import type { OperatorClaims } from "./operator.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";
import { signingKeyOf } from "./signing-keys.ts";

/**
 * Whether an operator or account is the issuer of claims, itself or by one of its signing keys. It compares keys and
 * verifies no signature. A strict operator's own key counts for its own token only; a signing key of an account counts only
 * for users and activations that name the account as `issuer_account`. Go: `OperatorClaims.DidSign`,
 * `AccountClaims.DidSign`.
 *
 * @param issuer - claims of the operator or account
 * @param claims - the claims asked about
 *
 * @example
 * ```ts
 * import { createKeyPair, createOperatorClaims, decode, didSign, encode } from "nsc.js";
 *
 * const operator = createKeyPair("operator");
 * const claims = createOperatorClaims(operator.publicKey);
 * didSign(claims, decode(await encode(claims, operator))); // true
 * ```
 */
export function didSign(
  issuer: ReadonlyDeep<OperatorClaims | AccountClaims>,
  claims: ReadonlyDeep<Claims | GenericClaims>,
): boolean {
  const { iss } = claims;
  if (issuer.nats.type === "operator") {
    const { nats, sub } = issuer as ReadonlyDeep<OperatorClaims>;
    if (iss === sub) return nats.strict_signing_key_usage !== true || claims.sub === sub;
    return iss !== undefined && (nats.signing_keys ?? []).includes(iss);
  }
  const { nats, sub } = issuer as ReadonlyDeep<AccountClaims>;
  if (iss === sub) return true;
  const { type, issuer_account } = (claims.nats ?? {}) as {
    readonly type?: unknown;
    readonly issuer_account?: unknown;
  };
  if ((type !== "user" && type !== "activation") || issuer_account !== sub) return false;
  return (nats.signing_keys ?? []).some((key) => signingKeyOf(key) === iss);
}

/**
 * Whether claims are issued by their own subject. Go: `IsSelfSigned`.
 *
 * @param claims - claims of any kind
 *
 * @example
 * ```ts
 * import { isSelfSigned } from "nsc.js";
 *
 * isSelfSigned({ iss: "OA…", sub: "OA…" }); // true
 * ```
 */
export function isSelfSigned(claims: { readonly iss?: string; readonly sub: string }): boolean {
  return claims.iss === claims.sub;
}
