import { parseDate } from "../encoding/dates.ts";
import { addTimeSpan, parseTimeSpan } from "../encoding/duration.ts";
import { NscError } from "../errors.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { clearRevocation, compactRevocations, type RevocationHolder, revoke } from "../jwt/revocations.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import type { Cell } from "./cell.ts";
import { nowOf } from "./context.ts";
import { request } from "./drafts.ts";
import type { EditOptions } from "./edit-claims.ts";
import { pathOf } from "./handle.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, titleOf, type UserPath, userPlacesIn } from "./paths.ts";
import { User } from "./user.ts";
import { cutOverTo } from "./user-key-rotation-state.ts";
import type { Workspace } from "./workspace.ts";

/** A revocation of an account, or of one of its exports. */
export interface Revocation {
  /**
   * Public key of the user whose tokens are revoked, of an export that of the account whose activations are; or `*` for those
   * of all.
   */
  readonly publicKey: string;
  /** Tokens that were issued at this time or before are revoked; in whole seconds. */
  readonly at: Date;
}

/** Options of `Account.revoke`. */
export interface RevokeOptions extends EditOptions {
  /**
   * The time up to which tokens are revoked, that second included. By default it is now, or when the stored token was issued
   * where that is later: of the user, and of `*` the newest of all; after a revocation of this very second, the next one.
   */
  readonly at?: Date;
}

/** Stands for all users. */
const ALL = "*";

/** The key that revocations know a user of an account by. */
export function revocationKey(account: Cell, who: unknown): string {
  if (who instanceof User) {
    const [operator, name] = pathOf(who, account);
    if (operator === account.path[0] && name === account.path[1]) return who.publicKey;
    throw new NscError(
      "ERR_ARGUMENT_INVALID",
      `the user ${JSON.stringify(who.name)} is one of the account ${JSON.stringify(name)}, and not of ${JSON.stringify(account.name)}`,
    );
  }
  if (typeof who !== "string") {
    throw new NscError(
      "ERR_ARGUMENT_INVALID",
      'revocations are of a User, of the public key of one, or of "*" for all',
    );
  }
  if (who === ALL || isPublicKey(who, "user")) return who;
  throw new NscError(
    "ERR_KEY_KIND",
    `${JSON.stringify(who)} is no public key of a user: revocations are of such keys, of a User, or of "*" for all`,
  );
}

/** Where a user is whose handle was given. */
export function placeOfUser(who: unknown): UserPath | undefined {
  return who instanceof User ? (who.cell.path as UserPath) : undefined;
}

/**
 * Revokes the tokens of a user, or those of all.
 *
 * @param place - where the user may be, so that it need not be looked for
 */
export async function revokeUser(
  workspace: Workspace,
  path: AccountPath,
  publicKey: string,
  options: RevokeOptions,
  place?: UserPath,
): Promise<Revocation> {
  assertKnownOptions(options, ["at", "signer"]);
  const { at, signer } = options;
  const time = at === undefined ? await defaultTime(workspace, path, publicKey, place) : parseDate(at, "at");
  const draft = await workspace.draft(path);
  revoke(draft.claims.nats, publicKey, time);
  // Whoever is kept out must not come in by the creds that a rotation of his key has left valid.
  const rotation = publicKey === ALL ? undefined : await cutOverTo(workspace, path, publicKey);
  if (rotation !== undefined) {
    revoke(draft.claims.nats, rotation.from, at === undefined ? Math.max(time, rotation.issuedAt) : time);
  }
  request(draft, signer);
  return revocationIn(draft.claims.nats, publicKey) as Revocation;
}

/** Takes the revocation of a user, or that of all, back. */
export async function clearUserRevocation(
  workspace: Workspace,
  path: AccountPath,
  publicKey: string,
  options: EditOptions,
): Promise<Revocation> {
  assertKnownOptions(options, ["signer"]);
  const draft = await workspace.draft(path);
  const cleared = revocationIn(draft.claims.nats, publicKey);
  if (cleared === undefined) {
    throw new NscError(
      "ERR_ENTITY_NOT_FOUND",
      `the ${titleOf(path)} has no revocation of ${JSON.stringify(publicKey)}`,
    );
  }
  clearRevocation(draft.claims.nats, publicKey);
  request(draft, options.signer);
  return cleared;
}

/** Options of `Account.compactRevocations`. */
export interface CompactRevocationsOptions extends EditOptions {
  /**
   * How long tokens of this account's users live at most, such as `"24h"`: whatever was issued before a revocation that is older
   * than that has expired. Say it only if nobody was ever issued a token that lives longer, or for ever.
   */
  readonly maxLifetime?: string;
}

