import type { Claims } from "nsc.js";
import { describe, expect, test } from "vitest";
import { account, findingsIn, PUBLIC_KEYS, testRules } from "./validate-cases.ts";
import type { Finding } from "./validate-issues.ts";

const { exporter, signingKey } = PUBLIC_KEYS;

const stream = (members: object): object => ({ subject: "a", account: exporter, type: "stream", ...members });
const service = (members: object): object => ({ subject: "a", account: exporter, type: "service", ...members });

function imports(...entries: readonly unknown[]): Claims {
  return account({ imports: entries });
}

function error(code: Finding[1], place: string, message: string): Finding {
  return ["error", code, `nats.imports.${place}`, message];
}

const DEPRECATED: Finding = [
  "warning",
  "IMPORT_TO_DEPRECATED",
  "nats.imports.0.to",
  "the field to has been deprecated (use LocalSubject instead)",
];

describe("imports (I)", () => {
  testRules([
    [
      "I0 null",
      imports(stream({}), null, stream({ subject: "b" })),
      [error("IMPORT_NULL", "1", "null import is not allowed")],
      imports(stream({})),
    ],
    [
      "I2 no type",
      imports({ subject: "a", account: exporter }),
      [error("IMPORT_TYPE", "0.type", 'invalid import type: "unknown"')],
      imports(service({})),
    ],
    [
      "I3 traces of a service",
      imports(service({ allow_trace: true })),
      [error("IMPORT_ALLOW_TRACE", "0.allow_trace", "AllowTrace only valid for stream import")],
      imports(stream({ allow_trace: true })),
      imports(service({ allow_trace: false })),
    ],
    [
      "I4 no account",
      imports(stream({ account: "" })),
      [error("IMPORT_ACCOUNT_MISSING", "0.account", "account to import from is not specified")],
      imports(stream({ account: "no key, which nobody checks" })),
    ],
    [
      "I4 no account at all",
      imports({ subject: "a", type: "stream" }),
      [error("IMPORT_ACCOUNT_MISSING", "0.account", "account to import from is not specified")],
    ],
    ["I5 to", imports(stream({ to: "b" })), [DEPRECATED], imports(stream({ to: "" }))],
    [
      "I6 the subject",
      imports(stream({ subject: "" })),
      [error("SUBJECT_EMPTY", "0.subject", "subject cannot be empty")],
    ],
    [
      "I8 a local subject and to",
      imports(stream({ to: "b", local_subject: "c" })),
      [DEPRECATED, error("IMPORT_TO_AND_LOCAL_SUBJECT", "0.to", "Local Subject replaces To")],
      imports(stream({ local_subject: "c" })),
    ],
    [
      "I9 sharing a stream",
      imports(stream({ subject: 'a"', share: true })),
      [
        error(
          "IMPORT_SHARE",
          "0.share",
          'sharing information (for latency tracking) is only valid for services: "a\\""',
        ),
      ],
      imports(service({ share: true })),
      imports(stream({ share: false })),
    ],
  ]);

  test("an import of no type is no service", () => {
    const both = { subject: "a", account: exporter, share: true, allow_trace: true };
    expect(findingsIn(imports(both, both)).map(([, code, path]) => [code, path])).toEqual([
      ["IMPORT_TYPE", "nats.imports.0.type"],
      ["IMPORT_SHARE", "nats.imports.0.share"],
      ["IMPORT_TYPE", "nats.imports.1.type"],
      ["IMPORT_SHARE", "nats.imports.1.share"],
    ]);
  });

  test("are looked at in the order of the rules", () => {
    const entry = service({
      account: "",
      subject: ".",
      to: "x..y",
      local_subject: " ",
      allow_trace: true,
      token: "none",
    });
    const other = service({ account: "", subject: "other", to: "x..*" });
    expect(findingsIn(imports(other, entry)).map(([, code, path]) => [code, path])).toEqual([
      ["IMPORT_ACCOUNT_MISSING", "nats.imports.0.account"],
      ["IMPORT_TO_DEPRECATED", "nats.imports.0.to"],
      ["IMPORT_OVERLAP", "nats.imports.1"],
      ["IMPORT_ALLOW_TRACE", "nats.imports.1.allow_trace"],
      ["IMPORT_ACCOUNT_MISSING", "nats.imports.1.account"],
      ["IMPORT_TO_DEPRECATED", "nats.imports.1.to"],
      ["SUBJECT_DOT_AT_END", "nats.imports.1.subject"],
      ["SUBJECT_SPACES", "nats.imports.1.local_subject"],
      ["SUBJECT_SPACES", "nats.imports.1.local_subject"],
      ["IMPORT_TO_AND_LOCAL_SUBJECT", "nats.imports.1.to"],
      ["IMPORT_TOKEN_INVALID", "nats.imports.1.token"],
    ]);
  });
});

