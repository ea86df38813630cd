import { expect, test } from "vitest";
import type { LintFinding } from "../../../src/authority/reports/lint-findings.ts";
import { type LintCode, lintRules } from "../../../src/authority/reports/lint-rules.ts";
import { commands, groups } from "../../../src/cli/commands/index.ts";
import { parseArguments } from "../../../src/cli/parse-arguments.ts";
import { fixOf } from "../../../src/cli/validation/lint-fix.ts";
import { copyHome, prepareHome } from "../support/prepared-home.ts";

const OPERATOR = ["local"];
const ACCOUNTS = [
  ["local", "A"],
  ["local", "my account"],
];
const USERS = ACCOUNTS.map((path) => [...path, "my user"]);

/** What a code may be about. */
function pathsOf(code: LintCode): readonly (readonly string[])[] {
  if (code.startsWith("USER_")) return USERS;
  const isOfAny = ["DAMAGED", "CLAIMS", "EXPIRED", "EXPIRES_SOON", "NOT_YET_VALID", "ISSUER_GONE"].includes(code);
  return isOfAny ? [OPERATOR, ...ACCOUNTS, ...USERS] : ACCOUNTS;
}

function findingOf(code: LintCode, path: readonly string[]): LintFinding {
  const kind = path.length === 1 ? "operator" : path.length === 2 ? "account" : "user";
  return { code, level: "error", entity: { kind, path }, path: [], message: "", fix: lintRules[code].fix };
}

const codes = Object.keys(lintRules) as LintCode[];

test.each(codes)("the fix of %s names commands that there are", (code) => {
  for (const path of pathsOf(code)) {
    const fix = fixOf(findingOf(code, path));
    expect(fix).not.toMatch(/undefined|dropPermissions/);
    for (const [, line = ""] of fix.matchAll(/'nsc ((?:[^']|'my (?:account|user)')+)'/g)) {
      const words = (line.match(/'[^']+'|\S+/g) ?? []).map((word) => word.replaceAll("'", ""));
      expect(parseArguments({ commands, groups }, words), line).toMatchObject({ kind: "run" });
    }
  }
});

test("what knows more than the rule is said as it is", () => {
  expect(fixOf({ ...findingOf("TOKEN_SIZE", ["local", "A"]), fix: "compact its revocations" })).toBe(
    "compact its revocations",
  );
});

test("what lint says to do mends it", async () => {
  const prepared = await prepareHome();
  await using home = await copyHome(prepared);
  await prepared.home[Symbol.asyncDispose]();
  const { json } = await home.run(["lint", "--json"]);
  const [finding] = json as readonly LintFinding[];
  expect(finding).toMatchObject({
    code: "USER_REVOKED",
    fix: "have it signed again: 'nsc edit user -a B bob -K KEY', or 'nsc delete user -a B bob'",
  });
  // The revocation is of this second, and a token of the same second is revoked, too.
  await home.run(["edit", "user", "-a", "B", "bob", "-K", prepared.keys.B], {
    clock: () => new Date(Date.now() + 2000),
  });
  expect((await home.run(["lint", "--json"], { clock: () => new Date(Date.now() + 2000) })).json).toEqual([]);
});
