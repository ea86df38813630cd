import { compareUtf8 } from "../encoding/go-text.ts";
import { assertCommittable, assertPath, assertPrefix, type CheckedCommit, checkCommit } from "./commit.ts";
import { comparePaths, copyPath, pathKey, prefixOf } from "./paths.ts";
import type { Store, StoreCommit, StoreMeta, StorePath, StorePrefix } from "./store.ts";

/**
 * A store in memory, which ends with the process.
 *
 * @example
 * ```ts
 * import { memoryStore, Nsc } from "nsc.js";
 *
 * const store = memoryStore();
 * await new Nsc({ store }).addOperator("local");
 * (await new Nsc({ store }).operator("local")).name; // "local"
 * ```
 */
export function memoryStore(): Store {
  return new MemoryStore();
}

interface Entry {
  readonly path: StorePath;
  readonly token: string;
  readonly subject: string;
}

class MemoryStore implements Store {
  readonly #entries = new Map<string, Entry>();
  /** The names below each prefix that has any. */
  readonly #names = new Map<string, Set<string>>();
  readonly #bySubject = new Map<string, Set<string>>();
  readonly #keys = new Map<string, string>();
  readonly #meta = new Map<string, StoreMeta>();
  /** Commits are made one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  async read(path: StorePath): Promise<string | undefined> {
    assertPath(path);
    return this.#entries.get(pathKey(path))?.token;
  }

  async *list(prefix: StorePrefix): AsyncGenerator<string, undefined> {
    assertPrefix(prefix);
    yield* [...(this.#names.get(pathKey(prefix)) ?? [])].sort(compareUtf8);
  }

  async find(publicKey: string): Promise<readonly StorePath[]> {
    const paths = [...(this.#bySubject.get(publicKey) ?? [])].map((key) => (this.#entries.get(key) as Entry).path);
    return paths.sort(comparePaths).map(copyPath);
  }

  async getKey(publicKey: string): Promise<string | undefined> {
    return this.#keys.get(publicKey);
  }

  async *listKeys(): AsyncGenerator<string, undefined> {
    yield* [...this.#keys.keys()].sort();
  }

  async readMeta(operator: string): Promise<StoreMeta> {
    assertPath([operator]);
    return new Map(this.#meta.get(operator));
  }

  async commit(commit: StoreCommit): Promise<void> {
    const checked = checkCommit(commit);
    const made = this.#last.then(async () => {
      await assertCommittable(checked, this);
      this.#make(checked);
    });
    this.#last = made.catch(() => undefined);
    await made;
  }

  /** All that can fail was looked at before. */
  #make({ tokens, keys, deletes, deletedKeys, meta }: CheckedCommit): void {
    for (const { path } of deletes) this.#delete(path);
    for (const { path, token, subject } of tokens) {
      const key = pathKey(path);
      this.#forgetSubject(key);
      this.#entries.set(key, { path: copyPath(path), token, subject });
      add(this.#names, pathKey(prefixOf(path)), path.at(-1) as string);
      add(this.#bySubject, subject, key);
    }
    for (const { publicKey, seed } of keys) this.#keys.set(publicKey, seed);
    for (const publicKey of deletedKeys) this.#keys.delete(publicKey);
    for (const { operator, name, value } of meta) {
      const changed = new Map(this.#meta.get(operator));
      if (value === undefined) changed.delete(name);
      else changed.set(name, value);
      this.#meta.set(operator, changed);
    }
  }

  #delete(path: StorePath): void {
    const key = pathKey(path);
    this.#forgetSubject(key);
    this.#entries.delete(key);
    remove(this.#names, pathKey(prefixOf(path)), path.at(-1) as string);
    if (path.length === 1) this.#meta.delete(path[0]);
  }

  #forgetSubject(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) remove(this.#bySubject, entry.subject, key);
  }
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

function remove(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set?.delete(value) && set.size === 0) map.delete(key);
}
