import { NscError } from "../errors.ts";
import { mapLimited } from "../store/for-each-limited.ts";
import { pathBelow } from "../store/paths.ts";
import type { Store, StoredToken, StorePath, StorePrefix } from "../store/store.ts";
import { describePath } from "./describe-path.ts";
import type { NscDirectory } from "./directory.ts";
import { allKeys, type EntityKeys, keysOfToken } from "./public-keys.ts";

/** How many tokens are read at a time. */
const BATCH = 64;

/** The tokens below a prefix, from the top down. */
export async function* storedTokens(store: Store, prefix: StorePrefix): AsyncGenerator<StoredToken, undefined> {
  let names: string[] = [];
  for await (const name of store.list(prefix)) {
    names.push(name);
    if (names.length < BATCH) continue;
    yield* tokensOf(store, prefix, names);
    names = [];
  }
  yield* tokensOf(store, prefix, names);
}

async function* tokensOf(
  store: Store,
  prefix: StorePrefix,
  names: readonly string[],
): AsyncGenerator<StoredToken, undefined> {
  const paths = names.map((name) => pathBelow(prefix, name));
  for (const [index, token] of (await mapLimited(paths, (path) => store.read(path))).entries()) {
    const path = paths[index] as StorePath;
    // Somebody may have removed it since.
    if (token === undefined) continue;
    yield { path, token };
    if (path.length < 3) yield* storedTokens(store, path as StorePrefix);
  }
}

/** An operator's token and those below it. */
export async function* operatorTokens(store: Store, operator: string): AsyncGenerator<StoredToken, undefined> {
  const token = await store.read([operator]);
  if (token === undefined) {
    throw new NscError("ERR_ENTITY_NOT_FOUND", `there is no operator ${JSON.stringify(operator)}`);
  }
  yield { path: [operator], token };
  yield* storedTokens(store, [operator]);
}

/** Every key that a token names; what can't be read is an error, since nobody knows then what it names. */
export async function namedKeys(tokens: AsyncIterable<StoredToken>): Promise<Set<string>> {
  const named = new Set<string>();
  for await (const { path, token } of tokens) for (const key of allKeys(keysAt(path, token))) named.add(key);
  return named;
}

/** @throws NscError `ERR_STORE_DAMAGED` */
export function keysAt(path: StorePath, token: string): EntityKeys {
  const keys = keysOfToken(token);
  if (keys !== undefined) return keys;
  throw new NscError("ERR_STORE_DAMAGED", `the token of ${describePath(path)} can't be read`);
}

/** The tokens that a store has below what has none, if it is one that can tell. */
export async function* strandedTokens(store: Store): AsyncGenerator<StoredToken, undefined> {
  const { stranded } = store as Partial<NscDirectory>;
  if (typeof stranded === "function") yield* stranded.call(store as NscDirectory);
}

/**
 * Refuses a store in which the token of an operator or account is missing while something is below it.
 *
 * @throws NscError `ERR_STORE_DAMAGED`, since nobody knows which keys the missing token names
 */
export async function assertNothingStranded(store: Store): Promise<void> {
  for await (const { path } of strandedTokens(store)) {
    const problem = `the token above ${describePath(path)} is missing, so that nobody knows which keys it names`;
    throw new NscError("ERR_STORE_DAMAGED", `${problem}: restore it, or remove what is below it`);
  }
}
