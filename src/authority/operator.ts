import { Account } from "./account.ts";
import type { AddAccountOptions } from "./account-verbs.ts";
import {
  type AddAuthCalloutAccountOptions,
  type AuthCalloutAccount,
  addAuthCalloutAccount,
} from "./auth-callout-account.ts";
import { type BulkReport, type RenewUsersOptions, renewAllUsers } from "./bulk-users.ts";
import { cellsBelow, Handle, loadCell } from "./handle.ts";
import { type ReissuedOperator, type ReissueOperatorOptions, reissueOperator } from "./identity-verbs.ts";
import { type ImportAccountOptions, importAccount } from "./import-entities.ts";
import { assertEntityName } from "./names.ts";
import {
  type RequiredSigningKeys,
  type RequireSigningKeysOptions,
  renameOperator,
  requireSigningKeys,
} from "./operator-verbs.ts";
import { accountPlaceIn, type OperatorPath } from "./paths.ts";
import { addAccountFrom } from "./plan/account-template.ts";
import { listRotations, rotateIdentity, rotateSigningKey, type SigningKeyRotation } from "./rotation.ts";
import type { RotateIdentityOptions, RotateSigningKeyOptions } from "./rotation-verbs.ts";
import { cellOf } from "./session.ts";
import {
  type AddSigningKeyOptions,
  addSigningKey,
  type RemoveSigningKeyOptions,
  removeSigningKey,
} from "./signing-keys.ts";
import { User } from "./user.ts";

/**
 * An operator: a handle, which shows what its `Nsc` saw last.
 *
 * @example
 * ```ts
 * import { Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local", { signingKey: true, systemAccount: true });
 * await operator.requireSigningKeys();
 * await operator.edit((claims) => {
 *   claims.nats.account_server_url = "nats://localhost:4222";
 * });
 * const app = await operator.addAccount("APP", { signingKey: true });
 * for await (const account of operator.accounts()) console.log(account.name, account.publicKey);
 * ```
 */
export class Operator extends Handle<OperatorPath> {
  /** Whether its keys are elsewhere: it was imported from its token. */
  get isManaged(): boolean {
    return this.cell.snapshot.isManaged;
  }

  /**
   * Adds a signing key.
   *
   * @returns its public key
   * @throws NscError `ERR_KEY_KIND`, `ERR_ENTITY_EXISTS`, and as `edit` does
   */
  async addSigningKey(options: AddSigningKeyOptions = {}): Promise<string> {
    return (await this.run((workspace) => addSigningKey(workspace, this.path, options))).value;
  }

  /**
   * Removes a signing key. Servers go on trusting it until they are restarted.
   *
   * @throws NscError `ERR_SIGNING_KEY_IN_USE` when it signed stored accounts: `rotateSigningKey` replaces it by another;
   * `ERR_ROTATION_STAGE` when a rotation of it is under way, `ERR_SIGNING_KEY_REQUIRED` when signing keys are demanded and it
   * is the last one, `ERR_ENTITY_NOT_FOUND`, and as `edit` does
   */
  async removeSigningKey(publicKey: string, options: RemoveSigningKeyOptions = {}): Promise<void> {
    await this.run((workspace) => removeSigningKey(workspace, this.path, publicKey, options));
  }

  /**
   * Begins to replace a signing key by another: adds the new key, which signs nothing until the rotation is advanced. One of
   * that key that is under way goes on where it is. Servers learn of it only by a restart with the operator's new token.
   *
   * @param options - which key, and by which
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when there is no such signing key, `ERR_ROTATION_STAGE` when one to another key is
   * under way, or the key is the new one of another; `ERR_KEY_KIND` and `ERR_ENTITY_EXISTS` for the new key,
   * `ERR_STORE_DAMAGED`, and as `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * const old = await operator.addSigningKey();
   * const account = await operator.addAccount("APP");
   *
   * const rotation = await operator.rotateSigningKey({ from: old });
   * const restart = async () => {}; // write operator.token into the configuration of the servers, and restart them
   * await rotation.advance({ distribute: restart });
   * await rotation.advance(); // signs APP with the new key
   * await rotation.retire({ distribute: async ({ accounts }) => console.log("push", accounts.length) });
   * account.claims.iss === rotation.to; // true
   * ```
   */
  rotateSigningKey(options: RotateSigningKeyOptions): Promise<SigningKeyRotation<Account>> {
    return rotateSigningKey(this.cell, options, (cell) => new Account(cell));
  }

