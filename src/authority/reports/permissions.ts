/**
 * What a user may publish and subscribe to, as servers have it.
 *
 * @module
 */

import type { Int64 } from "../../encoding/json-types.ts";
import { NscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { Permissions } from "../../jwt/permissions.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { findSigningKey } from "../../jwt/scopes.ts";
import { mapSubject } from "../../subjects/mapping.ts";
import { isCoveredBy, tokensAreContainedIn } from "../../subjects/subject.ts";
import { assertKnownOptions } from "../options.ts";
import { expandSubjects, templateSourceOf } from "../templates.ts";
import type { User } from "../user.ts";

/** What is allowed and denied. */
export interface SubjectRules {
  /** What is allowed; nothing where everything is that is not denied. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
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
  /** Whether it may reply to what it receives, how many times for each (-1 for any number), and for how long, in nanoseconds. */
  readonly responses?: { readonly max: number; readonly ttl: Int64 };
}

/**
 * What a user may do, by what its handle saw last: by its own permissions, those of its role with the variables replaced, or the
 * defaults of its account. Whether servers let it in at all, `explain` says.
 *
 * @param user - the user
 * @throws NscError `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { Nsc, permissions } from "nsc.js";
 *
 * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
 * await account.addRole("web", { pub: ["in.{{name()}}.>"] });
 * const user = await account.addUser("alice", { role: "web" });
 * permissions(user).pub.allow?.[0]; // "in.alice.>"
 * ```
 */
export function permissions(user: User): EffectivePermissions {
  const { claims, account } = partsOf(user);
  const key = findSigningKey(account.nats, claims.iss ?? "");
  const scope = typeof key === "object" ? key : undefined;
  const own: ReadonlyDeep<Partial<Permissions>> = scope?.template ?? claims.nats;
  const defaults = account.nats.default_permissions;
  const isDefault = isEmpty(own);
  const rules = isDefault ? defaults : own;
  const sources = { account: templateSourceOf(account), user: templateSourceOf(claims) };
  const expand = (list: readonly string[] | undefined, denied: boolean): readonly string[] =>
    scope === undefined || isDefault ? (list ?? []) : expandSubjects(list ?? [], denied, sources);
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
    ...(resp !== undefined && resp !== null && { responses: { max: Number(resp.max), ttl: resp.ttl } }),
  };
}

function partsOf(user: User): { readonly claims: User["claims"]; readonly account: ReadonlyDeep<AccountClaims> } {
  const { cell } = (user ?? {}) as Partial<User>;
  const account = cell?.parent?.snapshot.claims as ReadonlyDeep<AccountClaims> | undefined;
  if (cell?.path.length === 3 && account !== undefined) return { claims: user.claims, account };
  throw new NscError("ERR_ARGUMENT_INVALID", "the user must be a handle of one, as Nsc gives it");
}

function isEmpty(rules: ReadonlyDeep<Partial<Permissions>> | undefined): boolean {
  const lists = [rules?.pub?.allow, rules?.pub?.deny, rules?.sub?.allow, rules?.sub?.deny];
  return lists.every((list) => (list ?? []).length === 0) && (rules?.resp ?? undefined) === undefined;
}

/** Whether something is allowed, and by which rule. */
export interface PermissionAnswer {
  readonly allowed: boolean;
  /** The list that decided, and its entry; nothing where nothing speaks of it. */
  readonly rule?: { readonly list: "pub.allow" | "pub.deny" | "sub.allow" | "sub.deny"; readonly entry?: string };
  /**
   * Of a subscription with wildcards that is allowed: what it does not get, since that is denied. It takes in more than it may
   * hear.
   */
  readonly withheld: readonly string[];
  /**
   * Of a publication whose subject the account maps: where it goes. Servers look at the permissions for what a mapping made of a
   * subject, and not for the subject that was published.
   */
  readonly mapped?: readonly MappedPublication[];
  /** For people. */
  readonly message: string;
}

/** Where a mapping of the account sends what is published. */
export interface MappedPublication {
  /** The source of the mapping, as the account has it. */
  readonly source: string;
  /** What becomes of the subject; `*` stands for a token that only the server knows. */
  readonly subject: string;
  /** The share of the messages that go there, in percent; of several mappings for a subject servers take any. */
  readonly share: number;
  /** Whether the user may publish there. */
  readonly allowed: boolean;
}

/** Options of {@link can}. */
export interface CanOptions {
  /** Publications: the cluster of the server, where mappings have destinations for single clusters; none by default. */
  readonly cluster?: string;
  /** Subscriptions: the queue group. */
  readonly queue?: string;
}

/**
 * Whether servers would let a user publish or subscribe to a subject, and the rule that decides, by what its handle saw last. Where
 * the account maps a subject, the user needs the permission for all its destinations, and none for the subject itself. Replies that
 * `responses` allow are not looked at, since they depend on what was received.
 *
 * @param user - the user
 * @param action - what it would do
 * @param subject - a subject; with wildcards only for subscriptions
 * @param options - the queue group, or the cluster
 * @throws NscError `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { can, Nsc } from "nsc.js";
 *
 * const account = await (await new Nsc().addOperator("local")).addAccount("APP");
 * const user = await account.addUser("alice", { pub: ["orders.>"], sub: { deny: ["orders.secret"] } });
 * can(user, "publish", "orders.new").allowed; // true
 * can(user, "publish", "payroll").allowed; // false
 * can(user, "subscribe", "orders.*").withheld.join(); // "orders.secret"
 * ```
 */
