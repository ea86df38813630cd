import type { Claims } from "nsc.js";
import { describe, expect, test } from "vitest";
import { account, findingsIn, testRules } from "./validate-cases.ts";
import type { Finding } from "./validate-issues.ts";

const stream = (members: object): object => ({ subject: "a", type: "stream", ...members });
const service = (members: object): object => ({ subject: "a", type: "service", ...members });

function exports(...entries: readonly unknown[]): Claims {
  return account({ exports: entries });
}

function error(code: Finding[1], place: string, message: string): Finding {
  return ["error", code, `nats.exports.${place}`, message];
}

describe("exports (X)", () => {
  testRules([
    [
      "X1 null",
      exports(null, stream({})),
      [error("EXPORT_NULL", "0", "null export is not allowed")],
      exports(stream({})),
    ],
    [
      "X2 no type",
      exports({ subject: "a" }),
      [error("EXPORT_TYPE", "0.type", 'invalid export type: "unknown"')],
      exports(service({})),
    ],
    [
      "X3 how a service responds",
      exports(service({ response_type: "singleton" })),
      [error("EXPORT_RESPONSE_TYPE", "0.response_type", 'invalid response type for service: "singleton"')],
      ...["", "Singleton", "Chunked", "Stream"].map((response_type) => exports(service({ response_type }))),
    ],
    [
      "X4 a stream does not respond",
      exports(stream({ response_type: "Stream" })),
      [error("EXPORT_RESPONSE_TYPE", "0.response_type", 'invalid response type for stream: "Stream"')],
      exports(stream({ response_type: "" })),
    ],
    [
      "X5 traces of a stream",
      exports(stream({ allow_trace: true })),
      [error("EXPORT_ALLOW_TRACE", "0.allow_trace", "AllowTrace only valid for service export")],
      exports(service({ allow_trace: true })),
      exports(stream({ allow_trace: false })),
    ],
    [
      "X8 a negative response threshold",
      exports(service({ response_threshold: -1 })),
      [error("EXPORT_RESPONSE_THRESHOLD", "0.response_threshold", "negative response threshold is invalid")],
      exports(service({ response_threshold: 0 })),
      exports(service({ response_threshold: 2n ** 62n })),
    ],
    [
      "X8 for a stream, too, and no more",
      exports(stream({ response_threshold: -(2n ** 63n) })),
      [error("EXPORT_RESPONSE_THRESHOLD", "0.response_threshold", "negative response threshold is invalid")],
    ],
    [
      "X9 a response threshold of a stream",
      exports(stream({ response_threshold: 1 })),
      [error("EXPORT_RESPONSE_THRESHOLD", "0.response_threshold", "response threshold only valid for services")],
      exports(stream({ response_threshold: 0 })),
    ],
  ]);

  test("X2 without a type there are no rules of streams, nor those of services", () => {
    const entry = { subject: "a", response_type: "x", allow_trace: true };
    expect(findingsIn(exports(entry)).map(([, code]) => code)).toEqual(["EXPORT_TYPE"]);
    const more = { ...entry, response_threshold: 1, service_latency: { sampling: 1, results: "r" } };
    expect(findingsIn(exports(more)).map(([, code]) => code)).toEqual([
      "EXPORT_TYPE",
      "EXPORT_LATENCY_TYPE",
      "EXPORT_RESPONSE_THRESHOLD",
    ]);
  });

  test("are looked at in the order of the rules", () => {
    const broken = {
      subject: "a.",
      type: "stream",
      response_type: "x",
      allow_trace: true,
      service_latency: { sampling: 101, results: ".*" },
      response_threshold: 1,
      account_token_position: 1,
      description: "x".repeat(8193),
      info_url: "x",
    };
    expect(findingsIn(exports(stream({ subject: "a.*" }), broken)).map(([, code]) => code)).toEqual([
      "EXPORT_RESPONSE_TYPE",
      "EXPORT_ALLOW_TRACE",
      "EXPORT_LATENCY_TYPE",
      "EXPORT_LATENCY_SAMPLING",
      "SUBJECT_DOT_AT_END",
      "EXPORT_LATENCY_RESULTS",
      "EXPORT_RESPONSE_THRESHOLD",
      "SUBJECT_DOT_AT_END",
      "EXPORT_ACCOUNT_TOKEN_POSITION",
      "DESCRIPTION_LENGTH",
      "INFO_URL_INVALID",
      "EXPORT_OVERLAP",
    ]);
  });

  test("have members without rules", () => {
    const free = { name: ". .", token_req: true, advertise: true, revocations: { "no key": -5 } };
    expect(findingsIn(exports(stream(free), service(free)))).toEqual([]);
  });
});

