import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cliDocument } from "../../scripts/cli-doc.ts";

test("docs/cli.md is what `npm run docs:cli` writes", async () => {
  const written = await readFile(join(import.meta.dirname, "../../docs/cli.md"), "utf8");
  expect(written, "docs/cli.md is not up to date: run `npm run docs:cli`").toBe(cliDocument());
});
