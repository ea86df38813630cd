import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Worker } from "node:worker_threads";
import { createKeyPair, Nsc } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { decodePublicKey } from "../../src/nkeys/codec.ts";
import { SignatureChunk } from "../../src/node/signature-chunk.ts";
import { runMain } from "../cli/support/run-command.ts";
import { withBadSignature } from "../support/bad-signature.ts";
import { manifest } from "../support/manifest.ts";

/** More than one thread checks the signatures of so many. */
const ACCOUNTS = 400;

const folder = mkdtempSync(join(tmpdir(), "nsc-js-many-"));
const allDirs = join(folder, "all");
const bin = join(folder, "package", manifest.bin["nsc"] ?? "");
const loadedFile = join(folder, "loaded.cjs");

beforeAll(async () => {
  execFileSync("tar", ["-xzf", inject("packed").tarball, "-C", folder]);
  await new Nsc({ store: nscDirectory({ allDirs, env: {} }) }).transaction(async (tx) => {
    const operator = await tx.addOperator("O", { signingKey: true, systemAccount: true });
    for (let i = 0; i < ACCOUNTS; i++) {
      await (await operator.addAccount(`A${i}`)).addUser(`u${i}`, { expires: new Date("2090-01-01") });
    }
  });
  const at = (path: string): string => join(allDirs, "O/accounts", path);
  const change = (path: string, by: (token: string) => string): void =>
    writeFileSync(at(path), by(readFileSync(at(path), "utf8")));
  change("A3/A3.jwt", withBadSignature);
  change("A5/users/u5.jwt", withBadSignature);
  change("A7/A7.jwt", () => "none");
  change("A9/users/u9.jwt", () => readFileSync(at("A10/users/u10.jwt"), "utf8"));
  change("A11/users/u11.jwt", (token) => `${token}\n`);
  change("A13/users/u13.jwt", (token) => token.slice(0, -40));
  rmSync(at("A15/A15.jwt"));
  renameSync(at("A17/users"), join(folder, "elsewhere"));
  symlinkSync(join(folder, "elsewhere"), at("A17/users"));
  mkdirSync(at("A19/users/u20.jwt"));
  writeFileSync(
    loadedFile,
    `process.on("exit", () => process._rawDebug(Object.keys(require.cache).filter((file) => file.includes("cli")).join("\\n")));`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = { HOME: folder };
const LINES = [
  "validate -A",
  "validate -A --json",
  "expirations --within 2091-01-01",
  "expirations --within 2091-01-01 --json",
  "generate config --mem-resolver",
  "list accounts",
];

test.each(LINES)("nsc %s says on several threads what it says on one", async (line) => {
  const words = ["--all-dirs", allDirs, ...line.split(" ")];
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...words], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  const alone = await runMain(words, { cwd: folder, env });
  expect({ code: status, stdout, stderr }).toEqual({ code: alone.code, stdout: alone.stdout, stderr: alone.stderr });
  expect(stdout.length + stderr.length).toBeGreaterThan(1000);
});

test("what is wrong is found in all that is right", async () => {
  const { json } = await runMain(["--all-dirs", allDirs, "validate", "-A", "--json"], { cwd: folder, env });
  const { accounts } = json as { accounts: { name: string; issues: { message: string; level: string }[] }[] };
  const bad = accounts.filter(({ issues }) => issues.some(({ level }) => level === "error"));
  expect(bad.map(({ name }) => name).sort()).toEqual(["A13", "A17", "A3", "A5", "A7", "A9"]);
  expect(accounts.map(({ name }) => name)).not.toContain("A15");
});

test("the thread that comes with the command checks what it is given", async () => {
  const pair = createKeyPair("user");
  const [key, signed] = [decodePublicKey(pair.publicKey).publicKey, "signed"];
  const chunk = SignatureChunk.withRoomFor(signed.length);
  chunk.add(key, pair.sign(Buffer.from(signed)), signed);
  chunk.add(key, pair.sign(Buffer.from("other")), signed);
  const worker = new Worker(join(folder, "package/dist/cli/signature-worker.js"));
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  worker.postMessage(chunk.memory);
  worker.postMessage(undefined);
  expect(await ended).toBe(0);
  expect([chunk.isChecked, chunk.isGood(0), chunk.isGood(1)]).toEqual([true, true, false]);
});

test("where no thread may be made, the command does without", () => {
  // Its name in Node 20, and the one that it has now.
  const names = ["--permission", "--experimental-permission"];
  const permission = names.find((name) => process.allowedNodeEnvironmentFlags.has(name)) as string;
  const permissions = [permission, "--allow-fs-read=*", "--allow-fs-write=*", "--no-warnings"];
  const words = ["--all-dirs", allDirs, "generate", "config", "--mem-resolver"];
  const run = (options: readonly string[]) =>
    spawnSync(process.execPath, [...options, bin, ...words], { cwd: folder, env, encoding: "utf8" });
  const { status, stdout } = run(permissions);
  expect([status, stdout]).toEqual([0, run([]).stdout]);
});

const WRITING = [
  "commit.js",
  "account-server.js",
  "plan.js",
  "rotations.js",
  "requests.js",
  "imports.js",
  "inspect.js",
];

test.each([
  ["--help", 0, ["run-command.js", "reading.js", "authority.js", ...WRITING]],
  ["list accounts", 0, ["authority.js", "validate.js", "portable-engine.js", "tweetnacl.js", ...WRITING]],
  ["validate -A", 1, ["authority.js", "portable-engine.js", "tweetnacl.js", ...WRITING]],
  ["expirations", 0, ["authority.js", "validate.js", "portable-engine.js", "tweetnacl.js", ...WRITING]],
  ["generate config --mem-resolver", 0, ["authority.js", "portable-engine.js", "tweetnacl.js", ...WRITING]],
  ["revocations add-user -a A1 -n u1 --dry-run", 0, ["portable-engine.js", "tweetnacl.js", ...WRITING]],
] as const)("nsc %s does without what it does not need", (line, code, unneeded) => {
  const words = [...(line.startsWith("-") ? [] : ["--all-dirs", allDirs]), ...line.split(" ")];
  const { status, stderr } = spawnSync(process.execPath, ["-r", loadedFile, bin, ...words], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  expect(status).toBe(code);
  const loaded = stderr.split("\n").map((file) => basename(file));
  expect(loaded).toContain("main.js");
  expect(loaded.filter((file) => (unneeded as readonly string[]).includes(file))).toEqual([]);
  expect(readdirSync(join(folder, "package/dist/cli"))).toEqual(expect.arrayContaining([...unneeded]));
});
