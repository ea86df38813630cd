import type { Cell } from "./cell.ts";
import { type Distribute, distributorOf, prove } from "./distribution.ts";
import type { EditOptions } from "./edit-claims.ts";
import { changeCell, loadCell } from "./handle.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, titleOf, type UserPath, userPlacesIn } from "./paths.ts";
import type { CancelRotationOptions } from "./rotation.ts";
import type { User } from "./user.ts";
import {
  presentKey,
  readUserRotations,
  type UserKeyRotationStage,
  type UserKeyRotationState,
} from "./user-key-rotation-state.ts";
import {
  cancelUserRotation,
  cutOverUser,
  findUserRotation,
  prepareUserRotation,
  type RotateUserKeyInStagesOptions,
  retireUserKey,
} from "./user-key-rotation-verbs.ts";
import type { Workspace } from "./workspace.ts";

/** Where the rotation of a user's key is, and what comes next. */
export interface UserKeyRotationPlan {
  readonly stage: UserKeyRotationStage;
  /** The stage that comes next; nothing after the last one. */
  readonly next: UserKeyRotationStage | undefined;
  /** What is to be done for that, for people. */
  readonly advice: string;
  /** The user, whose creds are of the new key from `cut-over` on; nothing once it was deleted by others. */
  readonly user: User | undefined;
}

/** Options of `UserKeyRotation.advance`. */
export interface AdvanceUserKeyOptions extends EditOptions {
  /** Brings the account to the servers, which have to let the new key in. */
  readonly distribute: Distribute;
}

/** Options of `UserKeyRotation.retire`. */
export interface RetireUserKeyOptions extends EditOptions {
  /** Whether the seed of the old key is removed from the store; false by default. */
  readonly deleteKey?: boolean;
}

/**
 * The rotation of the key of a stored user. Old creds and new ones are valid together, until the old ones are revoked. Where it
 * is stands in the store, so that another process can go on with it: `userKeyRotations` of the account finds it again.
 *
 * @example
 * ```ts
 * import { Nsc } from "nsc.js";
 *
 * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
 * const user = await account.addUser("alice");
 *
 * const rotation = await user.rotateKeyInStages();
 * rotation.stage; // "cut-over"
 * await user.creds(); // new ones, to be handed out; the old ones are valid still
 *
 * const [found] = await account.userKeyRotations(); // next week, in another process
 * await found?.retire(); // the old key is revoked: bring the account's token to every server
 * account.revocations[0]?.publicKey === rotation.from; // true
 * ```
 */
export class UserKeyRotation {
  /** Public key of the old key. */
  readonly from: string;
  /** Public key of the new key. */
  readonly to: string;
  readonly #account: Cell;
  #stage: UserKeyRotationStage;

  /** @internal */
  constructor(account: Cell, { from, to, stage }: UserKeyRotationState) {
    this.from = from;
    this.to = to;
    this.#account = account;
    this.#stage = stage;
  }

  /** Where it is, as far as this object has seen: {@link plan} looks. */
  get stage(): UserKeyRotationStage {
    return this.#stage;
  }

