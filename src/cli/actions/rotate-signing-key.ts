import type { rotateSigningKeyFlags } from "../commands/rotate.ts";
import type { Invocation } from "../invocation.ts";
import { rotateSigningKey } from "../rotate.ts";
import { readNewKey } from "../rotation-key.ts";

export async function run(invocation: Invocation<typeof rotateSigningKeyFlags>): Promise<void> {
  const { args, flags, tree } = invocation;
  const [from] = args as readonly [string];
  const operator = await tree.operator();
  const init = { from, ...(await readNewKey(flags.to, invocation.output)) };
  const rotation =
    flags.operator === true
      ? await operator.rotateSigningKey(init)
      : await (await tree.account(flags.account)).rotateSigningKey(init);
  await rotateSigningKey(invocation, operator, rotation, flags);
}
