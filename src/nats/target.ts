import type { Authenticator, ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import type { Operator } from "../authority/operator.ts";
import { assertKnownOptions } from "../authority/options.ts";
import { parseCreds } from "../creds/creds.ts";
import { parseWaitTime } from "../encoding/wait-time.ts";
import { NscError } from "../errors.ts";
import { keyPairFromSeed } from "../nkeys/key-pair.ts";
import { assertSignal } from "./option-checks.ts";
import { randomId } from "./random-id.ts";
import { failureOf, Requests } from "./requests.ts";
import { authenticatorOf, issueSystemUser } from "./system-user.ts";

/** Servers to connect to. */
export interface ServersTarget {
  /** What connects: `connect` of `@nats-io/transport-node`, or `wsconnect` of `@nats-io/nats-core`. */
  readonly connect: (options: ConnectionOptions) => Promise<NatsConnection>;
  /** URLs of servers; by default the operator's account server URL, or else its service URLs. */
  readonly servers?: string | readonly string[];
  /**
   * The text of a creds file of a user of the system account. By default one is signed for the purpose, which lives for ten
   * minutes and may do nothing else; the key of the system account is needed for it.
   */
  readonly creds?: string;
  /** More for the client, such as `tls`. */
  readonly options?: Omit<ConnectionOptions, "servers" | "authenticator" | "inboxPrefix">;
}

/** Servers: a connection of a user of the system account, which stays open, or what makes one. */
export type NatsTarget = NatsConnection | ServersTarget;

/** Options of all that asks servers. */
export interface NatsOptions {
  /** How long a server may take for an answer, such as "500ms" or "10s"; "5s" by default. */
  readonly timeout?: string;
  /** Aborting gives up; what was asked for then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * How many servers there are, or their names, where one that is down should be missed. By default those count that answer, and
   * those that others know of: servers count one that crashed for some minutes, even when it is back.
   */
  readonly expectServers?: number | readonly string[];
}

export const NATS_OPTIONS: readonly string[] = ["timeout", "signal", "expectServers"];

/** How long is waited for an answer. */
export interface Waiting {
  /** In milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** What a piece of work with servers is done with. */
export interface Talk extends Waiting {
  readonly requests: Requests;
  readonly expectServers: number | readonly string[];
}

/** @throws NscError `ERR_ARGUMENT_INVALID`; the reason of the signal, if it is aborted */
export function waitingOf({ timeout = "5s", signal }: NatsOptions): Waiting {
  const milliseconds = parseWaitTime(timeout, "timeout");
  assertSignal(signal);
  signal?.throwIfAborted();
  return { timeout: milliseconds, signal };
}

/**
 * Connects if need be, has the work done and lets go.
 *
 * @param subjects - what the work asks, for the user that is signed for it
 */
export async function talk<T>(
  target: NatsTarget,
  operator: Operator,
  subjects: readonly string[],
  options: NatsOptions,
  work: (talk: Talk) => Promise<T>,
): Promise<T> {
  const { expectServers = 0 } = options;
  assertExpected(expectServers);
  const { timeout, signal } = waitingOf(options);
  const { connection, inboxPrefix, isOurs } = await connectTo(target, operator, subjects, timeout, signal);
  const requests = requestsOf(connection, inboxPrefix);
  const onAbort = (): void => requests.close();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    const result = await work({ requests, timeout, signal, expectServers });
    signal?.throwIfAborted();
    return result;
  } catch (error) {
    // Whatever broke when the requests were given up.
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    requests.close();
    if (isOurs) await connection.close();
  }
}

/** A connection that is being drained, or was closed meanwhile, takes no subscriptions. */
export function requestsOf(connection: NatsConnection, inboxPrefix: string = inboxPrefixOf(connection)): Requests {
  try {
    return new Requests(connection, inboxPrefix);
  } catch (error) {
    throw failureOf(error, "the connection can't be used");
  }
}

function assertExpected(expected: unknown): void {
  const isNumber = Number.isSafeInteger(expected) && (expected as number) >= 0;
  const isList = Array.isArray(expected) && expected.every((name) => typeof name === "string");
  if (isNumber || isList) return;
  throw new NscError("ERR_ARGUMENT_INVALID", "expectServers must be how many servers there are, or their names");
}

interface Connected {
  readonly connection: NatsConnection;
  readonly inboxPrefix: string;
  /** Whether it was made here and is to be closed. */
  readonly isOurs: boolean;
}

async function connectTo(
  target: NatsTarget,
  operator: Operator,
  subjects: readonly string[],
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<Connected> {
  if (isConnection(target)) {
    if (target.isClosed()) throw new NscError("ERR_NATS_CONNECTION", "the connection is closed");
    return { connection: target, inboxPrefix: inboxPrefixOf(target), isOurs: false };
  }
  const given: Partial<ServersTarget> | null | undefined = target;
  if (typeof given?.connect !== "function") {
    throw new NscError("ERR_ARGUMENT_INVALID", "servers are given as a connection, or as { connect, servers }");
  }
  assertKnownOptions(given, ["connect", "servers", "creds", "options"]);
  const { connect, creds, options = {} } = given;
  const servers = serversOf(given.servers, operator);
  const inboxPrefix = creds === undefined ? `_INBOX.${randomId()}` : "_INBOX";
  const authenticator =
    creds === undefined ? await issueSystemUser(operator, subjects, inboxPrefix) : authenticatorOfCreds(creds);
  try {
    const connecting = connect({
      name: "nsc.js",
      timeout,
      reconnectTimeWait: 250,
      maxReconnectAttempts: Math.ceil(timeout / 250),
      ...options,
      servers,
      authenticator,
      inboxPrefix,
    });
    // Each server in turn, and one that the client learns of; whoever waits for a first connection does so on purpose.
    const patience = (servers.length + 1) * Math.max(timeout, options.timeout ?? 0);
    const deadline = options.waitOnFirstConnect === true ? undefined : patience;
    return { connection: await unlessAborted(connecting, signal, deadline), inboxPrefix, isOurs: true };
  } catch (error) {
    signal?.throwIfAborted();
    throw failureOf(error, `can't connect to ${servers.map(withoutUser).join(", ")}`);
  }
}

/**
 * Waits for a connection as long as it is wanted; one that comes too late is closed. Clients have deadlines of their own, but not
 * on all ways: an attempt over WebSockets may never end.
 *
 * @param deadline - in milliseconds
 */
async function unlessAborted(
  connecting: Promise<NatsConnection>,
  signal: AbortSignal | undefined,
  deadline: number | undefined,
): Promise<NatsConnection> {
  let onAbort = (): void => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const given = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (deadline === undefined) return;
    timer = setTimeout(() => reject(new Error(`no connection after ${deadline} ms`)), deadline);
  });
  try {
    return await Promise.race([connecting, given]);
  } catch (error) {
    connecting.then((connection) => connection.close()).catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  }
}

