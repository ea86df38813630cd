import { isNscError } from "../errors.ts";
import { pathBelow, pathKey } from "../store/paths.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import type { Tree } from "./tree.ts";

/** A token as it is stored, or why it can't be read. */
export type StoredEntry =
  | { readonly path: StorePath; readonly token: string }
  | { readonly path: StorePath; readonly token?: undefined; readonly problem: string };

/** The tokens right below a prefix in the order of their names; what can't be read is in the way of nothing. */
export async function storedTokens(directory: Tree["directory"], prefix: StorePrefix): Promise<readonly StoredEntry[]> {
  const sound = directory.tokensNow(prefix);
  if (sound !== undefined) return sound;
  const entries: StoredEntry[] = [];
  try {
    for await (const entry of directory.tokens(prefix)) entries.push(entry);
    return entries;
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
  }
  const read = new Map(entries.map((entry) => [pathKey(entry.path), entry]));
  const all: StoredEntry[] = [];
  for await (const name of directory.list(prefix)) {
    const path = pathBelow(prefix, name);
    all.push(read.get(pathKey(path)) ?? (await unreadable(directory, path)));
  }
  return all;
}

/** Reads once more what could not be read, for the reason. */
async function unreadable(directory: Tree["directory"], path: StorePath): Promise<StoredEntry> {
  try {
    const token = await directory.read(path);
    return token === undefined ? { path, problem: "there is none" } : { path, token };
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
    return { path, problem: error.message };
  }
}
