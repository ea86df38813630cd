import {
  type AccountClaims,
  type Claims,
  decode,
  encode,
  keyPairFromSeed,
  type NscErrorCode,
  toJson,
  type UserClaims,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, tokenOf } from "./tokens.ts";

const operator = keyNamed("operator");
const account = keyNamed("account");
const user = keyNamed("user");

/** The claims of an account whose `nats` object has these members, in this text. */
function readAccount(members: string): AccountClaims {
  const nats = `{${members === "" ? "" : `${members},`}"type":"account","version":2}`;
  const payload = claimsText({ iss: operator.publicKey, sub: account.publicKey }, nats);
  return decode(tokenOf({ key: operator, payload }), { kind: "account" });
}

function readUser(members: string): UserClaims {
  const payload = claimsText({ iss: account.publicKey, sub: user.publicKey }, `{${members},"type":"user","version":2}`);
  return decode(tokenOf({ key: account, payload }), { kind: "user" });
}

describe("members that are zero or absent", () => {
  test("are absent in what is read, but for those that are always there", () => {
    const zero = readAccount(
      '"description":"","trace":null,"imports":[],"exports":null,"mappings":{},"cluster_traffic":null',
    );
    expect(zero.nats).toEqual({
      limits: {},
      default_permissions: { pub: {}, sub: {} },
      authorization: {},
      type: "account",
      version: 2,
    });
    expect(readAccount("").nats).toEqual(zero.nats);
    expect(readUser('"resp":null,"subs":0').nats).toEqual({ pub: {}, sub: {}, type: "user", version: 2 });
    expect(readAccount('"exports":[{}],"imports":[{}]').nats).toMatchObject({
      exports: [{ subject: "" }],
      imports: [{ subject: "", account: "" }],
    });
  });

  test("empty lists of permissions, networks and times stay apart from absent ones, since Go compares them with nil", () => {
    const { nats } = readUser(
      '"pub":{"allow":[]},"sub":{"deny":null},"src":"","times":[],"allowed_connection_types":[]',
    );
    expect(nats).toMatchObject({ pub: { allow: [] }, src: [], times: [], allowed_connection_types: [] });
    expect(nats.pub).not.toHaveProperty("deny");
    expect(nats.sub).toEqual({});
    expect(readUser('"src":null').nats).not.toHaveProperty("src");
    expect(toJson(readUser('"src":""'))).not.toContain("src");
  });

  test("members inside structs that are always written are read with them", () => {
    expect(readUser('"resp":{}').nats.resp).toEqual({ max: 0, ttl: 0 });
    expect(readAccount('"exports":[{"service_latency":{}}]').nats.exports?.[0]?.service_latency).toEqual({
      sampling: "headers",
      results: "",
    });
    expect(readAccount('"mappings":{"a":[{}],"b":null,"c":[]}').nats.mappings).toEqual({
      a: [{ subject: "" }],
      b: null,
      c: [],
    });
  });
});

describe("JetStream limits", () => {
  test("outside of tiers read as zero where there are tiers", () => {
    const both = readAccount(
      '"limits":{"subs":7,"disk_storage":5,"max_bytes_required":true,"tiered_limits":{"R1":{"streams":1}}}',
    );
    expect(both.nats.limits).toEqual({ subs: 7, tiered_limits: { R1: { streams: 1 } } });
    for (const none of ["{}", "null"]) {
      expect(readAccount(`"limits":{"disk_storage":5,"tiered_limits":${none}}`).nats.limits).toEqual({
        disk_storage: 5,
      });
    }
    expect(readAccount('"limits":{"tiered_limits":{"R1":{}}}').nats.limits).toEqual({ tiered_limits: { R1: {} } });
  });
});

describe("networks of a user", () => {
  test.each([
    ['"192.0.2.0/24, \\tFE80::/10 ,,192.0.2.0/24"', ["192.0.2.0/24", "fe80::/10"]],
    ['["FE80::/10"," x","",null,"x","x"]', ["FE80::/10", " x", "", "", "x", "x"]],
    // U+0085 is white space in Go and not in JavaScript, U+FEFF the other way round.
    ['"\\u0085a\\u0085,\\ufeffb"', ["a", "\ufeffb"]],
    // Go maps each letter on its own: no final sigma, and one letter for the dotted I.
    ['"\\u03a3\\u0391\\u03a3,\\u0130"', ["\u03c3\u03b1\u03c3", "i"]],
    ['","', []],
  ])("%s reads as Go reads it", (src, networks) => {
    expect(readUser(`"src":${src}`).nats.src).toEqual(networks);
  });

  test.each(["1", "true", "{}", "[1]", '[["a"]]'])("%s is neither a list of strings nor a string", (src) => {
    expect(() => readUser(`"src":${src}`)).toThrowCode("ERR_JSON_TYPE");
  });
});

