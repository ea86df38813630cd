import { CommandError } from "../command-error.ts";
import { FlagError } from "../flags/flag.ts";

/** What is wrong with an answer by the function that reads it, for the `check` of a question; nothing where it can be read. */
export function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof FlagError || error instanceof CommandError) return error.message;
    throw error;
  }
}
