/**
 * What lists of permissions say to a subject.
 *
 * @module
 */

import { CollidingSubjects } from "../../subjects/colliding-subjects.ts";
import { hasUnlessOverlooked } from "../../subjects/overlooking-lookup.ts";
import { hasChange } from "../../subjects/server-behaviour.ts";
import { hasWildcards, isCoveredBy, tokensAreContainedIn } from "../../subjects/subject.ts";
import type { ResponseRules, SubjectRules } from "./permissions.ts";

/** Whether something is allowed, and by which rule. */
export interface PermissionAnswer {
  readonly allowed: boolean;
  /**
   * The list that decided, and its entry; nothing where nothing speaks of it. `responses` decide where a user may reply only, or
   * may not publish, but reply.
   */
  readonly rule?: {
    readonly list: "pub.allow" | "pub.deny" | "sub.allow" | "sub.deny" | "responses";
    readonly entry?: string;
  };
  /** Of a reply that `responses` allow: how many, and for how long. */
  readonly responses?: ResponseRules;
  /**
   * Of a subscription that is allowed: what it does not get, since that is denied. It takes in more than it may hear.
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

/** What lists say to a publication. */
export function mayPublish(
  { allow, deny }: SubjectRules,
  subject: string,
  serverVersion: string | undefined,
): PermissionAnswer {
  const isOverlooking = hasChange(serverVersion, "STARS_LOST") && !hasChange(serverVersion, "STARS_FOUND");
  const lookUp = (list: readonly string[], inWhole: (entry: string) => boolean): string | undefined => {
    const found = list.find(inWhole);
    return found === undefined || !isOverlooking || hasUnlessOverlooked(list, subject) ? found : undefined;
  };
  const allowed = allow && lookUp(allow, (entry) => matches(subject, entry));
  if (allow !== undefined && allowed === undefined) return refused("pub.allow", undefined, subject);
  // A token that only the server knows may be any.
  const denied = lookUp(deny, (entry) => matches(subject, entry)) ?? deny.find((entry) => matchesAny(entry, subject));
  if (denied !== undefined) return refused("pub.deny", denied, subject);
  return accepted("pub.allow", allowed, subject, []);
}

/** Whether an entry is for some of the subjects that `*` stands for. */
function matchesAny(entry: string, subject: string): boolean {
  return subject.split(".").includes("*") && matches(entry, subject);
}

/** What lists say to a subscription. */
export function maySubscribe(
  { allow, deny }: SubjectRules,
  subject: string,
  queue: string | undefined,
  serverVersion: string | undefined,
): PermissionAnswer {
  const allowed = allow && allowing(allow, subject, queue);
  if (allow !== undefined && allowed === undefined) return refused("sub.allow", undefined, subject);
  const denied = denying(deny, subject, queue, serverVersion);
  if (denied !== undefined) return refused("sub.deny", denied, subject);
  return accepted("sub.allow", allowed, subject, withheldFrom(deny, subject, queue, serverVersion));
}

/** The entry that allows a subscription. For one with a queue, entries with queues decide alone where there are any. */
function allowing(list: readonly string[], subject: string, queue: string | undefined): string | undefined {
  const matching = list.filter((entry) => matches(subject, subjectOf(entry)));
  const queued = matching.filter((entry) => queueOf(entry) !== undefined);
  if (queue === undefined || queued.length === 0) return matching.find((entry) => queueOf(entry) === undefined);
  return queued.find((entry) => isOfQueue(entry, queue));
}

/** The entry that denies a subscription: one without a queue denies it in any; before, those with queues could undo that. */
function denying(
  list: readonly string[],
  subject: string,
  queue: string | undefined,
  serverVersion: string | undefined,
): string | undefined {
  const matching = list.filter((entry) => matches(subject, subjectOf(entry)));
  const plain = matching.find((entry) => queueOf(entry) === undefined);
  if (queue === undefined) return plain;
  const queued = matching.filter((entry) => queueOf(entry) !== undefined);
  const denied = queued.find((entry) => isOfQueue(entry, queue));
  return queued.length > 0 && !hasChange(serverVersion, "SUM_OF_DENIALS") ? denied : (plain ?? denied);
}

/** What is denied of a subscription that is let through. */
function withheldFrom(
  deny: readonly string[],
  subject: string,
  queue: string | undefined,
  serverVersion: string | undefined,
): readonly string[] {
  const isPlain = (entry: string): boolean => queueOf(entry) === undefined;
  const index = new CollidingSubjects<string>();
  for (const entry of deny) index.add(subjectOf(entry), entry);
  const overlapping = index.find(subject);
  if (hasChange(serverVersion, "OVERLAPS_WITHHELD")) {
    return overlapping.filter((entry) => isPlain(entry) || (queue !== undefined && isOfQueue(entry, queue)));
  }
  // Before, servers began to look at what is denied with the first entry that is taken in, and read no queues in it.
  if (!hasWildcards(subject) || !deny.some((entry) => isCoveredBy(entry, subject))) return [];
  return overlapping.filter(isPlain);
}

function subjectOf(entry: string): string {
  return entry.split(/\s+/)[0] as string;
}

function queueOf(entry: string): string | undefined {
  return entry.split(/\s+/)[1];
}

function isOfQueue(entry: string, queue: string): boolean {
  const pattern = queueOf(entry);
  return pattern !== undefined && (queue === pattern || isCoveredBy(queue, pattern));
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
