/**
 * Key pairs: creating them, getting them from seeds and public keys, signing, verifying, sealing and wiping.
 *
 * @module
 */

import type { KeyPair as NkeysKeyPair } from "@nats-io/nkeys";
import { type CryptoEngine, defaultEngine, type PrivateKey, type PublicKey } from "../crypto/engine.ts";
import { assertBytes, concatBytes, isBytes } from "../encoding/bytes.ts";
import { NscError } from "../errors.ts";
import { BASE_POINT, BoxKeys, openBox, sealBox } from "./box.ts";
import {
  decodePublicKey,
  decodeSeed,
  encodePrivateKey,
  encodePublicKey,
  encodeSeed,
  keyBytes,
  keyText,
} from "./codec.ts";
import { isKeyKind, type KeyKind } from "./kinds.ts";
import type { Signer } from "./signer.ts";

/**
 * A key pair. It has the interface of `@nats-io/nkeys` and can be used wherever that library's pairs are, and it is a
 * {@link Signer}. Its secrets are private: printing or serialising it shows the public key only.
 *
 * @example
 * ```ts
 * import { createKeyPair } from "nsc.js";
 *
 * const pair = createKeyPair("user");
 * const message = new TextEncoder().encode("hello");
 * pair.verify(message, pair.sign(message)); // true
 * pair.clear();
 * ```
 */
export interface KeyPair extends Signer, NkeysKeyPair {
  readonly kind: KeyKind;
  readonly publicKey: string;
  /** The public key, as {@link KeyPair.publicKey}; stays readable after `clear()`. */
  getPublicKey(): string;
  /**
   * The private key (`P…`) as ASCII bytes; a fresh copy.
   *
   * @throws NscError `ERR_NKEY_PUBLIC_ONLY`, `ERR_NKEY_CLEARED`
   */
  getPrivateKey(): Uint8Array;
  /**
   * The seed (`S…`) as ASCII bytes; a fresh copy that may be wiped.
   *
   * @throws NscError `ERR_NKEY_PUBLIC_ONLY`, `ERR_NKEY_CLEARED`
   */
  getSeed(): Uint8Array;
  /**
   * The 64 bytes of the signature.
   *
   * @throws NscError `ERR_NKEY_PUBLIC_ONLY`, `ERR_NKEY_CLEARED`, and `ERR_NKEY_OPERATION` for a curve key
   */
  sign(input: Uint8Array): Uint8Array;
  /**
   * Whether `signature` is this key's for `input`; needs no private key.
   *
   * @throws NscError `ERR_NKEY_OPERATION` for a curve key
   */
  verify(input: Uint8Array, signature: Uint8Array): boolean;
  /** Overwrites the secret and forgets it. What JavaScript can't wipe, SECURITY.md says. */
  clear(): void;
  /**
   * Seals for a recipient's curve key (`X…`), so that only it can open, and only from this key.
   *
   * @param input - the message
   * @param recipient - the recipient's public curve key
   * @param nonce - 24 bytes, fresh ones by default; give it only in tests, never twice
   * @throws NscError `ERR_NKEY_OPERATION` for keys that are not curve keys, `ERR_NKEY_PREFIX` and others of that area for
   * the recipient, `ERR_NKEY_PUBLIC_ONLY`, `ERR_NKEY_CLEARED`
   */
  seal(input: Uint8Array, recipient: string, nonce?: Uint8Array): Uint8Array;
  /**
   * Opens what `sender` sealed for this key.
   *
   * @throws NscError `ERR_NKEY_SEALED` when it can't be opened, and those of {@link KeyPair.seal}
   */
  open(message: Uint8Array, sender: string): Uint8Array;
}

/** Options of the functions that make key pairs. */
export interface KeyPairOptions {
  /** What computes; found by itself by default. */
  readonly engine?: CryptoEngine;
}

/** Options of {@link createKeyPair}. */
export interface CreateKeyPairOptions extends KeyPairOptions {
  /** A source of secure random bytes instead of the platform's; called once, for 32 bytes. */
  readonly random?: (length: number) => Uint8Array;
}

