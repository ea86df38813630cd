/**
 * Whether a user may publish or subscribe to a subject.
 *
 * @module
 */

import { formatGoDuration } from "../../encoding/duration.ts";
import { NscError } from "../../errors.ts";
import { mapSubject } from "../../subjects/mapping.ts";
import { assertKnownOptions } from "../options.ts";
import type { User } from "../user.ts";
import { mayPublish, maySubscribe, type PermissionAnswer } from "./permission-answer.ts";
import { type EffectivePermissions, type PermissionsOptions, partsOf, permissions } from "./permissions.ts";

/** Options of {@link can}. */
export interface CanOptions extends PermissionsOptions {
  /** Publications: the cluster of the server, where mappings have destinations for single clusters; none by default. */
  readonly cluster?: string;
  /** Publications: whether the subject is that to which a message that the user got asks for replies. False by default. */
  readonly reply?: boolean;
  /** Subscriptions: the queue group. */
  readonly queue?: string;
}

/**
 * Whether servers would let a user publish or subscribe to a subject, and the rule that decides, by what its handle saw last. Where
 * the account maps a subject, the user needs the permission for all its destinations, and none for the subject itself. With
 * `reply`, `responses` count, too: as many replies as they say for each message that came, and for as long.
 *
 * @param user - the user
 * @param action - what it would do
 * @param subject - a subject; with wildcards only for subscriptions
 * @param options - the queue group, the cluster, whether it is a reply, and the version of the server
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
 *
 * const service = await account.addUser("service", { sub: ["q"], responses: { max: 1, ttl: "5s" } });
 * can(service, "publish", "_INBOX.x").allowed; // false
 * can(service, "publish", "_INBOX.x", { reply: true }).responses?.max; // 1
 * ```
 */
export function can(
  user: User,
  action: "publish" | "subscribe",
  subject: string,
  options: CanOptions = {},
): PermissionAnswer {
  assertKnownOptions(options, ["queue", "cluster", "reply", "serverVersion"]);
  const { queue, cluster, reply = false, serverVersion } = options;
  assertAction(action, subject);
  if (queue !== undefined && (action === "publish" || typeof queue !== "string" || !/^\S+$/.test(queue))) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a queue is a text without white space, and for subscriptions");
  }
  if (cluster !== undefined && (action === "subscribe" || typeof cluster !== "string" || cluster === "")) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a cluster is a name, and for publications");
  }
  if (typeof reply !== "boolean" || (reply && action === "subscribe")) {
    throw new NscError("ERR_ARGUMENT_INVALID", "reply is true or false, and for publications");
  }
  const rules = permissions(user, serverVersion === undefined ? {} : { serverVersion });
  if (action === "subscribe") return maySubscribe(rules.sub, subject, queue, serverVersion);
  const publish = (to: string): PermissionAnswer =>
    mayPublishOrReply(rules, to, { isReply: reply && to === subject, serverVersion });
  const mapped = mapSubject(partsOf(user).account.nats.mappings ?? {}, subject, { cluster, serverVersion });
  if (mapped === undefined) return publish(subject);
  const answers = mapped.map((each) => ({ ...each, answer: publish(each.subject) }));
  const lost = { allowed: true, withheld: [], message: `${subject} is mapped to nothing` };
  const { answer = lost } = answers.find((each) => !each.answer.allowed) ?? answers[0] ?? {};
  const destinations = answers.map(({ answer: { allowed }, ...each }) => ({ ...each, allowed }));
  return { ...answer, mapped: destinations };
}

/** What is asked of the subject that a server looks at. */
function mayPublishOrReply(
  { pub, responses }: EffectivePermissions,
  subject: string,
  { isReply, serverVersion }: { readonly isReply: boolean; readonly serverVersion: string | undefined },
): PermissionAnswer {
  const answer = mayPublish(pub, subject, serverVersion);
  if (responses === undefined) return answer;
  // Whoever may reply may not publish else, unless it is said.
  const isAllowed = answer.allowed && pub.allow !== undefined;
  if (isAllowed) return answer;
  const rule = { list: "responses" } as const;
  if (isReply) {
    const [max, ttl] = [responses.max === -1 ? "any number" : responses.max, BigInt(responses.ttl)];
    const time = ttl < 0n ? "" : ` within ${formatGoDuration(ttl)}`;
    return {
      allowed: true,
      rule,
      responses,
      withheld: [],
      message: `it is a reply, of which there may be ${max} for each message${time}`,
    };
  }
  if (!answer.allowed) return answer;
  return { allowed: false, rule, withheld: [], message: "only replies to what was received may be published" };
}

/** Refuses what is no action, or no subject for it. */
export function assertAction(action: unknown, subject: unknown): asserts action is "publish" | "subscribe" {
  if (action !== "publish" && action !== "subscribe") {
    throw new NscError("ERR_ARGUMENT_INVALID", 'the action must be "publish" or "subscribe"');
  }
  assertSubject(action, subject);
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
  throw new NscError("ERR_ARGUMENT_INVALID", `to ${action} takes a subject${wildcards}, with no token that is empty`);
}
