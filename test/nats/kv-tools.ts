import { createServer, connect as dial } from "node:net";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { createKeyPair, type KeyPair } from "nsc.js";
import { type KvStore, type KvStoreOptions, kvStore } from "nsc.js/nats";
import { type RunningNatsServer, startNatsServer } from "nsc.js/testing";
import { expect, onTestFinished } from "vitest";
import { folder } from "./servers.ts";

/** A server with JetStream, for as long as the test lives. */
export async function serveBuckets(options: Parameters<typeof startNatsServer>[0] = {}): Promise<RunningNatsServer> {
  const server = await startNatsServer({ jetstream: true, ...options });
  onTestFinished(() => server.stop());
  return server;
}

/** Connects for as long as the test lives; it never gives up. */
export async function connectTo(server: Pick<RunningNatsServer, "url"> | readonly string[]): Promise<NatsConnection> {
  const connection = await connect({
    servers: "url" in server ? server.url : [...server],
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
    reconnectJitter: 50,
    ignoreClusterUpdates: true,
  });
  onTestFinished(() => connection.close());
  return connection;
}

/** A store in a bucket, which is made. */
export async function openBucket(
  connection: NatsConnection,
  options: Partial<KvStoreOptions> & { readonly encryptionKey: KvStoreOptions["encryptionKey"] },
): Promise<KvStore> {
  return kvStore(connection, { bucket: "nsc", create: true, ...options });
}

export interface TwoStores {
  readonly server: RunningNatsServer;
  readonly connections: readonly [NatsConnection, NatsConnection];
  readonly stores: readonly [KvStore, KvStore];
  readonly key: KeyPair;
}

/** Two stores over connections of their own to one bucket. */
export async function twoStores(options: Partial<KvStoreOptions> = {}): Promise<TwoStores> {
  const server = await serveBuckets();
  const connections = [await connectTo(server), await connectTo(server)] as const;
  const key = createKeyPair("curve");
  const open = (connection: NatsConnection) => openBucket(connection, { encryptionKey: key, ...options });
  return { server, connections, stores: [await open(connections[0]), await open(connections[1])], key };
}

/** A proxy that loses what a server answers to some messages: it passes them on, and cuts the connection a moment later. */
export async function losingProxy(
  server: Pick<RunningNatsServer, "port">,
  isLost: (text: string) => boolean,
): Promise<{ readonly url: string }> {
  const listener = createServer((client) => {
    let isDeaf = false;
    const upstream = dial(server.port, "127.0.0.1");
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.on("error", () => undefined);
      socket.on("close", end);
    }
    client.on("data", (data) => {
      upstream.write(data);
      if (isDeaf || !isLost(data.toString("latin1"))) return;
      isDeaf = true;
      setTimeout(end, 50);
    });
    upstream.on("data", (data) => {
      if (!isDeaf) client.write(data);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    listener.close();
  });
  return { url: `nats://127.0.0.1:${(listener.address() as { readonly port: number }).port}` };
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { readonly port: number };
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

interface Member {
  readonly config: string;
  readonly dir: string;
  server: RunningNatsServer;
}

/** Three servers with JetStream that let everybody in, on ports that stay. */
export class BucketCluster {
  readonly #members = new Map<string, Member>();

  static async start(): Promise<BucketCluster> {
    const cluster = new BucketCluster();
    const names = ["n1", "n2", "n3"];
    const ports = await Promise.all(names.map(freePort));
    const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
    for (const [index, name] of names.entries()) {
      const config = `server_name: ${name}\ncluster { name: C, listen: "127.0.0.1:${ports[index]}", routes: [${routes}] }`;
      const dir = await folder();
      cluster.#members.set(name, { config, dir, server: await serveBuckets({ config, dir }) });
    }
    return cluster;
  }

  get urls(): string[] {
    return [...this.#members.values()].map(({ server }) => server.url);
  }

  async kill(name: string): Promise<void> {
    const { server } = this.#member(name);
    process.kill(server.pid, "SIGKILL");
    await server.stop();
  }

  async restart(name: string): Promise<void> {
    const member = this.#member(name);
    const { config, dir, server } = member;
    member.server = await serveBuckets({ config, dir, port: server.port });
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`there is no ${name}`);
    return member;
  }
}

/** The server that leads the stream of a bucket; it is asked for until there is one, and all others follow it. */
export async function leaderOf(connection: NatsConnection, bucket = "nsc"): Promise<string> {
  let leader: string | undefined;
  await expect
    .poll(
      async () => {
        const answer = await connection.request(`$JS.API.STREAM.INFO.KV_${bucket}`, "", { timeout: 1000 });
        const { cluster } = answer.json<{
          cluster?: { leader?: string; replicas?: { current: boolean; offline?: boolean }[] };
        }>();
        leader = cluster?.leader;
        const replicas = cluster?.replicas ?? [];
        return (
          leader !== undefined && replicas.length === 2 && replicas.every(({ current, offline }) => current && !offline)
        );
      },
      { timeout: 60_000, interval: 100 },
    )
    .toBe(true);
  return leader ?? "";
}
