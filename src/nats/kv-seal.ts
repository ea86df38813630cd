import { decodeBase64Url, encodeBase64Url } from "../encoding/base64url.ts";
import { decodeUtf8, encodeUtf8 } from "../encoding/bytes.ts";
import { isNscError, NscError } from "../errors.ts";
import { curvePairOf, type EncryptionKey } from "../nkeys/encryption-key.ts";
import { type KeyPair, keyPairFromSeed } from "../nkeys/key-pair.ts";

/** Seals seeds for a curve key, and opens what was sealed for it or for older ones. */
export class Sealer {
  readonly #pair: KeyPair;
  readonly #pairs: ReadonlyMap<string, KeyPair>;

  /**
   * @param key - seals and opens
   * @param older - open
   */
  constructor(key: EncryptionKey, older: readonly EncryptionKey[]) {
    if (!Array.isArray(older)) throw invalid("olderEncryptionKeys must be a list of curve keys");
    this.#pair = curvePairOf(key, "encryptionKey");
    const pairs = [...older.map((each) => curvePairOf(each, "each of olderEncryptionKeys")), this.#pair];
    this.#pairs = new Map(pairs.map((pair) => [pair.publicKey, pair]));
  }

  /** The public key for which seeds are sealed. */
  get publicKey(): string {
    return this.#pair.publicKey;
  }

  /** @throws NscError `ERR_NKEY_SEALED` */
  assertOpens(sealedFor: string | undefined): void {
    if (sealedFor === undefined || this.#pairs.has(sealedFor)) return;
    throw new NscError(
      "ERR_NKEY_SEALED",
      `the seeds of the bucket are sealed for ${sealedFor}, and the encryption key is of ${this.publicKey}`,
    );
  }

  /** A text without a secret. */
  seal(seed: string): string {
    const bytes = encodeUtf8(seed);
    const sealed = this.#pair.seal(bytes, this.publicKey);
    bytes.fill(0);
    return `${this.publicKey}.${encodeBase64Url(sealed)}`;
  }

  /** The key for which a text was sealed. */
  keyOf(text: string): string {
    return text.split(".", 1)[0] ?? "";
  }

  /**
   * The seed of a public key.
   *
   * @throws NscError `ERR_NKEY_SEALED` when the key for which it was sealed is not at hand; `ERR_STORE_DAMAGED`
   */
  open(publicKey: string, text: string): string {
    const sealedFor = this.keyOf(text);
    if (!/^X[A-Z2-7]{55}$/.test(sealedFor)) throw damaged(publicKey);
    const pair = this.#pairs.get(sealedFor);
    if (pair === undefined) {
      throw new NscError(
        "ERR_NKEY_SEALED",
        `the seed of ${publicKey} is sealed for ${sealedFor}, and the encryption key is of ${this.publicKey}`,
      );
    }
    const sealed = decodeBase64Url(text.slice(sealedFor.length + 1));
    if (typeof sealed === "number") throw damaged(publicKey);
    let seed: string;
    try {
      seed = decodeUtf8(pair.open(sealed, sealedFor));
      const opened = keyPairFromSeed(seed);
      opened.clear();
      if (opened.publicKey === publicKey) return seed;
    } catch (cause) {
      if (isNscError(cause, "ERR_NKEY_CLEARED")) throw cause;
      throw damaged(publicKey, cause);
    }
    throw damaged(publicKey);
  }
}

function damaged(publicKey: string, cause?: unknown): NscError {
  const options = cause === undefined ? {} : { cause };
  return new NscError(
    "ERR_STORE_DAMAGED",
    `what the bucket holds as the seed of ${publicKey} is not its seed`,
    options,
  );
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
