import { readFile } from "node:fs/promises";
import { readAtMost } from "../encoding/byte-stream.ts";
import { decodeUtf8 } from "../encoding/bytes.ts";
import { hasSystemCode, saysMissing } from "../node/io-error.ts";
import { CommandError } from "./command-error.ts";
import type { Invocation } from "./invocation.ts";
import { quotePath } from "./text/quote.ts";

/** The largest token, with lines around it. */
const MOST_BYTES: number = 1024 * 1024 + 4096;
const MOST_MILLISECONDS = 5000;

/** Whether what was typed is an address, and not a file. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/**
 * The text of a file, or what is at an http or https address. nsc: `LoadFromFileOrURL`.
 *
 * @throws CommandError that says why there is none, and nothing of what is there
 */
export async function loadText({ io, output }: Pick<Invocation, "io" | "output">, source: string): Promise<string> {
  try {
    return isUrl(source) ? await download(source, io.signal) : await readText(output.path(source));
  } catch (cause) {
    io.signal.throwIfAborted();
    throw new CommandError(`error loading ${quotePath(source)}: ${(cause as Error).message}`, {
      code: "ERR_SOURCE_UNREADABLE",
      cause,
    });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (saysMissing(cause)) throw new Error(`stat ${path}: no such file or directory`, { cause });
    if (hasSystemCode(cause, "EISDIR")) throw new Error(`read ${path}: is a directory`, { cause });
    throw new Error(`open ${path}: ${code ?? "it can't be read"}`, { cause });
  }
}

async function download(url: string, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.timeout(MOST_MILLISECONDS);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, limit]) });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new CommandError(`the server answers ${response.status} ${response.statusText}`.trim());
    }
    const { bytes, isWhole } = await readAtMost(response.body, MOST_BYTES);
    if (!isWhole) throw new CommandError(`the server answers with more than ${MOST_BYTES} bytes, which is no token`);
    return decodeUtf8(bytes);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (limit.aborted) throw new Error(`no answer within ${MOST_MILLISECONDS / 1000} s`, { cause: error });
    // Node says "fetch failed", and why in the cause.
    const { cause, message } = error as Error;
    throw new Error((cause as Error | undefined)?.message || message, { cause: error });
  }
}
