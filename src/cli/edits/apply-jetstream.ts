import type { Int64 } from "../../encoding/json-types.ts";
import { JETSTREAM_LIMITS, type JetStreamLimits, type OperatorLimits } from "../../jwt/limits.ts";
import { CommandError } from "../command-error.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { jetStreamFlags } from "../flags/jetstream-flags.ts";
import type { Report } from "../output/report.ts";

export type JetStreamValues = FlagValues<typeof jetStreamFlags>;

/** A limit by its flag, in nsc's order, and what an account begins with that gets any of them. */
const LIMITS = [
  { flag: "js-streams", old: "streams", member: "streams", title: "max streams", initial: -1 },
  { flag: "js-consumer", old: "consumer", member: "consumer", title: "max consumer", initial: -1 },
  { flag: "js-mem-storage", old: "mem-storage", member: "mem_storage", title: "max mem storage", initial: 0 },
  { flag: "js-max-mem-stream", member: "mem_max_stream_bytes", title: "max memory stream", initial: -1 },
  { flag: "js-disk-storage", old: "disk-storage", member: "disk_storage", title: "max disk storage", initial: 0 },
  { flag: "js-max-disk-stream", member: "disk_max_stream_bytes", title: "max disk stream", initial: -1 },
  { flag: "js-max-ack-pending", member: "max_ack_pending", title: "max ack pending", initial: -1 },
] as const;

/**
 * Refuses flags that exclude each other.
 *
 * @throws CommandError
 */
export function assertJetStreamFlags(flags: JetStreamValues): void {
  for (const name of ["js-tier", "js-enable", "rm-js-tier"] as const) {
    const tier = flags[name] ?? 0;
    // -1 is what nsc has where the flag is not given.
    if (tier < (name === "js-tier" ? 0 : -1)) throw invalid(`${name} must be 0, which is for all tiers, or more`);
  }
  const given = {
    set: setsLimits(flags),
    "js-enable": isTier(flags["js-enable"]),
    "rm-js-tier": isTier(flags["rm-js-tier"]),
    "js-disable": flags["js-disable"] === true,
  };
  for (const name of ["rm-js-tier", "js-disable", "js-enable"] as const) {
    if (!given[name] || Object.values(given).filter(Boolean).length === 1) continue;
    // nsc names the one that is checked first; removing and disabling is told as the latter.
    if (name === "rm-js-tier" && given["js-disable"]) continue;
    throw invalid(`${name} is exclusive of all other js options`);
  }
}

/**
 * Changes what an account may do with JetStream as flags say, and reports that.
 *
 * @param limits - `claims.nats.limits`
 * @throws CommandError when the account has limits of the other kind, or not what is to be removed
 */
export function applyJetStream(
  limits: OperatorLimits,
  flags: JetStreamValues,
  { isSystemAccount, report }: { readonly isSystemAccount: boolean; readonly report: Report },
): void {
  if (isSystemAccount && flags["js-disable"] !== true) {
    applyToSystemAccount(limits, flags, report);
    return;
  }
  const { "js-enable": enabled, "rm-js-tier": removed } = flags;
  if (isTier(removed)) removeTier(limits, removed, report);
  else if (flags["js-disable"] === true) disable(limits, report);
  else if (isTier(enabled)) enable(limits, enabled, report);
  else if (setsLimits(flags)) setLimits(limits, flags, report);
}

function setsLimits(flags: JetStreamValues): boolean {
  return (
    flags["js-tier"] !== undefined ||
    flags["js-max-bytes-required"] !== undefined ||
    LIMITS.some((limit) => givenFor(flags, limit) !== undefined)
  );
}

function isTier(value: number | undefined): value is number {
  return value !== undefined && value >= 0;
}

function givenFor(flags: JetStreamValues, limit: (typeof LIMITS)[number]): Int64 | undefined {
  return flags[limit.flag] ?? ("old" in limit ? flags[limit.old] : undefined);
}

function setLimits(limits: OperatorLimits, flags: JetStreamValues, report: Report): void {
  const tier = flags["js-tier"] ?? 0;
  assertKind(limits, tier);
  const label = tier === 0 ? "global" : `R${tier}`;
  const target: JetStreamLimits = tier === 0 ? limits : { ...limits.tiered_limits?.[label] };
  const isNew = !hasLimits(target);
  for (const limit of LIMITS) {
    const value = givenFor(flags, limit) ?? (isNew ? limit.initial : undefined);
    if (value === undefined) continue;
    setNumber(target, limit.member, value);
    if (flags[limit.flag] !== undefined) report.ok(`changed ${label} ${limit.title} to ${value}`);
  }
  const required = flags["js-max-bytes-required"];
  if (required !== undefined) {
    if (required) target.max_bytes_required = true;
    else delete target.max_bytes_required;
    report.ok(`changed ${label} max bytes required to ${required}`);
  }
  if (tier !== 0) limits.tiered_limits = { ...limits.tiered_limits, [label]: target };
  if (Number(target.mem_storage ?? 0) === 0 && Number(target.disk_storage ?? 0) === 0) {
    report.warn(`JetStream is off (${label}) without storage: give --js-mem-storage or --js-disk-storage`);
  }
}

