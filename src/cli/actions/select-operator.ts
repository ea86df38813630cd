import type { selectFlags } from "../commands/select.ts";
import type { Invocation } from "../invocation.ts";

export async function run({ args, tree }: Invocation<typeof selectFlags>): Promise<void> {
  const [operator] = args as readonly [string];
  await tree.assertOperator(operator);
  await tree.select({ operator });
}