export function can(
  user: User,
  action: "publish" | "subscribe",
  subject: string,
  options: CanOptions = {},
): PermissionAnswer {
  assertKnownOptions(options, ["queue", "cluster"]);
  const { queue, cluster } = options;
  if (action !== "publish" && action !== "subscribe") {
    throw new NscError("ERR_ARGUMENT_INVALID", 'the action must be "publish" or "subscribe"');
  }
  assertSubject(action, subject);
  if (queue !== undefined && (action === "publish" || typeof queue !== "string" || !/^\S+$/.test(queue))) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a queue is a text without white space, and for subscriptions");
  }
  if (cluster !== undefined && (action === "subscribe" || typeof cluster !== "string" || cluster === "")) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a cluster is a name, and for publications");
  }
  const rules = permissions(user);
  if (action === "subscribe") return maySubscribe(rules.sub, subject, queue);
  const mapped = mapSubject(partsOf(user).account.nats.mappings ?? {}, subject, cluster);
  if (mapped === undefined) return mayPublishOrReply(rules, subject);
  const answers = mapped.map((each) => ({ ...each, answer: mayPublishOrReply(rules, each.subject) }));
  const lost = { allowed: true, withheld: [], message: `${subject} is mapped to nothing` };
  const { answer = lost } = answers.find((each) => !each.answer.allowed) ?? answers[0] ?? {};
  const destinations = answers.map(({ answer: { allowed }, ...each }) => ({ ...each, allowed }));
  return { ...answer, mapped: destinations };
}

/** What is asked of the subject that a server looks at. */
function mayPublishOrReply({ pub, responses }: EffectivePermissions, subject: string): PermissionAnswer {
  const answer = mayPublish(pub, subject);
  if (responses === undefined || pub.allow !== undefined) return answer;
  if (!answer.allowed) return answer;
  return { allowed: false, withheld: [], message: "only replies to what was received may be published" };
}

function assertSubject(action: "publish" | "subscribe", subject: unknown): asserts subject is string {
  const tokens = typeof subject === "string" ? subject.split(".") : [""];
  const isSubject = tokens.every((token, index) => {
    if (token === "" || /\s/.test(token)) return false;
    if (action === "publish") return token !== "*" && token !== ">";
    return token !== ">" || index === tokens.length - 1;
  });
  if (isSubject) return;
  const wildcards = action === "publish" ? " without wildcards" : "";
  throw new NscError("ERR_ARGUMENT_INVALID", `to ${action} takes a subject${wildcards}`);
}

function mayPublish({ allow, deny }: SubjectRules, subject: string): PermissionAnswer {
  // A token that only the server knows may be any.
  const denied = deny.find((entry) => matches(subject, entry) || matches(entry, subject));
  const allowed = allow?.find((entry) => matches(subject, entry));
  if (allow !== undefined && allowed === undefined) return refused("pub.allow", undefined, subject);
  if (denied !== undefined) return refused("pub.deny", denied, subject);
  return accepted("pub.allow", allowed, subject, []);
}

function maySubscribe({ allow, deny }: SubjectRules, subject: string, queue: string | undefined): PermissionAnswer {
  const allowed = allow && allowing(allow, subject, queue);
  if (allow !== undefined && allowed === undefined) return refused("sub.allow", undefined, subject);
  const denied = denying(deny, subject, queue);
  if (denied !== undefined) return refused("sub.deny", denied, subject);
  const plain = deny.filter((entry) => queueOf(entry) === undefined);
  const withheld = plain.filter((entry) => isCoveredBy(entry, subject) && entry !== subject);
  return accepted("sub.allow", allowed, subject, withheld);
}

/** The entry that allows a subscription. For one with a queue, entries with queues decide alone where there are any. */
function allowing(list: readonly string[], subject: string, queue: string | undefined): string | undefined {
  const matching = list.filter((entry) => matches(subject, subjectOf(entry)));
  const queued = matching.filter((entry) => queueOf(entry) !== undefined);
  if (queue === undefined || queued.length === 0) return matching.find((entry) => queueOf(entry) === undefined);
  return queued.find((entry) => isQueue(queue, queueOf(entry) as string));
}

/** The entry that denies a subscription: one without a queue denies it in any, as of nats-server 2.15; of 2.9 it did not. */
function denying(list: readonly string[], subject: string, queue: string | undefined): string | undefined {
  return list.find((entry) => {
    const denied = queueOf(entry);
    if (!matches(subject, subjectOf(entry))) return false;
    return denied === undefined || (queue !== undefined && isQueue(queue, denied));
  });
}

function subjectOf(entry: string): string {
  return entry.split(/\s+/)[0] as string;
}

function queueOf(entry: string): string | undefined {
  return entry.split(/\s+/)[1];
}

function isQueue(queue: string, pattern: string): boolean {
  return queue === pattern || isCoveredBy(queue, pattern);
}

/** As servers look a subject up in a list: a wildcard of the subject is a token like others there. */
function matches(subject: string, entry: string): boolean {
  return tokensAreContainedIn(subject.split("."), entry.split("."));
}

type List = NonNullable<PermissionAnswer["rule"]>["list"];

function accepted(
  list: List,
  entry: string | undefined,
  subject: string,
  withheld: readonly string[],
): PermissionAnswer {
  const message =
    entry === undefined ? `nothing speaks against ${subject}` : `${JSON.stringify(entry)} allows ${subject}`;
  return { allowed: true, ...(entry !== undefined && { rule: { list, entry } }), withheld, message };
}

function refused(list: List, entry: string | undefined, subject: string): PermissionAnswer {
  const message =
    entry === undefined ? `nothing in ${list} allows ${subject}` : `${JSON.stringify(entry)} denies ${subject}`;
  return { allowed: false, rule: { list, ...(entry !== undefined && { entry }) }, withheld: [], message };
}
