import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseServerConfig } from "../../../src/config/parse.ts";
import { decode } from "../../../src/jwt/decode.ts";
import { directoryOf, treeOf } from "../support/home-directory.ts";
import { CommandHome } from "../support/run-command.ts";

async function tree(home: CommandHome, systemAccount = true) {
  const operator = await treeOf(home).addOperator("local", { systemAccount });
  const [a, b] = [await operator.addAccount("A"), await operator.addAccount("B")];
  const user = await a.addUser("u", { pub: ["orders.>"] });
  await directoryOf(home).setContext({ operator: "local", account: "A" });
  const system = await operator.systemAccount();
  return { operator, a, b, user, system };
}

test("the memory resolver has all accounts, sorted by their keys", async () => {
  await using home = await CommandHome.make();
  const { operator, a, b, system } = await tree(home);
  const { stdout, stderr } = await home.nsc("generate", "config", "--mem-resolver");
  expect(stderr).toBe("");
  const accounts = [a, b, system as typeof a].sort((x, y) => (x.publicKey < y.publicKey ? -1 : 1));
  expect(stdout).toBe(
    [
      `// Operator "local"\noperator: ${operator.token}\n\n`,
      `system_account: ${system?.publicKey}\n\nresolver: MEMORY\n\nresolver_preload: {\n`,
      ...accounts.map(({ name, publicKey, token }) => `  // Account "${name}"\n  ${publicKey}: ${token}\n\n`),
      "}\n\n",
    ].join(""),
  );
  const given = await home.nsc("generate", "config", "--mem-resolver", "--sys-account", "A");
  expect(given.stdout).toContain(`system_account: ${a.publicKey}\n`);
});

test("the NATS resolvers have the system account", async () => {
  await using home = await CommandHome.make();
  const { operator, system, b } = await tree(home);
  const full = await home.nsc("generate", "config", "--nats-resolver");
  expect(parseServerConfig(full.stdout)).toEqual({
    operator: operator.token,
    system_account: system?.publicKey,
    resolver: { type: "full", dir: "./jwt", allow_delete: false, interval: "2m", timeout: "1.9s" },
    resolver_preload: { [system?.publicKey as string]: system?.token },
  });
  expect(full.stdout).toContain("# System Account named SYS\n");
  const cache = await home.nsc("generate", "config", "--nats-resolver-cache", "--sys-account", b.publicKey);
  expect(parseServerConfig(cache.stdout)).toMatchObject({
    system_account: b.publicKey,
    resolver: { type: "cache", dir: "./jwt", ttl: "1h", timeout: "1.9s" },
    resolver_preload: { [b.publicKey]: b.token },
  });
});

test("a name can't say anything in a configuration", async () => {
  await using home = await CommandHome.make();
  const { a } = await tree(home);
  const { storesDir } = directoryOf(home);
  await a.edit((claims) => {
    claims.nats.description = "x";
  });
  // As somebody else may have written it: the library makes no such name.
  const seed = (await directoryOf(home).getKey((await treeOf(home).operator("local")).publicKey)) as string;
  const { encode } = await import("../../../src/jwt/encode.ts");
  const { keyPairFromSeed } = await import("../../../src/nkeys/key-pair.ts");
  const claims = decode(a.token, { kind: "account" });
  const token = await encode({ ...claims, name: "A\nport: 1" }, keyPairFromSeed(seed));
  await writeFile(join(storesDir, "local/accounts/A/A.jwt"), token);
  for (const type of ["--mem-resolver", "--nats-resolver"]) {
    const { stdout } = await home.nsc("generate", "config", type, "--sys-account", "A");
    expect(parseServerConfig(stdout)).not.toHaveProperty("port");
  }
  await home.nsc("generate", "config", "--mem-resolver", "--dir", "out");
  expect(await readdir(join(home.path, "out"))).toContain("B.jwt");
});

test("writes a file once, and again with --force", async () => {
  await using home = await CommandHome.make();
  await tree(home);
  const argv = ["generate", "config", "--mem-resolver", "--config-file", "mem.conf"] as const;
  const file = join(home.path, "mem.conf");
  const dry = await home.nsc(...argv, "--dry-run");
  expect(dry.stderr).toContain(`would write ${file}`);
  await expect(stat(file)).rejects.toThrow("ENOENT");
  const { stdout, stderr } = await home.nsc(...argv);
  expect(stdout).toBe("[ OK ] wrote server configuration to `~/mem.conf`\n");
  expect(stderr).toBe("Success!! - generated `~/mem.conf`\n");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const again = await home.run(argv);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining(`Error: \`${file}\` already exists\n`)]);
  const { json } = await home.nsc(...argv, "--force", "--json");
  expect(json).toEqual({ config: await readFile(file, "utf8"), files: [file] });
});

