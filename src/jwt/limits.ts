import { type Members, optional, optionalOrEmpty, StructCodec } from "../encoding/json-struct.ts";
import { bool, type Int64, int64, list, map, text } from "../encoding/json-types.ts";
import { cidrList } from "./cidr-list.ts";
import { type Permissions, permissionMembers } from "./permissions.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";

/**
 * Limits of users and accounts. In claims as they are read, an absent limit is 0, which is none at all; -1 is unlimited.
 * Go: `NatsLimits`.
 */
export interface NatsLimits {
  /** Subscriptions of a connection. */
  subs?: Int64;
  /** Bytes; carried, not enforced by nats-server. */
  data?: Int64;
  /** Bytes of a message. */
  payload?: Int64;
}

/** Go: `AccountLimits`. */
export interface AccountLimits {
  /** Number of imports. */
  imports?: Int64;
  /** Number of exports. */
  exports?: Int64;
  /** Whether exports may have wildcards; looked at only when `exports` is not -1. */
  wildcards?: boolean;
  /**
   * Whether users must not be bearer tokens.
   *
   * @since nats-server 2.9.0
   */
  disallow_bearer?: boolean;
  /** Client connections in the whole cluster. */
  conn?: Int64;
  /** Leaf node connections in the whole cluster. */
  leaf?: Int64;
}

/** The limits of an account by which nobody can do anything when they are 0. */
export const VITAL_LIMITS: readonly ["conn", "subs", "payload"] = ["conn", "subs", "payload"];

/** JetStream is on as soon as one of the storages is not 0. Go: `JetStreamLimits`. */
export interface JetStreamLimits {
  /** Bytes in memory; 0 is none, -1 unlimited. */
  mem_storage?: Int64;
  /** Bytes on disk; 0 is none, -1 unlimited. */
  disk_storage?: Int64;
  /** Streams; 0 and -1 are unlimited. */
  streams?: Int64;
  /** Consumers; 0 and -1 are unlimited. */
  consumer?: Int64;
  /**
   * Pending acknowledgements of a stream; 0 and -1 are unlimited.
   *
   * @since nats-server 2.8.0
   */
  max_ack_pending?: Int64;
  /**
   * Bytes of a stream in memory; 0 and -1 are unlimited.
   *
   * @since nats-server 2.8.0
   */
  mem_max_stream_bytes?: Int64;
  /**
   * Bytes of a stream on disk; 0 and -1 are unlimited.
   *
   * @since nats-server 2.8.0
   */
  disk_max_stream_bytes?: Int64;
  /**
   * Whether streams must state a limit in bytes.
   *
   * @since nats-server 2.7.0
   */
  max_bytes_required?: boolean;
}

/** Go: `OperatorLimits`. */
export interface OperatorLimits extends NatsLimits, AccountLimits, JetStreamLimits {
  /**
   * JetStream limits by tier, such as `R1` and `R3`; they exclude the limits outside tiers.
   *
   * @since nats-server 2.8.0
   */
  tiered_limits?: Record<string, JetStreamLimits>;
}

/** A time of day range. Go: `TimeRange`. */
export interface TimeRange {
  /** `hh:mm:ss`. */
  start?: string;
  /** `hh:mm:ss`; before the start it is on the next day. */
  end?: string;
}

/** What a user may do; also the template of a scoped signing key. Go: `UserPermissionLimits`. */
export interface UserPermissionLimits extends Permissions, NatsLimits {
  /** Networks in CIDR notation that the user may connect from. */
  src?: string[];
  /** When the user may connect. */
  times?: TimeRange[];
  /** IANA time zone of `times`; the server's own by default. */
  times_location?: string;
  /** Whether the token alone is enough, without a signature of the user's key. */
  bearer_token?: boolean;
  /**
   * Whether the user must connect through a trusted proxy.
   *
   * @since nats-server 2.12.0
   */
  proxy_required?: boolean;
  /** `STANDARD`, `WEBSOCKET`, `LEAFNODE`, `LEAFNODE_WS`, `MQTT`, `MQTT_WS`, `IN_PROCESS`; all by default. */
  allowed_connection_types?: string[];
}

const natsLimits: Members<NatsLimits> = {
  subs: optional(int64),
  data: optional(int64),
  payload: optional(int64),
};

const accountLimits: Members<AccountLimits> = {
  imports: optional(int64),
  exports: optional(int64),
  wildcards: optional(bool),
  disallow_bearer: optional(bool),
  conn: optional(int64),
  leaf: optional(int64),
};

const jetStreamLimits: Members<JetStreamLimits> = {
  mem_storage: optional(int64),
  disk_storage: optional(int64),
  streams: optional(int64),
  consumer: optional(int64),
  max_ack_pending: optional(int64),
  mem_max_stream_bytes: optional(int64),
  disk_max_stream_bytes: optional(int64),
  max_bytes_required: optional(bool),
};

/** The limits that a tier has instead of the account. */
export const JETSTREAM_LIMITS: readonly (keyof JetStreamLimits)[] = Object.keys(
  jetStreamLimits,
) as (keyof JetStreamLimits)[];

export const operatorLimits: StructCodec<OperatorLimits> = new StructCodec<OperatorLimits>({
  ...natsLimits,
  ...accountLimits,
  ...jetStreamLimits,
  tiered_limits: optional(map(new StructCodec<JetStreamLimits>(jetStreamLimits))),
});

