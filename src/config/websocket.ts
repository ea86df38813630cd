import type { ConfigMap } from "./format.ts";
import { assertKnown, definedMembers, flag, refuse, stringList } from "./options.ts";
import { type TlsFiles, tlsConfig } from "./tls-files.ts";
import { checkUrl } from "./urls.ts";

/** Where a server takes WebSocket connections, those of MQTT clients among them. */
export interface WebSocketListener {
  /** The port, 1 to 65535; -1 is any that is free. */
  readonly port: number;
  /** The address to listen on; every address by default. */
  readonly host?: string;
  /** TLS. Without it, `noTls` has to be said. */
  readonly tls?: TlsFiles;
  /** Whether there is no TLS, since something in front of the server does it. */
  readonly noTls?: boolean;
  /**
   * Name of the cookie that holds the user's token, which counts where the client sends none itself. A browser can't sign with a
   * cookie, so the user must be a bearer.
   */
  readonly jwtCookie?: string;
  /** Origins, such as `"https://app.example"`, of the pages that may connect; all by default. */
  readonly allowedOrigins?: readonly string[];
  /** Whether only pages of the server's own origin may connect; false by default. */
  readonly sameOrigin?: boolean;
  /** Whether messages are compressed; false by default. */
  readonly compression?: boolean;
}

const NAMES: readonly (keyof WebSocketListener)[] = [
  "port",
  "host",
  "tls",
  "noTls",
  "jwtCookie",
  "allowedOrigins",
  "sameOrigin",
  "compression",
];

/** What a cookie may be called: a token of RFC 9110. The server would wait for any other name in vain. */
const COOKIE_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** The value of `websocket` in a configuration. */
export function websocketConfig(listener: WebSocketListener): ConfigMap {
  const what = "the websocket listener";
  assertKnown(listener, NAMES, what);
  const { port, host, tls, jwtCookie, allowedOrigins } = listener;
  if (!Number.isInteger(port) || port > 65_535 || (port < 1 && port !== -1)) {
    throw refuse(`${what} needs a port from 1 to 65535, or -1`);
  }
  if (host !== undefined && (typeof host !== "string" || host === "" || host.includes("\0"))) {
    throw refuse(`the host of ${what} must be an address`);
  }
  const noTls = flag(`noTls of ${what}`, listener.noTls);
  if ((tls === undefined) !== (noTls === true)) throw refuse(`${what} needs either tls, or noTls: true`);
  if (jwtCookie !== undefined && (typeof jwtCookie !== "string" || !COOKIE_NAME.test(jwtCookie))) {
    throw refuse("jwtCookie must be the name of a cookie: letters, digits, and !#$%&'*+.^_`|~-");
  }
  if (allowedOrigins !== undefined) {
    const origins = stringList("allowedOrigins", allowedOrigins);
    // To the server an empty list is none, by which every page may connect.
    if (origins.length === 0) throw refuse("allowedOrigins must have at least one origin");
    for (const origin of origins) {
      const { path, host: authority } = checkUrl("an allowed origin", origin, ["http", "https"]);
      const isBare = origin.slice(origin.indexOf("//") + 2) === authority && path === "";
      if (!isBare || authority.endsWith(":"))
        throw refuse("an allowed origin has a scheme, a host, maybe a port, and no more");
    }
  }
  return definedMembers({
    host,
    port,
    no_tls: noTls,
    tls: tls === undefined ? undefined : tlsConfig(`tls of ${what}`, tls, true),
    jwt_cookie: jwtCookie,
    allowed_origins: allowedOrigins && [...allowedOrigins],
    same_origin: flag(`sameOrigin of ${what}`, listener.sameOrigin),
    compression: flag(`compression of ${what}`, listener.compression),
  });
}