/**
 * Creates a fresh key pair. Go: `CreatePair`, `CreateCurveKeys`.
 *
 * @param kind - what the key is for
 * @param options - where randomness comes from
 * @throws NscError `ERR_ARGUMENT_INVALID` for an unknown kind, `ERR_CRYPTO_RANDOM` when randomness can't be had
 *
 * @example
 * ```ts
 * import { createKeyPair } from "nsc.js";
 *
 * const account = createKeyPair("account");
 * account.publicKey; // "A…"
 * ```
 */
export function createKeyPair(kind: KeyKind, options: CreateKeyPairOptions = {}): KeyPair {
  assertKind(kind);
  const { engine = defaultEngine, random } = options;
  if (random === undefined && kind !== "curve") {
    const { seed, publicKey } = engine.generateKey();
    return new Ed25519KeyPair(kind, seed, encodePublicKey(kind, publicKey), engine);
  }
  const seed = random === undefined ? engine.randomBytes(32) : random(32);
  if (!isBytes(seed) || seed.length !== 32) {
    throw new NscError("ERR_CRYPTO_RANDOM", "the source of randomness must return the 32 bytes that it was asked for");
  }
  return fromContent(kind, new Uint8Array(seed), engine);
}

/**
 * The key pair of a seed, of any kind. Go: `FromSeed`, `FromCurveSeed`. Line ends around the seed are skipped.
 *
 * @param seed - the seed (`S…`), or its ASCII bytes
 * @param options - what computes
 * @throws NscError `ERR_NKEY_SEED` when it is no seed, and `ERR_NKEY_CHARACTER`, `ERR_NKEY_CASE`, `ERR_NKEY_LENGTH`,
 * `ERR_NKEY_CHECKSUM` when it is damaged
 *
 * @example
 * ```ts
 * import { createKeyPair, keyPairFromSeed } from "nsc.js";
 *
 * const seed = createKeyPair("user").getSeed();
 * keyPairFromSeed(seed).kind; // "user"
 * ```
 */
export function keyPairFromSeed(seed: string | Uint8Array, options: KeyPairOptions = {}): KeyPair {
  const { kind, seed: content } = decodeSeed(keyText(seed, "the seed"));
  return fromContent(kind, content, options.engine ?? defaultEngine);
}

/**
 * The key pair of the 32 bytes that a seed holds. Go: `FromRawSeed`; but for `"curve"` it gives a curve pair, where Go
 * makes an Ed25519 pair of that name.
 *
 * @param kind - what the key is for
 * @param raw - 32 bytes; copied
 * @param options - what computes
 * @throws NscError `ERR_ARGUMENT_INVALID` for an unknown kind or another length
 *
 * @example
 * ```ts
 * import { keyPairFromRawSeed } from "nsc.js";
 *
 * keyPairFromRawSeed("operator", new Uint8Array(32)).publicKey; // "O…"
 * ```
 */
export function keyPairFromRawSeed(kind: KeyKind, raw: Uint8Array, options: KeyPairOptions = {}): KeyPair {
  assertKind(kind);
  assertBytes(raw, "the raw seed", 32);
  // Not slice(): that of a Buffer is a view.
  return fromContent(kind, new Uint8Array(raw), options.engine ?? defaultEngine);
}

/**
 * A pair of which only the public key is known: it verifies and cannot sign. Go: `FromPublicKey`.
 *
 * @param publicKey - the public key
 * @param options - what computes
 * @throws NscError `ERR_NKEY_PREFIX` for a seed or private key, and `ERR_NKEY_CHARACTER`, `ERR_NKEY_CASE`,
 * `ERR_NKEY_LENGTH`, `ERR_NKEY_CHECKSUM` when it is damaged
 *
 * @example
 * ```ts
 * import { keyPairFromPublicKey } from "nsc.js";
 *
 * keyPairFromPublicKey("UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3").kind; // "user"
 * ```
 */
