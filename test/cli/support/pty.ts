import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { manifest, ROOT } from "../../support/manifest.ts";
import { lacks } from "../../support/skips.ts";
import { screenOf } from "./screen.ts";

const BIN = join(ROOT, manifest.bin["nsc"] ?? "");
const DEADLINE_MS = 15_000;
/** How often the screen is looked at. */
const LOOK_MS = 20;

/** Whether there is nothing that gives a program a terminal, for `skipIf`; one loud line says so. */
export const lacksTerminal: boolean = lacks(
  hasScript(),
  "the command `script` of util-linux, which gives programs a terminal",
);

/** How a command line is run in a terminal. */
export interface TerminalOptions {
  /** 80 by default. */
  readonly columns?: number;
  /** 24 by default. */
  readonly rows?: number;
  readonly cwd: string;
  /** Beside `HOME`, which is `cwd` by default, `PATH` and `TERM`. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The built command in a real terminal, with whoever sits there:
 *
 * ```ts
 * await using terminal = runInTerminal(["add", "operator", "-i"], { cwd: home.path });
 * await terminal.waitFor("operator name");
 * terminal.type("local\r"); // Ctrl-C is "\x03", arrows are "\x1b[A" and "\x1b[B"
 * expect(await terminal.exitCode()).toBe(0);
 * expect(terminal.screen).toContain("local");
 * ```
 */
export function runInTerminal(argv: readonly string[], options: TerminalOptions): Terminal {
  if (!existsSync(BIN)) throw new Error(`there is no ${BIN}: run \`npm run build\` first`);
  return new Terminal(argv, options);
}

export class Terminal implements AsyncDisposable {
  readonly #columns: number;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number>;
  #output = "";
  #hasEnded = false;

  constructor(argv: readonly string[], { columns = 80, rows = 24, cwd, env }: TerminalOptions) {
    this.#columns = columns;
    const line = [process.execPath, BIN, ...argv].map(quote).join(" ");
    // The terminal has a size before the program starts.
    const command = `stty cols ${columns} rows ${rows} && exec ${line}`;
    const given = { PATH: process.env["PATH"] ?? "", TERM: "xterm-256color", SHELL: "/bin/sh", HOME: cwd, ...env };
    this.#process = spawn("script", ["-qefc", command, "/dev/null"], { cwd, env: given });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
    }
    // Whoever types may do so after the end.
    this.#process.stdin.on("error", () => undefined);
    this.#ended = new Promise((resolve, reject) => {
      this.#process.once("error", reject);
      this.#process.once("close", (code) => {
        this.#hasEnded = true;
        resolve(code ?? -1);
      });
    });
  }

  /** All that was written, escape sequences included. */
  get output(): string {
    return this.#output;
  }

  /** What the terminal shows, and what has left it at the top. */
  get screen(): string {
    return screenOf(this.#output, this.#columns);
  }

  /** Types: `\r` is the enter key, and `\x03` Ctrl-C. */
  type(keys: string): void {
    this.#process.stdin.write(keys);
  }

  /** Waits until something is on the screen. */
  async waitFor(text: string | RegExp): Promise<void> {
    const isThere = (): boolean => (typeof text === "string" ? this.screen.includes(text) : text.test(this.screen));
    for (const start = performance.now(); !isThere(); ) {
      if (this.#hasEnded || performance.now() - start > DEADLINE_MS) {
        throw new Error(
          `${this.#hasEnded ? "it ended" : "the time is over"} without ${text} on the screen:\n${this.screen}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Waits until the command has ended. */
  async exitCode(): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = (): void => reject(new Error(`the command has not ended; the screen is:\n${this.screen}`));
      timer = setTimeout(fail, DEADLINE_MS);
    });
    return await Promise.race([this.#ended, late]).finally(() => clearTimeout(timer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#process.kill("SIGKILL");
    await this.#ended.catch(() => undefined);
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The one of BSD has other options. */
function hasScript(): boolean {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8", stdio: "pipe" }).includes("util-linux");
  } catch {
    return false;
  }
}
