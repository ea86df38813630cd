/** Signing keys of operators and accounts. */

import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { type createScope, findSigningKey } from "../jwt/scopes.ts";
import { type SigningKey, signingKeyOf } from "../jwt/signing-keys.ts";
import { assertKeyFree } from "./entity-init.ts";
import { entityKey, type KeyInput } from "./key-input.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, kindAt, type OperatorPath, titleOf } from "./paths.ts";
import { endRotationsOf } from "./rotation-state.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `addSigningKey`. */
export interface AddSigningKeyOptions {
  /** A key that is there already; a fresh one by default. */
  readonly key?: KeyInput;
}

/** Options of `removeSigningKey`. */
export interface RemoveSigningKeyOptions {
  /**
   * Whether it goes even though entities are signed by it, which become invalid by that, or a rotation of it is under way,
   * which ends by that; false by default.
   */
  readonly force?: boolean;
  /** Whether its seed is removed from the store, too; false by default. */
  readonly deleteKey?: boolean;
}

/** Whether a key is the identity or a signing key of an operator or account. */
export function hasKey({ sub, nats }: ReadonlyDeep<OperatorClaims | AccountClaims>, publicKey: string): boolean {
  return sub === publicKey || findSigningKey<ReadonlyDeep<SigningKey>>(nats, publicKey) !== undefined;
}

/** Adds a signing key without a scope, or with one. */
export async function addSigningKey(
  workspace: Workspace,
  path: OperatorPath | AccountPath,
  options: AddSigningKeyOptions,
  scope?: (key: string) => ReturnType<typeof createScope>,
): Promise<string> {
  assertKnownOptions(options, ["key"]);
  const key = entityKey(kindAt(path), options.key, workspace.context);
  if (options.key !== undefined) await assertKeyFree(workspace, path, key.publicKey);
  const { claims } = await workspace.draft(path);
  const present = findSigningKey(claims.nats, key.publicKey);
  if (present !== undefined || claims.sub === key.publicKey) {
    throw new NscError("ERR_ENTITY_EXISTS", `${key.publicKey} is a key of the ${titleOf(path)} already`);
  }
  const keys: unknown[] = claims.nats.signing_keys ?? [];
  claims.nats.signing_keys = [...keys, scope?.(key.publicKey) ?? key.publicKey] as never;
  workspace.addKey(key);
  return key.publicKey;
}

/** Removes a signing key; what it signed must not be there any more, unless it is forced. */
export async function removeSigningKey(
  workspace: Workspace,
  path: OperatorPath | AccountPath,
  publicKey: string,
  options: RemoveSigningKeyOptions,
): Promise<void> {
  assertKnownOptions(options, ["force", "deleteKey"]);
  const { force = false, deleteKey = false } = options;
  const { claims } = await workspace.draft(path);
  const keys: readonly Parameters<typeof signingKeyOf>[0][] = claims.nats.signing_keys ?? [];
  const left = keys.filter((key) => signingKeyOf(key) !== publicKey);
  if (left.length === keys.length) {
    throw new NscError("ERR_ENTITY_NOT_FOUND", `the ${titleOf(path)} has no signing key ${publicKey}`);
  }
  if (left.length > 0) claims.nats.signing_keys = left as never;
  else delete claims.nats.signing_keys;
  if (force) {
    workspace.release(publicKey);
    await endRotationsOf(workspace, path, claims.sub, publicKey);
  }
  if (deleteKey) await deleteSeeds(workspace, path[0], [publicKey]);
}

/** Removes the seeds of keys, but for those that another entity of the operator still has. */
export async function deleteSeeds(workspace: Workspace, operator: string, keys: readonly string[]): Promise<void> {
  const kept = new Set<string>();
  for (const name of await workspace.names([operator])) {
    const account = await workspace.readSound<AccountPath>([operator, name]);
    for (const key of account?.nats.signing_keys ?? []) kept.add(signingKeyOf(key));
    kept.add(account?.nats.authorization?.xkey ?? "");
  }
  for (const key of keys) {
    if (!kept.has(key) && (await workspace.findKey(key)).length === 0) workspace.deleteKey(key);
  }
}
