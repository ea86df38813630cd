/**
 * The commit of a workspace: who signs what, whether the tree is sound afterwards, the signatures, and the one commit of
 * the store.
 *
 * @module
 */

import { isNscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { encode } from "../jwt/encode.ts";
import { ClaimsError } from "../jwt/issues.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { UserClaims } from "../jwt/user.ts";
import { validate } from "../jwt/validate.ts";
import { ownSeedOf } from "../nkeys/key-pair.ts";
import type { Signer } from "../nkeys/signer.ts";
import { MANAGED } from "../store/meta-names.ts";
import { pathKey } from "../store/paths.ts";
import type { StorePath } from "../store/store.ts";
import { eventsOf } from "./audit.ts";
import type { AuditEvent } from "./audit-event.ts";
import { type Extras, extrasOf, type KnownMeta, type WrittenEntity } from "./cell.ts";
import { nowOf } from "./context.ts";
import { type Draft, mustSign } from "./drafts.ts";
import { issuedAtFor, revokedAt } from "./issued-at.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { pendingName } from "./meta.ts";
import { type AccountPath, kindAt, type OperatorPath, titleOf } from "./paths.ts";
import { readRotations } from "./rotation-state.ts";
import { fitToScope } from "./scoped-users.ts";
import { chooseSigner, type Issuer, type SignerChoice } from "./signer-choice.ts";
import type { StoredEntity } from "./store-reader.ts";
import { assertTree, type TreeChange } from "./tree-guards.ts";
import type { Move, Workspace } from "./workspace.ts";

/** What a commit wrote. */
export interface CommitOutcome {
  readonly written: readonly WrittenEntity[];
  readonly moved: readonly Move[];
  readonly deleted: readonly StorePath[];
  /** What it was decided on, as the store had it. */
  readonly read: readonly (StoredEntity & { readonly path: StorePath })[];
  /** What it left or was decided on beside the tokens; nothing where nothing was committed, and so nothing compared. */
  readonly meta: KnownMeta;
  readonly deletedKeys: readonly string[];
  /** What signs outside the store, to be remembered. */
  readonly outside: readonly Signer[];
  /** What an audit log takes down of it. */
  readonly events: readonly AuditEvent[];
}

/** Signs what changed and commits it. */
export async function commitWorkspace(workspace: Workspace): Promise<CommitOutcome> {
  const { context } = workspace;
  const { drafts, deletes, pairs, outside, deletedKeys } = workspace.changes();
  const signed = drafts.filter(mustSign);
  const choices = new Map<string, SignerChoice>();
  await Promise.all(
    signed.map(async (draft) => {
      choices.set(pathKey(draft.path), await choiceFor(workspace, draft));
    }),
  );
  const changes = drafts.map((draft) => ({
    draft,
    before: draft.before?.claims,
    choice: choices.get(pathKey(draft.path)),
  }));
  for (const { draft, choice, before } of changes) {
    if (choice !== undefined && kindAt(draft.path) === "user") {
      const user = draft as Draft<UserClaims>;
      fitToScope({ ...user, title: titleOf(draft.path) }, choice, before as ReadonlyDeep<UserClaims> | undefined);
    }
  }
  await assertTree(
    workspace,
    changes,
    deletes.map(({ path }) => path),
  );
  const now = nowOf(context);
  for (const change of changes) assertNoNewIssues(change, now);
  const signatures = await Promise.all(
    changes.map(async ({ draft, choice, before }): Promise<Signed> => {
      if (choice !== undefined) return sign(workspace, draft, choice, before, now);
      return { token: (draft.before as StoredEntity).token, issuedAt: before?.iat ?? 0 };
    }),
  );
  // Before the commit, so that whoever commits later is not overtaken.
  const extras = await Promise.all(
    changes.map(({ draft }) => extrasOf(draft.path, draft.claims.sub, workspace, draft.replacedKeys)),
  );
  const written = changes.map(({ draft }, index): WrittenEntity => {
    const { path, claims } = draft;
    return { path, publicKey: claims.sub, ...(signatures[index] as Signed), extras: extras[index] as Extras };
  });
  const tokens = written.map(({ path, token }, index) => {
    return { path, token, signed: (changes[index] as TreeChange).choice !== undefined };
  });
  const events = await eventsOf(workspace, { tokens, deletes, moves: workspace.changes().moves });
  // Choosing and looking around have read more, and changed what is pending.
  const { meta, moves, expected } = workspace.changes();
  const isCommit = [written, deletes, pairs, deletedKeys, meta].some((list) => list.length > 0);
  if (isCommit) {
    await context.store.commit({
      tokens: written.map(({ path, token }) => ({ path, token })),
      keys: pairs.map((pair) => ownSeedOf(pair) ?? String.fromCharCode(...pair.getSeed())),
      deletes,
      deletedKeys,
      meta,
      expected,
    });
  }
  return {
    written,
    moved: moves,
    deleted: deletes.map(({ path }) => path),
    read: await workspace.storedEntities(),
    meta: (operator, name) => (isCommit ? workspace.knownMeta(operator, name) : undefined),
    deletedKeys,
    outside,
    events,
  };
}

interface Signed {
  readonly token: string;
  readonly issuedAt: number;
}

async function choiceFor(workspace: Workspace, draft: Draft): Promise<SignerChoice> {
  const { path, claims, requested } = draft;
  const [operatorName] = path;
  const find = (publicKey: string): Promise<Signer | undefined> => workspace.findSigner(publicKey);
  const question = {
    what: `the ${titleOf(path)}`,
    requested,
    current: draft.before === undefined ? undefined : claims.iss,
    policy: workspace.context.signerPolicy,
    find,
  };
  if (path.length === 1) {
    // The identity alone, also when signing keys are demanded.
    const identity = { ...claims, nats: { ...claims.nats, signing_keys: [] } } as unknown as OperatorClaims;
    const issuer = { title: `the ${titleOf(path)}`, claims: identity, strict: false, rotations: [] };
    return chooseSigner({ ...question, issuer });
  }
  const operator = await workspace.need<OperatorPath>([operatorName]);
  const above: OperatorPath | AccountPath = path.length === 2 ? [operatorName] : [operatorName, path[1]];
  const issuing = above.length === 1 ? operator : await workspace.need<AccountPath>(above);
  const issuer: Issuer = {
    title: `the ${titleOf(above)}`,
    claims: issuing,
    strict: operator.nats.strict_signing_key_usage === true,
    rotations: await readRotations(workspace, above, issuing.sub),
  };
  if (path.length === 3) return chooseSigner({ ...question, issuer });
  return accountChoice(workspace, draft as Draft<AccountClaims>, () => chooseSigner({ ...question, issuer }));
}

/** Under a managed operator whose keys are elsewhere an account signs itself until the operator's version comes back. */
async function accountChoice(
  workspace: Workspace,
  { path, claims, requested }: Draft<AccountClaims>,
  choose: () => Promise<SignerChoice>,
): Promise<SignerChoice> {
  const [operator] = path;
  const pending = pendingName(claims.sub);
  try {
    const choice = await choose();
    if ((await workspace.meta(operator, pending)) !== undefined) workspace.setMeta(operator, pending, undefined);
    return choice;
  } catch (error) {
    const isKeyless = isNscError(error, "ERR_SIGNER_MISSING") || isNscError(error, "ERR_SIGNING_KEY_REQUIRED");
    if (requested !== undefined || !isKeyless || (await workspace.meta(operator, MANAGED)) === undefined) throw error;
    const signer = await workspace.findSigner(claims.sub);
    if (signer === undefined || (await holdsKeyOf(workspace, operator))) throw error;
    workspace.setMeta(operator, pending, "self-signed");
    return { signer };
  }
}

/** Whether one of an operator's keys is at hand, so that it has to be asked for instead of doing without. */
async function holdsKeyOf(workspace: Workspace, operator: string): Promise<boolean> {
  const { sub, nats } = await workspace.need<OperatorPath>([operator]);
  const found = await Promise.all([sub, ...(nats.signing_keys ?? [])].map((key) => workspace.findSigner(key)));
  return found.some((signer) => signer !== undefined);
}

/** Old faults are no reason to refuse an edit that mends another one. */
function assertNoNewIssues({ draft, choice, before }: TreeChange, now: number): void {
  if (choice === undefined) return;
  const claims = { ...draft.claims, iss: choice.signer.publicKey } as EntityClaims;
  const issues = validate(claims, { now });
  const errors = issues.filter(({ level }) => level === "error");
  if (errors.length === 0) return;
  const known = new Set(before === undefined ? [] : validate(before as EntityClaims, { now }).map(describeIssue));
  const added = errors.find((issue) => !known.has(describeIssue(issue)));
  if (added !== undefined) throw new ClaimsError(`the ${titleOf(draft.path)}: ${added.message}`, issues);
}

function describeIssue({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code} ${message}`;
}

async function sign(
  workspace: Workspace,
  { path, claims }: Draft,
  { signer }: SignerChoice,
  before: ReadonlyDeep<EntityClaims> | undefined,
  now: number,
): Promise<Signed> {
  let revoked: ReturnType<typeof revokedAt> = {};
  if (path.length === 3) {
    const account = await workspace.need<AccountPath>([path[0], path[1]]);
    revoked = revokedAt(account.nats, claims.sub);
    const user = claims as UserClaims;
    if (signer.publicKey === account.sub) delete user.nats.issuer_account;
    else user.nats.issuer_account = account.sub;
  }
  const issuedAt = issuedAtFor(`the ${titleOf(path)}`, now, { previous: before?.iat, ...revoked });
  return { token: await encode(claims, signer, { issuedAt, engine: workspace.context.engine }), issuedAt };
}
