import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAccountClaims } from "../../../src/jwt/create-claims.ts";
import { encode } from "../../../src/jwt/encode.ts";
import type { OperatorClaims } from "../../../src/jwt/operator.ts";
import { createKeyPair, keyPairFromSeed } from "../../../src/nkeys/key-pair.ts";
import { directoryOf, treeOf } from "../support/home-directory.ts";
import { CommandHome } from "../support/run-command.ts";

const LATER = new Date(Date.now() + 400 * 24 * 60 * 60 * 1000);

async function tree(home: CommandHome) {
  const operator = await treeOf(home).addOperator("local", { signingKey: true });
  const account = await operator.addAccount("APP");
  const user = await account.addUser("u", { expires: "30d" });
  await operator.addAccount("B");
  await directoryOf(home).setContext({ operator: "local", account: "APP" });
  return { operator, account, user };
}

test("validates the current account, one that is named, or all", async () => {
  await using home = await CommandHome.make();
  await tree(home);
  const { stdout } = await home.nsc("validate");
  expect(stdout).toContain('Operator "local"');
  expect(stdout).toContain('Account "APP"');
  expect(stdout).not.toContain('Account "B"');
  expect(stdout.match(/No issues found/g)).toHaveLength(2);
  expect((await home.nsc("validate", "-a", "B", "--json")).json).toEqual({
    valid: true,
    operator: { name: "local", issues: [] },
    accounts: [{ name: "B", issues: [] }],
  });
  expect((await home.nsc("validate", "-A")).stdout.match(/No issues found/g)).toHaveLength(3);
});

test("what is expired, or signed by a key that is none of those above, fails", async () => {
  await using home = await CommandHome.make();
  const { operator, account } = await tree(home);
  const late = await home.run(["validate"], { clock: () => LATER });
  expect([late.code, late.stderr]).toEqual([1, "Error: validation found errors\n"]);
  expect(late.stdout).toMatch(/\| 1 \| ! \| user "u": claim is expired +\|/);

  const stranger = createKeyPair("operator");
  const foreign = await encode(createAccountClaims(account.publicKey, { name: "APP" }), stranger);
  await writeFile(join(directoryOf(home).storesDir, "local/accounts/APP/APP.jwt"), foreign);
  const { code, json } = await home.run(["validate", "-A", "--json"]);
  expect(code).toBe(1);
  expect(json).toMatchObject({
    valid: false,
    accounts: [
      {
        name: "APP",
        issues: [{ level: "error", message: "Account is not issued by operator or operator signing keys" }],
      },
      { name: "B", issues: [] },
    ],
  });
  // A strict operator trusts no identity.
  await writeFile(join(directoryOf(home).storesDir, "local/accounts/APP/APP.jwt"), account.token);
  const seed = (await directoryOf(home).getKey(operator.publicKey)) as string;
  const nats = { ...operator.claims.nats, strict_signing_key_usage: true };
  const strict = await encode({ ...operator.claims, nats } as OperatorClaims, keyPairFromSeed(seed));
  await writeFile(join(directoryOf(home).storesDir, "local/local.jwt"), strict);
  expect((await home.run(["validate"])).stdout).toContain(
    'user "u" is issued by account key but operator is in strict mode',
  );
});

test("a token that was changed is found", async () => {
  await using home = await CommandHome.make();
  const { user } = await tree(home);
  const [head, , signature] = user.token.split(".");
  const payload = Buffer.from(JSON.stringify({ ...user.claims, exp: undefined })).toString("base64url");
  const path = join(directoryOf(home).storesDir, "local/accounts/APP/users/u.jwt");
  await writeFile(path, `${head}.${payload}.${signature}`);
  expect((await home.run(["validate", "--json"])).json).toMatchObject({
    valid: false,
    accounts: [{ issues: [{ message: 'user "u": claim failed V2 signature verification', user: "u" }] }],
  });
});

test("validates a file of tokens, also as resolvers pack them", async () => {
  await using home = await CommandHome.make();
  const { account, user } = await tree(home);
  await writeFile(join(home.path, "all.txt"), `\n${account.publicKey}|${account.token}\n${user.token}\n`);
  const good = await home.nsc("validate", "--file", "all.txt");
  expect(good.stdout).toContain(`Account "${account.publicKey}"`);
  expect(good.stdout).toContain("Summary of all accounts");
  const late = await home.run(["validate", "-f", "all.txt"], { clock: () => LATER });
  expect(late).toMatchObject({ code: 1, stdout: expect.stringContaining("claim is expired (1 occurrences)") });
  await writeFile(join(home.path, "bad.txt"), `${account.token}\n\nzzz`);
  const bad = await home.run(["validate", "-f", "bad.txt"]);
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain("claim decoding error: 'expected 3 chunks' in line 3");
  expect(bad.stderr).not.toContain("zzz");
});

test("validates tokens between lines of dashes, and those of creds", async () => {
  await using home = await CommandHome.make();
  const { account, user } = await tree(home);
  await home.nsc("generate", "creds", "-n", "u", "-o", "u.creds");
  await home.nsc("describe", "account", "APP", "-R", "-o", "APP.jwt");
  const read = (name: string) => readFile(join(home.path, name), "utf8");
  const creds = await read("u.creds");
  const token = await read("APP.jwt");
  expect(token).toContain("-----BEGIN NATS ACCOUNT JWT-----");
  expect((await home.nsc("validate", "-f", "APP.jwt")).stdout).toContain(`Account "${account.publicKey}"`);
  const late = await home.run(["validate", "-f", "u.creds", "--json"], { clock: () => LATER });
  expect(late).toMatchObject({ code: 1, json: { accounts: [{ issues: [{ message: "claim is expired" }] }] } });
  // All that there are, also with Windows' line ends, and beside one without dashes.
  const all = `${creds}${token}${account.token}\n`.replaceAll("\n", "\r\n");
  await writeFile(join(home.path, "all.txt"), all);
  const { json } = await home.nsc("validate", "-f", "all.txt", "--json");
  expect(json).toMatchObject({ accounts: [{ name: account.publicKey }, { name: user.publicKey }] });
  // No secret is in an error.
  await writeFile(join(home.path, "broken.creds"), creds.replace(/^ey/m, "!y"));
  const broken = await home.run(["validate", "-f", "broken.creds"]);
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain("there is no token in the file");
});

test.each([
  [["-A", "-a", "APP"], "specify only one of --account or --all-accounts"],
  [["-f", "x", "-A"], "specify only one of --account or --all-accounts or --file"],
  [["-f", "none.txt"], "open "],
  [["-a", "NOPE"], '"NOPE" not in accounts for operator "local"'],
])("refuses %j", async (flags, problem) => {
  await using home = await CommandHome.make();
  await tree(home);
  const { code, stdout, stderr } = await home.run(["validate", ...flags]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(`Error: ${problem}`);
});
