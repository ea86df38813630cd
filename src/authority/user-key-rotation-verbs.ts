/**
 * The steps of a rotation of a user's key, each in one commit with the stage that it leads to.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import { revoke } from "../jwt/revocations.ts";
import { nowOf } from "./context.ts";
import { replaceKey, request } from "./drafts.ts";
import type { EditOptions } from "./edit-claims.ts";
import { assertKeyFree } from "./entity-init.ts";
import { entityKey, type KeyInput } from "./key-input.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, titleOf, type UserPath, userPlacesIn } from "./paths.ts";
import { isOf, type RotationKeys, wrongStage } from "./rotation-verbs.ts";
import type { SignerInput } from "./signer-choice.ts";
import { deleteSeeds } from "./signing-keys.ts";
import {
  presentKey,
  readUserRotations,
  type UserKeyRotationState,
  writeUserRotations,
} from "./user-key-rotation-state.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `User.rotateKeyInStages`. */
export interface RotateUserKeyInStagesOptions extends EditOptions {
  /** The new key: a seed or key pair, or the public key of one that is kept elsewhere; a fresh one by default. */
  readonly to?: KeyInput;
}

/** Begins the rotation of a user's key, or finds the one that is under way. */
export async function prepareUserRotation(
  workspace: Workspace,
  path: UserPath,
  options: RotateUserKeyInStagesOptions,
): Promise<UserKeyRotationState> {
  assertKnownOptions(options, ["to", "signer"]);
  const account: AccountPath = [path[0], path[1]];
  const { sub: from, iat: issuedAt = 0 } = await workspace.need(path);
  const rotations = await readUserRotations(workspace, account);
  const present = rotations.find((rotation) => presentKey(rotation) === from);
  if (present !== undefined && options.to === undefined) return present;
  const key = entityKey("user", options.to, workspace.context);
  const { publicKey: to } = key;
  if (present !== undefined) {
    if (to !== present.to) throw otherUnderWay(present, to);
    workspace.addKey(key);
    return present;
  }
  if (to === from) throw new NscError("ERR_ENTITY_EXISTS", `${to} is the key of the ${titleOf(path)} already`);
  if (options.to !== undefined) await assertKeyFree(workspace, path, to);
  workspace.addKey(key);
  const isKnown = (await authUsers(workspace, account)).includes(from);
  const rotation: UserKeyRotationState = { from, to, issuedAt, stage: isKnown ? "prepared" : "cut-over" };
  // Servers have to let it in before anybody uses it.
  if (isKnown) await setAuthUsers(workspace, account, (users) => [...users.filter((each) => each !== to), to]);
  else await switchKey(workspace, path, to, options.signer);
  await writeUserRotations(workspace, account, [...rotations, rotation]);
  return rotation;
}

/** Gives the user the new key. */
export async function cutOverUser(
  workspace: Workspace,
  path: AccountPath,
  keys: RotationKeys,
  signer: SignerInput | undefined,
): Promise<void> {
  const rotation = await assertStage(workspace, path, keys, "prepared");
  const [user] = userPlacesIn(await workspace.findKey(rotation.from), path);
  if (user === undefined) {
    const what = `the user of the key ${rotation.from} is gone from the ${titleOf(path)}: cancel the rotation`;
    throw new NscError("ERR_ENTITY_NOT_FOUND", what);
  }
  await assertListed(workspace, path, rotation);
  const { iat: issuedAt = 0 } = await workspace.need(user);
  await switchKey(workspace, user, rotation.to, signer);
  await replaceRotation(workspace, path, rotation, { ...rotation, issuedAt, stage: "cut-over" });
}

/** Revokes the old key, and ends the rotation. */
export async function retireUserKey(
  workspace: Workspace,
  path: AccountPath,
  keys: RotationKeys,
  { signer, deleteKey }: { readonly signer: SignerInput | undefined; readonly deleteKey: boolean },
): Promise<void> {
  const rotation = await assertStage(workspace, path, keys, "cut-over");
  const { from } = rotation;
  await assertListed(workspace, path, rotation);
  await dropAuthUser(workspace, path, from);
  const account = await workspace.draft(path);
  revoke(account.claims.nats, from, Math.max(nowOf(workspace.context), rotation.issuedAt));
  request(account, signer);
  await replaceRotation(workspace, path, rotation, undefined);
  if (deleteKey) await deleteSeeds(workspace, path[0], [from]);
}

/** Ends a rotation whose new key nobody has yet. */
export async function cancelUserRotation(
  workspace: Workspace,
  path: AccountPath,
  keys: RotationKeys,
  deleteKey: boolean,
): Promise<void> {
  const rotation = await findUserRotation(workspace, path, keys);
  if (rotation.stage === "cut-over") {
    throw new NscError(
      "ERR_ROTATION_STAGE",
      `the rotation of ${keys.from} to ${keys.to} is cut over and can't be cancelled: retire the old key, and rotate from the new one to another if need be`,
    );
  }
  const { to } = rotation;
  await dropAuthUser(workspace, path, to);
  await replaceRotation(workspace, path, rotation, undefined);
  if (deleteKey) await deleteSeeds(workspace, path[0], [to]);
}

