/**
 * What every store has in common: what a commit must be, and what must hold before it is made.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import { keyPairFromSeed } from "../nkeys/key-pair.ts";
import { isKeyKind } from "../nkeys/kinds.ts";
import { copyPath, isStorePath, isStorePrefix, parentOf, pathBelow, pathKey } from "./paths.ts";
import type { StoreCommit, StoredToken, StoreMetaChange, StorePath, StorePrefix } from "./store.ts";
import { subjectOf } from "./subject-of.ts";

/** A token to write, with its subject. */
export interface CheckedToken extends StoredToken {
  readonly subject: string;
}

/** A key to keep. */
export interface CheckedKey {
  readonly publicKey: string;
  readonly seed: string;
}

/** A commit whose parts are all there and don't contradict each other. */
export interface CheckedCommit extends Required<Omit<StoreCommit, "tokens" | "keys" | "expected">> {
  readonly tokens: readonly CheckedToken[];
  readonly keys: readonly CheckedKey[];
  readonly expected: Required<NonNullable<StoreCommit["expected"]>>;
}

/** A path for people. */
function describeStorePath(path: StorePath | StorePrefix): string {
  return path.length === 0 ? "the operators" : path.map((name) => JSON.stringify(name)).join(" / ");
}

/**
 * Refuses what no store takes, and fills in what was left out. What comes out is a copy: a commit may wait for others, and
 * its maker may change what it handed over meanwhile.
 *
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_STORE_NAME`
 */
export function checkCommit(commit: StoreCommit): CheckedCommit {
  if (typeof commit !== "object" || commit === null) throw invalid("a commit must be an object");
  const { tokens = [], keys = [], deletes = [], deletedKeys = [], meta = [], expected = {} } = commit;
  const touched = new Set<string>();
  const touch = (path: StorePath): void => {
    assertPath(path);
    const key = pathKey(path);
    if (touched.has(key)) throw invalid(`the commit changes ${describeStorePath(path)} twice`);
    touched.add(key);
  };
  const checkedTokens = tokens.map(({ path, token, withoutCreds = false }) => {
    touch(path);
    const subject = typeof token === "string" ? subjectOf(token) : undefined;
    if (subject === undefined) throw invalid(`what is to be kept at ${describeStorePath(path)} is no token`);
    return { path: copyPath(path), token, subject, ...(withoutCreds && { withoutCreds }) };
  });
  for (const { path } of deletes) touch(path);
  const checkedKeys = keys.map((seed) => {
    const pair = keyPairFromSeed(seed);
    const { publicKey } = pair;
    pair.clear();
    return { publicKey, seed: seed.replace(/[\r\n]/g, "") };
  });
  for (const publicKey of deletedKeys) {
    if (typeof publicKey !== "string" || !isKeyKind(keyPrefix(publicKey)))
      throw invalid("only the key of a public key can be removed");
    if (checkedKeys.some((key) => key.publicKey === publicKey)) {
      throw invalid(`the commit keeps and removes the key ${publicKey}`);
    }
  }
  for (const change of meta) assertMeta(change);
  for (const { path } of expected.tokens ?? []) assertPath(path);
  for (const { prefix } of expected.lists ?? []) assertPrefix(prefix);
  return {
    tokens: checkedTokens,
    keys: checkedKeys,
    deletes: deletes.map((each) => ({ ...each, path: copyPath(each.path) })),
    deletedKeys: [...deletedKeys],
    meta: meta.map((change) => ({ ...change })),
    expected: {
      tokens: (expected.tokens ?? []).map(({ path, token }) => ({ path: copyPath(path), token })),
      lists: (expected.lists ?? []).map(({ prefix, names }) => ({ prefix: copyPath(prefix), names: [...names] })),
      meta: (expected.meta ?? []).map((change) => ({ ...change })),
    },
  };
}

/** Refuses what is no path. */
export function assertPath(path: StorePath): void {
  if (!Array.isArray(path) || !isStorePath(path)) {
    throw invalid("a path has the names of an operator, an account and a user, or the first of them");
  }
  path.forEach(assertName);
}

