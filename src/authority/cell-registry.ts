import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { pathKey } from "../store/paths.ts";
import type { StorePath } from "../store/store.ts";
import type { Cell, Snapshot } from "./cell.ts";
import type { EntityClaims } from "./managed-fields.ts";

/** The cells that some handle still has, by place. It keeps none of them alive. */
export class CellRegistry {
  readonly #cells = new Map<string, Set<WeakRef<Cell>>>();
  readonly #collected: FinalizationRegistry<{ readonly key: string; readonly reference: WeakRef<Cell> }>;

  constructor() {
    this.#collected = new FinalizationRegistry(({ key, reference }) => this.#drop(key, reference));
  }

  /** A live cell of a place. */
  get(path: StorePath): Cell | undefined {
    return this.#alive(pathKey(path))[0];
  }

  /** Claims that are known from before, if the token is the same. */
  claimsOf(path: StorePath, token: string): ReadonlyDeep<EntityClaims> | undefined {
    return this.#alive(pathKey(path)).find(({ snapshot }) => snapshot.token === token)?.snapshot.claims;
  }

  add(cell: Cell): void {
    const key = pathKey(cell.path);
    const reference = new WeakRef(cell);
    const references = this.#cells.get(key);
    if (references === undefined) this.#cells.set(key, new Set([reference]));
    else references.add(reference);
    this.#collected.register(cell, { key, reference }, reference);
  }

  /** Shows something else in all cells of an entity, and gives one of them. */
  update(path: StorePath, snapshot: Snapshot): Cell | undefined {
    // Others are of what had the name before.
    const cells = this.#alive(pathKey(path)).filter((cell) => isOf(cell, snapshot));
    for (const cell of cells) {
      cell.snapshot = snapshot;
      cell.isDeleted = false;
    }
    return cells[0];
  }

  /** What is shown of an entity already, if that is newer than a snapshot; else the snapshot. */
  newest(path: StorePath, snapshot: Snapshot): Snapshot {
    const shown = this.#alive(pathKey(path)).map((cell) => cell.snapshot);
    const newer = shown.filter(({ publicKey, issuedAt, token }) => {
      return token !== undefined && publicKey === snapshot.publicKey && issuedAt > snapshot.issuedAt;
    });
    return newer.reduce((last, next) => (next.issuedAt > last.issuedAt ? next : last), snapshot);
  }

  /** Marks the cells of an entity that is gone. */
  markDeleted(path: StorePath): void {
    for (const cell of this.#alive(pathKey(path))) cell.isDeleted = true;
  }

  /** Marks the cells of what had the place of another entity before. */
  markReplaced(path: StorePath, publicKey: string): void {
    for (const cell of this.#alive(pathKey(path))) if (cell.snapshot.publicKey !== publicKey) cell.isDeleted = true;
  }

  /** Brings the cells of a place to another one. */
  move(from: StorePath, to: StorePath): void {
    const key = pathKey(from);
    const cells = this.#alive(key);
    this.#cells.delete(key);
    for (const cell of cells) {
      cell.path = to;
      this.add(cell);
    }
  }

  all(): Cell[] {
    return [...this.#cells.keys()].flatMap((key) => this.#alive(key));
  }

  #alive(key: string): Cell[] {
    return [...(this.#cells.get(key) ?? [])].map((reference) => reference.deref()).filter((cell) => cell !== undefined);
  }

  #drop(key: string, reference: WeakRef<Cell>): void {
    const references = this.#cells.get(key);
    if (references?.delete(reference) && references.size === 0) this.#cells.delete(key);
  }
}

/** Whether a cell is of the entity that a snapshot is of, which may have got another key since. */
function isOf(cell: Cell, { publicKey, formerKeys }: Snapshot): boolean {
  return cell.snapshot.publicKey === publicKey || formerKeys.includes(cell.snapshot.publicKey);
}
