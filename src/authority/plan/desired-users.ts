import { NscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { findSigningKey } from "../../jwt/scopes.ts";
import type { SigningKey } from "../../jwt/signing-keys.ts";
import type { UserClaims } from "../../jwt/user.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { request } from "../drafts.ts";
import { editClaims } from "../edit-claims.ts";
import { assertEntityName } from "../names.ts";
import { assertKnownOptions } from "../options.ts";
import { type AccountPath, titleOf, type UserPath } from "../paths.ts";
import { assertRole } from "../scoped-users.ts";
import type { RequestedSigner } from "../signer-choice.ts";
import { addUser, deleteUser, renameUser } from "../user-verbs.ts";
import { entityEdits } from "./desired-entity.ts";
import { assertNoRights, describeRights, hasRights, RIGHTS, writeRights } from "./desired-rights.ts";
import { roleName, scopesOfRole } from "./desired-roles.ts";
import type { DesiredAccount, DesiredUser } from "./desired-state.ts";
import { describeTimes } from "./desired-times.ts";
import { assertPlainData } from "./plain-data.ts";
import { signerAmongMany, unscopedSigner } from "./plan-signer.ts";
import type { Reconciliation } from "./reconciliation.ts";
import { type Place, within } from "./within.ts";

const DESIRED = [...RIGHTS, "tags", "expires", "notBefore", "key", "renamedFrom", "role"];

/** What is left out of the limits of a user is 0, which allows nothing. */
const ABSENT = 0;

/** A user as a description says it. */
export function describeUser(account: ReadonlyDeep<AccountClaims>, claims: ReadonlyDeep<UserClaims>): DesiredUser {
  const { nats, iss = "" } = claims;
  const scope = findSigningKey<ReadonlyDeep<SigningKey>>(account.nats, iss);
  return {
    ...(typeof scope === "object" ? { role: roleName(account.nats, scope) } : describeRights(nats, ABSENT)),
    ...((nats.tags ?? []).length > 0 && { tags: [...(nats.tags ?? [])] }),
    ...describeTimes(claims),
  };
}

/** Gives an account the users of a description. */
export async function reconcileUsers(
  run: Reconciliation,
  path: AccountPath,
  place: Place,
  users: NonNullable<DesiredAccount["users"]>,
): Promise<void> {
  const { workspace } = run;
  assertPlainData(users, "users");
  const there = new Set(await workspace.names(path));
  for (const [name, desired] of Object.entries(users)) {
    await within([...place, name], async () => {
      assertKnownOptions(desired, DESIRED);
      assertEntityName(name, "the name of a user");
      const from = desired.renamedFrom;
      if (!there.has(name) && from !== undefined && there.has(from)) {
        await renameUser(workspace, [...path, from], name);
        there.delete(from);
        there.add(name);
      }
      if (desired.role !== undefined) assertNoRights(desired, desired.role);
      if (there.has(name)) await reconcileUser(run, [...path, name], desired);
      else await createUser(run, path, name, desired);
      there.delete(name);
    });
  }
  for (const name of there) {
    if (run.remove) await within([...place, name], () => removeUser(run, [...path, name]));
    else run.unlisted.push([...place, name]);
  }
}

async function removeUser({ workspace, revoked }: Reconciliation, path: UserPath): Promise<void> {
  revoked.add((await workspace.need(path)).sub);
  await deleteUser(workspace, path, {});
}

async function createUser(run: Reconciliation, path: AccountPath, name: string, desired: DesiredUser): Promise<void> {
  const { role, key } = desired;
  const edits = entityEdits({ nats: {} }, desired, run.now);
  const signer = role === undefined ? await signerAmongMany(run.workspace, path) : role;
  const user = await addUser(run.workspace, path, name, {
    ...(key !== undefined && { key: publicKeyOf(key) }),
    ...(signer !== undefined && (isPublicKey(signer, "account") ? { signer } : { role: signer })),
    claims: (claims) => {
      if (role === undefined) writeRights(claims.nats, desired);
      for (const edit of edits) edit(claims);
    },
  });
  if (key === undefined) run.fresh.set((await run.workspace.need(user)).sub, `key of the user ${name}`);
}

function publicKeyOf(key: unknown): string {
  if (typeof key === "string" && isPublicKey(key, "user")) return key;
  throw new NscError("ERR_KEY_KIND", "key must be the public key of a user");
}

async function reconcileUser(run: Reconciliation, path: UserPath, desired: DesiredUser): Promise<void> {
  const { workspace } = run;
  const { role, key } = desired;
  const account = await workspace.need<AccountPath>([path[0], path[1]]);
  const claims = await workspace.need(path);
  if (key !== undefined && publicKeyOf(key) !== claims.sub) {
    throw new NscError("ERR_ENTITY_EXISTS", `the ${titleOf(path)} has another key: ${claims.sub}`);
  }
  const scope = findSigningKey<ReadonlyDeep<SigningKey>>(account.nats, claims.iss ?? "");
  const edits = entityEdits(claims, desired, run.now);
  const writesRights = role === undefined && !(typeof scope !== "object" && hasRights(claims.nats, desired, ABSENT));
  const signer = await signerToAsk(run, path, account, scope, role);
  if (edits.length > 0 || writesRights) {
    await editClaims(workspace, path, (target) => {
      for (const edit of edits) edit(target);
      if (writesRights) writeRights(target.nats, desired);
    });
  }
  if (signer === undefined) return;
  const draft = await workspace.draft(path);
  request(draft, signer);
  // The description says all that it may do, which is what the role says.
  draft.dropPermissions = role !== undefined;
}

/** Who has to sign for a user to have a role, or to have it no more; nothing where that is so already. */
async function signerToAsk(
  run: Reconciliation,
  path: UserPath,
  account: ReadonlyDeep<AccountClaims>,
  scope: ReadonlyDeep<SigningKey> | undefined,
  role: string | undefined,
): Promise<RequestedSigner | undefined> {
  if (role === undefined)
    return typeof scope === "object" ? unscopedSigner(run.workspace, [path[0], path[1]]) : undefined;
  const keys = scopesOfRole(account.nats, role).map(({ key }) => key);
  if (typeof scope === "object" && keys.includes(scope.key)) return undefined;
  if (isPublicKey(role, "account")) return role;
  assertRole(account, `the ${titleOf([path[0], path[1]])}`, role);
  return { role };
}
