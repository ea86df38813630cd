import { describe, expect, test } from "vitest";
import { type Command, command } from "../../src/cli/command.ts";
import { CommandError } from "../../src/cli/command-error.ts";
import type { CommandTable } from "../../src/cli/command-table.ts";
import type { Flags } from "../../src/cli/flags/flag.ts";
import { bool, int, list, optionalInt, size, text } from "../../src/cli/flags/flag-types.ts";
import { parseArguments } from "../../src/cli/parse-arguments.ts";

function make(path: string, flags: Flags, more: Partial<Command> = {}): Command {
  return command({
    path: path.split(" "),
    summary: path,
    flags,
    library: "none",
    load: () => Promise.reject(new Error("not run")),
    ...more,
  });
}

const oneName = { usage: "[name]", min: 0, max: 1 };
const table: CommandTable = {
  groups: [
    { path: ["add"], summary: "add", aliases: ["create"] },
    { path: ["delete"], summary: "delete" },
    { path: ["list"], summary: "list" },
    { path: ["rename"], summary: "rename", isHidden: true },
  ],
  commands: [
    make(
      "add operator",
      { name: text("", { short: "n" }), sys: bool("", { short: "s" }), force: bool("") },
      { arguments: oneName },
    ),
    make(
      "add user",
      {
        name: text("", { short: "n" }),
        account: text("", { short: "a" }),
        tag: list(""),
        bearer: bool(""),
        "allow-pub-response": optionalInt(""),
        "max-responses": int("", { deprecated: "use --allow-pub-response or --allow-pub-response=n" }),
      },
      { arguments: oneName },
    ),
    make("delete user", {
      name: list("", { short: "n" }),
      revoke: bool("", { short: "R" }),
      "rm-nkey": bool("", { short: "D" }),
      "rm-creds": bool("", { short: "C" }),
    }),
    make("list accounts", {}, { aliases: ["account"], showsUsage: true }),
    make("rename account", { OK: bool("", { isRequired: true }) }, { arguments: { usage: "", min: 2, max: 2 } }),
    make("push", { all: bool("", { short: "A" }), limit: size("") }, { showsUsage: true }),
    make("raw", {}, { takesAllWords: true }),
  ],
};

function run(...argv: string[]) {
  const parsed = parseArguments(table, argv);
  if (parsed.kind !== "run") throw new Error(`it is ${parsed.kind}`);
  const { command, flags, globals, args, warnings } = parsed;
  return { command: command.path.join(" "), flags, globals, args, warnings };
}

