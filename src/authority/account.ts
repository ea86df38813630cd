import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { scopesOf } from "../jwt/scopes.ts";
import type { UserScope } from "../jwt/signing-keys.ts";
import {
  type AddAccountOptions,
  addRole,
  type DeleteAccountOptions,
  deleteAccount,
  editRole,
  type RoleInit,
  renameAccount,
} from "./account-verbs.ts";
import { AdmittingAccount } from "./admitting-account.ts";
import {
  type BulkReport,
  type ReissueUsersOptions,
  type RenewUsersOptions,
  reissueUsers,
  renewUsers,
} from "./bulk-users.ts";
import { describeRole, type RoleDescription } from "./describe-role.ts";
import { request } from "./drafts.ts";
import type { EditOptions } from "./edit-claims.ts";
import { cellsBelow, loadCell } from "./handle.ts";
import { type ImportUserOptions, importUser } from "./import-entities.ts";
import { type IssuedUser, type IssueUserOptions, issueUser } from "./issue-user.ts";
import { assertEntityName } from "./names.ts";
import { assertKnownOptions } from "./options.ts";
import { applyTemplate, cloneAccount, templateOf } from "./plan/account-template.ts";
import type { AccountTemplate } from "./plan/desired-state.ts";
import { listRotations, rotateSigningKey, type SigningKeyRotation } from "./rotation.ts";
import type { RotateSigningKeyOptions } from "./rotation-verbs.ts";
import { cellOf } from "./session.ts";
import {
  type AddSigningKeyOptions,
  addSigningKey,
  type RemoveSigningKeyOptions,
  removeSigningKey,
} from "./signing-keys.ts";
import { User } from "./user.ts";
import { listUserRotations, type UserKeyRotation } from "./user-key-rotation.ts";
import { type AddUserOptions, addUser } from "./user-verbs.ts";

/**
 * An account: a handle, which shows what its `Nsc` saw last.
 *
 * @example
 * ```ts
 * import { Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local", { signingKey: true });
 * const account = await operator.addAccount("APP", { signingKey: true, jetstream: "unlimited" });
 * await account.addRole("web", { pub: ["orders.{{name()}}"], sub: ["_INBOX.>"] });
 * await account.addUser("alice", { role: "web" });
 * const issued = await account.issueUser("browser-7", { role: "web", expires: "1h" });
 * issued.name; // "browser-7"
 * ```
 */
export class Account extends AdmittingAccount {
  /** The roles, which are the scopes of its signing keys. */
  get roles(): readonly ReadonlyDeep<UserScope>[] {
    return scopesOf(this.claims.nats);
  }

  /**
   * Adds a signing key without a scope.
   *
   * @returns its public key
   * @throws NscError `ERR_KEY_KIND`, `ERR_ENTITY_EXISTS`, and as `edit` does
   */
  async addSigningKey(options: AddSigningKeyOptions = {}): Promise<string> {
    return (await this.run((workspace) => addSigningKey(workspace, this.path, options))).value;
  }

  /**
   * Removes a signing key, scoped or not.
   *
   * @throws NscError `ERR_SIGNING_KEY_IN_USE` when it signed stored users: `rotateSigningKey` replaces it by another;
   * `ERR_ROTATION_STAGE` when a rotation of it is under way, `ERR_ENTITY_NOT_FOUND`, and as `edit` does
   */
  async removeSigningKey(publicKey: string, options: RemoveSigningKeyOptions = {}): Promise<void> {
    await this.run((workspace) => removeSigningKey(workspace, this.path, publicKey, options));
  }

  /**
   * Begins to replace a signing key by another, with the same role if it has one: adds the new key, which signs nothing
   * until the rotation is advanced. One of that key that is under way goes on where it is.
   *
   * @param options - which key, and by which
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when there is no such signing key or role, `ERR_SIGNER_AMBIGUOUS` when the role
   * has several keys, `ERR_ROTATION_STAGE` when one to another key is under way, or the key is the new one of another;
   * `ERR_KEY_KIND` and `ERR_ENTITY_EXISTS` for the new key, `ERR_STORE_DAMAGED`, and as `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * const account = await operator.addAccount("APP");
   * await account.addRole("web", { pub: ["orders.>"] });
   * const rotation = await account.rotateSigningKey({ from: "web" });
   * rotation.stage; // "prepared"
   * const { advice } = await rotation.plan(); // what to do next
   * advice.startsWith('bring the token of the account "APP" to every server'); // true
   * ```
   */
  rotateSigningKey(options: RotateSigningKeyOptions): Promise<SigningKeyRotation<User>> {
    return rotateSigningKey(this.cell, options, (cell) => new User(cell));
  }

