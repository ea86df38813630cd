import type { Command } from "./command.ts";
import type { CommandError } from "./command-error.ts";
import {
  type CommandTable,
  childrenOf,
  commandsBelow,
  findChild,
  flagsOf,
  isHidden,
  ROOT,
  type Target,
} from "./command-table.ts";
import { type GlobalValues, globalFlags } from "./flags/global-flags.ts";
import { fail, parseFlags, takesNextWord } from "./parse-flags.ts";
import { suggest } from "./suggest.ts";
import { quote } from "./text/quote.ts";

/** What a command line asks for. */
export type ParsedArguments =
  | {
      readonly kind: "run";
      readonly command: Command;
      /** The flags of the command that were given. */
      readonly flags: Readonly<Record<string, unknown>>;
      readonly globals: GlobalValues;
      /** The words that are no flags. */
      readonly args: readonly string[];
      /** What is to be said on stderr about flags that should not be used any more. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: "help"; readonly target: Target; readonly isJson: boolean }
  | { readonly kind: "version"; readonly isJson: boolean };

/**
 * Reads a command line as nsc does (Go: cobra and pflag). No parser of the ecosystem can: to them `--bool=false` is on or an
 * error, `-n=v` is the value "=v", a flag whose value may be missing takes the next word for it, and scripts rely on all three.
 *
 * @param argv - the words after the name of the program
 * @throws CommandError `ERR_USAGE`, with nsc's text
 */
export function parseArguments(table: CommandTable, argv: readonly string[]): ParsedArguments {
  const { target, words } = resolveTarget(table, argv);
  if (target.command === undefined) return parseGroup(table, target, words);
  const { command } = target;
  if (command.takesAllWords === true) {
    return { kind: "run", command, flags: {}, globals: {}, args: words, warnings: [] };
  }
  const context = { flags: flagsOf(target), showsUsage: command.showsUsage ?? false };
  const { values, args, needsHelp, warnings } = parseFlags(words, context);
  if (needsHelp) return { kind: "help", target, isJson: values["json"] === true };
  checkCount(command, args.length);
  const missing = Object.entries(command.flags)
    .filter(([name, flag]) => flag.isRequired === true && !Object.hasOwn(values, name))
    .map(([name]) => quote(name));
  if (missing.length > 0) throw fail(`required flag(s) ${missing.join(", ")} not set`, context);
  const given = Object.entries(values);
  const isOwn = (name: string) => Object.hasOwn(command.flags, name);
  return {
    kind: "run",
    command,
    flags: Object.fromEntries(given.filter(([name]) => isOwn(name))),
    // Where a command has a flag of its own by the name of a global one, both have its value.
    globals: Object.fromEntries(given.filter(([name]) => Object.hasOwn(globalFlags, name))) as GlobalValues,
    args,
    warnings,
  };
}

/** What a command line is about. */
export interface Resolved {
  readonly target: Target;
  /** What is left: flags, their values and other words. */
  readonly words: readonly string[];
}

/**
 * Finds the words that call a command; flags may stand before and between them. It takes every command line, so that the
 * usage behind an error, and completion, know what it is about.
 */
export function resolveTarget(table: CommandTable, argv: readonly string[]): Resolved {
  let target = ROOT;
  let words = argv;
  while (target.command === undefined) {
    const { path } = target;
    const index = findWord(words, [globalFlags, ...commandsBelow(table, path).map((command) => command.flags)]);
    const child = index === undefined ? undefined : findChild(table, path, words[index] as string);
    if (child === undefined) break;
    target = child;
    words = words.filter((_, other) => other !== index);
  }
  return { target, words };
}

/** The first word that is neither a flag nor the value of one. */
function findWord(words: readonly string[], flags: Parameters<typeof takesNextWord>[1]): number | undefined {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word === "--") return undefined;
    if (word === "" || word === "-") continue;
    if (!word.startsWith("-")) return index;
    if (takesNextWord(word, flags)) index += 1;
  }
  return undefined;
}

function parseGroup(table: CommandTable, target: Target, words: readonly string[]): ParsedArguments {
  const isRoot = target.path.length === 0;
  const below = commandsBelow(table, target.path).map((command) => command.flags);
  const index = findWord(words, [globalFlags, ...below]);
  if (index !== undefined) throw unknownCommand(table, target, words[index] as string);
  if (isRoot && isVersion(words)) return { kind: "version", isJson: asksForJson(words) };
  const { args, values } = parseFlags(words, { flags: flagsOf(target), showsUsage: true });
  // Behind "--" nothing is a command.
  if (args[0] !== undefined) throw unknownCommand(table, target, args[0]);
  return { kind: "help", target, isJson: values["json"] === true };
}

/** Whether a command line that can't be read asks for JSON. */
export function asksForJson(words: readonly string[]): boolean {
  const flags = words.slice(0, words.includes("--") ? words.indexOf("--") : undefined);
  return flags.some((word) => /^(?:--json|-i?Ji?)(?:=(?:true|True|TRUE|[tT1]))?$/.test(word));
}

function isVersion(words: readonly string[]): boolean {
  const flags = words.slice(0, words.includes("--") ? words.indexOf("--") : undefined);
  return (flags.includes("--version") || flags.includes("-v")) && !flags.includes("--help") && !flags.includes("-h");
}

/** An error about a word that is no command where it stands. */
export function unknownCommand(table: CommandTable, target: Target, word: string): CommandError {
  const name = ["nsc", ...target.path].join(" ");
  const names = childrenOf(table, target.path)
    .filter((child) => !isHidden(child))
    .map((child) => child.path.at(-1) as string);
  const near = suggest(word, names);
  const block = near.length === 0 ? "" : `\n\nDid you mean this?\n${near.map((other) => `\t${other}\n`).join("")}`;
  return fail(
    `unknown command ${quote(word)} for ${quote(name)}${block}`,
    { showsUsage: false },
    `Run '${name} --help' for usage.`,
  );
}

function checkCount(command: Command, received: number): void {
  const { min, max } = command.arguments ?? { min: 0, max: 0 };
  if (received >= min && received <= max) return;
  const context = { showsUsage: command.showsUsage ?? false };
  if (min === max && max > 0) throw fail(`accepts ${max} arg(s), received ${received}`, context);
  if (received < min) throw fail(`requires at least ${min} arg(s), only received ${received}`, context);
  throw fail(`accepts at most ${max} arg(s), received ${received}`, context);
}
