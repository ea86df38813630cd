import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { lstat, open, readdir, readFile, realpath } from "node:fs/promises";
import { damaged } from "./io-error.ts";

/** Tokens have at most 1 MiB; whatever is larger is none of nsc's files. */
const LARGEST = 4 * 1024 * 1024;

/** No link is followed, and nothing waits for the other end of a pipe. Windows has neither. */
export const READ_PLAINLY: number = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What is read of the file system. What it refuses is its own error. */
export interface FileReads {
  realpath(path: string): Promise<string>;
  lstat(path: string): Promise<Stats | undefined>;
  readdir(path: string): Promise<Dirent[]>;
  /** The text of a file that is no link. */
  readText(file: string): Promise<string>;
  /** The text of a file, wherever links lead. */
  readLinkedText(file: string): Promise<string>;
}

/** Others work meanwhile. */
export const PATIENT_READS: FileReads = {
  realpath,
  lstat,
  readdir: (path) => readdir(path, { withFileTypes: true }),
  async readText(file) {
    const handle = await open(file, READ_PLAINLY);
    try {
      const { size, isFile } = await handle.stat().then((stats) => ({ size: stats.size, isFile: stats.isFile() }));
      const bytes = bufferFor(file, size, isFile);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
      return bytesRead <= size ? bytes.toString("utf8", 0, bytesRead) : await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  },
  readLinkedText: (file) => readFile(file, "utf8"),
};

/** Nobody works meanwhile: for many small files that takes a tenth of the time. */
export const BLOCKING_READS: FileReads = {
  realpath: async (path) => realpathSync.native(path),
  lstat: async (path) => lstatSync(path, { throwIfNoEntry: false }),
  readdir: async (path) => readdirSync(path, { withFileTypes: true }),
  readText: async (file) => readTextNow(file),
  readLinkedText: async (file) => readFileSync(file, "utf8"),
};

/** The text of a file that is no link, read at once. What the system refuses is its own error. */
export function readTextNow(file: string): string {
  const descriptor = openSync(file, READ_PLAINLY);
  try {
    const stats = fstatSync(descriptor);
    const { size } = stats;
    const bytes = bufferFor(file, size, stats.isFile());
    const bytesRead = readSync(descriptor, bytes, 0, bytes.length, 0);
    return bytesRead <= size ? bytes.toString("utf8", 0, bytesRead) : readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The same for a file that holds no secret, by way of a buffer that stays, which takes half of the time. Nothing of what has
 * no room there, and whatever may be read of what is no file.
 */
export function readPublicTextNow(file: string, scratch: Buffer): string | undefined {
  const descriptor = openSync(file, READ_PLAINLY);
  try {
    const bytesRead = readSync(descriptor, scratch, 0, scratch.length, null);
    return bytesRead < scratch.length ? scratch.toString("utf8", 0, bytesRead) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * One of its own, which nobody else is given later: it may hold a seed. It has room for a byte more, by which it is seen
 * that the file has grown meanwhile.
 */
function bufferFor(file: string, size: number, isFile: boolean): Buffer {
  if (!isFile) throw damaged(file, "is no file");
  if (size > LARGEST) throw damaged(file, "is too large to be a file of nsc");
  return Buffer.alloc(size + 1);
}
