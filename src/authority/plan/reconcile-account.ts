import { NscError } from "../../errors.ts";
import type { AccountClaims, AccountNats } from "../../jwt/account.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { addAccount, renameAccount } from "../account-verbs.ts";
import { editClaims } from "../edit-claims.ts";
import { assertEntityName } from "../names.ts";
import { assertKnownOptions } from "../options.ts";
import { type AccountPath, titleOf } from "../paths.ts";
import { addSigningKey } from "../signing-keys.ts";
import { SETTING_NAMES, settingsToWrite } from "./account-settings.ts";
import { reconcileCallout } from "./desired-callout.ts";
import { entityEdits } from "./desired-entity.ts";
import { reconcileExports } from "./desired-exports.ts";
import { reconcileImports } from "./desired-imports.ts";
import { reconcileRoles, removeRoles } from "./desired-roles.ts";
import type { DesiredAccount } from "./desired-state.ts";
import { reconcileUsers } from "./desired-users.ts";
import { assertCount } from "./plain-data.ts";
import { signerAmongMany } from "./plan-signer.ts";
import type { Reconciliation } from "./reconciliation.ts";
import { type Place, within, withinMember } from "./within.ts";

/** What a description says of any account, and a template too. */
const TEMPLATE = [...SETTING_NAMES, "tags", "signingKeys", "roles", "exports", "imports"];
const DESIRED = [...TEMPLATE, "key", "renamedFrom", "expires", "notBefore", "authCallout", "users"];

/** Refuses what a template does not say. */
export function assertTemplate(template: object): void {
  assertKnownOptions(template, TEMPLATE);
}

/** Makes an account that is described and not there, or gives it its name. */
export async function reconcileExistence(
  run: Reconciliation,
  path: AccountPath,
  desired: DesiredAccount,
): Promise<void> {
  const { workspace } = run;
  const [operator, name] = path;
  assertKnownOptions(desired, DESIRED);
  assertEntityName(name, "the name of an account");
  const { key, renamedFrom } = desired;
  if (key !== undefined && !(typeof key === "string" && isPublicKey(key, "account"))) {
    throw new NscError("ERR_KEY_KIND", "key must be the public key of an account");
  }
  const present = await workspace.read(path);
  if (present !== undefined) {
    if (key === undefined || key === present.sub) return;
    throw new NscError("ERR_ENTITY_EXISTS", `the ${titleOf(path)} has another key: ${present.sub}`);
  }
  if (renamedFrom !== undefined && (await workspace.read([operator, renamedFrom])) !== undefined) {
    await renameAccount(workspace, [operator, renamedFrom], name);
    return;
  }
  const signer = await signerAmongMany(workspace, [operator]);
  await addAccount(workspace, operator, name, {
    ...(key !== undefined && { key }),
    ...(signer !== undefined && { signer }),
  });
  if (key === undefined) run.fresh.set((await workspace.need(path)).sub, `key of the account ${name}`);
}

/** Gives an account what is described of it alone. */
export async function reconcileOwn(
  run: Reconciliation,
  path: AccountPath,
  place: Place,
  desired: DesiredAccount,
): Promise<void> {
  const { workspace } = run;
  const claims = await workspace.need(path);
  const edits: ((claims: AccountClaims) => void)[] = [];
  for (const name of SETTING_NAMES) {
    const write = await within([...place, name], () => settingsToWrite(claims, desired, name));
    if (write !== undefined) edits.push(({ nats }: { nats: AccountNats }) => write(nats));
  }
  await within(place, async () => {
    edits.push(...entityEdits(claims, desired, run.now));
    if (edits.length > 0) await editClaims(workspace, path, (target) => edits.forEach((edit) => void edit(target)));
    await reconcileSigningKeys(run, path, desired);
  });
  await withinMember(place, desired, "roles", (roles, at) => reconcileRoles(run, path, at, roles));
  await withinMember(place, desired, "exports", (exports, at) => reconcileExports(run, path, at, exports));
}

async function reconcileSigningKeys(
  run: Reconciliation,
  path: AccountPath,
  { signingKeys = 0 }: DesiredAccount,
): Promise<void> {
  assertCount(signingKeys, "signingKeys");
  const { nats } = await run.workspace.need(path);
  const present = (nats.signing_keys ?? []).filter((key) => typeof key === "string").length;
  for (let count = present + 1; count <= signingKeys; count++) {
    run.fresh.set(await addSigningKey(run.workspace, path, {}), `signing key ${count}`);
  }
}

/** Gives an account what is described of it together with others: users, auth callout, and imports. */
export async function reconcileLinks(
  run: Reconciliation,
  path: AccountPath,
  place: Place,
  desired: DesiredAccount,
): Promise<void> {
  await withinMember(place, desired, "users", (users, at) => reconcileUsers(run, path, at, users));
  await withinMember(place, desired, "roles", (roles, at) => removeRoles(run, path, at, roles));
  await withinMember(place, desired, "authCallout", (callout) => reconcileCallout(run, path, callout));
  await withinMember(place, desired, "imports", (imports, at) => reconcileImports(run, path, at, imports));
}
