import { readFile, stat } from "node:fs/promises";
import { hasSystemCode } from "../node/io-error.ts";
import { CommandError } from "./command-error.ts";
import type { Invocation } from "./invocation.ts";

/** Far more than a token may have, and creds. */
const LARGEST = 4 * 1024 * 1024;
const TIMEOUT_MS = 5000;

/**
 * The text of a file, or of what an address of the web gives.
 *
 * @throws CommandError
 */
export async function readFileOrUrl({ io, output }: Pick<Invocation, "io" | "output">, given: string): Promise<string> {
  if (/^https?:\/\//i.test(given)) return await download(given, io.signal);
  const path = output.path(given);
  try {
    const { size } = await stat(path);
    if (size > LARGEST) throw new CommandError(`${given} is too large to hold a token`, { code: "ERR_FILE" });
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    const why = hasSystemCode(cause, "ENOENT") ? "no such file or directory" : (cause as Error).message;
    throw new CommandError(`stat ${path}: ${why}`, { code: "ERR_FILE", cause });
  }
}

async function download(given: string, signal: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let shown = "that address";
  try {
    const url = new URL(given);
    const { username, password } = url;
    // Neither these nor a query are for the eyes of others, and fetch refuses an address that has them.
    url.username = url.password = "";
    shown = url.origin + url.pathname;
    const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
    const headers = username === "" ? {} : { authorization: `Basic ${credentials.toString("base64")}` };
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, timeout]) });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const text = await response.text();
    if (text.length > LARGEST) throw new Error("it is too large to hold a token");
    return text;
  } catch (cause) {
    const why = timeout.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : reasonOf(cause as Error);
    throw new CommandError(`error loading from ${shown}: ${why}`, { code: "ERR_DOWNLOAD" });
  }
}

/** What fetch says is only that it failed. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