  /**
   * The rotations of its signing keys that are under way, also those that another process began.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_STORE_DAMAGED`
   *
   * @example
   * ```ts
   * import { memoryStore, Nsc } from "nsc.js";
   *
   * const store = memoryStore();
   * const account = await (await new Nsc({ store }).addOperator("local")).addAccount("APP");
   * await account.rotateSigningKey({ from: await account.addSigningKey() });
   *
   * const again = await (await new Nsc({ store }).operator("local")).account("APP");
   * const [rotation] = await again.rotations();
   * rotation?.stage; // "prepared"
   * ```
   */
  rotations(): Promise<readonly SigningKeyRotation<User>[]> {
    return listRotations(this.cell, (cell) => new User(cell));
  }

  /**
   * The rotations of its users' keys that are under way, also those that another process began.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_STORE_DAMAGED`
   *
   * @example
   * ```ts
   * import { memoryStore, Nsc } from "nsc.js";
   *
   * const store = memoryStore();
   * const account = await (await new Nsc({ store }).addOperator("local")).addAccount("APP");
   * await (await account.addUser("alice")).rotateKeyInStages();
   *
   * const again = await (await new Nsc({ store }).operator("local")).account("APP");
   * for (const rotation of await again.userKeyRotations()) {
   *   const { user, advice } = await rotation.plan();
   *   console.log(user?.name, advice); // alice hand out the new creds, and retire …
   * }
   * ```
   */
  userKeyRotations(): Promise<readonly UserKeyRotation[]> {
    return listUserRotations(this.cell);
  }

  /**
   * Adds a role: a signing key whose users all have the permissions and limits of its template.
   *
   * @param role - name of the role
   * @param init - what its users may do; subjects may hold variables such as `{{name()}}`
   * @returns the public key of its signing key
   * @throws NscError `ERR_ENTITY_EXISTS`, `ERR_NAME_INVALID`, `ERR_KEY_KIND`, and as `edit` does
   */
  async addRole(role: string, init: RoleInit = {}): Promise<string> {
    return (await this.run((workspace) => addRole(workspace, this.path, role, init))).value;
  }

  /**
   * Changes a role. What its users may do changes with it as soon as servers have the account.
   *
   * @param edit - changes the scope; must not wait for anything
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_ROLE_TEMPLATE` when names or tags of its users don't fit the template,
   * and as `edit` does
   */
  async editRole(role: string, edit: (scope: UserScope) => void): Promise<void> {
    await this.run((workspace) => editRole(workspace, this.path, role, edit));
  }

  /**
   * A role as the store has it: its keys, its template, and the stored users that have it.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when there is no such role
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const app = await (await new Nsc().addOperator("local")).addAccount("APP");
   * await app.addRole("web", { pub: ["in.{{name()}}.>"], description: "browsers" });
   * await app.addUser("alice", { role: "web" });
   * const { template, users } = await app.describeRole("web");
   * template.pub?.allow?.join(); // "in.{{name()}}.>"
   * users.join(); // "alice"
   * ```
   */
  describeRole(role: string): Promise<RoleDescription> {
    return describeRole(this.cell, role);
  }

  /**
   * Adds a user.
   *
   * @throws NscError `ERR_ENTITY_EXISTS`, `ERR_NAME_INVALID`, `ERR_KEY_KIND`, `ERR_SIGNER_UNKNOWN` when there is no such
   * role, `ERR_ROLE_TEMPLATE` when name or tags would be wildcards in its subjects, `ERR_USER_SCOPED`, and as `edit` does
   */
  async addUser(name: string, options: AddUserOptions = {}): Promise<User> {
    assertEntityName(name, "the name of a user");
    const change = await this.run(
      (workspace) => addUser(workspace, this.path, name, options),
      () => [[...this.path, name]],
    );
    // The account may have got another name while this waited.
    return new User(cellOf(change, change.value));
  }

