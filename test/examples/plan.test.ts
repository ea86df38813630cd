import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "nsc.js";
import { expect, test } from "vitest";
import { planAndApply } from "../../examples/plan.ts";
import { expectNoSeed } from "../support/secrets.ts";

test("the story of a tree under version control is told to its end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nsc-test-"));
  try {
    const lines: string[] = [];
    await planAndApply({ folder, tell: (line) => lines.push(line) });
    expect(lines).toEqual(
      expect.arrayContaining([
        '+ account "prod/T1"',
        "  ~ nats.limits.conn: -1 -> 500",
        "applied: 8 changes in one commit",
        "left to do: 0",
        "  ~ nats.limits.conn: -1 -> 50",
        '- user "prod/T1/backdoor"',
        "T1 may have 50 connections",
      ]),
    );
    expect(lines.join("\n")).toMatch(/^refused: the tree has changed since the plan was made/m);
    const token = await readFile(join(folder, "nsc/prod/accounts/T1/T1.jwt"), "utf8");
    expect(decode(token.trim(), { kind: "account" }).nats.limits.conn).toBe(50);
    for (const name of ["tree.json", "plan.json"]) {
      expectNoSeed(await readFile(join(folder, name), "utf8"));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
