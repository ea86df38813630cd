import type { AccountClaims } from "../jwt/account.ts";
import type { Export } from "../jwt/exports.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { Account } from "./account.ts";
import {
  type ActivationInit,
  clearActivationRevocation,
  type Exporter,
  type RevokeActivationOptions,
  revokeActivation,
  signActivation,
} from "./activation-verbs.ts";
import type { EditOptions } from "./edit-claims.ts";
import { addExport, type ExportChoice, type ExportInit, editExport, removeExport, theExport } from "./export-verbs.ts";
import { Handle, pathOf } from "./handle.ts";
import { addImport, type ImportChoice, type ImportInit, removeImport } from "./import-verbs.ts";
import { type KnownActivation, knownActivations } from "./known-activations.ts";
import { type MatchingImportInit, matchingImport } from "./matching-import.ts";
import { assertKnownOptions } from "./options.ts";
import type { AccountPath } from "./paths.ts";
import { listRevocations, type Revocation } from "./revocation-verbs.ts";
import { parseRotations } from "./rotation-state.ts";

/** What an account exchanges with others: exports, imports, and the activations that give the right to these. */
export abstract class ExchangingAccount extends Handle<AccountPath> {
  /**
   * Offers a stream or service to other accounts.
   *
   * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_ENTITY_EXISTS` when it is exported already, and as `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * const shop = await operator.addAccount("SHOP");
   * const audit = await operator.addAccount("AUDIT");
   * await shop.addExport({ subject: "orders.>", type: "stream", private: true });
   * await audit.addImport({ from: shop, subject: "orders.*.new", localSubject: "shop.$1" });
   * audit.claims.nats.imports?.[0]?.token?.startsWith("eyJ"); // true
   * ```
   */
  async addExport(init: ExportInit, options: EditOptions = {}): Promise<void> {
    await this.run((workspace) => addExport(workspace, this.path, init, options));
  }

  /**
   * Changes an export where it stands: whatever the edit does not name stays, the revocations of its activations too. An edit
   * that gives it another subject or type leaves those who import it with nothing, and `lint` names them.
   *
   * @param subject - the subject of the export
   * @param edit - changes the export, in the shape of the wire; must not wait for anything
   * @param options - which export is meant, and who signs
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_ARGUMENT_INVALID` when it exports both a stream and a service of that subject
   * and `type` does not say which, `ERR_CLAIMS_INVALID` for what servers would not load, and as `edit` does
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const shop = await (await new Nsc().addOperator("local")).addAccount("SHOP");
   * await shop.addExport({ subject: "quote.*", type: "service", private: true });
   * await shop.revokeActivation("quote.*", "*");
   * await shop.editExport("quote.*", (entry) => {
   *   entry.description = "what it costs";
   * });
   * shop.activationRevocations("quote.*").length; // 1
   * ```
   */
  async editExport(subject: string, edit: (entry: Export) => void, options: ExportChoice = {}): Promise<void> {
    await this.run((workspace) => editExport(workspace, this.path, subject, edit, options));
  }

  /**
   * Offers it no more; accounts that import it get nothing any more as soon as servers know.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_ARGUMENT_INVALID` when it exports both a stream and a service of that subject
   * and `type` does not say which, and as `edit` does
   */
  async removeExport(subject: string, options: ExportChoice = {}): Promise<void> {
    await this.run((workspace) => removeExport(workspace, this.path, subject, options));
  }

  /**
   * Takes a stream or service from another account. With a handle of that account, its export is looked at, and a private one
   * is activated on the spot.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when it is not exported, `ERR_ENTITY_EXISTS` when it is imported already,
   * `ERR_KEY_KIND`, `ERR_HANDLE_FOREIGN`, those of `decode` for an activation, those of who can't sign one, and as `edit` does
   */
  async addImport(init: ImportInit, options: EditOptions = {}): Promise<void> {
    const { from } = init ?? {};
    const exporter = from instanceof ExchangingAccount ? pathOf(from, this.cell) : undefined;
    await this.run((workspace) => addImport(workspace, this.path, exporter, init, options));
  }

  /**
   * Takes it no more.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_ARGUMENT_INVALID` when several imports have that subject and neither `type` nor
   * `from` says which, and as `edit` does
   */
  async removeImport(subject: string, options: ImportChoice = {}): Promise<void> {
    await this.run((workspace) => removeImport(workspace, this.path, subject, options));
  }

