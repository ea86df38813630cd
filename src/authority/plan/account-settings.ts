import { assertString } from "../../encoding/bytes.ts";
import { copyData } from "../../encoding/copy.ts";
import { setOwn } from "../../encoding/json-codec.ts";
import { NscError } from "../../errors.ts";
import type { AccountClaims, AccountNats, WeightedMapping } from "../../jwt/account.ts";
import { createAccountClaims } from "../../jwt/create-claims.ts";
import { hasJetStream, type JetStreamLimits, type OperatorLimits } from "../../jwt/limits.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import {
  type ByteSize,
  JETSTREAM_MEMBERS,
  type JetStreamInit,
  type JetStreamOption,
  limitOf,
  STORAGES,
  setJetStream,
} from "../jetstream.ts";
import { assertKnownOptions } from "../options.ts";
import { permissionsOf } from "../permissions-input.ts";
import { describeLimit, describePermissions } from "./desired-rights.ts";
import type { DesiredAccount, DesiredLimits } from "./desired-state.ts";
import { assertPlainData } from "./plain-data.ts";
import { isSameData } from "./same-data.ts";

/** A setting of an account, in the shape of the wire and in that of descriptions. */
interface Setting<Value> {
  /** As a description says it. */
  readonly describe: (nats: ReadonlyDeep<AccountNats>) => Value;
  /** What need not be said. */
  readonly fallback: Value;
  readonly write: (nats: AccountNats, value: Value) => void;
}

type SettingName =
  | "description"
  | "infoUrl"
  | "limits"
  | "jetstream"
  | "defaultPermissions"
  | "mappings"
  | "trace"
  | "clusterTraffic";

type Settings = {
  readonly [Name in SettingName]: Setting<NonNullable<DesiredAccount[Name]> | (Name extends "trace" ? null : never)>;
};

const SETTINGS: Settings = {
  description: textSetting("description"),
  infoUrl: textSetting("info_url"),
  limits: {
    describe: ({ limits }) => describeLimits(limits),
    fallback: {},
    write: ({ limits }, value) => writeLimits(limits, value),
  },
  jetstream: {
    describe: ({ limits }) => describeJetStream(limits),
    fallback: "none",
    write: ({ limits }, value) => setJetStream(limits, value === "none" ? undefined : value),
  },
  defaultPermissions: {
    describe: ({ default_permissions: permissions }) => describePermissions(permissions ?? {}),
    fallback: {},
    write: (nats, value) => {
      assertKnownOptions(value, ["pub", "sub", "responses"]);
      nats.default_permissions = permissionsOf(value);
    },
  },
  mappings: {
    describe: ({ mappings }) => recordOf(mappings, (entries) => copyData(entries ?? []) as WeightedMapping[]),
    fallback: {},
    write: (nats, value) => {
      assertPlainData(value, "mappings");
      if (Object.keys(value).length === 0) delete nats.mappings;
      else nats.mappings = recordOf(value, (entries) => copyData(entries) as WeightedMapping[]);
    },
  },
  trace: {
    describe: ({ trace }) => (trace === undefined ? null : copyData(trace)),
    fallback: null,
    write: (nats, value) => {
      if (value === null) delete nats.trace;
      else nats.trace = copyData(value);
    },
  },
  clusterTraffic: {
    // What is not said is carried by the system account.
    describe: ({ cluster_traffic: traffic }) => (traffic === "owner" ? "owner" : "system"),
    fallback: "system",
    write: (nats, value) => {
      if (value !== "owner" && value !== "system") throw invalid('clusterTraffic must be "system" or "owner"');
      if (value === "owner") nats.cluster_traffic = value;
      else delete nats.cluster_traffic;
    },
  },
};

/** The names of the settings. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

/** The settings of an account as a description says them, but for those that need not be said. */
export function describeSettings(nats: ReadonlyDeep<AccountNats>): Pick<DesiredAccount, SettingName> {
  const said = SETTING_NAMES.map((name) => [name, settingOf(name)] as const)
    .map(([name, { describe, fallback }]) => [name, describe(nats), fallback] as const)
    .filter(([, value, fallback]) => !isSameData(value, fallback));
  return Object.fromEntries(said);
}

