import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indentJson, quoteJson } from "../../src/encoding/json-string.ts";
import { anyText, anyUnits } from "./arbitraries.ts";

describe("quoteJson", () => {
  // Specification, 2.2.
  test.each([
    ["", '""'],
    ['"\\', '"\\"\\\\"'],
    ["\b\f\n\r\t", '"\\b\\f\\n\\r\\t"'],
    ["\0\x01\v\x1f", '"\\u0000\\u0001\\u000b\\u001f"'],
    ["foo.>", '"foo.\\u003e"'],
    ["<&>", '"\\u003c\\u0026\\u003e"'],
    ["\u2027\u2028\u2029\u202a", '"\u2027\\u2028\\u2029\u202a"'],
    ["\x7f/'\u0080é日", '"\x7f/\'\u0080é日"'],
    ["😀\ufffd", '"😀\ufffd"'],
    ["\\u003e", '"\\\\u003e"'],
    // A lone surrogate has no UTF-8: Go writes the escape for broken bytes.
    ["\ud800", '"\\ufffd"'],
    ["\udc00\ud800", '"\\ufffd\\ufffd"'],
    ["\ud800\ud83d\ude00\ude00", '"\\ufffd😀\\ufffd"'],
    ["a\ud83d", '"a\\ufffd"'],
    ["\ud83d>", '"\\ufffd\\u003e"'],
  ])("of %j is %s", (text, expected) => {
    expect(quoteJson(text)).toBe(expected);
  });

  test("is read back by JSON.parse, and holds nothing that HTML or a script would see", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const quoted = quoteJson(text);
        expect(JSON.parse(quoted)).toBe(text);
        expect(quoted).not.toMatch(/[\0-\x1f<>&\u2028\u2029]/);
      }),
    );
  });

  test("loses only lone surrogates", () => {
    fc.assert(
      fc.property(anyUnits, (text) => {
        expect(JSON.parse(quoteJson(text))).toBe(Buffer.from(text).toString());
      }),
    );
  });
});

describe("indentJson", () => {
  test("spreads any JSON as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 4 }), (value, spaces) => {
        expect(indentJson(JSON.stringify(value), spaces)).toBe(JSON.stringify(value, null, spaces));
      }),
    );
  });

  test("leaves what looks like JSON inside strings alone", () => {
    const value = { 'a:{,}"': ['\\"[1,2]', "{}\\", "[]"], b: {}, c: [], d: [[], [{}]] };
    expect(indentJson(JSON.stringify(value), 2)).toBe(JSON.stringify(value, null, 2));
  });
});
