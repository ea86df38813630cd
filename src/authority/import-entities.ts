/**
 * Accounts and users whose tokens were made elsewhere.
 *
 * @module
 */

import { parseCreds, parseDecoratedToken } from "../creds/creds.ts";
import { firstSeedLine } from "../creds/decorated.ts";
import { copyData } from "../encoding/copy.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { createAccountClaims } from "../jwt/create-claims.ts";
import { decode } from "../jwt/decode.ts";
import { didSign, isSelfSigned } from "../jwt/did-sign.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { areClaimsRevoked } from "../jwt/revocations.ts";
import { findSigningKey, scopeViolation } from "../jwt/scopes.ts";
import type { UserClaims } from "../jwt/user.ts";
import { assertValid } from "../jwt/validate.ts";
import { keyPairFromSeed } from "../nkeys/key-pair.ts";
import { moveAccount } from "./account-verbs.ts";
import { adoptAccount } from "./adopt-account.ts";
import { nowOf, refuse } from "./context.ts";
import { request } from "./drafts.ts";
import type { EditOptions } from "./edit-claims.ts";
import { assertKeyFree } from "./entity-init.ts";
import { assertEntityName } from "./names.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, accountPlaceIn, type OperatorPath, titleOf, type UserPath, userPlacesIn } from "./paths.ts";
import { assertAllowed } from "./scoped-users.ts";
import { hasKey } from "./signing-keys.ts";
import type { Workspace } from "./workspace.ts";

/** What is replaced and taken, of accounts and of users. */
interface ImportOptions extends EditOptions {
  /** The name to keep it under; the one in the token by default. With another one it is signed again. */
  readonly name?: string;
  /** Whether an older token of the same entity that is there already is replaced, or even a newer one; false by default. */
  readonly replace?: boolean | "newer";
  /** Whether a token is taken that has expired, or that servers would not load, to be mended by edits; false by default. */
  readonly allowInvalid?: boolean;
}

/** Options of `Operator.importAccount`. */
export interface ImportAccountOptions extends ImportOptions {
  /** Whether an account that another operator signed is taken, and signed by this one; false by default. */
  readonly force?: boolean;
  /**
   * Whether an account that this operator has not signed gets the limits that its token claims. By default it keeps those of
   * the account that is there, and a new one gets those of `addAccount`: unlimited, but without JetStream.
   */
  readonly keepLimits?: boolean;
}

/** Adopts an account: as it is where the operator signed it, and otherwise signed by the operator. */
export async function importAccount(
  workspace: Workspace,
  path: OperatorPath,
  text: string,
  options: ImportAccountOptions,
): Promise<AccountPath> {
  assertKnownOptions(options, ["name", "replace", "allowInvalid", "force", "keepLimits", "signer"]);
  const { context } = workspace;
  const token = parseDecoratedToken(text);
  const claims = decode(token, { kind: "account", engine: context.engine });
  const { name = claims.name ?? "", replace = false, allowInvalid = false } = options;
  const { force = false, keepLimits = false, signer } = options;
  if (!allowInvalid) assertValid(claims, { now: nowOf(context) });
  assertEntityName(name, "the name of an account");
  const operator = await workspace.need(path);
  const isOwn = hasKey(operator, claims.iss ?? "");
  if (!isOwn && !isSelfSigned(claims) && !force) {
    throw new NscError(
      "ERR_SIGNER_UNTRUSTED",
      `the account ${JSON.stringify(name)} is signed by ${claims.iss}, which is no key of the ${titleOf(path)}: pass force to have it signed by this one`,
    );
  }
  const to: AccountPath = [path[0], name];
  const present = accountPlaceIn(await workspace.findKey(claims.sub), path[0]);
  const before = present && (await workspace.need(present));
  if (present === undefined || present[1] !== name) await workspace.assertFree(to);
  if (present !== undefined) {
    const stored = (await workspace.stored(present))?.token;
    if (stored === token && present[1] === name && signer === undefined) return present;
    assertReplaceable(`the ${titleOf(present)}`, claims, before, replace);
  }
  if (didSign(operator, claims) && name === claims.name && signer === undefined) {
    await adoptAccount(workspace, path, claims.sub, token, { overwrite: true, foreign: false });
    return to;
  }
  if (!isOwn && !keepLimits) claims.nats.limits = limitsFor(before, claims.sub);
  claims.name = name;
  if (present !== undefined && present[1] !== name) await moveAccount(workspace, present, to);
  const draft = before === undefined ? await workspace.create(to, claims) : await workspace.draft(to);
  if (before !== undefined) putClaims(draft.claims, claims, before);
  draft.reissue = true;
  draft.allowInvalid = allowInvalid;
  request(draft, signer);
  return to;
}

/** What nobody but an operator can say. */
function limitsFor(
  before: ReadonlyDeep<AccountClaims> | undefined,
  publicKey: string,
): AccountClaims["nats"]["limits"] {
  const limits = before?.nats.limits ?? createAccountClaims(publicKey).nats.limits;
  return copyData(limits) as AccountClaims["nats"]["limits"];
}

/** Options of `Account.importUser`. */
export interface ImportUserOptions extends ImportOptions {
  /** Whether stores that keep creds files write one, where the seed is at hand; true by default. */
  readonly creds?: boolean;
}

