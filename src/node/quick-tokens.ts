import { setImmediate } from "node:timers/promises";
import { compareUtf8 } from "../encoding/go-text.ts";
import { isNscError, type NscError } from "../errors.ts";
import { assertNoneDamaged } from "../store/none-damaged.ts";
import { pathBelow } from "../store/paths.ts";
import type { StoredToken, StorePath, StorePrefix } from "../store/store.ts";
import { readTextNow } from "./file-reads.ts";
import { tokenPath } from "./layout.ts";
import { isToken, type NscTree, withoutLineEnds } from "./tree.ts";

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
