#!/usr/bin/env node
import { writeSync } from "node:fs";
import { join } from "node:path";
import type { Io } from "./io.ts";
import { version } from "./version.ts";

const FAILED = 1;
const INTERNAL_ERROR = 2;
const INTERRUPTED = 130;

void run(process.argv.slice(2));

async function run(argv: readonly string[]): Promise<void> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-v")) {
    sayVersion();
    return;
  }
  // What ends before it is done, since nothing is left that it could wait for, has failed.
  process.exitCode = INTERNAL_ERROR;
  const lost = outliveReaders();
  process.on("uncaughtException", (error) => {
    process.stderr.write(`Error: internal error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(INTERNAL_ERROR);
  });
  const cwd = readCwd();
  const signal = signalOfInterruption();
  const { main } = await import("./main.ts");
  const io: Io = {
    // Whoever does not read it does not have it opened.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    env: process.env,
    cwd,
    signal,
    signatureWorker: join(import.meta.dirname, "signature-worker.js"),
  };
  const code = await main(argv, io);
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  await nextTurn();
  if (lost.problem !== undefined) process.stderr.write(`Error: what was said is lost: ${lost.problem.message}\n`);
  // Whatever else is open, such as a server that does not answer, keeps nobody waiting.
  process.exit(code === 0 && lost.problem !== undefined ? FAILED : code);
}

/** Without the streams of the process, which take as long to load as all the rest of this. */
function sayVersion(): void {
  try {
    writeSync(1, `nsc version ${version}\n`);
  } catch {
    // Nobody wants to know.
  }
}

/**
 * `nsc … | head`: who has read enough gets no stack trace, and the command does the rest of its work.
 *
 * @returns why something could not be written that somebody wanted, as on a full disk
 */
function outliveReaders(): { problem?: NodeJS.ErrnoException } {
  const lost: { problem?: NodeJS.ErrnoException } = {};
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") lost.problem = error;
    });
  }
  return lost;
}

/** Until what happened to the streams has been told. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** The first Ctrl-C asks the command to end in order; the second one ends it. */
function signalOfInterruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return controller.signal;
}

function readCwd(): string {
  try {
    return process.cwd();
  } catch {
    process.stderr.write("Error: the working directory is not there any more: change into one that is\n");
    return process.exit(FAILED);
  }
}

/** Waits until everything is with the reader, or will never be. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write("", () => resolve());
  });
}
