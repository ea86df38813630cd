import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { defaultEngine } from "../crypto/engine.ts";
import { isNscError } from "../errors.ts";
import type { UncheckedToken } from "../jwt/decode.ts";
import { verifySignature } from "../jwt/verify.ts";
import { decodePublicKey } from "../nkeys/codec.ts";

/** How many keys are remembered: accounts sign their own users, which come together. */
const MOST_KEYS = 1024;
/** How many signatures are under way at a time. What waits costs less memory than what is. */
const MOST_UNDER_WAY = 10_000;

interface Job {
  readonly token: UncheckedToken;
  readonly key: KeyObject;
  readonly resolve: (isGood: boolean) => void;
}

/** Checks signatures on the threads of Node while this one goes on. The verdicts are those of the native engine. */
export class SignatureChecker {
  readonly #keys = new Map<string, KeyObject | undefined>();
  readonly #waiting: Job[] = [];
  #underWay = 0;

  /** Whether a token was signed by its issuer. */
  didSign(token: UncheckedToken): Promise<boolean> {
    if (defaultEngine.name !== "native") {
      const { issuer, signed, signature } = token;
      return Promise.resolve(verifySignature(defaultEngine, issuer, Buffer.from(signed), signature));
    }
    const key = token.signature.length === 64 ? this.#keyOf(token.issuer) : undefined;
    if (key === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      const job = { token, key, resolve };
      if (this.#underWay < MOST_UNDER_WAY) this.#check(job);
      else this.#waiting.push(job);
    });
  }

  #check({ token, key, resolve }: Job): void {
    this.#underWay++;
    verify(null, Buffer.from(token.signed), key, token.signature, (error, isGood) => {
      this.#underWay--;
      resolve(error === null && isGood);
      const next = this.#waiting.pop();
      if (next !== undefined) this.#check(next);
    });
  }

  #keyOf(issuer: string): KeyObject | undefined {
    if (this.#keys.has(issuer)) return this.#keys.get(issuer);
    const x = publicKeyIn(issuer);
    const key =
      x === undefined ? undefined : createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(issuer, key);
    return key;
  }
}

/** The public key in an nkey, as base64url; nothing where it is none. */
function publicKeyIn(issuer: string): string | undefined {
  try {
    return Buffer.from(decodePublicKey(issuer).publicKey).toString("base64url");
  } catch (error) {
    if (isNscError(error)) return undefined;
    throw error;
  }
}
