import type { CryptoEngine } from "../crypto/engine.ts";
import { decodePublicKey, encodePublicKey } from "../nkeys/codec.ts";

/** Whether `signature` is that of the nkey `issuer` for `message`; anything wrong with the issuer counts as no. */
export function verifySignature(
  engine: CryptoEngine,
  issuer: string,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const known = engine.publicKeys.get(issuer);
  if (known !== undefined) return known.verify(message, signature);
  const decoded = tryDecode(issuer);
  if (decoded === undefined) return false;
  const key = engine.publicKey(decoded.publicKey);
  // Not by the issuer itself: a piece of a text can keep all of it in memory, and hostile tokens are large.
  engine.publicKeys.set(encodePublicKey(decoded.kind, decoded.publicKey), key);
  return key.verify(message, signature);
}

function tryDecode(issuer: string): ReturnType<typeof decodePublicKey> | undefined {
  try {
    return decodePublicKey(issuer);
  } catch {
    // Whatever is wrong with the issuer counts as no.
    return undefined;
  }
}
