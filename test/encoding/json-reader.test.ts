import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAny } from "../../src/encoding/json-any.ts";
import { describePath, JsonReader } from "../../src/encoding/json-reader.ts";
import { NscError } from "../../src/errors.ts";

function parse(text: string): unknown {
  const reader = new JsonReader(text);
  const value = readAny(reader);
  reader.end();
  return value;
}

function skip(text: string): string {
  const reader = new JsonReader(text);
  const raw = reader.skipValue();
  reader.end();
  return raw;
}

/** What Node says: the value, or that the text is no JSON. */
function verdictOfNode(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const blank = fc.constantFrom("", "", "", " ", "\n", "\t", "\r", " \r\n ");
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.constantFrom("0", "-0", "0.0", "-0.10", "1e5", "1E+5", "1e-5", "0e0", "123456789012345678901234567890", "5e-324"),
);
const letter = fc.constantFrom("a", "\\", '"', "/", "\b", "\n", "é", "\u2028", "😀", "\0", "\x7f", "_", "1");
const text = fc.array(letter, { maxLength: 6 }).map((letters) => JSON.stringify(letters.join("")));
const escaped = fc
  .array(fc.oneof(fc.nat(0xd7ff), fc.constantFrom(0x22, 0x5c, 0x41)), { maxLength: 4 })
  .map((codes) => `"${codes.map((code) => `\\u${code.toString(16).padStart(4, "0")}`).join("")}\\ud83d\\uDE00"`);

/** Valid JSON texts with blanks, escapes, repeated keys and numbers of every form. */
const { json } = fc.letrec<{ json: string; scalar: string; array: string; object: string }>((tie) => ({
  json: fc
    .tuple(blank, fc.oneof({ depthSize: "small" }, tie("scalar"), tie("array"), tie("object")), blank)
    .map((parts) => parts.join("")),
  scalar: fc.oneof(number, text, escaped, fc.constantFrom("null", "true", "false")),
  array: fc
    .tuple(blank, fc.array(tie("json"), { maxLength: 4 }))
    .map(([space, items]) => `[${items.join(",") || space}]`),
  object: fc
    .array(
      fc.tuple(blank, fc.oneof(text, fc.constantFrom('"a"', '"__proto__"', '"constructor"')), blank, tie("json")),
      { maxLength: 4 },
    )
    .map(
      (members) => `{${members.map(([before, key, after, value]) => `${before}${key}${after}:${value}`).join(",")}}`,
    ),
}));

const piece = fc.constantFrom(
  ...[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "null",
    "nul",
    "true",
    "tru",
    "false",
    "0",
    "1",
    "-",
    "+",
    ".",
    "e",
    "E",
  ],
  ...[
    "01",
    "1.",
    ".5",
    "1e",
    "1e+",
    '"a"',
    '"\\x"',
    '"\\u12"',
    '"\\u12G4"',
    '"\\ud83d\\ude00"',
    "\n",
    " ",
    "\u00a0",
    "\ufeff",
    "\v",
  ],
  ...['"\t"', "\0", "/", "'", "NaN", "Infinity", "//", "é"],
);

