/**
 * What is kept of rotations of signing keys: for each holder, an operator or an account, those that are under way.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { rotationName } from "./meta.ts";
import { type AccountPath, kindAt, type OperatorPath, titleOf } from "./paths.ts";
import { parseJson } from "./signature-file.ts";
import type { Workspace } from "./workspace.ts";

/** Whose signing key is rotated: an operator or an account. */
export type HolderPath = OperatorPath | AccountPath;

/**
 * How far the rotation of a signing key has come. `prepared`: the holder has the new key beside the old one.
 * `distributed`: every server trusts the new key. `cut-over`: what is stored is signed with the new key. `retired`: the old
 * key is removed.
 */
export type RotationStage = "prepared" | "distributed" | "cut-over" | "retired";

/** A rotation that is under way. */
export interface RotationState {
  /** Public key of the old key. */
  readonly from: string;
  /** Public key of the new key. */
  readonly to: string;
  readonly stage: Exclude<RotationStage, "retired">;
}

const STAGES: readonly unknown[] = ["prepared", "distributed", "cut-over"] satisfies RotationState["stage"][];

/**
 * The rotations of a holder, from what is kept of them.
 *
 * @throws NscError `ERR_STORE_DAMAGED`
 */
export function parseRotations(text: string | undefined, path: HolderPath): readonly RotationState[] {
  if (text === undefined) return [];
  const rotations = parseJson(text);
  if (Array.isArray(rotations) && rotations.every((rotation) => isRotation(rotation, path))) return rotations;
  throw new NscError(
    "ERR_STORE_DAMAGED",
    `what the store keeps of the rotations of signing keys of the ${titleOf(path)} can't be read`,
  );
}

/** The rotations of a holder that are under way. */
export async function readRotations(
  workspace: Workspace,
  path: HolderPath,
  holder: string,
): Promise<readonly RotationState[]> {
  return parseRotations(await workspace.meta(path[0], rotationName(holder)), path);
}

export function writeRotations(
  workspace: Workspace,
  path: HolderPath,
  holder: string,
  rotations: readonly RotationState[],
): void {
  workspace.setMeta(path[0], rotationName(holder), rotations.length === 0 ? undefined : JSON.stringify(rotations));
}

/** Ends the rotations that a key takes part in. */
export async function endRotationsOf(
  workspace: Workspace,
  path: HolderPath,
  holder: string,
  publicKey: string,
): Promise<void> {
  const rotations = await readRotations(workspace, path, holder);
  const left = rotations.filter(({ from, to }) => from !== publicKey && to !== publicKey);
  if (left.length < rotations.length) writeRotations(workspace, path, holder, left);
}

/**
 * Refuses to remove keys that take part in a rotation.
 *
 * @throws NscError `ERR_ROTATION_STAGE`
 */
export async function assertNotRotating(
  workspace: Workspace,
  path: HolderPath,
  holder: string,
  removed: ReadonlySet<string>,
): Promise<void> {
  if (removed.size === 0) return;
  for (const { from, to, stage } of await readRotations(workspace, path, holder)) {
    if (!removed.has(from) && !removed.has(to)) continue;
    throw new NscError(
      "ERR_ROTATION_STAGE",
      `a rotation of the ${titleOf(path)} from the signing key ${from} to ${to} is under way (${stage}): end it with ${endOf(stage)}, or remove the key with removeSigningKey and force`,
    );
  }
}

/**
 * Refuses what can't be done while the identity of an operator is rotated.
 *
 * @throws NscError `ERR_ROTATION_STAGE`
 */
export async function assertIdentityStays(workspace: Workspace, path: OperatorPath, identity: string): Promise<void> {
  const rotation = (await readRotations(workspace, path, identity)).find((each) => isOfIdentity(each, identity));
  if (rotation === undefined) return;
  const { from, stage } = rotation;
  throw new NscError(
    "ERR_ROTATION_STAGE",
    `a rotation of the identity of the ${titleOf(path)} from ${from} to ${identity} is under way (${stage}): end it with ${endOf(stage)} first`,
  );
}

/** Whether a rotation is that of an operator's identity, which the new key is from the beginning. */
export function isOfIdentity({ to }: Pick<RotationState, "to">, identity: string): boolean {
  return to === identity;
}

function endOf(stage: RotationState["stage"]): string {
  return stage === "cut-over" ? "retire" : "retire or cancel";
}

function isRotation(value: unknown, path: HolderPath): value is RotationState {
  if (typeof value !== "object" || value === null) return false;
  const { from, to, stage } = value as Partial<Record<keyof RotationState, unknown>>;
  return isPublicKey(from, kindAt(path)) && isPublicKey(to, kindAt(path)) && STAGES.includes(stage);
}
