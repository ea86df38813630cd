import { formatGoDuration } from "../../encoding/duration.ts";
import { compareUtf8 } from "../../encoding/go-text.ts";
import type { Permissions } from "../../jwt/permissions.ts";
import { CommandError } from "../command-error.ts";
import { FlagError } from "../flags/flag.ts";
import { parseDuration } from "../flags/parse-time.ts";
import type { PermissionValues } from "../flags/permission-flags.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";

const DIRECTIONS = ["pub", "sub"] as const;
const LISTS = ["allow", "deny"] as const;

/** What flags add, by direction and list; those for both directions come last, as nsc reports them. */
const ADDED_BY = {
  pub: { allow: ["allow-pub", "allow-pubsub"], deny: ["deny-pub", "deny-pubsub"] },
  sub: { allow: ["allow-sub", "allow-pubsub"], deny: ["deny-sub", "deny-pubsub"] },
} as const;

const PUBLISHING = ["allow-pub", "allow-pubsub", "deny-pub", "deny-pubsub"] as const;
const SUBSCRIBING = ["allow-sub", "deny-sub"] as const;

/**
 * Refuses permissions that can't be, before anything is changed.
 *
 * @throws CommandError
 */
export function assertPermissionFlags(flags: PermissionValues): void {
  responseTtl(flags);
  for (const subject of PUBLISHING.flatMap((name) => flags[name] ?? [])) {
    if (subject.includes(" ")) throw invalid(`publish permission subject ${quote(subject)} contains illegal space`);
  }
  for (const subject of SUBSCRIBING.flatMap((name) => flags[name] ?? [])) {
    if (subject.split(" ").length > 2) {
      throw invalid(`subscribe permission subject ${quote(subject)} can at most contain one space`);
    }
  }
}

/**
 * Changes the permissions of a user, of a role's template or of an account's defaults as flags say, and reports that.
 *
 * @param permissions - what is changed; nothing but what flags name
 * @throws CommandError as `assertPermissionFlags` does
 */
export function applyPermissions(permissions: Partial<Permissions>, flags: PermissionValues, report: Report): void {
  assertPermissionFlags(flags);
  applyResponses(permissions, flags, report);
  const removed = (flags.rm ?? []).filter((subject, index, all) => all.indexOf(subject) === index);
  const found = new Set<string>();
  for (const direction of DIRECTIONS) {
    for (const list of LISTS) {
      const label = list === "deny" ? `deny ${direction}` : direction;
      const before = permissions[direction]?.[list] ?? [];
      const subjects = new Set(before);
      for (const subject of ADDED_BY[direction][list].flatMap((name) => flags[name] ?? [])) {
        if (subject === "") continue;
        subjects.add(subject);
        report.ok(`added ${label} ${quote(subject)}`);
      }
      for (const subject of removed) {
        if (!subjects.delete(subject)) continue;
        found.add(subject);
        report.ok(`removed ${label} ${quote(subject)}`);
      }
      if (subjects.size === before.length && before.every((subject) => subjects.has(subject))) continue;
      setList(permissions, direction, list, [...subjects].sort(compareUtf8));
      if (subjects.size === 0 && list === "allow") {
        report.warn(`no ${direction} is left that is allowed, by which servers allow all that is not denied`);
      }
    }
  }
  for (const subject of removed) {
    if (!found.has(subject)) report.warn(`no permission ${quote(subject)} to remove`);
  }
}

function setList(
  permissions: Partial<Permissions>,
  direction: (typeof DIRECTIONS)[number],
  list: (typeof LISTS)[number],
  subjects: string[],
): void {
  const permission = { ...permissions[direction] };
  if (subjects.length > 0) permission[list] = subjects;
  else delete permission[list];
  permissions[direction] = permission;
}

function applyResponses(permissions: Partial<Permissions>, flags: PermissionValues, report: Report): void {
  if (flags["rm-response-perms"] === true) {
    if (permissions.resp === undefined) report.warn("no response permissions to remove");
    else report.ok("removed response permissions");
    delete permissions.resp;
  }
  const max = flags["max-responses"] ?? flags["allow-pub-response"];
  if (max !== undefined && (max !== 0 || flags["max-responses"] !== undefined)) {
    permissions.resp = { ...(permissions.resp ?? { ttl: 0 }), max };
    report.ok(`set max responses to ${max}`);
  } else if (max === 0) report.warn("ignoring --allow-pub-response=0 - nothing is allowed by it");
  const ttl = responseTtl(flags);
  if (ttl === undefined) return;
  permissions.resp = { ...(permissions.resp ?? { max: 0 }), ttl };
  report.ok(`set response ttl to ${formatGoDuration(BigInt(ttl))}`);
}

/** Nanoseconds. */
function responseTtl({ "response-ttl": text }: PermissionValues): number | bigint | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof FlagError) throw invalid(error.message);
    throw error;
  }
}

function invalid(message: string): CommandError {
  return new CommandError(message, { code: "ERR_PERMISSIONS" });
}
