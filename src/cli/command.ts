import type { Flags } from "./flags/flag.ts";
import type { Invocation } from "./invocation.ts";
import type { Schema } from "./schema.ts";

/** What does the work of a command; in a module of its own, which is loaded when the command runs. */
export interface Action<F extends Flags> {
  readonly run: (invocation: Invocation<F>) => Promise<void>;
}

/** How a command takes words that are no flags. */
export interface Arguments {
  /** As help shows them, such as "[name]". */
  readonly usage: string;
  readonly min: number;
  readonly max: number;
  readonly completes?: "operator" | "account" | "user" | "file" | "command" | readonly string[];
}

/** A command as data: help, completion, the documents and the tests are made of it. */
export interface Command<F extends Flags = Flags> {
  /** The words that call it, without "nsc": `["add", "account"]`. */
  readonly path: readonly string[];
  /** Other last words that call it. */
  readonly aliases?: readonly string[];
  /** One line, without a full stop. */
  readonly summary: string;
  /** What is to be said beside the summary, in sentences. */
  readonly description?: string;
  /** Command lines as they are typed. */
  readonly examples?: readonly string[];
  readonly isHidden?: boolean;
  /** None by default: another word is an error. */
  readonly arguments?: Arguments;
  readonly flags: F;
  /** The call of the library that does the same, for documents; empty where that is nothing to a library. */
  readonly library: string;
  /** What `--json` prints; by default the report of a change. */
  readonly output?: Schema;
  /** Whether nsc prints the usage after an error of this command; that is talk on stderr. */
  readonly showsUsage?: boolean;
  /** Whether it writes anything, so that `--dry-run` means something. */
  readonly isWriting?: boolean;
  /** Whether it does not look at nsc's folders, so that nothing is made or checked before it. */
  readonly isStandalone?: boolean;
  /** Whether every word behind it is an argument, those that look like flags too. */
  readonly takesAllWords?: boolean;
  readonly load: () => Promise<Action<F>>;
}

/** Words below which there are commands. */
export interface CommandGroup {
  readonly path: readonly string[];
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly isHidden?: boolean;
}

/** Checks that the action takes what the flags give, and forgets their types. */
export function command<F extends Flags>(data: Command<F>): Command {
  return data as unknown as Command;
}
