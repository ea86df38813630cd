import type { ConnectionOptions, WsSocketFactory } from "@nats-io/nats-core";
import { WebSocket } from "ws";

/**
 * Opens WebSockets, which Node has from version 22 on only, and whose own takes no certificates.
 *
 * @param tls - how `wss:` is secured; the system's authorities by default
 */
export function webSocketFactory(tls: ConnectionOptions["tls"]): WsSocketFactory {
  return async (url) => ({
    // It has all that the client uses of one of a browser.
    socket: openWebSocket(url, tls) as unknown as Awaited<ReturnType<WsSocketFactory>>["socket"],
    encrypted: /^wss:/i.test(url),
  });
}

/** Opens one. */
export function openWebSocket(url: string, tls: ConnectionOptions["tls"]): WebSocket {
  return new WebSocket(url, { ...tls, perMessageDeflate: false });
}
