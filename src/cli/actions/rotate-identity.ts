import type { rotateIdentityFlags } from "../commands/rotate.ts";
import type { Invocation } from "../invocation.ts";
import { refuseSigner, rotateSigningKey, stepOf } from "../rotations/rotate.ts";
import { readNewKey } from "../rotations/rotation-key.ts";
import { quote } from "../text/quote.ts";

export async function run(invocation: Invocation<typeof rotateIdentityFlags>): Promise<void> {
  const { flags, tree, output } = invocation;
  stepOf(flags);
  refuseSigner(invocation);
  const operator = await tree.operator();
  const known = (await operator.rotations()).find(({ isIdentity }) => isIdentity);
  const to = await readNewKey(flags.to, output);
  const old = known?.from ?? operator.publicKey;
  const signsNothing = operator.claims.nats.strict_signing_key_usage === true;
  const key = {
    title: `the identity of operator ${quote(operator.name)}`,
    command: "'nsc rotate identity'",
    of: "operator",
    isSpecial: signsNothing || (await tree.store.getKey(old)) === undefined,
  } as const;
  await rotateSigningKey(invocation, operator, { key, known, begin: () => operator.rotateIdentity(to) }, flags);
}