/**
 * Ends the rotation of a user that is deleted.
 *
 * @returns the old key, whose tokens are valid still, and when the newest of them was issued
 */
export async function endUserRotation(
  workspace: Workspace,
  path: AccountPath,
  publicKey: string,
): Promise<Pick<UserKeyRotationState, "from" | "issuedAt"> | undefined> {
  const rotations = await readUserRotations(workspace, path);
  const rotation = rotations.find((each) => presentKey(each) === publicKey);
  if (rotation === undefined) return undefined;
  if (rotation.stage === "prepared") await cancelUserRotation(workspace, path, rotation, true);
  else await replaceRotation(workspace, path, rotation, undefined);
  return rotation.stage === "cut-over" ? rotation : undefined;
}

/**
 * Refuses to give another key to a user whose key is being rotated.
 *
 * @throws NscError `ERR_ROTATION_STAGE`
 */
export async function assertNoUserRotation(workspace: Workspace, path: UserPath, publicKey: string): Promise<void> {
  const rotations = await readUserRotations(workspace, [path[0], path[1]]);
  const rotation = rotations.find((each) => presentKey(each) === publicKey);
  if (rotation !== undefined) throw otherUnderWay(rotation, "another one");
}

/** The rotation of two keys, which must be under way. */
export async function findUserRotation(
  workspace: Workspace,
  path: AccountPath,
  keys: RotationKeys,
): Promise<UserKeyRotationState> {
  const rotation = (await readUserRotations(workspace, path)).find((each) => isOf(each, keys));
  if (rotation !== undefined) return rotation;
  throw new NscError(
    "ERR_ENTITY_NOT_FOUND",
    `no rotation of the key ${keys.from} of a user of the ${titleOf(path)} to ${keys.to} is under way: it was retired or cancelled, or the user deleted`,
  );
}

function otherUnderWay({ from, to, stage }: UserKeyRotationState, wanted: string): NscError {
  const end = stage === "prepared" ? "advance or cancel" : "retire";
  return new NscError(
    "ERR_ROTATION_STAGE",
    `a rotation of the key ${from} to ${to} is under way (${stage}), so it can't go to ${wanted}: ${end} it first`,
  );
}

async function assertStage(
  workspace: Workspace,
  path: AccountPath,
  keys: RotationKeys,
  due: UserKeyRotationState["stage"],
): Promise<UserKeyRotationState> {
  const rotation = await findUserRotation(workspace, path, keys);
  if (rotation.stage === due) return rotation;
  throw wrongStage(keys, rotation.stage, due);
}

async function replaceRotation(
  workspace: Workspace,
  path: AccountPath,
  keys: RotationKeys,
  next: UserKeyRotationState | undefined,
): Promise<void> {
  const others = (await readUserRotations(workspace, path)).filter((each) => !isOf(each, keys));
  await writeUserRotations(workspace, path, next === undefined ? others : [...others, next]);
}

async function switchKey(
  workspace: Workspace,
  path: UserPath,
  to: string,
  signer: SignerInput | undefined,
): Promise<void> {
  const draft = await workspace.draft(path);
  replaceKey(draft, to);
  request(draft, signer);
}

/** Whom an account lets in without asking its auth callout: it knows them by their keys. */
async function authUsers(workspace: Workspace, path: AccountPath): Promise<readonly string[]> {
  return (await workspace.need(path)).nats.authorization?.auth_users ?? [];
}

async function setAuthUsers(
  workspace: Workspace,
  path: AccountPath,
  change: (users: readonly string[]) => string[],
): Promise<void> {
  const { nats } = (await workspace.draft(path)).claims;
  nats.authorization = { ...nats.authorization, auth_users: change(nats.authorization.auth_users ?? []) };
}

async function dropAuthUser(workspace: Workspace, path: AccountPath, key: string): Promise<void> {
  if (!(await authUsers(workspace, path)).includes(key)) return;
  await setAuthUsers(workspace, path, (users) => users.filter((each) => each !== key));
}

/** Without the new key beside the old one, the auth callout would have nobody, or not this user, who answers. */
async function assertListed(workspace: Workspace, path: AccountPath, { from, to }: RotationKeys): Promise<void> {
  const users = await authUsers(workspace, path);
  if (users.includes(to) || !users.includes(from)) return;
  throw new NscError(
    "ERR_ROTATION_STAGE",
    `somebody removed ${to} from the auth_users of the ${titleOf(path)}, which ${from} is among: add it again`,
  );
}
