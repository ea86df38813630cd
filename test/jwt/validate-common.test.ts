import type { Claims } from "nsc.js";
import { describe, expect, test } from "vitest";
import {
  account,
  activation,
  findingsIn,
  NOW,
  operator,
  request,
  response,
  testRules,
  user,
} from "./validate-cases.ts";
import type { Finding } from "./validate-issues.ts";

/** Claims of every kind, generic ones too, with these common members. */
const every = (common: object): Record<string, unknown> => ({
  operator: operator({}, { ...common }),
  account: account({}, { ...common }),
  user: user({}, { ...common }),
  activation: activation({}, { ...common }),
  request: request({}, { ...common }),
  response: response({}, { ...common }),
  "a kind that NATS does not know": { sub: "x", ...common, nats: { type: "custom", exports: [{ subject: "" }] } },
  "no data": { sub: "x", ...common },
});

const EXPIRED: Finding = ["time", "CLAIMS_EXPIRED", "exp", "claim is expired"];
const NOT_YET: Finding = ["time", "CLAIMS_NOT_YET_VALID", "nbf", "claim is not yet valid"];

describe("times (C1, C2)", () => {
  test.each(Object.keys(every({})))("of %s", (kind) => {
    const find = (common: object) => findingsIn(every(common)[kind]);
    expect(find({ exp: NOW - 1 })).toEqual([EXPIRED]);
    expect(find({ exp: NOW })).toEqual([]);
    expect(find({ nbf: NOW + 1 })).toEqual([NOT_YET]);
    expect(find({ nbf: NOW })).toEqual([]);
    expect(find({ exp: 1, nbf: NOW + 1 })).toEqual([EXPIRED, NOT_YET]);
    expect(find({ exp: 0, nbf: 0 })).toEqual([]);
    expect(find({ exp: -1, nbf: -1 })).toEqual([]);
    expect(find({ exp: 2n ** 62n, nbf: -(2n ** 62n) })).toEqual([]);
    expect(find({ nbf: 2n ** 62n })).toEqual([NOT_YET]);
  });

  test("come first, but last in authorization requests and responses", () => {
    const times = { exp: 1, nbf: NOW + 1 };
    const codes = (claims: Claims) => findingsIn(claims).map(([, code]) => code);
    expect(codes(user({ issuer_account: "x" }, times))).toEqual([EXPIRED[1], NOT_YET[1], "ISSUER_ACCOUNT"]);
    expect(codes(operator({ system_account: "x" }, times))).toEqual([
      EXPIRED[1],
      NOT_YET[1],
      "OPERATOR_SYSTEM_ACCOUNT",
    ]);
    expect(codes(account({ cluster_traffic: "x" }, times))).toEqual([EXPIRED[1], NOT_YET[1], "CLUSTER_TRAFFIC"]);
    expect(codes(activation({ issuer_account: "x" }, times))).toEqual([EXPIRED[1], NOT_YET[1], "ISSUER_ACCOUNT"]);
    expect(codes(request({ user_nkey: "x" }, times))).toEqual(["REQUEST_USER_KEY", EXPIRED[1], NOT_YET[1]]);
    expect(codes(response({ error: "e" }, times))).toEqual(["RESPONSE_CONTENT", EXPIRED[1], NOT_YET[1]]);
  });
});

