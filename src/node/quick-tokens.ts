import { setImmediate } from "node:timers/promises";
import { compareUtf8 } from "../encoding/go-text.ts";
import { isNscError, type NscError } from "../errors.ts";
import { assertNoneDamaged } from "../store/none-damaged.ts";
import { pathBelow } from "../store/paths.ts";
import type { StoredToken, StorePath, StorePrefix } from "../store/store.ts";
import { readTextNow } from "./file-reads.ts";
import { DESCRIPTOR, LOG, tokenPath, usersFolder } from "./layout.ts";
import { isReadableName } from "./names.ts";
import { foldersOf, isToken, type NscTree, userNamesOf, withoutLineEnds } from "./tree.ts";

/** How long the event loop is kept from other work at a time. */
const TURN_MS = 5;

/**
 * The tokens directly below a prefix, read at once where they are as they should be: in a plain file of a plain folder.
 * What is not goes the long way through the tree.
 *
 * @param takesTurns - whether others of this process work now and then
 * @throws NscError `ERR_STORE_DAMAGED` after the last, when some can't be read
 */
export async function* quickTokens(
  tree: NscTree,
  prefix: StorePrefix,
  takesTurns: boolean,
): AsyncGenerator<StoredToken, undefined> {
  const names = (await tree.candidates(prefix)).sort(compareUtf8);
  if (prefix.length > 0 && !(await tree.hasParent(pathBelow(prefix, "")))) return;
  const damaged: NscError[] = [];
  let turnEnds = performance.now() + TURN_MS;
  for (const name of names) {
    if (takesTurns && performance.now() >= turnEnds) {
      await setImmediate();
      turnEnds = performance.now() + TURN_MS;
    }
    const path = pathBelow(prefix, name);
    try {
      const token = quickToken(tree, path) ?? (await tree.read(path));
      if (token !== undefined) yield { path, token };
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      damaged.push(error);
    }
  }
  assertNoneDamaged(damaged);
}

/**
 * The same at once, for accounts and users; nothing where anything is not as it should be, which `quickTokens` can tell
 * from what is.
 */
export function tokensNow(tree: NscTree, prefix: StorePrefix): StoredToken[] | undefined {
  const [operator, account] = prefix;
  const { stores } = tree;
  if (operator === undefined || !prefix.every(isReadableName) || stores.kindNow(LOG) !== undefined) return undefined;
  const above = account === undefined ? `${operator}/${DESCRIPTOR}` : tokenPath([operator, account]);
  const folder = account === undefined ? `${operator}/accounts` : usersFolder(operator, account);
  const entries = stores.kindNow(above) === "file" ? stores.entriesNow(folder) : undefined;
  if (entries === undefined) return undefined;
  const names = account === undefined ? foldersOf(entries) : userNamesOf(entries);
  const found: StoredToken[] = [];
  for (const name of names.sort(compareUtf8)) {
    const path = pathBelow(prefix, name);
    const token = quickToken(tree, path);
    if (token === undefined) return undefined;
    found.push({ path, token });
  }
  return found;
}

/** A token below an operator, where the folder that it is in was just found to be no link. */
function quickToken(tree: NscTree, path: StorePath): string | undefined {
  if (path.length === 1) return undefined;
  try {
    const text = readTextNow(tree.stores.at(tokenPath(path as Exclude<StorePath, readonly [string]>)));
    return isToken(text) ? withoutLineEnds(text) : undefined;
  } catch {
    return undefined;
  }
}
