import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { createAccountClaims } from "../jwt/create-claims.ts";
import type { UserPermissionLimits } from "../jwt/limits.ts";
import { createScope, scopesNamed } from "../jwt/scopes.ts";
import { signingKeyOf, type UserScope } from "../jwt/signing-keys.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import { isKeyKind } from "../nkeys/kinds.ts";
import { nowOf } from "./context.ts";
import { type Draft, request } from "./drafts.ts";
import { callEdit, type EditOptions, editClaims } from "./edit-claims.ts";
import { applyInit, assertKeyFree, type EntityInit } from "./entity-init.ts";
import { type JetStreamOption, setJetStream } from "./jetstream.ts";
import { entityKey, type KeyInput, signingKeyOfNew } from "./key-input.ts";
import { pendingName, pushName, rotationName, userRotationsName } from "./meta.ts";
import { assertEntityName } from "./names.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, titleOf, type UserPath } from "./paths.ts";
import { type PermissionsInit, permissionsOf } from "./permissions-input.ts";
import type { AccountTemplate } from "./plan/desired-state.ts";
import { addSigningKey, deleteSeeds } from "./signing-keys.ts";
import { readUserRotations } from "./user-key-rotation-state.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `Operator.addAccount`. */
export interface AddAccountOptions extends EntityInit<AccountClaims>, EditOptions {
  /** A key that is there already: a seed or key pair, or the public key of one that is kept elsewhere. */
  readonly key?: KeyInput;
  /** Whether it gets a signing key (true), or which; false by default. */
  readonly signingKey?: boolean | KeyInput;
  /** JetStream: unlimited, with limits, or in tiers; none by default. */
  readonly jetstream?: JetStreamOption;
  /** Permissions of users that have none of their own. */
  readonly defaultPermissions?: PermissionsInit;
  /** Settings of another account, or ones that were written down; what else is said here goes before them. */
  readonly template?: AccountTemplate;
}

const ADD_ACCOUNT = "template key signingKey jetstream defaultPermissions tags expires notBefore claims signer".split(
  " ",
);

/** Adds an account to an operator; settings of a template come after. */
export async function addAccount(
  workspace: Workspace,
  operator: string,
  name: string,
  options: AddAccountOptions,
): Promise<AccountPath> {
  assertKnownOptions(options, ADD_ACCOUNT);
  assertEntityName(name, "the name of an account");
  const path: AccountPath = [operator, name];
  await workspace.assertFree(path);
  const key = entityKey("account", options.key, workspace.context);
  if (options.key !== undefined) await assertKeyFree(workspace, path, key.publicKey);
  const { signingKey = false, jetstream } = options;
  const signing = signingKeyOfNew("account", signingKey, key, workspace.context);
  if (signing !== undefined && signingKey !== true) await assertKeyFree(workspace, path, signing.publicKey);
  const { defaultPermissions = {} } = options;
  assertKnownOptions(defaultPermissions, ["pub", "sub", "responses"]);
  const claims = createAccountClaims(key.publicKey, {
    name,
    nats: {
      default_permissions: permissionsOf(defaultPermissions),
      ...(signing && { signing_keys: [signing.publicKey] }),
    },
  });
  if (jetstream !== undefined) setJetStream(claims.nats.limits, jetstream);
  applyInit(claims, options, nowOf(workspace.context));
  const draft = await workspace.create(path, claims);
  request(draft, options.signer);
  workspace.addKey(key);
  if (signing !== undefined) workspace.addKey(signing);
  return path;
}

/** What a role begins with. */
export interface RoleInit extends PermissionsInit {
  /** For people. */
  readonly description?: string;
  /** A signing key that is there already; a fresh one by default. */
  readonly key?: KeyInput;
  /** Anything else: changes the template, whose limits are unlimited at first. */
  readonly template?: (template: UserPermissionLimits) => void;
}

const ROLE = "pub sub responses description key template".split(" ");

