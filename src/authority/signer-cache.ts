import { NscError } from "../errors.ts";
import { keyPairFromSeed } from "../nkeys/key-pair.ts";
import { type Signer, toSigner } from "../nkeys/signer.ts";
import type { Context } from "./context.ts";

/** A service that mints for more accounts than these reads the seeds of the others again. */
const MAX_SIGNERS = 4096;

/** Finds what signs for a key: what was handed over, then `resolveSigner`, then the seeds of the store. */
export class SignerCache {
  readonly #context: Context;
  readonly #handedOver = new Map<string, Signer>();
  readonly #found = new Map<string, Signer>();
  /** Those that are being looked for: many that start at once make one look. */
  readonly #pending = new Map<string, Promise<Signer | undefined>>();

  constructor(context: Context) {
    this.#context = context;
  }

  async find(publicKey: string): Promise<Signer | undefined> {
    const known = this.#handedOver.get(publicKey) ?? this.#found.get(publicKey);
    if (known !== undefined) return known;
    let pending = this.#pending.get(publicKey);
    if (pending === undefined) {
      pending = this.#look(publicKey).finally(() => this.#pending.delete(publicKey));
      this.#pending.set(publicKey, pending);
    }
    return pending;
  }

  async #look(publicKey: string): Promise<Signer | undefined> {
    const signer = (await this.#resolve(publicKey)) ?? (await this.#stored(publicKey));
    if (signer !== undefined) {
      const [oldest] = this.#found.keys();
      if (this.#found.size >= MAX_SIGNERS && oldest !== undefined) this.#found.delete(oldest);
      this.#found.set(publicKey, signer);
    }
    return signer;
  }

  remember(signer: Signer): void {
    this.#handedOver.set(signer.publicKey, signer);
  }

  forget(publicKey: string): void {
    this.#handedOver.delete(publicKey);
    this.#found.delete(publicKey);
  }

  /** What was found is looked for again. */
  forgetFound(): void {
    this.#found.clear();
  }

  async #resolve(publicKey: string): Promise<Signer | undefined> {
    let resolved: unknown;
    try {
      resolved = await this.#context.resolveSigner?.(publicKey);
    } catch (cause) {
      throw new NscError("ERR_SIGNER_FAILED", `resolveSigner failed for ${publicKey}`, { cause });
    }
    if (resolved === undefined || resolved === null) return undefined;
    const signer = toSigner(resolved as Signer);
    if (signer.publicKey === publicKey) return signer;
    throw new NscError("ERR_SIGNER_FAILED", `resolveSigner gave ${signer.publicKey} for ${publicKey}`);
  }

  async #stored(publicKey: string): Promise<Signer | undefined> {
    const seed = await this.#context.store.getKey(publicKey);
    if (seed === undefined) return undefined;
    const pair = keyPairFromSeed(seed, { engine: this.#context.engine });
    if (pair.publicKey === publicKey) return pair;
    throw new NscError("ERR_STORE_DAMAGED", `the store has the seed of ${pair.publicKey} for ${publicKey}`);
  }
}