  /**
   * Signs it again, with another identity if one is asked for. Accounts that the old identity signed are signed again in the
   * same commit, by the new one; all handles go on. Servers trust the new identity only after a restart with the operator's
   * new token, and the accounts have to be pushed then: what they have until then, they refuse. {@link rotateIdentity} does the
   * same in stages, so that nobody is cut off.
   *
   * @param options - whether it gets another identity, and what becomes of the old one
   * @throws NscError `ERR_SIGNER_MISSING` when the identity is not at hand, or is another's since the operator is managed;
   * `ERR_ENTITY_EXISTS` when the key is taken, `ERR_KEY_KIND`, `ERR_ROTATION_STAGE` when the identity is being rotated,
   * `ERR_ARGUMENT_INVALID`; `ERR_SIGNER_AMBIGUOUS` and `ERR_SIGNING_KEY_REQUIRED` for accounts that need a signing key; and as
   * `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * const account = await operator.addAccount("APP");
   * const { from, to, reissued } = await operator.reissue({ key: true }); // or a seed, a key pair, a public key, a Signer
   * operator.publicKey === to; // true
   * account.claims.iss === to; // true
   * reissued.length; // 1
   * from === to; // false
   * ```
   */
  async reissue(options: ReissueOperatorOptions = {}): Promise<ReissuedOperator> {
    return (await this.run((workspace) => reissueOperator(workspace, this.path, options))).value;
  }

  /**
   * Begins to replace its identity by another. It has the new one at once, and the old one as a signing key, so that servers
   * trust all accounts, whichever token of the operator they have. From there on it is as with {@link rotateSigningKey}, which
   * goes on with it, too. One that is under way goes on where it is. The private key of the old identity is not needed.
   * Where signing keys are demanded, servers trust no identity: the old one does not become a signing key, and nothing has to
   * be brought to servers in time.
   *
   * @param options - which key it gets; a fresh one by default
   * @throws NscError `ERR_SIGNER_MISSING` when the new key is not at hand, or the operator is managed; `ERR_ENTITY_EXISTS` when it
   * is taken, `ERR_KEY_KIND`, `ERR_ROTATION_STAGE` when one to another key is under way, `ERR_STORE_DAMAGED`, and as `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * const account = await operator.addAccount("APP");
   *
   * const rotation = await operator.rotateIdentity();
   * operator.publicKey === rotation.to; // true
   * account.claims.iss === rotation.from; // true
   *
   * const restart = async () => {}; // write operator.token into the configuration of the servers, and restart them
   * await rotation.advance({ distribute: restart });
   * await rotation.advance(); // signs APP with the new identity
   * await rotation.retire({ distribute: async ({ accounts }) => console.log("push", accounts.length) });
   * account.claims.iss === rotation.to; // true
   * ```
   */
  rotateIdentity(options: RotateIdentityOptions = {}): Promise<SigningKeyRotation<Account>> {
    return rotateIdentity(this.cell, options, (cell) => new Account(cell));
  }

  /**
   * The rotations of its identity and its signing keys that are under way, also those that another process began.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_STORE_DAMAGED`
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * (await operator.rotations()).length; // 0
   * ```
   */
  rotations(): Promise<readonly SigningKeyRotation<Account>[]> {
    return listRotations(this.cell, (cell) => new Account(cell));
  }

  /**
   * Has signing keys demanded for accounts and users, and signs again what an identity has signed.
   *
   * @throws NscError `ERR_SIGNING_KEY_REQUIRED` when there is none where one is needed, and as `edit` does
   */
  async requireSigningKeys(options: RequireSigningKeysOptions = {}): Promise<RequiredSigningKeys> {
    return (await this.run((workspace) => requireSigningKeys(workspace, this.path, options))).value;
  }

  /**
   * Adds an account.
   *
   * @throws NscError `ERR_ENTITY_EXISTS`, `ERR_NAME_INVALID`, `ERR_KEY_KIND`, `ERR_ENTITY_NOT_FOUND` when the template imports
   * what this operator has not, and as `edit` does
   */
  async addAccount(name: string, options: AddAccountOptions = {}): Promise<Account> {
    assertEntityName(name, "the name of an account");
    const change = await this.run(
      (workspace) => addAccountFrom(workspace, this.name, name, options),
      () => [[...this.path, name]],
    );
    // The operator may have got another name while this waited.
    return new Account(cellOf(change, change.value));
  }

