/**
 * The seam between this library and the code that computes. One engine is found when the library is loaded; the others
 * can be injected, so that tests run on each.
 *
 * @module
 */

import { createNativeEngine } from "./native-engine.ts";
import { createPortableEngine } from "./portable-engine.ts";
import type { PublicKeyMemo } from "./public-key-memo.ts";

/** A private Ed25519 key that is ready to sign: whatever can be derived from its seed was derived once. */
export interface PrivateKey {
  /** The 32 bytes of the public key; a fresh copy. */
  publicKey(): Uint8Array;
  /** The 64 bytes of the signature (RFC 8032, neither prehash nor context). */
  sign(message: Uint8Array): Uint8Array;
}

/** A public Ed25519 key that is ready to verify. */
export interface PublicKey {
  /** Accepts and rejects exactly what Go's `crypto/ed25519` does, hostile keys and signatures included. */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** A fresh key: its seed and its public key. */
export interface GeneratedKey {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

/**
 * What the library needs computed. {@link createPortableEngine} runs everywhere; {@link createNativeEngine} uses
 * `node:crypto` where there is one and is some ten to twenty times faster.
 */
export interface CryptoEngine {
  readonly name: "portable" | "native";
  /** Cryptographically secure random bytes. */
  randomBytes(length: number): Uint8Array;
  generateKey(): GeneratedKey;
  /** @param seed - 32 bytes */
  privateKey(seed: Uint8Array): PrivateKey;
  /** @param publicKey - 32 bytes; need not be a point of the curve, in which case nothing verifies */
  publicKey(publicKey: Uint8Array): PublicKey;
  /** Keys that were made ready before. */
  readonly publicKeys: PublicKeyMemo;
  /**
   * X25519 of RFC 7748. For points of small order it is zero, as in the boxes of NaCl, and no error.
   *
   * @param scalar - 32 bytes, the secret
   * @param point - 32 bytes, another's public key
   */
  x25519(scalar: Uint8Array, point: Uint8Array): Uint8Array;
  sha256(data: Uint8Array): Uint8Array;
  /** SHA-512/256 of FIPS 180-4; a text is hashed as UTF-8. */
  sha512t256(data: Uint8Array | string): Uint8Array;
  /** Hands the UTF-8 of a text to a function. The bytes are good until it returns, and must not be changed. */
  withUtf8<T>(text: string, use: (bytes: Uint8Array) => T): T;
  /** Base64url without padding; a text is encoded as UTF-8 first. */
  encodeBase64Url(data: Uint8Array | string): string;
  /** As Go's `base64.RawURLEncoding` reads: the bytes, or the offset of the first character at fault. */
  decodeBase64Url(text: string): Uint8Array | number;
}

/** The engine that is used where none is injected: the native one where there is one. */
export const defaultEngine: CryptoEngine = /* @__PURE__ */ findEngine();

function findEngine(): CryptoEngine {
  return createNativeEngine() ?? createPortableEngine();
}
