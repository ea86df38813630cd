import { NscError } from "../errors.ts";
import { parentOf, pathKey } from "../store/paths.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import { tell } from "./audit.ts";
import { Cell, extrasOf, snapshotOfClaims, snapshotOfRead } from "./cell.ts";
import { CellRegistry } from "./cell-registry.ts";
import { commitWorkspace } from "./commit-changes.ts";
import type { Context } from "./context.ts";
import { isChanged } from "./drafts.ts";
import type { HandleMakers } from "./handle-makers.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { notFound } from "./paths.ts";
import { requestOf, type SignatureRequest } from "./request-signatures.ts";
import type { RootSession } from "./root-session.ts";
import type { Change, Session } from "./session.ts";
import type { SignerCache } from "./signer-cache.ts";
import type { Workspace } from "./workspace.ts";

/** Gathers changes until they are committed together. */
export class TransactionSession implements Session {
  readonly context: Context;
  readonly signers: SignerCache;
  readonly handles: HandleMakers;
  readonly isTransaction = true;
  readonly #root: RootSession;
  readonly #workspace: Workspace;
  readonly #cells = new CellRegistry();
  /** Changes are made one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #isOver = false;

  /** @param elsewhere - public keys whose signatures may be asked for elsewhere */
  constructor(root: RootSession, elsewhere: readonly string[] = []) {
    this.context = root.context;
    this.signers = root.signers;
    this.handles = root.handles;
    this.#root = root;
    this.#workspace = root.begin(elsewhere);
  }

  async run<T>(_: readonly StorePath[], work: (workspace: Workspace) => Promise<T>): Promise<Change<T>> {
    this.#assertOpen();
    const done = this.#last.then(async () => {
      this.#assertOpen();
      const value = await this.#workspace.attempt(() => work(this.#workspace));
      return { value, cells: await this.#showTouched() };
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async rehearse<T>(work: (workspace: Workspace) => Promise<T>, elsewhere: readonly string[] = []): Promise<T> {
    this.#assertOpen();
    const done = this.#last.then(async () => {
      this.#assertOpen();
      return this.#workspace.rehearse(() => work(this.#workspace), elsewhere);
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Signs and commits everything, and hands the handles over to the `Nsc` that the transaction is of. */
  async commit(): Promise<void> {
    await this.#last;
    this.#isOver = true;
    const outcome = await commitWorkspace(this.#workspace);
    this.#root.apply(outcome, this.#cells.all());
    await tell(this.context, outcome.events)();
  }

  /** Signs what can be signed here, and gives what it takes to commit everything once the rest is signed elsewhere. */
  async request(): Promise<SignatureRequest> {
    await this.#last;
    this.#isOver = true;
    return requestOf(this.#workspace, (signer) => this.signers.remember(signer));
  }

  /** Whatever was not committed by now never is. */
  close(): void {
    this.#isOver = true;
  }

  async find(path: StorePath): Promise<Cell | undefined> {
    this.#assertOpen();
    const claims = await this.#workspace.read(path);
    return claims && this.#show(path);
  }

  async *names(prefix: StorePrefix): AsyncGenerator<string, undefined> {
    this.#assertOpen();
    yield* await this.#workspace.names(prefix);
  }

  async findKey(publicKey: string): Promise<readonly StorePath[]> {
    this.#assertOpen();
    return this.#workspace.findKey(publicKey);
  }

  async #showTouched(): Promise<ReadonlyMap<string, Cell>> {
    for (const { from, to } of this.#workspace.takeMoves()) this.#cells.move(from, to);
    const cells = new Map<string, Cell>();
    const touched = this.#workspace.takeTouched().sort((a, b) => a.length - b.length);
    for (const path of touched) {
      if (this.#workspace.draftAt(path) !== undefined) cells.set(pathKey(path), await this.#show(path));
      else if ((await this.#workspace.read(path)) === undefined) this.#cells.markDeleted(path);
    }
    return cells;
  }

  async #show(path: StorePath): Promise<Cell> {
    const draft = this.#workspace.draftAt(path);
    // A draft that nothing was changed of is what was read.
    const stored = draft === undefined || !isChanged(draft) ? await this.#workspace.stored(path) : undefined;
    const entity = stored ?? draft;
    if (entity === undefined) throw notFound(path);
    const claims = entity.claims as EntityClaims;
    const extras = await extrasOf(path, claims.sub, this.#workspace, draft?.replacedKeys);
    const snapshot = stored === undefined ? snapshotOfClaims(claims, extras) : snapshotOfRead(stored, extras);
    const present = this.#cells.update(path, snapshot);
    if (present !== undefined) return present;
    const parent =
      path.length > 1 ? (this.#cells.get(parentOf(path)) ?? (await this.#show(parentOf(path)))) : undefined;
    const cell = new Cell(this, path, snapshot, parent);
    this.#cells.add(cell);
    return cell;
  }

  #assertOpen(): void {
    if (!this.#isOver) return;
    throw new NscError("ERR_TRANSACTION", "the transaction is over, and this was not part of its commit");
  }
}
