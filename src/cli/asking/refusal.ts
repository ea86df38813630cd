import { CommandError } from "../command-error.ts";

/** The exit code of a question that was answered, with a no. */
export const NO = 3;

/** The answer to what a command was asked is no: it has said why. */
export function refusal(message: string, code: string): CommandError {
  return new CommandError(message, { code, exitCode: NO });
}
