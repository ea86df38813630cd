import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createKeyPair } from "../../../src/nkeys/key-pair.ts";
import { directoryOf, treeOf } from "../support/home-directory.ts";
import { CommandHome } from "../support/run-command.ts";

async function tree(home: CommandHome) {
  const operator = await treeOf(home).addOperator("local");
  const account = await operator.addAccount("APP", { signingKey: true });
  const role = await account.addRole("web", { pub: ["orders.>"] });
  const user = await account.addUser("bob", { sub: ["<in>.>"] });
  const other = await operator.addAccount("OTHER");
  await account.addExport({ subject: "orders.>", type: "stream" });
  await other.addImport({ from: account, subject: "orders.>" });
  await directoryOf(home).setContext({ operator: "local", account: "APP" });
  return { operator, account, role, user, other };
}

test("describes the current ones, by name and by key", async () => {
  await using home = await CommandHome.make();
  const { operator, account, user } = await tree(home);
  expect((await home.nsc("describe", "operator")).stdout).toMatch(/Operator Details.*\| Name +\| local +\|/s);
  expect((await home.nsc("describe", "account")).stdout).toContain(`| ${account.publicKey}`);
  expect((await home.nsc("describe", "user")).stdout).toContain(`| ${user.publicKey}`);
  for (const [kind, publicKey, name] of [
    ["operator", operator.publicKey, "local"],
    ["account", account.publicKey, "APP"],
    ["user", user.publicKey, "bob"],
  ] as const) {
    expect((await home.nsc("describe", kind, publicKey, "-F", "name")).stdout).toBe(`"${name}"\n`);
    expect((await home.nsc("describe", kind, "-n", name, "-F", "name")).stdout).toBe(`"${name}"\n`);
  }
});

test("names stand for keys of other accounts, unless the keys are wanted", async () => {
  await using home = await CommandHome.make();
  const { account } = await tree(home);
  expect((await home.nsc("describe", "account", "OTHER")).stdout).toMatch(/\| APP +\| Yes/);
  expect((await home.nsc("describe", "account", "OTHER", "-W")).stdout).toContain(`| ${account.publicKey} | Yes`);
});

test("the role of a user is shown, too", async () => {
  await using home = await CommandHome.make();
  const { account } = await tree(home);
  await account.addUser("scoped", { signer: "web" });
  const { stdout } = await home.nsc("describe", "user", "scoped");
  expect(stdout).toMatch(/\| Issuer Scoped +\| Yes/);
  expect(stdout).toMatch(/\+\n\n\+-+\+\n\| +Scoped Signing Key - Details/);
});

test("prints a token, what stands in it, and fields of that, with all digits", async () => {
  await using home = await CommandHome.make();
  const { account, user } = await tree(home);
  await account.edit((claims) => {
    claims.nats.limits.data = 9007199254740993n;
  });
  expect((await home.nsc("describe", "user", "-R")).stdout).toBe(`${user.token}\n`);
  const { stdout } = await home.nsc("describe", "account", "-J");
  expect(stdout.startsWith('{\n "iat": ')).toBe(true);
  expect(stdout).toContain('"data": 9007199254740993');
  expect((await home.nsc("describe", "account", "-F", "nats.limits.data")).stdout).toBe("9007199254740993\n");
  expect((await home.nsc("describe", "user", "-F", "nats.sub.allow[0]")).stdout).toBe('"\\u003cin\\u003e.\\u003e"\n');
  expect((await home.nsc("describe", "user", "-J")).stdout).toContain('"<in>.>"');
  expect((await home.nsc("describe", "account", "-F", "nats.nothing")).stdout).toBe("null\n");
  const outcome = await home.run(["describe", "account", "-F", "name.x"]);
  expect(outcome.stderr).toContain('unable to extract "x" in "name.x" from APP');
  expect(outcome.code).toBe(1);
});

test("writes files for their owner alone, which can be described again", async () => {
  await using home = await CommandHome.make();
  const { user } = await tree(home);
  const written = await home.nsc("describe", "user", "-R", "-o", "~/u.jwt");
  expect(written.stdout).toBe("[ OK ] wrote user jwt to `~/u.jwt`\n");
  expect(await readFile(join(home.path, "u.jwt"), "utf8")).toBe(
    `-----BEGIN NATS USER JWT-----\n${user.token}\n------END NATS USER JWT------\n\n`,
  );
  expect((await stat(join(home.path, "u.jwt"))).mode & 0o777).toBe(0o600);
  expect((await home.nsc("describe", "jwt", "-f", "u.jwt", "-R")).stdout).toBe(`${user.token}\n`);
  await home.nsc("describe", "account", "-J", "-o", "a.json");
  expect(JSON.parse(await readFile(join(home.path, "a.json"), "utf8"))).toMatchObject({ name: "APP" });
  await home.nsc("describe", "account", "-o", "a.json", "--dry-run");
  expect(JSON.parse(await readFile(join(home.path, "a.json"), "utf8"))).toMatchObject({ name: "APP" });
});

test("describes creds, and what an address gives", async () => {
  await using home = await CommandHome.make();
  const { user } = await tree(home);
  const creds = (await directoryOf(home).credsFile(["local", "APP", "bob"])) as string;
  expect((await home.nsc("describe", "jwt", "--file", creds)).stdout).toContain(`| ${user.publicKey}`);
  const server = createServer((request, response) => {
    if (request.url === "/there") response.end(user.token);
    else if (request.headers.authorization !== `Basic ${Buffer.from("me:secret").toString("base64")}`)
      response.writeHead(401).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const there = await home.nsc("describe", "jwt", "-f", `http://127.0.0.1:${port}/there`, "-F", "sub");
    expect(there.stdout).toBe(`"${user.publicKey}"\n`);
    const absent = await home.run(["describe", "jwt", "-f", `http://me:secret@127.0.0.1:${port}/absent?key=secret`]);
    expect(absent.code).toBe(1);
    expect(absent.stderr).toContain('/absent": 404 Not Found');
    expect(absent.stderr).not.toContain("secret");
  } finally {
    server.close();
  }
});

test.each([
  [["jwt"], "file is required"],
  [["jwt", "-f", "nothere"], "no such file or directory"],
  [["jwt", "-f", "junk.txt"], "expected 3 chunks"],
  [["account", "nope"], '"nope" not in accounts for operator "local"'],
  [["user", "nope"], "user nope does not exist in the current account"],
  [["user", "-a", "OTHER"], "user is required"],
  [["operator", "-n", "nope"], 'operator "nope" not in'],
  [["operator", createKeyPair("operator").publicKey], "no operator found with public key"],
])("refuses %j", async (argv, problem) => {
  await using home = await CommandHome.make();
  await tree(home);
  await writeFile(join(home.path, "junk.txt"), "junk");
  const { code, stdout, stderr } = await home.run(["describe", ...argv]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(problem);
});
