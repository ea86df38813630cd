import { describe, expect, test } from "vitest";
import type { Command } from "../../../src/cli/command.ts";
import { childrenOf, flagsOf } from "../../../src/cli/command-table.ts";
import { commands, groups } from "../../../src/cli/commands/index.ts";
import { globalFlags } from "../../../src/cli/flags/global-flags.ts";
import { formatHelp, visibleFlags } from "../../../src/cli/help.ts";
import { parseArguments } from "../../../src/cli/parse-arguments.ts";
import { nscAliases, nscCommands, nscHidden } from "../support/nsc-commands.ts";

const table = { commands, groups };
const nameOf = (command: Command) => command.path.join(" ");
const byName = new Map(commands.map((command) => [nameOf(command), command]));

describe("the table", () => {
  test("has every path once, and names and aliases that do not meet", () => {
    for (const path of [[], ...groups.map((group) => group.path)]) {
      const words = childrenOf(table, path).flatMap(({ path: words, command, group }) => [
        words.at(-1) as string,
        ...(command?.aliases ?? group?.aliases ?? []),
      ]);
      expect(words, `below nsc ${path.join(" ")}`).toEqual([...new Set(words)]);
    }
  });

  test("has a group above each command of more than one word", () => {
    const known = new Set(groups.map((group) => group.path.join(" ")));
    const lost = commands.filter(({ path }) => path.length > 1 && !known.has(path.slice(0, -1).join(" ")));
    expect(lost.map(nameOf)).toEqual([]);
  });

  test("has a command below each group", () => {
    const names = commands.map(nameOf);
    const empty = groups
      .map(({ path }) => path.join(" "))
      .filter((group) => {
        return !names.some((name) => name.startsWith(`${group} `));
      });
    expect(empty).toEqual([]);
  });
});

describe.each(commands.map((command) => [nameOf(command), command] as const))("nsc %s", (_, command) => {
  const target = { path: command.path, command };

  test("has flags that can be told apart", () => {
    const shorts = Object.entries(flagsOf(target)).flatMap(([name, { short }]) =>
      short ? [`${short} --${name}`] : [],
    );
    const letters = shorts.map((short) => short[0]);
    expect(letters, shorts.join(", ")).toEqual([...new Set(letters)]);
    for (const [name, { short }] of Object.entries(command.flags)) {
      expect(name).toMatch(/^[A-Za-z][A-Za-z-]*$/);
      expect(short ?? "x").toMatch(/^[A-Za-z]$/);
      expect(short).not.toBe("h");
    }
  });

  test("is described", () => {
    expect(command.summary).toMatch(/^\S.*[^.\s]$/);
    const silent = visibleFlags(command.flags).filter(([, { help }]) => help === "");
    expect(silent.map(([name]) => name)).toEqual([]);
    expect(formatHelp(table, target, { columns: 80 })).toContain("Usage:");
  });

  test("has examples that can be typed", () => {
    for (const example of command.examples ?? []) {
      for (const argv of commandLinesOf(example)) {
        const parsed = parseArguments(table, argv);
        expect(parsed.kind === "run" ? nameOf(parsed.command) : parsed.kind, example).toBeTypeOf("string");
      }
    }
  });

  test("has an action", async () => {
    expect((await command.load()).run).toBeTypeOf("function");
  });
});

describe("against nsc", () => {
  const there = Object.entries(nscCommands).filter(([name]) => byName.has(name));

  test("every command is there", () => {
    const missing = Object.keys(nscCommands).filter((name) => !byName.has(name));
    expect(missing).toEqual([]);
  });

  test.each(there)("nsc %s has its flags", (name, flags) => {
    const command = byName.get(name) as Command;
    const ours = flagsOf({ path: command.path, command });
    const found = flags
      .split(" ")
      .filter((flag) => flag !== "")
      .map((flag) => {
        const [long = "", short] = (flag.split(":")[0] as string).split("/");
        const own = Object.hasOwn(ours, long) ? ours[long] : undefined;
        if (own === undefined) return `${flag} is missing`;
        // More letters than nsc has are no harm.
        return `${long}${short === undefined ? "" : `/${own.short}`}:${own.type === "" ? "bool" : own.type}`;
      });
    expect(found.join(" ")).toBe(flags);
  });

  test("its aliases call the same", () => {
    for (const [name, alias] of Object.entries(nscAliases)) {
      const command = byName.get(name);
      if (command !== undefined) expect(command.aliases ?? [], name).toContain(alias);
    }
  });

  test("what it hides is hidden", () => {
    const isShown = (name: string) => {
      const command = byName.get(name);
      const group = groups.find(({ path }) => path.length === 1 && path[0] === command?.path[0]);
      return command !== undefined && command.isHidden !== true && group?.isHidden !== true;
    };
    expect(nscHidden.filter(isShown)).toEqual([]);
  });

  test("letters of its global flags are those of ours", () => {
    expect(globalFlags["private-key"].short).toBe("K");
    expect(globalFlags.interactive.short).toBe("i");
    expect(globalFlags["all-dirs"].short).toBe("H");
  });
});

/** The calls of nsc in an example, word for word; what a shell works out is left as it is. */
function commandLinesOf(example: string): string[][] {
  return example
    .replace(/(?:^|\s)(?:#|\d?>).*$/gm, "")
    .split(/\n|&&|\|/)
    .map((line) => (line.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replace(/["']/g, "")))
    .filter(([program]) => program === "nsc")
    .map((words) => words.slice(1));
}
