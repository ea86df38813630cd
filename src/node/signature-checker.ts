import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { defaultEngine } from "../crypto/engine.ts";
import { isNscError } from "../errors.ts";
import type { UncheckedToken } from "../jwt/decode.ts";
import { verifySignature } from "../jwt/verify.ts";
import { decodePublicKey } from "../nkeys/codec.ts";
import { SignatureChunk, VerifyingKeys } from "./signature-chunk.ts";

/** How many keys are remembered. */
const MOST_KEYS = 1024;
/** For fewer tokens another thread would not be there before the work is done. */
const WORTH_A_THREAD = 300;
/** How many batches wait at most: there is no end to the tokens that a tree may have. */
const MOST_BATCHES = 256;

/** Is told whether a token was signed by its issuer. */
export type OnChecked = (isGood: boolean) => void;

interface Batch {
  readonly chunk: SignatureChunk;
  readonly onChecked: OnChecked[];
}

/**
 * Checks signatures on another thread while this one goes on, and on both when it has nothing else to do. The verdicts are
 * those of the native engine.
 */
export class SignatureChecker {
  #workerFile: string | undefined;
  readonly #verifyingKeys = new VerifyingKeys();
  readonly #keys = new Map<string, Uint8Array | undefined>();
  #open: Batch | undefined;
  /** What is handed on, the oldest first. */
  #batches: Batch[] = [];
  #handedOn = 0;
  #worker: Worker | undefined;

  /** @param workerFile - the file of the other thread; there is none by default */
  constructor(workerFile?: string) {
    this.#workerFile = availableParallelism() > 1 ? workerFile : undefined;
  }

  /** Says how many tokens there will be at least, so that another thread is there in time. */
  expect(count: number): void {
    if (count >= WORTH_A_THREAD && defaultEngine.name === "native") this.#startWorker();
  }

  /**
   * Checks a token.
   *
   * @param onChecked - is called at once where that needs no work, and by the time that `settled` resolves
   */
  check({ issuer, signed, signature }: UncheckedToken, onChecked: OnChecked): void {
    if (defaultEngine.name !== "native") {
      onChecked(verifySignature(defaultEngine, issuer, Buffer.from(signed), signature));
      return;
    }
    const key = signature.length === 64 ? this.#keyOf(issuer) : undefined;
    if (key === undefined) onChecked(false);
    else if (this.#open?.chunk.add(key, signature, signed) === true) this.#open.onChecked.push(onChecked);
    else {
      this.#handOn();
      const chunk = SignatureChunk.withRoomFor(Buffer.byteLength(signed));
      chunk.add(key, signature, signed);
      this.#open = { chunk, onChecked: [onChecked] };
    }
  }

  /** Resolves when all that are checked are. */
  async settled(): Promise<void> {
    if (this.#open !== undefined) this.#batches.push(this.#open);
    this.#open = undefined;
    const batches = this.#batches;
    this.#batches = [];
    this.#handedOn = 0;
    // The other thread begins with the oldest.
    for (let i = batches.length - 1; i >= 0; i--) {
      batches[i]?.chunk.check(this.#verifyingKeys);
      // Ctrl-C is heard between them.
      await setImmediate();
    }
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.postMessage(undefined);
    if (worker !== undefined && batches.some(({ chunk }) => !chunk.isChecked)) await endOf(worker);
    for (const batch of batches) this.#tell(batch);
  }

  #handOn(): void {
    if (this.#open === undefined) return;
    this.#batches.push(this.#open);
    this.#handedOn += this.#open.onChecked.length;
    if (this.#worker !== undefined) this.#worker.postMessage(this.#open.chunk.memory);
    else if (this.#handedOn >= WORTH_A_THREAD) this.#startWorker();
    if (this.#batches.length <= MOST_BATCHES) return;
    const oldest = this.#batches.shift() as Batch;
    oldest.chunk.check(this.#verifyingKeys);
    this.#tell(oldest);
  }

  /** One that does not begin, or fails, is as good as none. */
  #startWorker(): void {
    if (this.#worker !== undefined || this.#workerFile === undefined) return;
    const worker = threadOf(this.#workerFile);
    if (worker === undefined) {
      this.#workerFile = undefined;
      return;
    }
    this.#worker = worker;
    worker.unref();
    worker.on("error", () => undefined);
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#workerFile = undefined;
    });
    for (const { chunk } of this.#batches) worker.postMessage(chunk.memory);
  }

  /** Gives the verdicts. What somebody took who is gone, or who has it still, is checked here. */
  #tell({ chunk, onChecked }: Batch): void {
    if (!chunk.isChecked) chunk.checkAgain(this.#verifyingKeys);
    for (const [index, each] of onChecked.entries()) each(chunk.isGood(index));
  }

  #keyOf(issuer: string): Uint8Array | undefined {
    if (this.#keys.has(issuer)) return this.#keys.get(issuer);
    const key = publicKeyIn(issuer);
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(issuer, key);
    return key;
  }
}

/** A thread; nothing where the system allows none. */
function threadOf(file: string): Worker | undefined {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  try {
    return new Worker(file);
  } catch {
    return undefined;
  }
}

/** Until a thread that was told so has done what it has, or is gone. */
function endOf(worker: Worker): Promise<void> {
  worker.ref();
  return new Promise((resolve) => {
    for (const event of ["message", "exit"]) worker.once(event, () => resolve());
  });
}

/** The public key in an nkey; nothing where it is none. */
function publicKeyIn(issuer: string): Uint8Array | undefined {
  try {
    return decodePublicKey(issuer).publicKey;
  } catch (error) {
    if (isNscError(error)) return undefined;
    throw error;
  }
}
