import { deepFreeze } from "../encoding/freeze.ts";
import { isNscError } from "../errors.ts";
import { parentOf, pathKey } from "../store/paths.ts";
import type { StoreChange, StoreMeta, StorePath, StorePrefix } from "../store/store.ts";
import { tell } from "./audit.ts";
import {
  Cell,
  type ExtrasSource,
  extrasAfter,
  extrasOf,
  type KnownMeta,
  type Snapshot,
  snapshotOfRead,
  snapshotOfToken,
} from "./cell.ts";
import { CellRegistry } from "./cell-registry.ts";
import { type CommitOutcome, commitWorkspace } from "./commit-changes.ts";
import type { Context } from "./context.ts";
import type { HandleMakers } from "./handle-makers.ts";
import type { Change, Session } from "./session.ts";
import { SignerCache } from "./signer-cache.ts";
import { decodeAt, type KnownClaims, type StoredEntity } from "./store-reader.ts";
import { Workspace } from "./workspace.ts";

/** How often a change is tried again because others changed meanwhile what it was decided on. */
const MAX_ATTEMPTS = 20;

/** The store as it is, of which no part is read twice, and how many commits had been shown when that began. */
interface Look extends ExtrasSource {
  readonly shownBefore: number;
}

/** Commits each change by itself. */
export class RootSession implements Session {
  readonly context: Context;
  readonly signers: SignerCache;
  readonly handles: HandleMakers;
  readonly isTransaction = false;
  readonly #cells = new CellRegistry();
  /** The last change of a place, by place. */
  readonly #writers = new Map<string, Promise<unknown>>();
  /** The changes below a place since then, which read it. */
  readonly #readers = new Map<string, Set<Promise<unknown>>>();
  /** How many commits were shown. */
  #shown = 0;

  constructor(context: Context, handles: HandleMakers) {
    this.context = context;
    this.handles = handles;
    this.signers = new SignerCache(context);
  }

