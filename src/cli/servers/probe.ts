import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { Authenticator, ServerInfo } from "@nats-io/nats-core";
import { createWebSocketStream } from "ws";
import { LineReader } from "./line-reader.ts";
import { checkIdentity, type NodeTlsOptions } from "./tls-options.ts";
import { type ServerAddress, serverAddress } from "./urls.ts";
import { openWebSocket } from "./web-socket.ts";

/** Why a server could not be used. */
export type Finding =
  /** There is no way to it: it is not there, or what is there speaks something else. */
  | { readonly kind: "unreachable"; readonly error: Error }
  /** It accepts connections, and nothing comes. */
  | { readonly kind: "silent" }
  | { readonly kind: "closes" }
  /** What comes is not what servers say. */
  | { readonly kind: "stranger" }
  /** Connections to it begin with TLS. */
  | { readonly kind: "tls-first" }
  | { readonly kind: "not-tls-first" }
  | { readonly kind: "no-tls" }
  | { readonly kind: "tls-failed"; readonly error: Error; readonly demandsCertificate: boolean }
  /** It answers the login with an error, or by closing the connection. */
  | { readonly kind: "refuses"; readonly words: string }
  | { readonly kind: "closes-at-login" }
  /** It lets the user in, now. */
  | { readonly kind: "fine" };

/** How a server is asked. */
export interface ProbeOptions {
  readonly tls: NodeTlsOptions | undefined;
  readonly authenticator: Authenticator;
}

/** For how long nothing may come, in milliseconds; servers that wait for TLS do so for two seconds. */
const PATIENCE = 1000;

/**
 * Finds out why a server could not be used, step by step: the client tells only of some failures, and of others that its
 * time was up.
 */
export async function probe(url: string, options: ProbeOptions): Promise<Finding> {
  const streams: Duplex[] = [];
  try {
    return await probeWith(serverAddress(url), options, streams);
  } catch (cause) {
    return { kind: "unreachable", error: cause instanceof Error ? cause : new Error(String(cause)) };
  } finally {
    for (const stream of streams) stream.on("error", () => undefined).destroy();
  }
}

async function probeWith(
  address: ServerAddress,
  { tls, authenticator }: ProbeOptions,
  streams: Duplex[],
): Promise<Finding> {
  const { isWebSocket } = address;
  const isTlsFirst = !isWebSocket && tls?.handshakeFirst === true;
  let stream = isWebSocket
    ? createWebSocketStream(openWebSocket(address.url, tls))
    : connectTcp(address.port, address.hostname);
  streams.push(stream);
  if (!isWebSocket) await isOpen(stream, "connect");
  const secure = async (): Promise<Finding | undefined> => {
    try {
      stream = connectTls({ ...secured(address, tls), socket: stream });
      streams.push(stream);
      await isOpen(stream, "secureConnect");
      return undefined;
    } catch (cause) {
      const error = cause as Error;
      return isTlsFirst && isNotTls(error)
        ? { kind: "not-tls-first" }
        : { kind: "tls-failed", error, demandsCertificate: info?.tls_verify === true };
    }
  };
  let info: ServerInfo | undefined;
  if (isTlsFirst) {
    const failure = await secure();
    if (failure !== undefined) return failure;
  }
  let reader = new LineReader(stream);
  const greeting = await reader.next(isWebSocket ? 3 * PATIENCE : PATIENCE);
  if (greeting === "end") return { kind: "closes" };
  if (greeting === "silence") {
    reader.release();
    return isWebSocket || isTlsFirst || !(await beginsWithTls(stream, streams))
      ? { kind: "silent" }
      : { kind: "tls-first" };
  }
  info = parseInfo(greeting.text);
  if (info === undefined) return { kind: "stranger" };
  const offersTls = info.tls_required === true || info.tls_available === true;
  if (!isWebSocket && !isTlsFirst) {
    if (tls !== undefined && !offersTls) return { kind: "no-tls" };
    if (offersTls) {
      reader.release();
      const failure = await secure();
      if (failure !== undefined) return failure;
      reader = new LineReader(stream);
    }
  }
  try {
    return await login(stream, reader, info, authenticator);
  } catch (cause) {
    return { kind: "tls-failed", error: cause as Error, demandsCertificate: info.tls_verify === true };
  }
}

async function login(
  stream: Duplex,
  reader: LineReader,
  { nonce, headers }: ServerInfo,
  authenticator: Authenticator,
): Promise<Finding> {
  const options = {
    lang: "node",
    version: "0",
    protocol: 1,
    verbose: false,
    pedantic: false,
    headers: headers === true,
  };
  stream.write(`CONNECT ${JSON.stringify({ ...options, ...authenticator(nonce) })}\r\nPING\r\n`);
  for (;;) {
    const line = await reader.next(2 * PATIENCE);
    if (line === "silence") return { kind: "silent" };
    if (line === "end") return { kind: "closes-at-login" };
    if (/^PONG\b/i.test(line.text)) return { kind: "fine" };
    const [, words] = /^-ERR\s+'?(.*?)'?$/i.exec(line.text) ?? [];
    if (words !== undefined) return { kind: "refuses", words };
  }
}

/** Whether a server that says nothing waits for TLS; one for WebSockets may do so, too, and says nothing then either. */
async function beginsWithTls(stream: Duplex, streams: Duplex[]): Promise<boolean> {
  // Nothing is told to whoever that is.
  const secured = connectTls({ socket: stream, rejectUnauthorized: false });
  streams.push(secured);
  try {
    await isOpen(secured, "secureConnect");
  } catch {
    return false;
  }
  try {
    const greeting = await new LineReader(secured).next(PATIENCE);
    return typeof greeting === "object" && parseInfo(greeting.text) !== undefined;
  } catch {
    // It demands a certificate.
    return true;
  }
}

function secured({ hostname, isIp }: ServerAddress, tls: NodeTlsOptions | undefined): NodeTlsOptions {
  return { ...tls, checkServerIdentity: checkIdentity, ...(isIp ? {} : { servername: hostname }) };
}

async function isOpen(stream: Duplex, event: "connect" | "secureConnect"): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("it does not answer")), 2 * PATIENCE);
    const end = (settle: () => void) => (): void => {
      clearTimeout(timer);
      stream.off("close", closed).off("error", failed);
      settle();
    };
    const failed = (error: Error): void => end(() => reject(error))();
    const closed = end(() => reject(new Error("it closes the connection")));
    stream.once(event, end(resolve)).once("error", failed).once("close", closed);
  });
}

/** Whether what answers does not speak TLS. */
export function isNotTls(error: Error): boolean {
  return /wrong.version.number|packet.length.too.long|http request/i.test(error.message);
}

function parseInfo(line: string): ServerInfo | undefined {
  const [, json] = /^INFO\s+(\{.*\})\s*$/i.exec(line) ?? [];
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json) as ServerInfo;
  } catch {
    return undefined;
  }
}
