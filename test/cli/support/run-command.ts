import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import type { Io } from "../../../src/cli/io.ts";
import { main } from "../../../src/cli/main.ts";

/** What a command line came to. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed. */
  readonly json: unknown;
}

/** How one command line is run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  readonly clock?: () => Date;
}

/** A home folder of its own, in which command lines are run within this process. */
export class CommandHome implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<CommandHome> {
    return new CommandHome(await mkdtemp(join(tmpdir(), "nsc-cli-")));
  }

  /** Runs a command line without a terminal. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return await runMain(argv, { ...options, cwd: options.cwd ?? this.path, env: { HOME: this.path, ...options.env } });
  }

  /** Runs a command line that must succeed. */
  async nsc(...argv: readonly string[]): Promise<Outcome> {
    const outcome = await this.run(argv);
    if (outcome.code !== 0) throw new Error(`nsc ${argv.join(" ")} failed: ${outcome.stderr}${outcome.stdout}`);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Runs a command line within this process. */
export async function runMain(argv: readonly string[], io: Partial<Io> & Pick<Io, "cwd" | "env">): Promise<Outcome> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const nothing = new PassThrough();
  nothing.end();
  const signal = new AbortController().signal;
  const code = await main(argv, { stdin: nothing, stdout, stderr, signal, ...io });
  return {
    code,
    stdout: stdout.text,
    stderr: stderr.text,
    get json() {
      return JSON.parse(stdout.text);
    },
  };
}

class Sink extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.text += chunk.toString();
    callback();
  }
}
