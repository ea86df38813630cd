/**
 * What an `Nsc` and all handles from it share, and the way from a change to the store.
 *
 * @module
 */

import { pathKey } from "../store/paths.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import type { Cell } from "./cell.ts";
import type { Context } from "./context.ts";
import type { HandleMakers } from "./handle-makers.ts";
import type { SignerCache } from "./signer-cache.ts";
import type { Workspace } from "./workspace.ts";

/** What a change made: its result, and the cells of what it made or changed, by the key of the place. */
export interface Change<T> {
  readonly value: T;
  readonly cells: ReadonlyMap<string, Cell>;
}

/** Either changes are committed one by one, or they wait for the commit of a transaction. */
export interface Session {
  readonly context: Context;
  readonly signers: SignerCache;
  /** Makes handles of cells. */
  readonly handles: HandleMakers;
  /** Whether changes wait for the commit of a transaction. */
  readonly isTransaction: boolean;
  /**
   * Makes a change.
   *
   * @param places - the places that it writes; changes of one place wait for each other
   * @param work - may be called more than once
   */
  run<T>(places: readonly StorePath[], work: (workspace: Workspace) => Promise<T>): Promise<Change<T>>;
  /**
   * Makes a change of which nothing stays.
   *
   * @param elsewhere - public keys that are taken for ones that sign
   */
  rehearse<T>(work: (workspace: Workspace) => Promise<T>, elsewhere?: readonly string[]): Promise<T>;
  /**
   * What is at a place now, for a handle; nothing if there is nothing. What is above it is looked at, too, unless that was
   * done a moment ago.
   */
  find(path: StorePath, isParentFresh?: boolean): Promise<Cell | undefined>;
  /** The names below a prefix. */
  names(prefix: StorePrefix): AsyncIterable<string>;
  /** The places of what has a public key. */
  findKey(publicKey: string): Promise<readonly StorePath[]>;
}

/** The cell of what a change made. */
export function cellOf({ cells }: Change<unknown>, path: StorePath): Cell {
  return cells.get(pathKey(path)) as Cell;
}