describe("local subjects (R)", () => {
  const renamed = (from: string, to: string): Claims => imports(stream({ subject: from, local_subject: to }));
  const AT = "0.local_subject";
  const tail = error("RENAMING_TAIL", AT, "both, renaming subject and subject, need to end or not end in >");
  const count = error("RENAMING_WILDCARDS", AT, "subject does not contain enough * or reference wildcards $[0-9]");
  const reference = (number: string, to: string, from: string) =>
    error("RENAMING_REFERENCE", AT, `Reference $${number} in "${to}" reference * in "${from}" that do not exist`);
  testRules([
    [
      "R1 a subject",
      renamed("a", ".b"),
      [error("SUBJECT_DOT_AT_END", AT, 'subject ".b" cannot start or end with a `.`')],
      renamed("a", "b"),
    ],
    [
      "R2 of an empty subject",
      renamed("", "b"),
      [
        error("SUBJECT_EMPTY", "0.subject", "subject cannot be empty"),
        error("SUBJECT_EMPTY", AT, "subject cannot be empty"),
      ],
      renamed("a", ""),
    ],
    [
      "R3 a space, which is reported twice",
      renamed("a", "b c"),
      [
        error("SUBJECT_SPACES", AT, 'subject "b c" cannot have spaces'),
        error("SUBJECT_SPACES", AT, 'subject "b c" cannot have spaces'),
      ],
    ],
    ["R4 only the local subject goes on", renamed("a", "b.>"), [tail], renamed("a.>", "b.>"), renamed(">", "b.>")],
    ["R4 only the subject goes on", renamed("a.>", "b"), [tail], renamed("a.>", ">"), renamed("a.>.c", "b")],
    ["R4 > within a token is no tail", renamed("a.>", "b>"), [tail], renamed("a>", "b>")],
    [
      "R5 a reference too high",
      renamed("a.*", "b.$1.$2"),
      [reference("2", "b.$1.$2", "a.*")],
      renamed("a.*.*", "b.$2.$1"),
    ],
    ["R5 and R6", renamed("a.*", "b.$2"), [reference("2", "b.$2", "a.*"), count], renamed("a.*", "b.$1")],
    ["R5 without a wildcard", renamed("a", "b.$1"), [reference("1", "b.$1", "a")], renamed("a", "b.$x")],
    [
      "R5 with the largest integer; a larger one is a token like any other",
      renamed("a", "b.$9223372036854775807"),
      [reference("9223372036854775807", "b.$9223372036854775807", "a")],
      renamed("a", "b.$9223372036854775808"),
      renamed("a", "b.$-9223372036854775809"),
    ],
    ["R5 as a number, without sign and zeros", renamed("a", "b.$+02"), [reference("2", "b.$+02", "a")]],
    ["R6 too few", renamed("a.*.*", "b.$1"), [count], renamed("a.*.*", "b.*.$2")],
    ["R6 too many", renamed("a.*", "b.*.*"), [count], renamed("a.*", "b.*")],
    ["R6 the same one twice is two", renamed("a.*", "b.$1.$1"), [count], renamed("a.*.*", "b.$1.$1")],
    ["R6 none", renamed("a.*", "b"), [count], renamed("a.b*", "b")],
    [
      "R6 any integer counts, even below 1",
      renamed("a", "b.$0"),
      [count],
      ...["$0", "$-1", "$+1", "$001"].map((token) => renamed("a.*", `b.${token}`)),
    ],
    [
      "R6 other tokens don't",
      renamed("a.*", "b.$x"),
      [count],
      ...["$", "$$1", "x$1", "$1x", "$1_0", "$0x1", "$\u0661"].map((token) => renamed("a", `b.${token}`)),
    ],
  ]);
});

