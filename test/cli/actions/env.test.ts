import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nscDirectory } from "nsc.js/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { plantTree } from "../support/stored-tree.ts";

let home: CommandHome;

beforeEach(async () => {
  home = await CommandHome.make();
});
afterEach(() => home[Symbol.asyncDispose]());

const saved = async () =>
  JSON.parse(await readFile(join(home.path, ".config/nats/nsc/nsc.json"), "utf8")) as Record<string, unknown>;

async function failure(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stderr } = await home.run(argv, { env });
  expect(code, argv.join(" ")).toBe(1);
  return /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr;
}

test("env prints where everything is", async () => {
  await plantTree(home, ["A"]);
  const { code, stdout } = await home.run(["env"], { env: { NATS_CA: " ca.pem ", XDG_CONFIG_HOME: "" } });
  expect(code).toBe(0);
  const rows = stdout.split("\n").map((line) => line.replace(/ +/g, " "));
  for (const row of [
    "| $XDG_CONFIG_HOME | Yes | |",
    "| $NKEYS_PATH (deprecated) | No | ~/.local/share/nats/nsc/keys |",
    "| From CWD | | No |",
    "| Current Store Dir | | ~/.local/share/nats/nsc/stores |",
    "| Current Operator | | local |",
    "| Current Account | | A |",
    "| Root CAs to trust | | File: ca.pem |",
  ]) {
    expect(rows).toContain(row);
  }
  const { json } = await home.nsc("env", "--json");
  expect(json).toMatchObject({
    operator: "local",
    account: "A",
    from_cwd: false,
    stores_dir: join(home.path, ".local/share/nats/nsc/stores"),
    root_cas: null,
  });
});

test("env changes what it is told, or nothing", async () => {
  await plantTree(home, ["A", "B"]);
  await home.nsc("env", "-a", "B");
  expect(await saved()).toMatchObject({ operator: "local", account: "B" });
  const stores = join(home.path, ".local/share/nats/nsc/stores");
  expect(await failure(["env", "-o", "nope"])).toBe(`operator "nope" not in \`${stores}\``);
  expect(await failure(["env", "-a", "nope"])).toBe(`"nope" not in accounts for operator "local" in \`${stores}\``);
  expect(await failure(["env", "-a", "A"], { NSC_CWD_ONLY: "" })).toBe(
    "$NSC_CWD_ONLY is set - change your cwd to change context",
  );
  expect(await failure(["select", "account", "A"], { NSC_CWD_ONLY: "" })).toContain("$NSC_CWD_ONLY is set");
  expect((await home.nsc("env", "-a", "A", "--dry-run", "--json")).json).toMatchObject({ account: "A" });
  expect(await saved()).toMatchObject({ operator: "local", account: "B" });
});

test("env goes to other stores, which need not be there yet", async () => {
  await plantTree(home, ["A"]);
  const { stdout } = await home.nsc("env", "-s", "other");
  expect(stdout).toContain("~/other");
  expect(await saved()).toMatchObject({ store_root: join(home.path, "other") });
  await home.nsc("env", "--store", "~/.local/share/nats/nsc/stores", "-o", "local", "-a", "A");
  expect(await saved()).toMatchObject({ operator: "local", account: "A" });
  expect((await saved())["store_root"]).toBe(join(home.path, ".local/share/nats/nsc/stores"));
});

test("a broken nsc.json stays as it is", async () => {
  await plantTree(home, ["A"]);
  const file = join(home.path, ".config/nats/nsc/nsc.json");
  await writeFile(file, "{broken");
  expect((await home.run(["env"])).code).toBe(1);
  expect((await home.run(["env", "-a", "A"])).code).toBe(1);
  expect(await readFile(file, "utf8")).toBe("{broken");
});

test("init makes an operator with a system account, an account and a user", async () => {
  const { stdout } = await home.nsc("init", "-n", "first");
  const directory = nscDirectory({ env: { HOME: home.path }, cwd: home.path });
  const lines = stdout.split("\n").map((line) => line.replace(/\b[AU][A-Z2-7]{55}\b/g, "KEY"));
  const creds = "~/.local/share/nats/nsc/keys/creds/first";
  expect(lines).toEqual([
    "[ OK ] created operator first",
    "[ OK ] created system_account: name:SYS id:KEY",
    "[ OK ] created system account user: name:sys id:KEY",
    `[ OK ] system account user creds file stored in \`${creds}/SYS/sys.creds\``,
    "[ OK ] created account first",
    '[ OK ] created user "first"',
    "[ OK ] project jwt files created in `~/.local/share/nats/nsc/stores`",
    `[ OK ] user creds file stored in \`${creds}/first/first.creds\``,
    "> to run a local server using this configuration, enter:",
    ">   nsc generate config --mem-resolver --config-file <path/server.conf>",
    "> then start a nats-server using the generated config:",
    ">   nats-server -c <path/server.conf>",
    "all jobs succeeded",
    "",
  ]);
  expect(await directory.context()).toEqual({ operator: "first", account: "first" });
  expect(await failure(["init", "-n", "first"])).toContain("an operator named `first` already exists in ");
  expect(await failure(["init", "-n", "SYS"])).toBe('an account named "SYS" already exists');
  expect(await failure(["init", "-n", "a/b"])).toBe("name cannot contain '/' or '\\'");
});

test("init goes where it is told, and on from there; a dry run goes nowhere", async () => {
  const preview = await home.nsc("init", "--name", "x", "--dir", "proj", "--dry-run", "--json");
  expect(preview.json).toMatchObject({ dry_run: true });
  expect((preview.json as { changes: unknown[] }).changes).toHaveLength(5);
  await expect(readFile(join(home.path, "proj/x/x.jwt"))).rejects.toMatchObject({ code: "ENOENT" });
  await home.nsc("init", "--name", "x", "--dir", "proj");
  expect(await saved()).toMatchObject({ store_root: join(home.path, "proj"), operator: "x", account: "x" });
  await home.nsc("init", "--name", "*");
  expect(await saved()).toMatchObject({ store_root: join(home.path, "proj") });
  expect((await saved())["operator"]).toMatch(/^[a-z]+_[a-z]+$/);
});

test("init without a terminal asks nobody", async () => {
  expect(await failure(["init"])).toContain("there is no terminal");
});
