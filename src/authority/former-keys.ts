/**
 * The identities that an operator had before the present one. A handle is of an entity, which its key is; by these it stays
 * one of the same operator when that gets another key, whoever gave it.
 *
 * @module
 */

import { isPublicKey } from "../nkeys/codec.ts";
import { formerName } from "./meta.ts";
import type { OperatorPath } from "./paths.ts";
import type { Workspace } from "./workspace.ts";

/** The former keys, from what is kept of them. What is none is passed over: all that hangs on it is how long a handle lasts. */
export function parseFormerKeys(text: string | undefined): readonly string[] {
  return (text ?? "").split(" ").filter((key) => isPublicKey(key, "operator"));
}

/** Whether an operator had a key before its present one. */
export async function isFormerKey(
  workspace: Workspace,
  [operator]: OperatorPath,
  present: string,
  publicKey: string,
): Promise<boolean> {
  return parseFormerKeys(await workspace.meta(operator, formerName(present))).includes(publicKey);
}

/** Remembers that an operator has another key now, and which it had. */
export async function moveFormerKeys(
  workspace: Workspace,
  [operator]: OperatorPath,
  from: string,
  to: string,
): Promise<void> {
  const former = parseFormerKeys(await workspace.meta(operator, formerName(from)));
  const keys = [...former, from].filter((key) => key !== to);
  workspace.setMeta(operator, formerName(from), undefined);
  workspace.setMeta(operator, formerName(to), keys.join(" "));
}
