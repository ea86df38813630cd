/** Stores around another one, keys that count, and what a store holds, read without `Nsc`. */

import {
  type AccountClaims,
  decode,
  type KeyPair,
  memoryStore,
  NscError,
  type OperatorClaims,
  type Signer,
  type Store,
  type StoreCommit,
  type StorePath,
  type UserClaims,
} from "nsc.js";

type Method = keyof Store;

/** Runs something before and after calls of a store. */
export interface Hooks {
  /** `argument` is what the method was called with. */
  before?(method: Method, argument: unknown): Promise<void> | void;
  after?(method: Method, argument: unknown): Promise<void> | void;
}

export function hookedStore(inner: Store, hooks: Hooks): Store {
  const around = async <T>(method: Method, argument: unknown, call: () => Promise<T>): Promise<T> => {
    await hooks.before?.(method, argument);
    const result = await call();
    await hooks.after?.(method, argument);
    return result;
  };
  return {
    read: (path) => around("read", path, () => inner.read(path)),
    async *list(prefix) {
      yield* await around("list", prefix, async () => {
        const names: string[] = [];
        for await (const name of inner.list(prefix)) names.push(name);
        return names;
      });
    },
    find: (publicKey) => around("find", publicKey, () => inner.find(publicKey)),
    getKey: (publicKey) => around("getKey", publicKey, () => inner.getKey(publicKey)),
    listKeys: () => inner.listKeys(),
    readMeta: (operator) => around("readMeta", operator, () => inner.readMeta(operator)),
    commit: (commit) => around("commit", commit, () => inner.commit(commit)),
  };
}

/** A store that remembers the commits that it made or refused, and refuses when it is told to. */
export interface RecordingStore extends Store {
  readonly commits: StoreCommit[];
  refusal: NscError | undefined;
}

export function recordingStore(inner: Store = memoryStore()): RecordingStore {
  const commits: StoreCommit[] = [];
  const recording: RecordingStore = {
    ...hookedStore(inner, {
      before(method, commit) {
        if (method !== "commit") return;
        commits.push(commit as StoreCommit);
        if (recording.refusal !== undefined) throw recording.refusal;
      },
    }),
    commits,
    refusal: undefined,
  };
  return recording;
}

export const DISK_FULL: NscError = new NscError("ERR_STORE_IO", "no space left");

/** A key that is held elsewhere and counts what it signs. */
export interface CountingSigner extends Signer {
  count: number;
  failure: Error | undefined;
}

export function countingSigner(pair: KeyPair): CountingSigner {
  const signer: CountingSigner = {
    publicKey: pair.publicKey,
    count: 0,
    failure: undefined,
    async sign(bytes) {
      await Promise.resolve();
      signer.count += 1;
      if (signer.failure !== undefined) throw signer.failure;
      return pair.sign(bytes);
    },
  };
  return signer;
}

export interface Entry {
  readonly path: StorePath;
  readonly token: string;
}

/** All that a store holds, from the operators down. */
export async function entriesOf(store: Store): Promise<Entry[]> {
  const found: Entry[] = [];
  const walk = async (prefix: readonly string[]): Promise<void> => {
    const names: string[] = [];
    for await (const name of store.list(prefix as unknown as readonly [])) names.push(name);
    for (const name of names) {
      const path = [...prefix, name] as unknown as StorePath;
      const token = await store.read(path);
      if (token === undefined) throw new Error(`${path.join("/")} is listed and has no token`);
      found.push({ path, token });
      if (path.length < 3) await walk(path);
    }
  };
  await walk([]);
  return found;
}

/** What a store holds, as one text. */
export async function imageOf(store: Store): Promise<string> {
  const entries = await entriesOf(store);
  const meta = await Promise.all(
    entries.filter(({ path }) => path.length === 1).map(async ({ path: [name] }) => [...(await store.readMeta(name))]),
  );
  return JSON.stringify([entries, meta]);
}

/** The names of what a store holds: `O`, `O/A`, `O/A/u`. */
export async function pathsOf(store: Store): Promise<string[]> {
  return (await entriesOf(store)).map(({ path }) => path.join("/"));
}

export async function claimsAt(store: Store, ...path: [string]): Promise<OperatorClaims>;
export async function claimsAt(store: Store, ...path: [string, string]): Promise<AccountClaims>;
export async function claimsAt(store: Store, ...path: [string, string, string]): Promise<UserClaims>;
export async function claimsAt(store: Store, ...path: string[]): Promise<unknown> {
  const token = await store.read(path as unknown as StorePath);
  if (token === undefined) throw new Error(`there is nothing at ${path.join("/")}`);
  return decode(token);
}

/** All of an iteration, in its order. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of iterable) all.push(item);
  return all;
}

export async function namesOf(iterable: AsyncIterable<{ readonly name: string }>): Promise<string[]> {
  return (await collect(iterable)).map(({ name }) => name);
}
