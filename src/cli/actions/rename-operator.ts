import { CommandError } from "../command-error.ts";
import type { renameFlags } from "../commands/rename.ts";
import { newName } from "../edits/new-name.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { makeCurrent } from "../tree/make-current.ts";

export async function run(invocation: Invocation<typeof renameFlags>): Promise<void> {
  const { args, report, tree } = invocation;
  const [from, given] = args as readonly [string, string];
  await tree.assertOperator(from);
  const names = await tree.names([]);
  const to = newName("operator", given, names);
  if (names.includes(to)) {
    throw new CommandError(`operator ${quote(to)} already exists`, { code: "ERR_ENTITY_EXISTS" });
  }
  const { operator: current, account } = await tree.context();
  await changeTree(invocation, async (tx) => (await tx.operator(from)).rename(to));
  report.ok(`renamed operator ${quote(from)} to ${quote(to)}`);
  if (current !== from) return;
  await makeCurrent(invocation, { operator: to, ...(account === undefined ? {} : { account }) });
}
