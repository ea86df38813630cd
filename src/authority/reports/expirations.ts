/**
 * When what a tree consists of expires.
 *
 * @module
 */

import { NscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { type Expires, expiryOf } from "../../jwt/expiry.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import type { StorePath } from "../../store/store.ts";
import { activationsIn } from "../known-activations.ts";
import type { EntityClaims } from "../managed-fields.ts";
import type { Operator } from "../operator.ts";
import { assertOperatorHandle } from "../operator-input.ts";
import { assertKnownOptions } from "../options.ts";
import { kindAt } from "../paths.ts";
import { soundTree } from "../sound-cells.ts";
import { expiryIn } from "./explanation.ts";
import { reportNow } from "./report-now.ts";

/** Options of {@link expirations}. */
export interface ExpirationsOptions {
  /** What expires within this time expires soon, such as `"7d"`; `"1M"` by default, as with nsc. */
  readonly within?: Expires;
  /** The time that is asked about, in seconds since 1970; now by default. */
  readonly now?: number;
}

/** When something expires. */
export interface Expiration {
  readonly kind: "operator" | "account" | "user" | "activation";
  /** The names from the operator down; of an activation those of the account that imports with it. */
  readonly path: readonly string[];
  /** The entity; of an activation the account that it is for. */
  readonly publicKey: string;
  /** Of an activation: the subject of the import that has it, as the exporting account calls it. */
  readonly subject?: string;
  /** In seconds since 1970; nothing for never. */
  readonly expires: number | undefined;
  readonly status: "expired" | "soon" | "valid" | "never";
}

/** What {@link expirations} found. */
export interface ExpirationReport {
  /** What expires until then expires soon; in seconds since 1970. */
  readonly until: number;
  /** The first to expire comes first; what never does comes last, in the order of names. */
  readonly expirations: readonly Expiration[];
  /** Paths of what can't be read. */
  readonly damaged: readonly (readonly string[])[];
}

/**
 * When an operator, its accounts, their users, and the activations in their imports expire. nsc: `expirations`.
 *
 * @param operator - the operator
 * @param options - what is soon
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_ENTITY_NOT_FOUND` when the operator was deleted, and those of the store
 *
 * @example
 * ```ts
 * import { expirations, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const account = await operator.addAccount("APP");
 * await account.addUser("alice", { expires: "3d" });
 * await account.addUser("bob", { expires: "90d" });
 *
 * const report = await expirations(operator, { within: "7d" });
 * report.expirations.map(({ path, status }) => `${path.join("/")} ${status}`).join();
 * // "local/APP/alice soon,local/APP/bob valid,local never,local/APP never"
 * ```
 */
export async function expirations(operator: Operator, options: ExpirationsOptions = {}): Promise<ExpirationReport> {
  assertOperatorHandle(operator);
  assertKnownOptions(options, ["within", "now"]);
  await operator.refresh();
  const { session } = operator.cell;
  const { within = "1M" } = options;
  const now = reportNow(options.now, session.context);
  const until = expiryOf(within, new Date(now * 1000));
  if (until === undefined) throw new NscError("ERR_ARGUMENT_INVALID", "within must be a time span or a date");

  const found: Expiration[] = [];
  const damaged: StorePath[] = [];
  const add = (entry: Omit<Expiration, "status">): void => {
    found.push({ ...entry, status: statusOf(entry.expires, now, until) });
  };
  const addEntity = (path: StorePath, claims: ReadonlyDeep<EntityClaims>): void => {
    add({ kind: kindAt(path), path: [...path], publicKey: claims.sub, expires: expiryIn(claims) });
  };
  addEntity([operator.name], operator.claims);
  for await (const [path, { snapshot }] of soundTree(session, [operator.name], (place) => damaged.push(place))) {
    addEntity(path, snapshot.claims);
    if (path.length > 2) continue;
    const claims = snapshot.claims as ReadonlyDeep<AccountClaims>;
    for (const { entry, claims: activation } of activationsIn(claims, session.context)) {
      const { subject } = entry;
      add({ kind: "activation", path: [...path], publicKey: claims.sub, subject, expires: expiryIn(activation) });
    }
  }
  return { until, expirations: found.sort(byExpiry), damaged };
}

function statusOf(expires: number | undefined, now: number, until: number): Expiration["status"] {
  if (expires === undefined) return "never";
  if (expires <= now) return "expired";
  return expires <= until ? "soon" : "valid";
}

/** Those of one time stay in the order in which they were found, which is that of names. */
function byExpiry(a: Expiration, b: Expiration): number {
  const [first = Number.POSITIVE_INFINITY, second = Number.POSITIVE_INFINITY] = [a.expires, b.expires];
  return first === second ? 0 : first - second;
}
