import type { Command } from "./command.ts";
import type { CommandTable } from "./command-table.ts";
import type { Flags, FlagValues } from "./flags/flag.ts";
import type { GlobalValues } from "./flags/global-flags.ts";
import type { Io } from "./io.ts";
import type { Output } from "./output/output.ts";
import type { Prompts } from "./output/prompts.ts";
import type { Report } from "./output/report.ts";
import type { Tree } from "./tree/tree.ts";

/** One call of a command: what it was given, and what it works with. */
export interface Invocation<F extends Flags = Flags> {
  readonly command: Command;
  /** All commands that there are. */
  readonly table: CommandTable;
  readonly io: Io;
  /** The words that are no flags. */
  readonly args: readonly string[];
  /** The flags of the command; `undefined` where one was not given. */
  readonly flags: FlagValues<F>;
  /** The flags that every command has. */
  readonly globals: GlobalValues;
  /** What was done, printed when the command is over. */
  readonly report: Report;
  readonly output: Output;
  /** Questions to whoever sits at the terminal. */
  readonly prompts: Prompts;
  /** The operators, accounts and users on disk. */
  readonly tree: Tree;
}