describe("subjects (S)", () => {
  const stream = (subject: string) => account({ exports: [{ subject, type: "stream" }] });
  const AT = "nats.exports.0.subject";
  testRules([
    ["S1 empty", stream(""), [["error", "SUBJECT_EMPTY", AT, "subject cannot be empty"]], stream("a")],
    [
      "S2 spaces; other white space is none",
      stream("a b.c"),
      [["error", "SUBJECT_SPACES", AT, 'subject "a b.c" cannot have spaces']],
      stream("a\tb.\u00a0\n"),
    ],
    [
      "S3 a dot at the beginning",
      stream(".a"),
      [["error", "SUBJECT_DOT_AT_END", AT, 'subject ".a" cannot start or end with a `.`']],
      stream("a.b"),
    ],
    [
      "S3 a dot at the end",
      stream("a."),
      [["error", "SUBJECT_DOT_AT_END", AT, 'subject "a." cannot start or end with a `.`']],
    ],
    [
      "S4 an empty token",
      stream("a..b"),
      [["error", "SUBJECT_EMPTY_TOKEN", AT, 'subject "a..b" cannot contain consecutive `.`']],
      stream("a.b.c"),
    ],
    [
      "all at once, each but once",
      stream(". ...."),
      [
        ["error", "SUBJECT_SPACES", AT, 'subject ". ...." cannot have spaces'],
        ["error", "SUBJECT_DOT_AT_END", AT, 'subject ". ...." cannot start or end with a `.`'],
        ["error", "SUBJECT_EMPTY_TOKEN", AT, 'subject ". ...." cannot contain consecutive `.`'],
      ],
    ],
    [
      "quoting as Go's %q does",
      stream('"é\\\u200b\t日 \u{1f600}'),
      [["error", "SUBJECT_SPACES", AT, 'subject "\\"é\\\\\\u200b\\t日 \u{1f600}" cannot have spaces']],
    ],
  ]);

  test.each(["*", ">", "a.>.b", ">.a", "a*", "**", "a.*.>", "$SYS.>", "{{name()}}", "x".repeat(5000)])(
    "may be %.20s",
    (subject) => {
      expect(findingsIn(stream(subject))).toEqual([]);
    },
  );

  test.each<[string, Claims, string]>([
    ["an import", account({ imports: [{ subject: "a..b", account: "A", type: "stream" }] }), "nats.imports.0.subject"],
    [
      "an import's local subject",
      account({ imports: [{ subject: "a", local_subject: "a..b", account: "A", type: "stream" }] }),
      "nats.imports.0.local_subject",
    ],
    [
      "results of latency tracking",
      account({ exports: [{ subject: "a", type: "service", service_latency: { sampling: 1, results: "a..b" } }] }),
      "nats.exports.0.service_latency.results",
    ],
    ["a mapping's source", account({ mappings: { "a..b": [{ subject: "a" }] } }), "nats.mappings.a..b"],
    ["a mapping's destination", account({ mappings: { a: [{ subject: "a..b" }] } }), "nats.mappings.a.0.subject"],
    [
      "default permissions",
      account({ default_permissions: { pub: {}, sub: { allow: ["a..b"] } } }),
      "nats.default_permissions.sub.allow.0",
    ],
    ["a user's permissions", user({ pub: { deny: ["a", "a..b"] } }), "nats.pub.deny.1"],
    ["an activation", activation({ subject: "a..b" }), "nats.subject"],
  ])("are checked in %s", (_, claims, path) => {
    expect(findingsIn(claims)).toEqual([
      ["error", "SUBJECT_EMPTY_TOKEN", path, 'subject "a..b" cannot contain consecutive `.`'],
    ]);
  });
});

