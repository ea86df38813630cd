import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tenants } from "../../examples/tenants.ts";

test("the tenants' story is told to its end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nsc-test-"));
  try {
    const lines: string[] = [];
    await tenants({ folder, tell: (line) => lines.push(line) });
    const story = lines.join("\n");
    expect(story.match(/^account (?:SYS|acme|umbrella) A[A-Z2-7]{55}$/gm)).toHaveLength(3);
    expect(story).toMatch(/^servers accept it: /m);
    expect(story).toMatch(/^refused: .*"\*"/m);
    expect(story).toMatch(/^servers refuse it: the account "acme" revokes tokens of everybody/m);
    expect(await readFile(join(folder, "server.conf"), "utf8")).toMatch(/^operator: "eyJ/m);
    expect(await readFile(join(folder, "local/accounts/acme/acme.jwt"), "utf8")).toMatch(/^eyJ/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
