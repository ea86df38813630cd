import { assertKnownOptions } from "../authority/options.ts";
import { encodeUtf8 } from "../encoding/bytes.ts";
import { NscError } from "../errors.ts";
import type { NatsTarget } from "./target.ts";

/** An account server that speaks HTTP, such as `nats-account-server`, or what `accountServer` of `nsc.js` makes. */
export interface AccountServerTarget {
  /**
   * Where it is, such as "https://accounts.example.com/jwt/v1": what the operator's `account_server_url` says. Accounts are below
   * `accounts/` there. A user and a password in it are sent in a header.
   */
  readonly url: string;
  /** Headers for all requests, such as `{ authorization: "Bearer …" }`. They are not sent to other hosts. */
  readonly headers?: { readonly [name: string]: string };
  /** What asks it; the platform's `fetch` by default. Nothing is tried a second time: give one that does. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** Where an account server is, and how it is asked. */
export interface AccountServerAddress {
  /** Without a slash at the end, and without user and password. */
  readonly url: string;
  readonly headers: Headers;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** Whether it is an account server, and not servers that are connected to. */
export function isAccountServerTarget(target: NatsTarget | AccountServerTarget): target is AccountServerTarget {
  return typeof target === "object" && target !== null && "url" in target && !("connect" in target);
}

/** @throws NscError `ERR_ARGUMENT_INVALID` */
export function addressOf(target: AccountServerTarget): AccountServerAddress {
  assertKnownOptions(target, ["url", "headers", "fetch"]);
  const { fetch = (request: Request) => globalThis.fetch(request), headers: given = {} } = target;
  if (typeof fetch !== "function") throw invalid("fetch must be a function");
  const url = parseUrl(target.url);
  const headers = parseHeaders(given);
  if (url.username !== "" && !headers.has("authorization")) {
    const pair = [url.username, url.password].map(decodeUserinfo).join(":");
    headers.set("authorization", `Basic ${btoa(String.fromCharCode(...encodeUtf8(pair)))}`);
  }
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, "")}`, headers, fetch };
}

function parseUrl(text: unknown): URL {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url !== undefined && /^https?:$/.test(url.protocol);
  // It may hold a password, so that it is not quoted.
  if (!isHttp)
    throw invalid("the url of an account server must be one of http or https; servers are { connect, servers }");
  if (url.search !== "" || url.hash !== "") throw invalid("the url of an account server ends with its path");
  return url;
}

function parseHeaders(given: unknown): Headers {
  if (typeof given === "object" && given !== null) {
    try {
      return new Headers(given as Record<string, string>);
    } catch {
      // What it says may quote a token.
    }
  }
  throw invalid("headers must be an object of names and values that HTTP can send");
}

function decodeUserinfo(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
