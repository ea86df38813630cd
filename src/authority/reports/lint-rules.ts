/**
 * The codes of what can be found wrong with a tree.
 *
 * @module
 */

import { deepFreeze } from "../../encoding/freeze.ts";

/** What was found: see {@link lintRules}. */
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
  | "JETSTREAM_TIERS"
  | "MAPPING_INVALID"
  | "ACCOUNT_TWICE"
  | "CALLOUT_USER"
  | "CALLOUT_ACCOUNT"
  | "CALLOUT_SYSTEM"
  | "IMPORT_UNKNOWN"
  | "IMPORT_UNMATCHED"
  | "IMPORT_TWICE"
  | "IMPORT_PREFIX"
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

/** `error`: something does not work. `warning`: it soon won't, or may not be meant. `info`: worth knowing. */
export type LintLevel = "error" | "warning" | "info";

/** What a code means. */
export interface LintRule {
  /** The levels that findings of this code have; most have the first. */
  readonly levels: readonly [LintLevel, ...LintLevel[]];
  /** What it is, for people. */
  readonly meaning: string;
  /** What mends it, for people; a finding may know better. */
  readonly fix: string;
}

/**
 * All codes of `lint`, with what they mean. The page `docs/lint.md` has them as a table.
 *
 * @example
 * ```ts
 * import { lintRules } from "nsc.js";
 *
 * lintRules.USER_REVOKED.levels[0]; // "warning"
 * Object.keys(lintRules).includes("IMPORT_CYCLE"); // true
 * ```
 */
export const lintRules: { readonly [Code in LintCode]: LintRule } = /* @__PURE__ */ deepFreeze<
  Record<LintCode, LintRule>
