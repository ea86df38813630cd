import { NscError } from "../errors.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import { isKeyKind } from "../nkeys/kinds.ts";
import { mapLimited } from "../store/for-each-limited.ts";
import type { Store, StoreExpectations, StorePath } from "../store/store.ts";
import { assertBoolean, assertOptions, assertStore, invalid } from "./assert-arguments.ts";
import { describePath } from "./describe-path.ts";
import { allKeys } from "./public-keys.ts";
import { assertNothingStranded, keysAt, namedKeys, storedTokens } from "./stored-tokens.ts";

/** Options of {@link removeKeys}. */
export interface RemoveKeysOptions {
  /** Whether keys go that stored tokens name; false by default. */
  readonly force?: boolean;
}

/**
 * Removes seeds from a store, all or none. A seed whose key a stored token names is what signs for that entity, or what
 * makes its creds: it goes only by force. What there is no seed of is passed over.
 *
 * @param store - any store
 * @param publicKeys - the keys, for example those of `unreferencedKeys`
 * @param options - whether to insist
 * @returns the keys whose seeds were removed
 * @throws NscError `ERR_KEY_IN_USE` for a key that a token names; `ERR_STORE_DAMAGED` when a token can't be read,
 * or is missing above others, since nobody knows then which keys it names; `ERR_STORE_CONFLICT` when the tokens were changed meanwhile;
 * `ERR_ARGUMENT_INVALID`, and the codes of `commit`
 *
 * @example
 * ```ts
 * import { createKeyPair, isNscError, memoryStore, Nsc } from "nsc.js";
 * import { importKeys, removeKeys } from "nsc.js/node";
 *
 * const store = memoryStore();
 * const operator = await new Nsc({ store }).addOperator("local");
 * const old = createKeyPair("account");
 * await importKeys(store, { seeds: [new TextDecoder().decode(old.getSeed())] });
 *
 * (await removeKeys(store, [old.publicKey])).length; // 1
 * const refused = await removeKeys(store, [operator.publicKey]).catch((error: unknown) => error);
 * isNscError(refused, "ERR_KEY_IN_USE"); // true
 * ```
 */
export async function removeKeys(
  store: Store,
  publicKeys: readonly string[],
  options: RemoveKeysOptions = {},
): Promise<readonly string[]> {
  assertStore(store);
  assertOptions(options, ["force"]);
  const { force = false } = options;
  assertBoolean(force, "force");
  if (!Array.isArray(publicKeys) || !publicKeys.every((key) => typeof key === "string" && isKeyKind(keyPrefix(key)))) {
    throw invalid("the keys must be a list of public keys");
  }
  const wanted = [...new Set(publicKeys)];
  const expected = force ? {} : await assertUnused(store, wanted);
  const found = await mapLimited(wanted, (key) => hasKey(store, key));
  const removed = wanted.filter((_, index) => found[index]);
  if (removed.length > 0) await store.commit({ deletedKeys: removed, expected });
  return removed;
}

async function hasKey(store: Store, publicKey: string): Promise<boolean> {
  return (await store.getKey(publicKey)) !== undefined;
}

/** Identities the store finds by itself; signing keys are in the tokens of operators and accounts alone. */
async function assertUnused(store: Store, publicKeys: readonly string[]): Promise<StoreExpectations> {
  await assertNothingStranded(store);
  const wanted = new Set(publicKeys);
  const tokens: { readonly path: StorePath; readonly token: string }[] = [];
  const look = async (path: StorePath): Promise<void> => {
    const token = await store.read(path);
    if (token === undefined) return;
    tokens.push({ path, token });
    const inUse = allKeys(keysAt(path, token)).find((key) => wanted.has(key));
    if (inUse !== undefined) throw isInUse(inUse, path);
  };
  const operators = await listed(store, []);
  const lists: { prefix: readonly [] | readonly [string]; names: readonly string[] }[] = [
    { prefix: [], names: operators },
  ];
  for (const operator of operators) {
    await look([operator]);
    const accounts = await listed(store, [operator]);
    lists.push({ prefix: [operator], names: accounts });
    for (const account of accounts) await look([operator, account]);
  }
  for (const key of publicKeys) {
    const [path] = await store.find(key);
    if (path !== undefined) throw isInUse(key, path);
  }
  // Of users nothing but the subject counts, but one that is damaged is not found by it.
  if (publicKeys.some((key) => keyPrefix(key) === "user")) {
    for (const { path } of tokens) if (path.length === 2) await namedKeys(storedTokens(store, path));
  }
  return { tokens, lists };
}

async function listed(store: Store, prefix: readonly [] | readonly [string]): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const name of store.list(prefix)) names.push(name);
  return names;
}

function isInUse(publicKey: string, path: StorePath): NscError {
  return new NscError(
    "ERR_KEY_IN_USE",
    `${publicKey} is a key of ${describePath(path)}; remove it by force if its seed is elsewhere`,
  );
}

/**
 * The keys of a store that no stored token names, neither as its subject nor as a signing key. They may be of entities that
 * were deleted, or that are stored elsewhere.
 *
 * @param store - any store
 * @returns public keys, sorted
 * @throws NscError `ERR_STORE_DAMAGED` when a token can't be read, or is missing above others, since nobody knows then which keys it
 * names (`inspect` of a directory goes on all the same), and the codes of the store
 *
 * @example
 * ```ts
 * import { createKeyPair, memoryStore, Nsc } from "nsc.js";
 * import { importKeys, unreferencedKeys } from "nsc.js/node";
 *
 * const store = memoryStore();
 * await new Nsc({ store }).addOperator("local");
 * await importKeys(store, { seeds: [new TextDecoder().decode(createKeyPair("account").getSeed())] });
 * for await (const publicKey of unreferencedKeys(store)) {
 *   publicKey.slice(0, 1); // "A"
 * }
 * ```
 */
export async function* unreferencedKeys(store: Store): AsyncGenerator<string, undefined> {
  assertStore(store);
  await assertNothingStranded(store);
  const named = await namedKeys(storedTokens(store, []));
  for await (const publicKey of store.listKeys()) if (!named.has(publicKey)) yield publicKey;
}
