import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { defaultEngine } from "../crypto/engine.ts";
import { isNscError } from "../errors.ts";
import type { UncheckedToken } from "../jwt/decode.ts";
import { verifySignature } from "../jwt/verify.ts";
import { decodePublicKey } from "../nkeys/codec.ts";

/** How many keys are remembered: accounts sign their own users, which come together. */
const MOST_KEYS = 1024;
/** How many are handed on at a time: to wake a thread for each takes half as long as what it is woken for. */
const BATCH = 64;
/** How many are under way at most. What waits takes less memory than what is. */
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
  #isScheduled = false;

  /** Whether a token was signed by its issuer. */
  didSign(token: UncheckedToken): Promise<boolean> {
    if (defaultEngine.name !== "native") {
      const { issuer, signed, signature } = token;
      return Promise.resolve(verifySignature(defaultEngine, issuer, Buffer.from(signed), signature));
    }
    const key = token.signature.length === 64 ? this.#keyOf(token.issuer) : undefined;
    if (key === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiting.push({ token, key, resolve });
      if (this.#waiting.length >= BATCH) this.#checkWaiting();
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // When nothing else is left to do here.
      setImmediate(() => {
        this.#isScheduled = false;
        this.#checkWaiting();
      });
    });
  }

  #checkWaiting(): void {
    const room = MOST_UNDER_WAY - this.#underWay;
    const jobs = room > 0 ? this.#waiting.splice(0, room) : [];
    this.#underWay += jobs.length;
    for (const { token, key, resolve } of jobs) {
      verify(null, Buffer.from(token.signed), key, token.signature, (error, isGood) => {
        this.#underWay--;
        resolve(error === null && isGood);
        if (this.#underWay === 0) this.#checkWaiting();
      });
    }
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
