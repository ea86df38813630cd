import { compareUtf8 } from "../encoding/go-text.ts";
import { NscError } from "../errors.ts";
import type { StoreState } from "../store/commit.ts";
import { comparePaths } from "../store/paths.ts";
import type { StoreMeta, StorePath, StorePrefix } from "../store/store.ts";
import type { KvBucket, KvEntry } from "./kv-bucket.ts";
import { readCatalog } from "./kv-catalog.ts";
import type { Deadline } from "./kv-deadline.ts";
import { changedBetween, type Head, type KeyChange } from "./kv-head.ts";
import { isKeepable, KEY_CATALOG, metaCatalog, namesCatalog, placesCatalog, seedKey, tokenKey } from "./kv-keys.ts";

/** So much is remembered of what was read, in characters. */
const MEMORY_SIZE = 16 * 1024 * 1024;

/** What was read since a commit, and not changed by one that came later. */
export class KvMemory {
  #head: Head | undefined;
  #entries = new Map<string, KvEntry>();
  #size = 0;

  /** What is known of keys when this is the last commit. */
  at(head: Head): ReadonlyMap<string, KvEntry> {
    const before = this.#head;
    if (before !== undefined && head.count < before.count) return new Map();
    const changed = before && changedBetween(before, head);
    if (changed === undefined || this.#size > MEMORY_SIZE) {
      this.#entries = new Map();
      this.#size = 0;
    } else for (const key of changed) this.#entries.delete(key);
    this.#head = head;
    return this.#entries;
  }

  /** Takes over what was read when this was the last commit. */
  add(head: Head, key: string, entry: KvEntry): void {
    if (head.count !== this.#head?.count) return;
    this.#entries.set(key, entry);
    this.#size += key.length + (entry.text?.length ?? 0) + 64;
  }
}

/**
 * The state that a commit left, as far as it is looked at. Of a commit that was decided meanwhile a part may be seen; one
 * key is as one commit left it, and whether several are, {@link KvView.isOf} tells afterwards.
 */
export class KvView implements StoreState {
  readonly head: Head;
  readonly #bucket: KvBucket;
  readonly #deadline: Deadline;
  readonly #memory: KvMemory;
  readonly #known: ReadonlyMap<string, KvEntry>;
  readonly #pending: ReadonlyMap<string, KeyChange>;
  readonly #reads = new Map<string, Promise<KvEntry>>();

  constructor(bucket: KvBucket, head: Head, changes: readonly KeyChange[], memory: KvMemory, deadline: Deadline) {
    this.head = head;
    this.#bucket = bucket;
    this.#deadline = deadline;
    this.#memory = memory;
    this.#known = memory.at(head);
    this.#pending = new Map(changes.map((change) => [change.key, change]));
  }

  /** Whether everything that was read is of one commit, if this is the last one now. */
  isOf(now: Head): boolean {
    const changed = changedBetween(this.head, now);
    return changed !== undefined && [...this.#reads.keys()].every((key) => !changed.has(key));
  }

  /** Whether more than one key was read, so that they may be of different commits. */
  get isMixed(): boolean {
    return this.#reads.size > 1;
  }

  /** What a key holds. */
  entry(key: string): Promise<KvEntry> {
    const begun = this.#reads.get(key);
    if (begun !== undefined) return begun;
    const reading = this.#read(key);
    this.#reads.set(key, reading);
    return reading;
  }

  /** That a key holds nothing, which was found out elsewhere; what it was at before is looked up when it matters. */
  setAbsent(key: string): void {
    if (!this.#reads.has(key)) this.#reads.set(key, Promise.resolve({ revision: 0, text: undefined, time: "" }));
  }

  async #read(key: string): Promise<KvEntry> {
    const pending = this.#pending.get(key);
    if (pending !== undefined) return { revision: 0, text: pending.text, time: "" };
    // It is of this commit, or else of one that is not known of yet, and then it was changed by that.
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const entry = await this.#bucket.get(key, this.#deadline);
    this.#memory.add(this.head, key, entry);
    return entry;
  }

  readonly text = async (key: string): Promise<string | undefined> => (await this.entry(key)).text;

  async read(path: StorePath): Promise<string | undefined> {
    return isKeepable(path) ? this.text(tokenKey(path)) : undefined;
  }

  async names(prefix: StorePrefix): Promise<string[]> {
    if (!isKeepable(prefix)) return [];
    return [...(await readCatalog(namesCatalog(prefix), this.text)).keys()].sort(compareUtf8);
  }

  async *list(prefix: StorePrefix): AsyncGenerator<string, undefined> {
    yield* await this.names(prefix);
  }

  async find(publicKey: string): Promise<StorePath[]> {
    if (publicKey === "" || !isKeepable([publicKey])) return [];
    const places = await readCatalog(placesCatalog(publicKey), this.text);
    return [...places.keys()].map(pathOf).sort(comparePaths);
  }

  /** The sealed seed of a public key. */
  async sealedSeed(publicKey: string): Promise<string | undefined> {
    return publicKey !== "" && isKeepable([publicKey]) ? this.text(seedKey(publicKey)) : undefined;
  }

  async publicKeys(): Promise<string[]> {
    return [...(await readCatalog(KEY_CATALOG, this.text)).keys()].sort();
  }

  async readMeta(operator: string): Promise<StoreMeta> {
    return isKeepable([operator]) ? readCatalog(metaCatalog(operator), this.text) : new Map();
  }
}

/** The name of a place in the catalogue of its subject. */
export function placeName(path: StorePath): string {
  return JSON.stringify(path);
}

function pathOf(name: string): StorePath {
  try {
    const path: unknown = JSON.parse(name);
    const isPath = Array.isArray(path) && path.length > 0 && path.length < 4;
    if (isPath && path.every((part) => typeof part === "string")) return path as unknown as StorePath;
  } catch {
    // As any other text that is no path.
  }
  throw new NscError("ERR_STORE_DAMAGED", "the bucket can't be read: a place in a catalogue is none");
}
