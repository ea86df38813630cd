import type { listAccountsFlags } from "../commands/list.ts";
import type { Invocation } from "../invocation.ts";
import { listEntries } from "../showing/list-entries.ts";
import { listedOperator } from "../showing/listed-operator.ts";

export async function run(invocation: Invocation<typeof listAccountsFlags>): Promise<void> {
  const { operator, account } = await listedOperator(invocation, "env --operator <name>");
  await listEntries(invocation, [operator], account);
}
