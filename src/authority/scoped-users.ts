import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { UserPermissionLimits } from "../jwt/limits.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { hasEmptyPermissions, scopesOf } from "../jwt/scopes.ts";
import type { UserScope } from "../jwt/signing-keys.ts";
import { type UserClaims, type UserNats, userPermissionMembers } from "../jwt/user.ts";
import { type Context, checkTolerantly, refuse } from "./context.ts";
import type { RequestedSigner, SignerChoice } from "./signer-choice.ts";
import { assertTemplateValues, templateSourceOf } from "./templates.ts";

/**
 * Refuses what is no role of an account: a public key in its place would be a signer, and give its users everything.
 *
 * @throws NscError `ERR_SIGNER_UNKNOWN`
 */
export function assertRole(account: ReadonlyDeep<AccountClaims>, title: string, role: string): void {
  const scopes = scopesOf(account.nats);
  if (scopes.some((scope) => scope.role === role)) return;
  const roles = scopes.map((scope) => JSON.stringify(scope.role)).join(", ");
  throw new NscError(
    "ERR_SIGNER_UNKNOWN",
    `${title} has no role ${JSON.stringify(role)}; it has ${roles === "" ? "none" : roles}`,
  );
}

/** The limits that a user begins with, which a scope has in its place. */
const UNLIMITED: readonly (keyof UserPermissionLimits)[] = ["subs", "data", "payload"];

/** A user that is about to be signed. */
export interface FittedUser {
  /** Its kind and name, for people. */
  readonly title: string;
  readonly claims: UserClaims;
  /** Whether permissions and limits may be dropped, where a scope has them instead. */
  readonly dropPermissions: boolean;
  /** Who was asked to sign. */
  readonly requested?: RequestedSigner | undefined;
}

/**
 * Makes a user fit the key that signs it: of a scoped key it has no permissions and limits of its own, of any other it needs
 * -1 where it is not limited, since servers take 0 for none at all.
 *
 * @throws NscError `ERR_USER_SCOPED` for permissions or limits that the scope would overrule, and for users that nobody
 * said should lose their role; `ERR_LIMITS`
 */
export function fitToScope(
  { title, claims, dropPermissions, requested }: FittedUser,
  { scope, signer }: SignerChoice,
  before: ReadonlyDeep<UserClaims> | undefined,
): void {
  const { nats } = claims;
  if (scope === undefined) {
    const wasScoped = before !== undefined && hasEmptyPermissions(before.nats);
    // The key of its role is gone, and the policy would make it a user that may do everything.
    if (wasScoped && requested === undefined && before.iss !== signer.publicKey) {
      throw new NscError(
        "ERR_USER_SCOPED",
        `the ${title} had its permissions and limits from the role of ${before.iss}, which is no key of the account any more: say its role or another signer as signer`,
      );
    }
    if (wasScoped) setUnlimited(nats);
    assertUsable(title, nats, wasScoped ? undefined : before?.nats);
    return;
  }
  if (dropPermissions) for (const name of userPermissionMembers) delete nats[name];
  else if (before === undefined || !hasEmptyPermissions(before.nats)) dropDefaults(nats);
  nats.pub = emptied(nats.pub);
  nats.sub = emptied(nats.sub);
  if (hasEmptyPermissions(nats)) return;
  throw new NscError(
    "ERR_USER_SCOPED",
    `the ${title} gets its permissions and limits from the role ${JSON.stringify(scope.role)}, so it can't have any of its own`,
  );
}

/**
 * Refuses a user that its account or the variables of its role would make another than was meant.
 *
 * @param context - what it tolerates is taken; nothing by default
 * @throws NscError `ERR_ROLE_TEMPLATE`, `ERR_BEARER_DISALLOWED`
 */
export function assertAllowed(
  { title, claims }: { readonly title: string; readonly claims: ReadonlyDeep<UserClaims> },
  account: { readonly name: string; readonly claims: ReadonlyDeep<AccountClaims> },
  scope: ReadonlyDeep<UserScope> | undefined,
  context: Pick<Context, "tolerates"> = STRICT,
): void {
  checkTolerantly(context, () => assertFitsTemplate(claims, account.claims, scope));
  const isBearer = scope === undefined ? claims.nats.bearer_token : scope.template.bearer_token;
  if (isBearer === true && account.claims.nats.limits.disallow_bearer === true) {
    refuse(context, bearerDisallowed(account.name, title));
  }
}

const STRICT: Pick<Context, "tolerates"> = { tolerates: undefined };

/** @throws NscError `ERR_ROLE_TEMPLATE` */
export function assertFitsTemplate(
  user: ReadonlyDeep<UserClaims>,
  account: ReadonlyDeep<AccountClaims>,
  scope: ReadonlyDeep<UserScope> | undefined,
): void {
  if (scope === undefined) return;
  assertTemplateValues(scope, { account: templateSourceOf(account), user: templateSourceOf(user) });
}

export function bearerDisallowed(account: string, user: string): NscError {
  return new NscError(
    "ERR_BEARER_DISALLOWED",
    `the account ${JSON.stringify(account)} disallows bearer tokens, and the ${user} is one`,
  );
}

function setUnlimited(nats: UserNats): void {
  for (const name of UNLIMITED) nats[name] ??= -1 as never;
}

function dropDefaults(nats: UserNats): void {
  for (const name of UNLIMITED) if (Number(nats[name]) === -1) delete nats[name];
}

function emptied(permission: UserNats["pub"]): NonNullable<UserNats["pub"]> {
  return permission ?? {};
}

/** A connection without subscriptions is closed by the server right after it was opened. */
function assertUsable(title: string, nats: UserNats, before: ReadonlyDeep<UserNats> | undefined): void {
  for (const name of ["subs", "payload"] as const) {
    const isNew = before === undefined || Number(before[name] ?? 0) !== 0;
    if (Number(nats[name] ?? 0) !== 0 || !isNew) continue;
    throw new NscError(
      "ERR_LIMITS",
      `${name} of the ${title} is 0 or absent, by which servers allow none at all: -1 is unlimited`,
    );
  }
}
