import { compareUtf8 } from "../../encoding/go-text.ts";
import type { JsonValue } from "../../encoding/json-any.ts";
import { setOwn } from "../../encoding/json-codec.ts";
import type { AccountClaims, AccountNats } from "../../jwt/account.ts";
import { createAccountClaims, createUserClaims } from "../../jwt/create-claims.ts";
import { diff, type FieldChange, fieldPath, splitLists } from "../../jwt/diff.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { hasEmptyPermissions } from "../../jwt/scopes.ts";
import type { UserClaims } from "../../jwt/user.ts";
import { comparePaths, pathKey } from "../../store/paths.ts";
import type { StorePath } from "../../store/store.ts";
import { copyDraft, type Draft } from "../drafts.ts";
import type { EntityClaims } from "../managed-fields.ts";
import { kindAt } from "../paths.ts";
import { settleChanges } from "../sign-changes.ts";
import type { TreeChange } from "../tree-guards.ts";
import type { Workspace } from "../workspace.ts";
import type { PlannedChange } from "./plan.ts";
import type { Reconciliation } from "./reconciliation.ts";
import { dataText } from "./same-data.ts";

/** What a transaction has changed before a plan is made in it. */
interface Baseline {
  readonly drafts: ReadonlyMap<string, Draft>;
  readonly deletes: ReadonlySet<string>;
  readonly moves: number;
}

export function baselineOf(workspace: Workspace): Baseline {
  const { deletes, moves } = workspace.changes();
  return {
    drafts: new Map(workspace.changedDrafts().map((draft) => [pathKey(draft.path), copyDraft(draft)])),
    deletes: new Set(deletes.map(({ path }) => pathKey(path))),
    moves: moves.length,
  };
}

/** What changed since then, as it will be signed. */
export async function plannedChanges(run: Reconciliation, baseline: Baseline): Promise<readonly PlannedChange[]> {
  const { workspace } = run;
  const settled = await settleChanges(workspace);
  const { deletes, moves } = workspace.changes();
  const moved = new Map<string, StorePath>();
  for (const { from, to } of moves.slice(baseline.moves)) {
    // A user of an account that is renamed may be, too.
    moved.set(pathKey(to), moved.get(pathKey(from)) ?? from);
    moved.delete(pathKey(from));
  }
  const planned = settled.flatMap((change) => {
    const from = moved.get(pathKey(change.draft.path));
    return plannedChange(run, change, from, baseline.drafts.get(pathKey(from ?? change.draft.path))) ?? [];
  });
  planned.sort((one, other) => comparePaths(one.path as StorePath, other.path as StorePath));
  const left = new Set([...moved.values()].map(pathKey));
  for (const { path } of deletes) {
    if (left.has(pathKey(path)) || baseline.deletes.has(pathKey(path))) continue;
    const { sub } = (baseline.drafts.get(pathKey(path)) ?? (await workspace.stored(path)))?.claims ?? {};
    planned.push({ action: "removed", kind: kindAt(path), path, ...(sub && { publicKey: sub }), changes: [] });
  }
  return planned.map((change) => readable(change, run.fresh));
}

function plannedChange(
  run: Reconciliation,
  { draft, before: stored, choice }: TreeChange,
  from: StorePath | undefined,
  earlier: Draft | undefined,
): PlannedChange | undefined {
  const { path } = draft;
  const signer = choice?.signer.publicKey;
  const claims = asOfPlan(draft.claims, run);
  const after = signer === undefined ? claims : { ...claims, iss: signer };
  // What waits for the commit of a transaction has no issuer yet.
  const before =
    earlier === undefined
      ? stored
      : ({ ...(signer !== undefined && { iss: signer }), ...earlier.claims } as EntityClaims);
  const changes = diff(before ?? blankLike(after as EntityClaims), after as EntityClaims);
  if (before !== undefined && from === undefined && changes.length === 0 && !draft.reissue) return undefined;
  return {
    action: before === undefined ? "added" : from === undefined ? "changed" : "renamed",
    kind: kindAt(path),
    path: [...path],
    ...(from !== undefined && { from: [...from] }),
    publicKey: draft.claims.sub,
    ...(signer !== undefined && { signer }),
    changes,
  };
}

/** Claims in which users are revoked when the plan was made, and not when it is applied. */
function asOfPlan(claims: EntityClaims, { now, revoked }: Reconciliation): EntityClaims {
  const { revocations } = claims.nats as AccountNats;
  if (revocations === undefined || !Object.keys(revocations).some((key) => revoked.has(key))) return claims;
  const times = Object.entries(revocations).map(([key, time]) => [key, revoked.has(key) ? now : time]);
  return { ...claims, nats: { ...claims.nats, revocations: Object.fromEntries(times) } } as EntityClaims;
}

/** What a new entity begins with, so that only its own settings differ. */
function blankLike(claims: EntityClaims): ReadonlyDeep<EntityClaims> {
  const { sub, iss, name } = claims;
  const common = { ...(iss !== undefined && { iss }), ...(name !== undefined && { name }) };
  if (claims.nats.type === "account") return { ...createAccountClaims(sub), ...common } satisfies AccountClaims;
  const user = claims as UserClaims;
  const { issuer_account: account } = user.nats;
  const blank = createUserClaims(sub, {
    scoped: hasEmptyPermissions(user.nats),
    ...(account !== undefined && { nats: { issuer_account: account } }),
  });
  return { ...blank, ...common } satisfies UserClaims;
}

/** A change in which fresh keys, which are others each time, are said by what they stand for. */
function readable(
  { publicKey, signer, changes, ...change }: PlannedChange,
  fresh: ReadonlyMap<string, string>,
): PlannedChange {
  const relabel = (text: string): string => readableText(text, fresh);
  const fields = splitLists(changes).map(({ path, kind, before, after }): FieldChange => {
    return {
      path: path.map(relabel),
      kind,
      ...(before !== undefined && { before: dataOf(before, relabel) }),
      ...(after !== undefined && { after: dataOf(after, relabel) }),
    };
  });
  fields.sort((one, other) => compareUtf8(fieldPath(one.path), fieldPath(other.path)));
  return {
    ...change,
    ...(publicKey !== undefined && !fresh.has(publicKey) && { publicKey }),
    ...(signer !== undefined && { signer: relabel(signer) }),
    changes: fields,
  };
}

/** A text in which fresh keys are said by what they stand for. */
export function readableText(text: string, fresh: ReadonlyMap<string, string>): string {
  return fresh.size === 0 ? text : text.replace(/[AOU][A-Z2-7]{55}/g, (key) => labelOf(key, fresh) ?? key);
}

function labelOf(key: string, fresh: ReadonlyMap<string, string>): string | undefined {
  const label = fresh.get(key);
  return label === undefined ? undefined : `(new ${label})`;
}

/** Data that JSON can hold, without fresh keys. Where a list had any, its order was by chance. */
function dataOf(value: JsonValue, relabel: (text: string) => string): JsonValue {
  if (typeof value === "string") return relabel(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => dataOf(item, relabel));
    const isChanged = dataText(items) !== dataText(value);
    return isChanged ? items.sort((one, other) => (dataText(one) < dataText(other) ? -1 : 1)) : items;
  }
  const data: { [name: string]: JsonValue } = {};
  for (const [name, member] of Object.entries(value)) setOwn(data, relabel(name), dataOf(member, relabel));
  return data;
}
