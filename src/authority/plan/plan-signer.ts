import { type AccountPath, type OperatorPath, titleOf } from "../paths.ts";
import { readRotations } from "../rotation-state.ts";
import { unscopedKeys } from "../signer-choice.ts";
import type { Workspace } from "../workspace.ts";

/**
 * The signing key that is asked to sign where it might be several, since nobody is there to be asked: the first that is at hand.
 * Nothing where the policy does not need to be told.
 */
export async function signerAmongMany(
  workspace: Workspace,
  path: OperatorPath | AccountPath,
): Promise<string | undefined> {
  if (workspace.context.signerPolicy !== "signing-key-first") return undefined;
  const keys = await usableKeys(workspace, path);
  return keys.length > 1 ? firstAtHand(workspace, keys) : undefined;
}

/** Who signs a user that has no role any more: a signing key, or the identity where there is none. */
export async function unscopedSigner(workspace: Workspace, path: AccountPath): Promise<string> {
  const keys = await usableKeys(workspace, path);
  return (await firstAtHand(workspace, keys)) ?? keys[0] ?? (await workspace.need(path)).sub;
}

async function usableKeys(workspace: Workspace, path: OperatorPath | AccountPath): Promise<readonly string[]> {
  const claims = await workspace.need(path);
  const rotations = await readRotations(workspace, path, claims.sub);
  return unscopedKeys({ title: `the ${titleOf(path)}`, claims, strict: false, rotations });
}

async function firstAtHand(workspace: Workspace, keys: readonly string[]): Promise<string | undefined> {
  for (const key of keys) if ((await workspace.findIssuer(key)) !== undefined) return key;
  return undefined;
}
