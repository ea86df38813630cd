import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "nsc.js";
import { expect, test } from "vitest";
import { airGapped } from "../../examples/air-gapped.ts";
import { expectNoSeed } from "../support/secrets.ts";

test("the story of the operator without a network is told to its end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nsc-test-"));
  try {
    const lines: string[] = [];
    await airGapped({ folder, tell: (line) => lines.push(line) });
    const story = lines.join("\n");
    const operator = /^the operator is (O[A-Z2-7]{55})$/m.exec(story)?.[1];
    expect(story).toMatch(/^3 tokens wait for the operator, and nothing is committed$/m);
    expect(story.match(/^to be signed: (?:operator prod|account prod\/(?:APP|SYS)), [OA][A-Z2-7]{55}$/gm)).toHaveLength(
      3,
    );
    expect(story).toMatch(/^refused: .*what it shows is not what would be signed$/m);
    expect(story).toMatch(new RegExp(`^the account APP is signed by ${operator}$`, "m"));
    expect(story).toMatch(/^creds of worker have \d+ characters$/m);

    const token = await readFile(join(folder, "nsc/prod/accounts/APP/APP.jwt"), "utf8");
    expect(decode(token.trim()).iss).toBe(operator);
    const files = await readdir(join(folder, "nsc"), { recursive: true });
    expect(files.filter((name) => name.endsWith("worker.creds"))).toHaveLength(1);
    expect(files.filter((name) => name.includes(operator ?? ""))).toEqual([]);
    for (const name of ["to-sign.json", "signed.json", "to-commit.json"]) {
      expectNoSeed(await readFile(join(folder, name), "utf8"));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
