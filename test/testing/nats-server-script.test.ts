import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../support/manifest.ts";
import { describeOnPosix } from "../support/posix.ts";

const folder = mkdtempSync(join(tmpdir(), "nsc-script-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fake = join(folder, "fake-server");
writeFileSync(fake, "#!/bin/sh\necho 'nats-server: v2.9.10'\n", { mode: 0o755 });
const missing = join(folder, "missing");

async function runScript(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [join(ROOT, "scripts", "nats-server.mjs"), ...args], {
    env: { ...process.env, CI: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code, out, err };
}

describeOnPosix("scripts/nats-server.mjs", () => {
  test("says in one line which server it is, or prints its path", async () => {
    const env = { NATS_SERVER: fake };
    expect(await runScript([], env)).toEqual({ code: 0, out: `nats-server 2.9.10: ${fake} ($NATS_SERVER)\n`, err: "" });
    expect(await runScript(["--print"], env)).toEqual({ code: 0, out: `${fake}\n`, err: "" });
  });

  test("without one says so in one loud line; that is a failure in CI, and for who needs the path", async () => {
    const reason = `${missing} does not run (ENOENT)\n`;
    const skipped = `!!! NO NATS-SERVER, so the tests that need one are SKIPPED: ${reason}`;
    const failed = `!!! NO NATS-SERVER: ${reason}`;
    const env = { NATS_SERVER: missing };
    expect(await runScript([], env)).toEqual({ code: 0, out: "", err: skipped });
    expect(await runScript([], { ...env, CI: "true" })).toEqual({ code: 1, out: "", err: failed });
    expect(await runScript(["--print"], env)).toEqual({ code: 1, out: "", err: failed });
  });

  test.each(["--sweet", "--suite", "--suite ../bookworm", "bookworm"])("refuses %s", async (args) => {
    const { code, out, err } = await runScript(args.split(" "), {});
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^nats-server\.mjs: .*usage/s);
  });
});
