import type { rotateUserFlags } from "../commands/rotate.ts";
import { confirmDestruction } from "../confirm.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed.ts";
import { sayCancelled, sayStage, stepOf } from "../rotate.ts";
import { readNewKey } from "../rotation-key.ts";
import { distributorFor } from "../servers/distributor.ts";
import { requestedSigner } from "../signer.ts";

export async function run(invocation: Invocation<typeof rotateUserFlags>): Promise<void> {
  const { args, flags, tree, output } = invocation;
  const step = stepOf(flags);
  const operator = await tree.operator();
  const account = await tree.account(flags.account);
  const user = await tree.user(account, args[0]);
  const signer = await requestedSigner(invocation, ["account"], account);
  const rotation = await user.rotateKeyInStages({
    ...(await readNewKey(flags.to, output)),
    ...(signer === undefined ? {} : { signer }),
  });
  const deleteKey = flags["delete-key"] === true;
  if (step === "cancel") {
    await rotation.cancel({ deleteKey });
    sayCancelled(invocation, rotation);
    return;
  }
  if (step === "advance") {
    const distribute = distributorFor(invocation, operator, flags);
    await rotation.advance({ distribute, ...(signer === undefined ? {} : { signer }) });
  }
  if (step === "retire") {
    await confirmDestruction(invocation, `revoke ${rotation.from}?`, { force: flags.force });
    await rotation.retire({ deleteKey });
    await afterAccountChange(invocation, operator, account);
  }
  const { stage, next, advice } = await rotation.plan();
  output.data({ dry_run: output.isDryRun, from: rotation.from, to: rotation.to, stage, next: next ?? null, advice });
  sayStage(invocation, { rotation, stage, next, advice });
}
