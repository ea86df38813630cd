import { isNscError } from "../errors.ts";
import { NO } from "./asking/refusal.ts";
import { CommandError } from "./command-error.ts";
import type { CommandTable, Target } from "./command-table.ts";
import { formatUsage } from "./help.ts";
import { Interrupted } from "./interrupted.ts";
import type { Io } from "./io.ts";
import { inCommandWords } from "./output/command-words.ts";

const FAILED = 1;
const BROKEN = 2;
const INTERRUPTED = 130;

/** Where and how an error is said. */
interface Talk {
  readonly table: CommandTable;
  readonly isJson: boolean;
  /** What the command line was about. */
  readonly target: Target;
}

/** Says on standard error what went wrong. @returns the exit code */
export function sayError(error: unknown, io: Io, { table, isJson, target }: Talk): number {
  const { message, code, hint } = describeError(error);
  if (error instanceof Interrupted && !isJson) {
    io.stderr.write(`${message}\n`);
    return INTERRUPTED;
  }
  if (isJson) {
    io.stderr.write(`${JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })}\n`);
    return exitCodeOf(error);
  }
  // A no is an answer, and no error.
  io.stderr.write(exitCodeOf(error) === NO ? `${message}\n` : `Error: ${message}\n`);
  if (hint !== undefined) io.stderr.write(`${hint}\n`);
  const wantsUsage = error instanceof CommandError ? error.showsUsage : undefined;
  if (wantsUsage ?? target.command?.showsUsage) {
    const columns = io.stderr.isTTY ? io.stderr.columns : undefined;
    io.stderr.write(`${formatUsage(table, target, { columns })}\n`);
  }
  return exitCodeOf(error);
}

/** What is said of an error. */
export interface ErrorDescription {
  readonly message: string;
  readonly code: string;
  readonly hint?: string | undefined;
}

/** What went wrong, in terms of this command. */
export function describeError(error: unknown): ErrorDescription {
  const { message, code, hint } = describe(error);
  return { message: inCommandWords(message), code, hint: hint === undefined ? undefined : inCommandWords(hint) };
}

function describe(error: unknown): ErrorDescription {
  if (error instanceof Interrupted) return { message: error.message, code: "ERR_INTERRUPTED" };
  if (error instanceof CommandError) return { message: error.message, code: error.code, hint: error.hint };
  if (isNscError(error)) return { message: error.message, code: error.code };
  if (error instanceof Error) {
    const { code } = error as { code?: unknown };
    if (typeof code === "string") return { message: error.message, code };
    return {
      message: `${error.message} (a defect of this program; please report it)`,
      code: "ERR_INTERNAL",
      hint: error.stack,
    };
  }
  return { message: String(error), code: "ERR_INTERNAL" };
}

export function exitCodeOf(error: unknown): number {
  if (error === undefined || isNscError(error)) return FAILED;
  if (error instanceof Interrupted) return INTERRUPTED;
  if (error instanceof CommandError) return error.exitCode;
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string" ? FAILED : BROKEN;
}
