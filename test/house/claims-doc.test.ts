import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { claimsDocument } from "../../scripts/claims-doc.ts";

test("docs/claims.md is what `npm run docs:claims` writes", async () => {
  expect(await readFile(join(import.meta.dirname, "../../docs/claims.md"), "utf8")).toBe(claimsDocument());
});
