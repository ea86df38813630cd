import { type AccountClaims, type Claims, decode } from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, tokenOf } from "./tokens.ts";
import { account, findingsIn, PUBLIC_KEYS, testRules } from "./validate-cases.ts";
import type { Finding } from "./validate-issues.ts";

const { operator, signingKey, exporter, user, curve } = PUBLIC_KEYS;

function error(code: Finding[1], place: string, message: string): Finding {
  return ["error", code, `nats.${place}`, message];
}

describe("mappings (M)", () => {
  const mapped = (...destinations: readonly object[]): Claims => account({ mappings: { a: destinations } });
  const to = (weight?: number, cluster?: string): object => ({ subject: "b", weight, cluster });
  const weight = (place: number, of: number) =>
    error("MAPPING_WEIGHT", `mappings.a.${place}.weight`, `Mapping "a" has a weight ${of} that exceeds 100`);
  const total = error(
    "MAPPING_TOTAL_WEIGHT",
    "mappings.a",
    'Mapping "a" exceeds 100% among all of it\'s weighted to mappings',
  );
  const cluster = (place: number, name: string) =>
    error(
      "MAPPING_TOTAL_WEIGHT",
      `mappings.a.${place}.weight`,
      `Mapping "a" in cluster "${name}" exceeds 100% among all of it's weighted to mappings`,
    );
  testRules([
    ["a weight above 100, which also exceeds the total", mapped(to(101)), [weight(0, 101), total], mapped(to(100))],
    ["the highest weight in a cluster", mapped(to(255, "c")), [weight(0, 255), cluster(0, "c")], mapped(to(100, "c"))],
    ["more than 100 in all", mapped(to(50), to(51)), [total], mapped(to(50), to(50))],
    ["a weight of 0 is 100", mapped(to(0), to(1)), [total], mapped(to(0))],
    ["no weight is 100", mapped(to(), to(1)), [total], mapped(to())],
    ["two without weight", mapped(to(), to()), [total]],
    [
      "more than 100 in a cluster",
      mapped(to(60, "c"), to(41, "c")),
      [cluster(1, "c")],
      mapped(to(60, "c"), to(40, "c")),
      mapped(to(60, "c"), to(60, "d"), to(60)),
    ],
    [
      "reported again for each further one",
      mapped(to(100, "c"), to(1, "c"), to(1, "d"), to(1, "c")),
      [cluster(1, "c"), cluster(3, "c")],
    ],
    ["a cluster's name is quoted", mapped(to(0, '"'), to(0, '"')), [cluster(1, '\\"')]],
    [
      "all in order",
      mapped({ subject: "", weight: 101 }, { subject: "b.", weight: 102, cluster: "c" }),
      [
        error("SUBJECT_EMPTY", "mappings.a.0.subject", "subject cannot be empty"),
        weight(0, 101),
        error("SUBJECT_DOT_AT_END", "mappings.a.1.subject", 'subject "b." cannot start or end with a `.`'),
        weight(1, 102),
        cluster(1, "c"),
        total,
      ],
    ],
  ]);

  test("may lead nowhere, and need not fit each other", () => {
    expect(findingsIn(account({ mappings: { a: null, b: [] } }))).toEqual([]);
    expect(findingsIn(account({ mappings: { "a.*": [{ subject: "b.$7.>" }] } }))).toEqual([]);
  });
});

describe("external authorization (EA)", () => {
  const authorized = (authorization: object): Claims => account({ authorization });
  testRules([
    [
      "EA1 accounts without users",
      authorized({ allowed_accounts: [exporter] }),
      [
        error(
          "AUTHORIZATION_USERS_MISSING",
          "authorization.auth_users",
          "External authorization cannot have accounts without users specified",
        ),
      ],
      authorized({ auth_users: [user], allowed_accounts: [exporter, signingKey] }),
      authorized({ auth_users: [user] }),
      authorized({}),
    ],
    [
      "EA2 users that are none",
      authorized({ auth_users: [user, exporter, ""] }),
      [
        error(
          "AUTHORIZATION_USER",
          "authorization.auth_users.1",
          `AuthUser "${exporter}" is not a valid user public key`,
        ),
        error("AUTHORIZATION_USER", "authorization.auth_users.2", 'AuthUser "" is not a valid user public key'),
      ],
    ],
    [
      "EA3 accounts that are none",
      authorized({ auth_users: [user], allowed_accounts: [exporter, user] }),
      [
        error(
          "AUTHORIZATION_ACCOUNT",
          "authorization.allowed_accounts.1",
          `Account "${user}" is not a valid account public key`,
        ),
      ],
    ],
    [
      "EA3 any account and others",
      authorized({ auth_users: [user], allowed_accounts: ["*", exporter, "*"] }),
      [0, 2].map((place) =>
        error(
          "AUTHORIZATION_ACCOUNT",
          `authorization.allowed_accounts.${place}`,
          'AllowedAccounts can only be a list of accounts or "*"',
        ),
      ),
      authorized({ auth_users: [user], allowed_accounts: ["*"] }),
    ],
    [
      "EA4 the curve key",
      authorized({ xkey: user }),
      [error("AUTHORIZATION_XKEY", "authorization.xkey", `XKey "${user}" is not a valid public xkey`)],
      authorized({ xkey: curve }),
      authorized({ xkey: "" }),
    ],
  ]);
});

