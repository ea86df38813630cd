import { NscError } from "../errors.ts";

/**
 * What signs: a public key and a function. It may wait, so that a key management service, a hardware module or a person
 * can hold the key.
 *
 * @example
 * ```ts
 * import { createKeyPair, type Signer } from "nsc.js";
 *
 * const held = createKeyPair("account"); // stands for a key held elsewhere
 * const signer: Signer = {
 *   publicKey: held.publicKey,
 *   sign: async (bytes) => held.sign(bytes),
 * };
 * ```
 */
export interface Signer {
  /** The public key as an nkey: `O…`, `A…` and so on. */
  readonly publicKey: string;
  /** The 64 bytes of the Ed25519 signature of `bytes`. */
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** The part of a key pair of `@nats-io/nkeys` or `nkeys.js` that signing needs; recognised by its shape. */
export interface ForeignKeyPair {
  getPublicKey(): string;
  sign(input: Uint8Array): Uint8Array;
}

/** Takes a signer or a key pair of any library of the NATS family. */
export function toSigner(value: Signer | ForeignKeyPair): Signer {
  const signer = value as Partial<Signer & ForeignKeyPair> | null | undefined;
  if (typeof signer === "object" && signer !== null && typeof signer.sign === "function") {
    if (typeof signer.publicKey === "string") return value as Signer;
    if (typeof signer.getPublicKey === "function") {
      const pair = value as ForeignKeyPair;
      return { publicKey: publicKeyOf(pair), sign: (bytes) => pair.sign(bytes) };
    }
  }
  // Go's text for the commonest case, a missing key pair.
  if (value === undefined || value === null) throw new NscError("ERR_SIGNER_INVALID", "keypair is required");
  throw new NscError("ERR_SIGNER_INVALID", "a signer has a publicKey (or getPublicKey()) and a function sign");
}

/** A pair of another library that was cleared has errors of its own. */
function publicKeyOf(pair: ForeignKeyPair): string {
  try {
    return pair.getPublicKey();
  } catch (cause) {
    throw new NscError("ERR_SIGNER_FAILED", "the key pair does not give its public key: was it cleared?", { cause });
  }
}
