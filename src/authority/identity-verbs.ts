/**
 * Another identity for an operator: its key, the token that it signs, what is kept under the key, and what the old one signed.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import { MANAGED } from "../store/meta-names.ts";
import { replaceKey, requestShown } from "./drafts.ts";
import { assertKeyFree } from "./entity-init.ts";
import { moveFormerKeys } from "./former-keys.ts";
import { type EntityKey, entityKey, type KeyInput } from "./key-input.ts";
import { rotationName } from "./meta.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, type OperatorPath, titleOf } from "./paths.ts";
import { assertIdentityStays } from "./rotation-state.ts";
import { deleteSeeds } from "./signing-keys.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `Operator.reissue`. */
export interface ReissueOperatorOptions {
  /** Whether it gets a fresh identity (true), or which; false by default, which signs it again and leaves all else as it is. */
  readonly key?: boolean | KeyInput;
  /**
   * Whether the old identity stays as a signing key. Accounts that it signed stay valid and are not signed again then. False
   * by default.
   */
  readonly keepAsSigningKey?: boolean;
  /** Whether the seed of the old identity is removed from the store; false by default. */
  readonly deleteKey?: boolean;
}

/** What `Operator.reissue` did. */
export interface ReissuedOperator {
  /** Public key of the identity that it had. */
  readonly from: string;
  /** Public key of the identity that it has; the same if it got no other. */
  readonly to: string;
  /** Paths of the accounts that were signed again. */
  readonly reissued: readonly (readonly string[])[];
}

/** Signs an operator again, with another identity if one is asked for. */
export async function reissueOperator(
  workspace: Workspace,
  path: OperatorPath,
  options: ReissueOperatorOptions,
): Promise<ReissuedOperator> {
  assertKnownOptions(options, ["key", "keepAsSigningKey", "deleteKey"]);
  const { key = false, keepAsSigningKey = false, deleteKey = false } = options;
  const draft = await workspace.draft(path);
  draft.reissue = true;
  const from = draft.claims.sub;
  if (key === false) {
    if (keepAsSigningKey || deleteKey) throw invalid("without another key the identity stays what it is");
    return { from, to: from, reissued: [] };
  }
  if (keepAsSigningKey && deleteKey) throw invalid("a key that stays as a signing key needs its seed");
  await assertIdentityStays(workspace, path, from);
  const identity = await newIdentity(workspace, path, key === true ? undefined : key);
  await changeIdentity(workspace, path, identity, keepAsSigningKey);
  const reissued = keepAsSigningKey ? [] : await reissueAccounts(workspace, path, from, identity.publicKey);
  if (deleteKey) await deleteSeeds(workspace, path[0], [from]);
  return { from, to: identity.publicKey, reissued };
}

/** The key that is to be the identity of an operator. */
export async function newIdentity(
  workspace: Workspace,
  path: OperatorPath,
  input: KeyInput | undefined,
): Promise<EntityKey> {
  const title = `the ${titleOf(path)}`;
  if ((await workspace.meta(path[0], MANAGED)) !== undefined) {
    throw new NscError(
      "ERR_SIGNER_MISSING",
      `${title} is managed: its identity is with whoever issues its token, and so is the change of it`,
    );
  }
  const key = entityKey("operator", input, workspace.context);
  if (input === undefined) return key;
  const { sub, nats } = await workspace.need(path);
  if (key.publicKey === sub || (nats.signing_keys ?? []).includes(key.publicKey)) {
    const what = key.publicKey === sub ? "the identity" : "a signing key";
    throw new NscError("ERR_ENTITY_EXISTS", `${key.publicKey} is ${what} of ${title} already`);
  }
  await assertKeyFree(workspace, path, key.publicKey);
  return key;
}

/** Gives an operator another identity, and brings along what is kept under the old one. */
export async function changeIdentity(
  workspace: Workspace,
  path: OperatorPath,
  key: EntityKey,
  keepAsSigningKey: boolean,
): Promise<void> {
  const draft = await workspace.draft(path);
  const { claims } = draft;
  const from = claims.sub;
  const to = key.publicKey;
  const others = (claims.nats.signing_keys ?? []).filter((each) => each !== to);
  const keys = keepAsSigningKey ? [...others, from] : others;
  if (keys.length > 0) claims.nats.signing_keys = keys;
  else delete claims.nats.signing_keys;
  replaceKey(draft, to);
  workspace.addKey(key);
  const rotations = await workspace.meta(path[0], rotationName(from));
  workspace.setMeta(path[0], rotationName(from), undefined);
  workspace.setMeta(path[0], rotationName(to), rotations);
  await moveFormerKeys(workspace, path, from, to);
}

/**
 * Has the accounts signed again that a former identity signed: by the present one, or by whom the policy says where signing
 * keys are demanded.
 *
 * @returns the places of the accounts
 */
export async function reissueAccounts(
  workspace: Workspace,
  path: OperatorPath,
  from: string,
  to: string,
): Promise<readonly AccountPath[]> {
  const { nats } = await workspace.need(path);
  const reissued: AccountPath[] = [];
  for (const name of await workspace.names(path)) {
    const account: AccountPath = [path[0], name];
    const isSigned = (await workspace.readSound(account))?.iss === from;
    // Or it was asked for in the same transaction.
    if (!isSigned && workspace.draftAt(account)?.requested !== from) continue;
    const draft = await workspace.draft(account);
    if (nats.strict_signing_key_usage === true) {
      draft.requested = undefined;
      draft.reissue = true;
    } else requestShown(draft, to);
    reissued.push(account);
  }
  return reissued;
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