>({
  DAMAGED: {
    levels: ["error"],
    meaning: "It can't be read, and servers refuse what they can't read.",
    fix: "restore it from a backup, or pull it",
  },
  CLAIMS: {
    levels: ["error", "warning"],
    meaning: "Its claims are not valid. With an error, servers refuse it; a warning is for people.",
    fix: "edit the claims there",
  },
  EXPIRED: {
    levels: ["error", "warning"],
    meaning: "It expired, and servers refuse it. They go on with an operator that did, which is a warning.",
    fix: "edit exp, or delete it",
  },
  EXPIRES_SOON: {
    levels: ["warning"],
    meaning: "It, or the activation of an import, expires within the time that was asked about.",
    fix: "edit exp in time",
  },
  NOT_YET_VALID: {
    levels: ["info"],
    meaning: "It, or the activation of an import, is valid only later, and servers refuse it until then.",
    fix: "wait, or edit nbf",
  },
  ISSUER_GONE: {
    levels: ["error"],
    meaning: "It is signed by no key of its operator or account, or by none that it still has, and servers refuse it.",
    fix: "reissue it",
  },
  ISSUER_STRICT: {
    levels: ["error"],
    meaning: "An identity signed it, and the operator demands signing keys.",
    fix: "reissue it with a signing key",
  },
  LIMIT_ZERO: {
    levels: ["error"],
    meaning: "A limit of 0, or below -1, locks people out. A limit that is absent is 0, except in a role.",
    fix: "-1 is unlimited",
  },
  TOKEN_SIZE: {
    levels: ["warning"],
    meaning: "The token is near or above what servers take.",
    fix: "give it a role",
  },
  SYSTEM_ACCOUNT: {
    levels: ["error", "warning"],
    meaning: "The system account is not in the store. When none is named it is a warning: nothing can be pushed.",
    fix: "pull it, or name another one",
  },
  SYSTEM_JETSTREAM: {
    levels: ["error"],
    meaning: "The system account has JetStream, with which servers that have it don't start.",
    fix: "remove its JetStream limits",
  },
  JETSTREAM_TIERS: {
    levels: ["warning"],
    meaning: "There are JetStream limits beside those of tiers, and servers take the tiers alone.",
    fix: "edit it, whatever the edit is: the next token is without them",
  },
  MAPPING_INVALID: {
    levels: ["error"],
    meaning: "Servers leave the mapping out: a destination can't be made of its source, or is there twice.",
    fix: "correct the destination, or remove it",
  },
  ACCOUNT_TWICE: {
    levels: ["error"],
    meaning: "Another account has the same key, and servers know one account for a key.",
    fix: "delete one of them",
  },
  CALLOUT_USER: {
    levels: ["error", "warning"],
    meaning: "Who is to authorize others is a user of another account. When the store has it nowhere, it is a warning.",
    fix: "name a user of this account in auth_users",
  },
  CALLOUT_ACCOUNT: {
    levels: ["warning"],
    meaning: "An account that users may be placed in is not in the store.",
    fix: "remove it from allowed_accounts, unless it is elsewhere",
  },
  CALLOUT_SYSTEM: {
    levels: ["warning"],
    meaning: "The users of the system account have to be authorized by a service, those that push among them.",
    fix: "have another account authorize users",
  },
  IMPORT_UNKNOWN: {
    levels: ["info"],
    meaning: "The account that it imports from is not in the store.",
    fix: "nothing, if it is elsewhere; otherwise remove the import",
  },
  IMPORT_UNMATCHED: {
    levels: ["error"],
    meaning: "The account that it imports from exports no such thing.",
    fix: "remove the import, or have it exported",
  },
  IMPORT_TWICE: {
    levels: ["error"],
    meaning: "A stream is imported twice, and servers take the first of the two only.",
    fix: "remove one of the imports",
  },
  IMPORT_PREFIX: {
    levels: ["error"],
    meaning: "The deprecated `to` of a stream has wildcards, and servers don't take the import.",
    fix: "use local_subject in place of to",
  },
  IMPORT_CYCLE: {
    levels: ["error"],
    meaning: "Servers take imports for a circle, and drop one or another of them, by what they read first.",
    fix: "remove one of the imports",
  },
  IMPORT_OVERLAP: {
    levels: ["warning", "info"],
    meaning:
      "Two imports bring the same subjects: messages come twice, or two services answer. Where streams come together, it is worth knowing.",
    fix: "give one of them another local_subject",
  },
  IMPORT_ACCOUNT_TOKEN: {
    levels: ["error"],
    meaning: "The subject does not name the importing account where the export demands it.",
    fix: "put the key of the account there",
  },
  ACTIVATION_MISSING: {
    levels: ["error"],
    meaning: "What it imports is private, and there is no activation.",
    fix: "issue an activation, and import again",
  },
  ACTIVATION_INVALID: {
    levels: ["error"],
    meaning: "The activation is for somebody or something else, or signed by a key that the exporting account has not.",
    fix: "issue another activation, and import again",
  },
  ACTIVATION_EXPIRED: {
    levels: ["error"],
    meaning: "The activation expired.",
    fix: "issue another activation, and import again",
  },
  ACTIVATION_REVOKED: {
    levels: ["error"],
    meaning: "The exporting account revoked the activation.",
    fix: "issue another activation, and import again",
  },
  USER_ACCOUNT: {
    levels: ["error"],
    meaning: "Its token does not name its account where it must, and servers don't find the account.",
    fix: "reissue it",
  },
  USER_CONNECTIONS: {
    levels: ["error"],
    meaning: "It allows no type of connection that servers know, and they refuse all.",
    fix: "name types such as STANDARD or WEBSOCKET, or none",
  },
  USER_REVOKED: {
    levels: ["warning"],
    meaning: "Its token is revoked in the account, and servers refuse it.",
    fix: "reissue it, or delete it",
  },
  USER_SCOPE: {
    levels: ["error"],
    meaning: "It is of a role and has permissions or limits of its own, and servers refuse it.",
    fix: "reissue it with dropPermissions",
  },
  USER_TEMPLATE: {
    levels: ["error"],
    meaning: "Its name or tags don't fit the subjects of its role, or become wildcards or more tokens there.",
    fix: "rename it, change its tags, or give it another role",
  },
  USER_BEARER: {
    levels: ["error"],
    meaning: "It is a bearer token, which the account does not allow.",
    fix: "make it none, or allow bearers",
  },
  KEY_ORPHAN: {
    levels: ["info"],
    meaning: "The store has a seed of which no entity knows.",
    fix: "remove it, unless somebody else needs it",
  },
});
