import type { Account } from "../authority/account.ts";
import type { Operator } from "../authority/operator.ts";
import type { SigningKeyRotation } from "../authority/rotation.ts";
import type { User } from "../authority/user.ts";
import { CommandError } from "./command-error.ts";
import { confirmDestruction } from "./confirm.ts";
import type { Invocation } from "./invocation.ts";
import { type DistributionFlags, distributorFor } from "./servers/distributor.ts";

/** What is to become of a rotation. */
export type StageFlags = DistributionFlags & {
  readonly advance: boolean | undefined;
  readonly retire: boolean | undefined;
  readonly cancel: boolean | undefined;
  readonly "delete-key": boolean | undefined;
  readonly force: boolean | undefined;
};

/** At most one of them says what is to be done. */
export type Step = "show" | "advance" | "retire" | "cancel";

/** @throws CommandError for steps that exclude each other, and flags of a step that is not asked for */
export function stepOf(flags: StageFlags): Step {
  const steps = (["advance", "retire", "cancel"] as const).filter((step) => flags[step] === true);
  if (steps.length > 1) {
    const names = steps.map((step) => `--${step}`).join(" and ");
    throw new CommandError(`${names} are mutually exclusive`, { code: "ERR_USAGE", showsUsage: true });
  }
  const [step = "show"] = steps;
  if (flags["delete-key"] === true && step !== "retire" && step !== "cancel") {
    throw new CommandError("--delete-key goes with --retire or --cancel", { code: "ERR_USAGE", showsUsage: true });
  }
  return step;
}

/** Takes the step that was asked for, and says where the rotation is then. */
export async function rotateSigningKey(
  invocation: Invocation,
  operator: Operator,
  rotation: SigningKeyRotation<Account> | SigningKeyRotation<User>,
  flags: StageFlags,
): Promise<void> {
  const step = stepOf(flags);
  const deleteKey = flags["delete-key"] === true;
  if (step === "cancel") {
    await rotation.cancel({ deleteKey });
    sayCancelled(invocation, rotation);
    return;
  }
  const distribute = distributorFor(invocation, operator, flags);
  if (step === "advance") await rotation.advance({ distribute });
  if (step === "retire") {
    await confirmDestruction(invocation, `trust ${rotation.from} no more?`, { force: flags.force });
    await rotation.retire({ distribute, force: flags.force === true, deleteKey });
  }
  const { stage, next, advice, signedByFrom, signedByTo, activations, damaged } = await rotation.plan();
  const names = (entities: readonly (Account | User)[]): string[] => entities.map(({ name }) => name);
  invocation.output.data({
    dry_run: invocation.output.isDryRun,
    from: rotation.from,
    to: rotation.to,
    stage,
    next: next ?? null,
    advice,
    signed_by_from: names(signedByFrom),
    signed_by_to: names(signedByTo),
    activations: activations.map(({ account, subject }) => ({ account: account.name, subject })),
  });
  sayStage(invocation, { rotation, stage, next, advice });
  const { report } = invocation;
  if (signedByFrom.length > 0) report.ok(`still signed by the old key: ${names(signedByFrom).join(", ")}`);
  if (stage !== "prepared" && signedByTo.length > 0)
    report.ok(`signed by the new key: ${names(signedByTo).join(", ")}`);
  for (const { account, subject } of activations) {
    report.warn(
      `account ${JSON.stringify(account.name)} imports ${JSON.stringify(subject)} by an activation of the old key`,
    );
  }
  for (const path of damaged) report.warn(`${path.join("/")} can't be read, and may be signed by either key`);
}

/** Where a rotation is. */
interface Stage {
  readonly rotation: { readonly from: string; readonly to: string };
  readonly stage: string;
  readonly next: string | undefined;
  readonly advice: string;
}

/** Says where a rotation is, and what comes next. */
export function sayStage({ report, output }: Invocation, { rotation, stage, next, advice }: Stage): void {
  report.ok(`${rotation.from} is replaced by ${rotation.to}: ${stage}`);
  output.note(next === undefined ? advice : `next, ${next}: ${advice}`);
}

/** Says that a rotation is over, and nothing has changed. */
export function sayCancelled(
  { report, output }: Invocation,
  { from, to }: { readonly from: string; readonly to: string },
): void {
  report.ok(`the rotation from ${from} to ${to} was cancelled`);
  output.data({ dry_run: output.isDryRun, from, to, stage: "cancelled" });
}
