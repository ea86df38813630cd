import { type KeyPair, ownSeedOf } from "../nkeys/key-pair.ts";
import type { Signer } from "../nkeys/signer.ts";
import type { StoreCommit, StorePath } from "../store/store.ts";
import { eventsOf } from "./audit.ts";
import type { AuditEvent } from "./audit-event.ts";
import { type Extras, extrasOf, type KnownMeta, type WrittenEntity } from "./cell.ts";
import { type SignedEntity, signWorkspace } from "./sign-changes.ts";
import type { StoredEntity } from "./store-reader.ts";
import type { Move, Workspace, WorkspaceChanges } from "./workspace.ts";

/** What a commit wrote. */
export interface CommitOutcome {
  readonly written: readonly WrittenEntity[];
  readonly moved: readonly Move[];
  readonly deleted: readonly StorePath[];
  /** What it was decided on, as the store had it. */
  readonly read: readonly (StoredEntity & { readonly path: StorePath })[];
  /** What it left or was decided on beside the tokens; nothing where nothing was committed, and so nothing compared. */
  readonly meta: KnownMeta;
  readonly deletedKeys: readonly string[];
  /** What signs outside the store, to be remembered. */
  readonly outside: readonly Signer[];
  /** What an audit log takes down of it. */
  readonly events: readonly AuditEvent[];
}

/** All of a commit but the tokens. */
export interface CommitRest extends Required<Omit<StoreCommit, "tokens" | "expected">> {
  readonly expected: WorkspaceChanges["expected"];
  readonly moves: readonly Move[];
  readonly outside: readonly Signer[];
}

/** Signs what changed and commits it. */
export async function commitWorkspace(workspace: Workspace): Promise<CommitOutcome> {
  return commitSigned(workspace, await signWorkspace(workspace), () => restOf(workspace));
}

/** All that is to be committed besides the tokens. */
export function restOf(workspace: Workspace): CommitRest {
  const { pairs, ...rest } = workspace.changes();
  return { ...rest, keys: pairs.map(seedOf) };
}

/**
 * Commits what was signed.
 *
 * @param rest - asked once nothing is looked up any more that the commit is decided on
 */
export async function commitSigned(
  workspace: Workspace,
  signed: readonly SignedEntity[],
  rest: () => CommitRest,
): Promise<CommitOutcome> {
  // Before the commit, so that whoever commits later is not overtaken.
  const extras = await Promise.all(
    signed.map(({ path, publicKey, replacedKeys }) => extrasOf(path, publicKey, workspace, replacedKeys)),
  );
  const written = signed.map(({ path, publicKey, token, issuedAt }, index): WrittenEntity => {
    return { path, publicKey, token, issuedAt, extras: extras[index] as Extras };
  });
  const { outside, moves, ...commit } = rest();
  const { deletes, deletedKeys } = commit;
  const events = await eventsOf(workspace, { tokens: signed, deletes, moves });
  const isCommit = [written, deletes, commit.keys, deletedKeys, commit.meta].some((list) => list.length > 0);
  if (isCommit) {
    const tokens = signed.map(({ path, token, withoutCreds = false }) => ({
      path,
      token,
      ...(withoutCreds && { withoutCreds }),
    }));
    await workspace.context.store.commit({ ...commit, tokens });
  }
  return {
    written,
    moved: moves,
    deleted: deletes.map(({ path }) => path),
    read: await workspace.storedEntities(),
    meta: (operator, name) => (isCommit ? workspace.knownMeta(operator, name) : undefined),
    deletedKeys,
    outside,
    events,
  };
}

function seedOf(pair: KeyPair): string {
  return ownSeedOf(pair) ?? String.fromCharCode(...pair.getSeed());
}
