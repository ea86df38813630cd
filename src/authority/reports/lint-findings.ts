/**
 * What can be found wrong with a tree.
 *
 * @module
 */

import type { StorePath } from "../../store/store.ts";
import { kindAt } from "../paths.ts";

/**
 * What was found. `DAMAGED`: an entity can't be read. `CLAIMS`: servers or nsc would complain of the claims. `EXPIRED`,
 * `EXPIRES_SOON`, `NOT_YET_VALID`: its time. `ISSUER_GONE`: it is signed by no key of its issuer. `ISSUER_STRICT`: an identity
 * signed it where signing keys are demanded. `LIMIT_ZERO`: a limit of 0 locks people out. `TOKEN_SIZE`: a token is near what
 * servers take. `SYSTEM_ACCOUNT`: there is none, or it is not in the store. `SYSTEM_JETSTREAM`: the system account has
 * JetStream, with which servers don't start. `ACCOUNT_TWICE`: another account has the same key. `IMPORT_UNKNOWN`: the exporting account is not in the store. `IMPORT_UNMATCHED`:
 * it exports no such thing. `IMPORT_CYCLE`: a service leads back to where it began. `IMPORT_OVERLAP`: two imports bring the
 * same subjects. `IMPORT_ACCOUNT_TOKEN`: the subject does not name the importing account where it must.
 * `ACTIVATION_MISSING`, `ACTIVATION_INVALID`, `ACTIVATION_EXPIRED`, `ACTIVATION_REVOKED`: the right to import. `USER_ACCOUNT`: its token does not name its
 * account where it must. `USER_CONNECTIONS`: it allows no connection of a type that servers know. `USER_REVOKED`: its
 * token is revoked. `USER_SCOPE`: it is of a role, and has permissions of its own. `USER_TEMPLATE`: its name or tags don't fit
 * the role's subjects. `USER_BEARER`: it is a bearer, which the account does not allow. `KEY_ORPHAN`: a seed of which no
 * entity of the store knows.
 */
export type LintCode =
  | "DAMAGED"
  | "CLAIMS"
  | "EXPIRED"
  | "EXPIRES_SOON"
  | "NOT_YET_VALID"
  | "ISSUER_GONE"
  | "ISSUER_STRICT"
  | "LIMIT_ZERO"
  | "TOKEN_SIZE"
  | "SYSTEM_ACCOUNT"
  | "SYSTEM_JETSTREAM"
  | "ACCOUNT_TWICE"
  | "IMPORT_UNKNOWN"
  | "IMPORT_UNMATCHED"
  | "IMPORT_CYCLE"
  | "IMPORT_OVERLAP"
  | "IMPORT_ACCOUNT_TOKEN"
  | "ACTIVATION_MISSING"
  | "ACTIVATION_INVALID"
  | "ACTIVATION_EXPIRED"
  | "ACTIVATION_REVOKED"
  | "USER_ACCOUNT"
  | "USER_CONNECTIONS"
  | "USER_REVOKED"
  | "USER_SCOPE"
  | "USER_TEMPLATE"
  | "USER_BEARER"
  | "KEY_ORPHAN";

/** Something that was found. */
export interface LintFinding {
  readonly code: LintCode;
  /** `error`: something does not work. `warning`: it soon won't, or may not be meant. `info`: worth knowing. */
  readonly level: "error" | "warning" | "info";
  /** What it was found in; a key has no name. */
  readonly entity: {
    readonly kind: "operator" | "account" | "user" | "key";
    /** Names from the operator down. */
    readonly path: readonly string[];
    readonly publicKey?: string;
  };
  /** Where in the claims, such as `["nats", "imports", 0]`; empty for the whole. */
  readonly path: readonly (string | number)[];
  /** What it is, for people. */
  readonly message: string;
  /** What would mend it, for people. */
  readonly fix: string;
}

/** Collects findings of one entity. */
export class Findings {
  readonly #all: LintFinding[];
  readonly #entity: LintFinding["entity"];

  constructor(all: LintFinding[], path: StorePath, publicKey?: string) {
    this.#all = all;
    this.#entity = { kind: kindAt(path), path: [...path], ...(publicKey !== undefined && { publicKey }) };
  }

  add(code: LintCode, level: LintFinding["level"], path: LintFinding["path"], message: string, fix: string): void {
    this.#all.push({ code, level, entity: this.#entity, path, message, fix });
  }
}
