import { mkdir } from "node:fs/promises";
import { NscError } from "../errors.ts";
import { hasSystemCode, ioError } from "./io-error.ts";

/**
 * Makes a folder for its owner alone, with those above it, unless it is there.
 *
 * @returns the first one that was made
 * @throws NscError `ERR_STORE_IO`
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    if (hasSystemCode(cause, "EEXIST", "ENOTDIR")) {
      throw new NscError("ERR_STORE_IO", `${path} can't be made: a file is in the way of this folder`, { cause });
    }
    throw ioError(`making ${path}`, cause);
  }
}
