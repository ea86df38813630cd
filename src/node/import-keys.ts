import { resolve } from "node:path";
import { trimGoSpace } from "../encoding/go-text.ts";
import { isNscError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { assertBoolean, assertFolder, assertOptions, assertStore, invalid } from "./assert-arguments.ts";
import { filesBelow } from "./files-below.ts";
import { publicKeyOf, withoutLineEnds } from "./tree.ts";

/** What {@link importKeys} reads. */
export interface ImportKeysSource {
  /** A folder with files `.nk`, each with a seed. */
  readonly folder?: string;
  /** Whether the folders in that folder are read, too; false by default. */
  readonly recursive?: boolean;
  /** Seeds as such. */
  readonly seeds?: readonly string[];
}

/** What came of one file or seed. */
export interface ImportedKey {
  /** The path of the file, or the place in the list, as in `seeds[0]`. */
  readonly source: string;
  /** The public key; nothing where there is no seed. */
  readonly publicKey: string | undefined;
  /** `added`; `unchanged` where the store has that seed; `refused` where there is no seed, or the store can't take it. */
  readonly outcome: "added" | "unchanged" | "refused";
  /** Why it was refused, for people. It holds no secret. */
  readonly message?: string;
}

/**
 * Puts seeds into a store. What is no seed is reported and passed over; the others are added in one commit. A seed counts
 * for the key that it is of, whatever its file is called. nsc: `import keys`.
 *
 * @param store - any store
 * @param source - a folder, seeds, or both
 * @returns one entry for each file and seed, in their order
 * @throws NscError `ERR_ARGUMENT_INVALID`; `ERR_STORE_IO` for a folder that can't be read, and the codes of `commit`
 *
 * @example
 * ```ts
 * import { createKeyPair, memoryStore } from "nsc.js";
 * import { importKeys } from "nsc.js/node";
 *
 * const store = memoryStore();
 * const seed = new TextDecoder().decode(createKeyPair("account").getSeed());
 * const entries = await importKeys(store, { seeds: [seed, "no seed"] });
 * entries.map(({ outcome }) => outcome).join(); // "added,refused"
 * ```
 */
export async function importKeys(store: Store, source: ImportKeysSource): Promise<readonly ImportedKey[]> {
  assertStore(store);
  assertOptions(source, ["folder", "recursive", "seeds"]);
  const { folder, recursive = false, seeds = [] } = source;
  assertBoolean(recursive, "recursive");
  if (folder !== undefined) assertFolder(folder, "the folder");
  if (!Array.isArray(seeds) || seeds.some((seed) => typeof seed !== "string")) {
    throw invalid("seeds must be a list of texts");
  }
  if (folder === undefined && source.seeds === undefined) throw invalid("a folder or seeds are needed");

  const added = new Map<string, string>();
  const entries: ImportedKey[] = [];
  const take = async (from: string, text: string): Promise<void> => {
    entries.push(await takeSeed(store, from, text, added));
  };
  if (folder !== undefined) {
    for await (const { path, read } of filesBelow(resolve(folder), [".nk"], recursive)) {
      try {
        await take(path, (await read()) ?? "");
      } catch (error) {
        if (!isNscError(error)) throw error;
        entries.push({ source: path, publicKey: undefined, outcome: "refused", message: error.message });
      }
    }
  }
  for (const [index, seed] of seeds.entries()) await take(`seeds[${index}]`, seed);
  if (added.size > 0) await store.commit({ keys: [...added.values()] });
  return entries;
}

async function takeSeed(store: Store, source: string, text: string, added: Map<string, string>): Promise<ImportedKey> {
  const seed = trimGoSpace(withoutLineEnds(text));
  const publicKey = publicKeyOf(seed);
  if (publicKey === undefined) {
    return { source, publicKey, outcome: "refused", message: `${source} holds no seed` };
  }
  try {
    const isThere = added.has(publicKey) || (await store.getKey(publicKey)) === seed;
    if (!isThere) added.set(publicKey, seed);
    return { source, publicKey, outcome: isThere ? "unchanged" : "added" };
  } catch (error) {
    // Something else has the place of that key, and may be the only copy of what it is.
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
    return { source, publicKey, outcome: "refused", message: error.message };
  }
}
