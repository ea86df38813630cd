import type { selectFlags } from "../commands/select.ts";
import type { Invocation } from "../invocation.ts";
import { assertContextCanChange } from "../tree/cwd-only.ts";

export async function run({ args, io, tree }: Invocation<typeof selectFlags>): Promise<void> {
  const [operator] = args as readonly [string];
  assertContextCanChange(io);
  await tree.assertOperator(operator);
  await tree.select({ operator });
}
