import type { selectFlags } from "../commands/select.ts";
import { assertContextCanChange } from "../cwd-only.ts";
import type { Invocation } from "../invocation.ts";

export async function run({ args, io, tree }: Invocation<typeof selectFlags>): Promise<void> {
  const [given] = args as readonly [string];
  assertContextCanChange(io);
  await tree.select({ account: await tree.accountName(given) });
}