export function keyPairFromPublicKey(publicKey: string, options: KeyPairOptions = {}): KeyPair {
  const decoded = decodePublicKey(keyText(publicKey, "the public key"));
  const text = encodePublicKey(decoded.kind, decoded.publicKey);
  const { engine = defaultEngine } = options;
  if (decoded.kind === "curve") return new CurveKeyPair(undefined, text, engine);
  return new Ed25519KeyPair(decoded.kind, undefined, text, engine);
}

/** Whether a signer is a key pair of this library, which signs at once and whose signatures need no check. */
export function isKeyPair(value: object): value is KeyPair {
  return value instanceof Ed25519KeyPair || value instanceof CurveKeyPair;
}

/** The seed of a key pair of this library as text, or nothing for another pair, which has it as bytes. */
export function ownSeedOf(pair: object): string | undefined {
  return pair instanceof Ed25519KeyPair ? Ed25519KeyPair.seedOf(pair) : undefined;
}

function fromContent(kind: KeyKind, content: Uint8Array, engine: CryptoEngine): KeyPair {
  if (kind === "curve") {
    return new CurveKeyPair(content, encodePublicKey("curve", engine.x25519(content, BASE_POINT)), engine);
  }
  const key = engine.privateKey(content);
  return new Ed25519KeyPair(kind, content, encodePublicKey(kind, key.publicKey()), engine, key);
}

function assertKind(kind: unknown): asserts kind is KeyKind {
  if (isKeyKind(kind)) return;
  throw new NscError(
    "ERR_ARGUMENT_INVALID",
    "the kind of key must be operator, account, user, server, cluster or curve",
  );
}

/** The secret of a pair: 32 bytes that are there, were wiped, or were never known. */
class Secret {
  readonly #wasKnown: boolean;
  #content: Uint8Array | undefined;

  constructor(content: Uint8Array | undefined) {
    this.#content = content;
    this.#wasKnown = content !== undefined;
  }

