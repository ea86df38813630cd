import type { KeyPair as NkeysPair } from "@nats-io/nkeys";
import type {
  AccountClaims,
  AccountLimits,
  AccountNats,
  ActivationClaims,
  ActivationNats,
  AuthorizationRequestClaims,
  AuthorizationRequestNats,
  AuthorizationResponseClaims,
  AuthorizationResponseNats,
  ClaimKind,
  Claims,
  ClaimsByKind,
  ClientInformation,
  ClientTls,
  CommonClaims,
  CommonNats,
  ConnectOptions,
  Export,
  ExportType,
  ExternalAuthorization,
  GenericClaims,
  Import,
  Int64,
  JetStreamLimits,
  JsonValue,
  MsgTrace,
  NatsLimits,
  OperatorClaims,
  OperatorLimits,
  OperatorNats,
  Permission,
  Permissions,
  ReadonlyDeep,
  ResponsePermission,
  ResponseType,
  ServerId,
  ServiceLatency,
  SigningKey,
  TimeRange,
  UserClaims,
  UserNats,
  UserPermissionLimits,
  UserScope,
  WeightedMapping,
} from "nsc.js";
import { describe, expectTypeOf, test } from "vitest";

const account: AccountClaims = {
  sub: "A",
  nats: { type: "account", limits: {}, default_permissions: { pub: {}, sub: {} }, authorization: {} },
};
const user: UserClaims = { sub: "U", nats: { type: "user", pub: {}, sub: {} } };

describe("claims", () => {
  test("are told apart by nats.type", () => {
    const claims = account as Claims;
    if (claims.nats.type === "account") expectTypeOf(claims.nats).toEqualTypeOf<AccountNats>();
    if (claims.nats.type === "user") expectTypeOf(claims.nats).toEqualTypeOf<UserNats>();
    expectTypeOf<Claims>().toEqualTypeOf<
      | OperatorClaims
      | AccountClaims
      | UserClaims
      | ActivationClaims
      | AuthorizationRequestClaims
      | AuthorizationResponseClaims
    >();
    expectTypeOf<ClaimKind>().toEqualTypeOf<keyof ClaimsByKind>();
    expectTypeOf<ClaimsByKind[ClaimKind]["nats"]["type"]>().toEqualTypeOf<ClaimKind>();
    // Generic claims are no claims of a known kind, so that a misspelt kind never becomes one.
    expectTypeOf<GenericClaims>().not.toExtend<Claims>();
    expectTypeOf<Claims["nats"]["type"]>().not.toEqualTypeOf<string>();
  });

  test("have the members of their wire form, and no others", () => {
    expectTypeOf(account).toExtend<CommonClaims>();
    expectTypeOf<AccountNats>().toExtend<CommonNats<"account">>();
    expectTypeOf<CommonClaims["exp"]>().toEqualTypeOf<number | undefined>();
    // @ts-expect-error a misspelt member
    account.nats.limits.con = 1;
    // @ts-expect-error a member of another kind of claims
    user.nats.limits = {};
    // @ts-expect-error a member at the wrong level
    user.subs = -1;
    // @ts-expect-error a value of the wrong type
    user.exp = "30d";
    // @ts-expect-error another kind
    user.nats.type = "account";
    // @ts-expect-error a kind that does not exist
    account.nats.type = "cluster";
    // @ts-expect-error a subject is needed
    const _noSubject: UserClaims = { nats: { type: "user", pub: {}, sub: {} } };
    // @ts-expect-error permissions are always there
    const _noPermissions: UserClaims = { sub: "U", nats: { type: "user" } };
    // @ts-expect-error undefined is not the same as absent
    account.nats.description = undefined;
  });

  test("of operators, activations and the callout", () => {
    expectTypeOf<OperatorNats["signing_keys"]>().toEqualTypeOf<string[] | undefined>();
    expectTypeOf<OperatorNats["strict_signing_key_usage"]>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<ActivationNats["kind"]>().toEqualTypeOf<ExportType | undefined>();
    expectTypeOf<AuthorizationRequestNats["server_id"]>().toEqualTypeOf<ServerId>();
    expectTypeOf<AuthorizationRequestNats["client_info"]>().toEqualTypeOf<ClientInformation>();
    expectTypeOf<AuthorizationRequestNats["connect_opts"]>().toEqualTypeOf<ConnectOptions>();
    expectTypeOf<AuthorizationRequestNats["client_tls"]>().toEqualTypeOf<ClientTls | undefined>();
    expectTypeOf<ClientTls["verified_chains"]>().toEqualTypeOf<(string[] | null)[] | undefined>();
    expectTypeOf<AuthorizationResponseNats["jwt"]>().toEqualTypeOf<string | undefined>();
  });
});

