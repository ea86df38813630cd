import { NscError } from "../errors.ts";
import { type KeyPair, keyPairFromSeed } from "./key-pair.ts";

/** A curve key: the pair, or its seed (`SX…`) as text or as ASCII bytes. */
export type EncryptionKey = KeyPair | string | Uint8Array;

/** The pair of a curve key that is an option. */
export function curvePairOf(key: unknown, name: string): KeyPair {
  const isSeed = typeof key === "string" || key instanceof Uint8Array;
  const pair = isSeed ? keyPairFromSeed(key) : (key as Partial<KeyPair> | undefined | null);
  if (pair?.kind === "curve" && typeof pair.open === "function") return pair as KeyPair;
  throw new NscError("ERR_ARGUMENT_INVALID", `${name} must be a curve key: createKeyPair("curve"), or the seed of one`);
}
