import { formatCreds } from "../creds/creds.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { findSigningKey } from "../jwt/scopes.ts";
import { request } from "./drafts.ts";
import type { EditOptions } from "./edit-claims.ts";
import { Handle } from "./handle.ts";
import { assertEntityName } from "./names.ts";
import { assertKnownOptions } from "./options.ts";
import type { UserPath } from "./paths.ts";
import { rotateUserKeyInStages, type UserKeyRotation } from "./user-key-rotation.ts";
import type { RotateUserKeyInStagesOptions } from "./user-key-rotation-verbs.ts";
import {
  type DeleteUserOptions,
  deleteUser,
  type RotatedUserKey,
  type RotateUserKeyOptions,
  renameUser,
  rotateUserKey,
} from "./user-verbs.ts";
import { tokenWarnings, type Warning } from "./warnings.ts";

/** Options of `User.reissue`. */
export interface ReissueUserOptions extends EditOptions {
  /** Whether permissions and limits may go, where the role of the signer has them instead; false by default. */
  readonly dropPermissions?: boolean;
}

/**
 * A stored user: a handle, which shows what its `Nsc` saw last.
 *
 * @example
 * ```ts
 * import { Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const account = await operator.addAccount("APP");
 * const user = await account.addUser("alice", { pub: ["orders.>"], expires: "30d" });
 * await user.edit((claims) => {
 *   claims.nats.pub = { allow: ["orders.new"] };
 * });
 * (await user.creds()).startsWith("-----BEGIN NATS USER JWT-----"); // true
 * ```
 */
export class User extends Handle<UserPath> {
  /** Whether the seed of the user's key is in the store; without, there are no creds to be had here. */
  get hasSeed(): boolean {
    return this.cell.snapshot.hasSeed;
  }

  /** The role that it has its permissions from, if a scoped key signed it. */
  get role(): string | undefined {
    const account = this.cell.parent?.snapshot.claims as ReadonlyDeep<AccountClaims> | undefined;
    const key = account && findSigningKey(account.nats, this.claims.iss ?? "");
    return typeof key === "object" ? key.role : undefined;
  }

  /** What is worth knowing before the token is used, such as its size. */
  get warnings(): readonly Warning[] {
    return tokenWarnings(this.name, this.token);
  }

  /**
   * The text of the creds file.
   *
   * @throws NscError `ERR_CREDS_KEY_MISSING` when the user's seed is not in the store, `ERR_TRANSACTION` when the token
   * waits to be signed, `ERR_ENTITY_NOT_FOUND` when the user was deleted
   */
  async creds(): Promise<string> {
    const { store, engine } = this.cell.session.context;
    this.cell.assertThere();
    const { token, publicKey } = this;
    const seed = await store.getKey(publicKey);
    if (seed !== undefined) return formatCreds(token, seed, { engine });
    throw new NscError(
      "ERR_CREDS_KEY_MISSING",
      `the store has no seed of ${publicKey}, which creds of the user ${JSON.stringify(this.name)} are made of: whoever holds it can make them from the token`,
    );
  }

  /**
   * Signs again, with another key or role, or the same. Of a role it has no permissions and limits of its own; taken from a
   * role, it is unlimited.
   *
   * @throws NscError `ERR_USER_SCOPED` when it has permissions or limits and is to get a role, and as `edit` does
   */
  async reissue(options: ReissueUserOptions = {}): Promise<void> {
    assertKnownOptions(options, ["signer", "dropPermissions"]);
    await this.run(async (workspace) => {
      const draft = await workspace.draft(this.path);
      request(draft, options.signer);
      draft.reissue = true;
      draft.dropPermissions ||= options.dropPermissions === true;
    });
  }

  /**
   * Gives it another key under the same name, and signs it again; {@link creds} are of the new key then. By default the old
   * key's tokens are revoked, by which old creds end once servers have the account's new token. With `revokeOld: false` they
   * go on, until `account.revoke` of the old key ends them: hand out the new creds before; {@link rotateKeyInStages} remembers
   * that. If it is among the `auth_users` of
   * the account, so is the new key. The handles of this `Nsc` go on; others look the user up again.
   *
   * @returns the old public key, and the new one
   * @throws NscError `ERR_KEY_KIND` and `ERR_ENTITY_EXISTS` for the new key, `ERR_ROTATION_STAGE` while it is rotated in stages, and
   * as `edit` does, also of the account
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
   * const user = await account.addUser("alice");
   *
   * const { from, to } = await user.rotateKey({ revokeOld: false });
   * user.publicKey === to; // true
   * await user.creds(); // to be handed out
   *
   * await account.revoke(from); // once nobody uses the old ones any more
   * ```
   */
  async rotateKey(options: RotateUserKeyOptions = {}): Promise<RotatedUserKey> {
    const change = await this.run(
      (workspace) => rotateUserKey(workspace, this.path, options),
      () => [[this.path[0], this.path[1]], this.path],
    );
    return change.value;
  }

  /**
   * Begins to replace its key by another: the user gets it at once, and its {@link creds} are of the new key, but old ones are
   * valid as before, until the rotation is retired. If its key is among the `auth_users` of the account, the new one is added to
   * them first, and the user gets it by `advance`, once servers know. One that is under way goes on where it is.
   *
   * @param options - by which key, and who signs
   * @throws NscError `ERR_KEY_KIND` and `ERR_ENTITY_EXISTS` for the new key, `ERR_ROTATION_STAGE` when one to another key is under
   * way, `ERR_STORE_DAMAGED`, and as `edit` does, also of the account
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
   * const user = await account.addUser("alice");
   * const rotation = await user.rotateKeyInStages();
   * (await rotation.plan()).advice.startsWith("hand out the new creds"); // true
   * ```
   */
  rotateKeyInStages(options: RotateUserKeyInStagesOptions = {}): Promise<UserKeyRotation> {
    return rotateUserKeyInStages(this.cell, options);
  }

  /**
   * Gives it another name.
   *
   * @throws NscError `ERR_NAME_INVALID`, `ERR_ENTITY_EXISTS`, `ERR_ROLE_TEMPLATE`, and as `edit` does
   */
  async rename(name: string): Promise<void> {
    assertEntityName(name, "the name of a user");
    if (name === this.name) return;
    await this.run((workspace) => renameUser(workspace, this.path, name));
  }

  /**
   * Deletes it and revokes its tokens, so that nobody goes on using them. The account is signed again for that.
   *
   * @param options - whether it is revoked, and what stays
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, and as `edit` of the account does
   */
  async delete(options: DeleteUserOptions = {}): Promise<void> {
    await this.run(
      (workspace) => deleteUser(workspace, this.path, options),
      () => [[this.path[0], this.path[1]], this.path],
    );
  }
}