describe("services that overlap (I1)", () => {
  const inSame = (place: number, local: string, earlier: string, from: string = exporter) =>
    error(
      "IMPORT_OVERLAP",
      String(place),
      `overlapping subject namespace for "${local}" and "${earlier}" in same account "${from}"`,
    );
  const again = (place: number, local: string) =>
    error("IMPORT_OVERLAP", String(place), `overlapping subject namespace for "${local}" in account "${exporter}"`);
  const at = (subject: string, local: string) => service({ subject, local_subject: local });
  testRules([
    [
      "the later contains the earlier",
      imports(service({ subject: "a.b" }), service({ subject: "a.*" })),
      [inSame(1, "a.*", "a.b")],
      imports(service({ subject: "a.b" }), service({ subject: "b.*" })),
    ],
    [
      "the earlier contains the later",
      imports(service({ subject: ">" }), service({ subject: "a.b" })),
      [inSame(1, "a.b", ">")],
      imports(service({ subject: "a.>" }), service({ subject: "a" })),
    ],
    [
      "the same again is two errors",
      imports(service({}), service({})),
      [inSame(1, "a", "a"), again(1, "a")],
      imports(service({}), service({ account: signingKey })),
    ],
    [
      "and each time anew, but it is recorded only once",
      imports(service({}), service({}), service({})),
      [inSame(1, "a", "a"), again(1, "a"), inSame(2, "a", "a"), again(2, "a")],
    ],
    [
      "by their local subjects",
      imports(at("x", "a"), at("y", "a")),
      [inSame(1, "a", "a"), again(1, "a")],
      imports(at("x", "a"), at("x", "b")),
    ],
    [
      "in which references are wildcards",
      imports(at("x.*.*", "a.$2.$1"), service({ subject: "a.b.c" })),
      [inSame(1, "a.b.c", "a.*.*")],
      imports(at("x.*.*", "a.$2.$1"), service({ subject: "a.b" })),
    ],
    [
      "in another account with the same text",
      imports(service({ account: "" }), service({ account: "" })),
      [
        error("IMPORT_ACCOUNT_MISSING", "0.account", "account to import from is not specified"),
        inSame(1, "a", "a", ""),
        error("IMPORT_OVERLAP", "1", 'overlapping subject namespace for "a" in account ""'),
        error("IMPORT_ACCOUNT_MISSING", "1.account", "account to import from is not specified"),
      ],
      imports(stream({}), stream({})),
      imports(stream({}), service({})),
    ],
  ]);

  test("of which one has `to`, which comes before all", () => {
    const to = (subject: string) => service({ subject, to: "a.*" });
    expect(findingsIn(imports(to("x"), service({ subject: "y", local_subject: "a.b" })))).toEqual([
      DEPRECATED,
      inSame(1, "a.b", "a.*"),
    ]);
    expect(findingsIn(imports(to("x"), service({ subject: "x" })))).toEqual([DEPRECATED]);
  });

  test("even when they are empty", () => {
    const findings = findingsIn(imports(service({ subject: "" }), service({ subject: "*" })));
    expect(findings).toEqual([error("SUBJECT_EMPTY", "0.subject", "subject cannot be empty"), inSame(1, "*", "")]);
  });

  test("with several earlier ones", () => {
    const findings = findingsIn(imports(...["a.b", "a.c", "*.b", "x.>", "a.*"].map((subject) => service({ subject }))));
    expect(findings.slice(1).toSorted()).toEqual([inSame(4, "a.*", "a.b"), inSame(4, "a.*", "a.c")].toSorted());
    expect(findings[0]).toEqual(inSame(2, "*.b", "a.b"));
  });
});
