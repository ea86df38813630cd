/**
 * What a user may publish and subscribe to, as servers have it.
 *
 * @module
 */

import type { Int64 } from "../../encoding/json-types.ts";
import { NscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { Permissions, ResponsePermission } from "../../jwt/permissions.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { findSigningKey } from "../../jwt/scopes.ts";
import { assertServerVersion, hasChange } from "../../subjects/server-behaviour.ts";
import { assertKnownOptions } from "../options.ts";
import { expandSubjects, templateSourceOf } from "../templates.ts";
import { expandTokens } from "../token-templates.ts";
import type { User } from "../user.ts";

/** What is allowed and denied. */
export interface SubjectRules {
  /** What is allowed; nothing where everything is that is not denied. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
}

/** How a user may reply to what it receives. */
export interface ResponseRules {
  /** How many times for each message; -1 for any number. */
  readonly max: number;
  /** For how long after it came, in nanoseconds; -1 for any time. */
  readonly ttl: Int64;
}

/** What a user may do, with the variables of its role replaced. */
export interface EffectivePermissions {
  /** Where it comes from: the user itself, its role, the defaults of its account, or nowhere, by which everything is allowed. */
  readonly source: "user" | "role" | "account" | "none";
  /** The role, if it has one. */
  readonly role?: string;
  readonly pub: SubjectRules;
  /** Of subscriptions; entries may have a queue, as in `"orders.> workers"`. */
  readonly sub: SubjectRules;
  /** Whether it may reply to what it receives where it may not publish; zeros are replaced by what servers take for them. */
  readonly responses?: ResponseRules;
}

/** Options of {@link permissions}. */
export interface PermissionsOptions {
  /**
   * The nats-server that is asked about, such as `"2.10.27"`, 2.9.0 or later; the newest that is known by default. Older ones
   * replace other variables of roles.
   */
  readonly serverVersion?: string;
}

/**
 * What a user may do, by what its handle saw last: by its own permissions, those of its role with the variables replaced, or the
 * defaults of its account. Whether servers let it in at all, `explain` says.
 *
 * @param user - the user
 * @param options - the version of the server
 * @throws NscError `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { Nsc, permissions } from "nsc.js";
 *
 * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
 * await account.addRole("web", { pub: ["in.{{name()}}.>", "KV_{{name()}}"] });
 * const user = await account.addUser("alice", { role: "web" });
 * permissions(user).pub.allow?.join(); // "in.alice.>,KV_alice"
 * permissions(user, { serverVersion: "2.10.27" }).pub.allow?.join(); // "in.alice.>,KV_{{name()}}"
 * ```
 */
export function permissions(user: User, options: PermissionsOptions = {}): EffectivePermissions {
  assertKnownOptions(options, ["serverVersion"]);
  const { serverVersion } = options;
  assertServerVersion(serverVersion);
  const { claims, account } = partsOf(user);
  const key = findSigningKey(account.nats, claims.iss ?? "");
  const scope = typeof key === "object" ? key : undefined;
  const own: ReadonlyDeep<Partial<Permissions>> = scope?.template ?? claims.nats;
  const defaults = account.nats.default_permissions;
  const isDefault = isEmpty(own);
  const rules = isDefault ? defaults : own;
  const sources = { account: templateSourceOf(account), user: templateSourceOf(claims) };
  const expander = hasChange(serverVersion, "VARIABLES_ANYWHERE") ? expandSubjects : expandTokens;
  const expand = (list: readonly string[] | undefined, denied: boolean): readonly string[] =>
    scope === undefined || isDefault ? (list ?? []) : expander(list ?? [], denied, sources);
  const rulesOf = (given: ReadonlyDeep<Permissions["pub"]> = {}): SubjectRules => {
    const [allow, deny] = [expand(given.allow, false), expand(given.deny, true)];
    if ((given.allow ?? []).length === 0) return { allow: undefined, deny };
    // Servers deny everything where nothing is left of what was allowed.
    return allow.length > 0 ? { allow, deny } : { allow: [], deny: [...deny, ">"] };
  };
  const { resp } = rules ?? {};
  const source = isDefault ? (isEmpty(rules) ? "none" : "account") : scope === undefined ? "user" : "role";
  return {
    source,
    ...(scope !== undefined && { role: scope.role }),
    pub: rulesOf(rules?.pub),
    sub: rulesOf(rules?.sub),
    ...(resp !== undefined && resp !== null && { responses: responsesOf(resp) }),
  };
}

/** The claims of a user and of its account. @internal */
export function partsOf(user: User): {
  readonly claims: User["claims"];
  readonly account: ReadonlyDeep<AccountClaims>;
} {
  const { cell } = (user ?? {}) as Partial<User>;
  const account = cell?.parent?.snapshot.claims as ReadonlyDeep<AccountClaims> | undefined;
  if (cell?.path.length === 3 && account !== undefined) return { claims: user.claims, account };
  throw new NscError("ERR_ARGUMENT_INVALID", "the user must be a handle of one, as Nsc gives it");
}

function isEmpty(rules: ReadonlyDeep<Partial<Permissions>> | undefined): boolean {
  const lists = [rules?.pub?.allow, rules?.pub?.deny, rules?.sub?.allow, rules?.sub?.deny];
  return lists.every((list) => (list ?? []).length === 0) && (rules?.resp ?? undefined) === undefined;
}

/** What servers take for 0. nats-server: `validateResponsePermissions`. */
const DEFAULT_RESPONSES: ResponseRules = { max: 1, ttl: 120_000_000_000 };

function responsesOf({ max, ttl }: ReadonlyDeep<ResponsePermission>): ResponseRules {
  return {
    max: Number(max) === 0 ? DEFAULT_RESPONSES.max : Math.max(Number(max), -1),
    ttl: Number(ttl) === 0 ? DEFAULT_RESPONSES.ttl : Number(ttl) < 0 ? -1 : ttl,
  };
}
