import { type Dirent, lstatSync, readdirSync, realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type FileReads, PATIENT_READS, readPublicTextNow } from "./file-reads.ts";
import { damaged, hasSystemCode, ioError, saysMissing } from "./io-error.ts";
import { foldName } from "./names.ts";

/** Larger than nearly all tokens. */
const SCRATCH_SIZE = 64 * 1024;

/**
 * A folder that we read and write below. It may itself be reached through links, which are its owner's wish; below it
 * links are not followed, so that nothing outside is read or written.
 */
export class RootFolder {
  readonly path: string;
  readonly #reads: FileReads;
  #real: string | undefined;
  #scratch: Buffer | undefined;

  constructor(path: string, reads: FileReads = PATIENT_READS) {
    this.path = path;
    this.#reads = reads;
  }

  /** The absolute path of something below. */
  at(path: string): string {
    if (path === "") return this.path;
    // Both are in order as they are, so that nothing has to be looked for in them.
    return sep === "/" && this.path !== "/" ? `${this.path}/${path}` : join(this.path, path);
  }

  /** The text of a file, or nothing if there is none of exactly that name. */
  async read(path: string): Promise<string | undefined> {
    if (!(await this.#isThere(path))) return undefined;
    const file = this.at(path);
    try {
      return await this.#reads.readText(file);
    } catch (cause) {
      if (saysMissing(cause)) return undefined;
      if (hasSystemCode(cause, "ELOOP")) throw linked(file);
      throw ioError(`reading ${file}`, cause);
    }
  }

  /** The entries of a folder; none if there is no folder. */
  async entries(path: string): Promise<readonly Dirent[]> {
    if (!(await this.#isThere(path))) return [];
    const folder = this.at(path);
    try {
      return await this.#reads.readdir(folder);
    } catch (cause) {
      if (saysMissing(cause)) return [];
      throw ioError(`reading ${folder}`, cause);
    }
  }

  /** The entries of a folder, read at once; nothing where that needs a closer look, such as for a link on the way. */
  entriesNow(path: string): readonly Dirent[] | undefined {
    const folder = this.at(path);
    try {
      this.#real ??= realpathSync.native(this.path);
      if (realpathSync.native(folder) !== join(this.#real, path)) return undefined;
      return readdirSync(folder, { withFileTypes: true });
    } catch (cause) {
      return saysMissing(cause) ? [] : undefined;
    }
  }

  /** The same of a folder whose own folder was just found to be reached without a link. */
  entriesBelowNow(path: string): readonly Dirent[] | undefined {
    const kind = this.kindNow(path);
    if (kind !== "folder") return kind === undefined ? [] : undefined;
    try {
      return readdirSync(this.at(path), { withFileTypes: true });
    } catch (cause) {
      return saysMissing(cause) ? [] : undefined;
    }
  }

  /**
   * The text of a file without secrets, in a folder that was just found to be reached without a link; nothing where that
   * needs a closer look.
   */
  publicTextNow(path: string): string | undefined {
    this.#scratch ??= Buffer.allocUnsafeSlow(SCRATCH_SIZE);
    try {
      return readPublicTextNow(this.at(path), this.#scratch);
    } catch {
      return undefined;
    }
  }

  /** What is at a path below, seen at once; what can't be looked at is something else. */
  kindNow(path: string): "file" | "folder" | "other" | undefined {
    try {
      const stats = lstatSync(this.at(path), { throwIfNoEntry: false });
      if (stats === undefined) return undefined;
      return stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other";
    } catch {
      return "other";
    }
  }

  /** What is at a path below; the folders on the way are not looked at. */
  async kindOf(path: string): Promise<"file" | "folder" | "other" | undefined> {
    const file = this.at(path);
    try {
      const stats = await this.#reads.lstat(file);
      if (stats === undefined) return undefined;
      return stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other";
    } catch (cause) {
      if (saysMissing(cause)) return undefined;
      throw ioError(`looking at ${file}`, cause);
    }
  }

  /** Whether there is a file of exactly that name, reached without a link. */
  async hasFile(path: string): Promise<boolean> {
    return (await this.#isThere(path)) && (await this.kindOf(path)) === "file";
  }

  /** Where the links in the path of the root lead to; nothing while there is no root. */
  async real(): Promise<string | undefined> {
    this.#real = await this.#realPath(this.path);
    return this.#real;
  }

  /** Where it is from another folder on; what is not there is taken to be reached without links. */
  async pathFrom(other: RootFolder): Promise<string> {
    const [from, to] = [(await other.real()) ?? other.path, (await this.real()) ?? this.path];
    return relative(from, to);
  }

  /** Whether there is something of exactly that name, reached without a link. */
  async #isThere(path: string): Promise<boolean> {
    const real = await this.#realPath(this.at(path));
    if (real === undefined) return false;
    if (real === join(this.#real ?? "", path)) return true;
    // Whoever moved the root, or a link in its path, meanwhile may do so.
    const root = await this.real();
    if (root === undefined) return false;
    const expected = join(root, path);
    if (real === expected) return true;
    // On some file systems other spellings lead to it, too.
    if (foldName(real) === foldName(expected)) return false;
    throw linked(this.at(path));
  }

  async #realPath(path: string): Promise<string | undefined> {
    try {
      return await this.#reads.realpath(path);
    } catch (cause) {
      if (saysMissing(cause)) return undefined;
      if (hasSystemCode(cause, "ELOOP")) throw linked(path);
      throw ioError(`looking at ${path}`, cause);
    }
  }
}

export function linked(path: string): Error {
  return damaged(path, "is reached through a symbolic link, and those are not followed");
}
