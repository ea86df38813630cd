import type { listOperatorsFlags } from "../commands/list.ts";
import type { Invocation } from "../invocation.ts";
import { listEntries } from "../showing/list-entries.ts";
import { quote } from "../text/quote.ts";

export async function run(invocation: Invocation<typeof listOperatorsFlags>): Promise<void> {
  const { tree, output } = invocation;
  if (!output.isJson && (await tree.names([])).length === 0) {
    const { storesDir } = tree.directory;
    output.print(
      `no operators defined in store dir ${quote(storesDir)}\n` +
        "init an environment or change the store root with `env --store <dir>`\n",
    );
    return;
  }
  const { operator } = await tree.context();
  await listEntries(invocation, [], operator);
}
