import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Writable } from "node:stream";
import { createFile, replaceFile } from "../../node/replace-file.ts";
import { CommandError } from "../command-error.ts";
import type { Io } from "../io.ts";
import { quotePath } from "../text/quote.ts";
import { NO_PROGRESS, type Progress, progressBar } from "./progress.ts";

const OWNER_ALONE = 0o600;

/** How a command wants its words to go out. */
export interface OutputOptions {
  readonly isJson: boolean;
  readonly isDryRun: boolean;
}

/** How a file is written. */
export interface WriteFileOptions {
  readonly overwrites: boolean;
  readonly mode?: number;
  readonly makesFolder?: boolean;
}

/** Where a command's words go: data to standard output, talk to standard error, files to where they were asked for. */
export class Output {
  readonly isJson: boolean;
  readonly isDryRun: boolean;
  readonly #io: Io;
  #json: { readonly value: () => unknown } | undefined;

  constructor(io: Io, { isJson, isDryRun }: OutputOptions) {
    this.#io = io;
    this.isJson = isJson;
    this.isDryRun = isDryRun;
  }

  /** Whether data may be coloured. */
  get color(): boolean {
    return this.#colors(this.#io.stdout);
  }

  /** Whether talk may be coloured. */
  get talkColor(): boolean {
    return this.#colors(this.#io.stderr);
  }

  /** The width that data must fit, if a terminal shows it. */
  get width(): number | undefined {
    return this.#io.stdout.isTTY ? this.#io.stdout.columns : undefined;
  }

  /** Whether somebody sits there who could answer. */
  get isTerminal(): boolean {
    return this.#io.stdin.isTTY === true && this.#io.stderr.isTTY === true;
  }

  /** What `--json` prints, once it is known. */
  get json(): { readonly value: unknown } | undefined {
    return this.#json && { value: this.#json.value() };
  }

  /** Data as text, which `--json` leaves out. It is written as it is. */
  print(text: string): void {
    if (!this.isJson) this.#io.stdout.write(text);
  }

  /** Data for programs, which only `--json` prints. */
  data(value: unknown): void {
    this.#json = { value: () => value };
  }

  /** The same, of which more is known when the command is over. */
  dataAtEnd(value: () => unknown): void {
    this.#json = { value };
  }

  /** Data that comes bit by bit: a line of JSON for each, which only `--json` prints. */
  line(value: unknown): void {
    if (this.isJson) this.#io.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Calls back when nobody reads what is written any more, as behind `| head`. */
  whenUnread(callback: () => void): void {
    for (const stream of [this.#io.stdout, this.#io.stderr]) stream.once("error", callback);
  }

  /** Talk, in a line of its own. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /**
   * Writes a file that was asked for, all at once. With `--dry-run` it only says so.
   *
   * @param path - relative to the working directory; `~` stands for the home folder
   * @param overwrites - whether a file that is there is replaced
   * @param mode - who may read it, which the umask restricts; its owner alone by default
   * @param makesFolder - whether the folder is made that it goes to
   * @returns the absolute path
   * @throws CommandError when there is one and it is not to be replaced, or no folder for it
   */
  async writeFile(
    path: string,
    text: string,
    { overwrites, mode = OWNER_ALONE, makesFolder = false }: WriteFileOptions,
  ): Promise<string> {
    const target = this.path(path);
    if (this.isDryRun) {
      this.note(`would write ${target}`);
      return target;
    }
    const there = await stat(target).catch(() => undefined);
    if (there?.isDirectory())
      throw new CommandError(`${quotePath(target)} is a directory`, { code: "ERR_FILE_EXISTS" });
    if (there !== undefined && !there.isFile() && overwrites) {
      // A device or a pipe: there is nothing to replace.
      await writeFile(target, text);
      return target;
    }
    if (makesFolder) await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    else await assertFolder(dirname(target), path);
    if (overwrites) await replaceFile(target, text);
    else if (!(await createFile(target, text))) {
      throw new CommandError(`${quotePath(target)} already exists`, { code: "ERR_FILE_EXISTS" });
    }
    if (mode !== OWNER_ALONE) await chmod(target, mode & ~process.umask());
    return target;
  }

  /** An absolute path from one that was typed. */
  path(typed: string): string {
    const { cwd, env } = this.#io;
    const home = env["HOME"];
    return resolve(cwd, home && /^~(?=$|\/)/.test(typed) ? `${home}${typed.slice(1)}` : typed);
  }

  /** A bar for something long, on a terminal only. */
  progress(title: string, total: number): Progress {
    const { stderr, env } = this.#io;
    const isSeen = stderr.isTTY === true && env["TERM"] !== "dumb" && !this.isJson && total > 1;
    return isSeen ? progressBar(stderr, title, total) : NO_PROGRESS;
  }

  #colors(stream: Writable & { readonly isTTY?: boolean }): boolean {
    const { NO_COLOR, TERM } = this.#io.env;
    return stream.isTTY === true && !NO_COLOR && TERM !== "dumb";
  }
}

/** A misspelt folder is rather said than made, as with nsc. */
async function assertFolder(folder: string, typed: string): Promise<void> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) return;
  throw new CommandError(`open ${typed}: no such file or directory`, {
    code: "ERR_FILE_NOT_FOUND",
    hint: `there is no folder ${folder}`,
  });
}
