import type { CryptoEngine, PublicKey } from "../crypto/engine.ts";
import { isNscError } from "../errors.ts";
import { decodePublicKey } from "../nkeys/codec.ts";

/** How many issuers are remembered; far more than a process usually meets. */
const MOST_KEYS = 1024;

/**
 * Public keys that are ready to verify, by engine and nkey. Making one ready takes a tenth of a verification or more,
 * and a service sees few issuers. It remembers what a pure function gives for public data, so nobody can tell.
 */
const ready = new WeakMap<CryptoEngine, Map<string, PublicKey | undefined>>();

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
  let key = keys.get(issuer);
  if (key === undefined && !keys.has(issuer)) {
    key = importKey(engine, issuer);
    if (keys.size >= MOST_KEYS) keys.delete(keys.keys().next().value as string);
    keys.set(issuer, key);
  }
  return key?.verify(message, signature) ?? false;
}

function importKey(engine: CryptoEngine, issuer: string): PublicKey | undefined {
  try {
    return engine.publicKey(decodePublicKey(issuer).publicKey);
  } catch (error) {
    if (isNscError(error)) return undefined;
    throw error;
  }
}
