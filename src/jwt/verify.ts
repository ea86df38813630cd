import type { CryptoEngine, PublicKey } from "../crypto/engine.ts";
import { decodePublicKey, encodePublicKey } from "../nkeys/codec.ts";

/** How many issuers are remembered; far more than a process usually meets. */
const MOST_KEYS = 1024;

/**
 * Public keys that are ready to verify, by engine and nkey. Making one ready takes a tenth of a verification or more,
 * and a service sees few issuers. It remembers what a pure function gives for public data, so nobody can tell.
 */
const ready = new WeakMap<CryptoEngine, Map<string, PublicKey>>();

/** Whether `signature` is that of the nkey `issuer` for `message`; anything wrong with the issuer counts as no. */
export function verifySignature(
  engine: CryptoEngine,
  issuer: string,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  let keys = ready.get(engine);
  if (keys === undefined) {
    keys = new Map();
    ready.set(engine, keys);
  }
  const known = keys.get(issuer);
  if (known !== undefined) return known.verify(message, signature);
  const decoded = tryDecode(issuer);
  if (decoded === undefined) return false;
  const key = engine.publicKey(decoded.publicKey);
  if (keys.size >= MOST_KEYS) keys.delete(keys.keys().next().value as string);
  // Not by the issuer itself: a piece of a text can keep all of it in memory, and hostile tokens are large.
  keys.set(encodePublicKey(decoded.kind, decoded.publicKey), key);
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
