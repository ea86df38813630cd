import { isBytes } from "../encoding/bytes.ts";
import { isNscError, NscError } from "../errors.ts";
import { isPublicKey, keyPrefix } from "../nkeys/codec.ts";
import { createKeyPair, type KeyPair, keyPairFromSeed } from "../nkeys/key-pair.ts";
import type { KeyKind } from "../nkeys/kinds.ts";
import { type ForeignKeyPair, type Signer, toSigner } from "../nkeys/signer.ts";
import type { Context } from "./context.ts";

/**
 * A key that is there already: a seed, whose key is then kept in the store; a key pair with a seed, likewise; a public key
 * or a `Signer`, whose private key stays elsewhere.
 */
export type KeyInput = string | Uint8Array | KeyPair | ForeignKeyPair | Signer;

/** A key of an entity, as it is to be used and kept. */
export interface EntityKey {
  readonly publicKey: string;
  /** The pair, if its seed is to be kept in the store. */
  readonly pair?: KeyPair;
  /** What signs for it, if it is not kept. */
  readonly signer?: Signer;
}

/** The key that was given, or a fresh one. */
export function entityKey(kind: KeyKind, input: KeyInput | undefined, context: Context): EntityKey {
  if (input === undefined) return ownKey(freshPair(kind, context));
  const key = givenKey(kind, input, context);
  if (isPublicKey(key.publicKey, kind)) return key;
  throw new NscError("ERR_KEY_KIND", `the key ${key.publicKey} is not of the kind ${kind}`);
}

/** The public key that is given, alone or as that of a handle; nothing for what is of another kind, or none. */
export function publicKeyOf(kind: KeyKind, given: unknown): string | undefined {
  const key = typeof given === "string" ? given : (given as { readonly publicKey?: unknown } | null)?.publicKey;
  return typeof key === "string" && isPublicKey(key, kind) ? key : undefined;
}

/** The signing key that a new entity was given, a fresh one, or none. */
export function signingKeyOfNew(
  kind: KeyKind,
  input: boolean | KeyInput,
  identity: EntityKey,
  context: Context,
): EntityKey | undefined {
  if (input === false) return undefined;
  const key = entityKey(kind, input === true ? undefined : input, context);
  if (key.publicKey !== identity.publicKey) return key;
  throw new NscError("ERR_ENTITY_EXISTS", `${key.publicKey} is the identity, so it can't be the signing key as well`);
}

/** A fresh pair from the context's randomness. */
export function freshPair(kind: KeyKind, { engine, random }: Context): KeyPair {
  return createKeyPair(kind, { engine, ...(random && { random }) });
}

function givenKey(kind: KeyKind, input: KeyInput, { engine }: Context): EntityKey {
  if (typeof input === "string" && keyPrefix(input) === kind) return { publicKey: input };
  if (typeof input === "string" || isBytes(input)) {
    try {
      return ownKey(keyPairFromSeed(input, { engine }));
    } catch (cause) {
      const why = isNscError(cause) ? `: ${cause.message}` : "";
      throw new NscError("ERR_KEY_KIND", `the key is neither a seed nor a public key of the kind ${kind}${why}`, {
        cause,
      });
    }
  }
  const seed = seedOf(input);
  if (isBytes(seed)) return ownKey(keyPairFromSeed(seed, { engine }));
  const signer = toSigner(input as Signer | ForeignKeyPair);
  return seed === "none" ? { publicKey: signer.publicKey } : { publicKey: signer.publicKey, signer };
}

/** The seed of a pair; `none` for a pair of which only the public key is known. */
function seedOf(input: unknown): Uint8Array | "none" | undefined {
  const pair = input as { readonly getSeed?: unknown } | null;
  if (typeof pair?.getSeed !== "function") return undefined;
  try {
    const seed: unknown = pair.getSeed();
    return isBytes(seed) ? seed : undefined;
  } catch (error) {
    if (isNscError(error, "ERR_NKEY_CLEARED")) throw error;
    // The words of Go and of all libraries of the NATS family. Anything else may be a signer that keeps its seed to itself.
    return error instanceof Error && error.message.includes("no seed or private key available") ? "none" : undefined;
  }
}

function ownKey(pair: KeyPair): EntityKey {
  return { publicKey: pair.publicKey, pair };
}
