import { mkdir } from "node:fs/promises";
import { ioError } from "./io-error.ts";

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
    throw ioError(`making ${path}`, cause);
  }
}
