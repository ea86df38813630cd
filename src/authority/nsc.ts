import { isNscError, NscError } from "../errors.ts";
import type { StoreChange, StoreWatchOptions } from "../store/store.ts";
import { Account } from "./account.ts";
import { contextOf, type NscOptions } from "./context.ts";
import { cellsBelow, loadCell } from "./handle.ts";
import type { HandleMakers } from "./handle-makers.ts";
import { assertEntityName } from "./names.ts";
import { Operator } from "./operator.ts";
import { type AddOperatorOptions, addOperator, type ImportOperatorOptions, importOperator } from "./operator-verbs.ts";
import { assertKnownOptions } from "./options.ts";
import type { OperatorPath } from "./paths.ts";
import {
  applyResponses,
  assertKeysElsewhere,
  type RequestSignaturesOptions,
  type SignatureRequest,
} from "./request-signatures.ts";
import { RootSession } from "./root-session.ts";
import { cellOf, type Session } from "./session.ts";
import { TransactionSession } from "./transaction-session.ts";
import { User } from "./user.ts";

/** Options of {@link Nsc.transaction}. */
export interface TransactionOptions {
  /** How often it is tried, when others change meanwhile what it read; 1 by default, which is never again. */
  readonly attempts?: number;
}

/** Options of {@link Nsc.watch}. */
export interface NscWatchOptions extends StoreWatchOptions {
  /** Called when the handles show a change. */
  readonly onChange?: (change: StoreChange) => void;
}

const HANDLES: HandleMakers = {
  operator: (cell) => new Operator(cell),
  account: (cell) => new Account(cell),
  user: (cell) => new User(cell),
};

/**
 * The trust tree in a store: operators, their accounts, and the users of these.
 *
 * @example
 * ```ts
 * import { Nsc } from "nsc.js";
 *
 * const nsc = new Nsc(); // in memory
 * const operator = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
 * const names = await nsc.transaction(async (tx) => {
 *   const local = await tx.operator("local");
 *   const added = [await local.addAccount("A"), await local.addAccount("B")];
 *   return added.map(({ name }) => name).join();
 * });
 * names; // "A,B"
 * ```
 */
export class Nsc {
  /** Another one in the `Nsc` of a transaction. */
  #session: Session;

  /**
   * @param options - store, clock, randomness and signers
   * @throws NscError `ERR_ARGUMENT_INVALID`
   */
  constructor(options: NscOptions = {}) {
    this.#session = new RootSession(contextOf(options), HANDLES);
  }

  /**
   * Adds an operator.
   *
   * @throws NscError `ERR_ENTITY_EXISTS`, `ERR_NAME_INVALID`, `ERR_KEY_KIND`, `ERR_CLAIMS_INVALID`, those of the signer and
   * of the store
   */
  async addOperator(name: string, options: AddOperatorOptions = {}): Promise<Operator> {
    const change = await this.#session.run([[name]], (workspace) => addOperator(workspace, name, options));
    return new Operator(cellOf(change, [name]));
  }

  /**
   * Adopts an operator from its token. Its keys are elsewhere (it is managed), so accounts that are added sign themselves
   * until the operator's version of them comes back.
   *
   * @param token - the token, alone or between lines of dashes
   * @param options - the name, and whether an older token is replaced
   * @throws NscError `ERR_ENTITY_EXISTS`, `ERR_NAME_INVALID`, `ERR_SIGNER_UNTRUSTED`, those of `decode` and of the store
   */
  async importOperator(token: string, options: ImportOperatorOptions = {}): Promise<Operator> {
    const change = await this.#session.run<OperatorPath>([], (workspace) => importOperator(workspace, token, options));
    return new Operator(cellOf(change, change.value));
  }

