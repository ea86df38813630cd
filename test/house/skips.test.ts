import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../support/manifest.ts";

/** Tests are not skipped in silence: see `test/support/skips.ts`. */

/** Where conditions are looked up, and said aloud. */
const HELPERS = /^(?:support\/|server\/servers\.ts$|house\/skips\.test\.ts$)/;

/** A skip whose condition is not one of these, and a test that ends early because of where it runs. */
const SILENT: readonly RegExp[] = [
  /\b(?:skipIf|runIf)\((?!lacks|isOlderThan\()/,
  /\bskip: (?!lacks)/,
  /\b(?:test|describe|it)\.(?:skip|todo)\(/,
  /^\s*if \(!?\(?is(?:Posix|Since|OlderThan)\b.*\) return/,
];

function silentSkips(text: string): string[] {
  return text.split("\n").filter((line) => SILENT.some((pattern) => pattern.test(line)));
}

test("skips of tests are said aloud", () => {
  const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && !HELPERS.test(file));
  expect(files.length).toBeGreaterThan(200);
  const found = files.flatMap((file) => {
    return silentSkips(readFileSync(join(ROOT, "test", file), "utf8")).map((line) => `${file}: ${line.trim()}`);
  });
  expect(found).toEqual([]);
});

test.each([
  'test.skipIf(process.platform === "win32")("x", () => {});',
  "describe.runIf(isPosix)('x', () => {});",
  'test("x", { skip: !isPosix }, () => {});',
  'describe.skip("x", () => {});',
  '    if (!isSince("2.9.16")) return;',
])("a silent one is found: %s", (line) => {
  expect(silentSkips(line)).toEqual([line]);
});

test.each([
  'test.skipIf(lacks(isThere, "a disk"))("x", () => {});',
  'test.skipIf(isOlderThan("2.10.0"))("x", () => {});',
  'test("x", { skip: lacksPosix }, () => {});',
])("one that is said aloud is not: %s", (line) => {
  expect(silentSkips(line)).toEqual([]);
});