describe("members", () => {
  test("that Go holds in 64 bits take numbers and bigints", () => {
    expectTypeOf<Int64>().toEqualTypeOf<number | bigint>();
    account.nats.limits.subs = 1;
    account.nats.limits.disk_storage = 2n ** 60n;
    // @ts-expect-error texts are no integers
    account.nats.limits.conn = "1";
    expectTypeOf<NatsLimits["data"]>().toEqualTypeOf<Int64 | undefined>();
    expectTypeOf<JetStreamLimits["streams"]>().toEqualTypeOf<Int64 | undefined>();
    expectTypeOf<ResponsePermission>().toEqualTypeOf<{ max: Int64; ttl: Int64 }>();
    expectTypeOf<ClientInformation["id"]>().toEqualTypeOf<Int64 | undefined>();
    expectTypeOf<Export["account_token_position"]>().toEqualTypeOf<Int64 | undefined>();
    // Percentages and seconds are small.
    expectTypeOf<WeightedMapping["weight"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<AccountNats["revocations"]>().toEqualTypeOf<Record<string, number> | undefined>();
  });

  test("with a closed set of values take no others", () => {
    expectTypeOf<ExportType>().toEqualTypeOf<"stream" | "service">();
    expectTypeOf<ResponseType>().toEqualTypeOf<"Singleton" | "Stream" | "Chunked">();
    expectTypeOf<AccountNats["cluster_traffic"]>().toEqualTypeOf<"system" | "owner" | undefined>();
    const entry: Export = { subject: "a", type: "stream" };
    // @ts-expect-error the case counts
    entry.type = "Stream";
    // @ts-expect-error the case counts
    entry.response_type = "singleton";
    const latency: ServiceLatency = { sampling: "headers", results: "r" };
    latency.sampling = 50;
    // @ts-expect-error no other word
    latency.sampling = "header";
    // @ts-expect-error an import needs the exporting account
    const _import: Import = { subject: "a" };
  });

  test("signing keys are keys or scopes", () => {
    const template: UserPermissionLimits = { pub: {}, sub: {} };
    const scope: UserScope = { kind: "user_scope", key: "A", role: "r", template, description: "" };
    account.nats.signing_keys = ["A", scope];
    expectTypeOf<SigningKey>().toEqualTypeOf<string | UserScope>();
    // @ts-expect-error a scope needs its kind
    account.nats.signing_keys = [{ key: "A", role: "r", template, description: "" }];
    // @ts-expect-error keys of operators have no scopes
    const _operator: OperatorNats = { type: "operator", signing_keys: [scope] };
  });

  test("are structs shared between kinds", () => {
    expectTypeOf<OperatorLimits>().toExtend<NatsLimits & AccountLimits & JetStreamLimits>();
    expectTypeOf<AccountNats["limits"]>().toEqualTypeOf<OperatorLimits>();
    expectTypeOf<AccountNats["default_permissions"]>().toEqualTypeOf<Permissions>();
    expectTypeOf<UserNats>().toExtend<UserPermissionLimits>();
    expectTypeOf<Permissions["pub"]>().toEqualTypeOf<Permission>();
    expectTypeOf<AccountNats["authorization"]>().toEqualTypeOf<ExternalAuthorization>();
    expectTypeOf<AccountNats["trace"]>().toEqualTypeOf<MsgTrace | undefined>();
    expectTypeOf<AccountNats["mappings"]>().toEqualTypeOf<Record<string, WeightedMapping[] | null> | undefined>();
    expectTypeOf<UserNats["times"]>().toEqualTypeOf<TimeRange[] | undefined>();
    expectTypeOf<GenericClaims["nats"]>().toEqualTypeOf<{ [name: string]: JsonValue } | undefined>();
  });
});

describe("ReadonlyDeep", () => {
  test("refuses changes at any depth, and takes what can be changed", () => {
    const frozen: ReadonlyDeep<AccountClaims> = account;
    // @ts-expect-error at the top
    frozen.name = "x";
    // @ts-expect-error deeper
    frozen.nats.limits.conn = 5;
    // @ts-expect-error in lists
    frozen.nats.exports?.push({ subject: "a" });
    expectTypeOf(frozen).not.toExtend<AccountClaims["nats"]["exports"]>();
    expectTypeOf<ReadonlyDeep<string[][]>>().toEqualTypeOf<readonly (readonly string[])[]>();
    expectTypeOf<ReadonlyDeep<Int64>>().toEqualTypeOf<Int64>();
    expectTypeOf<NkeysPair>().not.toExtend<Claims>();
  });
});
