/**
 * The steps of a rotation of a signing key, each in one commit with the stage that it leads to.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { copyClaims } from "../jwt/copy-claims.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { findSigningKey, removeSigningKeys, scopesNamed } from "../jwt/scopes.ts";
import { type SigningKey, signingKeyOf, type UserScope } from "../jwt/signing-keys.ts";
import { pathBelow } from "../store/paths.ts";
import type { StorePath } from "../store/store.ts";
import type { Context } from "./context.ts";
import { requestShown } from "./drafts.ts";
import { changeIdentity, newIdentity, reissueAccounts } from "./identity-verbs.ts";
import { entityKey, type KeyInput } from "./key-input.ts";
import { activationsIn } from "./known-activations.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, type ClaimsAt, kindAt, type OperatorPath, titleOf } from "./paths.ts";
import { type HolderPath, isOfIdentity, type RotationState, readRotations, writeRotations } from "./rotation-state.ts";
import { addSigningKey, deleteSeeds, hasKey } from "./signing-keys.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `rotateSigningKey`. */
export interface RotateSigningKeyOptions {
  /** The signing key that is to be replaced: its public key, or the name of a role that has one key. */
  readonly from: string;
  /**
   * The key that takes its place: a seed or key pair, or the public key or `Signer` of one that is kept elsewhere; a fresh
   * one by default. It must be no key of the holder yet.
   */
  readonly to?: KeyInput;
}

/** Options of `Operator.rotateIdentity`. */
export interface RotateIdentityOptions {
  /**
   * The new identity: a seed or key pair, or the public key or `Signer` of one that is kept elsewhere; a fresh one by default.
   * It must be no key of the operator yet.
   */
  readonly to?: KeyInput;
}

/** The two keys of a rotation. */
export type RotationKeys = Pick<RotationState, "from" | "to">;

/** What holds signing keys, in the shape that operators and accounts share. */
interface KeyHolder {
  readonly signing_keys?: readonly ReadonlyDeep<SigningKey>[];
}

/** More names than these are for plan to tell. */
const MAX_NAMED = 10;

/** Adds the new key and remembers the rotation; or finds the one that is under way. */
export async function prepareRotation(
  workspace: Workspace,
  path: HolderPath,
  options: RotateSigningKeyOptions,
): Promise<RotationKeys> {
  assertKnownOptions(options, ["from", "to"]);
  const { sub, nats } = await workspace.need<HolderPath>(path);
  const rotations = await readRotations(workspace, path, sub);
  const from = keyToRotate(path, { sub, nats }, rotations, options.from);
  const present = rotations.find((rotation) => rotation.from === from);
  if (present !== undefined) return resumeRotation(workspace, path, present, options.to);
  const key = options.to === undefined ? {} : { key: options.to };
  const to = await addSigningKey(workspace, path, key, await scopeLike(workspace, path, from));
  writeRotations(workspace, path, sub, [...rotations, { from, to, stage: "prepared" }]);
  return { from, to };
}

/** Gives another key the scope that a key has, if it has one, with all its members, known or not. */
async function scopeLike(
  workspace: Workspace,
  path: HolderPath,
  from: string,
): Promise<((key: string) => UserScope) | undefined> {
  if (path.length === 1) return undefined;
  const { nats } = copyClaims((await workspace.need(path)) as AccountClaims);
  const scope = findSigningKey(nats, from);
  return typeof scope === "object" ? (key) => Object.assign(scope, { key }) : undefined;
}

function keyToRotate(
  path: HolderPath,
  { sub, nats }: { readonly sub: string; readonly nats: KeyHolder },
  rotations: readonly RotationState[],
  wanted: unknown,
): string {
  if (typeof wanted !== "string") {
    throw new NscError("ERR_ARGUMENT_INVALID", "from must be the public key of a signing key, or the name of a role");
  }
  const title = `the ${titleOf(path)}`;
  const other = rotations.find(({ to }) => to === wanted);
  if (other !== undefined) {
    throw new NscError(
      "ERR_ROTATION_STAGE",
      `${wanted} takes the place of ${other.from} in a rotation of ${title} that is under way: end that one first`,
    );
  }
  const isKey = (nats.signing_keys ?? []).some((key) => signingKeyOf(key) === wanted);
  if (isKey || rotations.some(({ from }) => from === wanted)) return wanted;
  const ofRole = scopesNamed<ReadonlyDeep<SigningKey>>(nats, wanted);
  // The new key of a rotation of the role has its name, too.
  const [key, ...more] = ofRole.map(signingKeyOf).filter((each) => !rotations.some(({ to }) => to === each));
  if (key === undefined) {
    const identity = path.length === 1 ? "which rotateIdentity replaces" : "which stays";
    const why = wanted === sub ? `: that is its identity, ${identity}` : "";
    throw new NscError(
      "ERR_ENTITY_NOT_FOUND",
      `${title} has no signing key and no role ${JSON.stringify(wanted)}${why}`,
    );
  }
  if (more.length === 0) return key;
  throw new NscError(
    "ERR_SIGNER_AMBIGUOUS",
    `the role ${JSON.stringify(wanted)} of ${title} has several keys, one of which has to be said: ${[key, ...more].join(", ")}`,
  );
}

