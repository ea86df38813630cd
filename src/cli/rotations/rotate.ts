import type { Account } from "../../authority/account.ts";
import type { KeyInput } from "../../authority/key-input.ts";
import type { Operator } from "../../authority/operator.ts";
import type { SigningKeyRotation } from "../../authority/rotation.ts";
import type { User } from "../../authority/user.ts";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChanges } from "../managed/managed.ts";
import { type DistributionFlags, distributorFor } from "../servers/distributor.ts";
import { quote } from "../text/quote.ts";
import { adviceFor, type RotatedKey } from "./rotation-advice.ts";
import type { NewKey } from "./rotation-key.ts";

/** What is to become of a rotation. */
export type StageFlags = DistributionFlags & {
  readonly to: string | undefined;
  readonly advance: boolean | undefined;
  readonly retire: boolean | undefined;
  readonly cancel: boolean | undefined;
  readonly "delete-key": boolean | undefined;
  readonly force: boolean | undefined;
};

/** At most one of them says what is to be done; without, it is begun, or shown where it has begun. */
export type Step = "begin" | "advance" | "retire" | "cancel";

/** @throws CommandError for steps that exclude each other, and flags of a step that is not asked for */
export function stepOf(flags: StageFlags): Step {
  const steps = (["advance", "retire", "cancel"] as const).filter((step) => flags[step] === true);
  if (steps.length > 1) throw usageError(`${steps.map((step) => `--${step}`).join(" and ")} are mutually exclusive`);
  const [step = "begin"] = steps;
  if (flags["delete-key"] === true && step !== "retire" && step !== "cancel") {
    throw usageError("--delete-key goes with --retire or --cancel");
  }
  if (flags.to !== undefined && step !== "begin") throw usageError(`--to says what a rotation begins with`);
  return step;
}

/** What is signed in a rotation is signed by the old key or the new one. */
export function refuseSigner({ globals }: Invocation): void {
  if (globals["private-key"]) throw usageError("-K has no effect here: the keys of the rotation sign");
}

/** Where a rotation is, for people and for `--json`. */
interface Stage {
  readonly stage: string;
  readonly next: string | undefined;
  readonly advice: string;
}

/** The rotation that a command line is about. */
export interface Rotated<R extends { readonly to: string }> {
  readonly key: RotatedKey;
  /** The new key, if it was said which. */
  readonly newKey: NewKey | undefined;
  /** The one that is under way, if one is. */
  readonly known: R | undefined;
  readonly begin: (options: { readonly to?: KeyInput }) => Promise<R>;
}

/** The rotation to go on with. Only a command without a step begins one. */
export async function rotationFor<R extends { readonly to: string }>(
  step: Step,
  { key, newKey, known, begin }: Rotated<R>,
): Promise<R> {
  if (known === undefined && step === "begin") return await begin(newKey === undefined ? {} : { to: newKey.to });
  if (known !== undefined && newKey !== undefined && newKey.publicKey !== known.to) {
    throw new CommandError(`a rotation of ${key.title} to ${known.to} is under way already`, {
      code: "ERR_ROTATION_STAGE",
      hint: "leave out --to to see where it is; --cancel or --retire ends it",
    });
  }
  if (known !== undefined) return known;
  throw new CommandError(`no rotation of ${key.title} is under way`, {
    code: "ERR_ROTATION_STAGE",
    hint: `${key.command} begins one`,
  });
}

/** @throws CommandError for a step that is not due at the stage where it is */
export function assertDue(
  step: Step,
  due: readonly string[],
  { key, stage }: { key: RotatedKey; stage: string },
): void {
  if (due.includes(stage)) return;
  throw new CommandError(
    `the rotation of ${key.title} is at the stage ${stage}, and --${step} is due at ${due.join(" or ")}`,
    { code: "ERR_ROTATION_STAGE", hint: `${key.command} says what comes next` },
  );
}

