import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { findSigningKey } from "../jwt/scopes.ts";
import type { SigningKey } from "../jwt/signing-keys.ts";
import type { Account } from "./account.ts";
import type { Cell } from "./cell.ts";
import { type Distribute, distributorOf, prove } from "./distribution.ts";
import { changeCell, loadCell, refreshCell } from "./handle.ts";
import type { Operator } from "./operator.ts";
import { assertKnownOptions } from "./options.ts";
import type { ClaimsAt, OperatorPath } from "./paths.ts";
import { planOf, type RotationPlan } from "./rotation-plan.ts";
import { type HolderPath, parseRotations, type RotationStage, type RotationState } from "./rotation-state.ts";
import {
  cancelRotation,
  cutOver,
  isOf,
  markDistributed,
  newKeyGone,
  prepareIdentityRotation,
  prepareRotation,
  type RotateIdentityOptions,
  type RotateSigningKeyOptions,
  type RotationKeys,
  retireKey,
  rotationGone,
  wrongStage,
} from "./rotation-verbs.ts";
import { hasKey } from "./signing-keys.ts";
import type { User } from "./user.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `SigningKeyRotation.advance`. */
export interface AdvanceRotationOptions {
  /** Brings the new key to the servers; needed from `prepared` to `distributed`, and not called otherwise. */
  readonly distribute?: Distribute;
}

/** Options of `SigningKeyRotation.retire`. */
export interface RetireRotationOptions {
  /** Brings the accounts to the servers; needed when the key is an operator's, and not called otherwise. */
  readonly distribute?: Distribute;
  /** Whether the key goes even though it has signed what is stored, which becomes invalid by that; false by default. */
  readonly force?: boolean;
  /** Whether the seed of the old key is removed from the store, too; false by default. */
  readonly deleteKey?: boolean;
}

/** Options of `SigningKeyRotation.cancel`. */
export interface CancelRotationOptions {
  /** Whether the seed of the new key is removed from the store, too; false by default. */
  readonly deleteKey?: boolean;
}

/**
 * The rotation of a signing key of an account or operator, or of the identity of an operator. Users and accounts stay valid
 * all the time, since the new key signs only when every server trusts it, and the old key goes only when nothing that is
 * stored needs it any more. Where it is stands in the store, so that another process can go on with it: `rotateSigningKey` and `rotations` give it again.
 *
 * @example
 * ```ts
 * import { Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const account = await operator.addAccount("APP");
 * const old = await account.addSigningKey();
 * const user = await account.addUser("alice");
 *
 * const rotation = await account.rotateSigningKey({ from: old });
 * await rotation.advance({ distribute: async ({ accounts }) => console.log("push", accounts[0]?.name) });
 * const { signedByTo } = await rotation.advance();
 * for (const { name } of signedByTo) console.log("new creds for", name);
 * user.claims.iss === rotation.to; // true
 *
 * const { stage } = await rotation.retire();
 * stage; // "retired"
 * ```
 */
export class SigningKeyRotation<Dependant extends Account | User = Account | User> {
  /** Public key of the old key. */
  readonly from: string;
  /** Public key of the new key. */
  readonly to: string;
  /** Whether it is the identity of an operator that is rotated, and no signing key. */
  readonly isIdentity: boolean;
  readonly #holder: Cell;
  readonly #handleOf: (cell: Cell) => Dependant;
  #seen: RotationStage;

  /** @internal */
  constructor(holder: Cell, { from, to }: RotationKeys, handleOf: (cell: Cell) => Dependant) {
    this.from = from;
    this.to = to;
    this.#holder = holder;
    this.#handleOf = handleOf;
    this.isIdentity = [from, to].includes(holder.snapshot.publicKey);
    this.#seen = this.#state()?.stage ?? "prepared";
  }

  /** The name of the role whose key it is, if it is one's. */
  get role(): string | undefined {
    const { nats } = this.#claims();
    const keys = [this.to, this.from].map((key) => findSigningKey<ReadonlyDeep<SigningKey>>(nats, key));
    return keys.find((key) => typeof key === "object")?.role;
  }

  /**
   * Where it is, as the handles of its `Nsc` saw it last. Of one that was cancelled it is the stage that was seen before.
   *
   * @throws NscError `ERR_STORE_DAMAGED`
   */
  get stage(): RotationStage {
    const state = this.#state();
    if (state !== undefined) return state.stage;
    return this.#isRetired() ? "retired" : this.#seen;
  }

