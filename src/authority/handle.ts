import { isNscError, NscError } from "../errors.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { assertNoneDamaged } from "../store/none-damaged.ts";
import { pathBelow } from "../store/paths.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import type { Cell } from "./cell.ts";
import { type EditOptions, editClaims } from "./edit-claims.ts";
import { isFormerKey } from "./former-keys.ts";
import { type ClaimsAt, kindAt, titleOf } from "./paths.ts";
import type { Change, Session } from "./session.ts";
import { setValidity, type ValidityOptions } from "./validity-verbs.ts";
import type { Workspace } from "./workspace.ts";

/** What the handles of operators, accounts and users have in common. */
export abstract class Handle<Path extends StorePath> {
  readonly #cell: Cell;

  /** @internal */
  constructor(cell: Cell) {
    this.#cell = cell;
  }

  /** The name. */
  get name(): string {
    return this.#cell.name;
  }

  /** The public key. */
  get publicKey(): string {
    return this.#cell.snapshot.publicKey;
  }

  /**
   * The token as this handle saw it last.
   *
   * @throws NscError `ERR_TRANSACTION` when it waits for the commit of a transaction to be signed
   */
  get token(): string {
    return this.#cell.token;
  }

  /** The claims as this handle saw them last; frozen. */
  get claims(): ReadonlyDeep<ClaimsAt<Path>> {
    return this.#cell.snapshot.claims as ReadonlyDeep<ClaimsAt<Path>>;
  }

  /**
   * Changes claims. What the function is given is in the shape of the wire, with the names of the NATS documents. Without
   * a change nothing is signed.
   *
   * @param edit - changes the claims; must not wait for anything, and may be called again when others changed the claims
   * meanwhile
   * @param options - who signs
   * @throws NscError `ERR_CLAIMS_MANAGED` for members that are changed by other means, `ERR_CLAIMS_INVALID` for
   * error-level issues that the edit brings in; who can't sign: `ERR_SIGNER_MISSING`, `ERR_SIGNER_AMBIGUOUS`,
   * `ERR_SIGNER_UNKNOWN`, `ERR_SIGNER_UNTRUSTED`, `ERR_SIGNER_STRICT`, `ERR_SIGNER_FAILED`; what servers would refuse or
   * misunderstand: `ERR_SIGNING_KEY_IN_USE`, `ERR_SIGNING_KEY_REQUIRED`, `ERR_ROTATION_STAGE`, `ERR_USER_SCOPED`,
   * `ERR_LIMITS`, `ERR_ROLE_TEMPLATE`, `ERR_BEARER_DISALLOWED`, `ERR_SYSTEM_ACCOUNT`; `ERR_ENTITY_NOT_FOUND`, `ERR_CLOCK_AHEAD`,
   * `ERR_ARGUMENT_INVALID`, `ERR_STORE_CONFLICT` when others keep changing the same, and those of `encode` and of the store
   */
  async edit(edit: (claims: ClaimsAt<Path>) => void, options: EditOptions = {}): Promise<void> {
    const { cells } = await this.run((workspace) => editClaims(workspace, this.path, edit, options));
    // What others changed appears also where nothing was left to change.
    if (cells.size === 0) await this.refresh();
  }

  /**
   * Changes when the token becomes valid, and when it expires. nsc: `edit … --start --expiry`.
   *
   * @param options - the bounds, of which one at least is said, and who signs
   * @throws NscError `ERR_ARGUMENT_INVALID` for what is no date or time span, an expiry in the past or before `notBefore`, and as
   * `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const app = await (await new Nsc().addOperator("local")).addAccount("APP");
   * const user = await app.addUser("alice", { expires: "3d" });
   * await user.setValidity({ expires: new Date("2035-06-30") });
   * user.claims.exp; // 2066774400
   * await user.setValidity({ expires: "never" });
   * ```
   */
  async setValidity(options: ValidityOptions): Promise<void> {
    const { cells } = await this.run((workspace) => setValidity(workspace, this.path, options));
    if (cells.size === 0) await this.refresh();
  }

  /**
   * Looks what the store has now.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when it was deleted, `ERR_STORE_DAMAGED`
   */
  async refresh(): Promise<void> {
    await refreshCell(this.#cell);
  }

  /** What handles are made of; for this library alone. @internal */
  get cell(): Cell {
    return this.#cell;
  }

  /** @internal */
  protected get path(): Path {
    return this.#cell.path as Path;
  }

  /** Makes a change of this entity. @internal */
  protected run<T>(
    work: (workspace: Workspace) => Promise<T>,
    places: () => readonly StorePath[] = () => [this.path],
  ): Promise<Change<T>> {
    return changeCell(this.#cell, work, places());
  }
}

/** Makes a change of what a cell is of. */
export function changeCell<T>(
  cell: Cell,
  work: (workspace: Workspace) => Promise<T>,
  places: readonly StorePath[] = [cell.path],
): Promise<Change<T>> {
  return cell.session.run(places, async (workspace) => {
    const { sub } = await workspace.need(cell.path);
    if (sub !== cell.snapshot.publicKey && !(await isSame(workspace, cell, sub))) throw replaced(cell, sub);
    return work(workspace);
  });
}

/** Looks what the store has now of what a cell is of, and shows it in all its handles. */
export async function refreshCell(cell: Cell): Promise<void> {
  const { snapshot } = await loadCell(cell, cell.path);
  if (snapshot.publicKey !== cell.snapshot.publicKey) throw replaced(cell, snapshot.publicKey);
}

/** An operator stays what it is when it gets another identity. */
async function isSame(workspace: Workspace, { path, snapshot }: Cell, publicKey: string): Promise<boolean> {
  return path.length === 1 && (await isFormerKey(workspace, path, publicKey, snapshot.publicKey));
}

/** A handle is of an entity, which its key is, and not of whatever has its name later. */
function replaced({ path, snapshot }: Cell, publicKey: string): NscError {
  return new NscError(
    "ERR_ENTITY_NOT_FOUND",
    `the ${titleOf(path)} ${snapshot.publicKey} is gone, and another one has its name: ${publicKey}`,
  );
}

/** A cell of what is at a place. */
export async function loadCell({ session }: Pick<Cell, "session">, path: StorePath): Promise<Cell> {
  const cell = await session.find(path);
  if (cell !== undefined) return cell;
  throw new NscError("ERR_ENTITY_NOT_FOUND", `there is no ${titleOf(path)}`);
}

/**
 * Cells of all that is below a prefix, one after the other; what is gone meanwhile is passed over. What can't be read is no
 * reason to miss the rest: it is reported at the end.
 */
export async function* cellsBelow(session: Session, prefix: StorePrefix): AsyncGenerator<Cell, undefined> {
  const damaged: NscError[] = [];
  if (prefix.length > 0) await session.find(prefix as StorePath);
  for await (const name of session.names(prefix)) {
    try {
      const found = await session.find(pathBelow(prefix, name), true);
      if (found !== undefined) yield found;
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      damaged.push(error);
    }
  }
  assertNoneDamaged(damaged);
}

/** The place of a handle, if it belongs to the same `Nsc`. */
export function pathOf<Path extends StorePath>(handle: Handle<Path>, of: Cell): Path {
  if (handle.cell.session === of.session) return handle.cell.path as Path;
  throw new NscError(
    "ERR_HANDLE_FOREIGN",
    `the ${kindAt(handle.cell.path)} ${JSON.stringify(handle.name)} is a handle of another Nsc, or of another transaction`,
  );
}