describe("permissions (P)", () => {
  const subs = (...allow: readonly string[]) => user({ sub: { allow } });
  const pubs = (...allow: readonly string[]) => user({ pub: { allow } });
  testRules([
    [
      "a queue is for subscriptions",
      pubs("a q"),
      [["error", "PERMISSION_QUEUE", "nats.pub.allow.0", 'Permission Subject "a q" is not allowed to contain queue']],
      subs("a q"),
      pubs("a"),
    ],
    [
      "the queue is a subject, too",
      subs("a .q"),
      [["error", "SUBJECT_DOT_AT_END", "nats.sub.allow.0", 'subject ".q" cannot start or end with a `.`']],
      subs("a q.*"),
    ],
    [
      "a space at the end begins an empty queue",
      subs("foo "),
      [["error", "SUBJECT_EMPTY", "nats.sub.allow.0", "subject cannot be empty"]],
      subs("foo"),
    ],
    [
      "a space at the start ends an empty subject",
      subs(" q"),
      [["error", "SUBJECT_EMPTY", "nats.sub.allow.0", "subject cannot be empty"]],
    ],
    [
      "a subject, a queue and what is wrong with both",
      pubs("a. ..q"),
      [
        ["error", "SUBJECT_DOT_AT_END", "nats.pub.allow.0", 'subject "a." cannot start or end with a `.`'],
        ["error", "SUBJECT_DOT_AT_END", "nats.pub.allow.0", 'subject "..q" cannot start or end with a `.`'],
        ["error", "SUBJECT_EMPTY_TOKEN", "nats.pub.allow.0", 'subject "..q" cannot contain consecutive `.`'],
        [
          "error",
          "PERMISSION_QUEUE",
          "nats.pub.allow.0",
          'Permission Subject "a. ..q" is not allowed to contain queue',
        ],
      ],
    ],
    [
      "three parts are too many, and no more is said",
      subs("..a b c"),
      [["error", "PERMISSION_SPACES", "nats.sub.allow.0", 'Permission Subject "..a b c" contains too many spaces']],
      subs("a b"),
    ],
    [
      "two spaces are three parts",
      subs("a  b"),
      [["error", "PERMISSION_SPACES", "nats.sub.allow.0", 'Permission Subject "a  b" contains too many spaces']],
    ],
    ["an empty entry", pubs("a", ""), [["error", "SUBJECT_EMPTY", "nats.pub.allow.1", "subject cannot be empty"]]],
    [
      "an entry is not quoted as %q would",
      pubs('"\\ \u200b'),
      [
        [
          "error",
          "PERMISSION_QUEUE",
          "nats.pub.allow.0",
          'Permission Subject ""\\ \u200b" is not allowed to contain queue',
        ],
      ],
    ],
  ]);

  test.each<[string, (permissions: object) => Claims, string]>([
    ["a user", (permissions) => user({ ...permissions }), "nats"],
    ["an account", (permissions) => account({ default_permissions: permissions }), "nats.default_permissions"],
  ])("of %s: subscriptions come before publications, allowed before denied", (_, claims, at) => {
    const lists = { allow: ["a", "b c d"], deny: ["b c d"] };
    const findings = findingsIn(claims({ pub: lists, sub: lists, resp: { max: -7, ttl: -7 } }));
    expect(findings.map(([, , path]) => path)).toEqual(
      ["sub.allow.1", "sub.deny.0", "pub.allow.1", "pub.deny.0"].map((path) => `${at}.${path}`),
    );
  });
});

describe("descriptions and links (N)", () => {
  const both = (info: object): readonly [Claims, Claims] => [
    account({ ...info }),
    account({ exports: [{ subject: "a", type: "stream", ...info }] }),
  ];
  const at = (place: string, ...findings: readonly Finding[]): readonly Finding[] =>
    findings.map(([level, code, name, message]) => [level, code, `${place}.${name}`, message]);

  const long: Finding = ["error", "DESCRIPTION_LENGTH", "description", "Description is too long"];
  const longUrl: Finding = ["error", "INFO_URL_LENGTH", "info_url", "Info URL is too long"];
  const invalid = (problem: string): Finding => [
    "error",
    "INFO_URL_INVALID",
    "info_url",
    `error parsing info url: ${problem}`,
  ];

  test.each<[string, object, readonly Finding[]]>([
    ["N1 8193 bytes", { description: "x".repeat(8193) }, [long]],
    ["N1 bytes, not characters", { description: "é".repeat(4097) }, [long]],
    ["8192 bytes", { description: "é".repeat(4096) }, []],
    ["N2 a long link", { info_url: `http://h/${"x".repeat(8184)}` }, [longUrl]],
    ["a link of 8192 bytes", { info_url: `http://h/${"x".repeat(8183)}` }, []],
    ["N2 and N3", { info_url: "é".repeat(4097) }, [longUrl, invalid("no hostname or scheme")]],
    ["N3 no URL", { info_url: "http://[::1" }, [invalid("parse \"http://[::1\": missing ']' in host")]],
    ["N3 a path", { info_url: "/docs" }, [invalid("no hostname or scheme")]],
    ["N3 a host without scheme", { info_url: "//h/docs" }, [invalid("no hostname or scheme")]],
    ["N3 a port alone", { info_url: "http://:80" }, [invalid("no hostname or scheme")]],
    ["N3 something opaque", { info_url: "mailto:x@h" }, [invalid("no hostname or scheme")]],
    ["any scheme", { info_url: "gopher://h" }, []],
    ["none", { description: "", info_url: "" }, []],
  ])("%s", (_, info, findings) => {
    const [ofAccount, ofExport] = both(info);
    expect(findingsIn(ofAccount)).toEqual(at("nats", ...findings));
    expect(findingsIn(ofExport)).toEqual(at("nats.exports.0", ...findings));
  });
});