describe("message traces (A7)", () => {
  const traced = (dest: string, sampling?: number | bigint): Claims => account({ trace: { dest, sampling } });
  const dest = (message: string) =>
    error("TRACE_DESTINATION", "trace.dest", `the account Trace.Destination ${message}`);
  const sampling = (value: string) =>
    error(
      "TRACE_SAMPLING",
      "trace.sampling",
      `the account Trace.Sampling value '${value}' is not valid, should be in the range [1..100]`,
    );
  testRules([
    ["(a) no destination", traced(""), [dest("subject cannot be empty")], traced("t")],
    ["(a) no destination at all", account({ trace: {} }), [dest("subject cannot be empty")], account({})],
    ["(a) only the first of what is wrong with it", traced(". .."), [dest('subject ". .." cannot have spaces')]],
    ["(b) wildcards", traced("t.*"), [dest('subject "t.*" is not a valid publish subject')], traced("t.>.x")],
    [
      "(a) and (b)",
      traced(".t.>"),
      [dest('subject ".t.>" cannot start or end with a `.`'), dest('subject ".t.>" is not a valid publish subject')],
    ],
    ["(c) above 100", traced("t", 101), [sampling("101")], traced("t", 100), traced("t", 1)],
    ["(c) below 0", traced("t", -1), [sampling("-1")], traced("t", 0), traced("t")],
    ["(c) far off", traced("t", 2n ** 62n), [sampling("4611686018427387904")]],
  ]);

  test("(c) a sampling of 0, which Go sets to 100, stays", () => {
    const claims = traced("t", 0) as AccountClaims;
    expect(findingsIn(claims)).toEqual([]);
    expect(claims.nats.trace?.sampling).toBe(0);
  });
});

describe("signing keys (K)", () => {
  const scope = (key: string): object => ({ kind: "user_scope", key, template: { pub: { allow: ["a..b"] } } });
  const invalid = (place: string, message: string) => error("SIGNING_KEY_INVALID", `signing_keys.${place}`, message);
  testRules([
    [
      "without scope",
      account({ signing_keys: [signingKey, user] }),
      [invalid("1", `"${user}" is not a valid account signing key`)],
      account({ signing_keys: [signingKey, exporter] }),
    ],
    ["quoted", account({ signing_keys: ['"'] }), [invalid("0", '"\\"" is not a valid account signing key')]],
    [
      "with a scope, not quoted; the template is not looked at",
      account({ signing_keys: [scope('"')] }),
      [invalid("0.key", '" is not an account public key')],
      account({ signing_keys: [scope(signingKey)] }),
    ],
    [
      "of which the last of one name counts",
      account({ signing_keys: [scope("x"), "x"] }),
      [invalid("1", '"x" is not a valid account signing key')],
    ],
  ]);
});

describe("the rest of an account", () => {
  testRules([
    [
      "A14 cluster traffic",
      account({ cluster_traffic: "Owner" }),
      [error("CLUSTER_TRAFFIC", "cluster_traffic", 'unknown cluster traffic option: "Owner"')],
      ...["", "system", "owner"].map((cluster_traffic) => account({ cluster_traffic })),
    ],
    [
      "A15 limits that an account gives itself",
      account({}, { iss: exporter }),
      [["warning", "LIMITS_SELF_SIGNED", "nats.limits", "self-signed account JWTs shouldn't contain operator limits"]],
      account({}, { iss: operator }),
      account({}),
      account({}, { iss: "A" }),
      account({ limits: {} }, { iss: exporter }),
      account({ limits: { subs: 0, conn: 0n, wildcards: false, tiered_limits: {} } }, { iss: exporter }),
    ],
  ]);

  test("is looked at in Go's order", () => {
    const claims = account(
      {
        imports: [null],
        exports: [null],
        limits: { imports: 0, exports: 0, tiered_limits: { "": {} }, streams: 1 },
        default_permissions: { pub: { allow: ["a b"] }, sub: {} },
        mappings: { a: [{ subject: "" }] },
        authorization: { xkey: "x" },
        trace: { dest: "" },
        signing_keys: ["x"],
        description: "x".repeat(8193),
        cluster_traffic: "x",
      },
      { exp: 1, iss: exporter },
    );
    expect(findingsIn(claims).map(([, code]) => code)).toEqual([
      "CLAIMS_EXPIRED",
      "IMPORT_NULL",
      "EXPORT_NULL",
      "LIMITS_TIERS_AND_FLAT",
      "LIMITS_TIER_NAME",
      "PERMISSION_QUEUE",
      "SUBJECT_EMPTY",
      "AUTHORIZATION_XKEY",
      "TRACE_DESTINATION",
      "LIMITS_IMPORTS",
      "LIMITS_IMPORTS",
      "LIMITS_EXPORTS",
      "SIGNING_KEY_INVALID",
      "DESCRIPTION_LENGTH",
      "CLUSTER_TRAFFIC",
      "LIMITS_SELF_SIGNED",
    ]);
  });

  test("may be missing or null", () => {
    const nothing = { type: "account", limits: null, imports: null, exports: null, signing_keys: null, mappings: null };
    expect(findingsIn({ sub: "A", nats: nothing })).toEqual([]);
    expect(findingsIn({ nats: { type: "account" } })).toEqual([]);
  });

  test("has null entries when it is read from a token that has", () => {
    const key = keyNamed("operator");
    const nats =
      '{"limits":{"imports":-1,"exports":-1},"imports":[null],"exports":[null],"type":"account","version":2}';
    const token = tokenOf({ key, payload: claimsText({ iss: key.publicKey, sub: PUBLIC_KEYS.account }, nats) });
    expect(findingsIn(decode(token))).toEqual([
      error("IMPORT_NULL", "imports.0", "null import is not allowed"),
      error("EXPORT_NULL", "exports.0", "null export is not allowed"),
    ]);
  });
});