  /**
   * Looks where it is now, what comes next and what it is about. In a transaction it tells of what is waiting for the commit.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when it was cancelled or its holder deleted, `ERR_STORE_DAMAGED`
   */
  async plan(): Promise<RotationPlan<Dependant>> {
    await refreshCell(this.#holder);
    return this.#plan();
  }

  /**
   * Goes one stage further, up to `cut-over`, from the stage that {@link stage} tells. To `distributed`: has `distribute`
   * bring the new key to every server, and goes on only once that is proven; when it fails, the rotation stays where it was.
   * To `cut-over`: signs in one commit with the new key all that is stored and signed by the old one. Whatever can't be read
   * is passed over, and told of in the plan.
   *
   * @param options - how the new key gets to the servers. If it is there already, or by other means, pass
   * `distribute: async () => {}`
   * @returns the plan from there on
   * @throws NscError `ERR_ROTATION_STAGE` when others have advanced it meanwhile, the new key was removed, or retiring comes
   * next; `ERR_ARGUMENT_INVALID` when `distribute` is missing, `ERR_TRANSACTION` when it would distribute what waits for the
   * commit of a transaction, `ERR_SIGNER_MISSING` when the new key is not at hand, `ERR_ENTITY_NOT_FOUND`; what `distribute`
   * throws; and as `edit` does
   */
  async advance(options: AdvanceRotationOptions = {}): Promise<RotationPlan<Dependant>> {
    assertKnownOptions(options, ["distribute"]);
    const { stage } = this;
    if (stage === "prepared") await this.#distribute(options.distribute);
    else if (stage === "distributed") {
      await changeCell(this.#holder, (workspace) => cutOver(workspace, this.#path(), this));
    } else {
      throw wrongStage(this, (await this.#refreshState()).stage, "prepared or distributed");
    }
    return this.plan();
  }

  /**
   * Removes the old key, once nothing that is stored needs it. An account's token has to be brought to every server
   * afterwards, which then disconnect whoever still uses old creds. Of an operator, the accounts that the new key signed are
   * brought to the servers before, since servers refuse accounts of a removed key after their next restart, by which they get
   * to know the operator's token without it.
   *
   * @param options - what else is done, and whether it is insisted on. No stage can be left out, not even by `force`
   * @returns the plan of a rotation that is over
   * @throws NscError `ERR_ROTATION_STAGE` when it was not cut over yet; `ERR_SIGNING_KEY_IN_USE` when the old key has signed
   * something that is stored, or an activation token that an account of the operator imports with; `ERR_ARGUMENT_INVALID`
   * when `distribute` is missing, `ERR_TRANSACTION` when it would distribute what waits for the commit of a transaction,
   * `ERR_ENTITY_NOT_FOUND` when it is over already; what `distribute` throws; and as `edit` does
   */
  async retire(options: RetireRotationOptions = {}): Promise<RotationPlan<Dependant>> {
    assertKnownOptions(options, ["distribute", "force", "deleteKey"]);
    const { force = false, deleteKey = false } = options;
    const { stage } = await this.#refreshState();
    if (stage !== "cut-over") throw wrongStage(this, stage, "cut-over");
    if (this.#path().length === 1) {
      const distribute = distributorOf(
        options.distribute,
        "the accounts that the new key signed",
        this.#holder.session,
      );
      const { signedByFrom, signedByTo } = await this.#plan();
      // Servers need not be troubled for what is refused in the end.
      if (signedByFrom.length === 0 || force) {
        await prove(distribute, {
          operator: await this.#operator(),
          accounts: signedByTo as readonly Account[],
          trustedKeys: this.#trustedKeys(),
        });
      }
    }
    await changeCell(this.#holder, (workspace) => retireKey(workspace, this.#path(), this, { force, deleteKey }));
    return this.plan();
  }

  /**
   * Ends it before the cut-over, and removes the new key. Users that it issued and that are not stored become invalid once
   * servers have the holder's token without it.
   *
   * @throws NscError `ERR_SIGNING_KEY_IN_USE` when the new key has signed something that is stored, `ERR_ROTATION_STAGE` after
   * the cut-over, `ERR_ENTITY_NOT_FOUND` when it is over already, and as `edit` does
   */
  async cancel(options: CancelRotationOptions = {}): Promise<void> {
    assertKnownOptions(options, ["deleteKey"]);
    const { deleteKey = false } = options;
    this.#seen = this.stage;
    await changeCell(this.#holder, (workspace) => cancelRotation(workspace, this.#path(), this, deleteKey));
  }

  async #distribute(given: Distribute | undefined): Promise<void> {
    const distribute = distributorOf(given, "the new key", this.#holder.session);
    const { stage } = await this.#refreshState();
    if (stage !== "prepared") throw wrongStage(this, stage, "prepared");
    // Whatever was distributed without it would prove nothing.
    if (!hasKey(this.#claims(), this.to)) throw newKeyGone(this.#path(), this);
    const isOperator = this.#path().length === 1;
    await prove(distribute, {
      operator: await this.#operator(),
      accounts: isOperator ? [] : [this.#holder.session.handles.account(this.#holder)],
      trustedKeys: this.#trustedKeys(),
    });
    await changeCell(this.#holder, (workspace) => markDistributed(workspace, this.#path(), this));
  }

  async #operator(): Promise<Operator> {
    const { session } = this.#holder;
    return session.handles.operator(await loadCell({ session }, [this.#path()[0]]));
  }

  async #plan(): Promise<RotationPlan<Dependant>> {
    const stage = this.#state()?.stage ?? (this.#isRetired() ? "retired" : undefined);
    if (stage === undefined) throw rotationGone(this.#path(), this);
    return planOf(this.#holder, this, stage, this.#handleOf);
  }

  /** What is in the store of it now. */
  async #refreshState(): Promise<RotationState> {
    await refreshCell(this.#holder);
    const state = this.#state();
    if (state !== undefined) return state;
    throw rotationGone(this.#path(), this);
  }

  #state(): RotationState | undefined {
    return parseRotations(this.#holder.snapshot.rotations, this.#path()).find((state) => isOf(state, this));
  }

  #isRetired(): boolean {
    return !hasKey(this.#claims(), this.from);
  }

  /** The keys that servers have to trust: none of an account, and no identity where signing keys are demanded. */
  #trustedKeys(): readonly string[] {
    if (this.#path().length > 1) return [];
    const { nats } = this.#claims() as ReadonlyDeep<OperatorClaims>;
    return this.isIdentity && nats.strict_signing_key_usage === true ? [] : [this.to];
  }

  #claims(): ReadonlyDeep<ClaimsAt<HolderPath>> {
    return this.#holder.snapshot.claims as ReadonlyDeep<ClaimsAt<HolderPath>>;
  }

  #path(): HolderPath {
    return this.#holder.path as HolderPath;
  }
}

/** Begins or resumes the rotation of a signing key of what a cell is of. */
export async function rotateSigningKey<Dependant extends Account | User>(
  holder: Cell,
  options: RotateSigningKeyOptions,
  handleOf: (cell: Cell) => Dependant,
): Promise<SigningKeyRotation<Dependant>> {
  return begin(holder, (workspace) => prepareRotation(workspace, holder.path as HolderPath, options), handleOf);
}

/** Begins or resumes the rotation of the identity of an operator. */
export async function rotateIdentity(
  holder: Cell,
  options: RotateIdentityOptions,
  handleOf: (cell: Cell) => Account,
): Promise<SigningKeyRotation<Account>> {
  const prepare = (workspace: Workspace) => prepareIdentityRotation(workspace, holder.path as OperatorPath, options);
  return begin(holder, prepare, handleOf);
}

async function begin<Dependant extends Account | User>(
  holder: Cell,
  prepare: (workspace: Workspace) => Promise<RotationKeys>,
  handleOf: (cell: Cell) => Dependant,
): Promise<SigningKeyRotation<Dependant>> {
  const { value } = await changeCell(holder, prepare);
  // One that was under way already changed nothing, by which handles would have heard of it.
  await refreshCell(holder);
  return new SigningKeyRotation(holder, value, handleOf);
}

/** The rotations of what a cell is of that are under way. */
export async function listRotations<Dependant extends Account | User>(
  holder: Cell,
  handleOf: (cell: Cell) => Dependant,
): Promise<readonly SigningKeyRotation<Dependant>[]> {
  await refreshCell(holder);
  const rotations = parseRotations(holder.snapshot.rotations, holder.path as HolderPath);
  return rotations.map((keys) => new SigningKeyRotation(holder, keys, handleOf));
}
