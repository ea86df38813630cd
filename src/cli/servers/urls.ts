import { isIP } from "node:net";
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
  if (SCHEMES.includes(scheme)) {
    const isGood = isResolverUrl(url) || URL.canParse(url.trim());
    return isGood ? undefined : `invalid url ${quote(withoutPassword(url))}`;
  }
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

/** Where a server is. */
export interface ServerAddress {
  /** With a scheme, a port, and no user. */
  readonly url: string;
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: number;
  readonly isIp: boolean;
  readonly isWebSocket: boolean;
}

/** By scheme; the client takes all others for the first. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { nats: 4222, tls: 4222, ws: 80, wss: 443 };

/**
 * Where the server of a URL is; without a scheme it is `nats:`.
 *
 * @throws CommandError `ERR_SERVER_URL`
 */
export function serverAddress(given: string): ServerAddress {
  const [, scheme = "nats", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(given.trim()) ?? [];
  const name = scheme.toLowerCase() in DEFAULT_PORTS ? scheme.toLowerCase() : "nats";
  let parsed: URL;
  try {
    // Of a scheme that it knows it would drop the port that is the default.
    parsed = new URL(`nats://${rest}`);
  } catch (cause) {
    throw invalidUrl(given, cause);
  }
  if (parsed.hostname === "") throw invalidUrl(given);
  const hostname = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = parsed.port === "" ? (DEFAULT_PORTS[name] ?? 4222) : Number(parsed.port);
  const path = parsed.pathname === "/" ? "" : parsed.pathname;
  return {
    url: `${name}://${parsed.hostname}:${port}${path}${parsed.search}`,
    hostname,
    port,
    isIp: isIP(hostname) !== 0,
    isWebSocket: isWebSocketUrl(given),
  };
}

function invalidUrl(given: string, cause?: unknown): CommandError {
  return new CommandError(`invalid server URL ${quote(withoutPassword(given))}`, { code: "ERR_SERVER_URL", cause });
}

/** Whether a server is reached over WebSockets. */
export function isWebSocketUrl(url: string): boolean {
  return /^wss?:/i.test(url.trim());
}

/**
 * The URL of the server that is in use.
 *
 * @param server - as the client names it: by host and port, also over WebSockets
 * @param urls - those that were given; others were heard of from one of them, and are of its kind
 */
export function urlInUse(server: string, urls: readonly string[]): string {
  const addresses = urls.map(serverAddress);
  const { hostname, port } = serverAddress(server);
  const known = addresses.find((address) => address.hostname === hostname && address.port === port);
  if (known !== undefined) return known.url;
  const [scheme = "nats"] = addresses[0]?.url.split(":") ?? [];
  return serverAddress(`${scheme}://${server.replace(/^\w+:\/\//, "")}`).url;
}
