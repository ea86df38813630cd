import { childrenOf, isHidden, summaryOf } from "../command-table.ts";
import type { helpFlags } from "../commands/help.ts";
import { formatHelp, visibleFlags } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { resolveTarget, unknownCommand } from "../parse-arguments.ts";

export async function run({ args, table, output }: Invocation<typeof helpFlags>): Promise<void> {
  const { target, words } = resolveTarget(table, args);
  if (target.command === undefined && words[0] !== undefined) throw unknownCommand(table, target, words[0]);
  output.print(formatHelp(table, target, { columns: output.width }));
  output.data({
    command: ["nsc", ...target.path].join(" "),
    summary: summaryOf(target),
    library: target.command?.library,
    flags: visibleFlags(target.command?.flags ?? {}).map(([name, { short, type, help, shownDefault }]) => ({
      name,
      short,
      type: type === "" ? "bool" : type,
      help,
      default: shownDefault,
    })),
    commands: childrenOf(table, target.path)
      .filter((child) => !isHidden(child))
      .map((child) => child.path.join(" ")),
  });
}
