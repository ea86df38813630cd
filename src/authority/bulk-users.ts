/**
 * Many users at once: signed again, moved to other keys and roles, renewed. All of it is one commit, with one signature for each.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import { type Expires, expiryOf } from "../jwt/expiry.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { areClaimsRevoked } from "../jwt/revocations.ts";
import { scopesNamed } from "../jwt/scopes.ts";
import type { UserClaims } from "../jwt/user.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { nowOf } from "./context.ts";
import { request } from "./drafts.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, type ClaimsAt, type OperatorPath, titleOf, type UserPath } from "./paths.ts";
import { assertRole } from "./scoped-users.ts";
import type { SignerInput } from "./signer-choice.ts";
import type { Workspace } from "./workspace.ts";

/** Which users are meant: those that meet all that is said. */
export interface UserSelection {
  /** Those that this key of the account signed; it may be one that the account does not have any more. */
  readonly issuer?: string;
  /** Those of this role. */
  readonly role?: string;
  /** Those whose claims it says true of; must not wait for anything, and may be called again. */
  readonly where?: (claims: ReadonlyDeep<UserClaims>) => boolean;
}

/** Options of `Account.reissueUsers`. */
export interface ReissueUsersOptions {
  /** Which users; all by default. */
  readonly which?: UserSelection;
  /** Who signs: a role, which the users get by that, a public key, a key pair or a `Signer`. By default who signed before. */
  readonly to?: SignerInput;
  /** Whether permissions and limits may go, where the role has them instead; false by default. */
  readonly dropPermissions?: boolean;
  /** Whether users whose token is revoked get one that is valid again; false by default. */
  readonly revoked?: boolean;
}

/** Options of `Account.renewUsers` and `Operator.renewUsers`. */
export interface RenewUsersOptions {
  /** When the new tokens expire: a date, a time span such as `"30d"`, or `"never"`. Nobody's token is made to expire earlier. */
  readonly expires: Expires;
  /** Only users whose token expires within this time, such as `"7d"`, or by this date; by default all that expire some time. */
  readonly expiringWithin?: Expires;
  /** Whether those that expired already are renewed, too; true by default. */
  readonly expired?: boolean;
  /** Whether users whose token is revoked get one that is valid again; false by default. */
  readonly revoked?: boolean;
  /** Which users; all by default. Of an operator's accounts, those that have no such role have none. */
  readonly which?: UserSelection;
}

/** A user that was signed again. */
export interface BulkUser {
  readonly account: string;
  readonly name: string;
  readonly publicKey: string;
  /** When the token before expired or would have; nothing for never. */
  readonly before: Date | undefined;
  /** When the new one does; nothing for never. */
  readonly expires: Date | undefined;
}

/** What was left as it is. */
export interface SkippedUser {
  readonly account: string;
  /** Nothing where the account itself can't be read. */
  readonly name: string | undefined;
  readonly reason: "damaged" | "revoked";
  /** For people. */
  readonly message: string;
}

/** What came of many users. */
export interface BulkReport {
  /** Who was signed again, sorted by account and name. */
  readonly users: readonly BulkUser[];
  /** Who was meant, or may have been, and was not. */
  readonly skipped: readonly SkippedUser[];
}

/** Signs users of an account again. */
export async function reissueUsers(
  workspace: Workspace,
  path: AccountPath,
  options: ReissueUsersOptions,
): Promise<BulkReport> {
  assertKnownOptions(options, ["which", "to", "dropPermissions", "revoked"]);
  const { which = {}, to, dropPermissions = false, revoked = false } = options;
  assertSelection(which);
  const account = await workspace.need(path);
  if (which.role !== undefined) assertRole(account, `the ${titleOf(path)}`, which.role);
  const { found, skipped } = await select(workspace, path, which, revoked);
  const users: BulkUser[] = [];
  for (const { place, claims } of found) {
    const draft = await workspace.draft(place);
    request(draft, to);
    draft.reissue = true;
    draft.dropPermissions ||= dropPermissions;
    users.push(bulkUser(place, claims, claims.exp));
  }
  return { users, skipped };
}

/** Gives users of an account a later expiry. */
export async function renewUsers(
  workspace: Workspace,
  path: AccountPath,
  options: RenewUsersOptions,
): Promise<BulkReport> {
  const renewal = renewalOf(workspace, options);
  const account = await workspace.need(path);
  if (renewal.which.role !== undefined) assertRole(account, `the ${titleOf(path)}`, renewal.which.role);
  return renewIn(workspace, path, renewal);
}

/** Gives users of all accounts a later expiry. */
export async function renewAllUsers(
  workspace: Workspace,
  path: OperatorPath,
  options: RenewUsersOptions,
): Promise<BulkReport> {
  const renewal = renewalOf(workspace, options);
  const users: BulkUser[] = [];
  const skipped: SkippedUser[] = [];
  for (const name of await workspace.names(path)) {
    const place: AccountPath = [path[0], name];
    const account = await readOrSkip(workspace, place, skipped);
    if (account === undefined) continue;
    const report = await renewIn(workspace, place, renewal);
    users.push(...report.users);
    skipped.push(...report.skipped);
  }
  return { users, skipped };
}