/** Adds a signing key with a scope. */
export async function addRole(workspace: Workspace, path: AccountPath, role: string, init: RoleInit): Promise<string> {
  assertKnownOptions(init, ROLE);
  assertRoleName(role);
  const { nats } = await workspace.need(path);
  if (scopesNamed(nats, role).length > 0) throw roleExists(path, role);
  const { description, template: edit, key } = init;
  const template: UserPermissionLimits = { ...permissionsOf(init), subs: -1, data: -1, payload: -1 };
  if (edit !== undefined) callEdit(edit, template);
  const scope = (publicKey: string): UserScope =>
    createScope(publicKey, { role, template, ...(description !== undefined && { description }) });
  return addSigningKey(workspace, path, key === undefined ? {} : { key }, scope);
}

/** Changes the scope of a role, all its keys alike. */
export async function editRole(
  workspace: Workspace,
  path: AccountPath,
  role: string,
  edit: (scope: UserScope) => void,
): Promise<void> {
  await editClaims(workspace, path, ({ nats }) => {
    const scopes = scopesNamed(nats, role);
    if (scopes.length === 0) throw noRole(path, role);
    for (const scope of scopes) {
      const { key, kind } = scope;
      callEdit(edit, scope);
      if (scope.key === key && scope.kind === kind) continue;
      throw new NscError("ERR_CLAIMS_MANAGED", "the key and the kind of a role are not for an edit to change");
    }
    const [{ role: name }] = scopes as [UserScope];
    if (name === role) return;
    assertRoleName(name);
    if (scopesNamed(nats, name).length > scopes.length) throw roleExists(path, name);
  });
}

/** A role must not be taken for a key, which would be asked to sign in its place. */
function assertRoleName(role: unknown): asserts role is string {
  assertEntityName(role, "the name of a role");
  if (!isKeyKind(keyPrefix(role))) return;
  throw new NscError("ERR_NAME_INVALID", "the name of a role can't be a public key");
}

function roleExists(path: AccountPath, role: string): NscError {
  return new NscError("ERR_ENTITY_EXISTS", `the ${titleOf(path)} has a role ${JSON.stringify(role)} already`);
}

export function noRole(path: AccountPath, role: string): NscError {
  return new NscError("ERR_ENTITY_NOT_FOUND", `the ${titleOf(path)} has no role ${JSON.stringify(role)}`);
}

/** Options of `Account.delete`. */
export interface DeleteAccountOptions {
  /** Whether the seeds of its keys and those of its users are removed from the store; false by default. */
  readonly deleteKeys?: boolean;
  /** Whether creds files stay; false by default. */
  readonly keepCreds?: boolean;
}

/** Deletes an account with its users. */
export async function deleteAccount(
  workspace: Workspace,
  path: AccountPath,
  options: DeleteAccountOptions,
): Promise<void> {
  assertKnownOptions(options, ["deleteKeys", "keepCreds"]);
  const { deleteKeys = false, keepCreds = false } = options;
  const account = await workspace.need(path);
  const keys = [account.sub, ...(account.nats.signing_keys ?? []).map(signingKeyOf)];
  if (account.nats.authorization?.xkey) keys.push(account.nats.authorization.xkey);
  if (deleteKeys) for (const { from, to } of await readUserRotations(workspace, path)) keys.push(from, to);
  for (const name of await workspace.names(path)) {
    const user: UserPath = [...path, name];
    const claims = await workspace.readSound(user);
    if (claims !== undefined) keys.push(claims.sub);
    workspace.delete(user, keepCreds);
  }
  workspace.delete(path);
  for (const nameOf of [pendingName, pushName, rotationName, userRotationsName]) {
    const name = nameOf(account.sub);
    if ((await workspace.meta(path[0], name)) !== undefined) workspace.setMeta(path[0], name, undefined);
  }
  if (deleteKeys) await deleteSeeds(workspace, path[0], keys);
}

/** Gives an account another name. Its users stay as they are, below the new name. */
export async function renameAccount(workspace: Workspace, path: AccountPath, name: string): Promise<void> {
  const to: AccountPath = [path[0], name];
  await workspace.assertFree(to);
  (await moveAccount(workspace, path, to)).claims.name = name;
}

/** Moves an account with its users to a place that is free. */
export async function moveAccount(workspace: Workspace, from: AccountPath, to: AccountPath): Promise<Draft> {
  const users = await workspace.names(from);
  // What can't be read is found before anything moves.
  for (const user of users) await workspace.need<UserPath>([...from, user]);
  const moved = await workspace.move(from, to);
  for (const user of users) await workspace.move([...from, user], [...to, user]);
  return moved;
}
