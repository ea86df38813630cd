import type { templateShowFlags } from "../commands/declarative.ts";
import type { Invocation } from "../invocation.ts";

export async function run({ flags, tree, output, report }: Invocation<typeof templateShowFlags>): Promise<void> {
  const account = await tree.account(flags.account);
  const template = await account.template();
  output.data(template);
  const text = `${JSON.stringify(template, undefined, 2)}\n`;
  const file = flags["output-file"];
  if (file === undefined) output.print(text);
  else {
    const path = await output.writeFile(file, text, { overwrites: true });
    if (!output.isDryRun) report.ok(`wrote the template to ${path}`);
  }
}
