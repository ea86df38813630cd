import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
} from "@nats-io/transport-node";
import type { Resolver } from "nsc.js";
import { type RunningNatsServer, startNatsServer, type TestAuthority } from "nsc.js/testing";
import { expect, onTestFinished, vi } from "vitest";

/** A resolver that keeps accounts, with fields that a test changes. */
export function full(fields: Partial<Extract<Resolver, { type: "full" }>> = {}): Resolver {
  return { type: "full", dir: "./jwt", ...fields };
}

/** What a server of a test may have besides the authority's configuration. */
export interface ServerInit {
  readonly name?: string;
  /** More configuration. */
  readonly config?: string;
  /** The whole configuration, in place of the authority's. */
  readonly replaced?: string;
  /** A folder that stays when the server stops, for a second one. */
  readonly dir?: string;
  readonly args?: readonly string[];
  readonly server?: string;
}

/** A folder that lives as long as the test, for servers that are started again. */
export async function folder(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), "nsc-js-test-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Starts a server that knows an authority, for as long as the test lives. */
export async function serve(
  authority: Pick<TestAuthority, "config">,
  { name, config = "", replaced, dir, args, server: binary }: ServerInit = {},
): Promise<RunningNatsServer> {
  const server = await startNatsServer({
    config: [name === undefined ? "" : `server_name: ${name}`, replaced ?? String(authority.config), config].join("\n"),
    ...(dir !== undefined && { dir }),
    ...(args && { args }),
    ...(binary !== undefined && { server: binary }),
  });
  onTestFinished(() => server.stop());
  return server;
}

/** The servers of a cluster, each with a folder of its own. */
export async function serveCluster(
  authority: Pick<TestAuthority, "config" | "systemCreds">,
  inits: readonly ServerInit[],
): Promise<RunningNatsServer[]> {
  const servers: RunningNatsServer[] = [];
  for (const init of inits) servers.push(await join(authority, servers, init));
  await untilJoined(authority, servers, inits.length);
  return servers;
}

/** Starts a server as a member of a cluster. */
export function join(
  authority: Pick<TestAuthority, "config">,
  members: readonly RunningNatsServer[],
  init: ServerInit = {},
): Promise<RunningNatsServer> {
  const routes = members.map(({ clusterUrl }) => JSON.stringify(clusterUrl)).join(", ");
  const cluster = `cluster { name: C, listen: "127.0.0.1:-1", routes: [${routes}] }`;
  return serve(authority, { ...init, config: `${init.config ?? ""}\n${cluster}` });
}

/** Waits until every server knows of so many. */
async function untilJoined(
  { systemCreds }: Pick<TestAuthority, "systemCreds">,
  servers: readonly RunningNatsServer[],
  count: number,
): Promise<void> {
  for (const server of servers) {
    const connection = await connectAs(server, systemCreds);
    await vi.waitFor(
      async () => {
        const { statsz } = (await connection.request("$SYS.REQ.SERVER.PING.STATSZ", "", { timeout: 2000 })).json<{
          statsz: { active_servers: number };
        }>();
        expect(statsz.active_servers).toBe(count);
      },
      { timeout: 20_000, interval: 50 },
    );
    await connection.close();
  }
}

/** Connects for as long as the test lives, with the text of a creds file or another way to authenticate. */
export async function connectAs(
  server: Pick<RunningNatsServer, "url">,
  as: string | Authenticator,
  options: ConnectionOptions = {},
): Promise<NatsConnection> {
  const authenticator = typeof as === "string" ? credsAuthenticator(new TextEncoder().encode(as)) : as;
  const connection = await connect({ servers: server.url, authenticator, reconnect: false, ...options });
  onTestFinished(() => connection.close());
  return connection;
}

/** Whether somebody with these creds gets in; what else goes wrong is thrown. */
export async function getsIn(server: Pick<RunningNatsServer, "url">, creds: string): Promise<boolean> {
  try {
    await (await connectAs(server, creds)).close();
    return true;
  } catch (error) {
    if ((error as Error).name === "AuthorizationError") return false;
    throw error;
  }
}