  /**
   * Signs the right of another account to import what a private export offers. It is stored nowhere: the other account puts it
   * into its import. Go by what this handle saw last.
   *
   * @returns the token
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when no private export covers the subject, `ERR_KEY_KIND`, `ERR_ARGUMENT_INVALID`,
   * `ERR_TRANSACTION` when the account waits for the commit of a transaction, and those of who can't sign
   *
   * @example
   * ```ts
   * import { createKeyPair, Nsc } from "nsc.js";
   *
   * const shop = await (await new Nsc().addOperator("local")).addAccount("SHOP");
   * await shop.addExport({ subject: "orders.>", type: "stream", private: true });
   * const partner = createKeyPair("account").publicKey;
   * const token = await shop.issueActivation({ to: partner, subject: "orders.eu.>", expires: "1y" });
   * token.startsWith("eyJ"); // true
   * ```
   */
  async issueActivation(init: ActivationInit): Promise<string> {
    return signActivation(this.#exporter(), init);
  }

  #exporter(): Exporter {
    const { session, snapshot, parent } = this.cell;
    this.cell.assertThere();
    // What waits to be signed throws here.
    void this.cell.token;
    return {
      context: session.context,
      path: this.path,
      claims: snapshot.claims as ReadonlyDeep<AccountClaims>,
      operator: parent?.snapshot.claims as ReadonlyDeep<OperatorClaims> | undefined,
      rotations: parseRotations(snapshot.rotations, this.path),
      find: (publicKey) => session.signers.find(publicKey),
    };
  }

  /**
   * What an account elsewhere has to import to get what an export offers: to be sent there as JSON, and handed to its `addImport`.
   * Of a private export it has an activation in it. Goes by what this handle saw last.
   *
   * @param init - for whom, and which subject
   * @returns what `addImport` takes; a local subject may be added to it
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when it is not exported, `ERR_KEY_KIND`, `ERR_ARGUMENT_INVALID`, `ERR_TRANSACTION` when the
   * account waits for the commit of a transaction, and those of who can't sign
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const shop = await (await new Nsc().addOperator("here")).addAccount("SHOP");
   * await shop.addExport({ subject: "orders.*.>", type: "service", accountTokenPosition: 2 });
   * const partner = await (await new Nsc().addOperator("there")).addAccount("PARTNER");
   *
   * const offer = await shop.matchingImport({ to: partner.publicKey });
   * await partner.addImport({ ...offer, localSubject: "shop.>" });
   * offer.subject === `orders.${partner.publicKey}.>`; // true
   * ```
   */
  async matchingImport(init: MatchingImportInit): Promise<ImportInit> {
    return matchingImport(this.#exporter(), init);
  }

  /**
   * Revokes activations that were issued for an export.
   *
   * @param subject - the subject of the export
   * @param to - the importing account, or `*` for all
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when there is no such export, `ERR_KEY_KIND`, `ERR_ARGUMENT_INVALID`, and as `edit` does
   */
  async revokeActivation(subject: string, to: Account | string, options: RevokeActivationOptions = {}): Promise<void> {
    await this.run((workspace) => revokeActivation(workspace, this.path, subject, to, options));
  }

  /**
   * Takes the revocation of activations back.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when there is no such export or revocation, and as `edit` does
   */
  async clearActivationRevocation(subject: string, to: Account | string, options: ExportChoice = {}): Promise<void> {
    await this.run((workspace) => clearActivationRevocation(workspace, this.path, subject, to, options));
  }

  /**
   * The revocations of the activations of an export, as this handle saw it last, sorted by key; that of all accounts, `"*"`,
   * is the first.
   *
   * @param subject - the subject of the export
   * @param choice - stream or service, where both have the subject
   * @throws NscError `ERR_ENTITY_NOT_FOUND` when there is no such export, `ERR_ARGUMENT_INVALID` when `type` has to be said
   *
   * @example
   * ```ts
   * import { createKeyPair, Nsc } from "nsc.js";
   *
   * const shop = await (await new Nsc().addOperator("local")).addAccount("SHOP");
   * await shop.addExport({ subject: "orders.>", type: "stream", private: true });
   * await shop.revokeActivation("orders.>", createKeyPair("account").publicKey);
   * shop.activationRevocations("orders.>").length; // 1
   * ```
   */
  activationRevocations(subject: string, choice: Pick<ExportChoice, "type"> = {}): readonly Revocation[] {
    assertKnownOptions(choice, ["type"]);
    return listRevocations(theExport(this.path, this.claims.nats.exports ?? [], subject, choice.type));
  }

  /**
   * The activations for its exports that are known here: those that accounts of the same operator import by. What was issued
   * to accounts elsewhere is not stored, and not among them. The accounts are read one after the other.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_STORE_DAMAGED` after the last, when some accounts can't be read
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const operator = await new Nsc().addOperator("local");
   * const shop = await operator.addAccount("SHOP");
   * const audit = await operator.addAccount("AUDIT");
   * await shop.addExport({ subject: "orders.>", type: "stream", private: true });
   * await audit.addImport({ from: shop, subject: "orders.eu" });
   * for await (const { importer, subject, valid } of shop.activations()) {
   *   console.log(importer.name, subject, valid); // AUDIT orders.eu true
   * }
   * ```
   */
  activations(): AsyncGenerator<KnownActivation, undefined> {
    return knownActivations(this.cell);
  }
}