  /**
   * Adopts a user whose token was made elsewhere by a key of this account, as it is. nsc: `import user`.
   *
   * @param tokenOrCreds - the token, or the text of a creds file, whose seed is then kept
   * @param options - the name, whether one that is there is replaced, and who signs if it is to be signed again
   * @throws NscError `ERR_SIGNER_UNTRUSTED` when no key of this account signed it, `ERR_SIGNER_STRICT`, `ERR_USER_SCOPED` and
   * `ERR_ROLE_TEMPLATE` when it does not fit the role that its key stands for, `ERR_BEARER_DISALLOWED`, `ERR_CLAIMS_INVALID`
   * when it expired, `ERR_ARGUMENT_INVALID` when it was revoked, `ERR_ENTITY_EXISTS` when it is there already, possibly newer,
   * or another one has its name or key; `ERR_NAME_INVALID`, and those of `decode` and `parseCreds`
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
   * const issued = await account.issueUser("browser-7", { expires: "1h" });
   * const user = await account.importUser(issued.creds());
   * user.token === issued.token; // true
   * user.hasSeed; // true
   * ```
   */
  async importUser(tokenOrCreds: string, options: ImportUserOptions = {}): Promise<User> {
    const { value } = await this.run((workspace) => importUser(workspace, this.path, tokenOrCreds, options));
    return new User(await loadCell(this.cell, value));
  }

  /**
   * A user.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_NAME_INVALID`, `ERR_STORE_DAMAGED`
   */
  async user(name: string): Promise<User> {
    assertEntityName(name, "the name of a user");
    return new User(await loadCell(this.cell, [...this.path, name]));
  }

  /**
   * All users, sorted by name. They are read one after the other.
   *
   * @throws NscError `ERR_STORE_DAMAGED` after the last, when some can't be read
   */
  async *users(): AsyncGenerator<User, undefined> {
    for await (const cell of cellsBelow(this.cell.session, this.path)) yield new User(cell);
  }

  /**
   * Signs its users again, all or some, and moves them between keys and roles: in one commit, with one signature each. What can't
   * be read is in nobody's way, and users whose token is revoked stay so unless told otherwise; both are in the report.
   *
   * @param options - which users, and who signs
   * @returns who was signed again, and who was not and why
   * @throws NscError `ERR_SIGNER_UNKNOWN` when there is no such role, `ERR_KEY_KIND`, `ERR_USER_SCOPED` when a user has
   * permissions or limits and is to get a role, `ERR_ROLE_TEMPLATE`, and as `edit` does; nobody is signed again then
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const app = await (await new Nsc().addOperator("local")).addAccount("APP");
   * await app.addRole("trial", { pub: ["demo.>"] });
   * await app.addRole("paid", { pub: ["orders.>"] });
   * const alice = await app.addUser("alice", { role: "trial" });
   * await app.reissueUsers({ which: { role: "trial" }, to: "paid" });
   * alice.role; // "paid"
   * ```
   */
  async reissueUsers(options: ReissueUsersOptions = {}): Promise<BulkReport> {
    return (await this.run((workspace) => reissueUsers(workspace, this.path, options))).value;
  }

  /**
   * Gives its users a later expiry, all or some: in one commit, signed once each by the key that signed them before. Those that
   * never expire, or later than that, are left alone; so are revoked ones, unless told otherwise.
   *
   * @param options - until when, and which
   * @returns who was renewed, with the expiry before and after, and who was not and why
   * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_SIGNER_UNKNOWN` when there is no such role, `ERR_KEY_KIND`, and as `edit` does;
   * nobody is renewed then
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const app = await (await new Nsc().addOperator("local")).addAccount("APP");
   * await app.addUser("alice", { expires: "3d" });
   * await app.addUser("bob", { expires: "90d" });
   * const { users } = await app.renewUsers({ expiringWithin: "7d", expires: "30d" });
   * users.map(({ name }) => name).join(); // "alice"
   * ```
   */
  async renewUsers(options: RenewUsersOptions): Promise<BulkReport> {
    return (await this.run((workspace) => renewUsers(workspace, this.path, options))).value;
  }

  /**
   * Signs a user that is not stored, with a fresh key: the way to mint creds at run time. It goes by what this handle saw
   * last and touches the store only to read the seed of a key that signs for the first time.
   *
   * @throws NscError `ERR_ARGUMENT_INVALID` when `expires` is missing, `ERR_TRANSACTION` when the account waits for the
   * commit of a transaction, `ERR_ENTITY_NOT_FOUND` when it was deleted, and as `addUser` does
   */
  issueUser(name: string, options: IssueUserOptions): Promise<IssuedUser> {
    return issueUser(this.cell, name, options);
  }

