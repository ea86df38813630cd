import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasUnlessOverlooked } from "../../src/subjects/overlooking-lookup.ts";
import { assertServerVersion, hasChange } from "../../src/subjects/server-behaviour.ts";
import { isContainedIn } from "../../src/subjects/subject.ts";
import { runs } from "../property/runs.ts";

describe("a change of servers", () => {
  // By nats-server's tags: a change is in the line that it was made for, in those that it was taken over to, and in all later ones.
  test.each([
    ["2.10.21", "STARS_LOST", false],
    ["2.10.22", "STARS_LOST", true],
    ["2.11.11", "STARS_FOUND", false],
    ["2.11.12", "STARS_FOUND", true],
    ["2.12.3", "STARS_FOUND", false],
    ["2.12.4", "STARS_FOUND", true],
    ["2.10.29", "STARS_FOUND", false],
    ["2.11.15", "SUM_OF_DENIALS", false],
    ["2.11.17", "SUM_OF_DENIALS", true],
    ["2.12.6", "SUM_OF_DENIALS", false],
    ["2.14.0", "SUM_OF_DENIALS", true],
    ["2.14.0-RC.1", "SUM_OF_DENIALS", false],
    ["2.11.17", "OVERLAPS_WITHHELD", false],
    ["2.14.3", "OVERLAPS_WITHHELD", false],
    ["3.0.0", "OVERLAPS_WITHHELD", true],
    [undefined, "ENDS", true],
  ] as const)("%s %s: %s", (version, change, has) => {
    expect(hasChange(version, change)).toBe(has);
  });

  test("is not asked of what is no version, or too old", () => {
    for (const version of ["2.10", "v2.10.27", "latest", "", "2.8.4", 2.1, null, {}]) {
      expect(() => assertServerVersion(version)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    for (const version of [undefined, "2.9.0", "2.16.0-RC.1"]) expect(() => assertServerVersion(version)).not.toThrow();
  });
});

describe("hasUnlessOverlooked", () => {
  test.each([
    [["a.*", "a.b.c"], "a.b", false],
    [["a.*", "a.b.c"], "a.c", true],
    [["a.*", "a.b.>"], "a.b", false],
    [["a.*", "a.b", "a.b.c"], "a.b", true],
    [["a.>", "a.b.c"], "a.b", true],
    [["*", "a.b"], "a", false],
    [["*.b", "a.c"], "a.b", true],
  ])("%o %s: %s", (list, subject, found) => {
    expect(hasUnlessOverlooked(list, subject)).toBe(found);
  });

  test("finds nothing that is not there, and loses nothing where no entry goes on", () => {
    const token = fc.constantFrom("a", "b", "*");
    const entry = fc.array(token, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(entry),
        fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 3 }),
        (list, tokens) => {
          const entries = list.map((each) => each.join("."));
          const subject = tokens.join(".");
          const isThere = entries.some((each) => isContainedIn(subject, each));
          const found = hasUnlessOverlooked(entries, subject);
          if (found) expect(isThere).toBe(true);
          if (isThere && list.every((each) => each.length <= tokens.length)) expect(found).toBe(true);
        },
      ),
      { numRuns: runs(500) },
    );
  });
});
