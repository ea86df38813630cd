import fc from "fast-check";
import { type ConfigMap, formatServerConfig, serverConfigFromTokens } from "nsc.js";
import { describe, expect, test } from "vitest";
import { accountToken, createTrust, HOSTILE_NAMES, operatorToken } from "../server/trust.ts";
import { hostileText, memberName } from "./arbitraries.ts";
import { asParsed, parseConf } from "./conf-parser.ts";

/** What TypeScript would not let through. */
const format = (value: unknown): string => formatServerConfig(value as ConfigMap);

/** What the server reads. */
const reading = (value: unknown) => parseConf(format(value)).map;

describe("scalars", () => {
  test.each([
    ["a string", "text", '"text"'],
    ["an empty string", "", '""'],
    ["true", true, "true"],
    ["false", false, "false"],
    ["an integer", 4222, "4222"],
    ["a negative integer", -1, "-1"],
    ["zero", 0, "0"],
    ["negative zero", -0, "0"],
    ["the largest safe integer", Number.MAX_SAFE_INTEGER, "9007199254740991"],
    ["the smallest safe integer", Number.MIN_SAFE_INTEGER, "-9007199254740991"],
    ["a fraction", 1.5, "1.5"],
    ["a negative fraction", -0.25, "-0.25"],
    ["the smallest fraction without an exponent", 0.000001, "0.000001"],
    ["a bigint", 5n, "5"],
    ["the largest integer of the server", 2n ** 63n - 1n, "9223372036854775807"],
    ["the smallest integer of the server", -(2n ** 63n), "-9223372036854775808"],
  ])("%s is written", (_, value, text) => {
    expect(formatServerConfig({ a: value })).toBe(`a: ${text}\n`);
    expect(reading({ a: value })).toEqual(asParsed({ a: value }));
  });

  test.each([
    ["null", null],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["a number with an exponent", 1e21],
    ["a fraction with an exponent", 1e-7],
    ["the smallest number", Number.MIN_VALUE],
    ["an integer that is not safe", 2 ** 53],
    ["a negative integer that is not safe", -(2 ** 53)],
    ["a bigint beyond 64 bits", 2n ** 63n],
    ["a negative bigint beyond 64 bits", -(2n ** 63n) - 1n],
    ["a symbol", Symbol("s")],
    ["a function", () => 1],
    ["a date", new Date(0)],
    ["a Map", new Map([["a", 1]])],
    ["a Set", new Set([1])],
    ["bytes", Uint8Array.of(1)],
    ["a regular expression", /a/],
    ["a boxed string", Object("text")],
  ])("%s is refused, with its path in the message", (_, value) => {
    expect(() => format({ a: value })).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => format({ a: [value] })).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => format({ a: { b: ["x", value] } })).toThrow(/^a\.b\[1\] /);
  });

  test.each([
    ["undefined", [undefined]],
    ["a hole", new Array(1)],
    ["a hole in between", Object.assign(new Array(3), { 0: "a", 2: "b" })],
  ])("an array with %s is refused, since leaving it out would move the others", (_, value) => {
    expect(() => format({ a: value })).toThrowCode("ERR_CONFIG_VALUE");
  });

  test.each([
    ["undefined", undefined],
    ["null", null],
    ["an array", []],
    ["a string", "port: 1"],
    ["a number", 1],
    ["a function", () => ({})],
    ["a date", new Date(0)],
    ["a Map", new Map()],
  ])("%s is no configuration", (_, value) => {
    expect(() => format(value)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("maps and arrays", () => {
  test("are written a member a line, nested ones indented", () => {
    const config = {
      port: 4222,
      jetstream: { store_dir: "/data", limits: { max_ha_assets: 3n } },
      tags: ["a", "b"],
      routes: [{ url: "x" }, ["y"]],
    };
    expect(formatServerConfig(config)).toBe(`port: 4222
jetstream: {
  store_dir: "/data"
  limits: {
    max_ha_assets: 3
  }
}
tags: [
  "a"
  "b"
]
routes: [
  {
    url: "x"
  }
  [
    "y"
  ]
]
`);
    expect(reading(config)).toEqual(asParsed(config));
  });

  test("may be empty", () => {
    expect(formatServerConfig({})).toBe("");
    const config = { map: {}, array: [], nested: { map: {}, array: [[], {}] } };
    expect(formatServerConfig(config)).toContain("map: {}\narray: []\n");
    expect(reading(config)).toEqual(asParsed(config));
  });

  test("members that are undefined are left out", () => {
    const config = { a: undefined, b: { c: undefined, d: 1 }, e: { f: undefined } };
    expect(formatServerConfig(config)).toBe("b: {\n  d: 1\n}\ne: {}\n");
  });

  test("keep the order of their members", () => {
    expect(formatServerConfig({ z: 1, a: 2, m: 3 })).toBe("z: 1\na: 2\nm: 3\n");
  });

  test("without a prototype are maps like others, and members of a prototype are none", () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(format(bare)).toBe("a: 1\n");
    expect(format({ b: bare })).toBe("b: {\n  a: 1\n}\n");
    expect(format(Object.create({ a: 1 }))).toBe("");
  });

  test("are not changed", () => {
    const config = Object.freeze({ a: Object.freeze([Object.freeze({ b: undefined, c: 1 })]) });
    expect(formatServerConfig(config)).toBe("a: [\n  {\n    c: 1\n  }\n]\n");
  });

  test("that contain themselves are refused", () => {
    const map: Record<string, unknown> = {};
    map["self"] = map;
    const array: unknown[] = [];
    array.push(array, array);
    const round = { a: [{ b: map }] };
    map["round"] = round;
    for (const config of [map, { array }, round]) expect(() => format(config)).toThrowCode("ERR_CONFIG_VALUE");
  });

  test("may be nested deeper than any configuration is, and may occur twice", () => {
    const nested = (depth: number): ConfigMap => (depth === 0 ? {} : { a: nested(depth - 1) });
    expect(reading(nested(30))).toEqual(asParsed(nested(30)));
    const shared = { x: ["y"] };
    expect(reading({ a: shared, b: [shared, shared] })).toEqual(asParsed({ a: shared, b: [shared, shared] }));
  });
});

describe("names", () => {
  test.each(["a", "A1", "_", "server_name", "a-b", "true", "a1-"])("%j stands without quotes", (name) => {
    expect(formatServerConfig({ [name]: 1 })).toBe(`${name}: 1\n`);
  });

  test.each([
    ["a space", "a b"],
    ["a space at the end", "a "],
    ["a dot", "a.b"],
    ["a digit first", "1a"],
    ["a dash first", "-a"],
    ["a dollar", "$a"],
    ["a colon", "a:b"],
    ["an equals sign", "a=b"],
    ["a sign of a comment", "#a"],
    ["slashes", "//a"],
    ["braces", "{a}"],
    ["a closing brace", "}"],
    ["brackets", "[a]"],
    ["a comma", "a,b"],
    ["a semicolon", "a;b"],
    ["a backslash", "a\\nb\\"],
    ["single quotes", "a'b'"],
    ["letters beyond ASCII", "\u00fc\u{1f980}"],
    ["a space beyond ASCII", "a\u00a0b\u2028c\u0085d"],
    ["a number", "4222"],
    ["the wildcards of subjects", "a.*.>"],
  ])("with %s are put in double quotes", (_, name) => {
    expect(formatServerConfig({ [name]: 1 })).toBe(`"${name}": 1\n`);
    expect(reading({ [name]: { [name]: 1 } })).toEqual(new Map([[name, new Map([[name, 1n]])]]));
  });

  test("with double quotes are put in single ones", () => {
    expect(formatServerConfig({ 'a"b': 1 })).toBe(`'a"b': 1\n`);
    expect(reading({ 'a"b': { '"': 1 } })).toEqual(new Map([['a"b', new Map([['"', 1n]])]]));
  });

  test.each(["include", "INCLUDE", "Include"])("%s is quoted, where it would be a keyword", (name) => {
    expect(formatServerConfig({ [name]: "a" })).toBe(`"${name}": "a"\n`);
    expect(reading({ a: { [name]: "b" } })).toEqual(new Map([["a", new Map([[name, "b"]])]]));
  });

  test("may be those of objects in JavaScript", () => {
    const config = JSON.parse('{"__proto__": 1, "constructor": {"__proto__": "a"}}');
    expect(formatServerConfig(config)).toBe('__proto__: 1\nconstructor: {\n  __proto__: "a"\n}\n');
  });

  test.each([
    ["both kinds of quotes", "a\"b'c"],
    ["nothing", ""],
    ["a line feed", "a\nb"],
    ["a carriage return", "a\rb"],
    ["a tab", "a\tb"],
    ["a NUL", "a\0b"],
    ["an escape", "a\x1bb"],
    ["a DEL", "a\x7fb"],
  ])("with %s are refused, as the format has no way to write them", (_, name) => {
    expect(() => formatServerConfig({ [name]: 1 })).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => formatServerConfig({ a: [{ [name]: 1 }] })).toThrowCode("ERR_CONFIG_VALUE");
  });
});

/** By server.md, section 1.8: the escapes in double quotes are `\\ \" \t \n \r \xHH`, everything else stands for itself. */
const STRINGS: readonly (readonly [title: string, value: string, text: string])[] = [
  ["double quotes", 'a"b', String.raw`"a\"b"`],
  ["a double quote at the end", '"', String.raw`"\""`],
  ["single quotes", "'a'", `"'a'"`],
  ["backslashes", String.raw`C:\new\x41`, String.raw`"C:\\new\\x41"`],
  ["a backslash at the end", "a\\", String.raw`"a\\"`],
  ["a backslash before a quote", '\\"', String.raw`"\\\""`],
  ["a line feed", "a\nb", String.raw`"a\nb"`],
  ["a carriage return", "a\r\nb", String.raw`"a\r\nb"`],
  ["a tab", "a\tb", String.raw`"a\tb"`],
  ["a NUL", "a\0b", String.raw`"a\x00b"`],
  ["control characters", "\x01\b\v\f\x1b\x1f\x7f", String.raw`"\x01\x08\x0b\x0c\x1b\x1f\x7f"`],
  ["a variable", "$VAR", '"$VAR"'],
  ["a variable in braces", "$\u007bVAR}", '"$\u007bVAR}"'],
  ["what looks like a bcrypt hash", "$2a$11$abc", '"$2a$11$abc"'],
  ["a number", "42", '"42"'],
  ["a negative fraction", "-1.5", '"-1.5"'],
  ["a number with a suffix", "2m", '"2m"'],
  ["a date", "2026-01-01T00:00:00Z", '"2026-01-01T00:00:00Z"'],
  ["the word true", "true", '"true"'],
  ["the word off", "off", '"off"'],
  ["a hash sign", "a # b", '"a # b"'],
  ["slashes", "nats://a // b", '"nats://a // b"'],
  ["braces", "{a}", '"{a}"'],
  ["closing brackets", "}])", '"}])"'],
  ["a block", "(\na\n)", String.raw`"(\na\n)"`],
  ["separators", "a, b; c: d = e", '"a, b; c: d = e"'],
  ["an include", "include other.conf", '"include other.conf"'],
  ["spaces around", "  a  ", '"  a  "'],
  ["Unicode", "\u00fc \u4e16\u754c \u{1f980} e\u0301", '"\u00fc \u4e16\u754c \u{1f980} e\u0301"'],
  ["line separators beyond ASCII", "a\u0085b\u2028c\u2029d", '"a\u0085b\u2028c\u2029d"'],
  ["a byte order mark", "\ufeffa", '"\ufeffa"'],
  ["a lone high surrogate", "a\ud83db", '"a\ufffdb"'],
  ["a lone low surrogate", "a\udd80b", '"a\ufffdb"'],
  ["surrogates in the wrong order", "\udd80\ud83d", '"\ufffd\ufffd"'],
];

describe("strings", () => {
  test.each(STRINGS)("with %s are quoted and come out the same", (_, value, text) => {
    expect(formatServerConfig({ a: value })).toBe(`a: ${text}\n`);
    expect(reading({ a: value, b: [value], c: { d: value } })).toEqual(
      asParsed({ a: value, b: [value], c: { d: value } }),
    );
  });

  test("any data the format can hold comes out the same", () => {
    const text = fc.oneof(hostileText, fc.constantFrom(...STRINGS.map(([, value]) => value)));
    const number = fc.oneof(
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.integer({ min: -999_999, max: 999_999 }).map((value) => value / 1000),
    );
    const { map } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: "small" }, text, number, fc.boolean(), tie("array"), tie("map")),
      array: fc.array(tie("value"), { maxLength: 4 }),
      map: fc.dictionary(memberName, fc.option(tie("value"), { nil: undefined, freq: 9 }), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(map, (config) => {
        expect(reading(config)).toEqual(asParsed(config));
      }),
    );
  });
});

