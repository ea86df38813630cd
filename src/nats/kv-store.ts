import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { assertKnownOptions } from "../authority/options.ts";
import { parseWaitTime } from "../encoding/wait-time.ts";
import { isNscError, NscError } from "../errors.ts";
import type { EncryptionKey } from "../nkeys/encryption-key.ts";
import { assertCommittable, assertPath, assertPrefix, type CheckedCommit, checkCommit } from "../store/commit.ts";
import type {
  Store,
  StoreChange,
  StoreCommit,
  StoreMeta,
  StorePath,
  StorePrefix,
  StoreWatchOptions,
} from "../store/store.ts";
import { KvBucket } from "./kv-bucket.ts";
import { Deadline } from "./kv-deadline.ts";
import { type Head, type KeyChange, lastId } from "./kv-head.ts";
import { type FormerToken, historyOf } from "./kv-history.ts";
import { seedKey } from "./kv-keys.ts";
import { KvLog } from "./kv-log.ts";
import { changesOf, planChanges, prefetch } from "./kv-plan.ts";
import { Sealer } from "./kv-seal.ts";
import { KvMemory, KvView } from "./kv-view.ts";
import { watchLog } from "./kv-watch.ts";

/** Options of {@link kvStore}. */
export interface KvStoreOptions {
  /** Name of the bucket: letters, digits, `-` and `_`. */
  readonly bucket: string;
  /** Seals the seeds before they leave the process: a curve key (`createKeyPair("curve")`), or its seed. */
  readonly encryptionKey: EncryptionKey;
  /** Curve keys for which seeds may be sealed still; none by default. See {@link KvStore.reseal}. */
  readonly olderEncryptionKeys?: readonly EncryptionKey[];
  /** Whether the bucket is made if it is not there; false by default, since a slip in its name would make an empty store. */
  readonly create?: boolean;
  /** How many servers keep a bucket that is made, from 1 to 5; 1 by default. Say 3 in a cluster. */
  readonly replicas?: number;
  /** How many tokens of each entity a bucket that is made keeps, the present one among them, from 1 to 64; 16 by default. */
  readonly history?: number;
  /** How long anything is tried while servers are away, such as "5s" or "1m"; "15s" by default. */
  readonly timeout?: string;
}

/** A store in a bucket of JetStream. */
export interface KvStore extends Store {
  /** Name of the bucket. */
  readonly bucket: string;
  /**
   * The tokens that were at a path, the oldest first, as far as the bucket keeps them; the last one is the present one.
   *
   * @throws NscError `ERR_STORE_IO`, `ERR_STORE_DAMAGED`, `ERR_STORE_NAME`, `ERR_ARGUMENT_INVALID`
   */
  history(path: StorePath): Promise<readonly FormerToken[]>;
  /**
   * Seals all seeds for `encryptionKey` that are sealed for one of `olderEncryptionKeys`. From then on the bucket refuses
   * who has older keys only.
   *
   * @returns how many were sealed anew
   * @throws NscError `ERR_NKEY_SEALED` when one is sealed for a key that is not at hand; `ERR_STORE_IO`, `ERR_STORE_DAMAGED`
   */
  reseal(): Promise<number>;
  watch(options?: StoreWatchOptions): AsyncIterable<StoreChange>;
}

const OPTIONS = "bucket encryptionKey olderEncryptionKeys create replicas history timeout".split(" ");
/** So many of our own commits are told from those of others. */
const OWN_COMMITS = 1024;

/**
 * A store in a JetStream bucket, for many writers on many machines. Commits are atomic for any number of entities and for
 * whoever reads, and no two of them undo each other. Seeds are sealed before they leave the process. docs/kv-store.md says how.
 *
 * @param connection - of a user of the account that has the bucket; it stays open, and the store goes with it
 * @param options - bucket and encryption key
 * @throws NscError `ERR_ARGUMENT_INVALID` for options that are not as documented, and a bucket that can't be a store;
 * `ERR_NKEY_SEALED` when the seeds of the bucket are sealed for another key; `ERR_STORE_IO` when there is no bucket,
 * no JetStream or no answer; `ERR_STORE_DAMAGED`; those of `keyPairFromSeed` for the keys
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { createKeyPair, Nsc } from "nsc.js";
 * import { kvStore } from "nsc.js/nats";
 * import { startNatsServer } from "nsc.js/testing";
 *
 * const server = await startNatsServer({ jetstream: true });
 * const connection = await connect({ servers: server.url });
 * const encryptionKey = createKeyPair("curve"); // keep its seed where secrets are kept
 * const store = await kvStore(connection, { bucket: "nsc", encryptionKey, create: true });
 *
 * await new Nsc({ store }).addOperator("local");
 * (await new Nsc({ store }).operator("local")).name; // "local"
 * await connection.close();
 * await server.stop();
 * ```
 */
