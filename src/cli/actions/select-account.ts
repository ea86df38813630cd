import type { selectFlags } from "../commands/select.ts";
import type { Invocation } from "../invocation.ts";

export async function run({ args, tree }: Invocation<typeof selectFlags>): Promise<void> {
  const [given] = args as readonly [string];
  await tree.select({ account: await tree.accountName(given) });
}