describe("latency tracking (X6, X7)", () => {
  const tracked = (sampling: unknown, results = "r") => exports(service({ service_latency: { sampling, results } }));
  const sampling = error(
    "EXPORT_LATENCY_SAMPLING",
    "0.service_latency.sampling",
    "sampling percentage needs to be between 1-100",
  );
  const results = (code: Finding[1], message: string) => error(code, "0.service_latency.results", message);
  testRules([
    [
      "X6 of a stream",
      exports(stream({ service_latency: { sampling: 1, results: "r" } })),
      [error("EXPORT_LATENCY_TYPE", "0.service_latency", "latency tracking only permitted for services")],
      exports(service({ service_latency: { sampling: 1, results: "r" } })),
    ],
    ["X7a above 100", tracked(101), [sampling], tracked(100), tracked(1)],
    ["X7a below 0", tracked(-1), [sampling], tracked(0), tracked("headers"), tracked("Headers")],
    ["X7a far off", tracked(2n ** 60n), [sampling]],
    ["X7b no results", tracked(1, ""), [results("SUBJECT_EMPTY", "subject cannot be empty")], tracked(1, "r")],
    [
      "X7b results that are no subject",
      tracked(1, "a b"),
      [results("SUBJECT_SPACES", 'subject "a b" cannot have spaces')],
    ],
    [
      "X7c results with wildcards",
      tracked(1, "r.>"),
      [results("EXPORT_LATENCY_RESULTS", "results subject can not contain wildcards")],
      tracked(1, "r.>.x"),
    ],
    [
      "X7c a single wildcard",
      tracked(1, "*"),
      [results("EXPORT_LATENCY_RESULTS", "results subject can not contain wildcards")],
      tracked(1, "**"),
    ],
  ]);
});

describe("the position of the account (X11)", () => {
  const at = (subject: string, account_token_position: number | bigint) =>
    exports(service({ subject, account_token_position }));
  const position = (message: string) =>
    error("EXPORT_ACCOUNT_TOKEN_POSITION", "0.account_token_position", `Account Token Position ${message}`);
  testRules([
    [
      "X11a without wildcards",
      at("a.b", 1),
      [position("can only be used with wildcard subjects: a.b")],
      at("*.b", 1),
      at("a.b", 0),
    ],
    [
      "X11a > within a subject is no wildcard, and the subject is not quoted",
      at('a"\\.>.b', 9),
      [position('can only be used with wildcard subjects: a"\\.>.b')],
      at("a.*.b", 2),
    ],
    ["X11b beyond the end", at("a.*", 3), [position("3 exceeds length of subject 'a.*'")], at("a.*", 2)],
    [
      "X11b far beyond the end",
      at("a.*", 2n ** 64n - 1n),
      [position("18446744073709551615 exceeds length of subject 'a.*'")],
    ],
    [
      "X11c at another token",
      at("a.*", 1),
      [position("1 matches 'a' but must match a * in: a.*")],
      at("*.a.*", 3),
      at("*.a.*", 1),
    ],
    ["X11c at >", at("a.*.>", 3), [position("3 matches '>' but must match a * in: a.*.>")], at("a.*.>", 2)],
    [
      "X11c of a stream",
      exports(stream({ subject: "a.>", account_token_position: 2 })),
      [position("2 matches '>' but must match a * in: a.>")],
    ],
  ]);
});

describe("exports that contain others (X13)", () => {
  const overlap = (kind: string, place: number, subject: string, contained: string) =>
    error("EXPORT_OVERLAP", `${place}.subject`, `${kind} export subject "${subject}" already exports "${contained}"`);
  const streams = (...subjects: readonly string[]) => exports(...subjects.map((subject) => stream({ subject })));
  const services = (...subjects: readonly string[]) => exports(...subjects.map((subject) => service({ subject })));
  testRules([
    [
      "of streams",
      streams("a.b", "a.*"),
      [overlap("stream", 1, "a.*", "a.b")],
      streams("a.b", "a.*.c"),
      streams("a", "a.>"),
    ],
    [
      "of services, in the other order",
      services("a.>", "a.b"),
      [overlap("service", 0, "a.>", "a.b")],
      services("a", "b"),
    ],
    ["that are equal, once", streams("a", "a"), [overlap("stream", 0, "a", "a")], exports(stream({}), service({}))],
    ["that are equal, three times", streams("a", "a", "a"), [overlap("stream", 0, "a", "a")]],
    ["of which the first counts", streams("a.b", "a.c", "a.*", "a.d"), [overlap("stream", 2, "a.*", "a.b")]],
    [
      "of which each contains the next",
      streams(">", "a.>", "a.b"),
      [overlap("stream", 0, ">", "a.>"), overlap("stream", 1, "a.>", "a.b")],
    ],
    [
      "services come first, whatever the order",
      exports(stream({ subject: "*" }), stream({}), service({ subject: "*" }), service({})),
      [overlap("service", 2, "*", "a"), overlap("stream", 0, "*", "a")],
    ],
    [
      "those without type are with the streams",
      exports({ subject: "*" }, stream({}), service({})),
      [error("EXPORT_TYPE", "0.type", 'invalid export type: "unknown"'), overlap("stream", 0, "*", "a")],
    ],
    [
      "null is passed over",
      exports(null, stream({ subject: "" }), null),
      [
        error("EXPORT_NULL", "0", "null export is not allowed"),
        error("SUBJECT_EMPTY", "1.subject", "subject cannot be empty"),
        error("EXPORT_NULL", "2", "null export is not allowed"),
      ],
    ],
  ]);
});