function refuse(...argv: string[]): CommandError {
  try {
    parseArguments(table, argv);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("words", () => {
  test.each([
    ["behind the command", ["add", "user", "u", "-a", "A", "--bearer"]],
    ["before it", ["-a", "A", "--bearer", "add", "user", "u"]],
    ["between its words", ["add", "-a", "A", "user", "--bearer", "u"]],
    ["with an alias", ["create", "user", "u", "-aA", "--bearer"]],
  ])("flags stand %s", (_, argv) => {
    expect(run(...argv)).toMatchObject({ command: "add user", args: ["u"], flags: { account: "A", bearer: true } });
  });

  test("a value that reads like a command word is a value", () => {
    expect(run("-n", "add", "add", "user")).toMatchObject({ command: "add user", flags: { name: "add" }, args: [] });
    expect(run("add", "user", "--name", "user")).toMatchObject({ command: "add user", flags: { name: "user" } });
    expect(run("-K", "", "add", "operator", "local")).toMatchObject({
      globals: { "private-key": "" },
      args: ["local"],
    });
  });

  test("an alias calls a command", () => {
    expect(run("list", "account").command).toBe("list accounts");
  });

  test("-- ends flags", () => {
    expect(run("add", "user", "--bearer", "--", "--name")).toMatchObject({ args: ["--name"], flags: { bearer: true } });
  });

  test("a single dash and an empty text are words", () => {
    expect(run("add", "user", "-").args).toEqual(["-"]);
    expect(run("add", "user", "").args).toEqual([""]);
  });

  test("a command may take all words", () => {
    expect(run("raw", "add", "--name", "-h", "--")).toMatchObject({ args: ["add", "--name", "-h", "--"] });
  });
});

describe("flags", () => {
  test.each([
    [["-nlocal"], { name: "local" }],
    [["-n=local"], { name: "local" }],
    [["-n="], { name: "=" }],
    [["-n", "local"], { name: "local" }],
    [["--name=local"], { name: "local" }],
    [["--name="], { name: "" }],
    [["--name=a=b"], { name: "a=b" }],
    [["--name", "-s"], { name: "-s" }],
    [["-n", "--"], { name: "--" }],
    [["-sn", "x"], { sys: true, name: "x" }],
    [["-snx"], { sys: true, name: "x" }],
    [["--sys=F"], { sys: false }],
    [["--sys", "--sys=0"], { sys: false }],
    [["-s=false"], { sys: false }],
    [["-n", "a", "-n", "b"], { name: "b" }],
  ])("%j", (argv, flags) => {
    expect(run("add", "operator", ...argv).flags).toEqual(flags);
  });

  test("a bool never takes the next word", () => {
    expect(run("add", "operator", "--sys", "true")).toMatchObject({ flags: { sys: true }, args: ["true"] });
  });

  test("letters are bundled", () => {
    expect(run("delete", "user", "-n", "a", "-RDC").flags).toEqual({
      name: ["a"],
      revoke: true,
      "rm-nkey": true,
      "rm-creds": true,
    });
  });

  test("an optional value stands behind = alone", () => {
    expect(run("add", "user", "--allow-pub-response", "5")).toMatchObject({
      flags: { "allow-pub-response": 1 },
      args: ["5"],
    });
    expect(run("add", "user", "--allow-pub-response=5").flags).toEqual({ "allow-pub-response": 5 });
    expect(run("--allow-pub-response", "add", "user", "x").args).toEqual(["x"]);
  });

  test("lists add up", () => {
    expect(run("add", "user", "--tag", "a,b", "--tag", "", "--tag", '"c,d",e').flags).toEqual({
      tag: ["a", "b", "c,d", "e"],
    });
  });

  test("a deprecated flag is taken with a word about it", () => {
    expect(run("add", "user", "--max-responses", "0x10")).toMatchObject({
      flags: { "max-responses": 16 },
      warnings: ["Flag --max-responses has been deprecated, use --allow-pub-response or --allow-pub-response=n"],
    });
  });

  test("names that every object has are no flags", () => {
    expect(refuse("add", "user", "--constructor").message).toBe("unknown flag: --constructor");
    expect(refuse("add", "user", "--__proto__=x").message).toBe("unknown flag: --__proto__");
  });
});

describe("help and version", () => {
  const helpFor = (...argv: string[]) => {
    const parsed = parseArguments(table, argv);
    return parsed.kind === "help" ? parsed.target.path.join(" ") : parsed.kind;
  };
  test.each([
    [[], ""],
    [["--help"], ""],
    [["-h"], ""],
    [["add"], "add"],
    [["-i", "create"], "add"],
    [["add", "--help"], "add"],
    [["add", "operator", "--help"], "add operator"],
    [["-h", "add", "operator", "x", "y"], "add operator"],
    [["add", "operator", "-sh"], "add operator"],
    [["--version"], "version"],
    [["-v"], "version"],
  ])("%j", (argv, expected) => {
    expect(helpFor(...argv)).toBe(expected);
  });

  test("help may be called off", () => {
    expect(run("add", "operator", "--help=false", "x").args).toEqual(["x"]);
  });

  test("-v belongs to the program alone", () => {
    expect(refuse("add", "operator", "-v").message).toBe("unknown shorthand flag: 'v' in -v");
  });
});

describe("what is refused, in nsc's words", () => {
  test.each([
    [["nonsense"], 'unknown command "nonsense" for "nsc"'],
    [["--nonsense"], "unknown flag: --nonsense"],
    [["-K"], "flag needs an argument: 'K' in -K"],
    [["add", "operator", "--name"], "flag needs an argument: --name"],
    [["add", "operator", "-sn"], "flag needs an argument: 'n' in -n"],
    [["add", "operator", "-sxn"], "unknown shorthand flag: 'x' in -xn"],
    [["add", "operator", "--=x"], "bad flag syntax: --=x"],
    [["add", "operator", "---x"], "bad flag syntax: ---x"],
    [["add", "operator", "x", "y"], "accepts at most 1 arg(s), received 2"],
    [["list", "accounts", "extra"], "accepts at most 0 arg(s), received 1"],
    [["rename", "account", "x", "--OK"], "accepts 2 arg(s), received 1"],
    [["rename", "account", "x", "y"], 'required flag(s) "OK" not set'],
    [
      ["add", "operator", "x", "--sys=maybe"],
      'invalid argument "maybe" for "-s, --sys" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      ["add", "user", "A", "--allow-pub-response=many"],
      'invalid argument "many" for "--allow-pub-response" flag: strconv.ParseInt: parsing "many": invalid syntax',
    ],
    [["push", "--limit", "5xb"], 'invalid argument "5xb" for "--limit" flag: unhandled size name: xb'],
    [
      ["add", "user", "--tag", 'a"b'],
      'invalid argument "a\\"b" for "--tag" flag: parse error on line 1, column 2: bare " in non-quoted-field',
    ],
  ])("%j", (argv, message) => {
    expect(refuse(...argv)).toMatchObject({ code: "ERR_USAGE", exitCode: 1, message });
  });

  test("usage follows where nsc shows it", () => {
    expect(refuse("push", "x").showsUsage).toBe(true);
    expect(refuse("push", "--nonsense").showsUsage).toBe(true);
    expect(refuse("--nonsense").showsUsage).toBe(true);
    expect(refuse("add", "user", "--nonsense").showsUsage).toBe(false);
    expect(refuse("nonsense").showsUsage).toBe(false);
  });

  test("a misspelt command has near ones, hidden ones left out", () => {
    const error = refuse("pus");
    expect(error.message).toBe('unknown command "pus" for "nsc"\n\nDid you mean this?\n\tpush\n');
    expect(error.hint).toBe("Run 'nsc --help' for usage.");
    expect(refuse("renam").message).toBe('unknown command "renam" for "nsc"');
  });

  test("a word below a group is an error too", () => {
    const error = refuse("create", "oprator", "x");
    expect(error.message).toBe('unknown command "oprator" for "nsc add"\n\nDid you mean this?\n\toperator\n');
    expect(error.hint).toBe("Run 'nsc add --help' for usage.");
    expect(refuse("add", "--", "operator").message).toContain('unknown command "operator" for "nsc add"');
  });

  test("a misspelt flag has a near one", () => {
    expect(refuse("add", "user", "--acount", "A").hint).toBe("did you mean --account?");
    expect(refuse("add", "operator", "-force", "A").hint).toBe("did you mean --force?");
    expect(refuse("add", "user", "--zzzzzz").hint).toBeUndefined();
  });

  test("a misspelt flag before the command is named, not the word behind it", () => {
    expect(refuse("--acount", "add", "user").message).toBe("unknown flag: --acount");
  });
});
