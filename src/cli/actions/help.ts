import type { helpFlags } from "../commands/help.ts";
import { formatHelp, helpData } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { resolveTarget, unknownCommand } from "../parse-arguments.ts";

export async function run({ args, table, output }: Invocation<typeof helpFlags>): Promise<void> {
  const { target, words } = resolveTarget(table, args);
  if (target.command === undefined && words[0] !== undefined) throw unknownCommand(table, target, words[0]);
  output.print(formatHelp(table, target, { columns: output.width }));
  output.data(helpData(table, target));
}
