/**
 * What comes before the commit of a workspace: who signs what, whether the tree is sound afterwards, and the signatures.
 *
 * @module
 */

import { isNscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { encode, signingInput } from "../jwt/encode.ts";
import { ClaimsError } from "../jwt/issues.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { UserClaims } from "../jwt/user.ts";
import { validate } from "../jwt/validate.ts";
import { type Signer, toSigner } from "../nkeys/signer.ts";
import { MANAGED } from "../store/meta-names.ts";
import { pathKey } from "../store/paths.ts";
import type { StorePath } from "../store/store.ts";
import { AbsentSigner } from "./absent-signer.ts";
import { nowOf, refuse } from "./context.ts";
import { type Draft, mustSign } from "./drafts.ts";
import { issuedAtFor, revokedAt } from "./issued-at.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { pendingName } from "./meta.ts";
import { type AccountPath, kindAt, type OperatorPath, titleOf } from "./paths.ts";
import { pendingIn, withActivations } from "./pending-activations.ts";
import { readRotations } from "./rotation-state.ts";
import { fitToScope } from "./scoped-users.ts";
import { chooseSigner, type Issuer, type RequestedSigner, type SignerChoice } from "./signer-choice.ts";
import type { StoredEntity } from "./store-reader.ts";
import { assertTree, type TreeChange } from "./tree-guards.ts";
import type { Workspace } from "./workspace.ts";

/** An entity with its token, as it is to be committed. */
export interface SignedEntity {
  readonly path: StorePath;
  readonly publicKey: string;
  /** What is to be signed instead of a token, as long as a signature is awaited. */
  readonly token: string;
  readonly issuedAt: number;
  /** Whether it is signed for this commit, or moves as it is. */
  readonly signed: boolean;
  /** The public keys that its present one replaces. */
  readonly replacedKeys: readonly string[];
  /** Whether stores write no creds file of it. */
  readonly withoutCreds?: boolean;
  /** The public key whose signature has to come from elsewhere, or comes after that of an activation. */
  readonly awaits?: string;
}

/** Decides who signs what, makes users fit the keys that sign them, and refuses what would leave an unsound tree. */
export async function settleChanges(workspace: Workspace): Promise<readonly TreeChange[]> {
  const drafts = workspace.changedDrafts();
  const { deletes } = workspace.changes();
  const choices = new Map<string, SignerChoice>();
  await Promise.all(
    drafts.filter(mustSign).map(async (draft) => {
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
      try {
        fitToScope({ ...user, title: titleOf(draft.path) }, choice, before as ReadonlyDeep<UserClaims> | undefined);
      } catch (error) {
        if (!isNscError(error, "ERR_LIMITS")) throw error;
        refuse(workspace.context, error);
      }
      await nameAccount(workspace, user, choice);
    }
  }
  await assertTree(
    workspace,
    changes,
    deletes.map(({ path }) => path),
  );
  const now = nowOf(workspace.context);
  for (const change of changes) assertNoNewIssues(change, workspace, now);
  return changes;
}

/** A user says its account where the account itself does not sign; one that says it goes on doing so, as with nsc. */
async function nameAccount(
  workspace: Workspace,
  { path, claims }: Draft<UserClaims>,
  { signer }: SignerChoice,
): Promise<void> {
  const { sub } = await workspace.need<AccountPath>([path[0], path[1] as string]);
  if (signer.publicKey !== sub || claims.nats.issuer_account !== undefined) claims.nats.issuer_account = sub;
}

/** Signs what changed, as far as that can be done here. */
export async function signWorkspace(workspace: Workspace): Promise<readonly SignedEntity[]> {
  const changes = await settleChanges(workspace);
  const now = nowOf(workspace.context);
  return Promise.all(
    changes.map(async ({ draft, choice, before }): Promise<SignedEntity> => {
      const { path, replacedKeys, withoutCreds } = draft;
      const entity = { path, publicKey: draft.claims.sub, replacedKeys, withoutCreds };
      if (choice !== undefined)
        return { ...entity, signed: true, ...(await sign(workspace, draft, choice, before, now)) };
      const { token } = draft.before as StoredEntity;
      return { ...entity, signed: false, token, issuedAt: before?.iat ?? 0 };
    }),
  );
}

async function choiceFor(workspace: Workspace, draft: Draft): Promise<SignerChoice> {
  const { path, claims, requested } = draft;
  const [operatorName] = path;
  const find = (publicKey: string): Promise<Signer | undefined> => workspace.findIssuer(publicKey);
  const question = {
    what: `the ${titleOf(path)}`,
    requested,
    current: draft.before === undefined ? undefined : claims.iss,
    policy: workspace.context.signerPolicy,
    find,
  };
  if (path.length === 1) {
    // The identity alone, also when signing keys are demanded, unless one of the operator's other keys is asked for: the
    // identity may be where nobody gets at it.
    const { nats } = claims as OperatorClaims;
    const signing_keys = requested === undefined ? [] : (nats.signing_keys ?? []);
    const issuing = { ...claims, nats: { ...nats, signing_keys } } as OperatorClaims;
    const issuer = { title: `the ${titleOf(path)}`, claims: issuing, strict: false, rotations: [] };
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

/**
 * Under a managed operator an account signs itself, until the operator's version comes back, where that is asked for, and
 * where the operator's keys are elsewhere.
 */
async function accountChoice(
  workspace: Workspace,
  { path, claims, requested }: Draft<AccountClaims>,
  choose: () => Promise<SignerChoice>,
): Promise<SignerChoice> {
  const [operator] = path;
  const pending = pendingName(claims.sub);
  const isManaged = (await workspace.meta(operator, MANAGED)) !== undefined;
  const asked = isManaged ? await askedItself(workspace, claims.sub, requested) : undefined;
  if (asked !== undefined) {
    workspace.setMeta(operator, pending, "self-signed");
    return { signer: asked };
  }
  try {
    const choice = await choose();
    if ((await workspace.meta(operator, pending)) !== undefined) workspace.setMeta(operator, pending, undefined);
    return choice;
  } catch (error) {
    const isKeyless = isNscError(error, "ERR_SIGNER_MISSING") || isNscError(error, "ERR_SIGNING_KEY_REQUIRED");
    if (requested !== undefined || !isKeyless || !isManaged) throw error;
    const signer = await workspace.findIssuer(claims.sub);
    if (signer === undefined || (await holdsKeyOf(workspace, operator))) throw error;
    workspace.setMeta(operator, pending, "self-signed");
    return { signer };
  }
}

/** The identity of an account, if it was asked to sign the account. */
async function askedItself(
  workspace: Workspace,
  identity: string,
  requested: RequestedSigner | undefined,
): Promise<Signer | undefined> {
  if (requested === identity) return await workspace.findIssuer(identity);
  if (typeof requested !== "object" || !("sign" in requested)) return undefined;
  const signer = toSigner(requested);
  return signer.publicKey === identity ? signer : undefined;
}

/** Whether one of an operator's keys is at hand, so that it has to be asked for instead of doing without. */
async function holdsKeyOf(workspace: Workspace, operator: string): Promise<boolean> {
  const { sub, nats } = await workspace.need<OperatorPath>([operator]);
  const found = await Promise.all([sub, ...(nats.signing_keys ?? [])].map((key) => workspace.findIssuer(key)));
  return found.some((signer) => signer !== undefined);
}

/** Old faults are no reason to refuse an edit that mends another one. */
function assertNoNewIssues({ draft, choice, before }: TreeChange, workspace: Workspace, now: number): void {
  if (choice === undefined || draft.allowInvalid) return;
  const claims = { ...draft.claims, iss: choice.signer.publicKey } as EntityClaims;
  // An activation that waits was drawn up for its import, and is no token yet.
  const waits = new Map(waitsFor(workspace, draft).map((input) => [input, undefined]));
  const checked = waits.size === 0 ? claims : withActivations(claims as AccountClaims, waits);
  const issues = validate(checked, { now });
  const errors = issues.filter(({ level }) => level === "error");
  if (errors.length === 0) return;
  const known = new Set(before === undefined ? [] : validate(before as EntityClaims, { now }).map(describeIssue));
  for (const added of errors.filter((issue) => !known.has(describeIssue(issue)))) {
    const others = issues.filter((issue) => issue !== added);
    refuse(workspace.context, new ClaimsError(`the ${titleOf(draft.path)}: ${added.message}`, [added, ...others]));
  }
}

function describeIssue({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code} ${message}`;
}

/** The activations in an account that have to be signed elsewhere before it, by their inputs. */
function waitsFor({ activations }: Workspace, { path, claims }: Draft): readonly string[] {
  return path.length === 2 ? pendingIn(claims as AccountClaims, activations) : [];
}

async function sign(
  workspace: Workspace,
  draft: Draft,
  { signer }: SignerChoice,
  before: ReadonlyDeep<EntityClaims> | undefined,
  now: number,
): Promise<Pick<SignedEntity, "token" | "issuedAt" | "awaits">> {
  const { path, claims } = draft;
  let revoked: ReturnType<typeof revokedAt> = {};
  if (path.length === 3) {
    const account = await workspace.need<AccountPath>([path[0], path[1]]);
    revoked = revokedAt(account.nats, claims.sub);
  }
  const issuedAt = issuedAtFor(`the ${titleOf(path)}`, now, { previous: before?.iat, ...revoked });
  const options = { issuedAt, engine: workspace.context.engine };
  const mustWait = signer instanceof AbsentSigner || waitsFor(workspace, draft).length > 0;
  if (!mustWait) return { token: await encode(claims, signer, options), issuedAt };
  return { token: signingInput(claims, signer, options), issuedAt, awaits: signer.publicKey };
}