  /**
   * Looks where it is now, and what comes next.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when others ended it, `ERR_STORE_DAMAGED`
   */
  async plan(): Promise<UserKeyRotationPlan> {
    const { value } = await changeCell(this.#account, async (workspace) => {
      if (this.#stage !== "retired") this.#stage = (await findUserRotation(workspace, this.#path(), this)).stage;
      const [path] = userPlacesIn(await workspace.findKey(presentKey(this)), this.#path());
      return { path, hasSeed: await workspace.hasSeed(this.to) };
    });
    const { session } = this.#account;
    const user = value.path && session.handles.user(await loadCell({ session }, value.path));
    return { stage: this.#stage, next: NEXT[this.#stage], advice: this.#advice(value.hasSeed), user };
  }

  /**
   * From `prepared` to `cut-over`: has `distribute` bring the account to every server, so that they let the new key in, and
   * gives the user that key only once this is proven. Of a user that no `auth_users` name, it is cut over from the beginning.
   *
   * @param options - how the account gets to the servers, and who signs the user
   * @throws NscError `ERR_ROTATION_STAGE` when it is at another stage, or the new key is not among the `auth_users` any more;
   * `ERR_ARGUMENT_INVALID` when `distribute` is missing, `ERR_TRANSACTION` when it would distribute what waits for the
   * commit of a transaction, `ERR_ENTITY_NOT_FOUND`; what `distribute` throws; and as `edit` does
   */
  async advance(options: AdvanceUserKeyOptions): Promise<UserKeyRotationPlan> {
    assertKnownOptions(options, ["distribute", "signer"]);
    const { session } = this.#account;
    const distribute = distributorOf(options.distribute, "the new key", session);
    const { stage } = await this.plan();
    // At another stage it is refused, and servers need not be troubled for it.
    if (stage === "prepared") {
      const account = session.handles.account(this.#account);
      await account.refresh();
      const operator = session.handles.operator(await loadCell({ session }, [this.#path()[0]]));
      await prove(distribute, { operator, accounts: [account], trustedKeys: [] });
    }
    await changeCell(this.#account, (workspace) => cutOverUser(workspace, this.#path(), this, options.signer));
    return this.plan();
  }

  /**
   * Revokes the tokens of the old key, also of those that are stored nowhere, and ends the rotation. The account's token has to
   * be brought to every server afterwards, which then disconnect whoever still uses old creds.
   *
   * @param options - what becomes of the old seed, and who signs the account
   * @throws NscError `ERR_ROTATION_STAGE` when it was not cut over yet, `ERR_ENTITY_NOT_FOUND` when it is over already, and as
   * `edit` of the account does
   */
  async retire(options: RetireUserKeyOptions = {}): Promise<UserKeyRotationPlan> {
    assertKnownOptions(options, ["deleteKey", "signer"]);
    const { deleteKey = false, signer } = options;
    await changeCell(this.#account, (workspace) => retireUserKey(workspace, this.#path(), this, { deleteKey, signer }));
    this.#stage = "retired";
    return this.plan();
  }

  /**
   * Ends it before the cut-over: the user keeps its key, and the account lets the new one in no more.
   *
   * @throws NscError `ERR_ROTATION_STAGE` after the cut-over, `ERR_ENTITY_NOT_FOUND` when it is over already, and as `edit` of the
   * account does
   */
  async cancel(options: CancelRotationOptions = {}): Promise<void> {
    assertKnownOptions(options, ["deleteKey"]);
    const { deleteKey = false } = options;
    await changeCell(this.#account, (workspace) => cancelUserRotation(workspace, this.#path(), this, deleteKey));
  }

  #path(): AccountPath {
    return this.#account.path as AccountPath;
  }

  #advice(hasSeed: boolean): string {
    const title = `the ${titleOf(this.#path())}`;
    const creds = hasSeed ? "hand out the new creds" : `have whoever holds the seed of ${this.to} make the new creds`;
    return {
      prepared: `bring the token of ${title} to every server, so that they let ${this.to} in: advance with distribute does or proves it`,
      "cut-over": `${creds}, and retire ${this.from} once nobody uses old ones any more`,
      retired: `bring the token of ${title} to every server`,
    }[this.#stage];
  }
}

const NEXT: Readonly<Record<UserKeyRotationStage, UserKeyRotationStage | undefined>> = {
  prepared: "cut-over",
  "cut-over": "retired",
  retired: undefined,
};

/** Begins or resumes the rotation of the key of the user that a cell is of. */
export async function rotateUserKeyInStages(
  user: Cell,
  options: RotateUserKeyInStagesOptions,
): Promise<UserKeyRotation> {
  const [operator, account] = user.path as UserPath;
  const places = [[operator, account], user.path] as const;
  const prepare = (workspace: Workspace) => prepareUserRotation(workspace, user.path as UserPath, options);
  const { value } = await changeCell(user, prepare, places);
  return new UserKeyRotation(await loadCell(user, [user.path[0], user.path[1] as string]), value);
}

/** The rotations of keys of an account's users that are under way. */
export async function listUserRotations(account: Cell): Promise<readonly UserKeyRotation[]> {
  const { value } = await changeCell(account, (workspace) => readUserRotations(workspace, account.path as AccountPath));
  return value.map((state) => new UserKeyRotation(account, state));
}
