import { getPublicKey, hashes, Point, utils } from "@noble/ed25519";
import { sha256, sha512, sha512_256 } from "@noble/hashes/sha2.js";
import nacl from "tweetnacl";
import { decodeBase64Url, encodeBase64Url } from "../encoding/base64url.ts";
import { concatBytes, encodeUtf8, ownRealm } from "../encoding/bytes.ts";
import { NscError } from "../errors.ts";
import { createVerifier, littleEndian } from "./ed25519-verify.ts";
import type { CryptoEngine, PrivateKey } from "./engine.ts";
import { PublicKeyMemo } from "./public-key-memo.ts";

/** The order of the base point. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/**
 * The engine that needs nothing of the platform but `crypto.getRandomValues`: noble's Ed25519 and hashes, tweetnacl's X25519.
 *
 * @returns an engine for the `engine` option of the functions that compute
 *
 * @example
 * ```ts
 * import { createKeyPair, createPortableEngine } from "nsc.js";
 *
 * const pair = createKeyPair("user", { engine: createPortableEngine() });
 * pair.publicKey; // "U…"
 * ```
 */
export function createPortableEngine(): CryptoEngine {
  // noble asks for its hash in this way; the value is always the same.
  hashes.sha512 = sha512;
  return {
    name: "portable",
    randomBytes,
    generateKey() {
      const seed = randomBytes(32);
      return { seed, publicKey: getPublicKey(seed) };
    },
    privateKey: createPrivateKey,
    // Not slice(): that of a Buffer is a view.
    publicKey: (publicKey) => ({ verify: createVerifier(new Uint8Array(publicKey)) }),
    publicKeys: new PublicKeyMemo(),
    x25519: portableX25519,
    sha256,
    sha512t256: (data) => sha512_256(bytesOf(data)),
    withUtf8: (text, use) => use(encodeUtf8(text)),
    encodeBase64Url: (data) => encodeBase64Url(bytesOf(data)),
    decodeBase64Url,
  };
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? encodeUtf8(data) : data;
}

/** RFC 8032, 5.1.6, with the expanded key kept: noble's own `sign` expands it and multiplies by the base point anew. */
function createPrivateKey(seed: Uint8Array): PrivateKey {
  const { prefix, scalar, pointBytes } = utils.getExtendedPublicKey(seed);
  return {
    publicKey: () => pointBytes.slice(),
    sign(message) {
      const r = littleEndian(sha512(concatBytes(prefix, message))) % L;
      const encodedR = Point.BASE.multiply(r).toBytes();
      const k = littleEndian(sha512(concatBytes(encodedR, pointBytes, message))) % L;
      const signature = new Uint8Array(64);
      signature.set(encodedR);
      let s = (r + k * scalar) % L;
      for (let i = 32; i < 64; i++) {
        signature[i] = Number(s & 0xffn);
        s >>= 8n;
      }
      return signature;
    },
  };
}

/** It has no branches and no look-ups that depend on the secret, which an X25519 of bigints would have. */
export function portableX25519(scalar: Uint8Array, point: Uint8Array): Uint8Array {
  return nacl.scalarMult(ownRealm(scalar), ownRealm(point));
}

function randomBytes(length: number): Uint8Array {
  const source = globalThis.crypto as Crypto | undefined;
  if (typeof source?.getRandomValues !== "function") {
    throw new NscError("ERR_CRYPTO_RANDOM", "this platform has no crypto.getRandomValues: pass a source of randomness");
  }
  return source.getRandomValues(new Uint8Array(length));
}

/** The part of the web's `crypto` that is needed. */
interface Crypto {
  getRandomValues?(bytes: Uint8Array): Uint8Array;
}
