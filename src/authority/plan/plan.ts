/**
 * What it takes to bring the tree of an operator to a description, to be looked at before it is done.
 *
 * @module
 */

import { copyData } from "../../encoding/copy.ts";
import { NscError } from "../../errors.ts";
import { type FieldChange, fieldPath, quote } from "../../jwt/diff.ts";
import { nowOf } from "../context.ts";
import type { Operator } from "../operator.ts";
import { assertOperatorHandle } from "../operator-input.ts";
import { assertKnownOptions } from "../options.ts";
import type { OperatorPath } from "../paths.ts";
import { formatEntity } from "../reports/diff-trees.ts";
import { assertKeysElsewhere } from "../request-signatures.ts";
import type { Workspace } from "../workspace.ts";
import { activationSigners, signActivations } from "./desired-imports.ts";
import type { DesiredState } from "./desired-state.ts";
import { baselineOf, plannedChanges, readableText } from "./planned-changes.ts";
import { reconcile } from "./reconcile.ts";
import { Reconciliation } from "./reconciliation.ts";
import { isSameData } from "./same-data.ts";

/** Options of {@link plan}. */
export interface PlanOptions {
  /**
   * Whether goes what is there and not described: accounts, and the roles, users, exports and imports of accounts whose
   * description has any, or an empty list of them. Tokens of users that go are revoked. False by default.
   */
  readonly remove?: boolean;
  /** Public keys that are held elsewhere and will sign, as for `Nsc.requestSignatures`. */
  readonly keys?: readonly string[];
}

/** An entity that is to be made, changed, renamed or removed. */
export interface PlannedChange {
  readonly action: "added" | "removed" | "renamed" | "changed";
  readonly kind: "operator" | "account" | "user";
  /** The names from the operator down; of what is removed, as they are. */
  readonly path: readonly string[];
  /** The names that it has, where it is renamed. */
  readonly from?: readonly string[];
  /** Nothing for what gets a fresh key. */
  readonly publicKey?: string;
  /** The public key that signs, or what it stands for where it is a fresh one; nothing where nothing is signed. */
  readonly signer?: string;
  /** What differs in its claims; fresh keys are said by what they stand for. */
  readonly changes: readonly FieldChange[];
}

/** An activation that is to be signed. */
export interface PlannedActivation {
  /** Names of the accounts. */
  readonly importer: string;
  readonly exporter: string;
  readonly subject: string;
  readonly type: "stream" | "service";
  /** The public key that signs, or what it stands for where it is a fresh one. */
  readonly signer: string;
}

/** What {@link plan} found: plain data, which may be kept as JSON until it is applied. */
export interface Plan {
  readonly operator: { readonly name: string; readonly publicKey: string };
  /** When it was made, in seconds since 1970; expiries count from then. Revocations count from when it is applied. */
  readonly at: number;
  readonly remove: boolean;
  readonly desired: DesiredState;
  /** From the operator down, in the order of names; what is removed comes last. */
  readonly changes: readonly PlannedChange[];
  /** Activations that are signed for private imports, within the accounts that import. */
  readonly activations: readonly PlannedActivation[];
  /** Places of the description of what is there, is not described, and stays. */
  readonly unlisted: readonly (readonly (string | number)[])[];
}

/**
 * What it takes to bring the tree of an operator to a description. Nothing is signed or changed by that; everything that would
 * be refused is refused here. Entities that are there keep their keys.
 *
 * @param operator - the operator, also one of a transaction
 * @param desired - what the tree is to look like; plain data
 * @param options - what goes, and keys that are held elsewhere
 * @returns the changes; none where the tree is as it is to be
 * @throws NscError whatever the verbs throw that make such changes, with the place in the description before the message:
 * `ERR_ARGUMENT_INVALID`, `ERR_ENTITY_NOT_FOUND`, `ERR_ENTITY_EXISTS`, `ERR_NAME_INVALID`, `ERR_KEY_KIND`,
 * `ERR_SIGNER_UNKNOWN` for a role that there is not, `ERR_USER_SCOPED` for rights beside a role; and what a commit would throw
 *
 * @example
 * ```ts
 * import { apply, formatPlan, Nsc, plan } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local", { signingKey: true });
 * const planned = await plan(operator, {
 *   accounts: {
 *     SHOP: {
 *       limits: { conn: 100 },
 *       roles: { web: { pub: ["orders.{{name()}}.>"] } },
 *       users: { alice: { role: "web" } },
 *       exports: [{ subject: "orders.>", type: "stream", private: true }],
 *     },
 *     AUDIT: { imports: [{ from: "SHOP", subject: "orders.>" }] },
 *   },
 * });
 * formatPlan(planned).split("\n")[0]; // '+ account "local/AUDIT"'
 * await apply(operator, planned);
 * (await plan(operator, planned.desired)).changes.length; // 0
 * ```
 */