/** Gives an operator the new identity, by which the old one becomes a signing key; or finds the rotation that is under way. */
export async function prepareIdentityRotation(
  workspace: Workspace,
  path: OperatorPath,
  options: RotateIdentityOptions,
): Promise<RotationKeys> {
  assertKnownOptions(options, ["to"]);
  const { sub: from, nats } = await workspace.need(path);
  const rotations = await readRotations(workspace, path, from);
  const present = rotations.find((rotation) => isOfIdentity(rotation, from));
  if (present !== undefined) return resumeRotation(workspace, path, present, options.to);
  const key = await newIdentity(workspace, path, options.to);
  const { publicKey: to } = key;
  // Where signing keys are demanded, nobody trusted it, and nobody has to.
  await changeIdentity(workspace, path, key, nats.strict_signing_key_usage !== true);
  writeRotations(workspace, path, to, [...rotations, { from, to, stage: "prepared" }]);
  return { from, to };
}

function resumeRotation(
  workspace: Workspace,
  path: HolderPath,
  { from, to, stage }: RotationState,
  wanted: KeyInput | undefined,
): RotationKeys {
  if (wanted === undefined) return { from, to };
  const key = entityKey(kindAt(path), wanted, workspace.context);
  if (key.publicKey !== to) {
    throw new NscError(
      "ERR_ROTATION_STAGE",
      `a rotation of ${from} to ${to} is under way (${stage}), so it can't go to ${key.publicKey}: leave out to, or cancel it first`,
    );
  }
  workspace.addKey(key);
  return { from, to };
}

/** Remembers that every server has the new key. */
export async function markDistributed(workspace: Workspace, path: HolderPath, keys: RotationKeys): Promise<void> {
  const rotation = await assertStage(workspace, path, keys, "prepared");
  await assertNewKey(workspace, path, rotation);
  await setStage(workspace, path, rotation, "distributed");
}

/** Signs with the new key what the old one signed. */
export async function cutOver(workspace: Workspace, path: HolderPath, keys: RotationKeys): Promise<void> {
  const rotation = await assertStage(workspace, path, keys, "distributed");
  const { sub } = await assertNewKey(workspace, path, rotation);
  if (isOperatorPath(path) && isOfIdentity(keys, sub)) await reissueAccounts(workspace, path, keys.from, keys.to);
  for (const place of await signedBy(workspace, path, keys.from)) {
    requestShown(await workspace.draft(place), keys.to);
  }
  await setStage(workspace, path, rotation, "cut-over");
}

/** What is done beside removing the old key, and whether it is insisted on. */
interface RetireKeyOptions {
  readonly force: boolean;
  readonly deleteKey: boolean;
}

/** Removes the old key, and the rotation. */
export async function retireKey(
  workspace: Workspace,
  path: HolderPath,
  keys: RotationKeys,
  { force, deleteKey }: RetireKeyOptions,
): Promise<void> {
  const { from } = await assertStage(workspace, path, keys, "cut-over");
  if (force) workspace.release(from);
  else await assertUnused(workspace, path, from, "pass force to have it retired all the same");
  await removeKey(workspace, path, keys, from, deleteKey);
}

/** Removes the new key, and the rotation. */
export async function cancelRotation(
  workspace: Workspace,
  path: HolderPath,
  keys: RotationKeys,
  deleteKey: boolean,
): Promise<void> {
  const { stage } = await findRotation(workspace, path, keys);
  if (stage === "cut-over") {
    throw new NscError(
      "ERR_ROTATION_STAGE",
      `the rotation of ${keys.from} to ${keys.to} is cut over and can't be cancelled: retire the old key, and rotate from the new one to another if need be`,
    );
  }
  await assertUnused(workspace, path, keys.to, `have them signed by ${keys.from} first, which signer asks for`);
  const { sub } = await workspace.need(path);
  if (isOperatorPath(path) && isOfIdentity(keys, sub)) {
    await changeIdentity(workspace, path, { publicKey: keys.from }, false);
  }
  await removeKey(workspace, path, keys, keys.to, deleteKey);
}

async function removeKey(
  workspace: Workspace,
  path: HolderPath,
  keys: RotationKeys,
  publicKey: string,
  deleteKey: boolean,
): Promise<void> {
  const { claims } = await workspace.draft<HolderPath>(path);
  // Others may have removed it already.
  if (findSigningKey<ReadonlyDeep<SigningKey>>(claims.nats, publicKey) !== undefined) {
    removeSigningKeys(claims.nats as Parameters<typeof removeSigningKeys>[0], publicKey);
  }
  const rotations = await readRotations(workspace, path, claims.sub);
  const left = rotations.filter((rotation) => !isOf(rotation, keys));
  writeRotations(workspace, path, claims.sub, left);
  if (deleteKey) await deleteSeeds(workspace, path[0], [publicKey]);
}

