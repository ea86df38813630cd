import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { activationHashId, decode, parseDecoratedToken } from "nsc.js";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { type Exchange, plantExchange } from "../support/stored-tree.ts";

let home: CommandHome;
let operator: Exchange["operator"];
let exporter: Exchange["exporter"];
let importer: Exchange["importer"];

beforeEach(async () => {
  home = await CommandHome.make();
  ({ operator, exporter, importer } = await plantExchange(home, "EXP"));
  await exporter.addExport({ subject: "sec.>", type: "stream", private: true, name: "secret" });
});
afterEach(() => home[Symbol.asyncDispose]());

const generate = (...argv: string[]) => home.run(["generate", "activation", ...argv]);

async function failure(...argv: string[]): Promise<string> {
  const { code, stderr } = await generate(...argv);
  expect(code, argv.join(" ")).toBe(1);
  return /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr;
}

test("the token alone is on standard output, and what is said of it on standard error", async () => {
  const { code, stdout, stderr } = await generate(
    "-t",
    importer.publicKey,
    "--start",
    "2020-01-01",
    "--expiry",
    "2040-01-01",
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^-----BEGIN NATS ACTIVATION JWT-----\n\S+\n------END NATS ACTIVATION JWT------\n\n\n$/);
  const claims = decode(parseDecoratedToken(stdout), { kind: "activation" });
  expect(claims).toMatchObject({
    iss: exporter.publicKey,
    sub: importer.publicKey,
    name: "sec.>",
    nbf: 1_577_836_800,
    exp: 2_208_988_800,
    nats: { subject: "sec.>", kind: "stream" },
  });
  expect(stderr).toContain(`[ OK ] generated "secret" activation for account "${importer.publicKey}"\n`);
  expect(stderr).toContain("[ OK ] token expires 2040-01-01 00:00:00 UTC - ");
});

test("it goes into a file that nobody else reads, signed by whom was asked for", async () => {
  const key = await exporter.addSigningKey();
  const { code, stdout } = await generate("-a", "EXP", "-t", "IMP", "-s", "sec.a", "-K", key, "-o", "act.jwt");
  expect(code).toBe(0);
  expect(stdout).toBe(
    `[ OK ] generated "secret" activation for account "${importer.publicKey}"\n[ OK ] wrote activation token to \`act.jwt\`\nall jobs succeeded\n`,
  );
  const file = join(home.path, "act.jwt");
  expect(decode(parseDecoratedToken(await readFile(file, "utf8")), { kind: "activation" })).toMatchObject({
    iss: key,
    nats: { subject: "sec.a", issuer_account: exporter.publicKey },
  });
  if (process.platform !== "win32") expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("programs get data", async () => {
  const { json, stderr } = await generate("-t", "IMP", "--json");
  expect(json).toEqual({
    token: expect.stringMatching(/^eyJ/),
    account: exporter.publicKey,
    target_account: importer.publicKey,
    issuer: exporter.publicKey,
    type: "stream",
    subject: "sec.>",
  });
  expect(stderr).toBe("");
});

test("it refuses what nsc refuses", async () => {
  expect(await failure("-a", "IMP", "-t", "EXP")).toBe('account "IMP" doesn\'t have exports');
  await importer.addExport({ subject: "pub", type: "stream" });
  expect(await failure("-a", "IMP", "-t", "EXP")).toBe(
    'account "IMP" doesn\'t have exports that require an activation token',
  );
  expect(await failure("-t", "IMP", "-s", "other")).toBe('a private export for "other" was not found in account "EXP"');
  expect(await failure()).toBe("target-account cannot be empty");
  expect(await failure("-t", "NOPE")).toBe("account NOPE does not exist in the current operator");
  expect(await failure("-t", "IMP", "--expiry", "x")).toBe('expiry "x" is invalid: couldn\'t parse expiry: x');
  await exporter.addExport({ subject: "more.>", type: "service", private: true });
  expect(await failure("-t", "IMP")).toBe("a subject is required");
});

test("a push needs an account server that speaks HTTP", async () => {
  expect(await failure("-t", "IMP", "--push")).toBe("operator local doesn't have an account server url configured");
  await operator.edit(({ nats }) => {
    nats.account_server_url = "nats://127.0.0.1:1";
  });
  expect(await failure("-t", "IMP", "--push")).toBe(
    "activation push is only supported for http base account server not nats-resover enabled nats-server",
  );
});

test("a push puts it where the importing account finds it", async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (chunk: string) => void bodies.push(chunk));
    request.on("end", () => response.end("activation stored"));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/jwt/v1`;
  await operator.edit(({ nats }) => {
    nats.account_server_url = url;
  });
  expect((await generate("-t", "IMP", "--push", "--dry-run", "-o", "act.jwt")).code).toBe(0);
  expect(bodies).toEqual([]);
  await expect(readFile(join(home.path, "act.jwt"))).rejects.toMatchObject({ code: "ENOENT" });
  const { code, stdout } = await generate("-t", "IMP", "--push", "-o", "act.jwt");
  expect(code).toBe(0);
  const token = parseDecoratedToken(await readFile(join(home.path, "act.jwt"), "utf8"));
  expect(bodies).toEqual([token]);
  const hash = activationHashId(decode(token, { kind: "activation" }));
  expect(stdout).toContain("> activation stored\n");
  expect(stdout).toContain(`[ OK ] activation accessible at "${url}/activations/${hash}"\n`);
});