  /**
   * Adds an account of which a service authorizes the users (auth callout), with all that it takes: a signing key, a curve key
   * for which servers seal what they ask, the user of the service, and a sentinel, whose creds anybody may have: with them,
   * and with a password or a token, clients are let in as whom the service says. Nobody else should be in it. Servers let the
   * service in, and ask it, once they have the account's token.
   *
   * @param name - the name of the account
   * @param options - which accounts the service may place users in; this one alone by default
   * @throws NscError `ERR_KEY_KIND`, `ERR_ARGUMENT_INVALID`, and as `addAccount`, `addUser` and `setAuthCallout` do; nothing is added
   * then
   *
   * @example
   * ```ts
   * import { authCallout, Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local", { signingKey: true, systemAccount: true });
   * const app = await operator.addAccount("APP", { signingKey: true });
   * const { account, service, sentinel } = await operator.addAuthCalloutAccount("AUTH", { accounts: [app] });
   *
   * await service.creds(); // for the connection of the service
   * await sentinel?.creds(); // for all clients
   * const callout = await authCallout(account); // for `serveAuthCallout` of nsc.js/nats
   * callout.xkey?.startsWith("X"); // true
   * ```
   */
  async addAuthCalloutAccount(name: string, options: AddAuthCalloutAccountOptions = {}): Promise<AuthCalloutAccount> {
    assertEntityName(name, "the name of an account");
    const change = await this.run(
      (workspace) => addAuthCalloutAccount(workspace, this.path, name, options),
      () => [[...this.path, name]],
    );
    const { account, service, sentinel } = change.value;
    return {
      account: new Account(cellOf(change, account)),
      service: new User(cellOf(change, service)),
      sentinel: sentinel && new User(cellOf(change, sentinel)),
    };
  }

  /**
   * Adopts an account whose token was made elsewhere. One that this operator signed is kept as it is; one that only signed
   * itself is signed by the operator. One of another operator is refused, unless it is forced. nsc: `import account`.
   *
   * @param token - the token, alone or between lines of dashes
   * @param options - the name, what is replaced and what is forced, and who signs
   * @throws NscError `ERR_SIGNER_UNTRUSTED` for an account of another operator, `ERR_ENTITY_EXISTS` when it is there already,
   * possibly newer, or another one has its name; `ERR_NAME_INVALID`, `ERR_CLAIMS_INVALID` also for one that expired, those of
   * `decode`, and as `edit` does
   *
   * @example
   * ```ts
   * import { createAccountClaims, createKeyPair, encode, Nsc } from "nsc.js";
   *
   * const tenant = createKeyPair("account"); // stays with the tenant
   * const token = await encode(createAccountClaims(tenant.publicKey, { name: "TENANT" }), tenant);
   *
   * const operator = await new Nsc().addOperator("local");
   * const account = await operator.importAccount(token);
   * account.claims.iss === operator.publicKey; // true
   * ```
   */
  async importAccount(token: string, options: ImportAccountOptions = {}): Promise<Account> {
    const { value } = await this.run((workspace) => importAccount(workspace, this.path, token, options));
    return new Account(await loadCell(this.cell, value));
  }

  /**
   * An account.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_NAME_INVALID`, `ERR_STORE_DAMAGED`
   */
  async account(name: string): Promise<Account> {
    assertEntityName(name, "the name of an account");
    return new Account(await loadCell(this.cell, [...this.path, name]));
  }

  /**
   * All accounts, sorted by name. They are read one after the other.
   *
   * @throws NscError `ERR_STORE_DAMAGED` after the last, when some can't be read
   */
  async *accounts(): AsyncGenerator<Account, undefined> {
    for await (const cell of cellsBelow(this.cell.session, this.path)) yield new Account(cell);
  }

  /**
   * Gives the users of all its accounts a later expiry, as `Account.renewUsers` does for those of one: in one commit, signed once
   * each by the keys that signed them before.
   *
   * @param options - until when, and which
   * @returns who was renewed, and who was not and why
   * @throws NscError as `Account.renewUsers` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * const app = await operator.addAccount("APP");
   * await app.addUser("alice", { expires: "3d" });
   * const { users } = await operator.renewUsers({ expiringWithin: "7d", expires: "30d" });
   * users.map(({ account, name }) => `${account}/${name}`).join(); // "APP/alice"
   * ```
   */
  async renewUsers(options: RenewUsersOptions): Promise<BulkReport> {
    return (await this.run((workspace) => renewAllUsers(workspace, this.path, options))).value;
  }

  /** The system account, if the operator names one and the store has it. */
  async systemAccount(): Promise<Account | undefined> {
    const publicKey = this.claims.nats.system_account;
    return publicKey === undefined ? undefined : this.findAccount(publicKey);
  }

  /**
   * The account of a public key, or nothing.
   *
   * @throws NscError `ERR_STORE_DAMAGED`
   */
  async findAccount(publicKey: string): Promise<Account | undefined> {
    const path = accountPlaceIn(await this.cell.session.findKey(publicKey), this.name);
    return path && new Account(await loadCell(this.cell, path));
  }

  /**
   * Gives it another name.
   *
   * @throws NscError `ERR_NAME_INVALID`, `ERR_ENTITY_EXISTS`, and as `edit` does
   */
  async rename(name: string): Promise<void> {
    assertEntityName(name, "the name of an operator");
    if (name !== this.name) await this.run((workspace) => renameOperator(workspace, this.path, name));
  }
}