/** The rotation of two keys, which must be under way. */
async function findRotation(workspace: Workspace, path: HolderPath, keys: RotationKeys): Promise<RotationState> {
  const { sub } = await workspace.need(path);
  const rotation = (await readRotations(workspace, path, sub)).find((each) => isOf(each, keys));
  if (rotation !== undefined) return rotation;
  throw rotationGone(path, keys);
}

export function rotationGone(path: HolderPath, { from, to }: RotationKeys): NscError {
  return new NscError(
    "ERR_ENTITY_NOT_FOUND",
    `no rotation of the ${titleOf(path)} from ${from} to ${to} is under way: it was retired or cancelled`,
  );
}

export function isOf(rotation: RotationKeys, { from, to }: RotationKeys): boolean {
  return rotation.from === from && rotation.to === to;
}

async function assertStage(
  workspace: Workspace,
  path: HolderPath,
  keys: RotationKeys,
  due: RotationState["stage"],
): Promise<RotationState> {
  const rotation = await findRotation(workspace, path, keys);
  if (rotation.stage === due) return rotation;
  throw wrongStage(keys, rotation.stage, due);
}

/** A step that is due at another stage than the one that a rotation is at. */
export function wrongStage({ from, to }: RotationKeys, stage: RotationState["stage"], due: string): NscError {
  return new NscError(
    "ERR_ROTATION_STAGE",
    `the rotation of ${from} to ${to} is ${stage}, and this step is due when it is ${due}: plan says what comes next`,
  );
}

async function assertNewKey(
  workspace: Workspace,
  path: HolderPath,
  { to, from }: RotationState,
): Promise<ReadonlyDeep<ClaimsAt<HolderPath>>> {
  const claims = await workspace.need<HolderPath>(path);
  if (hasKey(claims, to)) return claims;
  throw newKeyGone(path, { from, to });
}

function isOperatorPath(path: HolderPath): path is OperatorPath {
  return path.length === 1;
}

export function newKeyGone(path: HolderPath, { from, to }: RotationKeys): NscError {
  return new NscError(
    "ERR_ROTATION_STAGE",
    `somebody removed ${to} from the ${titleOf(path)}, so the rotation of ${from} to it can't go on: cancel it`,
  );
}

async function setStage(
  workspace: Workspace,
  path: HolderPath,
  keys: RotationKeys,
  stage: RotationState["stage"],
): Promise<void> {
  const { sub } = await workspace.need(path);
  const rotations = await readRotations(workspace, path, sub);
  const next = rotations.map((rotation) => (isOf(rotation, keys) ? { ...rotation, stage } : rotation));
  writeRotations(workspace, path, sub, next);
}

/** Refuses to do without a key that something stored is signed by. */
async function assertUnused(workspace: Workspace, path: HolderPath, publicKey: string, remedy: string): Promise<void> {
  const signed = (await signedBy(workspace, path, publicKey)).map((place) => `the ${titleOf(place)}`);
  const imports = (await activationsBy(workspace, path, publicKey)).map(({ account, subject }) => {
    return `the activation of ${JSON.stringify(subject)} that the ${titleOf(account)} imports`;
  });
  const all = [...signed, ...imports];
  if (all.length === 0) return;
  const more = all.length > MAX_NAMED ? ` and ${all.length - MAX_NAMED} more` : "";
  throw new NscError(
    "ERR_SIGNING_KEY_IN_USE",
    `${publicKey} of the ${titleOf(path)} signed ${all.slice(0, MAX_NAMED).join(", ")}${more}: ${remedy}`,
  );
}

/** The places of what is stored below a holder and signed by one of its keys. What can't be read is passed over. */
async function signedBy(workspace: Workspace, path: HolderPath, publicKey: string): Promise<StorePath[]> {
  const found: StorePath[] = [];
  for (const name of await workspace.names(path)) {
    const place = pathBelow(path, name);
    if ((await workspace.readSound(place))?.iss === publicKey) found.push(place);
  }
  return found;
}

async function activationsBy(
  workspace: Workspace,
  path: HolderPath,
  publicKey: string,
): Promise<{ readonly account: AccountPath; readonly subject: string }[]> {
  if (path.length === 1) return [];
  const found: { account: AccountPath; subject: string }[] = [];
  for (const name of await workspace.names([path[0]])) {
    const account: AccountPath = [path[0], name];
    const claims = await workspace.readSound(account);
    if (claims === undefined) continue;
    for (const subject of activatedBy(claims, publicKey, workspace.context)) found.push({ account, subject });
  }
  return found;
}

/** The subjects of an account's imports whose activation tokens a key signed. Tokens that can't be read give no right. */
export function activatedBy(
  account: ReadonlyDeep<AccountClaims>,
  publicKey: string,
  context: Pick<Context, "engine">,
): string[] {
  return activationsIn(account, context)
    .filter(({ claims }) => claims.iss === publicKey)
    .map(({ entry }) => entry.subject);
}
