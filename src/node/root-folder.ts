import { constants, type Dirent } from "node:fs";
import { type FileHandle, lstat, open, readdir, realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { damaged, hasSystemCode, ioError, saysMissing } from "./io-error.ts";
import { foldName } from "./names.ts";

/** Tokens have at most 1 MiB; whatever is larger is none of nsc's files. */
const LARGEST = 4 * 1024 * 1024;

/** No link is followed, and nothing waits for the other end of a pipe. Windows has neither. */
export const READ_PLAINLY: number = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * A folder that we read and write below. It may itself be reached through links, which are its owner's wish; below it
 * links are not followed, so that nothing outside is read or written.
 */
export class RootFolder {
  readonly path: string;
  #real: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** The absolute path of something below. */
  at(path: string): string {
    return path === "" ? this.path : join(this.path, path);
  }

  /** The text of a file, or nothing if there is none of exactly that name. */
  async read(path: string): Promise<string | undefined> {
    if (!(await this.#isThere(path))) return undefined;
    const file = this.at(path);
    try {
      const handle = await open(file, READ_PLAINLY);
      try {
        const stats = await handle.stat();
        if (!stats.isFile()) throw damaged(file, "is no file");
        if (stats.size > LARGEST) throw damaged(file, "is too large to be a file of nsc");
        return await readText(handle, stats.size);
      } finally {
        await handle.close();
      }
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
      return await readdir(folder, { withFileTypes: true });
    } catch (cause) {
      if (saysMissing(cause)) return [];
      throw ioError(`reading ${folder}`, cause);
    }
  }

  /** What is at a path below; the folders on the way are not looked at. */
  async kindOf(path: string): Promise<"file" | "folder" | "other" | undefined> {
    const file = this.at(path);
    try {
      const stats = await lstat(file);
      return stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other";
    } catch (cause) {
      if (saysMissing(cause)) return undefined;
      throw ioError(`looking at ${file}`, cause);
    }
  }

  /** Where the links in the path of the root lead to; nothing while there is no root. */
  async real(): Promise<string | undefined> {
    this.#real = await realPath(this.path);
    return this.#real;
  }

  /** Where it is from another folder on; what is not there is taken to be reached without links. */
  async pathFrom(other: RootFolder): Promise<string> {
    const [from, to] = [(await other.real()) ?? other.path, (await this.real()) ?? this.path];
    return relative(from, to);
  }

  /** Whether there is something of exactly that name, reached without a link. */
  async #isThere(path: string): Promise<boolean> {
    const real = await realPath(this.at(path));
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
}

/** In a buffer of its own, which nobody else is given later: it may hold a seed. */
async function readText(handle: FileHandle, size: number): Promise<string> {
  const bytes = Buffer.alloc(size + 1);
  const { bytesRead } = await handle.read(bytes, 0, size + 1, 0);
  // A file may grow meanwhile.
  return bytesRead <= size ? bytes.toString("utf8", 0, bytesRead) : await handle.readFile("utf8");
}

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (cause) {
    if (saysMissing(cause)) return undefined;
    if (hasSystemCode(cause, "ELOOP")) throw linked(path);
    throw ioError(`looking at ${path}`, cause);
  }
}

export function linked(path: string): Error {
  return damaged(path, "is reached through a symbolic link, and those are not followed");
}
