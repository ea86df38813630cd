import { randomBytes } from "node:crypto";
import { link, realpath, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { NscError } from "../errors.ts";
import { hasSystemCode, ioError } from "./io-error.ts";
import { writeNewFile } from "./write-new-file.ts";

/** Options of {@link replaceFile}. */
export interface ReplaceFileOptions {
  /** Refuses to replace a file that is there already, by whoever made it. */
  readonly isNew?: boolean;
}

/**
 * Writes a file for its owner alone. Whoever reads it finds either what was there or all of the new text.
 *
 * @throws NscError `ERR_ENTITY_EXISTS`, `ERR_STORE_IO`
 */
export async function replaceFile(path: string, text: string, options: ReplaceFileOptions = {}): Promise<void> {
  // Who keeps it elsewhere and has a link to it here goes on to have one.
  const file = options.isNew ? path : await realpath(path).catch(() => path);
  const temporary = join(dirname(file), `.nscjs-${randomBytes(8).toString("hex")}-0`);
  try {
    await writeNewFile(temporary, text);
    // Unlike a rename, a link replaces nothing.
    if (options.isNew) await link(temporary, file);
    else await rename(temporary, file);
  } catch (cause) {
    if (options.isNew && hasSystemCode(cause, "EEXIST")) {
      throw new NscError("ERR_ENTITY_EXISTS", `${file} is there already`);
    }
    throw ioError(`writing ${file}`, cause);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}
