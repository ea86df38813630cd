import { commands, groups } from "./commands/index.ts";
import { formatHelp, helpData } from "./help.ts";
import type { Io } from "./io.ts";
import { asksForJson, parseArguments, resolveTarget } from "./parse-arguments.ts";
import { sayError } from "./say-error.ts";
import { version } from "./version.ts";

const table = { commands, groups };

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
      io.stdout.write(parsed.isJson ? `${JSON.stringify({ version })}\n` : `nsc version ${version}\n`);
      return 0;
    }
    if (parsed.kind === "help" && parsed.isJson) {
      io.stdout.write(`${JSON.stringify(helpData(table, parsed.target), undefined, 2)}\n`);
      return 0;
    }
    if (parsed.kind === "help") {
      io.stdout.write(formatHelp(table, parsed.target, { columns: io.stdout.isTTY ? io.stdout.columns : undefined }));
      return 0;
    }
    for (const line of parsed.warnings) io.stderr.write(`${line}\n`);
    const { runCommand } = await import("./run-command.ts");
    return await runCommand(table, parsed, io);
  } catch (error) {
    return sayError(error, io, { table, isJson: asksForJson(argv), target: resolveTarget(table, argv).target });
  }
}
