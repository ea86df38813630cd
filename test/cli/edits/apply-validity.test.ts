import { expect, it } from "vitest";
import { applyValidity } from "../../../src/cli/edits/apply-validity.ts";
import { Report } from "../../../src/cli/output/report.ts";

const now = new Date("2030-01-01T00:00:00Z");
const day = (text: string) => Date.parse(text) / 1000;

function apply(claims: { nbf?: number; exp?: number }, start: number | undefined, expiry: number | undefined) {
  const report = new Report();
  applyValidity(claims, { start, expiry }, { now, report });
  return { claims, lines: report.entries.map(({ label }) => label) };
}

it("sets what was given, in nsc's words", () => {
  const { claims, lines } = apply({}, day("2020-02-02"), day("2030-01-04"));
  expect(claims).toEqual({ nbf: day("2020-02-02"), exp: day("2030-01-04") });
  expect(lines).toEqual([
    "changed jwt valid start to 2020-02-02 00:00:00 UTC - 10 years ago",
    "changed jwt expiry to 2030-01-04 00:00:00 UTC - in 3 days",
  ]);
});

it("removes a bound that is to be none", () => {
  const { claims, lines } = apply({ nbf: 1, exp: 2 }, 0, 0);
  expect(claims).toEqual({});
  expect(lines).toEqual(["changed jwt start to not have a start date", "changed jwt expiry to never expire"]);
});

it("says nothing of what is as it was", () => {
  expect(apply({ exp: 7 }, undefined, 7)).toEqual({ claims: { exp: 7 }, lines: [] });
  expect(apply({}, 0, 0)).toEqual({ claims: {}, lines: [] });
});
