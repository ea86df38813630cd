import { createPublicKey, type KeyObject, verify } from "node:crypto";

const KEY_SIZE = 32;
const SIGNATURE_SIZE = 64;

/** How many signatures a chunk has room for. */
const MOST = 64;
/** How many bytes of what was signed, if none of it is larger. */
const ROOM = 128 * 1024;

/** Where the counters are: of what is there, what somebody has taken to check it, and what is checked. */
const [COUNT, TAKEN, CHECKED, COUNTERS] = [0, 1, 2, 4] as const;
const ENDS = COUNTERS * Int32Array.BYTES_PER_ELEMENT;
const VERDICTS = ENDS + MOST * Uint32Array.BYTES_PER_ELEMENT;
const DATA = VERDICTS + MOST;

const [UNKNOWN, GOOD, BAD] = [0, 1, 2] as const;

/** How many keys are remembered: accounts sign their own users, which come together. */
const MOST_KEYS = 1024;

/** Signatures in memory that threads share. Each is checked by whoever takes it first. */
export class SignatureChunk {
  readonly memory: SharedArrayBuffer;
  readonly #counters: Int32Array;
  readonly #ends: Uint32Array;
  readonly #verdicts: Uint8Array;
  readonly #data: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#counters = new Int32Array(memory, 0, COUNTERS);
    this.#ends = new Uint32Array(memory, ENDS, MOST);
    this.#verdicts = new Uint8Array(memory, VERDICTS, MOST);
    this.#data = Buffer.from(memory, DATA);
  }

  /** An empty one, with room for at least one text of a size in bytes. */
  static withRoomFor(size: number): SignatureChunk {
    return new SignatureChunk(new SharedArrayBuffer(DATA + Math.max(ROOM, KEY_SIZE + SIGNATURE_SIZE + size)));
  }

  /**
   * Adds a signature. Only whoever made a chunk does, and before others have it.
   *
   * @param key - 32 bytes
   * @param signature - 64 bytes
   * @returns whether there was room for it
   */
  add(key: Uint8Array, signature: Uint8Array, signed: string): boolean {
    const index = this.#counters[COUNT] as number;
    const from = this.#endOf(index - 1);
    const end = from + KEY_SIZE + SIGNATURE_SIZE + Buffer.byteLength(signed);
    if (index >= MOST || end > this.#data.length) return false;
    this.#data.set(key, from);
    this.#data.set(signature, from + KEY_SIZE);
    this.#data.write(signed, from + KEY_SIZE + SIGNATURE_SIZE);
    this.#ends[index] = end;
    this.#counters[COUNT] = index + 1;
    return true;
  }

  /** Checks signatures until nobody has to take one any more. */
  check(keys: VerifyingKeys): void {
    const count = this.#counters[COUNT] as number;
    for (let index = this.#take(); index < count; index = this.#take()) this.#checkOne(index, keys);
  }

  /** Checks those, too, that somebody took who is gone. */
  checkAgain(keys: VerifyingKeys): void {
    for (let index = 0; index < (this.#counters[COUNT] as number); index++) {
      if (Atomics.load(this.#verdicts, index) === UNKNOWN) this.#checkOne(index, keys);
    }
  }

  /** Whether all are checked. */
  get isChecked(): boolean {
    return Atomics.load(this.#counters, CHECKED) >= (this.#counters[COUNT] as number);
  }

  /** Whether a signature is good, by its place, once all are checked. */
  isGood(index: number): boolean {
    return this.#verdicts[index] === GOOD;
  }

  #take(): number {
    return Atomics.add(this.#counters, TAKEN, 1);
  }

  #checkOne(index: number, keys: VerifyingKeys): void {
    const from = this.#endOf(index - 1);
    const [signature, signed, end] = [from + KEY_SIZE, from + KEY_SIZE + SIGNATURE_SIZE, this.#endOf(index)];
    const key = keys.get(this.#data.toString("base64url", from, signature));
    const isGood = verify(null, this.#data.subarray(signed, end), key, this.#data.subarray(signature, signed));
    Atomics.store(this.#verdicts, index, isGood ? GOOD : BAD);
    Atomics.add(this.#counters, CHECKED, 1);
  }

  #endOf(index: number): number {
    return index < 0 ? 0 : (this.#ends[index] as number);
  }
}

/** Public keys that were made ready to verify; each thread has its own. */
export class VerifyingKeys {
  readonly #keys = new Map<string, KeyObject>();

  /** @param x - the 32 bytes as base64url */
  get(x: string): KeyObject {
    const known = this.#keys.get(x);
    if (known !== undefined) return known;
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(x, key);
    return key;
  }
}
