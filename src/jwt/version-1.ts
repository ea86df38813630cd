/**
 * Tokens of version 1, which are read into the layout of version 2. Go: `v1compat` and `migrateV1`. Members that are not
 * listed here are dropped, as in Go; those that are listed and not used are read for their type.
 *
 * @module
 */

import type { Codec } from "../encoding/json-codec.ts";
import type { JsonReader } from "../encoding/json-reader.ts";
import { always, type Members, optional, StructCodec } from "../encoding/json-struct.ts";
import { bool, type Int64, int64, list, map, seconds, text } from "../encoding/json-types.ts";
import { type AccountClaims, accountCodec, accountNatsCodec } from "./account.ts";
import { type ActivationClaims, activationCodec, activationNatsCodec } from "./activation.ts";
import { cidrList } from "./cidr-list.ts";
import { type CommonClaims, commonClaims } from "./common.ts";
import { type ExportType, exportType } from "./export-type.ts";
import { type Export, exportCodec } from "./exports.ts";
import { type Import, importCodec } from "./imports.ts";
import {
  type AccountLimits,
  type NatsLimits,
  operatorLimits,
  type TimeRange,
  timeRange,
  version1AccountLimits,
} from "./limits.ts";
import { nullable } from "./nullable.ts";
import { type OperatorClaims, operatorCodec, operatorNatsCodec } from "./operator.ts";
import { type Permissions, permissionMembers, permissions } from "./permissions.ts";
import { type UserClaims, userCodec, userNatsCodec } from "./user.ts";

interface Version1<Nats> extends CommonClaims {
  tags?: string[];
  type?: string;
  issuer_account?: string;
  nats: Nats;
}

function version1<Nats extends object>(nats: Members<Nats>, presets: Partial<Nats> = {}): StructCodec<Version1<Nats>> {
  return new StructCodec<Version1<Nats>>(
    {
      ...commonClaims,
      tags: optional(list(text)),
      type: optional(text),
      issuer_account: optional(text),
      nats: always(new StructCodec<Nats>(nats, { presets, dropUnknown: true }) as unknown as Codec<NonNullable<Nats>>),
    } as unknown as Members<Version1<Nats>>,
    { dropUnknown: true },
  );
}

interface Version1Operator {
  signing_keys?: string[];
  account_server_url?: string;
  operator_service_urls?: string[];
  system_account?: string;
}

const operator: StructCodec<Version1<Version1Operator>> = version1<Version1Operator>({
  signing_keys: optional(list(text)),
  account_server_url: optional(text),
  operator_service_urls: optional(list(text)),
  system_account: optional(text),
});

export function migrateOperator(reader: JsonReader): OperatorClaims {
  const { tags, nats, ...common } = read(operator, reader);
  return operatorCodec.from({ ...common, nats: operatorNatsCodec.from({ ...nats, ...ending("operator", tags) }) });
}

interface Version1Account {
  imports?: Import[];
  exports?: Export[];
  limits: NatsLimits & AccountLimits;
  signing_keys?: string[];
  revocations?: Record<string, number>;
}

const account: StructCodec<Version1<Version1Account>> = version1<Version1Account>({
  imports: optional(list(nullable(importCodec))),
  exports: optional(list(nullable(exportCodec))),
  limits: always(version1AccountLimits),
  signing_keys: optional(list(text)),
  revocations: optional(map(seconds)),
});

export function migrateAccount(reader: JsonReader): AccountClaims {
  const { tags, nats, ...common } = read(account, reader);
  const { limits, ...rest } = nats;
  return accountCodec.from({
    ...common,
    nats: accountNatsCodec.from({
      ...rest,
      limits: operatorLimits.from(limits),
      default_permissions: permissions.from({}),
      ...ending("account", tags),
    }),
  });
}

interface Version1User extends Permissions, NatsLimits {
  src?: string[];
  times?: TimeRange[];
  times_location?: string;
  bearer_token?: boolean;
  max?: Int64;
}

const user: StructCodec<Version1<Version1User>> = version1<Version1User>(
  {
    ...permissionMembers,
    src: optional(cidrList),
    times: optional(list(timeRange)),
    times_location: optional(text),
    subs: optional(int64),
    data: optional(int64),
    payload: optional(int64),
    bearer_token: optional(bool),
    max: optional(int64),
  },
  { subs: -1, data: -1, payload: -1 },
);

export function migrateUser(reader: JsonReader): UserClaims {
  const { tags, issuer_account, nats, ...common } = read(user, reader);
  const { max: _, ...rest } = nats;
  return userCodec.from({
    ...common,
    nats: userNatsCodec.from({ ...rest, ...(issuer_account && { issuer_account }), ...ending("user", tags) }),
  });
}

interface Version1Activation {
  subject?: string;
  type?: ExportType;
  max?: Int64;
  payload?: Int64;
  src?: string;
  times?: TimeRange[];
}

const activation: StructCodec<Version1<Version1Activation>> = version1<Version1Activation>({
  subject: optional(text),
  type: optional(exportType),
  max: optional(int64),
  payload: optional(int64),
  src: optional(text),
  times: optional(list(timeRange)),
});

export function migrateActivation(reader: JsonReader): ActivationClaims {
  const { tags, issuer_account, nats, ...common } = read(activation, reader);
  return activationCodec.from({
    ...common,
    nats: activationNatsCodec.from({
      ...(nats.subject && { subject: nats.subject }),
      ...(nats.type && { kind: nats.type }),
      ...(issuer_account && { issuer_account }),
      ...ending("activation", tags),
    }),
  });
}

function read<Nats extends object>(codec: StructCodec<Version1<Nats>>, reader: JsonReader): Version1<Nats> {
  return codec.read(reader, undefined) ?? codec.zero();
}

/** What ends the `nats` object after a migration. The version stays 1 until the claims are encoded again. */
function ending<Kind extends string>(
  type: Kind,
  tags: string[] | undefined,
): { tags?: string[]; type: Kind; version: number } {
  return { ...(tags && { tags }), type, version: 1 };
}
