import { isNscError, NscError } from "../errors.ts";
import type { ActivationClaims } from "../jwt/activation.ts";
import { decodeUnverified } from "../jwt/decode.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { pathKey } from "../store/paths.ts";
import type { StoreDelete, StorePath } from "../store/store.ts";
import type { AuditEvent } from "./audit-event.ts";
import { type Context, nowOf } from "./context.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { kindAt } from "./paths.ts";
import type { SignedEntity } from "./sign-changes.ts";
import type { Move, Workspace } from "./workspace.ts";

/** What a commit is about to change. */
interface AuditedCommit {
  readonly tokens: readonly SignedEntity[];
  readonly deletes: readonly StoreDelete[];
  readonly moves: readonly Move[];
}

/** The events of a commit, one for each entity that it changes; none where nobody asks for them. */
export async function eventsOf(workspace: Workspace, commit: AuditedCommit): Promise<readonly AuditEvent[]> {
  const { context } = workspace;
  if (context.audit === undefined) return [];
  const at = new Date(nowOf(context) * 1000);
  const events: AuditEvent[] = [];
  const kept = new Set<string>();
  for (const written of commit.tokens) {
    const { path, token, replacedKeys } = written;
    const origin = originOf(path, commit.moves);
    const before = (await workspace.stored(origin))?.claims;
    const claims = decodeUnverified(token, kindAt(path), context.engine);
    // An account or user with another key that nobody gave to it is another one.
    const isSame = before !== undefined && [claims.sub, ...replacedKeys].includes(before.sub);
    if (isSame) kept.add(pathKey(origin));
    const isRenamed = pathKey(origin) !== pathKey(path);
    const previous = isSame ? before : undefined;
    events.push({
      action: actionOf(written, previous, claims.jti, isRenamed),
      kind: kindAt(path),
      path: [...path],
      ...(isRenamed && { from: [...origin] }),
      ...tokenOf(claims),
      ...(previous?.jti !== undefined && { previousJti: previous.jti }),
      at,
    });
  }
  const replaced = commit.tokens.map(({ path }) => path).filter((path) => !kept.has(pathKey(path)));
  for (const path of [...replaced, ...commit.deletes.map((entry) => entry.path)]) {
    if (!kept.has(pathKey(path))) events.push(...(await deletedAt(workspace, path, at)));
  }
  return events;
}

function actionOf(
  { signed }: SignedEntity,
  before: ReadonlyDeep<EntityClaims> | undefined,
  jti: string | undefined,
  isRenamed: boolean,
): AuditEvent["action"] {
  if (!signed && before?.jti !== jti) return "adopted";
  if (before === undefined) return "added";
  return isRenamed ? "renamed" : "changed";
}

/** Where an entity was before it was moved, maybe several times. */
function originOf(path: StorePath, moves: readonly Move[]): StorePath {
  return moves.reduceRight((place, { from, to }) => (pathKey(place) === pathKey(to) ? from : place), path);
}

async function deletedAt(workspace: Workspace, path: StorePath, at: Date): Promise<AuditEvent[]> {
  const event = { action: "deleted", kind: kindAt(path), path: [...path], at } as const;
  try {
    const stored = await workspace.stored(path);
    // What was made and deleted by this very commit was never there.
    if (stored === undefined) return [];
    const { sub, jti } = stored.claims;
    return [{ ...event, publicKey: sub, ...(jti !== undefined && { previousJti: jti }) }];
  } catch (error) {
    if (isNscError(error, "ERR_STORE_DAMAGED")) return [event];
    throw error;
  }
}

function tokenOf({ sub, iss, jti, exp }: ReadonlyDeep<EntityClaims | ActivationClaims>): Partial<AuditEvent> {
  return {
    publicKey: sub,
    ...(iss !== undefined && { issuer: iss }),
    ...(jti !== undefined && { jti }),
    ...(exp !== undefined && { expires: exp }),
  };
}

/** Tells of a token that was signed and is stored nowhere. */
export async function auditIssued(
  context: Context,
  kind: "user" | "activation",
  path: readonly string[],
  token: string,
): Promise<void> {
  if (context.audit === undefined) return;
  const claims = decodeUnverified(token, kind, context.engine);
  const at = new Date(nowOf(context) * 1000);
  await tell(context, [{ action: "issued", kind, path: [...path], ...tokenOf(claims), at }])();
}

/**
 * Tells of what was done. It is begun at once, so that events come in the order of the commits; what is returned waits for
 * it, and is to be called where nobody else has to wait.
 *
 * @throws NscError `ERR_AUDIT_FAILED` when what is returned is called
 */
export function tell({ audit }: Context, events: readonly AuditEvent[]): () => Promise<void> {
  const failed = audit === undefined || events.length === 0 ? undefined : takeDown(audit, events);
  return async () => {
    const failure = await failed;
    if (failure !== undefined) throw failure;
  };
}

/** Not thrown, since whoever is to hear of it may not wait for it yet. */
async function takeDown(
  audit: NonNullable<Context["audit"]>,
  events: readonly AuditEvent[],
): Promise<NscError | undefined> {
  try {
    await audit(events);
    return undefined;
  } catch (cause) {
    const texts = events.map(({ action, kind, path }) => `${action} ${kind} ${JSON.stringify(path.join("/"))}`);
    const message = `the audit function failed to take down what was done nonetheless: ${texts.join(", ")}`;
    return new NscError("ERR_AUDIT_FAILED", message, { cause });
  }
}
