import type { Int64 } from "../encoding/json-types.ts";
import { NscError } from "../errors.ts";
import type { JetStreamLimits, OperatorLimits } from "../jwt/limits.ts";

/**
 * A number of bytes: an integer, `"unlimited"`, or digits with a unit such as `"10GiB"` or `"1.5 GB"` (`k m g t p e`, alone or
 * with `b` powers of 1000, with `i` powers of 1024).
 */
export type ByteSize = Int64 | string;

/** A number of things, or `"unlimited"`. */
export type Count = Int64 | "unlimited";

/** JetStream limits in short. */
export interface JetStreamInit {
  /** Bytes in memory; none by default. */
  readonly memory?: ByteSize;
  /** Bytes on disk; none by default. */
  readonly disk?: ByteSize;
  /** Streams; any number by default. */
  readonly streams?: Count;
  /** Consumers; any number by default. */
  readonly consumers?: Count;
  /** Pending acknowledgements of a stream; any number by default. */
  readonly maxAckPending?: Count;
  /** Bytes of a stream in memory; any number by default. */
  readonly maxMemoryStream?: ByteSize;
  /** Bytes of a stream on disk; any number by default. */
  readonly maxDiskStream?: ByteSize;
  /** Whether streams must state a limit in bytes; false by default. */
  readonly maxBytesRequired?: boolean;
}

/** JetStream of an account: without limits, with these, or with limits for each tier, such as `{ tiers: { R1: … } }`. */
export type JetStreamOption =
  | "unlimited"
  | JetStreamInit
  | { readonly tiers: { readonly [tier: string]: "unlimited" | JetStreamInit } };

/** The names of the options, and of the members that they become. */
export const JETSTREAM_MEMBERS = {
  memory: "mem_storage",
  disk: "disk_storage",
  streams: "streams",
  consumers: "consumer",
  maxAckPending: "max_ack_pending",
  maxMemoryStream: "mem_max_stream_bytes",
  maxDiskStream: "disk_max_stream_bytes",
} as const;

export const STORAGES: readonly string[] = ["memory", "disk"];

/**
 * Sets the JetStream limits of an account in place of those that it has, those in tiers among them.
 *
 * @param limits - `claims.nats.limits`, which is changed
 * @param jetstream - what is allowed; `undefined` switches JetStream off
 * @throws NscError `ERR_ARGUMENT_INVALID` for options that there are not, sizes that are none, and tiers without a name
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, setJetStream } from "nsc.js";
 *
 * const { nats } = createAccountClaims(createKeyPair("account").publicKey);
 * setJetStream(nats.limits, { disk: "10GiB", streams: 20 });
 * nats.limits.disk_storage; // 10737418240
 * setJetStream(nats.limits, { tiers: { R1: { disk: "1GB" }, R3: "unlimited" } });
 * nats.limits.tiered_limits?.R1?.disk_storage; // 1000000000
 * ```
 */
export function setJetStream(limits: OperatorLimits, jetstream: JetStreamOption | undefined): void {
  const next = jetstream === undefined ? {} : limitsFor(jetstream);
  for (const name of Object.values(JETSTREAM_MEMBERS)) delete limits[name];
  delete limits.max_bytes_required;
  delete limits.tiered_limits;
  Object.assign(limits, next);
}

function limitsFor(jetstream: JetStreamOption): OperatorLimits {
  if (typeof jetstream !== "object" || jetstream === null || !("tiers" in jetstream)) return limitsOf(jetstream);
  const { tiers, ...rest } = jetstream;
  if (Object.keys(rest).length > 0) throw invalid("JetStream limits are either for all tiers or for each tier");
  if (typeof tiers !== "object" || tiers === null || Object.keys(tiers).length === 0 || Object.hasOwn(tiers, "")) {
    throw invalid("JetStream tiers must have names such as R1 and R3");
  }
  return { tiered_limits: Object.fromEntries(Object.entries(tiers).map(([tier, init]) => [tier, limitsOf(init)])) };
}

function limitsOf(init: "unlimited" | JetStreamInit): JetStreamLimits {
  if (init === "unlimited") return limitsOf({ memory: "unlimited", disk: "unlimited" });
  if (typeof init !== "object" || init === null) throw invalid('jetstream must be "unlimited", limits, or tiers');
  const limits: JetStreamLimits = {};
  for (const name of Object.keys(JETSTREAM_MEMBERS) as (keyof typeof JETSTREAM_MEMBERS)[]) {
    const fallback = STORAGES.includes(name) ? 0 : "unlimited";
    const size = limitOf(init[name] === undefined ? fallback : init[name], name);
    if (Number(size) === 0 && !STORAGES.includes(name)) {
      throw invalid(`${name} can't be 0, which is unlimited to servers: say "unlimited", or give no storage`);
    }
    if (Number(size) !== 0) limits[JETSTREAM_MEMBERS[name]] = size;
  }
  const unknown = Object.keys(init).find(
    (name) => name !== "maxBytesRequired" && !Object.hasOwn(JETSTREAM_MEMBERS, name),
  );
  if (unknown !== undefined) throw invalid(`there is no JetStream limit ${unknown}`);
  if (init.maxBytesRequired === true) limits.max_bytes_required = true;
  if (limits.mem_storage === undefined && limits.disk_storage === undefined && Object.keys(init).length > 0) {
    throw invalid("JetStream is off without storage: give memory or disk, or no limits at all");
  }
  return limits;
}

const UNITS = "kmgtpe";
const MAX_INT64 = 2n ** 63n - 1n;

export function limitOf(size: unknown, title: string): Int64 {
  if (size === "unlimited") return -1;
  if (typeof size === "bigint" || Number.isSafeInteger(size)) {
    // Servers take any negative number for unlimited, which a quota gone below zero is not.
    if (BigInt(size as Int64) < -1n) throw invalid(`${title} can't be negative, but for -1, which is unlimited`);
    if (BigInt(size as Int64) > MAX_INT64) throw invalid(`${title} is beyond 64 bits`);
    return size as Int64;
  }
  const match = typeof size === "string" ? /^(\d+(?:\.\d+)?) ?(?:([kmgtpe])(i)?)?b?$/i.exec(size) : null;
  if (match === null) throw invalid(`${title} must be an integer, "unlimited", or a size such as "10GiB"`);
  const [, digits = "", unit = "", binary] = match;
  const factor = (binary === undefined ? 1000n : 1024n) ** BigInt(UNITS.indexOf(unit.toLowerCase()) + 1);
  const [whole = "", fraction = ""] = digits.split(".");
  const value = (BigInt(whole + fraction) * (unit === "" ? 1n : factor)) / 10n ** BigInt(fraction.length);
  if (value > MAX_INT64) throw invalid(`${title} is beyond 64 bits`);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? value : Number(value);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
