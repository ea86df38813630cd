import { rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseWaitTime } from "../encoding/wait-time.ts";
import { NscError } from "../errors.ts";
import { assertCommittable, assertPrefix, type CheckedCommit, checkCommit } from "../store/commit.ts";
import type { StoreCommit, StoredToken, StoreMeta, StorePath, StorePrefix } from "../store/store.ts";
import { ContextFile, type NscContext, type NscContextChange } from "./context.ts";
import type { NscDirectory, NscDirectoryOptions } from "./directory.ts";
import type { FileChanges } from "./file-changes.ts";
import { BLOCKING_READS, PATIENT_READS } from "./file-reads.ts";
import { FileTransactions } from "./file-transaction.ts";
import type { NscFinding } from "./finding.ts";
import { FolderLock } from "./folder-lock.ts";
import { inspectFolders } from "./inspect.ts";
import { hasSystemCode } from "./io-error.ts";
import { LOCK, LOG } from "./layout.ts";
import { makeFolder } from "./make-folder.ts";
import { finishMigration, type KeystoreMigration, MigratingKeystore } from "./migrate-keystore.ts";
import { planCommit } from "./plan-commit.ts";
import { hasTokenNow, namesNow, quickTokens, tokenNow } from "./quick-tokens.ts";
import { RootFolder } from "./root-folder.ts";
import { type Environment, type ResolvedRoots, resolveRoots } from "./roots.ts";
import { SubjectIndex } from "./subject-index.ts";
import { NscTree } from "./tree.ts";

const LOCK_TIMEOUT = "10s";
/** How often a folder that can't be written is looked at for whether another has finished its commit. */
const POLL_MS = 20;

/**
 * The folders of `nsc` as a store: operators, accounts, users, keys and creds files, where nsc finds and leaves them. Both
 * can work on them in turns. Nothing is read before it is asked for, and nothing is made before the first commit.
 *
 * A commit is made all or not at all, also if the process or the machine fails at any moment; what was cut off is finished
 * or undone by the next use. Processes wait for each other with a folder `.nscjs-lock`, which is gone afterwards; nsc
 * takes no lock, but what it changed meanwhile is `ERR_STORE_CONFLICT`. Creds are written for each user whose seed is
 * kept, and go with it. What is written is readable for its owner alone. Links below these folders are not followed. Only
 * `managed` and the tokens are known to nsc; what else is kept beside them is in a file `.nscjs.json` of the operator.
 *
 * Names that not every system can keep as they are give `ERR_STORE_NAME`: with slashes, control characters, white space
 * around them or a dot at the end, names of devices, those longer than 240 bytes, and those that differ from another one
 * only in case or composition.
 *
 * @param options - where the folders are, and how long to wait
 * @throws NscError `ERR_ARGUMENT_INVALID`; `ERR_STORE_DAMAGED` for an `nsc.json` that can't be read as one. The store's
 * methods reject with `ERR_STORE_DAMAGED` for a file that does not hold what it should, `ERR_STORE_IO` for what the file
 * system refuses, `ERR_STORE_LOCKED` when another process does not let go, and the codes of `Store`
 *
 * @example
 * ```ts
 * import { mkdtemp, readdir } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { Nsc } from "nsc.js";
 * import { nscDirectory } from "nsc.js/node";
 *
 * const allDirs = await mkdtemp(join(tmpdir(), "nsc-"));
 * const nsc = new Nsc({ store: nscDirectory({ allDirs }) });
 * const operator = await nsc.addOperator("local");
 * const account = await operator.addAccount("APP");
 * await account.addUser("alice");
 * (await readdir(join(allDirs, "creds/local/APP"))).join(); // "alice.creds"
 * ```
 */
export function nscDirectory(options: NscDirectoryOptions = {}): NscDirectory {
  return openDirectory(options);
}

/** A directory with what whoever has nothing else to do asks at once, which for many files takes half of the time. */
export interface BlockingDirectory extends NscDirectory {
  /**
   * The names of accounts or users that may have tokens, in their order; nothing where that needs a closer look, such as
   * `tokens` takes.
   *
   * @param isBelowRead - whether what is above them was just read, and need not be looked at again
   */
  namesNow(prefix: StorePrefix, isBelowRead?: boolean): readonly string[] | undefined;
  /** What looks like a token, and whose name was just found in that way; nothing where it needs the closer look of `read`. */
  tokenNow(path: StorePath): string | undefined;
  /** Whether such a name has a token at all, whatever is in it. */
  hasTokenNow(path: StorePath): boolean;
  /** What finds creds files as `credsFile` does. */
  credsBelow(operator: string): Promise<(account: string, user: string) => string | undefined>;
}

