import { assertString } from "../../encoding/bytes.ts";
import { setOwn } from "../../encoding/json-codec.ts";
import { NscError } from "../../errors.ts";
import type { AccountNats } from "../../jwt/account.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { scopesNamed, scopesOf } from "../../jwt/scopes.ts";
import type { SigningKey, UserScope } from "../../jwt/signing-keys.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { addRole } from "../account-verbs.ts";
import { editClaims } from "../edit-claims.ts";
import { isEntityName } from "../names.ts";
import { assertKnownOptions } from "../options.ts";
import type { AccountPath } from "../paths.ts";
import { removeSigningKey } from "../signing-keys.ts";
import { describeRights, hasRights, RIGHTS, writeRights } from "./desired-rights.ts";
import type { DesiredAccount, DesiredRole } from "./desired-state.ts";
import { assertPlainData } from "./plain-data.ts";
import type { Reconciliation } from "./reconciliation.ts";
import { isSameData } from "./same-data.ts";
import { type Place, within } from "./within.ts";

interface Holder<Key> {
  readonly signing_keys?: readonly Key[];
}

/** What is left out of the limits of a template is unlimited. */
const ABSENT = -1;

/** The scopes of a role by the name that it has in descriptions. */
export function scopesOfRole<Key extends ReadonlyDeep<SigningKey>>(
  account: Holder<Key>,
  role: string,
): Exclude<Key, string>[] {
  if (isPublicKey(role, "account")) return scopesOf(account).filter(({ key }) => key === role);
  return scopesNamed(account, role);
}

/** The name of a role in descriptions: its own, or its key where others have that name, or nobody could. */
export function roleName(account: ReadonlyDeep<AccountNats>, { key, role }: ReadonlyDeep<UserScope>): string {
  const [first, ...others] = scopesNamed(account, role).map(describeRole);
  const isKnownByName = isEntityName(role) && !isPublicKey(role, "account");
  return isKnownByName && others.every((other) => isSameData(first, other)) ? role : key;
}

/** The roles of an account. */
export function describeRoles(account: ReadonlyDeep<AccountNats>): NonNullable<DesiredAccount["roles"]> {
  const roles: { [role: string]: DesiredRole } = {};
  for (const scope of scopesOf(account)) setOwn(roles, roleName(account, scope), describeRole(scope));
  return roles;
}

function describeRole({ description, template }: ReadonlyDeep<UserScope>): DesiredRole {
  return { ...(description !== "" && { description }), ...describeRights(template, ABSENT) };
}

/** Gives an account the roles of a description; others stay until its users are as they are to be. */
export async function reconcileRoles(
  run: Reconciliation,
  path: AccountPath,
  place: Place,
  roles: NonNullable<DesiredAccount["roles"]>,
): Promise<void> {
  assertPlainData(roles, "roles");
  for (const [role, desired] of Object.entries(roles)) {
    await within([...place, role], () => reconcileRole(run, path, role, desired));
  }
}

/** Takes roles away that are not described. */
export async function removeRoles(
  run: Reconciliation,
  path: AccountPath,
  place: Place,
  roles: NonNullable<DesiredAccount["roles"]>,
): Promise<void> {
  const { workspace } = run;
  const { nats } = await workspace.need(path);
  const listed = new Set(Object.keys(roles).flatMap((role) => scopesOfRole(nats, role).map(({ key }) => key)));
  for (const scope of scopesOf(nats).filter(({ key }) => !listed.has(key))) {
    const name = roleName(nats, scope);
    if (run.remove) await within([...place, name], () => removeSigningKey(workspace, path, scope.key, {}));
    else run.unlisted.push([...place, name]);
  }
}

async function reconcileRole(
  run: Reconciliation,
  path: AccountPath,
  role: string,
  desired: DesiredRole,
): Promise<void> {
  const { workspace } = run;
  assertKnownOptions(desired, [...RIGHTS, "description"]);
  const { description = "" } = desired;
  assertString(description, "description");
  const { nats } = await workspace.need(path);
  const scopes = scopesOfRole(nats, role);
  if (scopes.length === 0) {
    if (isPublicKey(role, "account")) {
      throw new NscError("ERR_ENTITY_NOT_FOUND", `the account has no role with the signing key ${role}`);
    }
    const template = (target: UserScope["template"]): void => writeRights(target, desired);
    run.fresh.set(await addRole(workspace, path, role, { description, template }), `key of the role ${role}`);
    return;
  }
  const isSame = (scope: ReadonlyDeep<UserScope>): boolean =>
    scope.description === description && hasRights(scope.template, desired, ABSENT);
  if (scopes.every(isSame)) return;
  await editClaims(workspace, path, (claims) => {
    for (const scope of scopesOfRole(claims.nats, role)) {
      scope.description = description;
      writeRights(scope.template, desired);
    }
  });
}
