import { isNscError } from "../errors.ts";
import { changeReport } from "./change-report.ts";
import { CommandError } from "./command-error.ts";
import type { Target } from "./command-table.ts";
import { commands, groups } from "./commands/index.ts";
import { formatExactJson } from "./exact-json.ts";
import { formatReport, summarize } from "./format-report.ts";
import { formatHelp, formatUsage } from "./help.ts";
import { Interrupted } from "./interrupted.ts";
import type { Invocation } from "./invocation.ts";
import type { Io } from "./io.ts";
import { Output } from "./output.ts";
import { type ParsedArguments, parseArguments, resolveTarget } from "./parse-arguments.ts";
import { Prompts } from "./prompts.ts";
import { Report } from "./report.ts";
import { start } from "./start.ts";
import { Tree } from "./tree.ts";
import { version } from "./version.ts";

type ParsedCommand = Extract<ParsedArguments, { kind: "run" }>;

const table = { commands, groups };
const FAILED = 1;
const BROKEN = 2;
const INTERRUPTED = 130;

/**
 * Runs one command line.
 *
 * @param argv - the words after the name of the program
 * @param io - everything outside that it touches
 * @returns the exit code: 0 when done, 1 when it failed, 2 for a defect of this program, 3 when a command that asks something
 * got a no, 130 when it was interrupted
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const parsed = parseArguments(table, argv);
    if (parsed.kind === "version") {
      io.stdout.write(`nsc version ${version}\n`);
      return 0;
    }
    if (parsed.kind === "help") {
      io.stdout.write(formatHelp(table, parsed.target, { columns: io.stdout.isTTY ? io.stdout.columns : undefined }));
      return 0;
    }
    for (const line of parsed.warnings) io.stderr.write(`${line}\n`);
    return await runCommand(parsed, io);
  } catch (error) {
    const isJson = argv.includes("--json") || argv.includes("-J");
    return sayError(error, io, { isJson, target: resolveTarget(table, argv).target });
  }
}

async function runCommand({ command, flags, globals, args }: ParsedCommand, io: Io): Promise<number> {
  const isDryRun = globals["dry-run"] === true;
  const output = new Output(io, { isJson: globals.json === true, isDryRun });
  const tree = new Tree(globals, io);
  const report = new Report();
  const prompts = new Prompts(io, output);
  const invocation: Invocation = { command, table, io, args, flags, globals, report, output, prompts, tree };
  let failure: unknown;
  try {
    if (command.isStandalone !== true) await start(invocation);
    const action = await command.load();
    await untilInterrupted(action.run(invocation), io.signal);
  } catch (error) {
    failure = error;
    await tree.settled();
  }
  const summary = summarize(report);
  if (output.isJson) {
    const json = output.json ?? (command.output === undefined ? { value: changeReport(invocation) } : undefined);
    if (json !== undefined) io.stdout.write(`${formatExactJson(json.value)}\n`);
  } else {
    sayReport(invocation, failure !== undefined, summary.text);
  }
  if (isDryRun && failure === undefined) output.note("dry run: nothing was changed");
  if (summary.error !== undefined && !(failure instanceof Interrupted)) {
    failure = new CommandError(summary.error, {
      cause: failure,
      exitCode: exitCodeOf(failure),
      ...(failure === undefined ? {} : { code: describeError(failure).code }),
    });
  }
  return failure === undefined
    ? 0
    : sayError(failure, io, { isJson: output.isJson, target: { path: command.path, command } });
}

/** Rejects when whoever started the command wants no more of it. What is committed by then stays, whole. */
async function untilInterrupted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop: (() => void) | undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(new Interrupted());
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([work, interrupted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}

/** nsc's rule: what went well is on standard output, and all of it on standard error if anything went wrong. */
function sayReport({ report, output, io }: Invocation, hasFailed: boolean, summary: string | undefined): void {
  const isTrouble = hasFailed || report.severity === "error";
  const stream = isTrouble ? io.stderr : io.stdout;
  const text = formatReport(report, { color: isTrouble ? output.talkColor : output.color });
  if (text !== "") stream.write(`${text}\n`);
  if (summary !== undefined) stream.write(`${summary}\n`);
}

interface Talk {
  readonly isJson: boolean;
  /** What the command line was about. */
  readonly target: Target;
}

function sayError(error: unknown, io: Io, { isJson, target }: Talk): number {
  if (error instanceof Interrupted) {
    io.stderr.write("interrupted\n");
    return INTERRUPTED;
  }
  const { message, code, hint } = describeError(error);
  if (isJson) {
    io.stderr.write(`${JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })}\n`);
    return exitCodeOf(error);
  }
  io.stderr.write(`Error: ${message}\n`);
  if (hint !== undefined) io.stderr.write(`${hint}\n`);
  const wantsUsage = error instanceof CommandError ? error.showsUsage : undefined;
  if (wantsUsage ?? target.command?.showsUsage) {
    const columns = io.stderr.isTTY ? io.stderr.columns : undefined;
    io.stderr.write(`${formatUsage(table, target, { columns })}
`);
  }
  return exitCodeOf(error);
}

function describeError(error: unknown): { message: string; code: string; hint?: string | undefined } {
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

function exitCodeOf(error: unknown): number {
  if (error === undefined || isNscError(error)) return FAILED;
  if (error instanceof CommandError) return error.exitCode;
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string" ? FAILED : BROKEN;
}
