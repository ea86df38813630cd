import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { lintRules } from "nsc.js";
import { expect, test } from "vitest";

const rows = Object.entries(lintRules).map(
  ([code, { levels, meaning, fix }]) => `| \`${code}\` | ${levels.join(", ")} | ${meaning} | ${fix} |`,
);

test("docs/lint.md has all codes, and no others", async () => {
  const page = await readFile(join(import.meta.dirname, "../../../docs/lint.md"), "utf8");
  expect(page.split("\n").filter((line) => /^\| `[A-Z_]+` \|/.test(line))).toEqual(rows);
});

test("rules can't be changed", () => {
  expect(() => Object.assign(lintRules.CLAIMS, { fix: "none" })).toThrow(TypeError);
  expect(() => Object.assign(lintRules, { CLAIMS: undefined })).toThrow(TypeError);
});
