import fc from "fast-check";
import { formatServerConfig, type ParseServerConfigOptions, parseServerConfig } from "nsc.js";
import { describe, expect, test } from "vitest";
import { hostileText, memberName } from "./arbitraries.ts";
import { asUtf8 } from "./conf-parser.ts";

/** The value of `a` in a text. */
const valueIn = (text: string, options?: ParseServerConfigOptions) => parseServerConfig(`a: ${text}`, options)["a"];

describe("values", () => {
  test.each([
    ["word", "word"],
    ["4222", 4222],
    ["-7", -7],
    ["1.5", 1.5],
    ["-0.25", -0.25],
    ["9223372036854775807", 2n ** 63n - 1n],
    ["-9223372036854775808", -(2n ** 63n)],
    ["true", true],
    ["ON", true],
    ["Yes", true],
    ["False", false],
    ["off", false],
    ["no", false],
    ["'true'", "true"],
    ['"on"', "on"],
    ["''", ""],
    ['""', ""],
    ["'a\\n$b\"'", 'a\\n$b"'],
    ['"tab\\t line\\n return\\r quote\\" slash\\\\ byte\\x41"', 'tab\t line\n return\r quote" slash\\ byteA'],
    ['"\\xc3\\xa9\\xe4\\xb8\\x96\\xff"', "\u00e9\u4e16\ufffd"],
    ['"over\ntwo lines"', "over\ntwo lines"],
    ["a\\tb", "a\tb"],
    ["tr\\x75e", "true"],
    ["a'b", undefined],
    ["a'", "a"],
    ["on'", "on"],
    ["127.0.0.1:4222", "127.0.0.1:4222"],
    ["1.2.3.4", "1.2.3.4"],
    ["-1.2.3", "-1.2.3"],
    ["2s", "2s"],
    ["1a\u00e9", "1a\u00e9"],
    ["3xyz", "3xyz"],
    ["2026-01-31T23:59:59Z", "2026-01-31T23:59:59Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["nats://a:1,", "nats://a:1"],
    ["http://h/#a", "http://h/#a"],
    ["a=b:c", "a=b:c"],
    ["$2a$11$abc./", "$2a$11$abc./"],
    ["(\n  two\n  lines\n)\n", "\n  two\n  lines\n"],
    ["(one)\n\n)\n", "one)\n\n"],
    ["(\nat the end\n)", "\nat the end\n)"],
  ])("%j is read", (text, value) => {
    if (value === undefined) expect(() => valueIn(text)).toThrowCode("ERR_CONFIG_SYNTAX");
    else expect(valueIn(text)).toEqual(value);
  });

  test.each([
    ["k", 1000n],
    ["kb", 1024n],
    ["ki", 1024n],
    ["KiB", 1024n],
    ["m", 1000n ** 2n],
    ["MB", 1024n ** 2n],
    ["g", 1000n ** 3n],
    ["Gi", 1024n ** 3n],
    ["t", 1000n ** 4n],
    ["tb", 1024n ** 4n],
    ["p", 1000n ** 5n],
    ["PIB", 1024n ** 5n],
    ["E", 1000n ** 6n],
    ["eib", 1024n ** 6n],
  ])("a number with the suffix %s is multiplied", (suffix, factor) => {
    expect(BigInt(valueIn(`2${suffix}`) as number)).toBe(2n * factor);
    expect(BigInt(valueIn(`-3${suffix}`) as number)).toBe(-3n * factor);
  });

  test("a product beyond 64 bits is what Go has", () => {
    expect(valueIn("9eb")).toBe(BigInt.asIntN(64, 9n * 2n ** 60n));
  });

  test.each([
    ["[]", []],
    ["[a, b]", ["a", "b"]],
    ["[\n 1\n 2,\n\n 3, # last\n]", [1, 2, 3]],
    ["[1, 2 ]", [1, 2]],
    ["[[a], {b: c}, 'd']", [["a"], { b: "c" }, "d"]],
    ["[a/b /c]", ["a/b", "c"]],
    ["{}", {}],
    ["{b: 1, c = 2; d 3\n e { f: g }}", { b: 1, c: 2, d: 3, e: { f: "g" } }],
    ["{'b c': 1, \"d\\\": e}", { "b c": 1, "d\\": "e" }],
    ["{b:\n 1}", { b: 1 }],
    ["{ # one\n // two\n b: 1 # three\n }", { b: 1 }],
    ["{__proto__: 1}", Object.fromEntries([["__proto__", 1]])],
    ["{/b: 1}", { b: 1 }],
  ])("%j is read", (text, value) => {
    expect(valueIn(text)).toEqual(value);
  });
});

describe("members", () => {
  test.each([
    ["", {}],
    ["# only a comment", {}],
    ["a: 1\nb = 2\nc 3; d: 4, e: 5", { a: 1, b: 2, c: 3, d: 4, e: 5 }],
    ["a: 1\r\nb: 2\r\n", { a: 1, b: 2 }],
    ["a\n:\n", undefined],
    ["a\n: 1", { a: 1 }],
    ["a {b: 1}\nc {d: 2}", { a: { b: 1 }, c: { d: 2 } }],
    ['{"a": {"b": [1 , true, "c"]}, "d": 1.5}', { a: { b: [1, true, "c"] }, d: 1.5 }],
    ['{\n  "a": 1\n}\n', { a: 1 }],
    ["{{a: 1}, b: 2}", { a: 1, b: 2 }],
    ["{a: 1\n", { a: 1 }],
    ["a: 1\n}", { a: 1 }],
    ["a: 1 // c", { a: 1 }],
    ["a: 1 / ", { a: 1 }],
    ["a: 1, a: 2", { a: 2 }],
    ["A: 1, a: 2", { A: 1, a: 2 }],
    ["a:", { a: "" }],
    ["a: # no comment", undefined],
    ["a: #\n", { a: "#" }],
    ["a.b-c$d: 1", { "a.b-c$d": 1 }],
    ["a: x\0b: y", { a: "x", b: "y" }],
  ])("%j is read", (text, map) => {
    if (map === undefined) expect(() => parseServerConfig(text)).toThrowCode("ERR_CONFIG_SYNTAX");
    else expect(parseServerConfig(text)).toEqual(map);
  });

  test.each([
    [": 1", 1, 1],
    ["a: 1\nb: 2 c", 2, 6],
    ["a:\n1", 1, 3],
    ["a: [1\n", 2, 1],
    ["a: [,]", 1, 5],
    ["a: [1]", 1, 7],
    ["a: {b: 1", 1, 9],
    ["a: {b}", 1, 7],
    ["a: {b: , c: 1}", 1, 8],
    ["a: {]}", 1, 5],
    ["a: {b: }", 1, 8],
    ["a: 'x\ny", 1, 4],
    ['\u{1f980}: "x', 1, 4],
    ['a: "\\q"', 1, 5],
    ['a: "\\x4g"', 1, 5],
    ["a: -x", 1, 4],
    ["a: 1.", 1, 6],
    ["a: .5", 1, 4],
    ["a: 1.5s", 1, 7],
    ["a: 9223372036854775808", 1, 4],
    ["a: 1kbb", 1, 4],
    ["a: \u0663", 1, 4],
    ["a: \u0663.\u0663", 1, 4],
    [`a: ${"9".repeat(400)}.0`, 1, 4],
    ["a: 2026-02-30T00:00:00Z", 1, 4],
    ["a: 2026-01-01", 1, 4],
    ["a: 12-3", 1, 4],
    ["a: (\nx\n) ", 1, 4],
    ["a: (\nx\0\n)\n", 1, 4],
    ["a", 1, 2],
    ["a: 1\n/ b: 2", 2, 1],
    ["{a: 1", 1, 6],
    ["{{a: 1} b", 1, 9],
    ["\n\0", 2, 1],
    ["a: $none", 1, 4],
    ["a: $", 1, 4],
    ["b: 1\n  a: $a", 2, 6],
    ["include", 1, 8],
    ["include\nx", 1, 8],
    ["include [x]", 1, 9],
    ["include 1.conf", 1, 9],
    ["include 'x", 1, 9],
    ["'a", 1, 1],
  ])("%j is refused at line %i, column %i", (text, line, column) => {
    expect(() => parseServerConfig(text)).toThrowCode("ERR_CONFIG_SYNTAX");
    expect(() => parseServerConfig(text)).toThrow(`line ${line}, column ${column}:`);
  });

  test("no message shows the text", () => {
    for (const text of [
      'password: "secret',
      "password: secret secret",
      "secret",
      "a: 'secret'secret",
      "secret: $secret",
    ]) {
      expect(() => parseServerConfig(text)).not.toThrow(/secret/);
    }
  });

  test("text that is nested without end is refused, and not a stack that overflows", () => {
    for (const open of ["[", "{a:", "{a: [", "{"]) {
      expect(() => parseServerConfig(`a: ${open.repeat(100_000)}`)).toThrowCode("ERR_CONFIG_SYNTAX");
    }
    expect(() => parseServerConfig("{".repeat(100_000))).toThrowCode("ERR_CONFIG_SYNTAX");
  });

  test.each([undefined, null, 1, {}, new Uint8Array()])("%s is no text", (text) => {
    expect(() => parseServerConfig(text as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("variables", () => {
  test("are members of the maps around, the innermost first", () => {
    const text = "x: 1, a: $x, b { x: 2, c: $x, d { e: $x }, f: [$x] }, g: $x, y { z: 5 }, h: $y";
    expect(parseServerConfig(text)).toEqual({
      x: 1,
      a: 1,
      b: { x: 2, c: 2, d: { e: 2 }, f: [2] },
      g: 1,
      y: { z: 5 },
      h: { z: 5 },
    });
    expect(() => parseServerConfig("b { x: 1 }, a: $x")).toThrowCode("ERR_CONFIG_SYNTAX");
    expect(() => parseServerConfig("a: $x, x: 1")).toThrowCode("ERR_CONFIG_SYNTAX");
  });

  test("are looked up in the environment at last, where their text is read as a value", () => {
    const variables = { N: "2k", S: "'a b'", L: "[1, $N]", M: "{ a: b }", SELF: "$SELF", ONE: "$TWO", TWO: "$ONE" };
    expect(valueIn("[$N, $S, $L, $M]", { variables })).toEqual([2000, "a b", [1, 2000], { a: "b" }]);
    expect(parseServerConfig("N: own\na: $N", { variables })["a"]).toBe("own");
    for (const text of ["$SELF", "$ONE", "$toString", "$NONE"]) {
      expect(() => valueIn(text, { variables })).toThrowCode("ERR_CONFIG_SYNTAX");
    }
    expect(() => valueIn("$BAD", { variables: { BAD: "'x" } })).toThrow(/value of \$BAD/);
    expect(() => valueIn("$BAD", { variables: { BAD: undefined } })).toThrowCode("ERR_CONFIG_SYNTAX");
  });

  test("are not looked up in quotes, nor in the middle of words", () => {
    expect(valueIn("['$x', \"$x\", a$x, \\x24x]")).toEqual(["$x", "$x", "a$x", "$x"]);
  });
});

describe("includes", () => {
  const files: Readonly<Record<string, string>> = {
    "a.conf": "x: 1\ny: 2",
    "sub/b.conf": "include ../a.conf\ninclude './c.conf'",
    "sub/c.conf": "z: $x2",
    "with space.conf": "s: 1",
    "etc/abs.conf": "abs: 1",
    "bad.conf": "ok: 1\nbad: 'x",
    "self.conf": "include self.conf",
    "../up.conf": "up: 1",
  };
  const include = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error(`there is no ${path}`);
    return text;
  };

  test("merge the members of another file, whose path starts at the file that includes it", () => {
    const options = { include, variables: { x2: "5" } };
    expect(parseServerConfig("include a.conf", options)).toEqual({ x: 1, y: 2 });
    expect(parseServerConfig("y: 0; include sub/b.conf; x: 7", options)).toEqual({ x: 7, y: 2, z: 5 });
    expect(parseServerConfig("m { INCLUDE 'a.conf', z: $y }", options)).toEqual({ m: { x: 1, y: 2, z: 2 } });
    expect(parseServerConfig('include "with space.conf"', options)).toEqual({ s: 1 });
    expect(parseServerConfig("include sub/../../up.conf", options)).toEqual({ up: 1 });
    // nats-server joins paths that are absolute, too.
    expect(parseServerConfig("include /etc/abs.conf", options)).toEqual({ abs: 1 });
    expect(parseServerConfig("{ include a.conf\n}", options)).toEqual({ x: 1, y: 2 });
  });

  test("of a file that can't be had, or without any, are refused", () => {
    expect(() => parseServerConfig("include a.conf")).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => parseServerConfig("include none.conf", { include })).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => parseServerConfig("include a.conf", { include: () => 1 as never })).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => parseServerConfig("include self.conf", { include })).toThrowCode("ERR_CONFIG_SYNTAX");
  });

  test("say in which file something is wrong", () => {
    expect(() => parseServerConfig("include bad.conf", { include })).toThrow(
      /"bad.conf" is malformed at line 2, column 6/,
    );
  });

  test("are names like others in quotes, or before a colon", () => {
    expect(parseServerConfig("'include' x, b: 1")).toEqual({ include: "x", b: 1 });
    expect(parseServerConfig("include: x")).toEqual({ include: "x" });
  });
});

describe("whatever is written", () => {
  const leaf = fc.oneof(
    hostileText.map(asUtf8),
    fc.boolean(),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  );
  const { map } = fc.letrec((tie) => ({
    map: fc.dictionary(memberName.map(asUtf8), tie("value"), { maxKeys: 5, noNullPrototype: true }),
    value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie("value"), { maxLength: 4 }), tie("map")),
  }));

  test("is read as it was", () => {
    fc.assert(
      fc.property(map, (config) => {
        expect(parseServerConfig(formatServerConfig(config as never))).toEqual(config);
      }),
    );
  });

  test("any text is read or refused with a code", () => {
    const any = fc.oneof(
      hostileText,
      fc.array(fc.constantFrom(..."ab1-.$:={}[](),;#/\"\\'\n\t kx2"), { maxLength: 40 }).map((list) => list.join("")),
    );
    fc.assert(
      fc.property(any, (text) => {
        try {
          parseServerConfig(text, { include: () => "i: 1" });
        } catch (error) {
          expect(() => {
            throw error;
          }).toThrowCode("ERR_CONFIG_SYNTAX");
        }
      }),
    );
  });
});