/** Adopts a user of an account. */
export async function importUser(
  workspace: Workspace,
  path: AccountPath,
  text: string,
  options: ImportUserOptions,
): Promise<UserPath> {
  assertKnownOptions(options, ["name", "replace", "allowInvalid", "creds", "signer"]);
  const { engine } = workspace.context;
  const { token, seed } = partsOf(text, workspace);
  const claims = decode(token, { kind: "user", engine });
  const { name = claims.name ?? "", replace = false, allowInvalid = false, signer } = options;
  assertEntityName(name, "the name of a user");
  await assertUserOf(workspace, path, claims, `user ${JSON.stringify(name)}`);
  if (!allowInvalid) assertValid(claims, { now: nowOf(workspace.context) });
  const to: UserPath = [...path, name];
  const [present] = userPlacesIn(await workspace.findKey(claims.sub), path);
  if (present === undefined) await assertKeyFree(workspace, to, claims.sub);
  const before = present && (await workspace.need(present));
  if (present === undefined || present[2] !== name) await workspace.assertFree(to);
  const pair = seed === undefined ? undefined : keyPairFromSeed(seed, { engine });
  if (present !== undefined) {
    const stored = (await workspace.stored(present))?.token;
    if (stored === token && present[2] === name && signer === undefined) {
      if (pair !== undefined) workspace.addKey({ publicKey: claims.sub, pair });
      return present;
    }
    assertReplaceable(`the ${titleOf(present)}`, claims, before, replace);
    if (present[2] !== name) await workspace.move(present, to);
  }
  if (name === claims.name && signer === undefined) await workspace.adopt(to, claims, token);
  else {
    claims.name = name;
    const draft = before === undefined ? await workspace.create(to, claims) : await workspace.draft(to);
    if (before !== undefined) putClaims(draft.claims, claims, before);
    draft.reissue = true;
    draft.allowInvalid = allowInvalid;
    // The key that signed it, unless another one is asked for.
    request(draft, signer ?? claims.iss);
  }
  if (options.creds === false) (await workspace.draft(to)).withoutCreds = true;
  if (pair !== undefined) workspace.addKey({ publicKey: claims.sub, pair });
  return to;
}

/** The token in a text, and the seed if it is that of a creds file. */
function partsOf(
  text: string,
  { context: { engine } }: Workspace,
): { readonly token: string; readonly seed: string | undefined } {
  if (typeof text !== "string") {
    throw new NscError("ERR_ARGUMENT_INVALID", "what is imported must be the text of a token or of creds");
  }
  if (firstSeedLine(text) === undefined) return { token: parseDecoratedToken(text), seed: undefined };
  return parseCreds(text, { engine });
}

/** Refuses a user that servers would not let in by this account; what another key than the account's signed, always. */
async function assertUserOf(
  workspace: Workspace,
  path: AccountPath,
  claims: ReadonlyDeep<UserClaims>,
  title: string,
): Promise<void> {
  const account = await workspace.need(path);
  const { iss = "", nats } = claims;
  if (!didSign(account, claims)) {
    const of = nats.issuer_account === undefined ? "" : `, and is of the account ${nats.issuer_account}`;
    throw new NscError(
      "ERR_SIGNER_UNTRUSTED",
      `the ${title} is signed by ${iss}${of}: it can't be imported into the ${titleOf(path)}, which has no such key`,
    );
  }
  const operator = await workspace.need<OperatorPath>([path[0]]);
  const { context } = workspace;
  if (operator.nats.strict_signing_key_usage === true && iss === account.sub) {
    const message = `the operator demands signing keys, and the ${title} is signed by the identity of the ${titleOf(path)}`;
    refuse(context, new NscError("ERR_SIGNER_STRICT", message));
  }
  const key = findSigningKey(account.nats, iss);
  const scope = typeof key === "object" ? key : undefined;
  const violation = scope && scopeViolation(scope, claims);
  if (violation !== undefined) {
    const message = `the ${title} does not fit the role ${JSON.stringify(scope?.role)}: ${violation}`;
    refuse(context, new NscError("ERR_USER_SCOPED", message));
  }
  assertAllowed({ title, claims }, { name: path[1], claims: account }, scope, context);
  if (!areClaimsRevoked(account.nats, claims)) return;
  const message = `the ${titleOf(path)} has revoked this token of the ${title}: add the user with its key, and it gets a new one`;
  refuse(context, new NscError("ERR_ARGUMENT_INVALID", message));
}

function assertReplaceable(
  title: string,
  claims: ReadonlyDeep<AccountClaims | UserClaims>,
  before: ReadonlyDeep<AccountClaims | UserClaims> | undefined,
  replace: boolean | "newer",
): void {
  if (replace === false) {
    throw new NscError("ERR_ENTITY_EXISTS", `${title} is there already: pass replace to have its token replaced`);
  }
  if (replace === "newer" || (claims.iat ?? 0) >= (before?.iat ?? 0)) return;
  throw new NscError("ERR_ENTITY_EXISTS", `a newer token of ${title} is there already`);
}

/** Puts claims in the place of others, but for what is set when they are signed. */
function putClaims<Claims extends AccountClaims | UserClaims>(
  into: Claims,
  claims: Claims,
  { iss }: { readonly iss?: string },
): void {
  for (const name of Object.keys(into)) delete into[name as keyof Claims];
  Object.assign(into, claims, iss === undefined ? {} : { iss });
}
