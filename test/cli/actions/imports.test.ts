import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { type Exchange, plantExchange, storedTree } from "../support/stored-tree.ts";

let home: CommandHome;
let operator: Exchange["operator"];
let exporter: Exchange["exporter"];
let importer: Exchange["importer"];

beforeEach(async () => {
  home = await CommandHome.make();
  ({ operator, exporter, importer } = await plantExchange(home, "IMP"));
});
afterEach(() => home[Symbol.asyncDispose]());

async function importsOf(account = "IMP"): Promise<readonly object[]> {
  const stored = await storedTree(home).operator("local");
  return (await stored.account(account)).claims.nats.imports ?? [];
}

async function failure(...argv: string[]): Promise<string> {
  const before = await importsOf();
  const { code, stderr } = await home.run(argv);
  expect(code, argv.join(" ")).toBe(1);
  expect(await importsOf()).toEqual(before);
  return /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr;
}

test("add import takes an account by its key or its name, whether or not it exports that", async () => {
  const { stdout } = await home.nsc("add", "import", "--src-account", exporter.publicKey, "--remote-subject", "data.>");
  expect(stdout).toBe('[ OK ] added stream import "data.>"\n');
  await home.nsc(
    "add",
    "import",
    "--src-account",
    "EXP",
    "--remote-subject",
    "ev.*",
    "-s",
    "my.$1",
    "-n",
    "d",
    "--allow-trace",
  );
  await home.nsc("add", "import", "--src-account", "EXP", "--remote-subject", "q", "--service", "--share", "-s", "q");
  const account = exporter.publicKey;
  expect(await importsOf()).toEqual([
    { name: "data.>", subject: "data.>", account, type: "stream" },
    { name: "d", subject: "ev.*", account, type: "stream", local_subject: "my.$1", allow_trace: true },
    { name: "q", subject: "q", account, type: "service", local_subject: "q", share: true },
  ]);
});

test("add import refuses what nsc refuses", async () => {
  expect(await failure("add", "import")).toBe("public imports require src-account, remote-subject");
  expect(await failure("add", "import", "--src-account", "EXP")).toBe(
    "public imports require src-account, remote-subject",
  );
  expect(await failure("add", "import", "--token", "a.jwt", "--remote-subject", "x")).toBe(
    "private imports require src-account, remote-subject and service to be unset",
  );
  const add = (source: string, subject: string, ...more: string[]) =>
    failure("add", "import", "--src-account", source, "--remote-subject", subject, ...more);
  expect(await add("NOPE", "x")).toBe("account NOPE does not exist in the current operator");
  expect(await add("IMP", "x")).toBe("export issuer is this account");
  expect(await add("EXP", "a b")).toBe('subject "a b" cannot have spaces');
  expect(await add("EXP", "x", "--share")).toBe("only services can set the share property");
  expect(await add(operator.publicKey, "x")).toBe(`${operator.publicKey} is not a valid "account" public key`);
  await home.nsc("add", "import", "--src-account", "EXP", "--remote-subject", "x");
  expect(await add("EXP", "x")).toBe(`account already imports stream "x" from ${exporter.publicKey}`);
  expect(await add("EXP", "y.*", "-s", "z.>")).toBe("both, renaming subject and subject, need to end or not end in >");
});

test("add import takes an activation from a file or from an address", async () => {
  await exporter.addExport({ subject: "svc.>", type: "service", private: true });
  const token = await exporter.issueActivation({ to: importer, subject: "svc.one" });
  await writeFile(
    join(home.path, "act.jwt"),
    `-----BEGIN NATS ACTIVATION JWT-----\n${token}\n------END NATS ACTIVATION JWT------\n`,
  );
  await home.nsc("add", "import", "--token", "act.jwt");
  const entry = { name: "svc.one", subject: "svc.one", account: exporter.publicKey, type: "service", token };
  // nsc gives services of activations a local subject, always.
  expect(await importsOf()).toEqual([{ ...entry, local_subject: "svc.one" }]);
  expect(await failure("add", "import", "-a", "EXP", "--token", "act.jwt")).toBe(
    `activation is not intended for this account - it is for "${importer.publicKey}"`,
  );
  const server = createServer((request, response) => {
    if (request.url === "/act") response.end(token);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  await home.nsc("delete", "import");
  await home.nsc("add", "import", "-u", `http://127.0.0.1:${port}/act`, "-n", "one", "-s", "local.one");
  expect(await importsOf()).toEqual([{ ...entry, name: "one", local_subject: "local.one" }]);
  expect(await failure("add", "import", "-u", `http://127.0.0.1:${port}/none`)).toContain("404 Not Found");
});

test("add import says what is wrong with a file, and not what is in it", async () => {
  expect(await failure("add", "import", "--token", "nofile")).toBe(
    `error loading \`nofile\`: stat ${join(home.path, "nofile")}: no such file or directory`,
  );
  expect(await failure("add", "import", "--token", home.path)).toContain("is a directory");
  await writeFile(join(home.path, "secret"), "SUSECRET");
  const { code, stderr } = await home.run(["add", "import", "--token", "secret"]);
  expect(code).toBe(1);
  expect(stderr).not.toContain("SUSECRET");
});

test("delete import takes the only one, or the one that is named, and never another account's", async () => {
  const other = await operator.addAccount("OTHER");
  await importer.addImport({ from: exporter.publicKey, type: "stream", subject: "a" });
  await importer.addImport({ from: exporter.publicKey, type: "stream", subject: "b" });
  await importer.addImport({ from: other.publicKey, type: "stream", subject: "b", localSubject: "c" });
  expect(await failure("delete", "import")).toBe("subject is required");
  expect(await failure("delete", "import", "-s", "zzz")).toBe('no import matching "zzz" found');
  expect(await failure("delete", "import", "-s", "b")).toBe(
    `more than one import "b" found - specify --src-account with one of ${exporter.publicKey}, ${other.publicKey}`,
  );
  expect(await failure("delete", "import", "-s", "a", "--src-account", other.publicKey)).toBe(
    `no import matching "a" found from account ${other.publicKey}`,
  );
  await home.nsc("delete", "import", "-s", "b", "--src-account", "OTHER");
  expect((await home.nsc("delete", "import", "-s", "a")).stdout).toBe('[ OK ] deleted stream import "a"\n');
  await home.nsc("delete", "import");
  expect(await importsOf()).toEqual([]);
  expect(await failure("delete", "import")).toBe('account "IMP" doesn\'t have imports');
});