function enable(limits: OperatorLimits, tier: number, report: Report): void {
  const label = tier === 0 ? "global" : `R${tier}`;
  const present = tier === 0 ? limits : limits.tiered_limits?.[label];
  if (present !== undefined && hasLimits(present)) throw invalid(`jetstream tier ${label} is already enabled`);
  assertKind(limits, tier);
  const unlimited: JetStreamLimits = { disk_storage: -1, mem_storage: -1 };
  if (tier === 0) Object.assign(limits, unlimited);
  else limits.tiered_limits = { ...limits.tiered_limits, [label]: unlimited };
  report.ok(tier === 0 ? "enabled global limit" : `enabled tier limit ${label}`);
}

function disable(limits: OperatorLimits, report: Report): void {
  clear(limits);
  report.ok("deleted global limit");
  for (const tier of Object.keys(limits.tiered_limits ?? {}).sort()) report.ok(`deleted tier limit ${tier}`);
  delete limits.tiered_limits;
}

function removeTier(limits: OperatorLimits, tier: number, report: Report): void {
  if (tier === 0) {
    clear(limits);
    report.ok("deleted global limit");
    return;
  }
  const label = `R${tier}`;
  const { [label]: removed, ...others } = limits.tiered_limits ?? {};
  if (limits.tiered_limits === undefined) throw invalid("account doesn't have tier limits");
  if (removed === undefined) throw invalid(`account doesn't have tier ${label} limit`);
  if (Object.keys(others).length > 0) limits.tiered_limits = others;
  else delete limits.tiered_limits;
  report.ok(`deleted tier limit ${label}`);
}

/** The system account has no JetStream; nsc takes limits of it that are not positive for none. */
function applyToSystemAccount(limits: OperatorLimits, flags: JetStreamValues, report: Report): void {
  if (limits.tiered_limits !== undefined || isTier(flags["js-enable"])) {
    throw invalid("system account cannot have JetStream limits - please rerun with --js-disable");
  }
  const positive = [
    ...((flags["js-tier"] ?? 0) === 0 ? [] : ["--js-tier"]),
    ...LIMITS.filter((limit) => Number(givenFor(flags, limit) ?? limits[limit.member] ?? 0) > 0).map(
      ({ flag }) => `--${flag}`,
    ),
    ...((flags["js-max-bytes-required"] ?? limits.max_bytes_required === true) ? ["--js-max-bytes-required"] : []),
  ];
  if (positive.length > 0) {
    throw invalid(
      `system account cannot have jetstream related settings - please rerun without: ${positive.join(" ")}`,
      hasLimits(limits) ? "--js-disable removes those that it has" : undefined,
    );
  }
  const { "rm-js-tier": removed } = flags;
  if (isTier(removed)) removeTier(limits, removed, report);
  clear(limits);
  if (setsLimits(flags)) report.warn("the system account has no JetStream, so its limits were left out");
}

/** Limits are either for all tiers or for each one. */
function assertKind(limits: OperatorLimits, tier: number): void {
  const tiers = Object.keys(limits.tiered_limits ?? {}).sort();
  if (tier === 0 && tiers.length > 0) {
    throw invalid(
      `cannot set a jetstream global limit when a configuration has tiered limits '${tiers.join(",")}'`,
      "name a tier with --js-tier, or remove them first with --js-disable",
    );
  }
  if (tier > 0 && hasLimits(limits)) {
    throw invalid(
      "cannot set a jetstream tier limit when a configuration has a global limit",
      "remove that first with --rm-js-tier 0",
    );
  }
}

function hasLimits(limits: JetStreamLimits): boolean {
  return JETSTREAM_LIMITS.some((name) => Boolean(limits[name]));
}

function clear(limits: JetStreamLimits): void {
  for (const name of JETSTREAM_LIMITS) delete limits[name];
}

function setNumber(limits: JetStreamLimits, member: (typeof LIMITS)[number]["member"], value: Int64): void {
  if (Number(value) === 0) delete limits[member];
  else limits[member] = value;
}

function invalid(message: string, hint?: string): CommandError {
  return new CommandError(message, { code: "ERR_JETSTREAM", ...(hint === undefined ? {} : { hint }) });
}
