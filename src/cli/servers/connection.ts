import type { Authenticator, ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { isNscError } from "../../errors.ts";
import { failureOf } from "../../nats/requests.ts";
import { CommandError } from "../command-error.ts";
import type { clientFlags } from "../flags/client-flags.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { tlsOptionsOf, VERIFIED_TLS } from "./tls-options.ts";
import { isWebSocketUrl, serverAddress, splitUrls } from "./urls.ts";

/** Who connects, to what. */
export interface ConnectionInit {
  /** As servers show it. */
  readonly name: string;
  /** A URL, or several with commas between them. */
  readonly servers: string;
  readonly authenticator: Authenticator;
  readonly inboxPrefix?: string;
  /** What to do where servers don't let the user in. */
  readonly adviceIfRefused: () => Promise<string>;
  /** How long it may be tried to connect again. */
  readonly reconnect: { readonly wait: number; readonly attempts: number };
}

const CONNECT_TIMEOUT = 5000;

/**
 * Connects to servers; the client is loaded for it. A connection ends when the command is interrupted.
 *
 * @throws CommandError with nsc's text, and why it was as the hint
 */
export async function connectToServers(
  invocation: Pick<Invocation, "command" | "io" | "output">,
  flags: FlagValues<typeof clientFlags>,
  { name, servers, authenticator, inboxPrefix, reconnect, adviceIfRefused }: ConnectionInit,
): Promise<NatsConnection> {
  const { signal } = invocation.io;
  const urls = splitUrls(servers);
  for (const url of urls) serverAddress(url);
  const tls = await tlsOptionsOf(invocation, flags, urls);
  const client = await import("@nats-io/transport-node");
  const isWebSocket = urls.some(isWebSocketUrl);
  assertOneTransport(urls, isWebSocket);
  const options: ConnectionOptions = {
    name,
    servers: urls,
    authenticator,
    timeout: CONNECT_TIMEOUT,
    reconnectTimeWait: reconnect.wait,
    maxReconnectAttempts: reconnect.attempts,
    ...(inboxPrefix !== undefined && { inboxPrefix }),
  };
  let connection: NatsConnection;
  try {
    if (isWebSocket) {
      const { webSocketFactory } = await import("./web-socket.ts");
      connection = await client.wsconnect({ ...options, wsFactory: webSocketFactory(tls) });
    } else if (tls !== undefined) connection = await client.connect({ ...options, tls });
    else {
      connection = await client.connect(options).catch(async (error: unknown) => {
        // Servers that are known by their addresses are looked for as "localhost" in certificates.
        if ((error as NodeJS.ErrnoException).code !== "ERR_TLS_CERT_ALTNAME_INVALID") throw error;
        return await client.connect({ ...options, tls: VERIFIED_TLS });
      });
    }
  } catch (error) {
    const { connectionFailure } = await import("./connection-failure.ts");
    const takesTlsFlags = "tls-first" in invocation.command.flags;
    throw await connectionFailure(error, { urls, tls, authenticator, takesTlsFlags, adviceIfRefused });
  }
  const close = (): void => void connection.close();
  if (signal.aborted) close();
  signal.addEventListener("abort", close, { once: true });
  void connection.closed().then(() => signal.removeEventListener("abort", close));
  return connection;
}

/** The client speaks one of the two. */
function assertOneTransport(urls: readonly string[], isWebSocket: boolean): void {
  if (!isWebSocket) return;
  if (urls.every(isWebSocketUrl)) return;
  throw new CommandError("WebSocket URLs (ws://, wss://) can't be mixed with others", { code: "ERR_SERVER_URL" });
}

/** An error of the client or of the library, for whoever asked servers for something. */
export function requestError(cause: unknown): unknown {
  if (cause instanceof CommandError || isNscError(cause)) return cause;
  const name = cause instanceof Error ? cause.name : "";
  const message = cause instanceof Error ? cause.message : String(cause);
  if (name === "NoRespondersError" || /no responders/.test(message)) {
    return new CommandError("nats: no responders available for request", { code: "ERR_NATS_NO_RESPONDERS", cause });
  }
  if (name === "RequestError" && cause instanceof Error && cause.cause !== undefined) return requestError(cause.cause);
  if (name === "TimeoutError") return new CommandError("request timed out", { code: "ERR_NATS_TIMEOUT", cause });
  const { code } = failureOf(cause, "");
  return new CommandError(`nats: ${message}`, { code, cause });
}

/** Watches for what servers complain of. They do so before they answer to what comes later. */
export function watchErrors(connection: NatsConnection): () => Promise<Error | undefined> {
  let first: Error | undefined;
  const watch = async (): Promise<void> => {
    for await (const status of connection.status()) if (status.type === "error") first ??= status.error;
  };
  void watch();
  return async () => {
    // What came in with the last answer is handed out in turns.
    await new Promise((resolve) => setImmediate(resolve));
    return first;
  };
}
