/** What can be found in nsc's folders that is not as it should be. */
export type NscFindingCode =
  /** A file holds no token, one of another kind, or one whose signature is wrong. */
  | "BAD_TOKEN"
  /** An operator that is not managed, or an account, has no token. For nsc an account without one does not exist. */
  | "MISSING_TOKEN"
  /** A token is signed by no key of the operator or account that it is under. */
  | "WRONG_ISSUER"
  /** A token of an account or user is not named as its file is, an operator's folder as nsc knows it, or a key is misfiled. */
  | "WRONG_PLACE"
  /** A public key is the subject of more than one token. */
  | "SUBJECT_TWICE"
  /** The file `.nsc` of an operator can't be read as one. */
  | "BAD_DESCRIPTOR"
  /** The file `.nscjs.json` of an operator can't be read as one. */
  | "BAD_META"
  /** The file `nsc.json` can't be read as one. */
  | "BAD_CONTEXT"
  /** There is no seed for a key that a token names; it may be held elsewhere on purpose. */
  | "MISSING_SEED"
  /** A file does not hold the seed of the key that it is named after. */
  | "BAD_SEED"
  /** No token that can be read names the key. */
  | "ORPHAN_KEY"
  /** There is no such user as creds are named after. */
  | "ORPHAN_CREDS"
  /** Creds hold another token than the user has. */
  | "STALE_CREDS"
  /** A file holds no creds. */
  | "BAD_CREDS"
  /** Keys or creds lie where old versions of nsc put them; `migrateKeystore` moves them. */
  | "OLD_LAYOUT"
  /** Others than the owner may read or change something. */
  | "WRONG_MODE"
  /** A link, which is not followed. */
  | "LINK"
  /** Something that is not nsc's, or an operator's folder without its descriptor. It stays. */
  | "FOREIGN_FILE"
  /** A name that not every system can keep. */
  | "NAME"
  /** A name that differs from another only in case or composition, which some file systems take for one. */
  | "NAME_TWIN"
  /** A commit was cut off, or is being made; the next use of the store finishes or undoes it. */
  | "UNFINISHED_COMMIT"
  /** A file of a commit that is over. */
  | "TEMPORARY_FILE"
  /** The file system refuses to give something. */
  | "UNREADABLE";

/** One thing in nsc's folders that is not as it should be. */
export interface NscFinding {
  readonly code: NscFindingCode;
  /** Where: the absolute path of the file or folder, also of one that should be there and is not. */
  readonly path: string;
  /** What is wrong, for people. It holds no secret. */
  readonly message: string;
  /** The key that it is about, if it is about one. */
  readonly publicKey?: string;
}