function isConnection(target: NatsTarget): target is NatsConnection {
  const { publish, status } = (target ?? {}) as Partial<NatsConnection>;
  return typeof publish === "function" && typeof status === "function";
}

/** Where the user of a connection receives answers; the client keeps it among its options. */
function inboxPrefixOf(connection: NatsConnection): string {
  const { options } = connection as { readonly options?: { readonly inboxPrefix?: string } };
  return options?.inboxPrefix ?? "_INBOX";
}

function serversOf(given: ServersTarget["servers"], operator: Operator): string[] {
  if (given !== undefined) {
    const list: readonly unknown[] = typeof given === "string" ? given.split(",") : Array.isArray(given) ? given : [];
    const servers = list.filter((url) => typeof url === "string").map((url) => url.trim());
    if (servers.length > 0 && servers.length === list.length && servers.every((url) => url !== "")) return servers;
    throw new NscError("ERR_ARGUMENT_INVALID", "servers must be the URL of a server, or a list of them");
  }
  const { account_server_url: accounts = "", operator_service_urls: services = [] } = operator.claims.nats;
  if (/^(?:nats|tls|wss?):/i.test(accounts)) return accounts.split(",").map((url) => url.trim());
  if (services.length > 0) return [...services];
  const title = `the operator ${JSON.stringify(operator.name)}`;
  const what = accounts === "" ? "names no URLs of servers" : "has an account server that speaks HTTP";
  throw new NscError("ERR_ARGUMENT_INVALID", `${title} ${what}: say servers`);
}

/** A URL may hold a password or a token. */
function withoutUser(url: string): string {
  return url.replace(/^([^/]*\/\/)?[^/]*@/, "$1");
}

function authenticatorOfCreds(text: string): Authenticator {
  const { token, seed } = parseCreds(text);
  return authenticatorOf(token, keyPairFromSeed(seed));
}
