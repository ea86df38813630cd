/**
 * One question to an account server, and its answer.
 *
 * @module
 */

import { readAtMost } from "../encoding/byte-stream.ts";
import { decodeUtf8 } from "../encoding/bytes.ts";
import { escapeUnprintable } from "../encoding/go-text.ts";
import { NscError, redact } from "../errors.ts";
import type { AccountServerAddress } from "./account-server-target.ts";

/** What is asked. */
export interface Question {
  readonly method: "GET" | "POST";
  /** Below the address, such as "accounts/A…". */
  readonly path: string;
  readonly body?: string;
  /** How long the answer may take, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  /** The body, if the status is 200. */
  readonly body: string;
  /** What the server says to people, in one line. */
  readonly words: string;
}

/** The largest token, with lines around it. */
const MOST_BYTES = 1024 * 1024 + 4096;
/** As much as people read. */
const MOST_WORDS = 300;
const MOST_REDIRECTS = 5;

/**
 * Asks once. A question is sent where it is redirected to, without its headers if that is another host; what is to be stored
 * is not, since most redirects turn it into a question.
 *
 * @throws NscError `ERR_NATS_CONNECTION`, `ERR_NATS_TIMEOUT`, `ERR_NATS_AUTHORIZATION`, `ERR_NATS_REPLY`; the reason of the signal
 */
export async function exchange(address: AccountServerAddress, question: Question): Promise<HttpAnswer> {
  const { timeout, signal, path } = question;
  const url = `${address.url}/${path}`;
  signal?.throwIfAborted();
  const aborting = new AbortController();
  const onAbort = (): void => aborting.abort();
  const timer = setTimeout(onAbort, timeout);
  signal?.addEventListener("abort", onAbort, { once: true });
  // Whatever asks may pay no attention to the signal.
  const aborted = new Promise<never>((_, reject) => {
    aborting.signal.addEventListener("abort", () => reject(aborting.signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  try {
    return await Promise.race([ask(address, url, question, aborting.signal), aborted]);
  } catch (error) {
    signal?.throwIfAborted();
    if (aborting.signal.aborted) throw new NscError("ERR_NATS_TIMEOUT", `${url} did not answer within ${timeout} ms`);
    if (error instanceof NscError) throw error;
    throw new NscError("ERR_NATS_CONNECTION", `can't reach ${url}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

async function ask(
  { fetch, headers: own, url: base }: AccountServerAddress,
  begin: string,
  { method, body }: Question,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  let url = begin;
  for (let redirects = 0; ; redirects++) {
    const headers = new Headers(new URL(url).origin === new URL(base).origin ? own : {});
    if (body !== undefined) headers.set("content-type", "application/jwt");
    const init = { method, headers, signal, redirect: "manual" as const, ...(body !== undefined && { body }) };
    const response = await fetch(new Request(url, init));
    if (!isRedirect(response)) return read(response, begin);
    await response.body?.cancel();
    const to = locationOf(response, url);
    if (to === undefined || method === "POST" || redirects === MOST_REDIRECTS) throw redirected(begin, to);
    url = to;
  }
}

/** Browsers don't say where a redirect leads to. */
function isRedirect({ status, type }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status) || type === "opaqueredirect";
}

function locationOf(response: Response, url: string): string | undefined {
  const location = response.headers.get("location");
  if (location === null || !URL.canParse(location, url)) return undefined;
  const to = new URL(location, url);
  if (!/^https?:$/.test(to.protocol)) return undefined;
  to.username = "";
  to.password = "";
  return to.href;
}

function redirected(url: string, to: string | undefined): NscError {
  const where = to === undefined ? "elsewhere" : `to ${to.replace(/[?#].*/s, "")}`;
  return new NscError("ERR_NATS_REPLY", `${url} redirects ${where}, which is not followed: say that url`);
}

async function read(response: Response, url: string): Promise<HttpAnswer> {
  const { status } = response;
  const most = status === 200 ? MOST_BYTES : MOST_WORDS;
  const { bytes, isWhole } = await readAtMost(response.body, most);
  const text = decodeUtf8(bytes);
  if (status === 200 && !isWhole) {
    throw new NscError("ERR_NATS_REPLY", `${url} answers with more than ${most} bytes, which is no token`);
  }
  const said = redact(escapeUnprintable(text.trim().replace(/\s+/g, " ")).slice(0, MOST_WORDS));
  const words = said === "" ? response.statusText : said;
  if (status === 401 || status === 403) {
    throw new NscError("ERR_NATS_AUTHORIZATION", `${url} refuses the credentials: ${status} ${words}`);
  }
  return { status, body: text, words };
}

/** Node says "fetch failed", and why in the cause; OpenSSL says where in its sources, besides. */
function reasonOf(error: unknown): string {
  const { cause, message } = (error ?? {}) as { readonly cause?: unknown; readonly message?: unknown };
  const { message: inner = "", code = "" } = (cause ?? {}) as { readonly message?: unknown; readonly code?: unknown };
  return String(inner || code || message || error).replace(/^.*:SSL routines:[^:]*:([^:]+):.*$/s, "TLS failed: $1");
}