/** Takes the step that was asked for in the rotation of a signing key or identity, and says where it is then. */
export async function rotateSigningKey(
  invocation: Invocation,
  operator: Operator,
  rotated: Rotated<SigningKeyRotation<Account> | SigningKeyRotation<User>>,
  flags: StageFlags,
): Promise<void> {
  const { key } = rotated;
  const step = stepOf(flags);
  const rotation = await rotationFor(step, rotated);
  const deleteKey = flags["delete-key"] === true;
  const distribute = distributorFor(invocation, operator, flags);
  if (step === "cancel") {
    assertDue(step, ["prepared", "distributed"], { key, stage: rotation.stage });
    await rotation.cancel({ deleteKey });
    await afterAccountChanges(invocation, operator);
    sayCancelled(invocation, key, rotation);
    return;
  }
  if (step === "advance") {
    assertDue(step, ["prepared", "distributed"], { key, stage: rotation.stage });
    await rotation.advance({ distribute });
  }
  if (step === "retire") {
    assertDue(step, ["cut-over"], { key, stage: rotation.stage });
    await confirmDestruction(invocation, `trust ${rotation.from} no more?`, { force: flags.force });
    await rotation.retire({ distribute, force: flags.force === true, deleteKey });
  }
  await afterAccountChanges(invocation, operator);
  const plan = await rotation.plan();
  const { stage, next, signedByFrom, signedByTo, withoutSeed, activations, damaged } = plan;
  const isInUse = signedByFrom.length + activations.length > 0;
  const advice = adviceFor(key, stage, isInUse);
  const names = (entities: readonly (Account | User)[]): string[] => entities.map(({ name }) => name);
  invocation.output.data({
    ...stageData(invocation, rotation, { stage, next, advice }),
    signed_by_from: names(signedByFrom),
    signed_by_to: names(signedByTo),
    without_seed: names(withoutSeed),
    activations: activations.map(({ account, subject }) => ({ account: account.name, subject })),
    damaged,
  });
  const entry = sayStage(invocation, key, rotation, { stage, next, advice }, () => [
    ...(signedByFrom.length > 0 ? [`signed by the old key: ${names(signedByFrom).join(", ")}`] : []),
    ...(signedByTo.length > 0 ? [`signed by the new key: ${names(signedByTo).join(", ")}`] : []),
  ]);
  if (stage === "cut-over" && withoutSeed.length > 0) {
    entry.warn(`others have to make the creds of ${names(withoutSeed).join(", ")}: their seeds are not here`);
  }
  for (const { account, subject } of activations) {
    entry.warn(`account ${quote(account.name)} imports ${quote(subject)} by an activation of the old key`);
  }
  for (const path of damaged) entry.warn(`${path.join("/")} can't be read, and may be signed by either key`);
}

/** The part of `--json` that all rotations share. */
export function stageData(
  { output }: Invocation,
  { from, to }: { readonly from: string; readonly to: string },
  { stage, next, advice }: Stage,
): Record<string, unknown> {
  return { dry_run: output.isDryRun, from, to, stage, next: next ?? null, advice };
}

/** Says where a rotation is, and what comes next. @returns the entry, for more to be said below it */
export function sayStage(
  { report }: Invocation,
  { title }: RotatedKey,
  { from, to }: { readonly from: string; readonly to: string },
  { stage, next, advice }: Stage,
  more: () => readonly string[] = () => [],
): ReturnType<typeof report.group> {
  const entry = report.group(`rotation of ${title}: ${stage}`);
  for (const line of [
    `old key: ${from}`,
    `new key: ${to}`,
    ...more(),
    next === undefined ? advice : `next, ${next}: ${advice}`,
  ]) {
    entry.ok(line);
  }
  return entry;
}

/** Says that a rotation is over, and nothing has changed. */
export function sayCancelled(
  { report, output }: Invocation,
  { title }: RotatedKey,
  { from, to }: { readonly from: string; readonly to: string },
): void {
  report.ok(`cancelled the rotation of ${title} to ${to}`);
  output.data({ dry_run: output.isDryRun, from, to, stage: "cancelled" });
}

function usageError(message: string): CommandError {
  return new CommandError(message, { code: "ERR_USAGE", showsUsage: true });
}
