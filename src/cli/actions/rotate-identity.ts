import type { rotateIdentityFlags } from "../commands/rotate.ts";
import type { Invocation } from "../invocation.ts";
import { rotateSigningKey } from "../rotate.ts";
import { readNewKey } from "../rotation-key.ts";

export async function run(invocation: Invocation<typeof rotateIdentityFlags>): Promise<void> {
  const { flags, tree } = invocation;
  const operator = await tree.operator();
  const rotation = await operator.rotateIdentity(await readNewKey(flags.to, invocation.output));
  await rotateSigningKey(invocation, operator, rotation, flags);
}
