import {
  type AccountClaims,
  decode,
  isNscError,
  keyPairFromSeed,
  memoryStore,
  Nsc,
  type NscError,
  type NscErrorCode,
  type NscOptions,
  type OperatorClaims,
  type Store,
  type StoreCommit,
  type StorePath,
  type StorePrefix,
  type UserClaims,
} from "nsc.js";
import { expect } from "vitest";
import { payloadOf } from "../jwt/tokens.ts";

/** 2026-01-01T00:00:00Z, where the clock of these tests stands. */
export const NOW = 1_767_225_600;

type ClaimsOf<Path extends StorePath> = Path extends readonly [string, string, string]
  ? UserClaims
  : Path extends readonly [string, string]
    ? AccountClaims
    : OperatorClaims;

/** A store in memory that counts what is asked of it, and can show all that it has. */
export class SpyStore implements Store {
  /** The calls so far, by method. */
  readonly calls: string[] = [];
  readonly #store = memoryStore();
  readonly #publicKeys = new Set<string>();

  read(path: StorePath): Promise<string | undefined> {
    this.calls.push("read");
    return this.#store.read(path);
  }

  list(prefix: StorePrefix): AsyncIterable<string> {
    this.calls.push("list");
    return this.#store.list(prefix);
  }

  find(publicKey: string): Promise<readonly StorePath[]> {
    this.calls.push("find");
    return this.#store.find(publicKey);
  }

  getKey(publicKey: string): Promise<string | undefined> {
    this.calls.push("getKey");
    return this.#store.getKey(publicKey);
  }

  listKeys(): AsyncIterable<string> {
    this.calls.push("listKeys");
    return this.#store.listKeys();
  }

  readMeta(operator: string): Promise<ReadonlyMap<string, string>> {
    this.calls.push("readMeta");
    return this.#store.readMeta(operator);
  }

  async commit(commit: StoreCommit): Promise<void> {
    this.calls.push("commit");
    for (const seed of commit.keys ?? []) this.#publicKeys.add(keyPairFromSeed(seed).publicKey);
    await this.#store.commit(commit);
  }

  /** All tokens, all seeds and all that is kept beside them. */
  async dump(): Promise<Record<string, unknown>> {
    const store = this.#store;
    const all: Record<string, unknown> = {};
    for await (const operator of store.list([])) {
      all[JSON.stringify([operator])] = await store.read([operator]);
      all[`meta of ${operator}`] = Object.fromEntries(await store.readMeta(operator));
      for await (const account of store.list([operator])) {
        all[JSON.stringify([operator, account])] = await store.read([operator, account]);
        for await (const user of store.list([operator, account])) {
          all[JSON.stringify([operator, account, user])] = await store.read([operator, account, user]);
        }
      }
    }
    for (const key of this.#publicKeys) {
      const seed = await store.getKey(key);
      if (seed !== undefined) all[key] = seed;
    }
    return all;
  }

  /** The paths of all tokens, as JSON. */
  async paths(): Promise<string[]> {
    return Object.keys(await this.dump()).filter((key) => key.startsWith("["));
  }
}

export interface World {
  readonly store: SpyStore;
  readonly nsc: Nsc;
  /** The time in seconds; stands still unless a test moves it. */
  readonly clock: { now: number };
}

/** An `Nsc` over a fresh store, with a clock that stands still. */
export function world(options: Omit<NscOptions, "store" | "clock"> = {}): World {
  const store = new SpyStore();
  const clock = { now: NOW };
  return { store, clock, nsc: new Nsc({ ...options, store, clock: () => new Date(clock.now * 1000) }) };
}

/** An operator `local` with an account `APP`, a signing key each. */
export async function tree(options: Omit<NscOptions, "store" | "clock"> = {}) {
  const made = world(options);
  const operator = await made.nsc.addOperator("local", { signingKey: true });
  const account = await operator.addAccount("APP", { signingKey: true });
  return { ...made, operator, account };
}

/** The token that the store has. */
export async function tokenAt(store: Store, path: StorePath): Promise<string> {
  const token = await store.read(path);
  if (token === undefined) throw new Error(`nothing at ${JSON.stringify(path)}`);
  return token;
}

/** Cuts the signature of a stored token off, so that it can't be read any more. */
export async function damage(store: Store, path: StorePath): Promise<void> {
  await store.commit({ tokens: [{ path, token: (await tokenAt(store, path)).slice(0, -20) }] });
}

/** The claims of a token as they stand in its text, once its signature was verified. */
export function wireOf<Claims>(token: string): Claims {
  decode(token);
  return JSON.parse(payloadOf(token)) as Claims;
}

/** The claims of the token that the store has, as they stand in its text. */
export async function wire<const Path extends StorePath>(store: Store, path: Path): Promise<ClaimsOf<Path>> {
  return wireOf(await tokenAt(store, path));
}

/** Runs something that must be refused with this code and these words, and leave everything as it was. */
export async function refused(
  store: SpyStore,
  run: () => unknown,
  code: NscErrorCode,
  ...words: readonly (string | RegExp)[]
): Promise<NscError> {
  const before = await store.dump();
  let error: unknown = "nothing was thrown";
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  }
  if (!isNscError(error, code)) expect(error).toMatchObject({ name: "NscError", code });
  const { message } = error as NscError;
  for (const word of words) {
    if (typeof word === "string") expect(message).toContain(word);
    else expect(message).toMatch(word);
  }
  expect(await store.dump()).toEqual(before);
  return error as NscError;
}

/** Runs something that must write nothing. */
export async function writesNothing(store: SpyStore, run: () => Promise<unknown>): Promise<void> {
  const before = store.calls.filter((call) => call === "commit").length;
  await run();
  expect(store.calls.filter((call) => call === "commit").length).toBe(before);
}

/** The seed that the store has of a key, as a key pair's public key: proves that it is the right one. */
export async function keptKey(store: Store, publicKey: string): Promise<string | undefined> {
  const seed = await store.getKey(publicKey);
  return seed === undefined ? undefined : keyPairFromSeed(seed).publicKey;
}

/** The one element of a list. */
export function only<T>(list: readonly T[] | undefined): T {
  expect(list).toHaveLength(1);
  return (list as readonly T[])[0] as T;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
