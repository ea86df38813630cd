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
  endQuietlyWithReader();
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
  // Whatever else is open, such as a server that does not answer, keeps nobody waiting.
  process.exit(code);
}

/** Without the streams of the process, which take as long to load as all the rest of this. */
function sayVersion(): void {
  try {
    writeSync(1, `nsc version ${version}\n`);
  } catch {
    // Nobody wants to know.
  }
}

/** `nsc … | head`: who has read enough gets no stack trace. */
function endQuietlyWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
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
