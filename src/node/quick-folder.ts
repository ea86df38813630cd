import {
  closeSync,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { compareUtf8 } from "../encoding/go-text.ts";
import { READ_PLAINLY } from "./file-reads.ts";
import { hasSystemCode, ioError, saysMissing } from "./io-error.ts";

/** Whatever is larger is none of nsc's files. */
const LARGEST = 4 * 1024 * 1024;

/** What was read, or why it was not. */
export type Read = { readonly text: string; readonly stats: Stats } | { readonly problem: string };

/**
 * Reads synchronously, which for many small files takes a tenth of the time; its user lets others work now and then. No
 * link is followed below the root: whoever walks from there enters only what is a folder.
 */
export class QuickFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  at(path: string): string {
    return path === "" ? this.path : join(this.path, path);
  }

  /** The root's entries in the order of their names; none if there is no root. @throws NscError `ERR_STORE_IO` */
  rootEntries(): readonly Dirent[] {
    try {
      return sorted(readdirSync(realpathSync(this.path), { withFileTypes: true }));
    } catch (cause) {
      if (saysMissing(cause)) return [];
      throw ioError(`reading ${this.path}`, cause);
    }
  }

  /** A folder's entries in the order of their names; nothing if it can't be read. */
  entries(path: string): readonly Dirent[] | undefined {
    try {
      return sorted(readdirSync(this.at(path), { withFileTypes: true }));
    } catch {
      return undefined;
    }
  }

  stats(path: string): Stats | undefined {
    try {
      return lstatSync(this.at(path), { throwIfNoEntry: false });
    } catch {
      return undefined;
    }
  }

  /** A file's text; nothing if there is no file. */
  read(path: string): Read | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(this.at(path), READ_PLAINLY);
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return { problem: "is no file" };
      if (stats.size > LARGEST) return { problem: "is too large to be a file of nsc" };
      return { text: readFileSync(descriptor, "utf8"), stats };
    } catch (cause) {
      if (saysMissing(cause)) return undefined;
      if (hasSystemCode(cause, "ELOOP")) return { problem: "is a link" };
      return { problem: `can't be read: ${(cause as { readonly code?: string }).code ?? "the system refuses"}` };
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }
}

function sorted(entries: Dirent[]): Dirent[] {
  return entries.sort((a, b) => compareUtf8(a.name, b.name));
}
