import path from "node:path";
import type { RunningNatsServer, TestAuthority } from "nsc.js/testing";
import { expect, vi } from "vitest";
import { connectAs, folder, join } from "./servers.ts";

/** What a server says of itself and of others. */
interface Statistics {
  readonly server: { readonly name: string };
  readonly statsz: { readonly active_servers: number };
}

/** Servers of a cluster, each of which can be stopped and started again with what it keeps. */
export class Cluster {
  readonly #authority: Pick<TestAuthority, "config" | "systemCreds">;
  readonly #root: string;
  readonly #binary: string | undefined;
  readonly #running = new Map<string, RunningNatsServer>();

  private constructor(authority: Pick<TestAuthority, "config" | "systemCreds">, root: string, binary?: string) {
    this.#authority = authority;
    this.#root = root;
    this.#binary = binary;
  }

  /**
   * Starts a cluster for as long as the test lives.
   *
   * @param members - the names of its servers, with the whole configuration where it is not the authority's
   */
  static async start(
    authority: Pick<TestAuthority, "config" | "systemCreds">,
    members: readonly (string | readonly [name: string, config: string])[],
    binary?: string,
  ): Promise<Cluster> {
    const cluster = new Cluster(authority, await folder(), binary);
    for (const member of members) {
      const [name, config] = typeof member === "string" ? [member] : member;
      await cluster.#launch(name, config);
    }
    await cluster.untilJoined();
    return cluster;
  }

  /** The servers that run. */
  get servers(): readonly RunningNatsServer[] {
    return [...this.#running.values()];
  }

  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url);
  }

  has(name: string): boolean {
    return this.#running.has(name);
  }

  server(name: string): RunningNatsServer {
    const server = this.#running.get(name);
    if (server === undefined) throw new Error(`${name} does not run`);
    return server;
  }

  /** Stops a server in an orderly way, or without giving it the time to say good-bye. */
  async stop(name: string, how: "orderly" | "killed" = "orderly"): Promise<void> {
    const server = this.server(name);
    this.#running.delete(name);
    if (how === "killed") process.kill(server.pid, "SIGKILL");
    await server.stop();
  }

  /** Starts a server that was stopped, with another configuration if one is given, and waits until all know each other. */
  async start(name: string, config?: string): Promise<void> {
    await this.#launch(name, config);
    await this.untilJoined();
  }

  /** Stops a server, and starts it again. */
  async restart(name: string, config?: string): Promise<void> {
    await this.stop(name);
    await this.start(name, config);
  }

  /** Waits until all servers are connected to each other. */
  async untilJoined(): Promise<void> {
    const names = [...this.#running.keys()].sort();
    for (const server of this.servers) {
      const connection = await connectAs(server, this.#authority.systemCreds);
      await vi.waitFor(
        async () => {
          const known = new Map<string, number>();
          const options = { strategy: "count", maxMessages: names.length, maxWait: 1000 } as const;
          for await (const reply of await connection.requestMany("$SYS.REQ.SERVER.PING.STATSZ", "", options)) {
            const { server: from, statsz } = reply.json<Statistics>();
            known.set(from.name, statsz.active_servers);
          }
          expect([...known.keys()].sort()).toEqual(names);
          // One that crashed is counted for a while.
          expect(Math.min(...known.values())).toBeGreaterThanOrEqual(names.length);
        },
        { timeout: 20_000, interval: 50 },
      );
      await connection.close();
    }
  }

  async #launch(name: string, config?: string): Promise<void> {
    const server = await join(this.#authority, this.servers, {
      name,
      dir: path.join(this.#root, name),
      ...(config !== undefined && { replaced: config }),
      ...(this.#binary !== undefined && { server: this.#binary }),
    });
    this.#running.set(name, server);
  }
}
