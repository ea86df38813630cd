import nacl from "tweetnacl";
import type { CryptoEngine } from "../crypto/engine.ts";
import { encodeUtf8, ownRealm } from "../encoding/bytes.ts";

/** What a public curve key is the multiple of. */
export const BASE_POINT: Uint8Array = Uint8Array.of(9, ...new Uint8Array(31));

/** The constant of HSalsa20. */
const SIGMA: Uint8Array = /* @__PURE__ */ encodeUtf8("expand 32-byte k");

type Hsalsa20 = (out: Uint8Array, input: Uint8Array, key: Uint8Array, constant: Uint8Array) => void;

/** The library's types leave out what is below its boxes. */
interface Lowlevel {
  readonly lowlevel: { readonly crypto_core_hsalsa20: Hsalsa20 };
}

/** A service has a few servers as partners; what others claim to be is not worth the memory. */
const MOST_PARTNERS = 64;

/**
 * The keys that a curve key shares with its partners. Agreeing on one takes ten times as long as sealing with it, or, without
 * native X25519, fifty times.
 */
export class BoxKeys {
  readonly #engine: CryptoEngine;
  /** By the bytes of the partner's public key; the one that was not used for longest is the first. */
  readonly #keys = new Map<string, Uint8Array>();

  constructor(engine: CryptoEngine) {
    this.#engine = engine;
  }

  of(scalar: Uint8Array, partner: Uint8Array): Uint8Array {
    const name = String.fromCharCode(...partner);
    const known = this.#keys.get(name);
    this.#keys.delete(name);
    const key = known ?? this.#agree(scalar, partner);
    const [oldest] = this.#keys;
    if (oldest !== undefined && this.#keys.size >= MOST_PARTNERS) {
      this.#keys.delete(oldest[0]);
      oldest[1].fill(0);
    }
    this.#keys.set(name, key);
    return key;
  }

  clear(): void {
    for (const key of this.#keys.values()) key.fill(0);
    this.#keys.clear();
  }

  /** NaCl: `crypto_box_beforenm`. */
  #agree(scalar: Uint8Array, partner: Uint8Array): Uint8Array {
    const shared = ownRealm(this.#engine.x25519(scalar, partner));
    const key = new Uint8Array(32);
    const { lowlevel } = nacl as typeof nacl & Lowlevel;
    lowlevel.crypto_core_hsalsa20(key, new Uint8Array(16), shared, SIGMA);
    shared.fill(0);
    return key;
  }
}

/** NaCl: `crypto_box_afternm`. */
export function sealBox(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  return nacl.secretbox(ownRealm(message), ownRealm(nonce), key);
}

/** NaCl: `crypto_box_open_afternm`; nothing if it was not sealed with that key and nonce. */
export function openBox(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  return nacl.secretbox.open(ownRealm(box), ownRealm(nonce), key) ?? undefined;
}