describe("comments", () => {
  test("say who the tokens are of, above them", async () => {
    const trust = await createTrust();
    const config = serverConfigFromTokens({
      operator: trust.operatorToken,
      accounts: [trust.systemToken, trust.appToken],
      resolver: { type: "memory" },
    });
    const lines = config.toString().split("\n");
    const above = (start: string) => lines[lines.findIndex((line) => line.trimStart().startsWith(start)) - 1]?.trim();
    expect(above("operator:")).toBe('# Operator "local"');
    expect(above(trust.system.publicKey)).toBe('# Account "SYS"');
    expect(above(trust.app.publicKey)).toBe('# Account "APP"');
    expect(parseConf(config.toString()).comments).toHaveLength(3);
  });

  test.each(HOSTILE_NAMES)("of an entity called %j add nothing to the configuration", async (name) => {
    const { operator, system, app } = await createTrust();
    const config = serverConfigFromTokens({
      operator: await operatorToken(operator, { system_account: system.publicKey }, name),
      accounts: [await accountToken(system, operator, { name }), await accountToken(app, operator, { name })],
      resolver: { type: "full", dir: name.replaceAll("\0", "") || "jwt" },
    });
    const { map, comments } = parseConf(config.toString());
    expect(map).toEqual(asParsed(config));
    expect([...map.keys()]).toEqual(["operator", "system_account", "resolver", "resolver_preload"]);
    expect(comments).toHaveLength(3);
    // What is not printable would also change how an editor or a terminal shows the file.
    expect(comments.join("")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });
});