test("writes a folder, in which no token overwrites another one", async () => {
  await using home = await CommandHome.make();
  const { operator, a } = await tree(home);
  const same = await operator.addAccount("local");
  const argv = ["generate", "config", "--mem-resolver", "--dir", "out"] as const;
  const { stderr } = await home.nsc(...argv);
  expect(stderr).toMatch(
    /^warning: resolver.conf .* nats-server refuses.*\nSuccess!! - generated {2}`~\/out\/resolver.conf`\n$/,
  );
  const read = (name: string) => readFile(join(home.path, "out", name), "utf8");
  expect(await read("local.jwt")).toBe(operator.token);
  expect(await read("A.jwt")).toBe(a.token);
  expect(parseServerConfig(await read("resolver.conf"))).toMatchObject({
    operator: "local.jwt",
    resolver_preload: { [a.publicKey]: "A.jwt", [same.publicKey]: `${same.publicKey}.jwt` },
  });
  expect(await read(`${same.publicKey}.jwt`)).toBe(same.token);
  expect((await home.run(argv)).stderr).toContain("Error: `out` already exists\n");
  await home.nsc(...argv, "--force");
  await writeFile(join(home.path, "file"), "");
  const file = await home.run(["generate", "config", "--mem-resolver", "--dir", "file", "--force"]);
  expect(file.stderr).toContain("Error: `file` already exists and is not a directory\n");
});

test("configurations of nkeys keep permissions, and say what they lose", async () => {
  await using home = await CommandHome.make();
  const { a, user } = await tree(home, false);
  const { stdout, stderr } = await home.nsc("generate", "config", "--nkey");
  expect(parseServerConfig(stdout)).toMatchObject({
    accounts: { A: { users: [{ nkey: user.publicKey, permissions: { publish: { allow: ["orders.>"] } } }] } },
  });
  expect(stderr).toBe("");
  await a.edit((claims) => {
    claims.nats.limits.conn = 5;
  });
  const lossy = await home.nsc("generate", "config", "--nkey");
  expect(lossy.stderr).toMatch(/^warning: .*"A": limits/);
  expect(lossy.stdout).toContain(user.publicKey);
});

test("what is damaged is left out, and told of", async () => {
  await using home = await CommandHome.make();
  const { b } = await tree(home);
  const { storesDir } = directoryOf(home);
  await writeFile(join(storesDir, "local/accounts/A/A.jwt"), "junk");
  await mkdir(join(storesDir, "local/accounts/empty"));
  const { stdout, stderr } = await home.nsc("generate", "config", "--mem-resolver");
  expect(stderr).toContain('warning: account "A" is left out: ');
  expect(stdout).toContain(b.token);
});

test.each([
  [[], "specify a config type option"],
  [["--config-file", "only.conf"], "specify a config type option"],
  [["--mem-resolver", "--nats-resolver"], "can only generate one config at a time"],
  [["--nkey", "--dir", "out"], "--dir is not valid with nkey configuration"],
  [["--nats-resolver", "--dir", "out"], "--dir is not valid with nats-resolver configuration"],
  [["--mem-resolver", "--dir", "out", "--config-file", "x"], "--dir is exclusive of --config-file"],
  [
    ["--mem-resolver", "--sys-account", "NOPE"],
    'error reading account "NOPE": account NOPE does not exist in the current operator',
  ],
  [["--nkey"], "nkey configurations don't support system account"],
  // As elsewhere, an empty text is no file, and not standard output.
  [["--mem-resolver", "--config-file", ""], "`"],
])("refuses %j", async (flags, problem) => {
  await using home = await CommandHome.make();
  await tree(home);
  const { code, stdout, stderr } = await home.run(["generate", "config", ...flags]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(`Error: ${problem}`);
  expect(await readdir(home.path)).toEqual([".config", ".local"]);
});

test("a NATS resolver needs a system account, and any an account", async () => {
  await using home = await CommandHome.make();
  await tree(home, false);
  const none = await home.run(["generate", "config", "--nats-resolver"]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("Error: system account is not set\n")]);
  await treeOf(home).addOperator("bare");
  await directoryOf(home).setContext({ operator: "bare" });
  const bare = await home.run(["generate", "config", "--mem-resolver"]);
  expect(bare.stderr).toContain('Error: operator "bare" has no accounts\n');
});
