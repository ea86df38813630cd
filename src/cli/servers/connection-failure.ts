import type { Authenticator } from "@nats-io/nats-core";
import { escapeUnprintable } from "../../encoding/go-text.ts";
import { failureOf } from "../../nats/requests.ts";
import { CommandError } from "../command-error.ts";
import { quote } from "../text/quote.ts";
import { type Finding, isNotTls, probe } from "./probe.ts";
import { isOfUnknownAuthority, type NodeTlsOptions } from "./tls-options.ts";
import { isWebSocketUrl, serverAddress, withoutPassword } from "./urls.ts";

/** Who could not connect, and how. */
export interface FailedConnection {
  readonly urls: readonly string[];
  readonly tls: NodeTlsOptions | undefined;
  readonly authenticator: Authenticator;
  /** Whether the command takes the flags for TLS. */
  readonly takesTlsFlags: boolean;
  /** What to do where servers are there and don't let the user in. */
  readonly adviceIfRefused: () => Promise<string>;
}

/** What is wrong, and what to do about it, if that is known. */
interface Words {
  readonly why: string;
  readonly advice?: string;
}

/**
 * Finds out why no server could be connected to, and what is to be done.
 *
 * @param cause - what the client says: only of the last server, and often only that its time was up
 * @returns an error with nsc's text, and the rest as its hint
 */
export async function connectionFailure(cause: unknown, failed: FailedConnection): Promise<CommandError> {
  const { urls, adviceIfRefused } = failed;
  const { code, message } = failureOf(cause, `can't connect to ${withoutPassword(urls.join(","))}`);
  if (code === "ERR_NATS_AUTHORIZATION") return refused(message, await adviceIfRefused(), cause);
  const findings = await Promise.all(urls.map((url) => probe(url, failed)));
  const words = findings.map((finding, i) => wordsFor(finding, urls[i] as string, failed, cause));
  const whys = words.map(({ why }, i) => `can't connect to ${withoutPassword(urls[i] as string)}: ${why}`);
  if (findings.some((finding) => finding.kind === "refuses" && isAboutUser(finding.words))) {
    return refused(whys.join("\n"), await adviceIfRefused(), cause);
  }
  const advice = new Set(words.flatMap(({ advice }) => advice ?? []));
  return new CommandError("nats: no servers available for connection", {
    code,
    cause,
    hint: [...whys, ...advice].join("\n"),
  });
}

function refused(why: string, advice: string, cause: unknown): CommandError {
  return new CommandError("nats: Authorization Violation", {
    code: "ERR_NATS_AUTHORIZATION",
    cause,
    hint: `${why}\n${advice}`,
  });
}

/** Whether a server does not let the user in, and not just nobody any more. */
function isAboutUser(words: string): boolean {
  return /^authorization violation|authentication (?:expired|revoked)/i.test(words);
}

/** Flags that are to be given, also where only another command takes them. */
function flag(names: string, { takesTlsFlags }: Pick<FailedConnection, "takesTlsFlags">): string {
  return takesTlsFlags ? names : `'nsc tool' with ${names}`;
}

function wordsFor(finding: Finding, url: string, failed: FailedConnection, cause: unknown): Words {
  switch (finding.kind) {
    case "unreachable":
      return unreachable(finding.error, url, failed);
    case "silent":
      return {
        why: "it accepts connections, and no nats-server greets there",
        ...(isWebSocketUrl(url) ? {} : { advice: "if it is the port for WebSockets, say ws:// or wss://" }),
      };
    case "closes":
      return { why: "it closes connections at once" };
    case "stranger":
      return { why: "what answers there is no nats-server" };
    case "tls-first":
      return { why: "the server begins with TLS", advice: `say ${flag("--tls-first", failed)}` };
    case "not-tls-first":
      return { why: "the server does not begin with TLS", advice: "leave out --tls-first" };
    case "no-tls":
      return {
        why: "the server does not offer TLS",
        advice:
          "leave out what asks for it: tls://, --tls-first, --ca-cert, --client-cert, --client-key and --tls-curves, and NATS_CA, NATS_CERT and NATS_KEY in the environment",
      };
    case "tls-failed":
      return tlsFailed(finding.error, finding.demandsCertificate, failed);
    case "refuses":
      return { why: `it answers ${quote(escapeUnprintable(finding.words))}` };
    case "closes-at-login":
      return { why: "it closes the connection at the login" };
    default:
      return { why: cause instanceof Error ? cause.message : String(cause) };
  }
}

interface SystemError extends Error {
  readonly code?: string;
  /** Of OpenSSL, in words. */
  readonly reason?: string;
}

function unreachable(error: SystemError, url: string, failed: FailedConnection): Words {
  const { code = "", message } = error;
  const { hostname } = serverAddress(url);
  if (code === "ECONNREFUSED") return { why: "connection refused" };
  if (code === "ENOTFOUND") return { why: `there is no host ${quote(hostname)}` };
  if (code === "EAI_AGAIN") return { why: `the host ${quote(hostname)} can't be looked up now` };
  if (code === "ECONNRESET" || message === "socket hang up") return { why: "it closes connections at once" };
  if (!isWebSocketUrl(url)) return { why: message };
  if (/^wss:/i.test(url) && isNotTls(error)) {
    return { why: "the server does not speak TLS there", advice: "say ws:// if it is to go without" };
  }
  if (code.startsWith("HPE_")) {
    return { why: "what answers there does not speak WebSocket", advice: "say nats:// if it is the port for clients" };
  }
  const [, status] = /^Unexpected server response: (\d+)$/.exec(message) ?? [];
  if (status === "400" && /^ws:/i.test(url)) {
    return { why: "it answers 400 Bad Request", advice: "say wss:// if the server demands TLS" };
  }
  if (status !== undefined) return { why: `it answers with the HTTP status ${status}, and no WebSocket` };
  return tlsFailed(error, false, failed);
}

function tlsFailed(error: SystemError, demandsCertificate: boolean, failed: FailedConnection): Words {
  const { code = "", reason, message } = error;
  const why = (reason ?? message).trim();
  if (isOfUnknownAuthority(error)) {
    const say = `say ${flag("--ca-cert", failed)}, or NATS_CA in the environment`;
    return {
      why,
      advice:
        failed.tls?.ca === undefined
          ? `no authority that is known here signed its certificate: ${say}`
          : "none of the authorities in the file that was given signed its certificate",
    };
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return { why: message.trim(), advice: "its certificate is of another host: say one of the names that are in it" };
  }
  if (code === "CERT_HAS_EXPIRED") return { why: "the server's certificate has expired" };
  if (code === "CERT_NOT_YET_VALID") return { why: "the server's certificate is not valid yet" };
  if (/CERTIFICATE_REQUIRED/.test(code) || (demandsCertificate && failed.tls?.cert === undefined)) {
    return {
      why: "the server demands a certificate of its clients",
      advice: `say ${flag("--client-cert and --client-key", failed)}, or NATS_CERT and NATS_KEY in the environment`,
    };
  }
  if (demandsCertificate) return { why: `the server does not take the client's certificate: ${why}` };
  return { why: `TLS failed: ${why}` };
}
