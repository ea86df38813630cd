import fc from "fast-check";
import type {
  AccountClaims,
  ActivationClaims,
  AuthorizationRequestClaims,
  AuthorizationResponseClaims,
  GenericClaims,
  Int64,
  OperatorClaims,
  Permissions,
  UserClaims,
  UserPermissionLimits,
} from "nsc.js";
import { KEYS } from "../nkeys/fixtures.ts";

/** Claims that encode accepts: any values of the right types, absent members, zeros and empty lists among them. */

const keyOf = (kind: string) =>
  fc.constantFrom(...KEYS.filter((key) => key.kind === kind).map(({ publicKey }) => publicKey));

const text = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "foo.>",
    "<&>",
    "\u2028",
    "\u{1f600}",
    "\ufffd",
    '"\\',
    "\u0000\u001f\u007f",
    "{{name()}}.*",
    "É",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const texts = fc.array(text, { maxLength: 4 });
const subject = fc.constantFrom("a", "b", "foo.*", "foo.>", "\u{1f600}", "\ufffd", "");
const bool = fc.boolean();
const seconds = fc.oneof(fc.constantFrom(0, -1, 1), fc.maxSafeInteger());
const int64: fc.Arbitrary<Int64> = fc.oneof(
  fc.constantFrom<Int64>(0, -1, 1, 0n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const uint64: fc.Arbitrary<Int64> = fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));

/** A record of which any member may be absent. */
function some<T>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> {
  return fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
}

const common = some({ aud: text, exp: seconds, name: text, nbf: seconds, jti: text, iss: text, iat: seconds });

function claims<C extends { sub: string; nats?: unknown }>(
  sub: fc.Arbitrary<string>,
  nats: fc.Arbitrary<unknown>,
  type?: string,
): fc.Arbitrary<C> {
  return fc.tuple(common, sub, nats, some({ tags: texts, version: seconds })).map(([top, subjectKey, own, ending]) => {
    const data = type === undefined ? own : { ...(own as object), ...ending, type };
    return { ...top, sub: subjectKey, ...(data === undefined ? {} : { nats: data }) } as unknown as C;
  });
}

const permission = some({ allow: texts, deny: texts });
function permissionsOf(integer: fc.Arbitrary<Int64>): fc.Arbitrary<Permissions> {
  const resp = fc.option(fc.record({ max: integer, ttl: integer }), { nil: undefined });
  return fc
    .tuple(permission, permission, resp)
    .map(([pub, sub, response]) => ({ pub, sub, ...(response && { resp: response }) }));
}

function userLimits(limit: fc.Arbitrary<Int64>): fc.Arbitrary<UserPermissionLimits> {
  const others = some({
    src: texts,
    times: fc.array(some({ start: text, end: text }), { maxLength: 3 }),
    times_location: text,
    subs: limit,
    data: limit,
    payload: limit,
    bearer_token: bool,
    proxy_required: bool,
    allowed_connection_types: texts,
  });
  return fc
    .tuple(permissionsOf(limit), others)
    .map(([rights, rest]) => ({ ...rights, ...rest }) as UserPermissionLimits);
}

export const operatorClaims: fc.Arbitrary<OperatorClaims> = claims(
  keyOf("operator"),
  some({
    signing_keys: texts,
    account_server_url: fc.constantFrom("", "http://localhost:9090/jwt/v1", "nats://h"),
    operator_service_urls: texts,
    system_account: text,
    assert_server_version: text,
    strict_signing_key_usage: bool,
  }),
  "operator",
);

const jetStream = {
  mem_storage: int64,
  disk_storage: int64,
  streams: int64,
  consumer: int64,
  max_ack_pending: int64,
  mem_max_stream_bytes: int64,
  disk_max_stream_bytes: int64,
  max_bytes_required: bool,
};
const plainLimits = {
  subs: int64,
  data: int64,
  payload: int64,
  imports: int64,
  exports: int64,
  wildcards: bool,
  disallow_bearer: bool,
  conn: int64,
  leaf: int64,
};
// With both, Go drops the first on reading.
const limits = fc.oneof(
  some({ ...plainLimits, ...jetStream }),
  some({ ...plainLimits, tiered_limits: fc.dictionary(text, some(jetStream), { maxKeys: 3 }) }),
);