/** Refuses what is no prefix. */
export function assertPrefix(prefix: StorePrefix): void {
  if (!Array.isArray(prefix) || !isStorePrefix(prefix)) {
    throw invalid("a prefix has the names of an operator and an account, or the first of them, or none");
  }
  prefix.forEach(assertName);
}

function assertName(name: unknown): void {
  if (typeof name !== "string") throw invalid("a name must be a string");
  if (name === "") throw new NscError("ERR_STORE_NAME", "a name must not be empty");
  // It has no UTF-8, so two such names could come out as one.
  if (/\p{Surrogate}/u.test(name)) throw new NscError("ERR_STORE_NAME", "a name must not hold half of a character");
}

function assertMeta({ operator, name, value }: StoreMetaChange): void {
  assertPath([operator]);
  if (typeof name !== "string" || name === "" || (value !== undefined && typeof value !== "string")) {
    throw invalid("what is kept beside the tokens has a name and a text");
  }
}

/** What a store knows of its state when a commit is about to be made. */
export interface StoreState {
  read(path: StorePath): Promise<string | undefined>;
  list(prefix: StorePrefix): AsyncIterable<string>;
  readMeta(operator: string): Promise<ReadonlyMap<string, string>>;
}

/**
 * Compares what a commit expects with what is, and looks whether every token has one above it afterwards. The store must
 * not change meanwhile.
 *
 * @throws NscError `ERR_STORE_CONFLICT`, `ERR_STORE_PARENT`
 */
export async function assertCommittable(commit: CheckedCommit, state: StoreState): Promise<void> {
  for (const { path, token } of commit.expected.tokens) {
    if ((await state.read(path)) !== token) throw conflict(describeStorePath(path));
  }
  for (const { prefix, names } of commit.expected.lists) {
    const found = await namesBelow(state, prefix);
    if (found.length !== names.length || found.some((name, index) => name !== names[index])) {
      throw conflict(`the list of ${describeStorePath(prefix)}`);
    }
  }
  for (const { operator, name, value } of commit.expected.meta) {
    if ((await state.readMeta(operator)).get(name) !== value)
      throw conflict(`${name} of ${describeStorePath([operator])}`);
  }
  await assertParents(commit, state);
}

async function assertParents(commit: CheckedCommit, state: StoreState): Promise<void> {
  const written = new Set(commit.tokens.map(({ path }) => pathKey(path)));
  const deleted = new Set(commit.deletes.map(({ path }) => pathKey(path)));
  const known = new Map<string, boolean>();
  for (const { path } of commit.tokens) {
    if (path.length === 1) continue;
    const parent = parentOf(path);
    const key = pathKey(parent);
    if (written.has(key) || known.get(key)) continue;
    if (deleted.has(key) || (await state.read(parent)) === undefined) {
      throw new NscError("ERR_STORE_PARENT", `there is no ${describeStorePath(parent)} for ${describeStorePath(path)}`);
    }
    known.set(key, true);
  }
  for (const { path } of commit.deletes) {
    if (path.length === 3) continue;
    for await (const name of state.list(path)) {
      const child = pathBelow(path, name);
      if (deleted.has(pathKey(child))) continue;
      throw new NscError("ERR_STORE_PARENT", `${describeStorePath(child)} would be left without the one above it`);
    }
  }
  for (const { operator, value } of commit.meta) {
    if (value === undefined || written.has(pathKey([operator]))) continue;
    if (deleted.has(pathKey([operator])) || (await state.read([operator])) === undefined) {
      throw new NscError("ERR_STORE_PARENT", `there is no operator ${describeStorePath([operator])}`);
    }
  }
}

async function namesBelow(state: StoreState, prefix: StorePrefix): Promise<string[]> {
  const names: string[] = [];
  for await (const name of state.list(prefix)) names.push(name);
  return names;
}

function conflict(what: string): NscError {
  return new NscError("ERR_STORE_CONFLICT", `${what} was changed by someone else meanwhile; read it again and retry`);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
