import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { encodeBase32 } from "../encoding/base32.ts";
import { encodeUtf8 } from "../encoding/bytes.ts";
import { NscError } from "../errors.ts";
import type { ActivationClaims } from "./activation.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";

/**
 * The id under which account servers keep an activation: a hash over its issuer, its subject and the imported subject up
 * to the first wildcard. Go: `ActivationClaims.HashID`.
 *
 * @param claims - claims of an activation that were encoded
 * @param options - what computes
 * @returns 56 characters of base32, padding included
 * @throws NscError `ERR_CLAIMS_VALUE` when issuer, subject or imported subject are missing
 *
 * @example
 * ```ts
 * import { activationHashId, createActivationClaims, createKeyPair } from "nsc.js";
 *
 * const account = createKeyPair("account").publicKey;
 * const claims = createActivationClaims(account, { nats: { subject: "orders.*", kind: "stream" } });
 * activationHashId({ ...claims, iss: account }).length; // 56
 * ```
 */
export function activationHashId(
  claims: ReadonlyDeep<ActivationClaims>,
  options: { readonly engine?: CryptoEngine } = {},
): string {
  const { engine = defaultEngine } = options;
  const { iss = "", sub, nats } = claims;
  if (iss === "" || sub === "" || nats.subject === "") {
    throw new NscError("ERR_CLAIMS_VALUE", "not enough data in the activaion claims to create a hash");
  }
  const hash = engine.sha256(encodeUtf8(`${iss}.${sub}.${withoutWildcards(nats.subject)}`));
  return encodeBase32(hash).padEnd(56, "=");
}

/** Go: `cleanSubject`. */
function withoutWildcards(subject: string): string {
  const tokens = subject.split(".");
  const wildcard = tokens.findIndex((token) => token === "*" || token === ">");
  if (wildcard < 0) return subject;
  return wildcard === 0 ? "_" : tokens.slice(0, wildcard).join(".");
}
