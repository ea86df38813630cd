import { CommandError } from "./command-error.ts";
import { type Flag, FlagError, type Flags } from "./flags/flag.ts";
import { suggest } from "./suggest.ts";
import { quote } from "./text/quote.ts";

/** Every command takes these; they are no flags to the table, since they call for something else than the command. */
const HELP = { long: "help", short: "h" };

/** What flags and other words came to. */
export interface ParsedFlags {
  readonly values: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
  readonly needsHelp: boolean;
  /** What is to be said about flags that should not be used any more. */
  readonly warnings: readonly string[];
}

/** What is said of errors in flags. */
export interface FlagContext {
  readonly flags: Flags;
  /** Whether the usage is printed after an error. */
  readonly showsUsage: boolean;
}

/**
 * Reads flags as Go's pflag does: they stand anywhere, `--` ends them, a flag with a bare value takes another one only after
 * `=`, and letters may be bundled.
 *
 * @throws CommandError `ERR_USAGE` with pflag's text
 */
export function parseFlags(words: readonly string[], context: FlagContext): ParsedFlags {
  const { flags } = context;
  const values: Record<string, unknown> = Object.create(null);
  const args: string[] = [];
  const warnings: string[] = [];
  let needsHelp = false;
  let at = 0;

  const set = (name: string, flag: Flag<unknown>, text: string) => {
    try {
      values[name] = flag.parse(text, values[name]);
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      const shown = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
      throw fail(`invalid argument ${quote(text)} for ${quote(shown)} flag: ${error.message}`, context);
    }
    if (flag.deprecated !== undefined) warnings.push(`Flag --${name} has been deprecated, ${flag.deprecated}`);
  };
  const takeNext = (what: string) => {
    const next = words[at];
    if (next === undefined) throw fail(`flag needs an argument: ${what}`, context);
    at += 1;
    return next;
  };
  const setHelp = (text: string, shown: string) => {
    if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) needsHelp = true;
    else if (!/^(?:0|f|F|FALSE|false|False)$/.test(text)) {
      const reason = `strconv.ParseBool: parsing ${quote(text)}: invalid syntax`;
      throw fail(`invalid argument ${quote(text)} for ${quote(shown)} flag: ${reason}`, context);
    }
  };

  const readLong = (word: string) => {
    if (/^--[-=]/.test(word)) throw fail(`bad flag syntax: ${word}`, context);
    const equals = word.indexOf("=");
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const given = equals < 0 ? undefined : word.slice(equals + 1);
    const flag = ownFlag(flags, name);
    if (flag !== undefined) set(name, flag, given ?? flag.bare ?? takeNext(`--${name}`));
    else if (name === HELP.long) setHelp(given ?? "true", "-h, --help");
    else throw fail(`unknown flag: --${name}`, context, suggestFlag(name, flags));
  };

  const readShorts = (cluster: string) => {
    let rest = cluster;
    while (rest !== "") {
      const letter = String.fromCodePoint(rest.codePointAt(0) as number);
      const after = rest.slice(letter.length);
      const found = findShort(flags, letter);
      if (found === undefined && letter === HELP.short) {
        needsHelp = true;
        rest = after;
        continue;
      }
      if (found === undefined) {
        const hint = cluster.length > 1 ? suggestFlag(cluster.replace(/=.*$/s, ""), flags) : undefined;
        throw fail(`unknown shorthand flag: '${letter}' in -${rest}`, context, hint);
      }
      const [name, flag] = found;
      if (after.length > 1 && after.startsWith("=")) {
        set(name, flag, after.slice(1));
        return;
      }
      if (flag.bare === undefined) {
        set(name, flag, after === "" ? takeNext(`'${letter}' in -${rest}`) : after);
        return;
      }
      set(name, flag, flag.bare);
      rest = after;
    }
  };

  while (at < words.length) {
    const word = words[at] as string;
    at += 1;
    if (word === "--") {
      args.push(...words.slice(at));
      break;
    }
    if (word.startsWith("--")) readLong(word);
    else if (word.length > 1 && word.startsWith("-")) readShorts(word.slice(1));
    else args.push(word);
  }
  return { values, args, needsHelp, warnings };
}

/**
 * Whether a flag takes the next word as its value, for those who look for the words of a command before they know it. A flag
 * that nobody has takes none: it is an error whatever comes next.
 */
export function takesNextWord(word: string, all: readonly Flags[]): boolean {
  const takesValue = (found: readonly (Flag<unknown> | undefined)[]) => {
    const known = found.filter((flag) => flag !== undefined);
    return known.length > 0 && !known.every((flag) => flag.bare !== undefined);
  };
  if (word.startsWith("--"))
    return !word.includes("=") && takesValue(all.map((flags) => ownFlag(flags, word.slice(2))));
  const letters = [...word.slice(1)];
  // Whatever stands behind a letter with a value is that value.
  const first = letters.findIndex((letter) => takesValue(all.map((flags) => findShort(flags, letter)?.[1])));
  return first >= 0 && first === letters.length - 1;
}

/** An error in how a command was called. */
export function fail(message: string, { showsUsage }: Pick<FlagContext, "showsUsage">, hint?: string): CommandError {
  return new CommandError(message, { code: "ERR_USAGE", showsUsage, ...(hint === undefined ? {} : { hint }) });
}

function suggestFlag(name: string, flags: Flags): string | undefined {
  const visible = Object.entries(flags).filter(([, flag]) => flag.isHidden !== true && flag.deprecated === undefined);
  const [nearest] = suggest(name, [...visible.map(([other]) => other), HELP.long]);
  return nearest === undefined ? undefined : `did you mean --${nearest}?`;
}

function ownFlag(flags: Flags, name: string): Flag<unknown> | undefined {
  return Object.hasOwn(flags, name) ? flags[name] : undefined;
}

function findShort(flags: Flags, letter: string): readonly [string, Flag<unknown>] | undefined {
  return Object.entries(flags).find(([, flag]) => flag.short === letter);
}