interface Renewal {
  readonly which: UserSelection;
  readonly revoked: boolean;
  /** Seconds since 1970; nothing for never. */
  readonly exp: number | undefined;
  readonly isMeant: (exp: number) => boolean;
}

function renewalOf({ context }: Workspace, options: RenewUsersOptions): Renewal {
  assertKnownOptions(options, ["expires", "expiringWithin", "expired", "revoked", "which"]);
  const { expires, expiringWithin = "never", expired = true, revoked = false, which = {} } = options;
  assertSelection(which);
  const now = nowOf(context);
  const exp = expiryOf(expires, new Date(now * 1000));
  if (exp !== undefined && exp <= now) throw invalid("expires is in the past");
  const until = expiryOf(expiringWithin, new Date(now * 1000));
  return {
    which,
    revoked,
    exp,
    isMeant: (time) => (expired || time > now) && (until === undefined || time <= until),
  };
}

async function renewIn(
  workspace: Workspace,
  path: AccountPath,
  { which, revoked, exp, isMeant }: Renewal,
): Promise<BulkReport> {
  const due = ({ exp: time = 0 }: ReadonlyDeep<UserClaims>): boolean =>
    time > 0 && isMeant(time) && (exp === undefined || exp > time);
  const { found, skipped } = await select(workspace, path, which, revoked, due);
  const users: BulkUser[] = [];
  for (const { place, claims } of found) {
    users.push(bulkUser(place, claims, exp));
    const draft = await workspace.draft(place);
    if (exp === undefined) delete draft.claims.exp;
    else draft.claims.exp = exp;
  }
  return { users, skipped };
}

interface FoundUser {
  readonly place: UserPath;
  readonly claims: ReadonlyDeep<UserClaims>;
}

/** The users of an account that are meant. What can't be read is in nobody's way. */
async function select(
  workspace: Workspace,
  path: AccountPath,
  which: UserSelection,
  revoked: boolean,
  isDue: (claims: ReadonlyDeep<UserClaims>) => boolean = () => true,
): Promise<{ readonly found: readonly FoundUser[]; readonly skipped: SkippedUser[] }> {
  const { nats } = await workspace.need(path);
  const { issuer, role, where } = which;
  const keys = role === undefined ? undefined : scopesNamed(nats, role);
  const found: FoundUser[] = [];
  const skipped: SkippedUser[] = [];
  for (const name of await workspace.names(path)) {
    const place: UserPath = [...path, name];
    const claims = await readOrSkip(workspace, place, skipped);
    if (claims === undefined || !isDue(claims)) continue;
    if (issuer !== undefined && claims.iss !== issuer) continue;
    if (keys !== undefined && !keys.some(({ key }) => key === claims.iss)) continue;
    if (where !== undefined && !isTrue(where(claims))) continue;
    // What waits to be signed for the first time has no time of issue yet, and will be newer than any revocation.
    if (!revoked && claims.iat !== undefined && areClaimsRevoked(nats, claims)) {
      skipped.push({
        account: path[1],
        name,
        reason: "revoked",
        message: `the token of the ${titleOf(place)} is revoked`,
      });
    } else found.push({ place, claims });
  }
  return { found, skipped };
}

function readOrSkip<Path extends AccountPath | UserPath>(
  workspace: Workspace,
  path: Path,
  skipped: SkippedUser[],
): Promise<ReadonlyDeep<ClaimsAt<Path>> | undefined> {
  return workspace.readSound(path, ({ message }) => {
    skipped.push({ account: path[1], name: path[2], reason: "damaged", message });
  });
}

function assertSelection(which: unknown): asserts which is UserSelection {
  assertKnownOptions(which as object, ["issuer", "role", "where"]);
  const { issuer, role, where } = which as UserSelection;
  if (issuer !== undefined && !isPublicKey(issuer, "account")) {
    throw new NscError(
      "ERR_KEY_KIND",
      "the issuer of users must be the public key of an account or one of its signing keys",
    );
  }
  if (role !== undefined && typeof role !== "string") throw invalid("the role must be the name of one");
  if (where !== undefined && typeof where !== "function") throw invalid("where must be a function of claims");
}

/** A promise would pass for true, and everybody be meant. */
function isTrue(answer: unknown): boolean {
  if (typeof answer === "boolean") return answer;
  throw invalid("where must say true or false at once");
}

function bulkUser([, account, name]: UserPath, claims: ReadonlyDeep<UserClaims>, exp: number | undefined): BulkUser {
  return { account, name, publicKey: claims.sub, before: dateOf(claims.exp), expires: dateOf(exp) };
}

function dateOf(seconds = 0): Date | undefined {
  return seconds > 0 ? new Date(seconds * 1000) : undefined;
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
