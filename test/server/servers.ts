import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  type Authenticator,
  AuthorizationError,
  connect,
  credsAuthenticator,
  type NatsConnection,
} from "@nats-io/transport-node";
import { type NatsServerOptions, type RunningNatsServer, startNatsServer } from "nsc.js/testing";
import { describe, onTestFinished } from "vitest";
import { compareVersions } from "../../src/encoding/server-version.ts";
import { ROOT } from "../support/manifest.ts";
import { natsServer } from "../support/nats-server.ts";
import { lacks } from "../support/skips.ts";

/** What a server logs about something that is not as it should be. */
export const WARNING = /\[(?:WRN|ERR|FTL)\].*/;

/** Starts a server that lives as long as the test. */
export async function start(options: NatsServerOptions): Promise<RunningNatsServer> {
  const server = await startNatsServer(options);
  onTestFinished(() => server.stop());
  return server;
}

/** Connects for as long as the test lives, with the text of a creds file or another way to authenticate. */
export async function connectAs(server: { readonly url: string }, as: string | Authenticator): Promise<NatsConnection> {
  const authenticator = typeof as === "string" ? credsAuthenticator(new TextEncoder().encode(as)) : as;
  const connection = await connect({ servers: server.url, authenticator, reconnect: false });
  onTestFinished(() => connection.close());
  return connection;
}

/** Whether a server lets in who has these creds. */
export async function accepts(server: RunningNatsServer, creds: string): Promise<boolean> {
  try {
    await (await connectAs(server, creds)).close();
    return true;
  } catch (error) {
    if (error instanceof AuthorizationError) return false;
    throw error;
  }
}

/** What `$SYS` services answer; which of the two members is there says how it went. */
export interface Reply<Data> {
  readonly server: { readonly name: string; readonly id: string; readonly ver: string };
  readonly data?: Data;
  readonly error?: { readonly code: number; readonly description: string };
}

export async function ask<Data>(connection: NatsConnection, subject: string, payload = ""): Promise<Reply<Data>> {
  return (await connection.request(subject, payload, { timeout: 5000 })).json<Reply<Data>>();
}

export async function monitor<Data>(server: RunningNatsServer, path: string): Promise<Data> {
  return (await (await fetch(new URL(path, server.monitorUrl))).json()) as Data;
}

/** Whether the server that most tests use is of this version or a newer one. */
export function isSince(version: string): boolean {
  return natsServer !== undefined && compareVersions(natsServer.version, version) >= 0;
}

/** Whether it is older than tests need, for `skipIf`; one loud line says so. That there is none at all has been said. */
export function isOlderThan(version: string): boolean {
  if (natsServer === undefined) return true;
  return lacks(isSince(version), `nats-server ${version}: this one is ${natsServer.version}`);
}

/** `describe` for tests of a server that was looked for; where it is not there, whoever looked has said so. */
export function describeOf(binary: string | undefined): ReturnType<typeof describe.skipIf> {
  return describe.skipIf(binary === undefined);
}

/**
 * The server of a release line, such as "2.9", that `scripts/nats-server.mjs --suite …` has put into the cache. Without
 * it, one loud line says so, and the tests for it are to be skipped: {@link describeOf}.
 */
export function cachedServer(line: string): string | undefined {
  const cache = join(ROOT, "node_modules", ".cache", "nats-server");
  const version = existsSync(cache) ? readdirSync(cache).find((name) => name.startsWith(`${line}.`)) : undefined;
  if (lacks(version !== undefined, `nats-server ${line}: none is in ${cache}; see scripts/nats-server.mjs`)) {
    return undefined;
  }
  return join(cache, version as string, process.platform === "win32" ? "nats-server.exe" : "nats-server");
}
