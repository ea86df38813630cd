/**
 * What differs between the trees of two operators.
 *
 * @module
 */

import { type DiffOptions, diff, type FieldChange, formatDiff } from "../../jwt/diff.ts";
import { pathKey } from "../../store/paths.ts";
import type { StorePath } from "../../store/store.ts";
import type { Operator } from "../operator.ts";
import { assertOperatorHandle } from "../operator-input.ts";
import { kindAt } from "../paths.ts";
import { soundTree } from "../sound-cells.ts";

/** An entity that only one of two trees has, or that differs. */
export interface EntityChange {
  /** `renamed`: it has another name, or what is above it has, whatever else differs. */
  readonly action: "added" | "removed" | "renamed" | "changed";
  readonly kind: "operator" | "account" | "user";
  /** The names from the operator down; of what was removed, as they were. */
  readonly path: readonly string[];
  /** The names that it had, where it was renamed. */
  readonly from?: readonly string[];
  readonly publicKey: string;
  /** What differs in its claims; empty for what was added or removed. */
  readonly changes: readonly FieldChange[];
}

/** What {@link diffTrees} found. */
export interface TreeDiff {
  /** From the operator down, in the order of names; what was removed comes last. */
  readonly entities: readonly EntityChange[];
  /** Paths of what can't be read in one of the trees. Whether the other one has it, or what is below it, as well is not said. */
  readonly damaged: readonly (readonly string[])[];
}

/**
 * What differs between two states of an operator's tree, such as a backup and what there is now, or between two operators.
 * Accounts and users are the same in both if they have the same key, whatever their names; the two operators always are.
 *
 * @param before - the operator as it was
 * @param after - the operator as it is, usually of another `Nsc`
 * @param options - what is compared
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_ENTITY_NOT_FOUND` when one was deleted, and those of the stores
 *
 * @example
 * ```ts
 * import { copyTree, diffTrees, formatTreeDiff, memoryStore, Nsc } from "nsc.js";
 *
 * const [store, backup] = [memoryStore(), memoryStore()];
 * const operator = await new Nsc({ store }).addOperator("local");
 * const account = await operator.addAccount("APP");
 * await copyTree(store, backup);
 *
 * await account.rename("SHOP");
 * await account.addUser("alice");
 * const difference = await diffTrees(await new Nsc({ store: backup }).operator("local"), operator);
 * formatTreeDiff(difference).split("\n").length; // 3
 * ```
 */
export async function diffTrees(
  before: Operator,
  after: Operator,
  options: Pick<DiffOptions, "all"> = {},
): Promise<TreeDiff> {
  const damaged: StorePath[] = [];
  const [old, now] = [await entitiesOf(before, damaged), await entitiesOf(after, damaged)];
  // Nobody knows what is there, or below it.
  const unknown = new Set(damaged.map(placeOf));
  const isKnown = (path: StorePath): boolean =>
    path.every((_, index) => !unknown.has(placeOf(path.slice(0, index + 1))));
  const entities: EntityChange[] = [];
  for (const [id, { path, token, publicKey }] of now) {
    const was = old.get(id);
    const entity = { kind: kindAt(path), path: [...path], publicKey };
    if (was === undefined) {
      if (isKnown(path)) entities.push({ action: "added", ...entity, changes: [] });
      continue;
    }
    const changes = was.token === token ? [] : diff(was.token, token, options);
    const isMoved = placeOf(was.path) !== placeOf(path) || was.path[path.length - 1] !== path.at(-1);
    if (isMoved) entities.push({ action: "renamed", ...entity, from: [...was.path], changes });
    else if (changes.length > 0) entities.push({ action: "changed", ...entity, changes });
  }
  for (const [id, { path, publicKey }] of old) {
    if (now.has(id) || !isKnown(path)) continue;
    entities.push({ action: "removed", kind: kindAt(path), path: [...path], publicKey, changes: [] });
  }
  // What is damaged in both is one thing.
  const places = new Map(damaged.map((path) => [pathKey(path), path]));
  return { entities, damaged: [...places.values()] };
}

/** Where something is in its tree, whatever the operator is called. */
function placeOf(path: readonly string[]): string {
  return JSON.stringify(path.slice(1));
}

interface Found {
  readonly path: StorePath;
  readonly token: string;
  readonly publicKey: string;
}

async function entitiesOf(operator: Operator, damaged: StorePath[]): Promise<ReadonlyMap<string, Found>> {
  assertOperatorHandle(operator);
  await operator.refresh();
  const { session } = operator.cell;
  const { name, token, publicKey } = operator;
  const found = new Map<string, Found>([["operator", { path: [name], token, publicKey }]]);
  for await (const [path, cell] of soundTree(session, [name], (place) => damaged.push(place))) {
    const { publicKey: own } = cell.snapshot;
    // One key may be the one of users of several accounts.
    const id = path.length === 2 ? own : `${cell.parent?.snapshot.publicKey}/${own}`;
    found.set(id, { path, token: cell.token, publicKey: own });
  }
  return found;
}

/**
 * The difference of two trees as text: a line for each entity (`+`, `-`, `~`), and one for each member that differs below it.
 * Tokens are not printed.
 *
 * @param difference - what {@link diffTrees} gave
 *
 * @example
 * ```ts
 * import { diffTrees, formatTreeDiff, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * formatTreeDiff(await diffTrees(operator, operator)); // ""
 * ```
 */
export function formatTreeDiff({ entities, damaged }: TreeDiff): string {
  return [
    ...entities.flatMap(formatEntity),
    ...damaged.map((path) => `! ${kindAt(path)} ${titleOf(path)} can't be read`),
  ].join("\n");
}

/** The lines of an entity that differs. */
export function formatEntity({ action, kind, path, from, changes }: Omit<EntityChange, "publicKey">): string[] {
  const was = from === undefined ? "" : ` (was ${titleOf(from)})`;
  const fields = changes.length === 0 ? [] : formatDiff(changes).split("\n");
  return [`${SIGNS[action]} ${kind} ${titleOf(path)}${was}`, ...fields.map((line) => `  ${line}`)];
}

const SIGNS = { added: "+", removed: "-", renamed: "~", changed: "~" } as const;

function titleOf(path: readonly string[]): string {
  return JSON.stringify(path.join("/"));
}
