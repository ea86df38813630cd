import { decodeUtf8 } from "../../encoding/bytes.ts";
import type { KeyPair } from "../../nkeys/key-pair.ts";
import type { Tree } from "../tree/tree.ts";

/** Keeps the seed of a key that work needs, or that goes with what it makes, but not if it fails. */
export async function keepingKey<T>(tree: Tree, pair: KeyPair | undefined, work: () => Promise<T>): Promise<T> {
  if (pair === undefined || (await tree.store.getKey(pair.publicKey)) !== undefined) return await work();
  await tree.store.commit({ keys: [decodeUtf8(pair.getSeed())] });
  try {
    return await work();
  } catch (error) {
    await tree.store.commit({ deletedKeys: [pair.publicKey] });
    throw error;
  }
}