  async run<T>(places: readonly StorePath[], work: (workspace: Workspace) => Promise<T>): Promise<Change<T>> {
    const { change, told } = await this.#inTurn(places, async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          const workspace = this.begin();
          const value = await work(workspace);
          const outcome = await commitWorkspace(workspace);
          return { change: { value, cells: this.apply(outcome) }, told: tell(this.context, outcome.events) };
        } catch (error) {
          if (!isNscError(error, "ERR_STORE_CONFLICT") || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    });
    // Others need not wait for it, and it may wait for them.
    await told();
    return change;
  }

  /** Commits what was decided on before, which is not tried again. */
  async commit(places: readonly StorePath[], commit: (workspace: Workspace) => Promise<CommitOutcome>): Promise<void> {
    const told = await this.#inTurn(places, async () => {
      const outcome = await commit(this.begin());
      this.apply(outcome);
      return tell(this.context, outcome.events);
    });
    await told();
  }

  async rehearse<T>(work: (workspace: Workspace) => Promise<T>, elsewhere: readonly string[] = []): Promise<T> {
    return work(this.begin(elsewhere));
  }

  /** @param elsewhere - public keys whose signatures may be asked for elsewhere */
  begin(elsewhere: readonly string[] = []): Workspace {
    const known: KnownClaims = (path, token) => this.#cells.claimsOf(path, token);
    return new Workspace(this.context, this.signers, known, new Set(elsewhere));
  }

  /** Shows what a commit wrote and read in all handles, and takes over those of its transaction. */
  apply(
    { written, moved, deleted, read, meta, deletedKeys, outside }: CommitOutcome,
    adopted: readonly Cell[] = [],
  ): ReadonlyMap<string, Cell> {
    this.#shown += 1;
    for (const publicKey of deletedKeys) this.signers.forget(publicKey);
    for (const signer of outside) this.signers.remember(signer);
    for (const { from, to } of moved) this.#cells.move(from, to);
    // They are where they belong already.
    for (const cell of adopted) {
      cell.session = this;
      cell.snapshot = this.#cells.newest(cell.path, cell.snapshot);
      this.#cells.add(cell);
    }
    for (const path of deleted) this.#cells.markDeleted(path);
    const gone = new Set(deleted.map(pathKey));
    for (const { path, ...entity } of read) if (!gone.has(pathKey(path))) this.#showRead(path, entity, meta);
    const cells = new Map<string, Cell>();
    for (const entity of written) {
      // A commit that was made later may have been heard of before.
      const snapshot = this.#cells.newest(entity.path, snapshotOfToken(entity, this.context));
      cells.set(pathKey(entity.path), this.#show(entity.path, snapshot, cells));
    }
    return cells;
  }

  /** What others changed shows where it was read, and what is beside a token also where that alone changed. */
  #showRead(path: StorePath, entity: StoredEntity, meta: KnownMeta): void {
    const shown = this.#cells.get(path)?.snapshot;
    // Nobody is made a handle for it.
    if (shown === undefined) return;
    const extras = extrasAfter(path, entity.claims.sub, shown, meta);
    const isSame = extras.rotations === shown.rotations && extras.isManaged === shown.isManaged;
    if (shown.token === entity.token && isSame) return;
    this.#cells.update(path, this.#cells.newest(path, snapshotOfRead(entity, extras)));
  }

  find(path: StorePath, isParentFresh = false): Promise<Cell | undefined> {
    return this.#find(path, isParentFresh, this.#look());
  }

  #look(): Look {
    const { store } = this.context;
    const read = new Map<string, Promise<StoreMeta>>();
    return {
      shownBefore: this.#shown,
      meta: async (operator, name) => {
        const meta = read.get(operator) ?? store.readMeta(operator);
        read.set(operator, meta);
        return (await meta).get(name);
      },
      hasSeed: async (publicKey) => (await store.getKey(publicKey)) !== undefined,
    };
  }

  async #find(path: StorePath, isParentFresh: boolean, look: Look): Promise<Cell | undefined> {
    const above = path.length > 1 ? parentOf(path) : undefined;
    // Held until the cell below holds it.
    const parent = above && ((isParentFresh && this.#cells.get(above)) || (await this.#find(above, false, look)));
    const shown = this.#cells.get(path)?.snapshot.token;
    const token = await this.context.store.read(path);
    if (token === undefined) {
      this.#cells.markDeleted(path);
      return undefined;
    }
    const claims = this.#cells.claimsOf(path, token) ?? deepFreeze(decodeAt(path, token, this.context));
    const snapshot = snapshotOfRead({ token, claims }, await extrasOf(path, claims.sub, look));
    const now = this.#cells.get(path)?.snapshot;
    // A commit that was shown meanwhile knows better than what was read before it.
    const isOther = now !== undefined && now.token !== shown && now.token !== token;
    const isBeside = now !== undefined && now.rotations !== snapshot.rotations && look.shownBefore !== this.#shown;
    if (isOther || isBeside) return this.find(path, isParentFresh);
    return this.#show(path, snapshot, new Map(parent && [[pathKey(parent.path), parent]]));
  }

  /** Shows what others changed in the handles that there are. What can't be read shows when it is looked up. */
  async follow({ isAnything, paths, operators, publicKeys }: StoreChange): Promise<void> {
    for (const publicKey of publicKeys) this.signers.forget(publicKey);
    if (isAnything) this.signers.forgetFound();
    const changed = new Set(paths.map(pathKey));
    const cells = this.#cells.all().filter(({ path, snapshot }) => {
      if (isAnything || changed.has(pathKey(path)) || publicKeys.includes(snapshot.publicKey)) return true;
      return path.length < 3 && operators.includes(path[0]);
    });
    for (const path of new Map(cells.map((cell) => [pathKey(cell.path), cell.path])).values()) {
      try {
        const cell = await this.find(path);
        if (cell !== undefined) this.#cells.markReplaced(path, cell.snapshot.publicKey);
      } catch (error) {
        if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      }
    }
  }

  names(prefix: StorePrefix): AsyncIterable<string> {
    return this.context.store.list(prefix);
  }

  findKey(publicKey: string): Promise<readonly StorePath[]> {
    return this.context.store.find(publicKey);
  }

  #show(path: StorePath, snapshot: Snapshot, fresh: ReadonlyMap<string, Cell>): Cell {
    const present = this.#cells.update(path, snapshot);
    const parent = path.length > 1 ? parentOf(path) : undefined;
    const above = parent && (fresh.get(pathKey(parent)) ?? this.#cells.get(parent));
    if (present !== undefined) {
      present.parent ??= above;
      return present;
    }
    const cell = new Cell(this, path, snapshot, above);
    this.#cells.add(cell);
    return cell;
  }

  /**
   * Changes of one place wait for each other, and for those of what stands above and below it, on which they are decided:
   * what goes through one `Nsc` is not in conflict with itself. Those of different users of one account run side by side.
   */
  async #inTurn<T>(places: readonly StorePath[], work: () => Promise<T>): Promise<T> {
    const written = [...new Set(places.map(pathKey))];
    const above = places.flatMap((path) => path.slice(1).map((_, index) => path.slice(0, index + 1)));
    const read = [...new Set(above.map((path) => pathKey(path as never)))].filter((key) => !written.includes(key));
    const before = [
      ...[...written, ...read].map((key) => this.#writers.get(key)),
      ...written.flatMap((key) => [...(this.#readers.get(key) ?? [])]),
    ];
    const done = Promise.all(before).then(work);
    const settled = done.catch(() => undefined);
    for (const key of written) {
      this.#writers.set(key, settled);
      // Whoever waits for this one waits for them, too.
      this.#readers.delete(key);
    }
    for (const key of read) this.#readers.set(key, (this.#readers.get(key) ?? new Set()).add(settled));
    try {
      return await done;
    } finally {
      for (const key of written) if (this.#writers.get(key) === settled) this.#writers.delete(key);
      for (const key of read) {
        const readers = this.#readers.get(key);
        if (readers?.delete(settled) && readers.size === 0) this.#readers.delete(key);
      }
    }
  }
}
