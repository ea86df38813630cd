import type { templateShowFlags } from "../commands/declarative.ts";
import type { Invocation } from "../invocation.ts";
import { writeAndSay } from "../output/write-and-say.ts";

export async function run(invocation: Invocation<typeof templateShowFlags>): Promise<void> {
  const { flags, tree, output } = invocation;
  const account = await tree.account(flags.account);
  const template = await account.template();
  output.data(template);
  const text = `${JSON.stringify(template, undefined, 2)}\n`;
  const file = flags["output-file"];
  if (file === undefined) output.print(text);
  else await writeAndSay(invocation, "the template", file, text);
}