/** A revocation that was not needed any more. */
export interface CompactedRevocation extends Revocation {
  /** `covered`: that of `*` revokes the same. `outlived`: every token that it revoked has expired. */
  readonly reason: "covered" | "outlived";
}

/** Removes the revocations that no token needs. */
export async function compactUserRevocations(
  workspace: Workspace,
  path: AccountPath,
  options: CompactRevocationsOptions,
): Promise<readonly CompactedRevocation[]> {
  assertKnownOptions(options, ["maxLifetime", "signer"]);
  const { maxLifetime, signer } = options;
  const draft = await workspace.draft(path);
  const { nats } = draft.claims;
  // First, since that of all may go by its age.
  const outlived = maxLifetime === undefined ? [] : await outlivedIn(workspace, path, nats, maxLifetime);
  for (const { publicKey } of outlived) clearRevocation(nats, publicKey);
  const covered = compactRevocations(nats).map(({ publicKey, at }) => revocationAt(publicKey, at));
  request(draft, signer);
  return sorted([
    ...outlived.map((entry) => ({ ...entry, reason: "outlived" as const })),
    ...covered.map((entry) => ({ ...entry, reason: "covered" as const })),
  ]);
}

/** The revocations that are older than tokens get, but for those that a stored token proves to be needed. */
async function outlivedIn(
  workspace: Workspace,
  path: AccountPath,
  nats: RevocationHolder,
  maxLifetime: unknown,
): Promise<readonly Revocation[]> {
  const span = typeof maxLifetime === "string" ? parseTimeSpan(maxLifetime) : undefined;
  if (span === undefined) {
    throw new NscError("ERR_ARGUMENT_INVALID", 'maxLifetime must be a time span such as "24h" or "30d"');
  }
  const now = nowOf(workspace.context) * 1000;
  const old = listRevocations(nats).filter(
    ({ at }) => (addTimeSpan(at, span)?.getTime() ?? Number.POSITIVE_INFINITY) < now,
  );
  if (old.length === 0) return [];
  const issued = new Map<string, number>();
  for (const user of await usersOf(workspace, path)) {
    const { sub = "", iat = 0, exp = 0 } = (await workspace.readSound(user)) ?? {};
    if (sub === "" || (exp > 0 && exp * 1000 < now)) continue;
    for (const key of [sub, ALL]) issued.set(key, Math.min(iat, issued.get(key) ?? iat));
  }
  return old.filter(({ publicKey, at }) => (issued.get(publicKey) ?? Number.POSITIVE_INFINITY) * 1000 > at.getTime());
}

/** The revocations of an account, sorted by key; that for all comes first. */
export function listRevocations({ revocations = {} }: ReadonlyDeep<RevocationHolder>): readonly Revocation[] {
  return sorted(Object.entries(revocations).map(([publicKey, at]) => revocationAt(publicKey, at)));
}

/** Now, or as much later as stored tokens that are meant were issued: revoked is what is there. */
async function defaultTime(
  workspace: Workspace,
  path: AccountPath,
  publicKey: string,
  place: UserPath | undefined,
): Promise<number> {
  const users = publicKey === ALL ? await usersOf(workspace, path) : await placesOf(workspace, path, publicKey, place);
  const now = nowOf(workspace.context);
  let time = now;
  const { nats } = await workspace.need(path);
  for (const key of [publicKey, ALL]) {
    const revoked = Object.hasOwn(nats.revocations ?? {}, key) ? (nats.revocations?.[key] ?? 0) : 0;
    // What was issued since, in the same second, was issued for the one after it.
    if (revoked >= now) time = Math.max(time, revoked + 1);
  }
  for (const user of users) time = Math.max(time, (await workspace.readSound(user))?.iat ?? 0);
  return time;
}

/** To look for a key, every token of the store is read that was not read yet. */
async function placesOf(
  workspace: Workspace,
  path: AccountPath,
  publicKey: string,
  place: UserPath | undefined,
): Promise<readonly UserPath[]> {
  if (place !== undefined && (await workspace.readSound(place))?.sub === publicKey) return [place];
  return userPlacesIn(await workspace.findKey(publicKey), path);
}

async function usersOf(workspace: Workspace, path: AccountPath): Promise<UserPath[]> {
  return (await workspace.names(path)).map((name): UserPath => [...path, name]);
}

function revocationIn({ revocations = {} }: RevocationHolder, publicKey: string): Revocation | undefined {
  const at = Object.hasOwn(revocations, publicKey) ? revocations[publicKey] : undefined;
  return at === undefined ? undefined : revocationAt(publicKey, at);
}

function revocationAt(publicKey: string, seconds: number): Revocation {
  return { publicKey, at: new Date(seconds * 1000) };
}

function sorted<Entry extends Revocation>(revocations: readonly Entry[]): readonly Entry[] {
  return [...revocations].sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1));
}
