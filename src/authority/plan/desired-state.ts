/**
 * What the tree of an operator is to look like: plain data, which JSON and YAML can hold.
 *
 * @module
 */

import type { MsgTrace, WeightedMapping } from "../../jwt/account.ts";
import type { TimeRange } from "../../jwt/limits.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import type { ExportInit } from "../export-verbs.ts";
import type { ImportInit } from "../import-verbs.ts";
import type { ByteSize, Count, JetStreamOption } from "../jetstream.ts";
import type { PermissionsInit } from "../permissions-input.ts";

/**
 * What the tree of an operator is to look like. Members of the operator and of accounts that are not there are not looked at;
 * those that are there say all of it. Roles, the rights of users, exports and imports are described whole: what is left out of
 * one is as the verb that adds one makes it. Entries of lists and records that are not there stay, unless the plan removes.
 */
export interface DesiredState {
  readonly operator?: DesiredOperator;
  /** By name. */
  readonly accounts?: { readonly [name: string]: DesiredAccount };
}

/**
 * When something expires: a date such as `"2027-01-31"` or `"2027-01-31T12:00:00Z"`, or `"never"`; or, so that it expires in
 * that time at most and is renewed when less than the other is left, `{ in: "90d", renewWithin: "30d" }`.
 */
export type DesiredExpiry = string | { readonly in: string; readonly renewWithin: string };

/** What operators, accounts and users have in common. */
export interface DesiredEntity {
  readonly tags?: readonly string[];
  /** When the token expires; what is not said stays, and is never for what is new. */
  readonly expires?: DesiredExpiry;
  /** When the token becomes valid: a date, or `null` for at once. */
  readonly notBefore?: string | null;
}

/** Settings of an operator. */
export interface DesiredOperator extends DesiredEntity {
  /** Where account tokens are served; `""` is nowhere. */
  readonly accountServerUrl?: string;
  readonly serviceUrls?: readonly string[];
  /** The system account: its name, or its public key where it is not in the tree. */
  readonly systemAccount?: string;
  /** Whether accounts and users must be signed by signing keys. What an identity signed is signed again for it. */
  readonly requireSigningKeys?: boolean;
  /** The oldest server that may run with its token: `major.minor.update`, or `""` for any. */
  readonly assertServerVersion?: string;
  /** How many signing keys it has at least. */
  readonly signingKeys?: number;
}

/** An account. */
export interface DesiredAccount extends DesiredEntity {
  /** Its public key, where the private one is elsewhere; a fresh one for a new account, and whichever it has for another. */
  readonly key?: string;
  /** The name that it had before, by which it keeps its identity and users. */
  readonly renamedFrom?: string;
  readonly description?: string;
  readonly infoUrl?: string;
  readonly limits?: DesiredLimits;
  readonly jetstream?: JetStreamOption | "none";
  readonly defaultPermissions?: PermissionsInit;
  /** Where subjects are mapped to, by subject; all of them. */
  readonly mappings?: { readonly [subject: string]: readonly ReadonlyDeep<WeightedMapping>[] };
  /** Message tracing, or `null`. */
  readonly trace?: ReadonlyDeep<MsgTrace> | null;
  readonly clusterTraffic?: "system" | "owner";
  /** Auth callout, or `null`. */
  readonly authCallout?: DesiredAuthCallout | null;
  /** How many signing keys without a role it has at least. */
  readonly signingKeys?: number;
  /** By name. A role whose name is not its own stands under the public key of its signing key. */
  readonly roles?: { readonly [role: string]: DesiredRole };
  /** Known by type and subject. */
  readonly exports?: readonly ExportInit[];
  /** Known by account, type and subject. */
  readonly imports?: readonly DesiredImport[];
  /** By name. */
  readonly users?: { readonly [name: string]: DesiredUser };
}

/** Limits of an account; those that are left out are none. */
export interface DesiredLimits {
  /** Client connections. */
  readonly conn?: Count | string;
  /** Leaf node connections. */
  readonly leaf?: Count | string;
  /** Subscriptions of a connection. */
  readonly subs?: Count | string;
  /** Number of imports. */
  readonly imports?: Count | string;
  /** Number of exports. */
  readonly exports?: Count | string;
  /** Bytes; not enforced by servers. */
  readonly data?: ByteSize;
  /** Bytes of a message. */
  readonly payload?: ByteSize;
  /** Whether exports may have wildcards; true by default. */
  readonly wildcards?: boolean;
  /** Whether users must not be bearer tokens; false by default. */
  readonly disallowBearer?: boolean;
}

/** Auth callout of an account. */
export interface DesiredAuthCallout {
  /** The users that authorize others: names, or public keys. */
  readonly authUsers?: readonly string[];
  /** The accounts that users may be placed in: names, public keys, or `"*"` alone for any. */
  readonly allowedAccounts?: readonly string[];
  /** Public curve key of the service. */
  readonly xkey?: string;
}

/** What users of a role, or a user without one, may do; limits that are left out are none. */
export interface DesiredRights extends PermissionsInit {
  /** Subscriptions. */
  readonly subs?: Count | string;
  /** Bytes; not enforced by servers. */
  readonly data?: ByteSize;
  /** Bytes of a message. */
  readonly payload?: ByteSize;
  /** Networks in CIDR notation; any by default. */
  readonly src?: readonly string[];
  /** When connections are allowed; always by default. */
  readonly times?: readonly ReadonlyDeep<TimeRange>[];
  /** IANA time zone of `times`. */
  readonly timesLocation?: string;
  /** Whether the token alone is enough; false by default. */
  readonly bearer?: boolean;
  /** Whether connections must come through a trusted proxy; false by default. */
  readonly proxyRequired?: boolean;
  /** Connection types such as `STANDARD`; all by default. */
  readonly allowedConnectionTypes?: readonly string[];
}

/** A role. */
export interface DesiredRole extends DesiredRights {
  readonly description?: string;
}

/** A user: with a role, or with rights of its own. */
export interface DesiredUser extends DesiredRights, DesiredEntity {
  /** Its public key, where the private one is elsewhere; a fresh one for a new user, and whichever it has for another. */
  readonly key?: string;
  /** The name that it had before, by which it keeps its key. */
  readonly renamedFrom?: string;
  /** The role that it has its rights from; it has none of its own then. */
  readonly role?: string;
}

/** What an account takes from another; `type` is needed where the exporting account is not in the tree. */
export interface DesiredImport extends Pick<ImportInit, "type" | "localSubject" | "name" | "share" | "allowTrace"> {
  /** The exporting account: its name, or its public key where it is not in the tree. */
  readonly from: string;
  /** The subject as the exporting account has it. */
  readonly subject: string;
  /**
   * The activation, where the export is private. Within the tree it is signed when there is none that is valid; of an account
   * outside of it the one that is there stays.
   */
  readonly activation?: string;
}

/** Settings of an account without what is its own: its identity, users, times and auth callout. */
export type AccountTemplate = Omit<
  DesiredAccount,
  "key" | "renamedFrom" | "users" | "expires" | "notBefore" | "authCallout"
>;