export async function kvStore(connection: NatsConnection, options: KvStoreOptions): Promise<KvStore> {
  if (typeof (connection as Partial<NatsConnection> | undefined | null)?.request !== "function") {
    throw invalid("a connection of a NATS client is needed");
  }
  assertKnownOptions(options, OPTIONS);
  const { bucket: name, encryptionKey, olderEncryptionKeys = [], create = false, replicas = 1, history = 16 } = options;
  if (typeof name !== "string" || !/^[\w-]{1,128}$/.test(name)) {
    throw invalid("bucket must be a name of letters, digits, - and _");
  }
  if (typeof create !== "boolean") throw invalid("create must be true or false");
  assertNumber(replicas, "replicas", 5);
  assertNumber(history, "history", 64);
  const timeout = parseWaitTime(options.timeout ?? "15s", "timeout");
  const sealer = new Sealer(encryptionKey, olderEncryptionKeys);
  const bucket = new KvBucket(connection, await loadHeaders(), name);
  const deadline = new Deadline(`open the bucket ${JSON.stringify(name)}`, timeout);
  await bucket.open(create ? { replicas, history } : undefined, deadline);
  const log = new KvLog(bucket);
  sealer.assertOpens((await log.head(deadline)).sealedFor);
  return new JetStreamStore(bucket, log, sealer, timeout);
}

/** The client is loaded when it is needed: who has a connection has it. */
async function loadHeaders(): Promise<() => MsgHdrs> {
  try {
    const { headers } = await import("@nats-io/nats-core");
    return () => headers();
  } catch (cause) {
    const what = "kvStore needs the package @nats-io/nats-core, which can't be loaded: npm install @nats-io/nats-core";
    throw new NscError("ERR_DEPENDENCY_MISSING", what, { cause });
  }
}