/** The limits of an account in a version 1 token, which knew no JetStream. */
export const version1AccountLimits: StructCodec<NatsLimits & AccountLimits> = new StructCodec<
  NatsLimits & AccountLimits
>({ ...natsLimits, ...accountLimits }, { dropUnknown: true });

export const timeRange: StructCodec<TimeRange> = new StructCodec<TimeRange>({
  start: optional(text),
  end: optional(text),
});

/** Go compares these with nil where it asks whether a scoped user is empty, so empty lists stay. */
export const userPermissionLimits: Members<UserPermissionLimits> = {
  ...permissionMembers,
  src: optionalOrEmpty(cidrList),
  times: optionalOrEmpty(list(timeRange)),
  times_location: optional(text),
  ...natsLimits,
  bearer_token: optional(bool),
  proxy_required: optional(bool),
  allowed_connection_types: optionalOrEmpty(list(text)),
};

/**
 * Whether no limit is set at all: everything is 0, which allows nothing. Go: `OperatorLimits.IsEmpty`.
 *
 * @param limits - limits of an account
 *
 * @example
 * ```ts
 * import { limitsAreEmpty } from "nsc.js";
 *
 * limitsAreEmpty({}); // true
 * limitsAreEmpty({ conn: -1 }); // false
 * ```
 */
export function limitsAreEmpty(limits: ReadonlyDeep<OperatorLimits>): boolean {
  // Not the members of the object: those that this version does not know are no limits to Go either.
  return operatorLimits.names.every((name) => {
    const limit = limits[name as keyof OperatorLimits];
    return typeof limit === "object" ? Object.keys(limit ?? {}).length === 0 : !Number(limit ?? 0);
  });
}

/**
 * Whether limits switch JetStream on: a storage that is not 0, in a tier if there are any. Go: `IsJSEnabled`.
 *
 * @param limits - limits of an account
 *
 * @example
 * ```ts
 * import { hasJetStream } from "nsc.js";
 *
 * hasJetStream({ tiered_limits: { R1: { disk_storage: -1 } } }); // true
 * hasJetStream({ streams: -1 }); // false
 * ```
 */
export function hasJetStream(limits: ReadonlyDeep<OperatorLimits>): boolean {
  const tiers = Object.values(limits.tiered_limits ?? {});
  return (tiers.length > 0 ? tiers : [limits]).some(
    ({ mem_storage = 0, disk_storage = 0 }) => Number(mem_storage) !== 0 || Number(disk_storage) !== 0,
  );
}

/**
 * Whether nothing limits a connection: all of -1. Go: `NatsLimits.IsUnlimited`.
 *
 * @param limits - limits of an account or user
 *
 * @example
 * ```ts
 * import { natsIsUnlimited } from "nsc.js";
 *
 * natsIsUnlimited({ subs: -1, data: -1, payload: -1 }); // true
 * natsIsUnlimited({}); // false
 * ```
 */
export function natsIsUnlimited({ subs = 0, data = 0, payload = 0 }: ReadonlyDeep<NatsLimits>): boolean {
  return [subs, data, payload].every((limit) => Number(limit) === -1);
}

/**
 * Whether nothing limits an account, JetStream aside. Go: `AccountLimits.IsUnlimited`.
 *
 * @param limits - limits of an account
 *
 * @example
 * ```ts
 * import { accountIsUnlimited, createAccountClaims, createKeyPair } from "nsc.js";
 *
 * accountIsUnlimited(createAccountClaims(createKeyPair("account").publicKey).nats.limits); // true
 * ```
 */
export function accountIsUnlimited(limits: ReadonlyDeep<AccountLimits>): boolean {
  const { imports = 0, exports = 0, conn = 0, leaf = 0 } = limits;
  return (
    [imports, exports, conn, leaf].every((limit) => Number(limit) === -1) &&
    limits.wildcards === true &&
    limits.disallow_bearer !== true
  );
}

/**
 * Whether JetStream is on and nothing limits it. Go: `JetStreamLimits.IsUnlimited`.
 *
 * @param limits - limits of an account, or of one of its tiers
 *
 * @example
 * ```ts
 * import { jetStreamIsUnlimited } from "nsc.js";
 *
 * jetStreamIsUnlimited({ mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }); // true
 * ```
 */
export function jetStreamIsUnlimited(limits: ReadonlyDeep<JetStreamLimits>): boolean {
  const { mem_storage = 0, disk_storage = 0, streams = 0, consumer = 0 } = limits;
  const { max_ack_pending = 0, mem_max_stream_bytes = 0, disk_max_stream_bytes = 0 } = limits;
  return (
    [mem_storage, disk_storage, streams, consumer].every((limit) => Number(limit) === -1) &&
    [max_ack_pending, mem_max_stream_bytes, disk_max_stream_bytes].every((limit) => Number(limit) <= 0) &&
    limits.max_bytes_required !== true
  );
}

/**
 * Whether nothing limits an account at all, and there are no tiers. Go: `OperatorLimits.IsUnlimited`.
 *
 * @param limits - limits of an account
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, isUnlimited } from "nsc.js";
 *
 * isUnlimited(createAccountClaims(createKeyPair("account").publicKey).nats.limits); // false
 * ```
 */
export function isUnlimited(limits: ReadonlyDeep<OperatorLimits>): boolean {
  const hasTiers = Object.keys(limits.tiered_limits ?? {}).length > 0;
  return !hasTiers && natsIsUnlimited(limits) && accountIsUnlimited(limits) && jetStreamIsUnlimited(limits);
}
