import { assertString } from "../../encoding/bytes.ts";
import { NscError } from "../../errors.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import { deleteAccount } from "../account-verbs.ts";
import { editClaims } from "../edit-claims.ts";
import { requireSigningKeys } from "../operator-verbs.ts";
import { assertKnownOptions } from "../options.ts";
import type { AccountPath } from "../paths.ts";
import { addSigningKey } from "../signing-keys.ts";
import { entityEdits } from "./desired-entity.ts";
import type { DesiredOperator, DesiredState } from "./desired-state.ts";
import { keyOf } from "./named-key.ts";
import { assertCount, assertPlainData, listOf } from "./plain-data.ts";
import { reconcileExistence, reconcileLinks, reconcileOwn } from "./reconcile-account.ts";
import type { Reconciliation } from "./reconciliation.ts";
import { isSameData } from "./same-data.ts";
import { within, withinMember } from "./within.ts";

const OPERATOR =
  "tags expires notBefore accountServerUrl serviceUrls systemAccount requireSigningKeys assertServerVersion signingKeys".split(
    " ",
  );

/** Brings the tree of an operator to a description. Nothing is signed by that. */
export async function reconcile(run: Reconciliation, desired: DesiredState): Promise<void> {
  assertKnownOptions(desired, ["operator", "accounts"]);
  await withinMember([], desired, "operator", (operator) => reconcileOperator(run, operator));
  await withinMember([], desired, "accounts", (accounts) => reconcileAccounts(run, accounts));
  await withinMember([], desired, "operator", (operator) => reconcileTree(run, operator));
}

async function reconcileAccounts(run: Reconciliation, accounts: NonNullable<DesiredState["accounts"]>): Promise<void> {
  const { workspace, operator } = run;
  assertPlainData(accounts, "accounts");
  const each = Object.entries(accounts).map(([name, desired]) => {
    return { place: ["accounts", name] as const, path: [operator[0], name] satisfies AccountPath, desired };
  });
  for (const { place, path, desired } of each) await within(place, () => reconcileExistence(run, path, desired));
  // What others import has to be there first.
  for (const { place, path, desired } of each) await within(place, () => reconcileOwn(run, path, place, desired));
  for (const { place, path, desired } of each) await within(place, () => reconcileLinks(run, path, place, desired));
  for (const name of await workspace.names(operator)) {
    if (Object.hasOwn(accounts, name)) continue;
    const place = ["accounts", name];
    if (run.remove) await within(place, () => deleteAccount(workspace, [operator[0], name], {}));
    else run.unlisted.push(place);
  }
}

/** The settings that need no account. */
async function reconcileOperator(run: Reconciliation, desired: DesiredOperator): Promise<void> {
  const { workspace, operator } = run;
  assertKnownOptions(desired, OPERATOR);
  const claims = await workspace.need(operator);
  const edits: ((claims: OperatorClaims) => void)[] = [...entityEdits(claims, desired, run.now)];
  const { accountServerUrl, serviceUrls, assertServerVersion, requireSigningKeys: isStrict, signingKeys = 0 } = desired;
  const texts = { account_server_url: accountServerUrl, assert_server_version: assertServerVersion };
  for (const [name, value] of Object.entries(texts) as [keyof typeof texts, unknown][]) {
    if (value === undefined) continue;
    assertString(value, name === "account_server_url" ? "accountServerUrl" : "assertServerVersion");
    if (value === (claims.nats[name] ?? "")) continue;
    edits.push(({ nats }) => {
      if (value === "") delete nats[name];
      else nats[name] = value;
    });
  }
  const urls = serviceUrls && listOf(serviceUrls, "serviceUrls");
  if (urls !== undefined && !isSameData(urls, claims.nats.operator_service_urls ?? [])) {
    edits.push(({ nats }) => {
      if (urls.length === 0) delete nats.operator_service_urls;
      else nats.operator_service_urls = [...urls];
    });
  }
  if (isStrict !== undefined && typeof isStrict !== "boolean") {
    throw new NscError("ERR_ARGUMENT_INVALID", "requireSigningKeys must be true or false");
  }
  if (isStrict === false && claims.nats.strict_signing_key_usage === true) {
    edits.push(({ nats }) => void delete nats.strict_signing_key_usage);
  }
  if (edits.length > 0) await editClaims(workspace, operator, (target) => edits.forEach((edit) => void edit(target)));
  assertCount(signingKeys, "signingKeys");
  for (let count = (claims.nats.signing_keys ?? []).length + 1; count <= signingKeys; count++) {
    run.fresh.set(await addSigningKey(workspace, operator, {}), `signing key ${count} of the operator`);
  }
}

/** The settings that depend on what is below. */
async function reconcileTree(run: Reconciliation, desired: DesiredOperator): Promise<void> {
  const { workspace, operator } = run;
  const { systemAccount, requireSigningKeys: isStrict } = desired;
  const { nats } = await workspace.need(operator);
  if (systemAccount !== undefined) {
    const key =
      systemAccount === "" ? "" : await keyOf(workspace, "account", systemAccount, (name) => [operator[0], name]);
    if (key !== (nats.system_account ?? "")) {
      await editClaims(workspace, operator, (target) => {
        if (key === "") delete target.nats.system_account;
        else target.nats.system_account = key;
      });
    }
  }
  if (isStrict === true && nats.strict_signing_key_usage !== true) await requireSigningKeys(workspace, operator, {});
}
