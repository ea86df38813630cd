import { Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes } from "../encoding/bytes.ts";

/** The order of the base point. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/**
 * The verification rule of Go's `crypto/ed25519`, which is neither of the two that noble has: S below the order of the
 * base point, a public key that may be of small order and need not be canonical, no cofactor, and R compared as bytes.
 * All of it is public, so variable time is fine.
 */
export function createVerifier(publicKey: Uint8Array): (message: Uint8Array, signature: Uint8Array) => boolean {
  const point = decodePoint(publicKey);
  return (message, signature) => {
    if (point === undefined || signature.length !== 64) return false;
    const encodedR = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    if (s >= L) return false;
    const k = littleEndian(sha512(concatBytes(encodedR, publicKey, message))) % L;
    const r = Point.BASE.multiply(s, false).subtract(point.multiply(k, false));
    return equalBytes(r.toBytes(), encodedR);
  };
}

function decodePoint(publicKey: Uint8Array): Point | undefined {
  try {
    // The tolerant decoding of ZIP 215: y may be at or above the field's prime, as in Go.
    return Point.fromBytes(publicKey, true);
  } catch {
    return undefined;
  }
}

export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}