export async function plan(operator: Operator, desired: DesiredState, options: PlanOptions = {}): Promise<Plan> {
  assertOperatorHandle(operator);
  assertKnownOptions(options, ["remove", "keys"]);
  const { remove = false, keys = [] } = options;
  if (typeof remove !== "boolean") throw new NscError("ERR_ARGUMENT_INVALID", "remove must be true or false");
  if (options.keys !== undefined) assertKeysElsewhere(keys);
  const { session } = operator.cell;
  const copy = copyData(desired);
  const at = nowOf(session.context);
  return session.rehearse(async (workspace) => {
    const path = operator.cell.path as OperatorPath;
    const { sub: publicKey } = await workspace.need(path);
    const { found } = await outcomeOf(workspace, path, { desired: copy, remove, at });
    return { operator: { name: path[0], publicKey }, at, remove, desired: copy, ...found };
  }, keys);
}

type Intent = Pick<Plan, "desired" | "remove" | "at">;
type Found = Pick<Plan, "changes" | "activations" | "unlisted">;

/** Brings a workspace to a description, but for the activations, and says what it took. */
async function outcomeOf(
  workspace: Workspace,
  path: OperatorPath,
  { desired, remove, at }: Intent,
): Promise<{ readonly found: Found; readonly run: Reconciliation }> {
  const run = new Reconciliation(workspace, path, { now: at, remove });
  const baseline = baselineOf(workspace);
  await reconcile(run, desired);
  const changes = await plannedChanges(run, baseline);
  const signers = await activationSigners(run);
  const activations = run.activations.map(({ importer, exporter, subject, type }, index): PlannedActivation => {
    const signer = readableText(signers[index] as string, run.fresh);
    return { importer: importer[1], exporter: exporter[1], subject, type, signer };
  });
  return { found: { changes, activations, unlisted: run.unlisted }, run };
}

/**
 * Does what was planned: all of it in one commit, with one signature for each entity that changes, and one for each activation.
 * It does precisely what the plan says, or nothing.
 *
 * @param operator - the operator that it was planned for, also one of a transaction
 * @param planned - what {@link plan} gave, also after it was kept as JSON
 * @throws NscError `ERR_PLAN_OUTDATED` when what it takes is no longer what the plan says, so that another one is to be made;
 * `ERR_ARGUMENT_INVALID` for the plan of another operator and for what is no plan; and as {@link plan} does
 *
 * @example
 * ```ts
 * import { apply, isNscError, Nsc, plan } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const planned = await plan(operator, { accounts: { APP: { tags: ["eu"] } } });
 * await apply(operator, JSON.parse(JSON.stringify(planned)));
 * (await operator.account("APP")).claims.nats.tags?.join(); // "eu"
 *
 * const again = await apply(operator, planned).catch((error: unknown) => error);
 * isNscError(again, "ERR_PLAN_OUTDATED"); // true
 * ```
 */
export async function apply(operator: Operator, planned: Plan): Promise<void> {
  assertOperatorHandle(operator);
  assertPlan(planned);
  const { session } = operator.cell;
  const path = operator.cell.path as OperatorPath;
  await session.run([path], async (workspace) => {
    const { sub } = await workspace.need(path);
    if (sub !== planned.operator.publicKey) {
      throw new NscError("ERR_ARGUMENT_INVALID", `the plan is for the operator ${planned.operator.publicKey}`);
    }
    const { found, run } = await outcomeOf(workspace, path, planned);
    const { changes, activations } = planned;
    if (!isSameData({ changes, activations }, { changes: found.changes, activations: found.activations })) {
      const why = "the tree has changed since the plan was made, so that it would do something else: plan again";
      throw new NscError("ERR_PLAN_OUTDATED", why);
    }
    await signActivations(run);
  });
}

/**
 * Refuses what is no plan, before anything of it is looked at.
 *
 * @internal
 */
export function assertPlan(planned: Plan): void {
  assertKnownOptions(planned, ["operator", "at", "remove", "desired", "changes", "activations", "unlisted"]);
  const { operator, at, remove, desired, changes, activations, unlisted } = planned;
  const isPlan =
    typeof operator?.publicKey === "string" &&
    Number.isSafeInteger(at) &&
    typeof remove === "boolean" &&
    isRecord(desired) &&
    Array.isArray(changes) &&
    changes.every(
      (change: unknown) => isRecord(change) && Array.isArray(change["path"]) && Array.isArray(change["changes"]),
    ) &&
    Array.isArray(activations) &&
    activations.every(isRecord) &&
    Array.isArray(unlisted) &&
    unlisted.every(Array.isArray);
  if (!isPlan) throw new NscError("ERR_ARGUMENT_INVALID", "this is no plan");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A plan as text: a line for each entity (`+`, `-`, `~`), and one for each member that differs below it; then the activations,
 * and what is there and stays (`?`). Tokens are not printed.
 *
 * @param planned - what {@link plan} gave
 *
 * @example
 * ```ts
 * import { formatPlan, Nsc, plan } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * await operator.addAccount("OLD");
 * formatPlan(await plan(operator, { accounts: {} })); // "? accounts.OLD is not described, and stays"
 * ```
 */
export function formatPlan({ changes, activations, unlisted }: Plan): string {
  return [
    ...changes.flatMap(formatEntity),
    ...activations.map(({ importer, exporter, subject, type }) => {
      return `+ activation of the ${type} ${quote(subject)} of ${quote(exporter)}, for ${quote(importer)}`;
    }),
    ...unlisted.map((place) => `? ${fieldPath(place)} is not described, and stays`),
  ].join("\n");
}
