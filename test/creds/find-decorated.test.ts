import fc from "fast-check";
import { parseCreds, parseDecoratedSeed, parseDecoratedToken } from "nsc.js";
import { describe, expect, test } from "vitest";
import { findDecorated } from "../../src/creds/decorated.ts";
import { USER } from "../nkeys/fixtures.ts";
import { runs } from "../property/runs.ts";
import { CREDS, itemsByPattern } from "./fixtures.ts";

/** Everything that the pattern tells apart, and combinations that are near to matching. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("---", "------", "---x---", "-----BEGIN x-----", "------END x------") },
  { weight: 5, arbitrary: fc.constantFrom("\n", "\r\n", "\n\n") },
  { weight: 3, arbitrary: fc.constantFrom("a", "Az0.9_=-", "body", "a b", ".") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("-", "--", "----", "-----", "x---", "---x", "--- ---", " ------", "------ "),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("\r", " ", "\t", "\f", "\u000b", "\u0085", "\u2028", "\ufeff", "é", "\u{1f600}", "\0"),
  },
);

/** Items one after the other, with something between and inside them. */
const nearly = fc
  .array(
    fc.tuple(
      fc.constantFrom("", " ", "x", "-"),
      fc.constantFrom("---x---", "------", "---x--", "----"),
      fc.constantFrom("\n", "\r\n", "\r\r\n", " \n"),
      fc.constantFrom("body", "a", "", "----", "------", "b c"),
      fc.constantFrom("\n", "\r\n"),
      fc.constantFrom("---y---", " ---y---", "------", "---"),
      fc.constantFrom("\n", "\r\n", "", "\r", "x"),
    ),
    { maxLength: 4 },
  )
  .map((items) => items.flat().join(""));

const text = fc.oneof(
  { weight: 3, arbitrary: fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join("")) },
  { weight: 1, arbitrary: nearly },
);

describe("findDecorated", () => {
  test("finds what the pattern of section 6.4 finds", () => {
    let found = 0;
    fc.assert(
      fc.property(text, (contents) => {
        const expected = itemsByPattern(contents);
        found += expected.length > 0 ? 1 : 0;
        expect(findDecorated(contents, Number.POSITIVE_INFINITY)).toEqual(expected);
        expect(findDecorated(contents)).toEqual(expected.slice(0, 1));
        expect(findDecorated(contents, 2)).toEqual(expected.slice(0, 2));
        expect(parseDecoratedToken(contents)).toBe(expected[0] ?? contents);
      }),
      { numRuns: runs(20_000) },
    );
    // Otherwise the texts would show little.
    expect(found).toBeGreaterThan(50);
  });

  test.each<[string, readonly string[]]>([
    ["------\na\n------", ["a"]],
    ["------\na\n------\n", ["a"]],
    ["-----\na\n------\n", []],
    ["------\na\n-----\n", []],
    ["------\na\n------\nb\n------\n", ["a"]],
    ["------\na\n------\n------\nb\n------\n", ["a", "b"]],
    ["x------\na\n------\n", ["a"]],
    ["------\na\nx------\n", []],
    ["------\na\n ------\n", []],
    ["------\n\na\n------\n", []],
    ["------\r\na\r\n------\r\n", ["a"]],
    ["------\r\na\r\n------\r", []],
    ["------\r\r\na\n------\n", []],
    ["------\n------\n------\n", ["------"]],
    ["------\n------\na\n------\n", ["a"]],
    ["---\r---\na\n---\r---", ["a"]],
    ["---\u2028---\na\n------", ["a"]],
  ])("%j", (contents, items) => {
    expect(itemsByPattern(contents)).toEqual(items);
    expect(findDecorated(contents, 9)).toEqual(items);
  });
});

/** More than is ever needed on this machine, and far less than backtracking would take. */
const AT_MOST = 2000;

describe("long texts take linear time", () => {
  const LONG = 1_000_000;
  test.each<[string, string]>([
    ["one run of dashes", "-".repeat(LONG)],
    ["runs of dashes on every line", `${"-".repeat(999)}\n`.repeat(LONG / 1000)],
    ["short lines of dashes", "------\n".repeat(LONG / 7)],
    ["dashes and a word, over and over", "---a".repeat(LONG / 4)],
    ["white space before dashes", `${" ".repeat(LONG)}------\n`],
    ["white space alone", " ".repeat(LONG)],
    ["line ends alone", "\r\n".repeat(LONG / 2)],
    ["a body without an end", `------\n${"a".repeat(LONG)}`],
    ["items that do not close", "------\na\nb\n".repeat(LONG / 11)],
    ["items that do", "------\na\n------\n".repeat(LONG / 16)],
    ["lines that look like seeds after a blank", " SU\n".repeat(LONG / 4)],
    ["a seed that never ends", `SU${"A".repeat(LONG)}`],
    ["white space after a seed", `SU${" ".repeat(LONG)}`],
    ["letters of all kinds", "\u{1f600}é-\n".repeat(LONG / 5)],
    ["creds after garbage", `${"-".repeat(LONG)}\n${CREDS}`],
  ])("%s", (_, contents) => {
    for (const parse of [parseDecoratedToken, parseDecoratedSeed, parseCreds]) {
      const start = performance.now();
      try {
        parse(contents);
      } catch {
        // What becomes of it is not the question here.
      }
      expect(performance.now() - start).toBeLessThan(AT_MOST);
    }
  });

  test("and are read all the same", () => {
    expect(parseCreds(`${"-".repeat(LONG)}\n${"x\n".repeat(LONG / 2)}${CREDS}${"-".repeat(LONG)}`).seed).toBe(
      USER.seed,
    );
    const body = "a".repeat(LONG);
    expect(parseDecoratedToken(`------\n${body}\n------`)).toBe(body);
  });
});
