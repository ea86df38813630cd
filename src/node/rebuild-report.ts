import type { StorePath } from "../store/store.ts";

/** Why something of the sources is not in the tree as it is there. */
export type RebuildProblemCode =
  /** A file or text holds no token that can be read, or its signature is wrong. */
  | "BAD_TOKEN"
  /** A file or text holds no seed. */
  | "BAD_SEED"
  /** A file or text holds no creds; a token that is in it all the same is taken. */
  | "BAD_CREDS"
  /** The file system or the store refuses to give something. */
  | "UNREADABLE"
  /** A token is of no operator, account or user. */
  | "WRONG_KIND"
  /** There is a newer token of the same subject. */
  | "OLDER"
  /** There is another token of the same subject with the same time of issue; the first one is taken, or that of the store. */
  | "SAME_TIME"
  /** No known operator has the key that signed an account. */
  | "NO_OPERATOR"
  /** There is no such account as a user names, or it could not be kept. */
  | "NO_ACCOUNT"
  /** An operator is not signed by itself, or a user by no key of its account. */
  | "WRONG_ISSUER"
  /** The store has the subject somewhere else, under another operator or account. */
  | "WRONG_PLACE"
  /** A name is none that can be kept. */
  | "NAME"
  /** Another entity has the name, or one that some file systems take for it. */
  | "NAME_TAKEN"
  /** The store refused to keep it. */
  | "REFUSED";

/** Something of the sources that is not in the tree as it is there. */
export interface RebuildProblem {
  readonly code: RebuildProblemCode;
  /** The path of the file, the place in a list, as in `tokens[0]`, or the place in the store. */
  readonly source: string;
  /** What is wrong, for people. It holds no secret. */
  readonly message: string;
  /** The subject or the key, if it is known. */
  readonly publicKey?: string;
}

/** A key whose seed is neither in the store nor in the sources. */
export interface MissingSeed {
  readonly publicKey: string;
  /** The entity whose identity or signing key it is. */
  readonly path: StorePath;
}

/** What came of the sources. */
export interface RebuildReport {
  /** Where tokens were written. */
  readonly written: readonly StorePath[];
  /** Where the store had the tokens already. */
  readonly unchanged: readonly StorePath[];
  /** The public keys of the seeds that were added. */
  readonly keys: readonly string[];
  readonly problems: readonly RebuildProblem[];
  /** The issuers of accounts that no known operator has as a key. */
  readonly missingOperators: readonly string[];
  /** The accounts of users that are not known. */
  readonly missingAccounts: readonly string[];
  /** The keys of what was written or unchanged that can't sign, and of users who get no creds. */
  readonly missingSeeds: readonly MissingSeed[];
}

/** Collects what becomes of the sources. */
export class RebuildNotes {
  readonly problems: RebuildProblem[] = [];

  add(code: RebuildProblemCode, source: string, message: string, publicKey?: string): void {
    this.problems.push({ code, source, message, ...(publicKey !== undefined && { publicKey }) });
  }
}