  /**
   * An operator.
   *
   * @throws NscError `ERR_ENTITY_NOT_FOUND`, `ERR_NAME_INVALID`, `ERR_STORE_DAMAGED`
   */
  async operator(name: string): Promise<Operator> {
    assertEntityName(name, "the name of an operator");
    return new Operator(await loadCell({ session: this.#session }, [name]));
  }

  /**
   * All operators, sorted by name. They are read one after the other.
   *
   * @throws NscError `ERR_STORE_DAMAGED` after the last, when some can't be read
   */
  async *operators(): AsyncGenerator<Operator, undefined> {
    for await (const cell of cellsBelow(this.#session, [])) yield new Operator(cell);
  }

  /**
   * Shows in all handles what others change in the store, as it comes, until the signal is aborted: tokens and claims, the
   * stages of rotations, and deletions. Without it they show that after `refresh()` and with every look-up and change.
   *
   * @param options - when it ends
   * @throws NscError `ERR_ARGUMENT_INVALID` when the store can't be watched (`kvStore` can); `ERR_TRANSACTION` inside of
   * a transaction; those of the store's `watch` and of its reading
   *
   * @example
   * ```ts
   * import { isNscError, Nsc } from "nsc.js";
   *
   * const failure = await new Nsc().watch().catch((error: unknown) => error);
   * isNscError(failure, "ERR_ARGUMENT_INVALID"); // true, since nobody else changes a store in memory
   * ```
   */
  async watch(options: NscWatchOptions = {}): Promise<void> {
    assertKnownOptions(options, ["signal", "onChange"]);
    const session = this.#session;
    if (!(session instanceof RootSession)) throw new NscError("ERR_TRANSACTION", "a transaction can't be watched");
    const { signal, onChange } = options;
    const { store } = session.context;
    if (store.watch === undefined) throw new NscError("ERR_ARGUMENT_INVALID", "this store can't be watched");
    try {
      for await (const change of store.watch(signal === undefined ? {} : { signal })) {
        await session.follow(change);
        onChange?.(change);
      }
    } catch (error) {
      // Whoever has ended it may have closed the connection, too.
      if (!signal?.aborted) throw error;
    }
  }

  /**
   * Makes changes together or not at all. Only what is obtained from `tx` takes part; after the commit these handles are
   * handles of this `Nsc`.
   *
   * @param work - makes the changes; when it throws, nothing is changed. With several attempts it may be called again, with
   * another `tx`
   * @param options - how often it is tried
   * @returns what `work` returns
   * @throws NscError `ERR_STORE_CONFLICT` when others changed meanwhile what the transaction read, each time that it was
   * tried; `ERR_TRANSACTION` inside of another transaction; `ERR_ARGUMENT_INVALID`; whatever `work` and the commit throw
   *
   * @example
   * ```ts
   * import { Nsc } from "nsc.js";
   *
   * const nsc = new Nsc();
   * await nsc.addOperator("local");
   * const account = await nsc.transaction(
   *   async (tx) => (await tx.operator("local")).addAccount("APP"),
   *   { attempts: 5 },
   * );
   * account.name; // "APP"
   * ```
   */
  async transaction<T>(work: (tx: Nsc) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    if (typeof work !== "function") throw new NscError("ERR_ARGUMENT_INVALID", "a transaction is a function");
    assertKnownOptions(options, ["attempts"]);
    const { attempts = 1 } = options;
    if (!Number.isSafeInteger(attempts) || attempts < 1) {
      throw new NscError("ERR_ARGUMENT_INVALID", "attempts must be a whole number from 1");
    }
    const root = this.#root();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#inTransaction(new TransactionSession(root), async (tx, session) => {
          const value = await work(tx);
          await session.commit();
          return value;
        });
      } catch (error) {
        if (!isNscError(error, "ERR_STORE_CONFLICT") || attempt === attempts) throw error;
      }
    }
  }

  /**
   * Makes changes of which some have to be signed with keys that are held elsewhere, on a machine without network, say. What
   * can be signed here is signed; for the rest there is a text to be signed there, and nothing is committed before it is.
   * Seeds of new keys are kept in the store at once. The time of issue is that of the request, however late it is applied.
   *
   * @param work - makes the changes, as in a transaction; handles from `tx` end with it
   * @param options - the keys that are held elsewhere
   * @returns a text that travels, and one that stays; both may be kept as long as it takes
   * @throws NscError `ERR_SIGNER_MISSING` for a key that is neither here nor among these keys, also where a token is to be given
   * at once, as by `issueActivation`; `ERR_TRANSACTION` inside of a transaction; `ERR_ARGUMENT_INVALID`; whatever `work` and the
   * checks of a commit throw
   *
   * @example
   * ```ts
   * import { createKeyPair, Nsc, signRequest } from "nsc.js";
   *
   * const offline = createKeyPair("operator"); // its seed is on another machine
   * const nsc = new Nsc();
   * const request = await nsc.requestSignatures(
   *   async (tx) => {
   *     const operator = await tx.addOperator("local", { key: offline.publicKey, signingKey: true });
   *     await operator.addAccount("APP"); // signed here, with the signing key
   *   },
   *   { keys: [offline.publicKey] },
   * );
   * request.tokens.map(({ path }) => path.join("/")).join(); // "local"
   * await nsc.applySignatures(request.toCommit, await signRequest(request.toSign, [offline]));
   * ```
   */
  async requestSignatures(
    work: (tx: Nsc) => Promise<unknown>,
    options: RequestSignaturesOptions,
  ): Promise<SignatureRequest> {
    if (typeof work !== "function") throw new NscError("ERR_ARGUMENT_INVALID", "a transaction is a function");
    assertKnownOptions(options, ["keys"]);
    assertKeysElsewhere(options.keys);
    return this.#inTransaction(new TransactionSession(this.#root(), options.keys), async (tx, session) => {
      await work(tx);
      return session.request();
    });
  }

  /**
   * Commits the changes of a request once everything is signed, all at once. An account that had to wait for an activation alone
   * is signed here. It need not be the process or the `Nsc` that
   * made the request, only one with the same store.
   *
   * @param toCommit - what the request left here
   * @param responses - the texts of `signRequest`, of one holder of keys or several
   * @throws NscError `ERR_STORE_CONFLICT` when anything that the request was decided on has changed since, so that another
   * one is to be made, which is also so when it is applied twice; `ERR_SIGNER_MISSING` as long as signatures are missing;
   * `ERR_SIGNER_FAILED` for a signature that is not that of the key; `ERR_REQUEST_MISMATCH` for the response to another
   * request; `ERR_REQUEST_FORMAT`; `ERR_TRANSACTION` inside of a transaction; those of the store
   *
   * @example
   * ```ts
   * import { createKeyPair, isNscError, Nsc, signRequest } from "nsc.js";
   *
   * const offline = createKeyPair("operator");
   * const nsc = new Nsc();
   * const keys = [offline.publicKey];
   * const request = await nsc.requestSignatures((tx) => tx.addOperator("local", { key: offline.publicKey }), { keys });
   * const response = await signRequest(request.toSign, [offline]);
   * await nsc.applySignatures(request.toCommit, response);
   *
   * const again = await nsc.applySignatures(request.toCommit, response).catch((error: unknown) => error);
   * isNscError(again, "ERR_STORE_CONFLICT"); // true
   * ```
   */
  async applySignatures(toCommit: string, responses: string | readonly string[]): Promise<void> {
    await applyResponses(this.#root(), toCommit, responses);
  }

  #root(): RootSession {
    if (this.#session instanceof RootSession) return this.#session;
    throw new NscError("ERR_TRANSACTION", "a transaction can't be made inside of another one");
  }

  async #inTransaction<T>(
    session: TransactionSession,
    work: (tx: Nsc, session: TransactionSession) => Promise<T>,
  ): Promise<T> {
    try {
      const tx = new Nsc();
      tx.#session = session;
      return await work(tx, session);
    } finally {
      session.close();
    }
  }
}
