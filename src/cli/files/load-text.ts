import { readFile } from "node:fs/promises";
import { readAtMost } from "../../encoding/byte-stream.ts";
import { decodeUtf8 } from "../../encoding/bytes.ts";
import { saysMissing } from "../../node/io-error.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { quote, quotePath } from "../text/quote.ts";

/** The largest token, with lines around it. */
const MOST_BYTES: number = 1024 * 1024 + 4096;
const MOST_MILLISECONDS = 5000;

type Reader = Pick<Invocation, "io" | "output">;

/** Whether what was typed is an address, and not a file. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/**
 * The text of a file, or what is at an http or https address. nsc: `LoadFromFileOrURL`.
 *
 * @throws CommandError that says why there is none, and nothing of what is there
 */
export async function loadText(reader: Reader, source: string): Promise<string> {
  try {
    return await readSource(reader, source, "stat");
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw renamed(error, `error loading ${quotePath(shownSource(source))}: ${error.message}`);
  }
}

/**
 * As `loadText`, with nothing but the reason in its error.
 *
 * @param operation - what nsc says that it failed to do with a file
 * @throws CommandError
 */
export async function readSource(
  { io, output }: Reader,
  source: string,
  operation: "open" | "stat" = "open",
): Promise<string> {
  return isUrl(source) ? await download(source, io.signal) : await readText(output.path(source), operation);
}

/** An error with other words. */
export function renamed(cause: CommandError, message: string): CommandError {
  const { code, hint } = cause;
  return new CommandError(message, { code, cause, ...(hint === undefined ? {} : { hint }) });
}

/** An address without what may be a secret; a path as it is. */
export function shownSource(source: string): string {
  if (!isUrl(source) || !URL.canParse(source)) return source;
  const url = new URL(source);
  if (url.username === "" && url.search === "") return source;
  return `${url.origin}${url.pathname}`;
}

async function readText(path: string, operation: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message =
      code === "EISDIR"
        ? `read ${path}: is a directory`
        : saysMissing(cause)
          ? `${operation} ${path}: no such file or directory`
          : `open ${path}: ${code ?? "it can't be read"}`;
    throw unreadable(message, cause);
  }
}

async function download(source: string, signal: AbortSignal): Promise<string> {
  const shown = quote(shownSource(source));
  if (!URL.canParse(source)) throw unreadable(`error loading ${shown}: it is no address`);
  const url = new URL(source);
  const headers = new Headers();
  if (url.username !== "") {
    const pair = [url.username, url.password].map(percentDecoded).join(":");
    headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
    // What has them in its address is not fetched.
    url.username = "";
    url.password = "";
  }
  const limit = AbortSignal.timeout(MOST_MILLISECONDS);
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, limit]) });
    if (response.status !== 200) {
      await response.body?.cancel();
      const status = `${response.status} ${response.statusText}`.trim();
      throw unreadable(`error reading response from ${shown}: ${status}`);
    }
    const { bytes, isWhole } = await readAtMost(response.body, MOST_BYTES);
    if (isWhole) return decodeUtf8(bytes);
    throw unreadable(`error reading response from ${shown}: more than ${MOST_BYTES} bytes, which is no token`);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    signal.throwIfAborted();
    if (limit.aborted)
      throw unreadable(`error loading ${shown}: no answer within ${MOST_MILLISECONDS / 1000} s`, error);
    // Node says "fetch failed", and why in the cause.
    const { cause, message } = error as Error;
    throw unreadable(`error loading ${shown}: ${(cause as Error | undefined)?.message || message}`, error);
  }
}

/** A user or password as it is meant; what is no percent-encoding stands for itself. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unreadable(message: string, cause?: unknown): CommandError {
  return new CommandError(message, { code: "ERR_SOURCE_UNREADABLE", cause });
}
