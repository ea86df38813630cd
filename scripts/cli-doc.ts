/**
 * Writes docs/cli.md: every command with its flags, what `--json` prints and the call of the library that does the same, from
 * the table that the command itself is made of; and the calls alone into README.md. Run with `npm run docs:cli`; a test compares.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { changeReportSchema } from "../src/cli/change-report.ts";
import type { Command, CommandGroup } from "../src/cli/command.ts";
import { commands, groups } from "../src/cli/commands/index.ts";
import type { Flags } from "../src/cli/flags/flag.ts";
import { globalFlags } from "../src/cli/flags/global-flags.ts";
import { formatFlag, usageLines, visibleFlags } from "../src/cli/help.ts";
import type { Schema } from "../src/cli/schema.ts";

const root = join(import.meta.dirname, "..");

const REPORT = "What a change reports";

/** The text of docs/cli.md. */
export function cliDocument(): string {
  const visible = commands.filter((command) => command.isHidden !== true).sort(byPath);
  const words = [...new Set(visible.map(({ path }) => path[0] as string))];
  const out = [
    "# The nsc command",
    "",
    "Every command with its flags, what `--json` prints, and the call of the library that does the same. This page is",
    "generated from the code.",
    "",
    "Flags stand anywhere in the line: `--flag value`, `--flag=value`, `-f value`, `-fvalue`. A flag without a value is on,",
    "and `--flag=false` is off. `strings` are separated by commas, and the flag may be given again. `--` ends the flags.",
    "",
    "What a command prints for programs is on standard output, everything else on standard error. The exit code is 0 when it is",
    "done, 1 when it failed, 2 for a defect of this program, 3 when a question got a no, and 130 when it was interrupted.",
    "With `--json` an error is a line of JSON on standard error: an object `error` with `code`, `message` and, where there is",
    "something to do about it, `hint`. Standard output has what was found or done until then, as it is described below, and",
    "nothing where that is nothing. Help is what `nsc help --json` prints, and `--version` an object with `version`.",
    "",
    "## Flags of every command",
    "",
    ...flagTable(globalFlags),
    `## ${REPORT}`,
    "",
    "Commands that change something print this with `--json`, unless it says something else below.",
    "",
    ...schemaTable(changeReportSchema).slice(2),
  ];
  for (const word of words) out.push(...describeWord(word, visible));
  return `${out.join("\n").trimEnd()}\n`;
}

/** README.md with what does in code what a command does. */
export function withCallTable(readme: string): string {
  const [before, after] = [/^<!-- commands: .*$/m.exec(readme), readme.indexOf("<!-- /commands -->")];
  if (before === null || after < before.index) throw new Error("README.md has no place for the commands");
  const head = readme.slice(0, before.index + before[0].length);
  return `${head}\n\n${callTable().join("\n")}\n\n${readme.slice(after)}`;
}

/** Commands that are the same call share a line. */
function callTable(): string[] {
  const calls = new Map<string, string[]>();
  for (const { path, library } of commands.filter(isShown).sort(byPath)) {
    if (library !== "") calls.set(library, [...(calls.get(library) ?? []), `\`${path.join(" ")}\``]);
  }
  const rows = [...calls].map(
    ([library, names]) => `| ${names.join(", ")} | ${library.split(LIST).map(code).join(", ")} |`,
  );
  return ["| `nsc …` | call |", "| --- | --- |", ...rows];
}

