import {
  type AuthCalloutInit,
  type RemoveAuthCalloutOptions,
  removeAuthCallout,
  setAuthCallout,
} from "./auth-callout-verbs.ts";
import type { EditOptions } from "./edit-claims.ts";
import { ExchangingAccount } from "./exchanging-account.ts";
import {
  type CompactedRevocation,
  type CompactRevocationsOptions,
  clearUserRevocation,
  compactUserRevocations,
  listRevocations,
  placeOfUser,
  type Revocation,
  type RevokeOptions,
  revocationKey,
  revokeUser,
} from "./revocation-verbs.ts";
import type { User } from "./user.ts";

/** Whom an account lets in: the revocations of its users' tokens, and the service that is asked in place of the server. */
export abstract class AdmittingAccount extends ExchangingAccount {
  /**
   * Revokes the tokens of a user: servers that have this account's token disconnect whoever uses one that was issued at that
   * time or before, and refuse it. A stored user stays; `reissue` gives it a token that is valid again. A revocation with a
   * later time stays as it is. While the key of the user is rotated in stages, the old key is revoked with the new one.
   *
   * @param who - a user of this account, the public key of one that need not be stored, or `"*"` for all users
   * @param options - up to when, and who signs
   * @returns the revocation that the account has now
   * @throws NscError `ERR_KEY_KIND` for what is no public key of a user, `ERR_HANDLE_FOREIGN` for a user of another `Nsc`,
   * `ERR_ARGUMENT_INVALID` for one of another account and for a time that is no date, `ERR_STORE_DAMAGED`, and as `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * const account = await operator.addAccount("APP");
   * const { publicKey } = await account.issueUser("browser-7", { expires: "1h" });
   * await account.revoke(publicKey);
   * account.revocations.length; // 1
   * ```
   */
  async revoke(who: User | string, options: RevokeOptions = {}): Promise<Revocation> {
    const publicKey = revocationKey(this.cell, who);
    const place = placeOfUser(who);
    return (await this.run((workspace) => revokeUser(workspace, this.path, publicKey, options, place))).value;
  }

  /**
   * Takes a revocation back, so that tokens which it revoked are valid again, unless that of `"*"` covers them. That of an old
   * key stays, until it is named.
   *
   * @param who - a user of this account, the public key of one, or `"*"` for that of all users
   * @param options - who signs
   * @returns the revocation that it had
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when there is none, and as `revoke` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
   * const user = await account.addUser("alice");
   * await account.revoke(user);
   * await account.clearRevocation(user);
   * account.revocations.length; // 0
   * ```
   */
  async clearRevocation(who: User | string, options: EditOptions = {}): Promise<Revocation> {
    const publicKey = revocationKey(this.cell, who);
    return (await this.run((workspace) => clearUserRevocation(workspace, this.path, publicKey, options))).value;
  }

  /**
   * The revocations that its token has, sorted by key; that of all users, `"*"`, is the first.
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
   * await account.revoke("*", { at: new Date("2026-01-01") });
   * account.revocations.map(({ publicKey, at }) => `${publicKey} ${at.getUTCFullYear()}`).join(); // "* 2026"
   * ```
   */
  get revocations(): readonly Revocation[] {
    return listRevocations(this.claims.nats);
  }

  /**
   * Removes the revocations that no token needs any more, by which the account's token gets smaller and nobody valid again: those
   * that the one of `"*"` covers, and with `maxLifetime` those that are older than any token can be. A stored user whose token
   * did not expire keeps what revokes it, whatever is said.
   *
   * @param options - how long tokens live at most, and who signs
   * @returns the revocations that it removed, and why
   * @throws NscError `ERR_ARGUMENT_INVALID`, and as `edit` does
   *
   * @example
   * ```ts
   * import { createKeyPair, Nsc } from "nsc.js";
   *
   * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
   * await account.revoke(createKeyPair("user").publicKey, { at: new Date("2024-01-01") });
   * await account.revoke(createKeyPair("user").publicKey);
   * const removed = await account.compactRevocations({ maxLifetime: "24h" });
   * removed.map(({ at, reason }) => `${at.getUTCFullYear()} ${reason}`).join(); // "2024 outlived"
   * ```
   */
  async compactRevocations(options: CompactRevocationsOptions = {}): Promise<readonly CompactedRevocation[]> {
    return (await this.run((workspace) => compactUserRevocations(workspace, this.path, options))).value;
  }

  /**
   * Has a service outside of the server authorize whoever connects to this account (auth callout), or changes which; what is not
   * said stays as it is. Servers take it in once they have the account's token, and let in nobody but the service until it
   * answers. nsc: `edit authcallout`.
   *
   * @param init - who the service is, where it may place users, and how it is spoken to
   * @param options - who signs
   * @throws NscError `ERR_ARGUMENT_INVALID` when there are no users, `ERR_KEY_KIND`, and as `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * const app = await operator.addAccount("APP");
   * const auth = await operator.addAccount("AUTH");
   * const service = await auth.addUser("service");
   * await auth.setAuthCallout({ users: [service], accounts: [app], xkey: true });
   * auth.claims.nats.authorization.xkey?.startsWith("X"); // true
   * ```
   */
  async setAuthCallout(init: AuthCalloutInit, options: EditOptions = {}): Promise<void> {
    await this.run((workspace) => setAuthCallout(workspace, this.path, init, options));
  }

  /**
   * Has servers authorize its users by themselves again.
   *
   * @param options - whether the seed of the curve key goes, and who signs
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when no service authorizes them, and as `edit` does
   */
  async removeAuthCallout(options: RemoveAuthCalloutOptions = {}): Promise<void> {
    await this.run((workspace) => removeAuthCallout(workspace, this.path, options));
  }
}
