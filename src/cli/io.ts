import type { Readable, Writable } from "node:stream";

/** Everything outside that the command touches, so that it runs within a process as well as being one. */
export interface Io {
  /** Where answers to prompts come from. */
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Data. */
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Talk, progress and errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Fires when whoever started the command wants it to end, as with Ctrl-C. */
  readonly signal: AbortSignal;
  /** The file of a thread that checks signatures; there is none by default. */
  readonly signatureWorker?: string;
  /** The time; the machine's by default. */
  readonly clock?: () => Date;
}

/** The time by which a command goes. */
export function timeOf(io: Io): Date {
  return io.clock?.() ?? new Date();
}
