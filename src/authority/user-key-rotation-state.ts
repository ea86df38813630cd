/**
 * What is kept of rotations of users' keys: for each account, those that are under way.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { userRotationsName } from "./meta.ts";
import { type AccountPath, titleOf } from "./paths.ts";
import { parseJson } from "./signature-file.ts";
import type { Workspace } from "./workspace.ts";

/**
 * How far the rotation of a user's key has come. `prepared`: the account lets the new key in, where it knows its users by their
 * keys. `cut-over`: the user has the new key, and the old one's tokens are valid as before. `retired`: they are revoked.
 */
export type UserKeyRotationStage = "prepared" | "cut-over" | "retired";

/** A rotation of a user's key that is under way. */
export interface UserKeyRotationState {
  /** Public key of the old key. */
  readonly from: string;
  /** Public key of the new key. */
  readonly to: string;
  /** When the newest token of the old key was issued, in seconds since 1970. */
  readonly issuedAt: number;
  readonly stage: Exclude<UserKeyRotationStage, "retired">;
}

const STAGES: readonly unknown[] = ["prepared", "cut-over"] satisfies UserKeyRotationState["stage"][];

/**
 * The rotations of keys of an account's users that are under way.
 *
 * @throws NscError `ERR_STORE_DAMAGED`
 */
export async function readUserRotations(
  workspace: Workspace,
  path: AccountPath,
): Promise<readonly UserKeyRotationState[]> {
  const { sub } = await workspace.need(path);
  const text = await workspace.meta(path[0], userRotationsName(sub));
  if (text === undefined) return [];
  const rotations = parseJson(text);
  if (Array.isArray(rotations) && rotations.every(isRotation)) return rotations;
  throw new NscError(
    "ERR_STORE_DAMAGED",
    `what the store keeps of the rotations of keys of users of the ${titleOf(path)} can't be read`,
  );
}

export async function writeUserRotations(
  workspace: Workspace,
  path: AccountPath,
  rotations: readonly UserKeyRotationState[],
): Promise<void> {
  const { sub } = await workspace.need(path);
  const text = rotations.length === 0 ? undefined : JSON.stringify(rotations);
  workspace.setMeta(path[0], userRotationsName(sub), text);
}

/** The rotation by which a user got its present key, while creds of the old one are valid still. */
export async function cutOverTo(
  workspace: Workspace,
  path: AccountPath,
  publicKey: string,
): Promise<UserKeyRotationState | undefined> {
  const rotations = await readUserRotations(workspace, path);
  return rotations.find(({ to, stage }) => stage === "cut-over" && to === publicKey);
}

/** The key that the user has at this stage. */
export function presentKey({
  from,
  to,
  stage,
}: Pick<UserKeyRotationState, "from" | "to"> & { readonly stage: UserKeyRotationStage }): string {
  return stage === "prepared" ? from : to;
}

function isRotation(value: unknown): value is UserKeyRotationState {
  if (typeof value !== "object" || value === null) return false;
  const { from, to, issuedAt, stage } = value as Partial<Record<keyof UserKeyRotationState, unknown>>;
  return (
    isPublicKey(from, "user") && isPublicKey(to, "user") && Number.isSafeInteger(issuedAt) && STAGES.includes(stage)
  );
}
