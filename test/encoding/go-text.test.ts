import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareUtf8, quoteGo, toGoLower, toGoUpper, trimGoSpace } from "../../src/encoding/go-text.ts";
import { anyText } from "./arbitraries.ts";

describe("quoteGo", () => {
  // Go 1.26: `strconv.Quote`.
  test.each([
    ["", '""'],
    [" ", '" "'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["\u0007\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'],
    ["\0\x1f\x7f", '"\\x00\\x1f\\x7f"'],
    ["é😀\ufffd<'", '"é😀\ufffd<\'"'],
    ["\u00a0\u00ad\u200b\ufeff\u0085", '"\\u00a0\\u00ad\\u200b\\ufeff\\u0085"'],
    ["\u2028\u3000", '"\\u2028\\u3000"'],
    ["\ue000\u0378", '"\\ue000\\u0378"'],
    ["\u{10ffff}\u{e0001}", '"\\U0010ffff\\U000e0001"'],
    ["\u0301x", '"\u0301x"'],
  ])("quotes %j", (text, expected) => {
    expect(quoteGo(text)).toBe(expected);
  });

  test("shows a lone surrogate as the character that Go would have read", () => {
    expect(quoteGo("a\ud800b\udc00")).toBe('"a\ufffdb\ufffd"');
  });
});

describe("trimGoSpace", () => {
  // Appendix E; JavaScript's trim has another set.
  const blanks = [
    ..."\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a",
    ..."\u2028\u2029\u202f\u205f\u3000",
  ];
  const others = ["\u200b", "\ufeff", "\u180e", "\0", "\x1f", "\u2060", "\u200e"];

  test.each(blanks)("removes %j from both ends", (blank) => {
    expect(trimGoSpace(`${blank}${blank}a${blank}b${blank}`)).toBe(`a${blank}b`);
    expect(trimGoSpace(blank)).toBe("");
  });

  test.each(others)("keeps %j", (other) => {
    expect(trimGoSpace(`${other}a${other}`)).toBe(`${other}a${other}`);
  });

  test("takes no time for a long inner blank", () => {
    const text = `a${" ".repeat(200_000)}b`;
    expect(trimGoSpace(text)).toBe(text);
  });
});

describe("case", () => {
  // Go 1.26: `strings.ToLower` and `strings.ToUpper`.
  test.each([
    ["ABC", "abc"],
    ["ÀÉ", "àé"],
    ["\u0130", "i"],
    ["Σας ΣΑΣ", "σας σασ"],
    ["ẞ", "ß"],
    ["\u212a", "k"],
    ["\u2126", "ω"],
    ["ǅ", "ǆ"],
    ["\u{10400}", "\u{10428}"],
    ["ß\u0301\ud800", "ß\u0301\ud800"],
  ])("lowers %j", (text, expected) => {
    expect(toGoLower(text)).toBe(expected);
  });

  test.each([
    ["jwt", "JWT"],
    ["straße", "STRAßE"],
    ["ı", "I"],
    ["\u017f", "S"],
    ["ﬀ", "ﬀ"],
    ["ŉ", "ŉ"],
    ["ǅ", "Ǆ"],
    ["ÿµ", "ŸΜ"],
    ["\u0390", "\u0390"],
    ["ᾀᾇᾐᾧ", "ᾈᾏᾘᾯ"],
    ["ᾳῃῳ", "ᾼῌῼ"],
    ["ᾼᾏ", "ᾼᾏ"],
    ["ᾶ", "ᾶ"],
    ["\u{10428}", "\u{10400}"],
  ])("raises %j", (text, expected) => {
    expect(toGoUpper(text)).toBe(expected);
  });
});

describe("compareUtf8", () => {
  test.each([
    ["\ufffd", "😀"],
    ["\uffff", "\u{10000}"],
    ["", "a"],
    ["a", "aa"],
    ["Z", "a"],
    ["a\ue000", "a\u{10000}b"],
  ])("puts %j before %j", (smaller, larger) => {
    expect(compareUtf8(smaller, larger)).toBeLessThan(0);
    expect(compareUtf8(larger, smaller)).toBeGreaterThan(0);
    expect(compareUtf8(smaller, smaller)).toBe(0);
  });

  test("orders as the bytes are ordered", () => {
    const few = fc.array(fc.constantFrom("a", "b", "\ud7ff", "\ue000", "\uffff", "\u{10000}"), { maxLength: 5 });
    const texts = fc.oneof(
      anyText,
      few.map((chars) => chars.join("")),
    );
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});
