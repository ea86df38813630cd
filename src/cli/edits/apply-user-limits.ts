import { compareUtf8, toGoUpper } from "../../encoding/go-text.ts";
import type { UserPermissionLimits } from "../../jwt/limits.ts";
import { addTags, hasTag, removeTags } from "../../jwt/tags.ts";
import { CommandError } from "../command-error.ts";
import { CONNECTION_TYPES, type UserLimitValues } from "../flags/user-limit-flags.ts";
import type { Report } from "../output/report.ts";

/** What is limited, in the order of nsc's reports, and what it is called there. */
const LIMITS = [
  ["payload", "max payload"],
  ["data", "max data"],
  ["subs", "max number of subs"],
] as const;

/**
 * Refuses limits that can't be, before anything is changed.
 *
 * @throws CommandError
 */
export function assertUserLimitFlags(flags: UserLimitValues): void {
  for (const [name, title] of [
    ["conn-type", "connection type"],
    ["rm-conn-type", "rm connection type"],
  ] as const) {
    const unknown = (flags[name] ?? []).map(toGoUpper).find((type) => !isConnectionType(type));
    if (unknown === undefined) continue;
    throw new CommandError(`unknown ${title} ${unknown}`, {
      code: "ERR_CONNECTION_TYPE",
      hint: `there are ${CONNECTION_TYPES.join(", ")}`,
    });
  }
}

/**
 * Changes the limits of a user or of a role's template as flags say, and reports that.
 *
 * @param limits - what is changed; nothing but what flags name
 * @throws CommandError as `assertUserLimitFlags` does
 */
export function applyUserLimits(limits: Partial<UserPermissionLimits>, flags: UserLimitValues, report: Report): void {
  assertUserLimitFlags(flags);
  for (const [name, title] of LIMITS) {
    const value = flags[name];
    if (value === undefined) continue;
    limits[name] = value;
    report.ok(`changed ${title} to ${value}`);
  }
  if (flags.bearer !== undefined) {
    if (flags.bearer) limits.bearer_token = true;
    else delete limits.bearer_token;
    report.ok(`changed bearer to ${flags.bearer}`);
  }
  applyConnectionTypes(limits, flags, report);
  applyNetworks(limits, flags, report);
  applyTimes(limits, flags, report);
}

function isConnectionType(type: string): boolean {
  return CONNECTION_TYPES.some((known) => known === type);
}

function applyConnectionTypes(limits: Partial<UserPermissionLimits>, flags: UserLimitValues, report: Report): void {
  const { "conn-type": added, "rm-conn-type": removed } = flags;
  if (added === undefined && removed === undefined) return;
  // Old versions of nsc stored what was typed, and servers know upper case only.
  const types = new Set((limits.allowed_connection_types ?? []).map(toGoUpper));
  for (const type of (added ?? []).map(toGoUpper)) {
    types.add(type);
    report.ok(`added connection type ${type}`);
  }
  for (const type of (removed ?? []).map(toGoUpper)) {
    if (types.delete(type)) report.ok(`removed connection type ${type}`);
    else report.warn(`no connection type ${type} to remove`);
  }
  if (types.size > 0) limits.allowed_connection_types = [...types];
  else if (limits.allowed_connection_types !== undefined) {
    delete limits.allowed_connection_types;
    report.warn("no connection type is left that is allowed, by which servers allow all of them");
  }
}

function applyNetworks(limits: Partial<UserPermissionLimits>, flags: UserLimitValues, report: Report): void {
  const { "source-network": added, "rm-source-network": removed } = flags;
  if (added === undefined && removed === undefined) return;
  // Go keeps networks as it keeps tags.
  const holder = { tags: [...(limits.src ?? [])] };
  addTags(holder, ...(added ?? []));
  for (const network of added ?? []) report.ok(`added src network ${network}`);
  for (const network of removed ?? []) {
    if (hasTag(holder, network)) report.ok(`removed src network ${network}`);
    else report.warn(`no src network ${network} to remove`);
    removeTags(holder, network);
  }
  if (holder.tags.length > 0) limits.src = holder.tags.sort(compareUtf8);
  else if (limits.src !== undefined) {
    delete limits.src;
    report.warn("no src network is left that is allowed, by which servers allow all of them");
  }
}

function applyTimes(limits: Partial<UserPermissionLimits>, flags: UserLimitValues, report: Report): void {
  const { time: added, "rm-time": removed, locale } = flags;
  if (locale !== undefined) limits.times_location = locale;
  if (added === undefined && removed === undefined) return;
  const times = [...(limits.times ?? []), ...(added ?? [])];
  for (const { start, end } of added ?? []) report.ok(`added time range ${start}-${end}`);
  for (const start of removed ?? []) {
    const index = times.findIndex((range) => range.start === start);
    const [range] = index < 0 ? [] : times.splice(index, 1);
    if (range === undefined) report.warn(`no time range that starts at ${start} to remove`);
    else report.ok(`removed time range ${range.start}-${range.end}`);
  }
  if (times.length > 0) limits.times = times;
  else if (limits.times !== undefined) {
    delete limits.times;
    report.warn("no time range is left, by which servers allow all times");
  }
}