  /** The live bytes, for use within this file only. */
  get(go: string): Uint8Array {
    if (this.#content !== undefined) return this.#content;
    if (this.#wasKnown) throw new NscError("ERR_NKEY_CLEARED", "nkeys: the key pair was cleared");
    throw new NscError("ERR_NKEY_PUBLIC_ONLY", `nkeys: ${go}: only the public key is known`);
  }

  clear(): void {
    this.#content?.fill(0);
    this.#content = undefined;
  }
}

class Ed25519KeyPair implements KeyPair {
  readonly kind: KeyKind;
  readonly publicKey: string;
  readonly #secret: Secret;
  readonly #engine: CryptoEngine;
  #private: PrivateKey | undefined;
  #public: PublicKey | undefined;

  constructor(
    kind: KeyKind,
    seed: Uint8Array | undefined,
    publicKey: string,
    engine: CryptoEngine,
    privateKey?: PrivateKey,
  ) {
    this.kind = kind;
    this.publicKey = publicKey;
    this.#secret = new Secret(seed);
    this.#engine = engine;
    this.#private = privateKey;
    // `encode` takes its word for who it is.
    Object.freeze(this);
  }

  getPublicKey(): string {
    return this.publicKey;
  }

  getPrivateKey(): Uint8Array {
    const seed = this.#secret.get("no seed or private key available");
    return keyBytes(encodePrivateKey(concatBytes(seed, decodePublicKey(this.publicKey).publicKey)));
  }

  getSeed(): Uint8Array {
    return keyBytes(Ed25519KeyPair.seedOf(this));
  }

  static seedOf(pair: Ed25519KeyPair): string {
    return encodeSeed(pair.kind, pair.#secret.get("no seed or private key available"));
  }

  sign(input: Uint8Array): Uint8Array {
    assertBytes(input, "the input");
    const seed = this.#secret.get("can not sign, no private key available");
    this.#private ??= this.#engine.privateKey(seed);
    return this.#private.sign(input);
  }

  verify(input: Uint8Array, signature: Uint8Array): boolean {
    assertBytes(input, "the input");
    assertBytes(signature, "the signature");
    this.#public ??= this.#engine.publicKey(decodePublicKey(this.publicKey).publicKey);
    return this.#public.verify(input, signature);
  }

  clear(): void {
    this.#secret.clear();
    this.#private = undefined;
  }

  seal(): never {
    throw new NscError("ERR_NKEY_OPERATION", "nkeys: only curve key can seal/open");
  }

  open(): never {
    throw new NscError("ERR_NKEY_OPERATION", "nkeys: only curve key can seal/open");
  }
}

/** What a sealed message begins with: a version, and the nonce. */
const VERSION: Uint8Array = keyBytes("xkv1");
const NONCE_SIZE = 24;
const HEADER_SIZE: number = VERSION.length + NONCE_SIZE;

/** An xkey: X25519 and the box of NaCl. */
class CurveKeyPair implements KeyPair {
  readonly kind = "curve";
  readonly publicKey: string;
  readonly #secret: Secret;
  readonly #engine: CryptoEngine;
  readonly #keys: BoxKeys;

  constructor(scalar: Uint8Array | undefined, publicKey: string, engine: CryptoEngine) {
    this.publicKey = publicKey;
    this.#secret = new Secret(scalar);
    this.#engine = engine;
    this.#keys = new BoxKeys(engine);
    Object.freeze(this);
  }

  getPublicKey(): string {
    return this.publicKey;
  }

  getPrivateKey(): Uint8Array {
    return keyBytes(encodePrivateKey(this.#secret.get("no seed or private key available")));
  }

  getSeed(): Uint8Array {
    return keyBytes(encodeSeed("curve", this.#secret.get("no seed or private key available")));
  }

  sign(): never {
    throw new NscError("ERR_NKEY_OPERATION", "nkeys: curve key is not valid for sign/verify");
  }

  verify(): never {
    throw new NscError("ERR_NKEY_OPERATION", "nkeys: curve key is not valid for sign/verify");
  }

  clear(): void {
    this.#secret.clear();
    this.#keys.clear();
  }

  seal(input: Uint8Array, recipient: string, nonce?: Uint8Array): Uint8Array {
    assertBytes(input, "the input");
    if (nonce !== undefined) assertBytes(nonce, "the nonce", NONCE_SIZE);
    const scalar = this.#secret.get("cannot seal no private curve key available");
    const partner = assertCurveKey(recipient, "recipient");
    const used = nonce ?? this.#engine.randomBytes(NONCE_SIZE);
    return concatBytes(VERSION, used, sealBox(input, used, this.#keys.of(scalar, partner)));
  }

  open(message: Uint8Array, sender: string): Uint8Array {
    assertBytes(message, "the message");
    const scalar = this.#secret.get("cannot open no private curve key available");
    if (message.length <= HEADER_SIZE) {
      throw new NscError("ERR_NKEY_SEALED", "nkeys: encrypted input is not valid: it is too short to be sealed");
    }
    if (!VERSION.every((byte, index) => message[index] === byte)) {
      throw new NscError("ERR_NKEY_SEALED", "nkeys: encrypted input wrong version: sealed messages begin with xkv1");
    }
    const partner = assertCurveKey(sender, "sender");
    const nonce = message.subarray(VERSION.length, HEADER_SIZE);
    const opened = openBox(message.subarray(HEADER_SIZE), nonce, this.#keys.of(scalar, partner));
    if (opened !== undefined) return opened;
    throw new NscError(
      "ERR_NKEY_SEALED",
      "nkeys: could not decrypt input: it was sealed for another key, by another sender, or changed since",
    );
  }
}

/** Go panics on texts that are too long and calls all that is wrong one error; here each has its own. */
function assertCurveKey(publicKey: string, role: "recipient" | "sender"): Uint8Array {
  const decoded = decodePublicKey(keyText(publicKey, `the ${role}`));
  if (decoded.kind === "curve") return decoded.publicKey;
  throw new NscError("ERR_NKEY_PREFIX", `nkeys: not a valid ${role} public curve key: such keys begin with X`);
}