describe("types of exports, imports and activations", () => {
  const read = (type: string) => () => readAccount(`"exports":[{"type":${type}}]`);

  test.each([
    ["null", 'unknown export type ""'],
    ['""', 'unknown export type ""'],
    ['"Stream"', 'unknown export type "Stream"'],
    ['"a\\"\\u0007"', 'unknown export type "a\\"\\a"'],
  ])("%s is refused in Go's words", (type, message) => {
    expect(read(type)).toThrowCode("ERR_JSON_TYPE");
    expect(read(type)).toThrow(message);
  });

  test("of another JSON type are refused", () => {
    for (const type of ["1", "[]", "{}", "true"]) expect(read(type)).toThrowCode("ERR_JSON_TYPE");
    expect(read('"service"')().nats.exports?.[0]?.type).toBe("service");
  });
});

describe("sampling rates of service latency", () => {
  const read = (rate: string) => readAccount(`"exports":[{"service_latency":{"sampling":${rate},"results":"r"}}]`);

  test.each([
    ['"headers"', "headers"],
    ['"HEADers"', "headers"],
    ["0", "headers"],
    ["null", "headers"],
    ["100", 100],
    ["-5", -5],
  ])("%s reads as %j", (rate, value) => {
    expect(read(rate).nats.exports?.[0]?.service_latency?.sampling).toBe(value);
  });

  test.each(['"header"', '""', "1.5", "[]", "true", '"\\u0068eaders"'])("%s is refused", (rate) => {
    expect(() => read(rate)).toThrowCode("ERR_JSON_TYPE");
  });

  test("that are out of range read, but can't be written", async () => {
    const claims = read("500");
    expect(claims.nats.exports?.[0]?.service_latency?.sampling).toBe(500);
    await expect(encode(claims, keyPairFromSeed(operator.seed))).toThrowCode("ERR_CLAIMS_VALUE");
    await expect(encode(read("9223372036854775807"), keyPairFromSeed(operator.seed))).toThrowCode("ERR_CLAIMS_VALUE");
  });
});

describe("names of members", () => {
  test("match whatever their case, as Go folds it", () => {
    const claims = readAccount(
      '"LIMITS":{"Subs":1,"\u017fubs":2,"conn":3},"\u017fig\u006eing_\u212aeys":["A"],"default_PERMISSIONS":{"PUB":{"Allow":["x"]}}',
    );
    expect(claims.nats.limits).toEqual({ subs: 2, conn: 3 });
    expect(claims.nats.signing_keys).toEqual(["A"]);
    expect(claims.nats.default_permissions).toEqual({ pub: { allow: ["x"] }, sub: {} });
  });

  test("of maps are taken literally", () => {
    expect(readAccount('"revocations":{"A":1,"a":2,"\u212a":3}').nats.revocations).toEqual({ A: 1, a: 2, "\u212a": 3 });
  });
});

describe("repeated members merge as in Go", () => {
  test.each<[string, object]>([
    ['"description":"a","description":"b","description":null', { description: "b" }],
    ['"limits":{"subs":1,"conn":1},"limits":{"subs":2},"limits":null', { limits: { subs: 2, conn: 1 } }],
    ['"trace":{"dest":"a"},"trace":{"sampling":5}', { trace: { dest: "a", sampling: 5 } }],
    ['"trace":{"dest":"a"},"trace":null,"trace":{"sampling":5}', { trace: { sampling: 5 } }],
    ['"revocations":{"A":1},"revocations":{"B":2}', { revocations: { A: 1, B: 2 } }],
    ['"imports":[{"name":"n"}],"imports":[{"account":"z"}]', { imports: [{ name: "n", subject: "", account: "z" }] }],
    ['"imports":[{"name":"n"}],"imports":[],"imports":[{"account":"z"}]', { imports: [{ subject: "", account: "z" }] }],
    [
      '"imports":[{"name":"n"},{"to":"x"}],"imports":[{"account":"z"}]',
      { imports: [{ name: "n", subject: "", account: "z" }] },
    ],
    ['"imports":[null],"imports":[{"account":"z"}]', { imports: [{ subject: "", account: "z" }] }],
    ['"signing_keys":["B"],"signing_keys":["A","B"],"signing_keys":null', { signing_keys: ["A", "B"] }],
    [
      '"limits":{"tiered_limits":{"R1":{"streams":1}}},"limits":{"tiered_limits":{"R1":{"consumer":2}}}',
      { limits: { tiered_limits: { R1: { consumer: 2 } } } },
    ],
  ])("%s", (members, expected) => {
    expect(readAccount(members).nats).toMatchObject(expected);
  });

  test("networks are replaced", () => {
    expect(readUser('"src":["a","b"],"src":"c"').nats.src).toEqual(["c"]);
  });

  test("whole objects too", () => {
    const payload = `{"iss":"${operator.publicKey}","sub":"x","SUB":"${account.publicKey}","nats":{"type":"user","description":"d"},"Nats":{"type":"account","version":2}}`;
    const claims = decode(tokenOf({ key: operator, payload }), { kind: "account" });
    expect(claims).toMatchObject({ sub: account.publicKey, nats: { description: "d", type: "account" } });
  });
});

