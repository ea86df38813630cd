import type { PublicKey } from "./engine.ts";

/** How many keys are remembered; far more issuers than a process usually meets. */
const MOST_KEYS = 1024;

/**
 * Public keys that were made ready to verify, by nkey. Making one ready takes a tenth of a verification or more. An engine
 * has one; it remembers what a pure function gives for public data, so nobody can tell.
 */
export class PublicKeyMemo {
  readonly #keys = new Map<string, PublicKey>();

  get(nkey: string): PublicKey | undefined {
    return this.#keys.get(nkey);
  }

  /** Remembers a key, and forgets the oldest one if there are too many. */
  set(nkey: string, key: PublicKey): void {
    if (this.#keys.size >= MOST_KEYS) this.#keys.delete(this.#keys.keys().next().value as string);
    this.#keys.set(nkey, key);
  }
}
