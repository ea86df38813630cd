import { NscError } from "../errors.ts";
import { createUserClaims } from "../jwt/create-claims.ts";
import { revoke } from "../jwt/revocations.ts";
import type { UserClaims } from "../jwt/user.ts";
import { nowOf } from "./context.ts";
import { replaceKey, request } from "./drafts.ts";
import type { EditOptions } from "./edit-claims.ts";
import { applyInit, assertKeyFree, type EntityInit } from "./entity-init.ts";
import { entityKey, type KeyInput } from "./key-input.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, titleOf, type UserPath } from "./paths.ts";
import { type PermissionsInit, permissionsOf } from "./permissions-input.ts";
import { assertRole } from "./scoped-users.ts";
import type { SignerInput } from "./signer-choice.ts";
import { deleteSeeds } from "./signing-keys.ts";
import { assertNoUserRotation, endUserRotation } from "./user-key-rotation-verbs.ts";
import type { Workspace } from "./workspace.ts";

/** What a user that is added or issued begins with. */
export interface UserInit extends PermissionsInit, Pick<EntityInit<UserClaims>, "tags" | "claims"> {
  /** The role that it gets its permissions and limits from; excludes permissions of its own. */
  readonly role?: string;
  /** Who signs, where it is no role: a public key of the account, a key pair or a `Signer`. */
  readonly signer?: SignerInput;
  /** Whether the token alone is enough to connect, without a signature of the user's key; false by default. */
  readonly bearer?: boolean;
}

/** Options of `Account.addUser`. */
export interface AddUserOptions extends UserInit, EntityInit<UserClaims> {
  /** A key that is there already: a seed or key pair, or the public key of one that is kept elsewhere. */
  readonly key?: KeyInput;
}

/** Options of `User.rotateKey`. */
export interface RotateUserKeyOptions extends EditOptions {
  /** The new key: a seed or key pair, or the public key of one that is kept elsewhere; a fresh one by default. */
  readonly key?: KeyInput;
  /** Whether the tokens of the old key are revoked in the account; true by default. */
  readonly revokeOld?: boolean;
  /** Whether the seed of the old key is removed from the store; false by default. */
  readonly deleteKey?: boolean;
}

/** What `User.rotateKey` did. */
export interface RotatedUserKey {
  /** The public key that the user had. */
  readonly from: string;
  /** The public key that the user has. */
  readonly to: string;
}

/** Options of `User.delete`. */
export interface DeleteUserOptions {
  /** Whether the tokens of the user are revoked in the account; true by default. */
  readonly revoke?: boolean;
  /** Whether the seed of its key is removed from the store; false by default. */
  readonly deleteKeys?: boolean;
  /** Whether a creds file stays; false by default. */
  readonly keepCreds?: boolean;
}

const USER_INIT = ["pub", "sub", "responses", "role", "signer", "tags", "bearer", "claims"];
const ADD_USER = [...USER_INIT, "key", "expires", "notBefore"];
export const ISSUE_USER: readonly string[] = [...USER_INIT, "key", "expires"];

/** Adds a user to an account. */
export async function addUser(
  workspace: Workspace,
  [operator, account]: AccountPath,
  name: string,
  options: AddUserOptions,
): Promise<UserPath> {
  assertKnownOptions(options, ADD_USER);
  const path: UserPath = [operator, account, name];
  await workspace.assertFree(path);
  const key = entityKey("user", options.key, workspace.context);
  if (options.key !== undefined) await assertKeyFree(workspace, path, key.publicKey);
  const claims = userClaims(key.publicKey, name, options);
  applyInit(claims, options, nowOf(workspace.context));
  if (options.role !== undefined) {
    const parent: AccountPath = [operator, account];
    assertRole(await workspace.need(parent), `the ${titleOf(parent)}`, options.role);
  }
  const draft = await workspace.create(path, claims);
  request(draft, options.role === undefined ? options.signer : { role: options.role });
  workspace.addKey(key);
  return path;
}

/** The claims that a user begins with, but for what any entity may begin with. */
export function userClaims(publicKey: string, name: string, init: UserInit): UserClaims {
  const { role, signer, bearer } = init;
  if (role !== undefined && signer !== undefined) throw invalid("a user has either a role or another signer");
  if (role !== undefined && typeof role !== "string") throw invalid("the role must be the name of one");
  if (bearer !== undefined && typeof bearer !== "boolean") throw invalid("bearer must be true or false");
  const claims = createUserClaims(publicKey, { name, nats: permissionsOf(init) });
  if (bearer === true) claims.nats.bearer_token = true;
  return claims;
}

/** Gives a user another name. */
export async function renameUser(workspace: Workspace, path: UserPath, name: string): Promise<void> {
  const to: UserPath = [path[0], path[1], name];
  await workspace.assertFree(to);
  (await workspace.move(path, to)).claims.name = name;
}

/** Gives a user another key under the same name. */
export async function rotateUserKey(
  workspace: Workspace,
  path: UserPath,
  options: RotateUserKeyOptions,
): Promise<RotatedUserKey> {
  assertKnownOptions(options, ["key", "revokeOld", "deleteKey", "signer"]);
  const { revokeOld = true, deleteKey = false, signer } = options;
  const { sub: from, iat = 0 } = await workspace.need(path);
  await assertNoUserRotation(workspace, path, from);
  const key = entityKey("user", options.key, workspace.context);
  const { publicKey: to } = key;
  if (to === from) throw new NscError("ERR_ENTITY_EXISTS", `${to} is the key of the ${titleOf(path)} already`);
  if (options.key !== undefined) await assertKeyFree(workspace, path, to);
  const draft = await workspace.draft(path);
  replaceKey(draft, to);
  request(draft, signer);
  workspace.addKey(key);
  const account: AccountPath = [path[0], path[1]];
  const { authorization } = (await workspace.need(account)).nats;
  if (authorization?.auth_users?.includes(from)) {
    // Whom the account lets in without asking its auth callout is known there by his key.
    const { nats } = (await workspace.draft(account)).claims;
    const others = authorization.auth_users.filter((each) => each !== to && (each !== from || !revokeOld));
    nats.authorization = { ...nats.authorization, auth_users: [...others, to] };
  }
  if (revokeOld) {
    revoke((await workspace.draft(account)).claims.nats, from, Math.max(nowOf(workspace.context), iat));
  }
  if (deleteKey) await deleteSeeds(workspace, path[0], [from]);
  return { from, to };
}

/** Deletes a user and, unless told otherwise, revokes its tokens. */
export async function deleteUser(workspace: Workspace, path: UserPath, options: DeleteUserOptions): Promise<void> {
  assertKnownOptions(options, ["revoke", "deleteKeys", "keepCreds"]);
  const { revoke: revokes = true, deleteKeys = false, keepCreds = false } = options;
  const { sub, iat = 0 } = await workspace.need(path);
  const account: AccountPath = [path[0], path[1]];
  const old = await endUserRotation(workspace, account, sub);
  const keys = [{ from: sub, issuedAt: iat }, ...(old === undefined ? [] : [old])];
  if (revokes) {
    const { nats } = (await workspace.draft(account)).claims;
    for (const { from, issuedAt } of keys) revoke(nats, from, Math.max(nowOf(workspace.context), issuedAt));
  }
  workspace.delete(path, keepCreds);
  const deleted = keys.map(({ from }) => from);
  if (deleteKeys) await deleteSeeds(workspace, path[0], deleted);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
