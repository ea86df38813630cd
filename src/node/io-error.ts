import { isNscError, NscError } from "../errors.ts";

/** The code of an error of the system, such as ENOENT. */
function systemCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && !isNscError(error) ? code : undefined;
}

export function hasSystemCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = systemCode(error);
  return code !== undefined && codes.includes(code);
}

/** Whether an error says that there is nothing at a path, nor can be. */
export function saysMissing(error: unknown): boolean {
  return hasSystemCode(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG");
}

/** What the file system said, as an error with a code of ours. */
export function ioError(action: string, cause: unknown): NscError {
  if (isNscError(cause)) return cause;
  const code = systemCode(cause);
  return new NscError("ERR_STORE_IO", `${action} failed${code === undefined ? "" : `: ${code}`}`, { cause });
}

/** Something on disk is not what it has to be. Its content is nobody's business: it may hold a seed. */
export function damaged(file: string, problem: string): NscError {
  return new NscError("ERR_STORE_DAMAGED", `${file} ${problem}`);
}

/** Awaits something of the file system: false where one of these codes says so, and other errors as {@link ioError}. */
export async function tolerating(
  codes: readonly string[],
  action: string,
  promise: Promise<unknown>,
): Promise<boolean> {
  try {
    await promise;
    return true;
  } catch (cause) {
    if (hasSystemCode(cause, ...codes)) return false;
    throw ioError(action, cause);
  }
}
