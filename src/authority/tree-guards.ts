/**
 * What must hold across entities once a transaction is committed. Servers take each token for itself, and so would take a
 * tree that does not fit together.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { hasJetStream } from "../jwt/limits.ts";
import type { OperatorClaims, OperatorNats } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { findSigningKey, scopesOf } from "../jwt/scopes.ts";
import { signingKeyOf, type UserScope } from "../jwt/signing-keys.ts";
import type { UserClaims } from "../jwt/user.ts";
import { pathKey } from "../store/paths.ts";
import type { StorePath } from "../store/store.ts";
import { checkTolerantly, refuse } from "./context.ts";
import type { Draft } from "./drafts.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { type AccountPath, type OperatorPath, titleOf, type UserPath } from "./paths.ts";
import { assertIdentityStays, assertNotRotating } from "./rotation-state.ts";
import { assertAllowed, assertFitsTemplate, bearerDisallowed } from "./scoped-users.ts";
import type { SignerChoice } from "./signer-choice.ts";
import { assertTemplateValues, assertVariables, dependsOnUser, templateSourceOf } from "./templates.ts";
import type { Workspace } from "./workspace.ts";

/** A change of a transaction. */
export interface TreeChange {
  readonly draft: Draft;
  /** The claims before; nothing for a new entity. */
  readonly before: ReadonlyDeep<EntityClaims> | undefined;
  /** Who signs; nothing for an entity that only moves. */
  readonly choice: SignerChoice | undefined;
}

/**
 * Refuses what would leave entities that servers refuse or misunderstand.
 *
 * @throws NscError `ERR_LIMITS`, `ERR_SIGNING_KEY_IN_USE`, `ERR_SIGNING_KEY_REQUIRED`, `ERR_ROTATION_STAGE`,
 * `ERR_ROLE_TEMPLATE`, `ERR_BEARER_DISALLOWED`, `ERR_SYSTEM_ACCOUNT`
 */
export async function assertTree(
  workspace: Workspace,
  changes: readonly TreeChange[],
  deleted: readonly StorePath[],
): Promise<void> {
  const tree = new Tree(workspace, changes);
  for (const { draft, before } of changes) {
    if (draft.path.length === 1)
      await tree.assertOperator(draft.path, before as ReadonlyDeep<OperatorClaims> | undefined);
    else if (draft.path.length === 2) {
      await tree.assertAccount(draft.path, before as ReadonlyDeep<AccountClaims> | undefined);
    } else await tree.assertUser(draft.path);
  }
  for (const path of deleted) if (path.length === 2) await tree.assertDeletable(path);
}

class Tree {
  readonly #workspace: Workspace;
  readonly #changes: ReadonlyMap<string, TreeChange>;

  constructor(workspace: Workspace, changes: readonly TreeChange[]) {
    this.#workspace = workspace;
    this.#changes = new Map(changes.map((change) => [pathKey(change.draft.path), change]));
  }

