import type { RotateIdentityOptions } from "../../authority/rotation-verbs.ts";
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
  const newKey = await readNewKey(flags.to, output);
  const old = known?.from ?? operator.publicKey;
  const signsNothing = operator.claims.nats.strict_signing_key_usage === true;
  const key = {
    title: `the identity of operator ${quote(operator.name)}`,
    command: "'nsc rotate identity'",
    of: "operator",
    identity: { signsNothing, isAtHand: (await tree.store.getKey(old)) !== undefined },
  } as const;
  const begin = (options: RotateIdentityOptions) => operator.rotateIdentity(options);
  await rotateSigningKey(invocation, operator, { key, newKey, known, begin }, flags);
}