describe("the JSON reader", () => {
  test("reads valid texts as JSON.parse does", () => {
    fc.assert(
      fc.property(json, (source) => {
        const value = JSON.parse(source);
        // Vitest takes a member called `constructor` for the class.
        deepStrictEqual(parse(source), value);
        expect(skip(source)).toBe(source.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
      }),
    );
  });

  test("accepts and refuses what JSON.parse does: texts with a change", () => {
    const change = fc.record({ at: fc.nat(), cut: fc.nat(2), put: fc.oneof(fc.constant(""), piece) });
    fc.assert(
      fc.property(json, change, (source, { at, cut, put }) => {
        const place = at % (source.length + 1);
        const changed = source.slice(0, place) + put + source.slice(place + cut);
        fc.pre(!/\p{Cs}/u.test(changed));
        expectSameVerdict(changed);
      }),
    );
  });

  test("accepts and refuses what JSON.parse does: texts of loose pieces", () => {
    fc.assert(fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => expectSameVerdict(pieces.join(""))));
  });

  function expectSameVerdict(source: string): void {
    const node = verdictOfNode(source);
    if (node === undefined) {
      expect(() => parse(source)).toThrowCode("ERR_JSON_SYNTAX");
      expect(() => skip(source)).toThrowCode("ERR_JSON_SYNTAX");
    } else {
      expect(skip(source)).toBe(source.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
      // JSON.parse makes Infinity of what is too large, and keeps a lone surrogate.
      if (!/[eE]\+?\d{3}|\d{300}|\\u[dD][89a-fA-F]/.test(source)) deepStrictEqual(parse(source), node.value);
    }
  }

  test.each([
    ['"\\ud800"', "\ufffd"],
    ['"\\udc00\\ud800"', "\ufffd\ufffd"],
    ['"\\ud800\\u0041"', "\ufffdA"],
    ['"\\ud800\\ud83d\\ude00"', "\ufffd😀"],
    ['"\\uD83D\\uDE00"', "😀"],
    ['"\\ud83dx\\ude00"', "\ufffdx\ufffd"],
    ['"\\ud83d\\n"', "\ufffd\n"],
  ])("reads %s as Go does", (source, expected) => {
    expect(parse(source)).toBe(expected);
  });

  test("refuses control characters in strings, and no others", () => {
    for (let code = 0; code < 0x100; code++) {
      const char = String.fromCharCode(code);
      for (const source of [`"a${char}b"`, `"\\n${char}b"`]) {
        if (code === 0x22 || code === 0x5c) continue;
        if (code < 0x20) expect(() => parse(source), source).toThrowCode("ERR_JSON_SYNTAX");
        else expect(parse(source)).toBe(JSON.parse(source));
      }
    }
  });

  test.each(["", " ", "[", "[1,", '{"a"', '{"a":', '"abc', '"abc\\', '"\\u00', "nul", "t", "[1", "\n{"])(
    "says that %j ends too early",
    (source) => {
      expect(() => parse(source)).toThrow(new NscError("ERR_JSON_SYNTAX", "unexpected end of JSON input"));
    },
  );

  test.each([
    ["[1,]", 3],
    ["{a:1}", 1],
    ['{"a" 1}', 5],
    ["[1 2]", 3],
    ["01", 1],
    ["nulx", 3],
    ["\ufeff{}", 0],
    ['"a\nb"', 2],
    ["{} x", 3],
  ])("says where %j is malformed", (source, offset) => {
    expect(() => parse(source)).toThrow(`invalid JSON: unexpected character at offset ${offset}`);
  });
});

describe("depth", () => {
  const shapes: readonly (readonly [string, (depth: number) => string])[] = [
    ["lists", (depth) => "[".repeat(depth) + "]".repeat(depth)],
    ["objects", (depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`],
    ["both", (depth) => `${'[{"a":'.repeat(depth / 2)}0${"}]".repeat(depth / 2)}`],
  ];

  test.each(shapes)("of %s may be 10000", (_, shape) => {
    expect(() => parse(shape(10_000))).not.toThrow();
    expect(() => skip(shape(10_000))).not.toThrow();
    expect(() => parse(shape(10_002))).toThrowCode("ERR_JSON_DEPTH");
    expect(() => skip(shape(10_002))).toThrowCode("ERR_JSON_DEPTH");
  });

  test("of 10001 is refused, and a million levels overflow nothing", () => {
    expect(() => parse("[".repeat(10_001) + "]".repeat(10_001))).toThrowCode("ERR_JSON_DEPTH");
    expect(() => parse("[".repeat(1_000_000))).toThrowCode("ERR_JSON_DEPTH");
    expect(() => skip('{"a":'.repeat(1_000_000))).toThrowCode("ERR_JSON_DEPTH");
  });

  test("counts what is open, not what was opened", () => {
    expect(parse(`[${"[],".repeat(20_000)}[]]`)).toHaveLength(20_001);
  });
});

describe("errors of type", () => {
  const custom = new NscError("ERR_CLAIMS_VALUE", "of its own");

  test("wait for the end, and the first one wins", () => {
    const reader = new JsonReader('["a", {"b": []}]');
    reader.path.push("x");
    reader.mismatch("a number");
    reader.note(custom);
    expect(() => reader.end()).toThrow(new NscError("ERR_JSON_TYPE", "x must be a number, not an array"));
    expect(() => reader.end()).toThrowCode("ERR_JSON_TYPE");
  });

  test.each(['{"a" 1}', "[1] 2", "[1,]", "[", "["])("give way to a syntax error in %j", (source) => {
    expect(() => {
      const reader = new JsonReader(source);
      reader.mismatch("a number");
      reader.end();
    }).toThrowCode("ERR_JSON_SYNTAX");
  });

  test("name the kind that was found", () => {
    const kinds = {
      "1": "a number",
      '"1"': "a string",
      true: "bool",
      null: "null",
      "[1]": "an array",
      "{}": "an object",
    };
    for (const [source, kind] of Object.entries(kinds)) {
      const reader = new JsonReader(source);
      reader.mismatch("else");
      expect(() => reader.end()).toThrow(`the value must be else, not ${kind}`);
    }
  });

  test("of a reader of its own are thrown at once, unless the text is malformed further on", () => {
    const good = new JsonReader('[1, "x"]');
    good.enterArray();
    good.note(new NscError("ERR_JSON_TYPE", "noted before"));
    expect(() => good.fail(custom)).toThrow(custom);
    const bad = new JsonReader('[1, "x"');
    bad.enterArray();
    expect(() => bad.fail(custom)).toThrowCode("ERR_JSON_SYNTAX");
    expect(() => new JsonReader("1 2").fail(custom)).toThrowCode("ERR_JSON_SYNTAX");
  });
});

describe("describePath", () => {
  test.each([
    [[], "the value"],
    [["nats", "exports", 2, "subject"], "nats.exports[2].subject"],
    [[0], "[0]"],
    [["m", "a.b", "c-d", "1"], 'm["a.b"].c-d["1"]'],
    [["x".repeat(80)], "x".repeat(80)],
    [["x".repeat(100)], `["${"x".repeat(80)}…"]`],
    [["é".repeat(100)], `["${"é".repeat(80)}…"]`],
  ])("writes %j as %j", (path, expected) => {
    expect(describePath(path)).toBe(expected);
  });
});
