import { describe, expect, test } from "vitest";
import { type Command, command } from "../../src/cli/command.ts";
import { commands, groups } from "../../src/cli/commands/index.ts";
import { bool, optionalInt, text } from "../../src/cli/flags/flag-types.ts";
import { formatHelp, formatUsage } from "../../src/cli/help.ts";
import { CommandHome } from "./support/run-command.ts";

const addUser: Command = command({
  path: ["add", "user"],
  aliases: ["usr"],
  summary: "Add an user",
  description: "Its creds are written too.",
  examples: ["nsc add user bob", "nsc add user bob --bearer"],
  arguments: { usage: "[name]", min: 0, max: 1 },
  flags: {
    name: text("user name", { short: "n" }),
    "allow-pub-response": optionalInt("how often a client may publish to reply subjects"),
    bearer: bool("no signature"),
    output: text("output file", { shownDefault: "--" }),
    secret: text("not seen", { isHidden: true }),
    old: text("not seen", { deprecated: "use --name" }),
  },
  library: "account.addUser(name)",
  load: () => Promise.reject(new Error("not run")),
});
const table = { groups: [{ path: ["add"], summary: "Add assets" }], commands: [addUser] };
const target = { path: addUser.path, command: addUser };

describe("help", () => {
  test("on a command", () => {
    expect(formatHelp(table, target)).toBe(`Add an user

Its creds are written too.

Usage:
  nsc add user [name] [flags]

Aliases:
  user, usr

Examples:
  nsc add user bob
  nsc add user bob --bearer

Flags:
      --allow-pub-response int[=1]   how often a client may publish to reply subjects
      --bearer                       no signature
  -h, --help                         help for user
  -n, --name string                  user name
      --output string                output file (default "--")

Global Flags:
  -H, --all-dirs string       sets --config-dir, --data-dir, and --keystore-dir to the same value
      --config-dir string     nsc config directory
      --data-dir string       nsc data store directory
      --dry-run               say what would be done, and do nothing
  -i, --interactive           ask questions for various settings
  -J, --json                  print JSON on standard output
      --keystore-dir string   nsc keystore directory
  -K, --private-key string    key to sign with: a role, a public key, a seed or a file that holds one

In code:
  account.addUser(name)
  of the package nsc.js, whose types say more
`);
  });

  test("the usage behind an error says no more than how it is called", () => {
    expect(formatUsage(table, target).startsWith("Usage:\n  nsc add user [name] [flags]\n")).toBe(true);
  });

  test.each([40, 60, 80, 120])("fits %i columns", (columns) => {
    for (const each of [target, { path: ["add"], group: table.groups[0] as (typeof groups)[0] }, { path: [] }]) {
      const lines = formatHelp({ commands: [...commands, addUser], groups }, each, { columns }).split("\n");
      // Words are not broken, and examples can be typed as they are.
      const isBreakable = (line: string) => line.trim().includes(" ") && !line.startsWith("  nsc ");
      expect(lines.filter((line) => line.length > columns && isBreakable(line))).toEqual([]);
    }
  });

  test("on the program, commands stand by what they are for, hidden ones left out", () => {
    const help = formatHelp({ commands, groups }, { path: [] });
    expect(help).toContain("Operators, accounts and users:\n  add         Add assets");
    expect(help).toMatch(/^More:\n {2}completion {2}Generate/m);
    expect(help).toContain("-v, --version");
    expect(help).not.toContain("__complete");
    expect(help).not.toContain("  rename");
  });
});

describe("nsc help", () => {
  test("is what --help says", async () => {
    await using home = await CommandHome.make();
    const { readdir } = await import("node:fs/promises");
    for (const words of [[], ["select"], ["select", "account"], ["completion", "bash"]]) {
      const [asked, flagged] = [await home.nsc("help", ...words), await home.nsc(...words, "--help")];
      expect(asked.stdout).toBe(flagged.stdout);
      expect(asked.stdout).toContain("Usage:");
    }
    expect(await readdir(home.path)).toEqual([]);
  });

  test("as JSON", async () => {
    await using home = await CommandHome.make();
    const { json } = await home.nsc("help", "select", "--json");
    expect(json).toMatchObject({ command: "nsc select", commands: ["select operator", "select account"], flags: [] });
  });

  test("on what there is not", async () => {
    await using home = await CommandHome.make();
    const { code, stderr } = await home.run(["help", "select", "acount"]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'Error: unknown command "acount" for "nsc select"\n\nDid you mean this?\n\taccount\n\nRun \'nsc select --help\' for usage.\n',
    );
  });
});

describe("usage behind errors", () => {
  test("of a command that shows it", async () => {
    await using home = await CommandHome.make();
    const { code, stderr, stdout } = await home.run(["select", "account", "--nope"]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^Error: unknown flag: --nope\nUsage:\n {2}nsc select account <name> \[flags\]\n/);
  });

  test("of the program", async () => {
    await using home = await CommandHome.make();
    expect((await home.run(["--nope"])).stderr).toMatch(/^Error: unknown flag: --nope\nUsage:\n {2}nsc \[command\]\n/);
    expect((await home.run(["nope"])).stderr).toBe(
      'Error: unknown command "nope" for "nsc"\nRun \'nsc --help\' for usage.\n',
    );
  });
});
