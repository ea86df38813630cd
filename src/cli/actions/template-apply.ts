import type { AccountTemplate } from "../../authority/plan/desired-state.ts";
import { CommandError } from "../command-error.ts";
import type { templateApplyFlags } from "../commands/declarative.ts";
import { readData } from "../files/read-data.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { requestedSigner } from "../signing/signer.ts";
import { quote } from "../text/quote.ts";

export async function run(invocation: Invocation<typeof templateApplyFlags>): Promise<void> {
  const { args, flags, tree, report } = invocation;
  const template = (await readData(invocation, args[0] as string)) as AccountTemplate;
  const operator = await tree.operator();
  const signing = await requestedSigner(invocation, ["operator"]);
  const { account: name } = flags;
  if (flags.create === true && !name) {
    throw new CommandError("account name is required", { code: "ERR_USAGE", hint: "say -a and a name with --create" });
  }
  const isNew = flags.create === true && !(await tree.names([operator.name])).includes(name as string);
  const account = isNew
    ? await operator.addAccount(name as string, { ...signing, template })
    : await tree.account(flags.account);
  if (!isNew) await account.applyTemplate(template, signing);
  await afterAccountChange(invocation, operator, account);
  report.ok(isNew ? `added account ${quote(account.name)}` : `edited account ${quote(account.name)}`);
}
