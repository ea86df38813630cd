import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SubjectIndex } from "../../src/subjects/subject-index.ts";
import { cpuTime } from "../encoding/cpu-time.ts";
import { runs } from "../property/runs.ts";
import { matches } from "./matcher.ts";

/** Few different tokens, so that subjects contain one another; `>` and empty ones anywhere. */
const token = fc.constantFrom("a", "a", "b", "*", "*", ">", "", "$1");

function subjects(most: number): fc.Arbitrary<string> {
  return fc.array(token, { minLength: 1, maxLength: most }).map((tokens) => tokens.join("."));
}

/** The rule as Go has it: each compared with each. */
function naive(added: readonly string[], of: string): { containedIn: number[]; containing: number[] } {
  const places = [...added.keys()];
  return {
    containedIn: places.filter((place) => matches(added[place] as string, of)),
    containing: places.filter((place) => matches(of, added[place] as string)),
  };
}

function expectSame(index: SubjectIndex<number>, added: readonly string[], asked: string): void {
  const { containedIn, containing } = naive(added, asked);
  expect(index.containedIn(asked), asked).toEqual(containedIn);
  expect(index.containedIn(asked, 2), asked).toEqual(containedIn.slice(0, 2));
  expect(
    index.containing(asked).toSorted((a, b) => a - b),
    asked,
  ).toEqual(containing);
}

function indexOf(added: readonly string[]): SubjectIndex<number> {
  const index = new SubjectIndex<number>();
  for (const [place, subject] of added.entries()) index.add(subject, place);
  return index;
}

/** Patterns of different shapes: the bits of a number say where the wildcards are. */
function patternOf(bits: number, length: number): string {
  return Array.from({ length }, (_, place) => ((bits >> place) & 1 ? "*" : "a")).join(".");
}

describe("SubjectIndex", () => {
  test("is empty at first", () => {
    const index = new SubjectIndex<string>();
    expect(index.containedIn(">")).toEqual([]);
    expect(index.containing("a")).toEqual([]);
  });

  test("keeps equal subjects apart, in the order in which they were added", () => {
    const index = indexOf(["a.b", "a.*", "a.b", "a.*"]);
    expect(index.containedIn("a.b")).toEqual([0, 2]);
    expect(index.containedIn("a.*")).toEqual([0, 1, 2, 3]);
    expect(index.containedIn("a.*", 3)).toEqual([0, 1, 2]);
    expect(index.containedIn("a.*", 0)).toEqual([]);
    expect(index.containing("a.b").toSorted()).toEqual([0, 1, 2, 3]);
    expect(index.containing("a.*").toSorted()).toEqual([1, 3]);
  });

  test("does not take tokens together that are apart", () => {
    const index = indexOf(["ab.c", "a.bc", "a.b.c", "a..bc"]);
    expect(index.containedIn("a.bc")).toEqual([1]);
    expect(index.containedIn("*.bc")).toEqual([1]);
    expect(index.containedIn("a.*.*")).toEqual([2, 3]);
    expect(index.containing("a..bc")).toEqual([3]);
  });

  test("finds what each compared with each finds", () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.array(subjects(4), { maxLength: 30, size: "max" }),
        fc.array(subjects(4), { maxLength: 10, size: "max" }),
        (added, asked) => {
          const index = indexOf(added);
          for (const subject of [...added, ...asked]) {
            expectSame(index, added, subject);
            found += naive(added, subject).containing.length;
          }
        },
      ),
      { numRuns: runs(300) },
    );
    expect(found).toBeGreaterThan(1000);
  });

  test("finds it also while it grows", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(subjects(3), subjects(3)), { maxLength: 25, size: "max" }), (steps) => {
        const index = new SubjectIndex<number>();
        const added: string[] = [];
        for (const [subject, asked] of steps) {
          // Asking for a pattern makes the index for its shape, and what is added later must come into it.
          expectSame(index, added, asked);
          index.add(subject, added.length);
          added.push(subject);
          expectSame(index, added, asked);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  test.each([1, 63, 64, 65, 66, 128])("finds it with %i shapes", (shapes) => {
    const added = [
      "a.a.a.a.a.a.a",
      "a.a",
      ...Array.from({ length: shapes }, (_, bits) => patternOf(bits, 7)),
      "b.a.a.a.a.a.a",
    ];
    const index = indexOf(added);
    for (const asked of [...added, "a.*", ">", "a.>", "a.a.a.>", "*.*.*.*.*.*.*", "b.b.b.b.b.b.b", "x"]) {
      expectSame(index, added, asked);
    }
  });

  test("finds it when it is the questions that have many shapes", () => {
    const added = ["a.a.a.a.a.a.a", "a.b.a.b.a.b.a", "*.a.*.a.*.a.*", ">", "a"];
    const index = indexOf(added);
    for (let bits = 0; bits < 128; bits++) expectSame(index, added, patternOf(bits, 7));
    index.add("a.a.a.b.a.a.a", added.length);
    added.push("a.a.a.b.a.a.a");
    for (let bits = 0; bits < 128; bits++) expectSame(index, added, patternOf(bits, 7));
  });

  test("finds it in random subjects of many shapes", () => {
    fc.assert(
      fc.property(fc.array(subjects(9), { minLength: 90, maxLength: 140, size: "max" }), (added) => {
        const index = indexOf(added);
        for (const subject of added) expectSame(index, added, subject);
      }),
      { numRuns: runs(750, 1 / 50) },
    );
  });

  test.each([1, 100])("does not compare each with each, with %i shapes before", (shapes) => {
    // So many that it would take a minute.
    const many = Array.from({ length: 20_000 }, (_, place) => `a.a.a.a.a.a.${place}`);
    const patterns = Array.from({ length: shapes }, (_, bits) => `${patternOf(bits, 7)}.>`);
    let found: number[][] = [];
    const took = cpuTime(() => {
      const index = indexOf([...patterns, ...many]);
      found = many.map((subject) => [index.containedIn(subject, 2).length, index.containing(subject).length]);
    });
    expect(found).toEqual(many.map(() => [1, 1]));
    expect(took).toBeLessThan(5000);
  });
});
