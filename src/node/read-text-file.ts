import { readFile } from "node:fs/promises";
import { ioError, saysMissing } from "./io-error.ts";

/**
 * The text of a file, wherever links lead; nothing if there is none.
 *
 * @throws NscError `ERR_STORE_IO`
 */
export async function readTextFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (saysMissing(cause)) return undefined;
    throw ioError(`reading ${file}`, cause);
  }
}
