import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cliDocument, withCallTable } from "../../scripts/cli-doc.ts";

const ROOT = join(import.meta.dirname, "../..");

test("docs/cli.md is what `npm run docs:cli` writes", async () => {
  const written = await readFile(join(ROOT, "docs/cli.md"), "utf8");
  expect(written, "docs/cli.md is not up to date: run `npm run docs:cli`").toBe(cliDocument());
});

test("README.md has the calls of all commands", async () => {
  const written = await readFile(join(ROOT, "README.md"), "utf8");
  expect(written, "README.md is not up to date: run `npm run docs:cli`").toBe(withCallTable(written));
});
