import { confirmDestruction } from "../asking/confirm.ts";
import type { rotateUserFlags } from "../commands/rotate.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChanges } from "../managed/managed.ts";
import {
  assertDue,
  refuseSigner,
  rotationFor,
  sayCancelled,
  sayStage,
  stageData,
  stepOf,
} from "../rotations/rotate.ts";
import { adviceFor, type RotatedKey } from "../rotations/rotation-advice.ts";
import { readNewKey } from "../rotations/rotation-key.ts";
import { distributorFor } from "../servers/distributor.ts";
import { requestedSigner } from "../signing/signer.ts";
import { quote } from "../text/quote.ts";
import { quoteWord } from "../text/quote-word.ts";

export async function run(invocation: Invocation<typeof rotateUserFlags>): Promise<void> {
  const { args, flags, tree, output } = invocation;
  const step = stepOf(flags);
  if (step === "cancel") refuseSigner(invocation);
  const operator = await tree.operator();
  const account = await tree.account(flags.account);
  const user = await tree.user(account, args[0]);
  const signing = await requestedSigner(invocation, [step === "retire" ? "operator" : "account"], account);
  const newKey = await readNewKey(flags.to, output);
  const rotations = await account.userKeyRotations();
  const key: RotatedKey = {
    title: `the key of user ${quote(user.name)}`,
    command: `'nsc rotate user ${quoteWord(user.name)} -a ${quoteWord(account.name)}'`,
    of: "user",
    account: account.name,
  };
  const rotation = await rotationFor(step, {
    key,
    newKey,
    known: rotations.find(({ from, to }) => [from, to].includes(user.publicKey)),
    begin: (options) => user.rotateKeyInStages({ ...options, ...signing }),
  });
  const deleteKey = flags["delete-key"] === true;
  const { stage: before } = await rotation.plan();
  if (step === "cancel") {
    assertDue(step, ["prepared"], { key, stage: before });
    await rotation.cancel({ deleteKey });
    await afterAccountChanges(invocation, operator);
    sayCancelled(invocation, key, rotation);
    return;
  }
  if (step === "advance") {
    assertDue(step, ["prepared"], { key, stage: before });
    await rotation.advance({ distribute: distributorFor(invocation, operator, flags), ...signing });
  }
  if (step === "retire") {
    assertDue(step, ["cut-over"], { key, stage: before });
    await confirmDestruction(invocation, `revoke ${rotation.from}?`, { force: flags.force });
    await rotation.retire({ deleteKey, ...signing });
  }
  await afterAccountChanges(invocation, operator);
  const { stage, next } = await rotation.plan();
  const hasSeed = (await tree.store.getKey(rotation.to)) !== undefined;
  const advice =
    stage === "cut-over" && !hasSeed
      ? "have whoever holds the seed of the new key make the creds; --retire ends the old key, once nobody uses old creds"
      : adviceFor(key, stage, false);
  output.data(stageData(invocation, rotation, { stage, next, advice }));
  sayStage(invocation, key, rotation, { stage, next, advice });
}
