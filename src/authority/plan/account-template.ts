import { NscError } from "../../errors.ts";
import { type AddAccountOptions, addAccount } from "../account-verbs.ts";
import type { Cell } from "../cell.ts";
import { nowOf } from "../context.ts";
import { request } from "../drafts.ts";
import { type EditOptions, editClaims } from "../edit-claims.ts";
import { assertKnownOptions } from "../options.ts";
import type { AccountPath } from "../paths.ts";
import type { Workspace } from "../workspace.ts";
import { describeTemplate } from "./current-state.ts";
import { signActivations } from "./desired-imports.ts";
import type { AccountTemplate } from "./desired-state.ts";
import { assertTemplate, reconcileLinks, reconcileOwn } from "./reconcile-account.ts";
import { Reconciliation } from "./reconciliation.ts";
import { within } from "./within.ts";

const PLACE = ["template"] as const;

/** The settings of an account as it is now. */
export async function templateOf({ session, path }: Cell): Promise<AccountTemplate> {
  return session.rehearse((workspace) => describeTemplate(workspace, path as AccountPath));
}

/** Adds an account to an operator, with the settings of a template if there is one. */
export async function addAccountFrom(
  workspace: Workspace,
  operator: string,
  name: string,
  options: AddAccountOptions,
): Promise<AccountPath> {
  const template = options?.template;
  if (template === undefined) return addAccount(workspace, operator, name, options);
  await within(PLACE, () => assertTemplate(template));
  return addAccountWith(workspace, operator, name, template, options);
}

/** Adds an account with the settings of another one. */
export async function cloneAccount(
  workspace: Workspace,
  path: AccountPath,
  name: string,
  options: Omit<AddAccountOptions, "template">,
): Promise<AccountPath> {
  if (typeof options !== "object" || options === null || "template" in options) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a clone has options, but no template other than its account");
  }
  return addAccountWith(workspace, path[0], name, await describeTemplate(workspace, path), options);
}

/** What is said besides a template goes before it, an edit of the claims too. */
async function addAccountWith(
  workspace: Workspace,
  operator: string,
  name: string,
  template: AccountTemplate,
  options: AddAccountOptions,
): Promise<AccountPath> {
  const { claims, ...said } = options;
  const path = await addAccount(workspace, operator, name, said);
  // Signing keys are those of both.
  const left = Object.entries(template).filter(([member]) => said[member as keyof typeof said] === undefined);
  await giveSettings(workspace, path, Object.fromEntries(left));
  if (claims !== undefined) await editClaims(workspace, path, claims);
  return path;
}

/** Gives an account the settings of a template. */
export async function applyTemplate(
  workspace: Workspace,
  path: AccountPath,
  template: AccountTemplate,
  options: EditOptions,
): Promise<void> {
  assertKnownOptions(options, ["signer"]);
  await giveSettings(workspace, path, template);
  if (options.signer !== undefined) request(await workspace.draft(path), options.signer);
}

async function giveSettings(workspace: Workspace, path: AccountPath, template: AccountTemplate): Promise<void> {
  const run = new Reconciliation(workspace, [path[0]], { now: nowOf(workspace.context), remove: false });
  await within(PLACE, async () => {
    assertTemplate(template);
    await reconcileOwn(run, path, PLACE, template);
    await reconcileLinks(run, path, PLACE, template);
    await signActivations(run);
  });
}
