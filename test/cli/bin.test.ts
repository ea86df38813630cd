import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { manifest, ROOT } from "../support/manifest.ts";
import { isPosix } from "../support/posix.ts";
import { lacks } from "../support/skips.ts";
import { lacksTerminal, runInTerminal } from "./support/pty.ts";
import { CommandHome } from "./support/run-command.ts";

const BIN = join(ROOT, manifest.bin["nsc"] ?? "");
const OPERATOR = ".local/share/nats/nsc/stores/local/local.jwt";
const lacksShell = lacks(isPosix, "a POSIX shell");

/** The built command as a process; `shell` takes it as `"$@"`. */
async function run(home: string, argv: readonly string[], shell = '"$@"') {
  expect(existsSync(BIN), "run `npm run build` first").toBe(true);
  const env = { PATH: process.env["PATH"], HOME: home };
  const child = spawn("/bin/sh", ["-c", shell, "sh", process.execPath, BIN, ...argv], { cwd: home, env });
  child.stdin.end();
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

test.skipIf(lacksShell)("the command says how it went, with all that it printed", async () => {
  await using home = await CommandHome.make();
  const help = await run(home.path, ["--help"]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain("Usage:");
  const wrong = await run(home.path, ["--frobnicate"]);
  expect(wrong).toMatchObject({ code: 1, stdout: "" });
  expect(wrong.stderr).toContain("unknown flag: --frobnicate");
  // More than a pipe holds at a time, for one who begins late to read.
  const names = Array.from({ length: 30 }, (_, index) => `A${index}`);
  await home.nsc("add", "operator", "local");
  for (const name of names) await home.nsc("add", "account", name);
  const script = await run(home.path, ["completion", "bash"], '{ "$@"; echo "code $?" >&2; } | { sleep 0.5; cat; }');
  expect(script.stderr).toBe("code 0\n");
  expect(script.stdout).toBe((await home.nsc("completion", "bash")).stdout);
});

test.skipIf(lacksShell)("the command ends quietly when nobody reads on", async () => {
  await using home = await CommandHome.make();
  const gone = await run(home.path, ["--help"], '{ sleep 0.3; "$@"; echo "code $?" >&2; } | true');
  expect(gone.stderr).toBe("code 0\n");
  const head = await run(home.path, ["completion", "bash"], '{ "$@"; echo "code $?" >&2; } | head -n 1');
  expect(head.stderr).toBe("code 0\n");
  expect(head.stdout.trim().split("\n")).toHaveLength(1);
  // What it has to say of what went wrong stays the exit code.
  const silent = await run(home.path, ["--frobnicate"], '{ sleep 0.3; "$@"; echo "code $?"; } 2>&1 >&3 3>&- | true');
  expect(silent.stderr).not.toContain("EPIPE");
});

test.skipIf(lacksShell)("what a command does is done, whoever reads of it", async () => {
  await using home = await CommandHome.make();
  await home.nsc("add", "operator", "local", "--sys");
  const accounts = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`A${i}`, { users: { u: {} } }]));
  await writeFile(join(home.path, "tree.json"), JSON.stringify({ accounts }));
  const applied = await run(home.path, ["apply", "tree.json"], '{ "$@"; echo "code $?" >&2; } | head -n 1');
  expect(applied.stderr).toBe("code 0\n");
  expect((await home.nsc("list", "accounts")).stdout).toContain("A299");
});

const lacksFullDisk = lacks(existsSync("/dev/full"), "the device of a disk that is full, as Linux has one");

test.skipIf(lacksFullDisk)("what could not be written is a failure", async () => {
  await using home = await CommandHome.make();
  await home.nsc("add", "operator", "local");
  const full = await run(home.path, ["describe", "operator"], '"$@" > /dev/full');
  expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining("ENOSPC") });
});

test.skipIf(lacksShell)("the command has its say in a folder that is gone", async () => {
  await using home = await CommandHome.make();
  const { code, stderr } = await run(home.path, ["add", "operator", "local"], 'mkdir x && cd x && rmdir ../x && "$@"');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^Error: the working directory is not there/),
  });
});

test.skipIf(lacksTerminal)("Ctrl-C at a question ends the command with 130, and nothing is written", async () => {
  await using home = await CommandHome.make();
  await using terminal = runInTerminal(["add", "operator", "-i"], { cwd: home.path });
  await terminal.waitFor("import operator from a JWT");
  terminal.type("\x03");
  expect(await terminal.exitCode()).toBe(130);
  expect(terminal.screen).toContain("interrupted");
  expect(existsSync(join(home.path, OPERATOR))).toBe(false);
});

test.skipIf(lacksTerminal)("answers are typed in a terminal", async () => {
  await using home = await CommandHome.make();
  await using terminal = runInTerminal(["add", "operator", "-i"], { cwd: home.path });
  await terminal.waitFor("import operator from a JWT");
  terminal.type("n");
  await terminal.waitFor("operator name");
  terminal.type("local\r");
  for (const question of ["valid from", "valid until"]) {
    await terminal.waitFor(question);
    terminal.type("\r");
  }
  await terminal.waitFor("Generate system account?");
  terminal.type("n");
  await terminal.waitFor("Generate signing key?");
  terminal.type("n");
  await terminal.waitFor("generate an operator nkey");
  terminal.type("y");
  expect(await terminal.exitCode()).toBe(0);
  expect(existsSync(join(home.path, OPERATOR))).toBe(true);
});
