import type { Account } from "../../authority/account.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { clearActivationFlags } from "../commands/revocations.ts";
import { accountKey, accountNames } from "../exchange/account-keys.ts";
import type { ChosenExport } from "../exchange/choose-export.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { chooseRevokedExport } from "../revocations/choose-revoked-export.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";

type ClearActivation = Invocation<typeof clearActivationFlags>;

export async function run(invocation: ClearActivation): Promise<void> {
  const { flags, globals, report, tree } = invocation;
  report.wantsSummary = true;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const chosen = await chooseRevokedExport(invocation, account, flags);
  const { subject, type, name = subject } = chosen;
  const to =
    globals.interactive === true
      ? await ask(invocation, account, chosen)
      : await accountKey(invocation, flags["target-account"], { what: "target-account", takesAll: true });
  if (!account.activationRevocations(subject, { type }).some(({ publicKey }) => publicKey === to)) {
    report.warn(`${type} ${name} has no revocation for ${to === "*" ? "all accounts" : `account ${to}`}`);
    return;
  }
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  await sayingIssues(() => account.clearActivationRevocation(subject, to, { type, ...signing }));
  await afterAccountChange(invocation, operator, account);
  const whom = to === "*" ? "all accounts" : `account ${to}`;
  report.ok(`deleted ${type} ${name} revocation for ${whom}`);
}

async function ask(invocation: ClearActivation, account: Account, { subject, type }: ChosenExport): Promise<string> {
  const revocations = account.activationRevocations(subject, { type });
  if (revocations.length === 0)
    throw new CommandError(`${type} export ${subject} doesn't have revocations`, { code: "ERR_ENTITY_NOT_FOUND" });
  const names = await accountNames(invocation);
  const choices = revocations.map(({ publicKey: value }) => {
    const name = value === "*" ? "* [All Accounts]" : (names.get(value) ?? "[Unknown Account]");
    return { label: `${value}: ${name}`, value };
  });
  return await invocation.prompts.select("select account revocation to delete", choices);
}
