import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { startWatchdog } from "./watchdog.ts";

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Set if the process could not be started at all. */
  readonly error?: Error;
}

/** A child process that does not outlive this one. */
export interface ServerProcess {
  /** Undefined if the process could not be started. */
  readonly pid: number | undefined;
  /** Settles when the process has ended; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  hasEnded(): boolean;
  /** Sends the signal, unless the process has ended: its id may be another one's by then. */
  kill(signal: NodeJS.Signals): void;
  /** Asks the process to end, makes it end after `grace` milliseconds, and waits until it has. */
  end(grace: number): Promise<void>;
}

export interface ServerProcessOptions {
  readonly cwd: string;
  /** The file descriptor that takes all output. */
  readonly output: number;
  /** A folder that goes when this process ends and the child was still running. */
  readonly temporaryFolder: string | undefined;
}

/**
 * Starts `file` so that it ends with this process: a listener covers a normal exit, a watchdog everything else. Output
 * goes to a file and not through a pipe, so that the child never waits for an event loop that is busy or blocked.
 */
export function startServerProcess(
  file: string,
  args: readonly string[],
  options: ServerProcessOptions,
): ServerProcess {
  const { cwd, output, temporaryFolder } = options;
  const watchdog = startWatchdog(temporaryFolder);
  const child = spawn(file, args, { cwd, stdio: ["ignore", output, output], windowsHide: true });
  if (child.pid !== undefined) watchdog.guard(child.pid);
  // A test file whose set-up failed must be able to end; the listener stops the server then.
  child.unref();

  let end: ProcessEnd | undefined;
  const onExit = (): void => {
    child.kill("SIGKILL");
    if (temporaryFolder !== undefined) {
      try {
        rmSync(temporaryFolder, { recursive: true, force: true, maxRetries: 2 });
      } catch {
        // The watchdog tries again; an exception here would change the exit code of the tests.
      }
    }
  };
  addExitListener(onExit);
  const ended = new Promise<ProcessEnd>((resolve) => {
    const settle = (value: ProcessEnd): void => {
      if (end !== undefined) return;
      end = value;
      removeExitListener(onExit);
      watchdog.release();
      resolve(value);
    };
    child.once("exit", (code, signal) => settle({ code, signal }));
    child.on("error", (error) => {
      // "error" also reports a signal that could not be sent; then the process is still there.
      if (child.pid === undefined) settle({ code: null, signal: null, error });
    });
  });
  return {
    pid: child.pid,
    ended,
    hasEnded: () => end !== undefined,
    kill: (signal) => void child.kill(signal),
    end: async (grace) => {
      child.ref();
      const timer = setTimeout(() => child.kill("SIGKILL"), grace);
      child.kill(grace > 0 ? "SIGTERM" : "SIGKILL");
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Each server has a listener of its own; the limit moves along, so that eleven servers give no warning of a leak. */
function addExitListener(listener: () => void): void {
  const limit = process.getMaxListeners();
  if (limit !== 0) process.setMaxListeners(limit + 1);
  process.on("exit", listener);
}

function removeExitListener(listener: () => void): void {
  process.off("exit", listener);
  const limit = process.getMaxListeners();
  if (limit > 1) process.setMaxListeners(limit - 1);
}
