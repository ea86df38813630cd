import { isNscError } from "../../errors.ts";
import { pathBelow } from "../../store/paths.ts";
import type { StorePath, StorePrefix } from "../../store/store.ts";
import type { Tree } from "./tree.ts";

/** A token as it is stored, or why it can't be read. */
export type StoredEntry =
  | { readonly path: StorePath; readonly token: string }
  | { readonly path: StorePath; readonly token?: undefined; readonly problem: string };

/**
 * The tokens right below a prefix in the order of their names; what can't be read is in the way of nothing.
 *
 * @param isBelowRead - whether what is above them was just read
 */
export async function storedTokens(
  directory: Tree["directory"],
  prefix: StorePrefix,
  isBelowRead = false,
): Promise<readonly StoredEntry[]> {
  const names = directory.namesNow(prefix, isBelowRead);
  const entries: StoredEntry[] = [];
  for (const name of names ?? []) {
    const path = pathBelow(prefix, name);
    const entry = await entryAt(directory, path);
    if (entry !== undefined) entries.push(entry);
  }
  if (names === undefined) for await (const entry of patiently(directory, prefix)) entries.push(entry);
  return entries;
}

/**
 * The same, one after the other: there may be very many.
 *
 * @param onCount - is told how many there may be, if that is known before they are read
 */
export async function* eachStoredToken(
  directory: Tree["directory"],
  prefix: StorePrefix,
  onCount: (count: number) => void,
): AsyncGenerator<StoredEntry, undefined> {
  const names = directory.namesNow(prefix);
  if (names !== undefined) onCount(names.length);
  for (const name of names ?? []) {
    const path = pathBelow(prefix, name);
    const entry = await entryAt(directory, path);
    if (entry !== undefined) yield entry;
  }
  if (names === undefined) yield* patiently(directory, prefix);
}

/** A token whose name was just found; what has none is passed over, as in lists. */
function entryAt(
  directory: Tree["directory"],
  path: StorePath,
): StoredEntry | undefined | Promise<StoredEntry | undefined> {
  const token = directory.tokenNow(path);
  if (token !== undefined) return { path, token };
  return directory.hasTokenNow(path) ? storedToken(directory, path) : undefined;
}

async function* patiently(directory: Tree["directory"], prefix: StorePrefix): AsyncGenerator<StoredEntry, undefined> {
  for await (const name of directory.list(prefix)) {
    const entry = await storedToken(directory, pathBelow(prefix, name));
    if (entry !== undefined) yield entry;
  }
}

/** The token at a path; nothing where there is none. */
export async function storedToken(directory: Tree["directory"], path: StorePath): Promise<StoredEntry | undefined> {
  try {
    const token = await directory.read(path);
    return token === undefined ? undefined : { path, token };
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
    return { path, problem: error.message };
  }
}
