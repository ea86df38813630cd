import { compareUtf8 } from "../encoding/go-text.ts";
import { isNscError, type NscError } from "../errors.ts";
import { assertNoneDamaged } from "../store/none-damaged.ts";
import { pathBelow } from "../store/paths.ts";
import type { StoredToken, StorePath, StorePrefix } from "../store/store.ts";
import { subjectOf } from "../store/subject-of.ts";
import { DESCRIPTOR, LOG, tokenPath, usersFolder } from "./layout.ts";
import { isReadableName } from "./names.ts";
import { foldersOf, type NscTree, userNamesOf } from "./tree.ts";
import { Turns } from "./turns.ts";

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
  const turns = new Turns(TURN_MS);
  for (const name of names) {
    if (takesTurns && turns.isOver) await turns.next();
    const path = pathBelow(prefix, name);
    try {
      const quick = tokenNow(tree, path);
      const token = quick !== undefined && subjectOf(quick) !== undefined ? quick : await tree.read(path);
      if (token !== undefined) yield { path, token };
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      damaged.push(error);
    }
  }
  assertNoneDamaged(damaged);
}

/**
 * The names of accounts or users that may have tokens, in their order and seen at once; nothing where anything is not as it
 * should be, which `quickTokens` can tell from what is.
 *
 * @param isBelowRead - whether what is above them was just read, and need not be looked at again
 */
export function namesNow(tree: NscTree, prefix: StorePrefix, isBelowRead: boolean): string[] | undefined {
  const [operator, account] = prefix;
  const { stores } = tree;
  if (operator === undefined || !prefix.every(isReadableName)) return undefined;
  const folder = account === undefined ? `${operator}/accounts` : usersFolder(operator, account);
  if (!isBelowRead) {
    const above = account === undefined ? `${operator}/${DESCRIPTOR}` : tokenPath([operator, account]);
    if (stores.kindNow(LOG) !== undefined || stores.kindNow(above) !== "file") return undefined;
  }
  const isReached = isBelowRead && account !== undefined;
  const entries = isReached ? stores.entriesBelowNow(folder) : stores.entriesNow(folder);
  if (entries === undefined) return undefined;
  return (account === undefined ? foldersOf(entries) : userNamesOf(entries)).sort(compareUtf8);
}

/** What begins with an object. Nothing else of it is looked at: whoever reads the token does. */
const TOKEN = /^[\w-]+\.eyJ[\w-]+\.[\w-]{86}$/;

/**
 * A token whose name was just found by `namesNow`, and with it that the folder it is in is no link; nothing where it is not
 * as it should be.
 */
export function tokenNow(tree: NscTree, path: StorePath): string | undefined {
  if (path.length === 1) return undefined;
  const text = tree.stores.publicTextNow(tokenPath(path as Exclude<StorePath, readonly [string]>));
  return text !== undefined && TOKEN.test(text) ? text : undefined;
}

/** Whether a name that was just found has a token at all: a plain file. */
export function hasTokenNow(tree: NscTree, path: StorePath): boolean {
  return path.length > 1 && tree.stores.kindNow(tokenPath(path as Exclude<StorePath, readonly [string]>)) === "file";
}
