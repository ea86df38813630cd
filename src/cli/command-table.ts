import type { Command, CommandGroup } from "./command.ts";
import type { Flags } from "./flags/flag.ts";
import { globalFlags } from "./flags/global-flags.ts";

/** All that can be called. */
export interface CommandTable {
  readonly commands: readonly Command[];
  readonly groups: readonly CommandGroup[];
}

/** What words stand for: a command, a group of commands, or, with neither, the program itself. */
export interface Target {
  readonly path: readonly string[];
  readonly command?: Command;
  readonly group?: CommandGroup;
}

/** The program itself. */
export const ROOT: Target = { path: [] };

/** What stands right below a group or the program, in the order of the table. */
export function childrenOf(table: CommandTable, path: readonly string[]): readonly Target[] {
  const isChild = (entry: CommandGroup | Command) => entry.path.length === path.length + 1 && isBelow(entry.path, path);
  return [
    ...table.groups.filter(isChild).map((group) => ({ path: group.path, group })),
    ...table.commands.filter(isChild).map((command) => ({ path: command.path, command })),
  ];
}

/** What a word stands for below a group or the program, by its name or an alias. */
export function findChild(table: CommandTable, path: readonly string[], word: string): Target | undefined {
  const children = childrenOf(table, path);
  return (
    children.find((child) => child.path.at(-1) === word) ?? children.find((child) => aliasesOf(child).includes(word))
  );
}

/** The commands below a group, or all of them for the program. */
export function commandsBelow(table: CommandTable, path: readonly string[]): readonly Command[] {
  return table.commands.filter((command) => isBelow(command.path, path));
}

export function aliasesOf(target: Target): readonly string[] {
  return target.command?.aliases ?? target.group?.aliases ?? [];
}

export function summaryOf(target: Target): string {
  return target.command?.summary ?? target.group?.summary ?? "";
}

export function isHidden(target: Target): boolean {
  return target.command?.isHidden ?? target.group?.isHidden ?? false;
}

/** The flags that may stand behind the words, those of a command before those that every command has. */
export function flagsOf(target: Target): Flags {
  return { ...globalFlags, ...target.command?.flags };
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return path.length > above.length && above.every((word, index) => path[index] === word);
}