/** Between calls, not between what one is given. */
const LIST = /, (?=[a-zA-Z.]+\()/;

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function isShown({ path, isHidden }: Command): boolean {
  const group = groups.find((group) => group.path.length === 1 && group.path[0] === path[0]);
  return isHidden !== true && group?.isHidden !== true;
}

function describeWord(word: string, visible: readonly Command[]): string[] {
  const members = visible.filter(({ path }) => path[0] === word);
  const group = groups.find(({ path }) => path.length === 1 && path[0] === word);
  const out = [`## ${word}`, ""];
  if (group !== undefined) out.push(`${withStop(group.summary)}${aliasNote(group)}`, "");
  for (const command of members) {
    if (group !== undefined) out.push(`### ${command.path.join(" ")}`, "");
    out.push(...describeCommand(command));
  }
  return out;
}

function describeCommand(command: Command): string[] {
  const { path, summary, description, examples = [], flags, library, output } = command;
  const out = [`${withStop(summary)}${aliasNote(command)}`, ""];
  if (description !== undefined) out.push(withStop(description), "");
  out.push("```", ...usageLines({ path, command }).map((line) => line.trim()), "```", "");
  out.push(...flagTable(flags));
  if (examples.length > 0) out.push("```sh", ...examples, "```", "");
  if (library !== "") out.push(`In code: \`${library}\``, "");
  if (output === undefined) out.push(`\`--json\` prints [${REPORT.toLowerCase()}](#${anchor(REPORT)}).`, "");
  else {
    const [first = "", ...more] = schemaTable(output);
    out.push(`\`--json\` prints: ${first}`, ...more);
  }
  return out;
}

function flagTable(flags: Flags): string[] {
  const visible = visibleFlags(flags);
  if (visible.length === 0) return [];
  const rows = visible.map(([name, flag]) => {
    const short = flag.short === undefined ? "" : `\`-${flag.short}\``;
    const standard = flag.shownDefault === undefined ? "" : `\`${flag.shownDefault}\``;
    const required = flag.isRequired === true ? " (required)" : "";
    return `| \`${formatFlag(name, flag)}\` | ${short} | ${standard} | ${cell(flag.help)}${required} |`;
  });
  return ["| flag | short | default | meaning |", "| --- | --- | --- | --- |", ...rows, ""];
}

/** A member a row: `changes[].action` is a member of each entry of `changes`. */
function schemaTable(schema: Schema): string[] {
  const { description } = schema;
  const rows = memberRows("", schema);
  const kind = `${typeOf(schema)}${description === undefined ? "" : `: ${cell(description)}`}`;
  if (rows.length === 0) return [`${kind}.`, ""];
  return [`${kind}, with`, "", "| member | type | meaning |", "| --- | --- | --- |", ...rows, ""];
}

function memberRows(path: string, { properties = {}, required = [], items, additionalProperties }: Schema): string[] {
  const rows = Object.entries(properties).flatMap(([name, schema]) => {
    const place = path === "" ? name : `${path}.${name}`;
    const optional = required.includes(name) ? "" : " (may be absent)";
    const row = `| \`${place}\` | ${typeOf(schema)} | ${cell(schema.description ?? "")}${optional} |`;
    return [row, ...memberRows(place, schema)];
  });
  const others = typeof additionalProperties === "object" ? memberRows(`${path}.*`, additionalProperties) : [];
  return [...rows, ...(items === undefined ? [] : memberRows(`${path}[]`, items)), ...others];
}

function typeOf({ type, enum: values, anyOf, items }: Schema): string {
  if (values !== undefined) return values.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (type === undefined) return "any";
  const name = typeof type === "string" ? type : type.join(" or ");
  return items?.type === undefined ? name : `${name} of ${typeOf(items)}`;
}

function aliasNote({ aliases = [] }: Command | CommandGroup): string {
  return aliases.length === 0 ? "" : ` Also \`${aliases.join("`, `")}\`.`;
}

function withStop(text: string): string {
  return /[.!?:]$/.test(text) ? text : `${text}.`;
}

function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").replaceAll("<", "&lt;").trim();
}

function anchor(title: string): string {
  return title.toLowerCase().replaceAll(" ", "-");
}

function byPath(a: Command, b: Command): number {
  return a.path.join(" ") < b.path.join(" ") ? -1 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await writeFile(join(root, "docs/cli.md"), cliDocument());
  const readme = join(root, "README.md");
  await writeFile(readme, withCallTable(await readFile(readme, "utf8")));
}
