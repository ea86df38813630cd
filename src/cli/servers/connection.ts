import type { Authenticator, ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { isNscError } from "../../errors.ts";
import { failureOf } from "../../nats/requests.ts";
import { CommandError } from "../command-error.ts";
import type { clientFlags } from "../flags/client-flags.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { tlsOptionsOf } from "./tls-options.ts";
import { splitUrls, withoutPassword } from "./urls.ts";

/** Who connects, to what. */
export interface ConnectionInit {
  /** As servers show it. */
  readonly name: string;
  /** A URL, or several with commas between them. */
  readonly servers: string;
  readonly authenticator: Authenticator;
  readonly inboxPrefix?: string;
  /** How long it may be tried to connect again. */
  readonly reconnect: { readonly wait: number; readonly attempts: number };
}

const CONNECT_TIMEOUT = 5000;

/**
 * Connects to servers; the client is loaded for it. A connection ends when the command is interrupted.
 *
 * @throws CommandError with nsc's text, and what the client says of it as the hint
 */
export async function connectToServers(
  invocation: Pick<Invocation, "io" | "output">,
  flags: FlagValues<typeof clientFlags>,
  { name, servers, authenticator, inboxPrefix, reconnect }: ConnectionInit,
): Promise<NatsConnection> {
  const { signal } = invocation.io;
  const urls = splitUrls(servers);
  const tls = await tlsOptionsOf(invocation, flags, urls);
  const client = await import("@nats-io/transport-node");
  const isWebSocket = urls.some((url) => /^wss?:/i.test(url));
  assertOneTransport(urls, isWebSocket);
  const options: ConnectionOptions = {
    name,
    servers: urls,
    authenticator,
    timeout: CONNECT_TIMEOUT,
    reconnectTimeWait: reconnect.wait,
    maxReconnectAttempts: reconnect.attempts,
    ...(inboxPrefix !== undefined && { inboxPrefix }),
    ...(tls !== undefined && !isWebSocket && { tls }),
  };
  let connection: NatsConnection;
  try {
    if (isWebSocket) {
      const { webSocketFactory } = await import("./web-socket.ts");
      connection = await client.wsconnect({ ...options, wsFactory: webSocketFactory(tls) });
    } else connection = await client.connect(options);
  } catch (error) {
    throw connectionError(error, servers);
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
  if (urls.every((url) => /^wss?:/i.test(url))) return;
  throw new CommandError("WebSocket URLs (ws://, wss://) can't be mixed with others", { code: "ERR_SERVER_URL" });
}

function connectionError(cause: unknown, servers: string): CommandError {
  const { code, message } = failureOf(cause, `can't connect to ${withoutPassword(servers)}`);
  const isRefused = code === "ERR_NATS_AUTHORIZATION";
  const text = isRefused ? "nats: Authorization Violation" : "nats: no servers available for connection";
  return new CommandError(text, { code, hint: message, cause });
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
