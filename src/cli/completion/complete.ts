import {
  aliasesOf,
  type CommandTable,
  childrenOf,
  commandsBelow,
  findChild,
  flagsOf,
  isHidden,
  summaryOf,
  type Target,
} from "../command-table.ts";
import type { Completion, Flag, Flags } from "../flags/flag.ts";
import { bool } from "../flags/flag-types.ts";
import { visibleFlags } from "../help.ts";
import { resolveTarget } from "../parse-arguments.ts";
import { takesNextWord } from "../parse-flags.ts";

/** What the shell does beside showing the words; bits, as cobra has them. */
const DIRECTIVES = { error: 1, noSpace: 2, noFiles: 4, folders: 16 } as const;

export interface Candidate {
  readonly word: string;
  readonly description?: string;
}

/** What may stand where the cursor is. */
export interface Completed {
  readonly candidates: readonly Candidate[];
  readonly directive: number;
}

/** Names that flags and words stand for. `words` is the line, for flags such as `--account` that say whose they are. */
export type LookUp = (kind: "operator" | "account" | "user" | "role", words: readonly string[]) => Promise<string[]>;

type ValueKind = Completion | "command" | undefined;

/**
 * What may stand at the end of a command line.
 *
 * @param words - the words after the name of the program, the last one as far as it was typed
 */
export async function complete(table: CommandTable, words: readonly string[], lookUp: LookUp): Promise<Completed> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const { target, words: rest } = resolveTarget(table, before);
  const flags = flagsOf(target);
  const known = [flags, ...(target.command === undefined ? commandsBelow(table, target.path).map((c) => c.flags) : [])];
  const { args, isValue, isEnded } = scan(rest, known);

  if (isValue) {
    const flag = findFlag(flags, rest.at(-1) as string);
    return await completeValue(flag, typed, words, lookUp);
  }
  if (!isEnded && /^--[^=]+=/.test(typed)) {
    const flag = findFlag(flags, typed.slice(0, typed.indexOf("=")));
    return await completeValue(flag, typed.slice(typed.indexOf("=") + 1), words, lookUp);
  }
  if (!isEnded && typed.startsWith("-")) return completeFlag(typed, target, flags, rest);
  if (target.command === undefined) {
    if (args.length > 0) return { candidates: [], directive: DIRECTIVES.noFiles };
    return { candidates: childCandidates(table, target, typed), directive: DIRECTIVES.noFiles };
  }
  const { arguments: positional } = target.command;
  if (positional?.completes === "command") {
    const below = args.reduce<Target | undefined>((found, word) => found && findChild(table, found.path, word), {
      path: [],
    });
    const candidates = below === undefined ? [] : childCandidates(table, below, typed);
    return { candidates, directive: DIRECTIVES.noFiles };
  }
  if (positional === undefined || args.length >= positional.max) {
    return { candidates: [], directive: DIRECTIVES.noFiles };
  }
  return await completeKind(positional.completes, typed, words, lookUp);
}

interface Scanned {
  /** The words that are no flags. */
  readonly args: readonly string[];
  /** Whether what comes next is the value of the last flag. */
  readonly isValue: boolean;
  /** Whether "--" has ended the flags. */
  readonly isEnded: boolean;
}

function scan(words: readonly string[], known: readonly Flags[]): Scanned {
  const args: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word === "--") return { args: [...args, ...words.slice(index + 1)], isValue: false, isEnded: true };
    if (!word.startsWith("-") || word === "-") args.push(word);
    else if (takesNextWord(word, known)) {
      index += 1;
      if (index === words.length) return { args, isValue: true, isEnded: false };
    }
  }
  return { args, isValue: false, isEnded: false };
}

function childCandidates(table: CommandTable, target: Target, typed: string): Candidate[] {
  return childrenOf(table, target.path)
    .filter((child) => !isHidden(child))
    .flatMap((child) => {
      const description = summaryOf(child);
      const name = child.path.at(-1) as string;
      // An alias is offered only to those who have begun it.
      const names = [name, ...(typed === "" ? [] : aliasesOf(child))];
      return names.filter((word) => word.startsWith(typed)).map((word) => ({ word, description }));
    })
    .sort((a, b) => (a.word < b.word ? -1 : 1));
}

function completeFlag(typed: string, target: Target, flags: Flags, words: readonly string[]): Completed {
  const standard: Flags = {
    help: bool(`help for ${target.path.at(-1) ?? "nsc"}`, { short: "h" }),
    ...(target.path.length === 0 ? { version: bool("version for nsc", { short: "v" }) } : {}),
  };
  const given = new Set(words.map((word) => word.replace(/=.*$/s, "")));
  const isList = (flag: Flag<unknown>) => flag.type === "strings" || flag.type === "time-ranges";
  const candidates = visibleFlags({ ...standard, ...flags })
    .filter(([name, flag]) => isList(flag) || !(given.has(`--${name}`) || given.has(`-${flag.short}`)))
    .flatMap(([name, { short, help }]) => [
      { word: `--${name}`, description: help },
      ...(short === undefined ? [] : [{ word: `-${short}`, description: help }]),
    ])
    .filter(({ word }) => word.startsWith(typed));
  return { candidates, directive: DIRECTIVES.noFiles };
}

function findFlag(flags: Flags, word: string): Flag<unknown> | undefined {
  if (word.startsWith("--")) return Object.hasOwn(flags, word.slice(2)) ? flags[word.slice(2)] : undefined;
  const letter = [...word].at(-1);
  return Object.values(flags).find((flag) => flag.short === letter);
}

async function completeValue(
  flag: Flag<unknown> | undefined,
  typed: string,
  words: readonly string[],
  lookUp: LookUp,
): Promise<Completed> {
  if (flag?.type === "") return await completeKind(["true", "false"], typed, words, lookUp);
  if (flag?.type !== "strings" || !typed.includes(","))
    return await completeKind(flag?.completes, typed, words, lookUp);
  const start = typed.lastIndexOf(",") + 1;
  const { candidates, directive } = await completeKind(flag.completes, typed.slice(start), words, lookUp);
  return { candidates: candidates.map(({ word }) => ({ word: typed.slice(0, start) + word })), directive };
}

async function completeKind(
  kind: ValueKind,
  typed: string,
  words: readonly string[],
  lookUp: LookUp,
): Promise<Completed> {
  const only = (names: readonly string[], directive: number = DIRECTIVES.noFiles) => ({
    candidates: names.filter((name) => name.startsWith(typed)).map((word) => ({ word })),
    directive,
  });
  if (typeof kind === "object") return only(kind);
  switch (kind) {
    case "file":
      return { candidates: [], directive: 0 };
    case "folder":
      return { candidates: [], directive: DIRECTIVES.folders };
    case "key":
      // A key may also stand in a file.
      return only(await lookUp("role", words), 0);
    case "operator":
    case "account":
    case "user":
    case "role":
      return only(await lookUp(kind, words));
    default:
      return { candidates: [], directive: DIRECTIVES.noFiles };
  }
}