const exportType = fc.constantFrom("stream" as const, "service" as const);
const revocations = fc.dictionary(text, seconds, { maxKeys: 4 });
// More than twelve make Go's sort unstable.
const exportEntries = fc.array(
  some({
    name: text,
    subject,
    type: exportType,
    token_req: bool,
    revocations,
    response_type: fc.constantFrom("Singleton", "Stream", "Chunked"),
    response_threshold: int64,
    service_latency: fc.record({
      sampling: fc.oneof(fc.constant("headers"), fc.integer({ min: 1, max: 100 })),
      results: text,
    }),
    account_token_position: uint64,
    advertise: bool,
    allow_trace: bool,
    description: text,
    info_url: text,
  }),
  { maxLength: 30, size: "max" },
);
const importEntries = fc.array(
  some({
    name: text,
    subject,
    account: text,
    token: text,
    to: text,
    local_subject: text,
    type: exportType,
    share: bool,
    allow_trace: bool,
  }),
  { maxLength: 30 },
);
// A limit of 0 reads as -1, and beyond 2^53 it is rounded: Go's way with scopes.
const templateLimit = fc.oneof(fc.constant<Int64>(-1), fc.integer({ min: 1 }), fc.constant<Int64>(2n ** 53n - 1n));
const signingKey = fc.oneof(
  text,
  fc.record({
    kind: fc.constant("user_scope"),
    key: text,
    role: text,
    template: userLimits(templateLimit),
    description: text,
  }),
);

export const accountClaims: fc.Arbitrary<AccountClaims> = claims(
  keyOf("account"),
  some({
    imports: importEntries,
    exports: exportEntries,
    limits,
    signing_keys: fc.uniqueArray(signingKey, {
      maxLength: 5,
      selector: (key) => (typeof key === "string" ? key : key.key),
    }),
    revocations,
    default_permissions: permissionsOf(int64),
    mappings: fc.dictionary(
      text,
      fc.oneof(
        fc.constant(null),
        fc.array(some({ subject: text, weight: fc.integer({ min: 0, max: 255 }), cluster: text }), { maxLength: 3 }),
      ),
      { maxKeys: 3 },
    ),
    authorization: some({ auth_users: texts, allowed_accounts: texts, xkey: text }),
    trace: some({ dest: text, sampling: int64 }),
    cluster_traffic: fc.constantFrom("system", "owner"),
    description: text,
    info_url: text,
  }),
  "account",
);

export const userClaims: fc.Arbitrary<UserClaims> = claims(
  keyOf("user"),
  fc.tuple(userLimits(int64), some({ issuer_account: text })).map(([rights, rest]) => ({ ...rights, ...rest })),
  "user",
);

export const activationClaims: fc.Arbitrary<ActivationClaims> = claims(
  keyOf("account"),
  some({ subject: text, kind: exportType, issuer_account: text }),
  "activation",
);

const filled = text.map((value) => value || "x");

export const authorizationRequestClaims: fc.Arbitrary<AuthorizationRequestClaims> = claims(
  filled,
  some({
    server_id: some({ name: text, host: text, id: text, version: text, cluster: text, tags: texts, xkey: text }),
    user_nkey: text,
    client_info: some({
      host: text,
      id: uint64,
      user: text,
      name: text,
      tags: texts,
      name_tag: text,
      kind: text,
      type: text,
      mqtt_id: text,
      nonce: text,
    }),
    connect_opts: some({
      jwt: text,
      nkey: text,
      sig: text,
      auth_token: text,
      user: text,
      pass: text,
      name: text,
      lang: text,
      version: text,
      protocol: int64,
    }),
    client_tls: some({
      version: text,
      cipher: text,
      certs: texts,
      verified_chains: fc.array(fc.oneof(fc.constant(null), texts), { maxLength: 3 }),
    }),
    request_nonce: text,
  }),
  "authorization_request",
);

export const authorizationResponseClaims: fc.Arbitrary<AuthorizationResponseClaims> = claims(
  filled,
  some({ jwt: text, error: text, issuer_account: text }),
  "authorization_response",
);

export const genericClaims: fc.Arbitrary<GenericClaims> = claims(
  filled,
  fc.option(
    fc.dictionary(fc.oneof(text, fc.constantFrom("__proto__", "10", "9", "constructor")), fc.jsonValue(), {
      maxKeys: 5,
    }),
    { nil: undefined },
  ),
);