  /**
   * Its settings without what is its own, for another account, also of another operator: limits, permissions, mappings, roles,
   * exports, imports, tags and texts. Identity, users, keys, revocations, times and auth callout stay behind.
   *
   * @returns plain data, for `addAccount`, {@link applyTemplate} and the descriptions of plans. Imports name accounts of the
   * same operator, which another one has to have under that name
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_STORE_DAMAGED`
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const [dev, stage] = [await new Nsc().addOperator("dev"), await new Nsc().addOperator("stage")];
   * const app = await dev.addAccount("APP", { jetstream: { disk: "10GiB" } });
   * await app.addRole("web", { pub: ["orders.>"] });
   *
   * const copy = await stage.addAccount("APP", { template: await app.template() });
   * copy.roles.map(({ role }) => role).join(); // "web"
   * copy.publicKey === app.publicKey; // false
   * ```
   */
  template(): Promise<AccountTemplate> {
    return templateOf(this.cell);
  }

  /**
   * Gives it the settings of a template: those that the template has, all of them. Roles, exports and imports that it has besides
   * stay, and so do users and keys. A role that is new gets a fresh key; imports of private exports are activated, where the
   * exporting account is of the same operator. `plan` shows beforehand what that changes.
   *
   * @param template - what `template` gave, or what was written down
   * @param options - who signs
   * @throws NscError with the place in the template before the message: `ERR_ENTITY_NOT_FOUND` for imports of what is not there,
   * `ERR_ARGUMENT_INVALID`, and as `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const tenant = await (await new Nsc().addOperator("local")).addAccount("T1");
   * await tenant.applyTemplate({ limits: { conn: 10 }, roles: { web: { pub: ["orders.>"] } } });
   * tenant.claims.nats.limits.conn; // 10
   * ```
   */
  async applyTemplate(template: AccountTemplate, options: EditOptions = {}): Promise<void> {
    await this.run((workspace) => applyTemplate(workspace, this.path, template, options));
  }

  /**
   * Adds an account of the same operator with its settings, as {@link template} has them.
   *
   * @param name - the name of the new account
   * @param options - as for `addAccount`
   * @throws NscError `ERR_ENTITY_EXISTS`, `ERR_NAME_INVALID`, and as `addAccount` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const trial = await (await new Nsc().addOperator("local")).addAccount("TRIAL", { jetstream: { disk: "1GiB" } });
   * const clone = await trial.clone("T1", { tags: ["paid"] });
   * clone.claims.nats.limits.disk_storage; // 1073741824
   * ```
   */
  async clone(name: string, options: Omit<AddAccountOptions, "template"> = {}): Promise<Account> {
    assertEntityName(name, "the name of an account");
    const change = await this.run(
      (workspace) => cloneAccount(workspace, this.path, name, options),
      () => [[this.path[0], name], this.path],
    );
    return new Account(cellOf(change, change.value));
  }

  /** Signs again, with another key of the operator or the same. As `edit` otherwise. */
  async reissue(options: EditOptions = {}): Promise<void> {
    assertKnownOptions(options, ["signer"]);
    await this.run(async (workspace) => {
      const draft = await workspace.draft(this.path);
      request(draft, options.signer);
      draft.reissue = true;
    });
  }

  /**
   * Gives it another name. Its users stay valid, since they name it by its key.
   *
   * @throws NscError `ERR_NAME_INVALID`, `ERR_ENTITY_EXISTS`, and as `edit` does
   */
  async rename(name: string): Promise<void> {
    assertEntityName(name, "the name of an account");
    if (name !== this.name) await this.run((workspace) => renameAccount(workspace, this.path, name));
  }

  /**
   * Deletes it with its users. Servers that have it keep it until it is deleted there, too.
   *
   * @throws NscError `ERR_SYSTEM_ACCOUNT` when it is the system account, `ERR_ENTITY_NOT_FOUND`
   */
  async delete(options: DeleteAccountOptions = {}): Promise<void> {
    await this.run((workspace) => deleteAccount(workspace, this.path, options));
  }
}
