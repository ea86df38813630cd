import type { Codec } from "../encoding/json-codec.ts";
import { always, type Members, optional, pointer, StructCodec } from "../encoding/json-struct.ts";
import { type Int64, int64, list, map, seconds, text, uint8 } from "../encoding/json-types.ts";
import { type CommonClaims, type CommonNats, commonClaims, commonNats } from "./common.ts";
import { type Export, exportCodec } from "./exports.ts";
import { type Import, importCodec } from "./imports.ts";
import { type OperatorLimits, operatorLimits } from "./limits.ts";
import { nullable } from "./nullable.ts";
import { type Permissions, permissions } from "./permissions.ts";
import { type SigningKey, signingKeys } from "./signing-keys.ts";

/** Where a mapped subject goes, and how often. Go: `WeightedMapping`. */
export interface WeightedMapping {
  /** The destination; `$1` and so on refer to the wildcards of the source. */
  subject: string;
  /** The share of messages in percent; absent and 0 are 100. */
  weight?: number;
  /** The cluster that the mapping is for; all by default. */
  cluster?: string;
}

/** Authorization by a service outside the server (auth callout), on when there are `auth_users`. Go: `ExternalAuthorization`. */
export interface ExternalAuthorization {
  /** Public keys of the users that authorize others and bypass the callout themselves. */
  auth_users?: string[];
  /** Public keys of the accounts that the service may place users in, or `*` alone for any. */
  allowed_accounts?: string[];
  /** Public curve key of the service; requests are sealed for it. */
  xkey?: string;
}

/** Message tracing. Go: `MsgTrace`. */
export interface MsgTrace {
  /** Where traces go when a message asks for one with a trace context. */
  dest?: string;
  /** The share of such messages that is traced, in percent; absent and 0 are 100. */
  sampling?: Int64;
}

/** The `nats` object of an account. Go: `Account`. */
export interface AccountNats extends CommonNats<"account"> {
  /** What the account uses of others. */
  imports?: Import[];
  /** What the account offers to others. */
  exports?: Export[];
  /** Limits; absent ones are 0, which is none. `createAccountClaims` begins with -1, which is unlimited. */
  limits: OperatorLimits;
  /** Keys that may sign users and activations for the account besides its own, alone or with a scope. */
  signing_keys?: SigningKey[];
  /** By public key of a user, or `*`: user tokens issued at or before that time (seconds since 1970) are revoked. */
  revocations?: Record<string, number>;
  /** Permissions of users that have none of their own. */
  default_permissions: Permissions;
  /** Subject mappings by source. A source without destinations is `null` on the wire. */
  mappings?: Record<string, WeightedMapping[] | null>;
  /**
   * Authorization by a service outside the server.
   *
   * @since nats-server 2.10.0
   */
  authorization: ExternalAuthorization;
  /**
   * Message tracing.
   *
   * @since nats-server 2.11.0
   */
  trace?: MsgTrace;
  /**
   * The account that carries replication traffic of streams: `system` (default) or `owner`.
   *
   * @since nats-server 2.11.0
   */
  cluster_traffic?: "system" | "owner";
  /** For people, at most 8192 bytes. */
  description?: string;
  /** For people: where more is said, at most 8192 bytes. */
  info_url?: string;
}

/** Claims of an account. Go: `AccountClaims`. */
export interface AccountClaims extends CommonClaims {
  nats: AccountNats;
}

const weightedMapping: StructCodec<WeightedMapping> = new StructCodec<WeightedMapping>({
  subject: always(text),
  weight: optional(uint8),
  cluster: optional(text),
});

const externalAuthorization: StructCodec<ExternalAuthorization> = new StructCodec<ExternalAuthorization>({
  auth_users: optional(list(text)),
  allowed_accounts: optional(list(text)),
  xkey: optional(text),
});

export const accountNats: Members<AccountNats> = {
  imports: optional(list(nullable(importCodec))),
  exports: optional(list(nullable(exportCodec))),
  limits: always(operatorLimits),
  signing_keys: optional(signingKeys),
  revocations: optional(map(seconds)),
  default_permissions: always(permissions),
  mappings: optional(map(list(weightedMapping)) as Codec<Record<string, WeightedMapping[] | null>>),
  authorization: always(externalAuthorization),
  trace: optional(pointer(new StructCodec<MsgTrace>({ dest: optional(text), sampling: optional(int64) }))),
  cluster_traffic: optional(text as Codec<"system" | "owner">),
  description: optional(text),
  info_url: optional(text),
  ...commonNats<"account">(),
};

export const accountNatsCodec: StructCodec<AccountNats> = new StructCodec<AccountNats>(accountNats);

export const accountCodec: StructCodec<AccountClaims> = new StructCodec<AccountClaims>({
  ...commonClaims,
  nats: always(accountNatsCodec),
});