describe("JSON that Go refuses", () => {
  test.each<[string, NscErrorCode]>([
    ['"limits":{"subs":1.0}', "ERR_JSON_TYPE"],
    ['"limits":{"subs":1e3}', "ERR_JSON_TYPE"],
    ['"limits":{"subs":"1"}', "ERR_JSON_TYPE"],
    ['"limits":{"subs":9223372036854775808}', "ERR_JSON_TYPE"],
    ['"limits":{"subs":-9223372036854775809}', "ERR_JSON_TYPE"],
    ['"limits":[]', "ERR_JSON_TYPE"],
    ['"trace":"x"', "ERR_JSON_TYPE"],
    ['"tags":"x"', "ERR_JSON_TYPE"],
    ['"tags":[1]', "ERR_JSON_TYPE"],
    ['"revocations":{"A":"1"}', "ERR_JSON_TYPE"],
    ['"revocations":[]', "ERR_JSON_TYPE"],
    ['"mappings":{"a":[{"weight":256}]}', "ERR_JSON_TYPE"],
    ['"mappings":{"a":[{"weight":-1}]}', "ERR_JSON_TYPE"],
    ['"exports":[{"account_token_position":-1}]', "ERR_JSON_TYPE"],
    ['"exports":[{"account_token_position":18446744073709551616}]', "ERR_JSON_TYPE"],
    ['"signing_keys":"A"', "ERR_JSON_TYPE"],
    ['"signing_keys":{}', "ERR_JSON_TYPE"],
    // A fault of syntax anywhere wins over one of type.
    ['"tags":[1],"description":"\u0001"', "ERR_JSON_SYNTAX"],
    ['"exports":[{"type":null}],"x":01', "ERR_JSON_SYNTAX"],
    ['"x":[1,]', "ERR_JSON_SYNTAX"],
    ['"x":\u00a01', "ERR_JSON_SYNTAX"],
    [`"x":${"[".repeat(9999)}${"]".repeat(9999)}`, "ERR_JSON_DEPTH"],
  ])("%.60s is refused", (members, code) => {
    expect(() => readAccount(members)).toThrowCode(code);
  });

  test("what is just within is read", () => {
    const { limits, exports, mappings } = readAccount(
      '"limits":{"subs":9223372036854775807,"data":-9223372036854775808,"conn":-0},"exports":[{"account_token_position":18446744073709551615}],"mappings":{"a":[{"weight":255}]}',
    ).nats;
    expect(limits).toEqual({ subs: 9223372036854775807n, data: -9223372036854775808n });
    expect(exports?.[0]?.account_token_position).toBe(18446744073709551615n);
    expect(mappings?.["a"]?.[0]?.weight).toBe(255);
    // Two levels are those of the claims themselves.
    expect(readAccount(`"x":${"[".repeat(9998)}${"]".repeat(9998)}`).sub).toBe(account.publicKey);
  });

  test("white space is what JSON says, and text after the claims is refused", () => {
    const payload = claimsText({ iss: operator.publicKey, sub: account.publicKey }, '{"type":"account","version":2}');
    expect(decode(tokenOf({ key: operator, payload: `\t\r\n ${payload} \n` })).sub).toBe(account.publicKey);
    for (const wrong of [`${payload}x`, `${payload}{}`, `\ufeff${payload}`, `\u000b${payload}`]) {
      expect(() => decode(tokenOf({ key: operator, payload: wrong }))).toThrowCode("ERR_JSON_SYNTAX");
    }
  });
});

describe("texts", () => {
  test("lone surrogates and bytes that are no UTF-8 become U+FFFD, one for each byte", () => {
    expect(readAccount('"description":"\\ud800x\\udc00\\ud83d\\ude00"').nats.description).toBe(
      "\ufffdx\ufffd\u{1f600}",
    );
    const text = claimsText({ iss: operator.publicKey, sub: "S" }, '{"type":"account","version":2,"description":"D"}');
    const [before, after] = text.split('"D"') as [string, string];
    const payload = Buffer.concat([
      Buffer.from(`${before}"`),
      Uint8Array.of(0xff, 0xe2, 0x82, 0x41),
      Buffer.from(`"${after}`),
    ]);
    expect(decode(tokenOf({ key: operator, payload }), { kind: "account" }).nats.description).toBe(
      "\ufffd\ufffd\ufffdA",
    );
  });
});

describe("what is read", () => {
  test("is fresh: changing it changes no later reading", () => {
    const payload = claimsText(
      { iss: operator.publicKey, sub: account.publicKey },
      '{"tags":["a"],"type":"account","version":2}',
    );
    const token = tokenOf({ key: operator, payload });
    const first: Claims = decode(token);
    first.nats.tags?.push("b");
    first.sub = "changed";
    (first.nats as AccountClaims["nats"]).limits.subs = 5;
    expect(decode(token)).toMatchObject({ sub: account.publicKey, nats: { tags: ["a"], limits: {} } });
    expect((decode(token) as AccountClaims).nats.limits).toEqual({});
  });
});