/** {@link nscDirectory} for the command line. */
export function blockingDirectory(options: Omit<NscDirectoryOptions, "blockingReads">): BlockingDirectory {
  return openDirectory({ ...options, blockingReads: true });
}

function openDirectory(options: NscDirectoryOptions): DirectoryStore {
  if (typeof options !== "object" || options === null) {
    throw new NscError("ERR_ARGUMENT_INVALID", "the options must be an object");
  }
  const { allDirs, configDir, storesDir, keystoreDir, cwd, env = process.env, lockTimeout = LOCK_TIMEOUT } = options;
  const { blockingReads = false } = options;
  if (typeof blockingReads !== "boolean") {
    throw new NscError("ERR_ARGUMENT_INVALID", "blockingReads must be true or false");
  }
  const roots = resolveRoots({ allDirs, configDir, storesDir, keystoreDir, cwd, env });
  return new DirectoryStore(roots, env, parseWaitTime(lockTimeout, "lockTimeout", "none"), blockingReads);
}

class DirectoryStore implements BlockingDirectory {
  readonly storesDir: string;
  readonly keystoreDir: string;
  readonly configDir: string;
  readonly #env: Environment;
  readonly #lockTimeoutMs: number;
  readonly #takesTurns: boolean;
  readonly #tree: NscTree;
  readonly #index: SubjectIndex;
  readonly #transactions: FileTransactions;
  readonly #lock: FolderLock;
  readonly #context: ContextFile;
  /** Commits of one store are made one after the other, without waiting for its own lock. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(roots: ResolvedRoots, env: Environment, lockTimeoutMs: number, readsBlock: boolean) {
    this.storesDir = roots.storesDir;
    this.keystoreDir = roots.keystoreDir;
    this.configDir = roots.configDir;
    this.#env = env;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.#takesTurns = !readsBlock;
    const reads = readsBlock ? BLOCKING_READS : PATIENT_READS;
    const [stores, keystore] = [new RootFolder(roots.storesDir, reads), new RootFolder(roots.keystoreDir, reads)];
    this.#tree = new NscTree(stores, keystore);
    this.#index = new SubjectIndex(this.#tree);
    this.#transactions = new FileTransactions({ stores, keystore });
    this.#lock = new FolderLock(stores.at(LOCK), lockTimeoutMs);
    this.#context = new ContextFile(roots, this.#tree, lockTimeoutMs, reads);
  }

  async context(): Promise<NscContext> {
    return await this.#context.read();
  }

  async setContext(change: NscContextChange): Promise<NscContext> {
    return await this.#context.change(change);
  }

  inspect(): AsyncIterable<NscFinding> {
    return inspectFolders(this.#tree, this);
  }

  async *tokens(prefix: StorePrefix): AsyncGenerator<StoredToken, undefined> {
    assertPrefix(prefix);
    await this.#settle();
    yield* quickTokens(this.#tree, prefix, this.#takesTurns);
  }

  namesNow(prefix: StorePrefix, isBelowRead = false): readonly string[] | undefined {
    assertPrefix(prefix);
    return namesNow(this.#tree, prefix, isBelowRead);
  }

  tokenNow(path: StorePath): string | undefined {
    return tokenNow(this.#tree, path);
  }

  hasTokenNow(path: StorePath): boolean {
    return hasTokenNow(this.#tree, path);
  }

  async *stranded(): AsyncGenerator<StoredToken, undefined> {
    await this.#settle();
    yield* this.#tree.stranded();
  }

  async credsFile(path: readonly [string, string, string]): Promise<string | undefined> {
    await this.#settle();
    return await this.#tree.credsFile(path);
  }

  async credsBelow(operator: string): Promise<(account: string, user: string) => string | undefined> {
    await this.#settle();
    return await this.#tree.credsBelow(operator);
  }

  async migrateKeystore(): Promise<KeystoreMigration> {
    const migrated = this.#last.then(async () => {
      const migration = new MigratingKeystore(this.#tree.keystore, this, this.#env);
      let report: KeystoreMigration | undefined;
      await withFolder(this.#tree.stores.path, () =>
        this.#locked(async () => {
          report = await migration.run();
        }),
      );
      return report as KeystoreMigration;
    });
    this.#last = migrated.catch(() => undefined);
    return await migrated;
  }

  async read(path: StorePath): Promise<string | undefined> {
    await this.#settle();
    return await this.#tree.read(path);
  }

  async *list(prefix: StorePrefix): AsyncGenerator<string, undefined> {
    assertPrefix(prefix);
    await this.#settle();
    yield* this.#tree.list(prefix);
  }

  async find(publicKey: string): Promise<readonly StorePath[]> {
    await this.#settle();
    return await this.#index.find(publicKey);
  }

  async getKey(publicKey: string): Promise<string | undefined> {
    await this.#settle();
    return await this.#tree.getKey(publicKey);
  }

  async *listKeys(): AsyncGenerator<string, undefined> {
    await this.#settle();
    yield* this.#tree.listKeys();
  }

  async readMeta(operator: string): Promise<StoreMeta> {
    await this.#settle();
    return await this.#tree.readMeta(operator);
  }

  async commit(commit: StoreCommit): Promise<void> {
    const checked = checkCommit(commit);
    const made = this.#last.then(() => this.#commit(checked));
    this.#last = made.catch(() => undefined);
    await made;
  }

  async #commit(commit: CheckedCommit): Promise<void> {
    const { stores, keystore } = this.#tree;
    const changesNothing = !hasChanges(commit);
    if (changesNothing && (await stores.kindOf("")) === undefined) return await assertCommittable(commit, this.#tree);
    await withFolder(stores.path, () =>
      this.#locked(async () => {
        // A new keystore in the place of one that is being moved would hide it.
        if (commit.keys.length > 0) await finishMigration(keystore.path);
        await assertCommittable(commit, this.#tree);
        const changes = await planCommit(commit, this.#tree, this, this.#env);
        if (isEmpty(changes)) return;
        // nsc takes no lock, and writing can take a while.
        const confirm = () => assertCommittable(commit, this.#tree);
        const needsKeystore = changes.writes.some(({ root }) => root === "keystore");
        try {
          if (needsKeystore) await withFolder(keystore.path, () => this.#transactions.make(changes, confirm));
          else await this.#transactions.make(changes, confirm);
        } finally {
          this.#index.invalidate();
        }
      }),
    );
  }

  /** Waits for a commit of another process that is decided, or finishes it if that process is gone. */
  async #settle(): Promise<void> {
    if (!(await this.#transactions.isUnfinished())) return;
    let release: () => Promise<void>;
    try {
      release = await this.#lock.acquire();
    } catch (error) {
      const { cause } = error as NscError;
      if (!hasSystemCode(cause, "EACCES", "EPERM", "EROFS")) throw error;
      return await this.#waitForOthers(cause);
    }
    try {
      await this.#transactions.recover();
    } finally {
      await release();
    }
  }

  /** Who may only read waits for those who may write. */
  async #waitForOthers(cause: unknown): Promise<void> {
    for (let waited = 0; await this.#transactions.isUnfinished(); waited += POLL_MS) {
      if (waited < this.#lockTimeoutMs) await setTimeout(POLL_MS);
      else {
        const log = this.#tree.stores.at(LOG);
        const problem = `a commit was cut off, and it can't be finished by a process that may not write: ${log}`;
        throw new NscError("ERR_STORE_IO", problem, { cause });
      }
    }
  }

  async #locked(act: () => Promise<void>): Promise<void> {
    const release = await this.#lock.acquire();
    try {
      await this.#transactions.recover();
      await act();
    } finally {
      await release();
    }
  }
}

function hasChanges({ tokens, keys, deletes, deletedKeys, meta }: CheckedCommit): boolean {
  return [tokens, keys, deletes, deletedKeys, meta].some((changes) => changes.length > 0);
}

function isEmpty({ folders, writes, deletes, emptied }: FileChanges): boolean {
  return folders.length + writes.length + deletes.length + emptied.length === 0;
}

/** Makes a folder if need be, and removes it again if nothing comes into it. */
async function withFolder(path: string, act: () => Promise<void>): Promise<void> {
  const first = await makeFolder(path);
  try {
    await act();
  } finally {
    if (first !== undefined) await removeEmpty(path, first);
  }
}

async function removeEmpty(from: string, to: string): Promise<void> {
  for (let path = from; path.length >= to.length; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch {
      return;
    }
  }
}
