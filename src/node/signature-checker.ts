import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { defaultEngine } from "../crypto/engine.ts";
import { isNscError } from "../errors.ts";
import type { UncheckedToken } from "../jwt/decode.ts";
import { verifySignature } from "../jwt/verify.ts";
import { decodePublicKey } from "../nkeys/codec.ts";
import { checkSignatures, type SentSignature } from "./signature-worker.ts";

/** So few are checked before a worker would have begun. */
const FEW = 200;
/** How many a worker is given at a time. */
const BATCH = 64;

interface Job {
  readonly token: UncheckedToken;
  readonly publicKey: string;
  readonly resolve: (isGood: boolean) => void;
}

/**
 * Checks signatures. When there are many, a worker does so while this thread goes on. The verdicts are those of the native
 * engine.
 */
export class SignatureChecker {
  #waiting: Job[] = [];
  #given: Job[][] = [];
  #count = 0;
  #worker: Worker | undefined;
  #isScheduled = false;
  #canHaveWorker: boolean = defaultEngine.name === "native" && availableParallelism() > 1;

  /** Whether a token was signed by its issuer. */
  didSign(token: UncheckedToken): Promise<boolean> {
    const publicKey = token.signature.length === 64 ? publicKeyIn(token.issuer) : undefined;
    if (publicKey === undefined) return Promise.resolve(false);
    this.#count++;
    return new Promise((resolve) => {
      this.#waiting.push({ token, publicKey, resolve });
      if (this.#waiting.length >= BATCH && this.#count > FEW && this.#canHaveWorker) this.#give();
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // When nothing else is left to do here.
      setImmediate(() => this.#checkHere());
    });
  }

  #checkHere(): void {
    this.#isScheduled = false;
    const jobs = this.#waiting;
    this.#waiting = [];
    for (const { token, resolve } of jobs) {
      const message = Buffer.from(token.signed);
      resolve(verifySignature(defaultEngine, token.issuer, message, token.signature));
    }
  }

  #give(): void {
    const jobs = this.#waiting;
    this.#waiting = [];
    this.#given.push(jobs);
    const batch = jobs.map(
      ({ publicKey, token: { signed, signature } }): SentSignature => [publicKey, signed, signature],
    );
    this.#worker ??= this.#startWorker();
    this.#worker.ref();
    this.#worker.postMessage(batch);
  }

  #startWorker(): Worker {
    const worker = new Worker(`(${checkSignatures})()`, { eval: true });
    worker.on("message", (verdicts: readonly boolean[]) => {
      const jobs = this.#given.shift() ?? [];
      for (const [i, { resolve }] of jobs.entries()) resolve(verdicts[i] === true);
      if (this.#given.length === 0) worker.unref();
    });
    worker.on("error", () => {
      // Where no worker can run, all of it is done here.
      this.#canHaveWorker = false;
      this.#waiting.push(...this.#given.flat());
      this.#given = [];
      this.#checkHere();
    });
    return worker;
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
