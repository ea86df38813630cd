import { randomBytes } from "node:crypto";
import { link, realpath, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasSystemCode, ioError, tolerating } from "./io-error.ts";
import { writeNewFile } from "./write-new-file.ts";

/**
 * Writes a file for its owner alone. Whoever reads it finds either what was there or all of the new text.
 *
 * @throws NscError `ERR_STORE_IO`
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  // Who keeps it elsewhere and has a link to it here goes on to have one.
  const file = await realpath(path).catch(() => path);
  try {
    await writeAside(file, text, (temporary) => rename(temporary, file));
  } catch (cause) {
    throw ioError(`writing ${file}`, cause);
  }
}

/**
 * Makes a file for its owner alone, all at once; false if there is something of that name, by whoever made it.
 *
 * @throws NscError `ERR_STORE_IO`
 */
export async function createFile(path: string, text: string): Promise<boolean> {
  // Unlike renaming, a link replaces nothing.
  const written = writeAside(path, text, (temporary) =>
    link(temporary, path).catch((cause: unknown) => {
      if (!hasSystemCode(cause, ...NO_LINKS)) throw cause;
      return writeInPlace(path, text);
    }),
  );
  return await tolerating(["EEXIST"], `writing ${path}`, written);
}

/** What file systems say that have no hard links, such as those of most memory sticks. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"] as const;

/** Writes a file beside another one, has it brought to its place, and leaves nothing behind. */
async function writeAside(file: string, text: string, place: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(file), `.nscjs-${randomBytes(8).toString("hex")}-0`);
  try {
    await writeNewFile(temporary, text);
    await place(temporary);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function writeInPlace(path: string, text: string): Promise<void> {
  try {
    await writeNewFile(path, text);
  } catch (error) {
    if (!hasSystemCode(error, "EEXIST")) await rm(path, { force: true });
    throw error;
  }
}
