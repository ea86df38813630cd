import fc from "fast-check";
import { expect, test } from "vitest";
import { intersectionOf } from "../../src/subjects/intersection.ts";
import { runs } from "../property/runs.ts";
import { matches } from "./matcher.ts";

function common(one: string, other: string): string | undefined {
  return intersectionOf(one.split("."), other.split("."))?.join(".");
}

test.each([
  ["a", "a", "a"],
  ["a.*", "*.b", "a.b"],
  ["a.>", "*.*.c", "a.*.c"],
  ["a.>", "*.>", "a.>"],
  [">", "a.b", "a.b"],
  ["*", ">", "*"],
  ["a", "b", undefined],
  ["a.>", "a", undefined],
  ["a.*", "a.b.c", undefined],
])("what %s and %s have in common is %s", (one, other, both) => {
  expect(common(one, other)).toBe(both);
  expect(common(other, one)).toBe(both);
});

test("it stands for what both stand for, and for nothing else", () => {
  const pattern = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "*"), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([tokens, isOpen]) => (isOpen ? [...tokens.slice(0, -1), ">"] : tokens).join("."));
  const deeper = (subjects: readonly string[]) =>
    subjects.flatMap((each) => ["a", "b"].map((token) => `${each}.${token}`));
  const one = ["a", "b"];
  const all = [...one, ...deeper(one), ...deeper(deeper(one)), ...deeper(deeper(deeper(one)))];
  fc.assert(
    fc.property(pattern, pattern, (first, second) => {
      const both = common(first, second);
      for (const subject of all) {
        const isInBoth = matches(subject, first) && matches(subject, second);
        expect(both !== undefined && matches(subject, both)).toBe(isInBoth);
      }
    }),
    { numRuns: runs(500) },
  );
});
