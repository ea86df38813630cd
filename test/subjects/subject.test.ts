import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  hasWildcards,
  isContainedIn,
  isCoveredBy,
  isReference,
  resolveReferences,
} from "../../src/subjects/subject.ts";
import { runs } from "../property/runs.ts";
import { matches } from "./matcher.ts";

describe("hasWildcards", () => {
  test.each(["*", ">", "a.>", "a.*", "*.a", "a.*.b", "*.*", ".>", "*.", "a..*", ">.>"])(
    "sees those of %s",
    (subject) => {
      expect(hasWildcards(subject)).toBe(true);
    },
  );

  test.each(["", "a", "a*", "a.>.b", ">.a", "**", "a.b*", "a.>b", "a. *", "*a.b", "a>", "a.**"])(
    "sees none in %j",
    (subject) => {
      expect(hasWildcards(subject)).toBe(false);
    },
  );
});

describe("isContainedIn", () => {
  test.each([
    ["a", "a"],
    ["foo.>", "foo.*"],
    [">", "*"],
    ["*", ">"],
    ["", "*"],
    ["", ">"],
    ["", ""],
    ["a.b.c", "a.>"],
    ["a.", "a.>"],
    ["a.", "a.*"],
    ["a.b", "*.*"],
    ["a.b.c", "*.>"],
    ["a.>.c", "a.>.c"],
    ["a.*", "a.*"],
    ["..", "*.*.*"],
  ])("%j is contained in %j", (subject, other) => {
    expect(isContainedIn(subject, other)).toBe(true);
    expect(matches(subject, other)).toBe(true);
  });

  test.each([
    ["foo", "foo.>"],
    ["a", "b"],
    ["a", "A"],
    ["a.b", "a"],
    ["a", "a.b"],
    ["a.b", "*"],
    ["a.*", "a.b"],
    ["a.b.c", "a.>.c"],
    ["ab", "a*"],
    ["a.b", "a.>.b"],
    ["", "a"],
    ["a.b.c", "a.*"],
  ])("%j is not contained in %j", (subject, other) => {
    expect(isContainedIn(subject, other)).toBe(false);
    expect(matches(subject, other)).toBe(false);
  });

  const token = fc.constantFrom("a", "b", "*", ">", "", "a*", "$1", "[x]", "é");
  const subject = fc.array(token, { minLength: 1, maxLength: 5 }).map((tokens) => tokens.join("."));

  test("says what a regular expression says", () => {
    let contained = 0;
    fc.assert(
      fc.property(subject, subject, (one, other) => {
        const is = matches(one, other);
        contained += Number(is);
        expect(isContainedIn(one, other)).toBe(is);
      }),
      { numRuns: runs(5000) },
    );
    // The subjects are such that both answers come up.
    expect(contained).toBeGreaterThan(100);
  });

  test("contains every subject in itself, and in >", () => {
    fc.assert(
      fc.property(subject, (one) => {
        expect(isContainedIn(one, one)).toBe(true);
        expect(isContainedIn(one, ">")).toBe(true);
      }),
    );
  });
});

describe("isCoveredBy", () => {
  const token = fc.constantFrom("a", "b", "*");
  const end = fc.constantFrom("a", "b", "*", ">");
  const subject = fc.tuple(fc.array(token, { maxLength: 3 }), end).map(([tokens, last]) => [...tokens, last].join("."));

  /** The subjects of up to five tokens that one stands for, by trying them all. */
  const all = ["a", "b", "c"].flatMap(function longer(prefix: string): string[] {
    if (prefix.split(".").length === 5) return [prefix];
    return [prefix, ...["a", "b", "c"].flatMap((next) => longer(`${prefix}.${next}`))];
  });
  const meant = (pattern: string): string[] => {
    const body = pattern.split(".").map((part) => (part === ">" ? ".+" : part === "*" ? "[^.]+" : part));
    const regex = new RegExp(`^${body.join("\\.")}$`);
    return all.filter((each) => regex.test(each));
  };

  test("says whether each subject that one stands for is among those of the other", () => {
    let covered = 0;
    fc.assert(
      fc.property(subject, subject, (one, other) => {
        const among = new Set(meant(other));
        const is = meant(one).every((each) => among.has(each));
        covered += Number(is);
        expect(isCoveredBy(one, other)).toBe(is);
      }),
      { numRuns: runs(1000) },
    );
    expect(covered).toBeGreaterThan(50);
  });
});

describe("references", () => {
  test.each(["$1", "$0", "$-1", "$+1", "$007", "$9223372036854775807", "$-9223372036854775808"])(
    "%s is one",
    (token) => {
      expect(isReference(token)).toBe(true);
    },
  );

  test.each(["", "$", "1", "$x", "$1x", "x$1", "$$1", "$ 1", "$1 ", "$1.0", "$1_0", "$0x1", "$\u0661", "$+", "$--1"])(
    "%j is none",
    (token) => {
      expect(isReference(token)).toBe(false);
    },
  );

  test.each(["$9223372036854775808", "$-9223372036854775809"])("%s is too large for one", (token) => {
    expect(isReference(token)).toBe(false);
  });

  test.each([
    ["foo.$2.$1.bar", "foo.*.*.bar"],
    ["a.$-1", "a.*"],
    ["a$1.$", "a$1.$"],
    ["$1", "*"],
    ["a.*.>", "a.*.>"],
    ["", ""],
    ["..$7.", "..*."],
  ])("%j resolves to %j", (subject, resolved) => {
    expect(resolveReferences(subject)).toBe(resolved);
  });
});
