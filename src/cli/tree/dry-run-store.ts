import { compareUtf8 } from "../../encoding/go-text.ts";
import { assertCommittable, assertPath, assertPrefix, checkCommit } from "../../store/commit.ts";
import { comparePaths, copyPath, pathKey, prefixOf } from "../../store/paths.ts";
import type { Store, StoreCommit, StoreMeta, StorePath, StorePrefix } from "../../store/store.ts";

interface Written {
  readonly path: StorePath;
  /** Nothing where it was deleted. */
  readonly token: string | undefined;
  readonly subject: string | undefined;
}

/** A store that keeps what is committed to itself, over another one that it only reads. */
export function dryRunStore(store: Store): Store {
  return new DryRunStore(store);
}

class DryRunStore implements Store {
  readonly #below: Store;
  readonly #written = new Map<string, Written>();
  /** Seeds by public key; nothing where one was removed. */
  readonly #keys = new Map<string, string | undefined>();
  readonly #meta = new Map<string, Map<string, string | undefined>>();

  constructor(below: Store) {
    this.#below = below;
  }

  async read(path: StorePath): Promise<string | undefined> {
    assertPath(path);
    const written = this.#written.get(pathKey(path));
    return written === undefined ? await this.#below.read(path) : written.token;
  }

  async *list(prefix: StorePrefix): AsyncGenerator<string, undefined> {
    assertPrefix(prefix);
    const names = new Set<string>();
    for await (const name of this.#below.list(prefix)) names.add(name);
    for (const { path, token } of this.#written.values()) {
      if (pathKey(prefixOf(path)) !== pathKey(prefix)) continue;
      const name = path.at(-1) as string;
      if (token === undefined) names.delete(name);
      else names.add(name);
    }
    yield* [...names].sort(compareUtf8);
  }

  async find(publicKey: string): Promise<readonly StorePath[]> {
    const below = (await this.#below.find(publicKey)).filter((path) => !this.#written.has(pathKey(path)));
    const here = [...this.#written.values()].filter(({ subject }) => subject === publicKey).map(({ path }) => path);
    return [...below, ...here].sort(comparePaths).map(copyPath);
  }

  async getKey(publicKey: string): Promise<string | undefined> {
    return this.#keys.has(publicKey) ? this.#keys.get(publicKey) : await this.#below.getKey(publicKey);
  }

  async *listKeys(): AsyncGenerator<string, undefined> {
    const keys = new Set<string>();
    for await (const publicKey of this.#below.listKeys()) keys.add(publicKey);
    for (const [publicKey, seed] of this.#keys) {
      if (seed === undefined) keys.delete(publicKey);
      else keys.add(publicKey);
    }
    yield* [...keys].sort();
  }

  async readMeta(operator: string): Promise<StoreMeta> {
    const deleted =
      this.#written.get(pathKey([operator]))?.token === undefined && this.#written.has(pathKey([operator]));
    const meta = new Map<string, string>(deleted ? [] : await this.#below.readMeta(operator));
    for (const [name, value] of this.#meta.get(operator) ?? []) {
      if (value === undefined) meta.delete(name);
      else meta.set(name, value);
    }
    return meta;
  }

  async commit(commit: StoreCommit): Promise<void> {
    const checked = checkCommit(commit);
    await assertCommittable(checked, this);
    for (const { path } of checked.deletes) {
      this.#written.set(pathKey(path), { path: copyPath(path), token: undefined, subject: undefined });
    }
    for (const { path, token, subject } of checked.tokens) {
      this.#written.set(pathKey(path), { path: copyPath(path), token, subject });
    }
    for (const { publicKey, seed } of checked.keys) this.#keys.set(publicKey, seed);
    for (const publicKey of checked.deletedKeys) this.#keys.set(publicKey, undefined);
    for (const { operator, name, value } of checked.meta) {
      const changed = this.#meta.get(operator) ?? new Map<string, string | undefined>();
      this.#meta.set(operator, changed.set(name, value));
    }
  }
}
