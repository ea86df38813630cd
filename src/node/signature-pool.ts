import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { isNscError } from "../errors.ts";
import type { UncheckedToken } from "../jwt/decode.ts";
import { decodePublicKey } from "../nkeys/codec.ts";

/**
 * Checks signatures on the threads that Node keeps for such work, while this one goes on. For a few tokens it is not worth it;
 * for thousands it is as many times faster as there are cores. The verdicts are those of the native engine.
 */
export class SignaturePool {
  /** By issuer; nothing for what is no key. */
  readonly #keys = new Map<string, KeyObject | undefined>();

  /** Whether a token was signed by its issuer. */
  async didSign({ issuer, signed, signature }: UncheckedToken): Promise<boolean> {
    const key = this.#keyOf(issuer);
    if (key === undefined || signature.length !== 64) return false;
    return await new Promise((resolve, reject) => {
      verify(null, Buffer.from(signed, "utf8"), key, signature, (error, isGood) => {
        if (error === null) resolve(isGood);
        else reject(error);
      });
    });
  }

  #keyOf(issuer: string): KeyObject | undefined {
    if (!this.#keys.has(issuer)) this.#keys.set(issuer, importKey(issuer));
    return this.#keys.get(issuer);
  }
}

function importKey(issuer: string): KeyObject | undefined {
  try {
    const x = Buffer.from(decodePublicKey(issuer).publicKey).toString("base64url");
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch (error) {
    if (isNscError(error)) return undefined;
    throw error;
  }
}
