/**
 * Where tokens and keys are kept. One interface, which every store implements and the contract suite checks.
 *
 * @module
 */

/** Where a token is kept: the names of the entities from the operator down. Names may hold any character. */
export type StorePath =
  | readonly [operator: string]
  | readonly [operator: string, account: string]
  | readonly [operator: string, account: string, user: string];

/** What can be listed: all operators, the accounts of an operator, the users of an account. */
export type StorePrefix = readonly [] | readonly [operator: string] | readonly [operator: string, account: string];

/** A token and its place. */
export interface StoredToken {
  readonly path: StorePath;
  readonly token: string;
  /** Whether no creds file is written for a user; false by default. Stores without such files pass over it. */
  readonly withoutCreds?: boolean;
}

/** What an operator keeps beside its tokens, by name: whether it is managed, what is to be pushed, and the like. */
export type StoreMeta = ReadonlyMap<string, string>;

/** A change of what an operator keeps beside its tokens. */
export interface StoreMetaChange {
  /** Name of the operator. */
  readonly operator: string;
  readonly name: string;
  /** The new value; `undefined` removes it. */
  readonly value: string | undefined;
}

/** A token that goes, and what was derived from it with it. */
export interface StoreDelete {
  readonly path: StorePath;
  /** Whether a creds file that the store wrote for it stays; false by default. Stores without such files pass over it. */
  readonly keepCreds?: boolean;
}

/** What a commit was decided on. If any of it is not so any more, the commit fails. */
export interface StoreExpectations {
  /** Tokens that were read, as they were; `undefined` where there was none. */
  readonly tokens?: readonly { readonly path: StorePath; readonly token: string | undefined }[];
  /** Lists that were read, in the order of the store. */
  readonly lists?: readonly { readonly prefix: StorePrefix; readonly names: readonly string[] }[];
  /** Values that were read beside the tokens. */
  readonly meta?: readonly StoreMetaChange[];
}

/** Changes that are made together or not at all. */
export interface StoreCommit {
  /** Tokens to write, over those that are there. */
  readonly tokens?: readonly StoredToken[];
  /** Seeds of keys to keep. */
  readonly keys?: readonly string[];
  /** Tokens to remove. What stands below one that goes must go, too. */
  readonly deletes?: readonly StoreDelete[];
  /** Public keys whose seeds are to be removed. */
  readonly deletedKeys?: readonly string[];
  /** Changes beside the tokens. */
  readonly meta?: readonly StoreMetaChange[];
  /** What must still be so. */
  readonly expected?: StoreExpectations;
}

/** What others changed in a store. */
export interface StoreChange {
  /** Whether anything may have changed, since it is not known what did; the lists are empty then. */
  readonly isAnything: boolean;
  /** Where tokens were written or deleted. */
  readonly paths: readonly StorePath[];
  /** Names of the operators of which something changed that is kept beside the tokens. */
  readonly operators: readonly string[];
  /** Public keys whose seeds were kept or removed. */
  readonly publicKeys: readonly string[];
}

/** Options of a watch. */
export interface StoreWatchOptions {
  /** Aborting ends the watch. */
  readonly signal?: AbortSignal;
}

/**
 * Keeps tokens by path and seeds by public key. What is read is what some commit left, never a part of one. Errors have
 * a code: `ERR_STORE_IO` when the medium fails, `ERR_STORE_LOCKED` when others don't let go of it.
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, createOperatorClaims, encode, memoryStore, type Store } from "nsc.js";
 *
 * const store: Store = memoryStore();
 * const operator = createKeyPair("operator");
 * const token = await encode(createOperatorClaims(operator.publicKey, { name: "local" }), operator);
 * await store.commit({ tokens: [{ path: ["local"], token }], keys: [new TextDecoder().decode(operator.getSeed())] });
 * (await store.read(["local"])) === token; // true
 * ```
 */
export interface Store {
  /** The token at a path, or nothing. */
  read(path: StorePath): Promise<string | undefined>;
  /** The names directly below a prefix that have a token, sorted by their UTF-8 bytes. */
  list(prefix: StorePrefix): AsyncIterable<string>;
  /** The places of the tokens whose subject is this public key, in the order of their names. */
  find(publicKey: string): Promise<readonly StorePath[]>;
  /** The seed of a public key, or nothing. */
  getKey(publicKey: string): Promise<string | undefined>;
  /** The public keys whose seeds are kept, sorted. */
  listKeys(): AsyncIterable<string>;
  /** What an operator keeps beside its tokens; empty if there is nothing, or no such operator. */
  readMeta(operator: string): Promise<StoreMeta>;
  /**
   * Makes all changes or none.
   *
   * @throws NscError `ERR_STORE_CONFLICT` when something that is expected is not so (any more); `ERR_STORE_NAME` for a
   * name that this store can't keep; `ERR_STORE_PARENT` for a token that would be left without the one above it;
   * `ERR_ARGUMENT_INVALID` for changes that contradict each other and tokens without a subject; `ERR_NKEY_SEED` and others
   * of that area for seeds that are none;
   * `ERR_STORE_IO`, `ERR_STORE_LOCKED`
   */
  commit(commit: StoreCommit): Promise<void>;
  /**
   * What others commit, as it comes; a store need not have it. It begins with a change that may be anything, once nothing
   * is missed any more: what was read before may be old. A commit that is heard of can be read. Several may come as one.
   * The commits of this store itself may be among them. It ends when the signal is aborted.
   *
   * @throws NscError `ERR_STORE_IO` when it can't go on; `ERR_STORE_DAMAGED`
   */
  watch?(options?: StoreWatchOptions): AsyncIterable<StoreChange>;
}
