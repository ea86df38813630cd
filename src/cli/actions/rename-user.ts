import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { renameUserFlags } from "../commands/rename.ts";
import { newName } from "../edits/new-name.ts";
import type { Invocation } from "../invocation.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";

export async function run(invocation: Invocation<typeof renameUserFlags>): Promise<void> {
  const { args, flags, report, tree } = invocation;
  const [from, given] = args as readonly [string, string];
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const user = await tree.user(account, from);
  const { name } = user;
  const names = await tree.names([operator.name, account.name]);
  const to = newName("user", given, names);
  if (names.includes(to)) {
    throw new CommandError(`user ${quote(to)} already exists`, { code: "ERR_ENTITY_EXISTS" });
  }
  const signing = await signerOrAsk(invocation, ["account"], { operator, account });
  await changeTree(invocation, async (tx) => {
    const renamed = await (await (await tx.operator(operator.name)).account(account.name)).user(name);
    await renamed.rename(to);
    if (signing.signer !== undefined) await renamed.reissue(signing);
  });
  report.ok(`renamed user ${quote(name)} to ${quote(to)} in account ${quote(account.name)}`);
}