/** What gives an account the settings of a description, where it has others. */
export function settingsToWrite(
  { sub, nats }: ReadonlyDeep<AccountClaims>,
  desired: DesiredAccount,
  name: SettingName,
): ((nats: AccountNats) => void) | undefined {
  const { describe, write } = settingOf(name);
  const value: unknown = desired[name];
  if (value === undefined) return undefined;
  // What others wrote may differ in ways that don't matter.
  const [has, wants] = [describe(nats), value].map((each) => {
    const blank = createAccountClaims(sub).nats;
    write(blank, each);
    return blank;
  });
  return isSameData(has, wants) ? undefined : (target) => write(target, value);
}

function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name] as Setting<unknown>;
}

function textSetting(member: "description" | "info_url"): Setting<string> {
  return {
    describe: (nats) => nats[member] ?? "",
    fallback: "",
    write: (nats, value) => {
      assertString(value, member === "info_url" ? "infoUrl" : member);
      if (value === "") delete nats[member];
      else nats[member] = value;
    },
  };
}

function recordOf<T, U>(record: { readonly [name: string]: T } | undefined, map: (value: T) => U): Record<string, U> {
  const result: Record<string, U> = {};
  for (const [name, value] of Object.entries(record ?? {})) setOwn(result, name, map(value));
  return result;
}

/** By the names of a description. */
const COUNTS = {
  conn: "conn",
  leaf: "leaf",
  subs: "subs",
  imports: "imports",
  exports: "exports",
  data: "data",
  payload: "payload",
} as const;

function describeLimits(limits: ReadonlyDeep<OperatorLimits>): DesiredLimits {
  const described: Record<string, ByteSize | boolean> = {};
  for (const name of Object.keys(COUNTS) as (keyof typeof COUNTS)[]) {
    const limit = describeLimit(limits[name] ?? 0);
    if (limit !== undefined) described[name] = limit;
  }
  if (limits.wildcards !== true) described["wildcards"] = false;
  if (limits.disallow_bearer === true) described["disallowBearer"] = true;
  return described;
}

function writeLimits(limits: OperatorLimits, desired: DesiredLimits): void {
  assertKnownOptions(desired, [...Object.keys(COUNTS), "wildcards", "disallowBearer"]);
  for (const name of Object.keys(COUNTS) as (keyof typeof COUNTS)[])
    limits[name] = limitOf(desired[name] ?? "unlimited", name);
  const { wildcards = true, disallowBearer = false } = desired;
  if (typeof wildcards !== "boolean" || typeof disallowBearer !== "boolean") {
    throw invalid("wildcards and disallowBearer must be true or false");
  }
  if (wildcards) limits.wildcards = true;
  else delete limits.wildcards;
  if (disallowBearer) limits.disallow_bearer = true;
  else delete limits.disallow_bearer;
}

function describeJetStream(limits: ReadonlyDeep<OperatorLimits>): JetStreamOption | "none" {
  const tiers = Object.entries(limits.tiered_limits ?? {}).filter(([tier]) => tier !== "");
  if (tiers.length > 0) {
    const described: { [tier: string]: "unlimited" | JetStreamInit } = {};
    for (const [tier, each] of tiers) setOwn(described, tier, describeTier(each));
    return { tiers: described };
  }
  return hasJetStream({ ...limits, tiered_limits: {} }) ? describeTier(limits) : "none";
}

/** A tier without storage is one that nothing can be stored in. */
function describeTier(limits: ReadonlyDeep<JetStreamLimits>): "unlimited" | JetStreamInit {
  if (!hasJetStream(limits)) return {};
  const described: Record<string, ByteSize | boolean> = {};
  for (const [name, member] of Object.entries(JETSTREAM_MEMBERS)) {
    const limit = limits[member] ?? 0;
    // Of storage 0 is none, and of the others unlimited, which need not be said.
    if (Number(limit) === 0) continue;
    const said = describeLimit(limit) ?? (STORAGES.includes(name) ? "unlimited" : undefined);
    if (said !== undefined) described[name] = said;
  }
  if (limits.max_bytes_required === true) described["maxBytesRequired"] = true;
  const isUnlimited = described["memory"] === "unlimited" && described["disk"] === "unlimited";
  return isUnlimited && Object.keys(described).length === 2 ? "unlimited" : described;
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
