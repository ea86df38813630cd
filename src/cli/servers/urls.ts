import { CommandError } from "../command-error.ts";
import { quote } from "../text/quote.ts";

const SCHEMES = ["http", "https", "nats", "tls", "ws", "wss"];

/** Whether nats-servers are meant by a URL, and not an account server that speaks HTTP. nsc: `IsResolverURL`. */
export function isResolverUrl(url: string): boolean {
  return /^(?:nats|tls|wss?):/i.test(url.trim());
}

/** Refuses the URL of something that accounts can't be brought to. */
export function assertPushUrl(url: string): void {
  const reason = wrongWithPushUrl(url);
  if (reason !== undefined) throw new CommandError(reason, { code: "ERR_SERVER_URL", showsUsage: true });
}

/** What is wrong with a URL that accounts are to be brought to. */
export function wrongWithPushUrl(url: string): string | undefined {
  if (url.trim() === "") return "url cannot be empty";
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url.trim())?.[1]?.toLowerCase() ?? "";
  if (SCHEMES.includes(scheme)) return undefined;
  return `scheme ${quote(scheme)} is not supported (${SCHEMES.join(", ")})`;
}

/** The URLs of a list of them. */
export function splitUrls(urls: string): string[] {
  return urls
    .split(",")
    .map((url) => url.trim())
    .filter((url) => url !== "");
}

/** A URL, or a list of them, without the password or token that may be in it. */
export function withoutPassword(urls: string): string {
  return urls
    .split(",")
    .map((url) => url.replace(/^([^/]*\/\/)?[^/]*@/, "$1"))
    .join(",");
}
