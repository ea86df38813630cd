import { changeReport } from "./change-report.ts";
import { CommandError, type CommandErrorOptions } from "./command-error.ts";
import type { CommandTable } from "./command-table.ts";
import { Interrupted } from "./interrupted.ts";
import type { Invocation } from "./invocation.ts";
import type { Io } from "./io.ts";
import { formatExactJson } from "./output/exact-json.ts";
import { formatReport, summarize } from "./output/format-report.ts";
import { Output } from "./output/output.ts";
import { Prompts } from "./output/prompts.ts";
import { Report } from "./output/report.ts";
import type { ParsedArguments } from "./parse-arguments.ts";
import { describeError, exitCodeOf, sayError } from "./say-error.ts";
import { start } from "./start.ts";
import { Tree } from "./tree/tree.ts";

type ParsedCommand = Extract<ParsedArguments, { kind: "run" }>;

/**
 * Runs a command. It is loaded when there is one to be run: help needs neither the library nor a tree.
 *
 * @returns the exit code
 */
export async function runCommand(table: CommandTable, parsed: ParsedCommand, io: Io): Promise<number> {
  const { command, flags, globals, args } = parsed;
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
    const json = jsonOf(invocation, failure !== undefined);
    if (json !== undefined) io.stdout.write(`${formatExactJson(json.value)}\n`);
  } else {
    sayReport(invocation, failure !== undefined, summary.text);
  }
  if (isDryRun && failure === undefined) output.note("dry run: nothing was changed");
  if (summary.error !== undefined && !(failure instanceof Interrupted)) {
    failure = failureOf(invocation, summary.error, failure);
  }
  return failure === undefined
    ? 0
    : sayError(failure, io, { table, isJson: output.isJson, target: { path: command.path, command } });
}

/** What `--json` prints: what was found or done, and nothing where it failed before anything was. */
function jsonOf(invocation: Invocation, hasFailed: boolean): { readonly value: unknown } | undefined {
  const { command, output, report, tree } = invocation;
  if (output.json !== undefined) return output.json;
  if (command.output !== undefined) return undefined;
  const isIdle = tree.changes.length === 0 && report.entries.length === 0;
  return hasFailed && isIdle ? undefined : { value: changeReport(invocation) };
}

/**
 * What a command failed with whose report has errors. In JSON that says why: its report is somewhere else.
 *
 * @param summary - what the errors come to
 * @param failure - what ended it, if it did not come to its end
 */
function failureOf({ report, output }: Invocation, summary: string, failure: unknown): unknown {
  if (failure === undefined) {
    const [only, another] = output.isJson ? errorsIn(report) : [];
    return new CommandError(only !== undefined && another === undefined ? only : summary, { code: "ERR_JOBS_FAILED" });
  }
  if (output.isJson) return failure;
  return new CommandError(summary, { cause: failure, exitCode: exitCodeOf(failure), ...unsaid(report, failure) });
}

/** What stands in a report as an error, but for headings. */
function errorsIn(report: Report): readonly string[] {
  return report.entries.flatMap((entry) => {
    if (entry.severity !== "error") return [];
    const below = errorsIn(entry);
    return below.length > 0 ? below : [entry.label];
  });
}

/** What ended a command, for the line that sums up its report, if the report does not say it. */
function unsaid(report: Report, failure: unknown): Pick<CommandErrorOptions, "code" | "hint"> {
  const { code, message, hint } = describeError(failure);
  if (formatReport(report).includes(message)) return { code };
  return { code, hint: hint === undefined ? message : `${message}\n${hint}` };
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
  if (summary !== undefined && !hasFailed) stream.write(`${summary}\n`);
}
