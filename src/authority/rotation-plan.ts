import type { AccountClaims } from "../jwt/account.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { StorePath } from "../store/store.ts";
import type { Account } from "./account.ts";
import type { Cell } from "./cell.ts";
import { titleOf } from "./paths.ts";
import { type HolderPath, isOfIdentity, type RotationStage } from "./rotation-state.ts";
import { activatedBy, type RotationKeys } from "./rotation-verbs.ts";
import { soundCells } from "./sound-cells.ts";
import type { User } from "./user.ts";

/** Where a rotation is, what comes next, and what it is about. */
export interface RotationPlan<Dependant extends Account | User = Account | User> {
  readonly stage: RotationStage;
  /** The stage that comes next; nothing after the last one. */
  readonly next: RotationStage | undefined;
  /** What is to be done for that, for people. */
  readonly advice: string;
  /** What is stored and still signed by the old key: users of an account, accounts of an operator. */
  readonly signedByFrom: readonly Dependant[];
  /** What is stored and signed by the new key. After the cut-over, new creds of these users have to be handed out. */
  readonly signedByTo: readonly Dependant[];
  /** The users among these whose seeds are not here, so that others have to make their creds. */
  readonly withoutSeed: readonly Dependant[];
  /**
   * Imports whose activation tokens the old key issued, and which end with it; looked for from the cut-over on, in the
   * accounts of the same operator.
   */
  readonly activations: readonly RotationActivation[];
  /** Paths of what can't be read, and may be signed by either. */
  readonly damaged: readonly (readonly string[])[];
}

/** An import whose activation token is signed by a key that is rotated. */
export interface RotationActivation {
  /** The account that imports. */
  readonly account: Account;
  /** The subject as the exporting account has it. */
  readonly subject: string;
}

const NEXT: Readonly<Record<RotationStage, RotationStage | undefined>> = {
  prepared: "distributed",
  distributed: "cut-over",
  "cut-over": "retired",
  retired: undefined,
};

/** Looks around for what a rotation is about. */
export async function planOf<Dependant extends Account | User>(
  holder: Cell,
  keys: RotationKeys,
  stage: RotationStage,
  handleOf: (cell: Cell) => Dependant,
): Promise<RotationPlan<Dependant>> {
  const path = holder.path as HolderPath;
  const damaged: StorePath[] = [];
  const signedByFrom: Dependant[] = [];
  const signedByTo: Dependant[] = [];
  const withoutSeed: Dependant[] = [];
  for await (const [, cell] of soundCells(holder.session, path, (place) => damaged.push(place))) {
    const { snapshot } = cell;
    const { iss } = snapshot.claims;
    if (iss === keys.from) signedByFrom.push(handleOf(cell));
    if (iss !== keys.to) continue;
    const handle = handleOf(cell);
    signedByTo.push(handle);
    if (path.length === 2 && !snapshot.hasSeed) withoutSeed.push(handle);
  }
  const isOver = stage === "cut-over" || stage === "retired";
  const activations = path.length === 2 && isOver ? await activationsIn(holder, path[0], keys.from, damaged) : [];
  return {
    stage,
    next: NEXT[stage],
    advice: await adviceOf(holder, keys, stage, signedByFrom.length + activations.length > 0),
    signedByFrom,
    signedByTo,
    withoutSeed,
    activations,
    damaged,
  };
}

async function activationsIn(
  holder: Cell,
  operator: string,
  publicKey: string,
  damaged: StorePath[],
): Promise<RotationActivation[]> {
  const found: RotationActivation[] = [];
  const { context, handles } = holder.session;
  for await (const [, cell] of soundCells(holder.session, [operator] as const, (place) => damaged.push(place))) {
    const claims = cell.snapshot.claims as ReadonlyDeep<AccountClaims>;
    for (const subject of activatedBy(claims, publicKey, context)) {
      found.push({ account: handles.account(cell), subject });
    }
  }
  return found;
}

async function adviceOf(holder: Cell, keys: RotationKeys, stage: RotationStage, isInUse: boolean): Promise<string> {
  const path = holder.path as HolderPath;
  const claims = holder.snapshot.claims as ReadonlyDeep<OperatorClaims>;
  if (path.length === 2 || !isOfIdentity(keys, claims.sub)) return adviceFor(path, keys, stage, isInUse);
  if (claims.nats.strict_signing_key_usage === true) return strictAdviceFor(path, stage, isInUse);
  const advice = adviceFor(path, keys, stage, isInUse);
  if (stage !== "prepared" || (await holder.session.signers.find(keys.from)) !== undefined) return advice;
  return `${advice}. The private key of ${keys.from} is not at hand, so what it would sign has to wait until then, or to be signed by ${keys.to} on demand (signer), which no server takes before its restart`;
}

/** Servers of such an operator trust no identity, neither the old one nor the new one. */
function strictAdviceFor(path: HolderPath, stage: RotationStage, isInUse: boolean): string {
  const title = `the ${titleOf(path)}`;
  const why = "servers trust its signing keys alone, with the old token as with the new one";
  switch (stage) {
    case "prepared":
      return `put the token of ${title} into the configuration of every server, for their next restart; advance need not wait for it: ${why}`;
    case "distributed":
      return `advance, which has accounts signed by a signing key that the old identity has signed, if there are any`;
    case "cut-over":
      return isInUse ? `have signed by a signing key what the old identity has still signed` : `retire: ${why}`;
    case "retired":
      return `nothing is left to be done but the next restart of the servers, with the token of ${title}`;
  }
}

function adviceFor(path: HolderPath, { from, to }: RotationKeys, stage: RotationStage, isInUse: boolean): string {
  const title = `the ${titleOf(path)}`;
  const isOperator = path.length === 1;
  const restart = `put the token of ${title} into the configuration of every server and restart them`;
  switch (stage) {
    case "prepared":
      return isOperator
        ? `${restart}, so that they trust ${to}: advance with distribute does or proves it`
        : `bring the token of ${title} to every server, so that they trust ${to}: advance with distribute does or proves it`;
    case "distributed":
      return `advance, which has everything signed by ${to} that is stored and signed by ${from}`;
    case "cut-over":
      if (isInUse) return `have signed by ${to}, or issued anew, what ${from} has still signed, and retire ${from}`;
      return isOperator
        ? `retire ${from}, with distribute to bring the accounts that ${to} signed to every server`
        : `hand out the new creds, and retire ${from} once nobody uses old ones any more`;
    case "retired":
      return isOperator
        ? `${restart}, after which they don't trust ${from}`
        : `bring the token of ${title} to every server`;
  }
}
