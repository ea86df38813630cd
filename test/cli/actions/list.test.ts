import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directoryOf, treeOf } from "../support/home-directory.ts";
import { CommandHome } from "../support/run-command.ts";

async function twoOperators(home: CommandHome) {
  const nsc = treeOf(home);
  const one = await nsc.addOperator("one");
  const [a, b] = [await one.addAccount("A"), await one.addAccount("B")];
  const [u, v] = [await a.addUser("u"), await a.addUser("v")];
  const two = await nsc.addOperator("two");
  const only = await two.addAccount("ONLY");
  await directoryOf(home).setContext({ operator: "one", account: "A" });
  return { one, a, b, u, v, two, only };
}

test("lists are tables on standard output, and --json is for programs", async () => {
  await using home = await CommandHome.make();
  const { one, a, b, u, v, two } = await twoOperators(home);
  const { stdout, stderr } = await home.nsc("list", "accounts");
  expect(stdout).toBe(
    [
      `+${"-".repeat(65)}+`,
      `|${" ".repeat(28)}Accounts${" ".repeat(29)}|`,
      `+------+${"-".repeat(58)}+`,
      `| Name | Public Key${" ".repeat(47)}|`,
      `+------+${"-".repeat(58)}+`,
      `| A    | ${a.publicKey} |`,
      `| B    | ${b.publicKey} |`,
      `+------+${"-".repeat(58)}+`,
      "",
      "",
    ].join("\n"),
  );
  expect(stderr).toBe("");
  const keys = async (...argv: string[]) => (await home.nsc(...argv, "--json")).json;
  expect(await keys("list", "operators")).toEqual([
    { name: "one", public_key: one.publicKey },
    { name: "two", public_key: two.publicKey },
  ]);
  expect(await keys("list", "users")).toEqual([
    { name: "u", public_key: u.publicKey },
    { name: "v", public_key: v.publicKey },
  ]);
  // The alias of old, and the short flag.
  expect((await home.nsc("list", "account", "-J")).json).toHaveLength(2);
});

test("--operator and --account are for one call", async () => {
  await using home = await CommandHome.make();
  const { b, only } = await twoOperators(home);
  const before = await readFile(join(directoryOf(home).configDir, "nsc.json"), "utf8");
  expect((await home.nsc("list", "accounts", "-o", "two", "--json")).json).toEqual([
    { name: "ONLY", public_key: only.publicKey },
  ]);
  // The only account of another operator is meant, as it would be if that were the current one.
  expect((await home.nsc("list", "users", "-o", "two", "--json")).json).toEqual([]);
  expect((await home.nsc("list", "users", "-a", b.publicKey, "--json")).json).toEqual([]);
  expect((await home.nsc("list", "users", "-a", "B")).stdout).toContain("No entries defined");
  expect(await readFile(join(directoryOf(home).configDir, "nsc.json"), "utf8")).toBe(before);
});

test("what is not there is refused, and said", async () => {
  await using home = await CommandHome.make();
  expect(await home.nsc("list", "operators")).toMatchObject({
    stdout: expect.stringContaining("no operators defined"),
  });
  expect((await home.nsc("list", "operators", "--json")).json).toEqual([]);
  expect(await home.run(["list", "accounts"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Error: no operator set - `env --operator <name>`\n"),
  });
  await twoOperators(home);
  const { storesDir } = directoryOf(home);
  expect(await home.run(["list", "accounts", "-o", "nope"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`operator "nope" not in \`${storesDir}\``),
  });
  expect(await home.run(["list", "users", "-a", "nope"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`"nope" not in accounts for operator "one" in \`${storesDir}\``),
  });
});

test("a damaged token is shown as such and in the way of nothing", async () => {
  await using home = await CommandHome.make();
  const { a } = await twoOperators(home);
  const { storesDir } = directoryOf(home);
  await writeFile(join(storesDir, "one/accounts/B/B.jwt"), "junk");
  await mkdir(join(storesDir, "one/accounts/.hidden"));
  const { json } = await home.nsc("list", "accounts", "--json");
  expect(json).toEqual([
    { name: "A", public_key: a.publicKey },
    { name: "B", error: expect.stringContaining("holds no token") },
  ]);
  expect((await home.nsc("list", "accounts")).stdout).toContain("error loading jwt - ");
});
