import type { Writable } from "node:stream";

/** Progress of something long; nothing is shown where nobody looks. */
export interface Progress {
  /** Says how many of them are done, and of how many where that has become known. */
  readonly report: (done: number, total?: number) => void;
  readonly end: () => void;
}

export const NO_PROGRESS: Progress = { report: () => undefined, end: () => undefined };

/** Accounts by the thousand are reported within a second, and no eye follows that. */
const PAUSE_MS = 80;
const CELLS = 20;
const CLEAR = "\r\u001b[K";

/**
 * A bar that is drawn over and over in one line of a terminal. That of `@clack/prompts` takes the keyboard meanwhile, and
 * ends the process with code 0 on Ctrl-C, in the middle of the work.
 */
export function progressBar(stream: Writable, title: string, total: number): Progress {
  let drawn = Number.NEGATIVE_INFINITY;
  const report = (done: number, all = total): void => {
    const now = performance.now();
    if (now - drawn < PAUSE_MS) return;
    drawn = now;
    const full = Math.min(CELLS, Math.round((done / Math.max(all, 1)) * CELLS));
    stream.write(`${CLEAR}${title} [${"#".repeat(full)}${"-".repeat(CELLS - full)}] ${done}/${all}`);
  };
  report(0);
  return { report, end: () => void stream.write(CLEAR) };
}
