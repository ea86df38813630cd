import { aliasesOf, type CommandTable, childrenOf, isHidden, summaryOf, type Target } from "./command-table.ts";
import type { Flag, Flags } from "./flags/flag.ts";
import { bool } from "./flags/flag-types.ts";
import { globalFlags } from "./flags/global-flags.ts";
import { formatColumns, wrapText } from "./output/wrap-text.ts";

/** As wide as nsc makes the column of names at least. */
const LEAST_NAME = 11;

/** What the first words of commands are for, in the order in which somebody new needs them. */
const SECTIONS: readonly (readonly [title: string, words: readonly string[]])[] = [
  ["Start", ["init", "load", "env", "select"]],
  ["Operators, accounts and users", ["add", "edit", "delete", "describe", "list", "rename", "reissue", "revocations"]],
  ["Checks", ["validate", "expirations", "lint", "can", "explain", "diff", "inspect"]],
  ["Whole trees", ["plan", "apply", "template", "rotate"]],
  ["Servers", ["generate", "push", "pull", "tool"]],
  ["Keys and files", ["keys", "import", "export"]],
];
const OTHERS = "More";

const ABOUT = "nsc creates NATS operators, accounts, users, and manages their permissions.";

export interface HelpOptions {
  /** How wide the terminal is; without it nothing is wrapped. */
  readonly columns?: number | undefined;
}

/** All that is to be said of a command, a group or the program. */
export function formatHelp(table: CommandTable, target: Target, options: HelpOptions = {}): string {
  const { command } = target;
  const about = [target.path.length === 0 ? ABOUT : summaryOf(target), command?.description ?? ""];
  const texts = about.filter((text) => text !== "").map((text) => wrapText(text, options.columns).join("\n"));
  const parts = [...texts, formatUsage(table, target, options).trimEnd()];
  if (command !== undefined && command.library !== "") {
    const where = wrapText("of the package nsc.js, whose types say more", narrow(options.columns, 2));
    parts.push(["In code:", `  ${command.library}`, ...where.map((line) => `  ${line}`)].join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}

/** What `formatHelp` says, as data. */
export function helpData(table: CommandTable, target: Target): unknown {
  const { command, path } = target;
  return {
    command: ["nsc", ...path].join(" "),
    summary: path.length === 0 ? ABOUT : summaryOf(target),
    library: command?.library,
    flags: visibleFlags(command?.flags ?? {}).map(([name, { short, type, help, shownDefault }]) => ({
      name,
      short,
      type: type === "" ? "bool" : type,
      help,
      default: shownDefault,
    })),
    commands: childrenOf(table, path)
      .filter((child) => !isHidden(child))
      .map((child) => child.path.join(" ")),
  };
}

/** How a command, a group or the program is called. */
export function formatUsage(table: CommandTable, target: Target, { columns }: HelpOptions = {}): string {
  const { command, path } = target;
  const name = ["nsc", ...path].join(" ");
  const parts: string[] = [];
  const addPart = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) parts.push([`${title}:`, ...lines].join("\n"));
  };
  const aliases = aliasesOf(target);
  addPart("Usage", usageLines(target));
  addPart("Aliases", aliases.length === 0 ? [] : [`  ${[path.at(-1), ...aliases].join(", ")}`]);
  addPart(
    "Examples",
    (command?.examples ?? []).map((example) => `  ${example}`),
  );
  for (const [title, children] of sectionsOf(table, target)) {
    const width = Math.max(LEAST_NAME, ...children.map((child) => nameOf(child).length));
    const rows = children.map((child) => [`  ${nameOf(child).padEnd(width)}`, summaryOf(child)] as const);
    addPart(title, formatColumns(rows, 1, columns));
  }
  const own: Flags = command?.flags ?? {};
  const standard: Flags = path.length === 0 ? { version: bool("version for nsc", { short: "v" }) } : {};
  const help = bool(`help for ${path.at(-1) ?? "nsc"}`, { short: "h" });
  addPart("Flags", formatFlags({ ...standard, ...own, help }, columns));
  addPart("Global Flags", formatFlags(withoutOwn(own), columns));
  if (command === undefined) {
    const more = `Use "${name} [command] --help" for more information about a command.`;
    parts.push(wrapText(more, columns).join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}

/** How a command is called, in a line. */
export function usageLines({ path, command }: Target): readonly string[] {
  const name = ["nsc", ...path].join(" ");
  if (command === undefined) return [`  ${name} [command]`];
  const words = command.arguments === undefined ? [] : [command.arguments.usage];
  return [`  ${[name, ...words, "[flags]"].join(" ")}`];
}

/** The flags that are to be seen, by name. */
export function visibleFlags(flags: Flags): readonly (readonly [string, Flag<unknown>])[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.isHidden !== true && flag.deprecated === undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A flag with the kind of its value, as pflag writes it. */
export function formatFlag(name: string, { type, bare }: Flag<unknown>): string {
  const value = type === "" ? "" : ` ${type}`;
  return `--${name}${value}${bare === undefined || bare === "true" ? "" : `[=${bare}]`}`;
}

/** The text of a flag with its default. */
function describeFlag({ help, type, shownDefault }: Flag<unknown>): string {
  if (shownDefault === undefined) return help;
  return `${help} (default ${type === "string" ? JSON.stringify(shownDefault) : shownDefault})`;
}

function narrow(columns: number | undefined, indent: number): number | undefined {
  return columns === undefined ? undefined : columns - indent;
}

function formatFlags(flags: Flags, columns: number | undefined): readonly string[] {
  const rows = visibleFlags(flags).map(([name, flag]) => {
    const short = flag.short === undefined ? "    " : `-${flag.short}, `;
    return [`  ${short}${formatFlag(name, flag)}`, describeFlag(flag)] as const;
  });
  return formatColumns(rows, 3, columns);
}

function withoutOwn(own: Flags): Flags {
  return Object.fromEntries(Object.entries(globalFlags).filter(([name]) => !Object.hasOwn(own, name)));
}

function sectionsOf(table: CommandTable, target: Target): readonly (readonly [string, readonly Target[]])[] {
  const children = childrenOf(table, target.path)
    .filter((child) => !isHidden(child))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  if (target.path.length > 0) return children.length === 0 ? [] : [["Available Commands", children]];
  const named = SECTIONS.map(
    ([title, words]) => [title, words.flatMap((word) => children.filter((child) => nameOf(child) === word))] as const,
  );
  const rest = children.filter((child) => !SECTIONS.some(([, words]) => words.includes(nameOf(child))));
  return [...named, [OTHERS, rest] as const].filter(([, members]) => members.length > 0);
}

function nameOf(target: Target): string {
  return target.path.at(-1) ?? "nsc";
}