  async assertOperator(path: OperatorPath, before: ReadonlyDeep<OperatorClaims> | undefined): Promise<void> {
    const claims = await this.#workspace.need(path);
    const isStrict = claims.nats.strict_signing_key_usage === true;
    if (isStrict && (claims.nats.signing_keys ?? []).length === 0) {
      throw new NscError(
        "ERR_SIGNING_KEY_REQUIRED",
        `the ${titleOf(path)} can't demand signing keys as long as it has none: add one`,
      );
    }
    const system = claims.nats.system_account;
    if (system !== undefined && system !== before?.nats.system_account) await this.#assertSystemAccount(path, system);
    const removed = removedKeys(before, claims, this.#workspace);
    await assertNotRotating(this.#workspace, path, claims.sub, removed);
    const wasStrict = before?.nats.strict_signing_key_usage === true;
    if (before !== undefined && wasStrict !== isStrict) await assertIdentityStays(this.#workspace, path, claims.sub);
    const becomesStrict = isStrict && !wasStrict;
    if (removed.size === 0 && !becomesStrict) return;
    for (const name of await this.#workspace.names(path)) {
      const account: AccountPath = [path[0], name];
      const issuer = await this.#issuerOf(account);
      assertKept(removed, issuer, path, account);
      if (becomesStrict) await this.#assertStrict(claims.sub, account, issuer);
    }
  }

  async #assertStrict(operator: string, path: AccountPath, issuer: string | undefined): Promise<void> {
    if (issuer === operator) throw identitySigned(path);
    const account = await this.#workspace.readSound(path);
    if (account === undefined) return;
    for (const name of await this.#workspace.names(path)) {
      const user: UserPath = [...path, name];
      if ((await this.#issuerOf(user)) === account.sub) throw identitySigned(user);
    }
  }

  async #assertSystemAccount(path: OperatorPath, publicKey: string): Promise<void> {
    for (const name of await this.#workspace.names(path)) {
      const account = await this.#workspace.readSound<AccountPath>([path[0], name]);
      if (account?.sub === publicKey) assertNoJetStream([path[0], name], account);
    }
  }

  async assertAccount(path: AccountPath, before: ReadonlyDeep<AccountClaims> | undefined): Promise<void> {
    const claims = await this.#workspace.need(path);
    const operator = await this.#workspace.need<OperatorPath>([path[0]]);
    if (operator.nats.system_account === claims.sub) assertNoJetStream(path, claims);
    const { context } = this.#workspace;
    checkTolerantly(context, () => assertRoleLimits(before, claims));
    const changed = changedScopes(before, claims);
    for (const scope of changed) checkTolerantly(context, () => assertVariables(scope));
    // What variables take from the account may be another thing, too.
    const scopes = hasSameTemplateValues(before, claims) ? changed : scopesOf(claims.nats);
    for (const scope of scopes) {
      checkTolerantly(context, () => assertTemplateValues(scope, { account: templateSourceOf(claims) }));
    }
    const removed = removedKeys(before, claims, this.#workspace);
    await assertNotRotating(this.#workspace, path, claims.sub, removed);
    const rescoped = rescopedKeys(before, claims, this.#workspace);
    const byUser = new Map(scopes.filter(dependsOnUser).map((scope) => [scope.key, scope]));
    const disallowsBearer = claims.nats.limits.disallow_bearer === true && before?.nats.limits.disallow_bearer !== true;
    const bearerRoles = newBearerRoles(before, claims);
    if (before === undefined) return;
    const sizes = removed.size + rescoped.size + byUser.size + bearerRoles.size;
    if (sizes === 0 && !disallowsBearer) return;
    for (const name of await this.#workspace.names(path)) {
      const user: UserPath = [...path, name];
      const issuer = await this.#issuerOf(user);
      assertKept(removed, issuer, path, user);
      // Whoever is signed again fits the key as it is now.
      if (this.#changes.get(pathKey(user))?.choice === undefined) assertKept(rescoped, issuer, path, user);
      const scope = issuer === undefined ? undefined : byUser.get(issuer);
      const userClaims = await this.#workspace.readSound(user);
      if (userClaims === undefined) continue;
      if (scope !== undefined) {
        checkTolerantly(context, () => assertFitsTemplate(userClaims, claims, scope));
      }
      const isBearer = disallowsBearer && userClaims.nats.bearer_token === true;
      if (isBearer || (issuer !== undefined && bearerRoles.has(issuer))) {
        refuse(context, bearerDisallowed(path[1], titleOf(user)));
      }
    }
  }

  async assertUser(path: UserPath): Promise<void> {
    const choice = this.#changes.get(pathKey(path))?.choice;
    if (choice === undefined) return;
    const claims: ReadonlyDeep<UserClaims> = await this.#workspace.need(path);
    const account = await this.#workspace.need<AccountPath>([path[0], path[1]]);
    const { context } = this.#workspace;
    assertAllowed({ title: titleOf(path), claims }, { name: path[1], claims: account }, choice.scope, context);
  }

  async assertDeletable(path: AccountPath): Promise<void> {
    const operator = await this.#workspace.read<OperatorPath>([path[0]]);
    const account = await this.#workspace.stored(path);
    if (account === undefined || operator?.nats.system_account !== account.claims.sub) return;
    const moved = [...this.#changes.values()].some(({ draft }) => draft.claims.sub === account.claims.sub);
    if (moved) return;
    const message = `the ${titleOf(path)} is the system account: make another account the operator's system_account first`;
    refuse(this.#workspace.context, new NscError("ERR_SYSTEM_ACCOUNT", message));
  }

  /** Who will have signed what is at a place. */
  async #issuerOf(path: AccountPath | UserPath): Promise<string | undefined> {
    const choice = this.#changes.get(pathKey(path))?.choice;
    return choice === undefined ? (await this.#workspace.readSound(path))?.iss : choice.signer.publicKey;
  }
}

/** The keys that go without having been let go: signing keys, and an identity that is replaced. */
function removedKeys(
  before: ReadonlyDeep<OperatorClaims | AccountClaims> | undefined,
  after: ReadonlyDeep<OperatorClaims | AccountClaims>,
  workspace: Workspace,
): ReadonlySet<string> {
  const left = new Set([after.sub, ...(after.nats.signing_keys ?? []).map(signingKeyOf)]);
  const isStrict = (before?.nats as Partial<OperatorNats> | undefined)?.strict_signing_key_usage === true;
  const identity = before === undefined || isStrict ? [] : [before.sub];
  const removed = [...identity, ...(before?.nats.signing_keys ?? []).map(signingKeyOf)];
  return new Set(removed.filter((key) => !left.has(key) && !workspace.isReleased(key)));
}

/** The signing keys that get a scope or lose it without having been let go. Users of the one kind are cut off or refused with the other. */
function rescopedKeys(
  before: ReadonlyDeep<AccountClaims> | undefined,
  after: ReadonlyDeep<AccountClaims>,
  workspace: Workspace,
): ReadonlySet<string> {
  const kinds = new Map((before?.nats.signing_keys ?? []).map((key) => [signingKeyOf(key), typeof key]));
  const keys = after.nats.signing_keys ?? [];
  const rescoped = keys.filter((key) => (kinds.get(signingKeyOf(key)) ?? typeof key) !== typeof key).map(signingKeyOf);
  return new Set(rescoped.filter((key) => !workspace.isReleased(key)));
}

/** The roles whose users become bearers that the account does not allow. */
function newBearerRoles(
  before: ReadonlyDeep<AccountClaims> | undefined,
  after: ReadonlyDeep<AccountClaims>,
): ReadonlySet<string> {
  if (after.nats.limits.disallow_bearer !== true) return new Set();
  const bearersOf = ({ nats }: ReadonlyDeep<AccountClaims>): string[] =>
    scopesOf(nats)
      .filter(({ template }) => template.bearer_token === true)
      .map(({ key }) => key);
  const known = before?.nats.limits.disallow_bearer === true ? bearersOf(before) : [];
  return new Set(bearersOf(after).filter((key) => !known.includes(key)));
}

function assertKept(
  removed: ReadonlySet<string>,
  issuer: string | undefined,
  holder: StorePath,
  dependant: StorePath,
): void {
  if (issuer === undefined || !removed.has(issuer)) return;
  throw new NscError(
    "ERR_SIGNING_KEY_IN_USE",
    `the ${titleOf(dependant)} is signed by ${issuer}, so the ${titleOf(holder)} needs this signing key: have it signed by another key first, as rotateSigningKey does, or remove the key with removeSigningKey and force`,
  );
}

/** In a role a limit of 0 is not written, and what is not written is unlimited there. */
function assertRoleLimits(before: ReadonlyDeep<AccountClaims> | undefined, after: ReadonlyDeep<AccountClaims>): void {
  for (const { key, role, template } of scopesOf(after.nats)) {
    const former = before && findSigningKey(before.nats, key);
    for (const name of ["subs", "data", "payload"] as const) {
      if (Number(template[name] ?? -1) !== 0) continue;
      if (typeof former === "object" && Number(former.template[name]) === 0) continue;
      throw new NscError(
        "ERR_LIMITS",
        `${name} of the role ${JSON.stringify(role)} is 0, which servers read as unlimited in a role: a limit is at least 1, and -1 is none`,
      );
    }
  }
}

/** Whether what the variables of roles take from the account is as it was. */
function hasSameTemplateValues(
  before: ReadonlyDeep<AccountClaims> | undefined,
  after: ReadonlyDeep<AccountClaims>,
): boolean {
  return before?.name === after.name && JSON.stringify(before?.nats.tags) === JSON.stringify(after.nats.tags);
}

/** The scopes whose subjects are not as they were. */
function changedScopes(
  before: ReadonlyDeep<AccountClaims> | undefined,
  after: ReadonlyDeep<AccountClaims>,
): readonly ReadonlyDeep<UserScope>[] {
  return scopesOf(after.nats).filter((scope) => {
    const former = before && findSigningKey(before.nats, scope.key);
    return subjectsOf(former) !== subjectsOf(scope);
  });
}

function subjectsOf(key: ReadonlyDeep<string | UserScope> | undefined): string {
  return typeof key === "object" ? JSON.stringify([key.template.pub, key.template.sub]) : "";
}

function assertNoJetStream(path: AccountPath, account: ReadonlyDeep<AccountClaims>): void {
  if (!hasJetStream(account.nats.limits) && account.nats.limits.tiered_limits === undefined) return;
  throw new NscError("ERR_SYSTEM_ACCOUNT", `the ${titleOf(path)} is the system account, which can't have JetStream`);
}

function identitySigned(path: AccountPath | UserPath): NscError {
  return new NscError(
    "ERR_SIGNING_KEY_REQUIRED",
    `the ${titleOf(path)} is signed by an identity, which an operator that demands signing keys does not allow: use requireSigningKeys`,
  );
}