class JetStreamStore implements KvStore {
  readonly bucket: string;
  readonly #bucket: KvBucket;
  readonly #log: KvLog;
  readonly #sealer: Sealer;
  readonly #timeout: number;
  readonly #memory = new KvMemory();
  readonly #own = new Set<string>();
  /** Commits of one process don't get into each other's way. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(bucket: KvBucket, log: KvLog, sealer: Sealer, timeout: number) {
    this.bucket = bucket.name;
    this.#bucket = bucket;
    this.#log = log;
    this.#sealer = sealer;
    this.#timeout = timeout;
  }

  async read(path: StorePath): Promise<string | undefined> {
    assertPath(path);
    return this.#look("read a token", (view) => view.read(path));
  }

  async *list(prefix: StorePrefix): AsyncGenerator<string, undefined> {
    assertPrefix(prefix);
    yield* await this.#look("list names", (view) => view.names(prefix));
  }

  async find(publicKey: string): Promise<readonly StorePath[]> {
    return this.#look("find a public key", (view) => view.find(publicKey));
  }

  async getKey(publicKey: string): Promise<string | undefined> {
    const sealed = await this.#look("read a key", (view) => view.sealedSeed(publicKey));
    return sealed === undefined ? undefined : this.#sealer.open(publicKey, sealed);
  }

  async *listKeys(): AsyncGenerator<string, undefined> {
    yield* await this.#look("list the keys", (view) => view.publicKeys());
  }

  async readMeta(operator: string): Promise<StoreMeta> {
    assertPath([operator]);
    return this.#look("read what is beside the tokens", (view) => view.readMeta(operator));
  }

  async commit(commit: StoreCommit): Promise<void> {
    const checked = checkCommit(commit);
    await this.#inTurn("commit", async (deadline) => {
      for (;;) {
        if (await this.#tryCommit(checked, deadline)) return;
        await deadline.pause("others keep committing", 50);
      }
    });
  }

  /** @returns whether it was made; else others committed meanwhile */
  async #tryCommit(checked: CheckedCommit, deadline: Deadline): Promise<boolean> {
    const head = await this.#log.settled(deadline);
    const view = new KvView(this.#bucket, head, [], this.#memory, deadline);
    let changes: readonly KeyChange[];
    try {
      await prefetch(checked, view);
      await assertCommittable(checked, view);
      if (checked.keys.length > 0) this.#sealer.assertOpens(head.sealedFor);
      changes = await planChanges(checked, view, this.#sealer);
    } catch (error) {
      // Of two commits, of which the second was made meanwhile, something may look wrong that never was.
      if (view.isMixed && (await this.#log.head(deadline)).count !== head.count) return false;
      throw error;
    }
    if (changes.length === 0) return view.isOf(await this.#log.head(deadline));
    const sealedFor = head.sealedFor ?? (checked.keys.length > 0 ? this.#sealer.publicKey : undefined);
    return this.#make(head, changes, sealedFor, deadline);
  }

  async #make(
    before: Head,
    changes: readonly KeyChange[],
    sealedFor: string | undefined,
    deadline: Deadline,
  ): Promise<boolean> {
    const decided = await this.#log.decide(before, changes, sealedFor, deadline);
    if (decided === undefined) return false;
    this.#own.add(lastId(decided));
    const [oldest] = this.#own;
    if (this.#own.size > OWN_COMMITS && oldest !== undefined) this.#own.delete(oldest);
    if (decided.revision === -1) return true;
    try {
      await this.#log.apply(decided, changes, new Deadline("finish a commit", this.#timeout));
    } catch (error) {
      // It is made all the same: whoever comes next finishes it.
      if (!isNscError(error)) throw error;
    }
    return true;
  }

  async history(path: StorePath): Promise<readonly FormerToken[]> {
    assertPath(path);
    const deadline = this.#deadline("read former tokens");
    await this.#log.settled(deadline);
    return historyOf(this.#bucket, path, deadline);
  }

  async reseal(): Promise<number> {
    return this.#inTurn("seal the keys anew", async (deadline) => {
      for (;;) {
        const head = await this.#log.settled(deadline);
        this.#sealer.assertOpens(head.sealedFor);
        const view = new KvView(this.#bucket, head, [], this.#memory, deadline);
        const texts = new Map<string, string>();
        const publicKeys = await view.publicKeys();
        const sealed = await Promise.all(publicKeys.map((publicKey) => view.sealedSeed(publicKey)));
        for (const [index, publicKey] of publicKeys.entries()) {
          const text = sealed[index];
          if (text === undefined || this.#sealer.keyOf(text) === this.#sealer.publicKey) continue;
          texts.set(seedKey(publicKey), this.#sealer.seal(this.#sealer.open(publicKey, text)));
        }
        const isDone = texts.size === 0 && (head.sealedFor ?? this.#sealer.publicKey) === this.#sealer.publicKey;
        if (isDone ? view.isOf(await this.#log.head(deadline)) : await this.#reseal(head, texts, view, deadline)) {
          return texts.size;
        }
        await deadline.pause("others keep committing", 50);
      }
    });
  }

  async #reseal(head: Head, texts: ReadonlyMap<string, string>, view: KvView, deadline: Deadline): Promise<boolean> {
    return this.#make(head, await changesOf(texts, view), this.#sealer.publicKey, deadline);
  }

  watch({ signal }: StoreWatchOptions = {}): AsyncIterable<StoreChange> {
    return watchLog(this.#bucket, this.#log, (id) => this.#own.has(id), signal, this.#timeout);
  }

  /** Looks at what is of one commit, and no older than this call. */
  async #look<T>(what: string, act: (view: KvView) => Promise<T>): Promise<T> {
    const deadline = this.#deadline(what);
    for (;;) {
      const { head, changes } = await this.#log.headWithChanges(deadline);
      const view = new KvView(this.#bucket, head, changes, this.#memory, deadline);
      const found = await act(view);
      if (!view.isMixed || view.isOf(await this.#log.head(deadline))) return found;
      await deadline.pause("others keep committing", 20);
    }
  }

  #inTurn<T>(what: string, act: (deadline: Deadline) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => act(this.#deadline(what)));
    this.#last = done.catch(() => undefined);
    return done;
  }

  #deadline(what: string): Deadline {
    return new Deadline(`${what} (bucket ${JSON.stringify(this.bucket)})`, this.#timeout);
  }
}

function assertNumber(value: unknown, name: string, largest: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= largest) return;
  throw invalid(`${name} must be a number from 1 to ${largest}`);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
