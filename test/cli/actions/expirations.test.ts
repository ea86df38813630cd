import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directoryOf, treeOf } from "../support/home-directory.ts";
import { CommandHome } from "../support/run-command.ts";

async function tree(home: CommandHome) {
  const operator = await treeOf(home).addOperator("local");
  const account = await operator.addAccount("A", { expires: "10d" });
  const user = await account.addUser("u", { expires: new Date("2040-01-01T00:00:00Z") });
  const forever = await account.addUser("v");
  await directoryOf(home).setContext({ operator: "local" });
  const creds = (name: string) => directoryOf(home).credsFile(["local", "A", name]);
  return { operator, account, user, forever, creds };
}

test("reports operators, accounts, users and their creds, in the order of names", async () => {
  await using home = await CommandHome.make();
  const { operator, account, user, creds } = await tree(home);
  const { json } = await home.nsc("expirations", "--json");
  const { expiration_threshold: threshold, report } = json as {
    expiration_threshold: string;
    report: { resource: string }[];
  };
  expect(new Date(threshold).getTime()).toBeGreaterThan(Date.now() + 27 * 24 * 60 * 60 * 1000);
  expect(report.map(({ resource }) => resource)).toEqual([
    "local",
    "local/A",
    "local/A/u",
    await creds("u"),
    "local/A/v",
    await creds("v"),
  ]);
  const never = { when: "Never", expiry: 0, expiration_date: "", expires_soon: false, expired: false };
  expect(report[0]).toEqual({ resource: "local", id: operator.publicKey, ...never });
  expect(report[1]).toMatchObject({
    id: account.publicKey,
    when: "In 1 Week",
    expiry: account.claims.exp,
    expires_soon: true,
    expired: false,
  });
  expect(report[3]).toMatchObject({ id: user.publicKey, expiry: 2208988800, expires_soon: false });
});

test("--within says what is soon, and --skip leaves out all else", async () => {
  await using home = await CommandHome.make();
  await tree(home);
  const names = async (...argv: string[]) =>
    ((await home.nsc("expirations", "--json", "--skip", ...argv)).json as { report: { resource: string }[] }).report;
  expect(await names("--within", "1w")).toEqual([]);
  expect(await names("--within", "11d")).toHaveLength(1);
  expect(await names("-e", "2041-01-01")).toHaveLength(3);
  const { stdout, stderr } = await home.nsc("expirations", "--skip");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/\| Soon +\| local\/A +\| .* - In 1 Week \|/);
  const late = await home.run(["expirations"], { clock: () => new Date("2041-01-01T00:00:00Z") });
  expect(late.code).toBe(0);
  expect(late.stdout).toMatch(/\| Yes +\| local\/A\/u +\| .* - 1 Year Ago +\|/);
});

test("creds that hold another token have their own expiry", async () => {
  await using home = await CommandHome.make();
  const { user, forever, creds } = await tree(home);
  const file = (await creds("v")) as string;
  const old = await forever.creds();
  await forever.setValidity({ expires: "5d" });
  await writeFile(file, old);
  await rm((await creds("u")) as string);
  const { report } = (await home.nsc("expirations", "--json")).json as { report: { id: string; expiry: number }[] };
  expect(report.filter(({ id }) => id === user.publicKey)).toHaveLength(1);
  expect(report.filter(({ id }) => id === forever.publicKey).map(({ expiry }) => expiry === 0)).toEqual([false, true]);
});

test("what is damaged is left out, and told of", async () => {
  await using home = await CommandHome.make();
  const { creds } = await tree(home);
  await writeFile(join(directoryOf(home).storesDir, "local/accounts/A/users/u.jwt"), "junk");
  await writeFile((await creds("v")) as string, "junk");
  const { stderr, json } = await home.nsc("expirations", "--json");
  expect(stderr).toContain("warning: local/A/u is left out");
  expect(stderr).toContain("v.creds is left out");
  const { report } = json as { report: { resource: string }[] };
  // The creds of the user can still be read.
  expect(report.map(({ resource }) => resource)).toEqual(["local", "local/A", await creds("u"), "local/A/v"]);
});

test("refuses what is no time, and needs an operator", async () => {
  await using home = await CommandHome.make();
  const none = await home.run(["expirations"]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("set an operator")]);
  await tree(home);
  const { code, stderr } = await home.run(["expirations", "--within", "soon"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("couldn't parse expiry: soon")]);
});
