import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { createKeyPair, type Store } from "nsc.js";
import type { KvStore } from "nsc.js/nats";
import type { RunningNatsServer } from "nsc.js/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Child, start } from "../node/children.ts";
import { describeWithServer, natsServers } from "../support/nats-server.ts";
import { ACCOUNTS, countsOf, tokenOf } from "./kv-tally.ts";
import { BucketCluster, connectTo, leaderOf, losingProxy, openBucket, serveBuckets } from "./kv-tools.ts";
import { folder } from "./servers.ts";
import { proxyTo } from "./tools.ts";

const isLong = process.env["NSC_LONG"] !== undefined;
/** How often something is broken while writers write. */
const ROUNDS = isLong ? 40 : 3;
/** How many writers are killed in the middle of something. */
const KILLS = isLong ? 200 : 6;
const TIMEOUT_MS = isLong ? 1_800_000 : 120_000;

let scratch = "";
let script = "";

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "nsc-js-test-"));
  script = join(scratch, "kv-writer.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "fixtures/kv-writer.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Writers, each a process of its own, and what they said of each of their commits. */
class Writers {
  readonly seed: string;
  readonly #servers: readonly string[];
  readonly #children = new Map<string, Child>();
  readonly #stopped = new Set<Child>();

  constructor(seed: string, servers: readonly string[]) {
    this.seed = seed;
    this.#servers = servers;
  }

  add(name: string): Child {
    const child = start(script, name, this.seed, ...this.#servers);
    this.#children.set(name, child);
    return child;
  }

  async kill(child: Child): Promise<void> {
    this.#stopped.add(child);
    await child.kill();
  }

  /** Waits until every one that lives has made some more. */
  async untilBusy(count = 3): Promise<void> {
    const alive = [...this.#children.values()].filter((child) => !this.#stopped.has(child));
    const goals = alive.map((child) => [child, madeBy(child) + count] as const);
    await expect
      .poll(() => goals.every(([child, goal]) => madeBy(child) >= goal), { timeout: 30_000, interval: 20 })
      .toBe(true);
  }

  async stop(children: Iterable<Child> = this.#children.values()): Promise<void> {
    const all = [...children];
    for (const child of all) {
      this.#stopped.add(child);
      child.process.stdin?.write("stop\n");
    }
    await Promise.all(all.map(({ ended }) => ended));
  }

  outcomes(): Map<string, Map<number, string>> {
    return new Map(
      [...this.#children].map(([name, { lines }]) => [
        name,
        new Map(lines.map((line) => line.split(" ")).map(([index, outcome = ""]) => [Number(index), outcome])),
      ]),
    );
  }
}

function madeBy({ lines }: Child): number {
  return lines.filter((line) => line.endsWith(" made")).length;
}

async function usersOf(store: Store): Promise<string[]> {
  const lists = Array.from({ length: ACCOUNTS }, async (_, account) => {
    const names: string[] = [];
    for await (const name of store.list(["O", `A${account}`])) names.push(name);
    return names;
  });
  return (await Promise.all(lists)).flat();
}

/** Of a commit there is everything or nothing, at any time. */
function assertWhole(users: readonly string[]): void {
  const all = new Set(users);
  expect(all.size).toBe(users.length);
  expect(users.filter((user) => !all.has(user.replace(/.$/, (half) => (half === "a" ? "b" : "a"))))).toEqual([]);
}

/** Looks all the time whether a part of a commit can be seen, until it is stopped. */
function lookAllTheTime(store: Store): () => Promise<number> {
  let isStopped = false;
  let count = 0;
  const looking = (async () => {
    for (; !isStopped; count++) {
      try {
        assertWhole(await usersOf(store));
      } catch (error) {
        if ((error as { code?: string }).code !== "ERR_STORE_IO") throw error;
      }
    }
  })();
  looking.catch(() => undefined);
  return async () => {
    isStopped = true;
    await looking;
    return count;
  };
}

/** Every commit that was acknowledged is there, no other is, and none in part. Gives how many there are. */
async function assertNothingLost(store: Store, writers: Writers): Promise<number> {
  const users = await usersOf(store);
  assertWhole(users);
  const made = new Set(users.map((user) => user.replace(/-.$/, "")));
  const counted: Record<string, number> = {};
  for (let account = 0; account < ACCOUNTS; account++) {
    const counts = countsOf(await store.read(["O", `A${account}`]));
    for (const [name, count] of Object.entries(counts)) counted[name] = (counted[name] ?? 0) + count;
  }
  for (const [name, outcomes] of writers.outcomes()) {
    const found = [...made].filter((commit) => commit.startsWith(`${name}-`));
    expect(counted[name] ?? 0, `what is counted of ${name}`).toBe(2 * found.length);
    for (const [index, outcome] of outcomes) {
      if (outcome === "unknown") continue;
      expect(["made", "ERR_STORE_IO", "ERR_STORE_CONFLICT"]).toContain(outcome);
      expect(made.has(`${name}-${index}`), `commit ${index} of ${name}: ${outcome}`).toBe(outcome === "made");
    }
    // The one that was under way when a writer was killed may be there, and no later one.
    const last = Math.max(-1, ...outcomes.keys());
    for (const commit of found) expect(Number(commit.split("-")[1])).toBeLessThanOrEqual(last + 1);
  }
  for (const user of users.slice(0, 200)) expect(await store.find(user)).toHaveLength(1);
  return made.size;
}

async function prepare(store: KvStore): Promise<void> {
  const accounts = Array.from({ length: ACCOUNTS }, (_, account) => `A${account}`);
  await store.commit({
    tokens: [
      { path: ["O"], token: tokenOf("O", {}) },
      ...accounts.map((account) => ({ path: ["O", account] as const, token: tokenOf(account, {}) })),
    ],
  });
}

function seedText(pair: ReturnType<typeof createKeyPair>): string {
  return String.fromCharCode(...pair.getSeed());
}

const report = (what: string, commits: number, looks: number): void => {
  if (isLong) console.log(`${what}: ${commits} commits, ${looks} looks`);
};

describeWithServer("nothing is lost and nothing is in halves", () => {
  const servers = natsServers.filter(({ version }) => !version.startsWith("2.9."));

  test.each(servers)(
    "while the server is killed and started again ($version)",
    { timeout: TIMEOUT_MS },
    async (binary) => {
      const key = createKeyPair("curve");
      const dir = await folder();
      let server: RunningNatsServer = await serveBuckets({ dir, server: binary.path });
      const { port, url } = server;
      const store = await openBucket(await connectTo(server), { encryptionKey: key, timeout: "30s" });
      await prepare(store);
      const writers = new Writers(seedText(key), [url]);
      for (const name of ["x", "y", "z"]) writers.add(name);
      const stopLooking = lookAllTheTime(store);
      for (let round = 0; round < ROUNDS; round++) {
        await writers.untilBusy();
        await sleep(Math.random() * 100);
        process.kill(server.pid, "SIGKILL");
        await server.stop();
        server = await serveBuckets({ dir, port, server: binary.path });
      }
      await writers.untilBusy();
      await writers.stop();
      report("killed servers", await assertNothingLost(store, writers), await stopLooking());
    },
  );

  test.each([
    ["decided", /\$KV\.nsc\.head .*"state":"pending"/s],
    ["written", /\$KV\.nsc\.u\./],
    ["done", /\$KV\.nsc\.head .*"state":"applied"/s],
  ])("when the answer is lost to what says that a commit is %s", { timeout: TIMEOUT_MS }, async (_, pattern) => {
    const encryptionKey = createKeyPair("curve");
    const server = await serveBuckets();
    const store = await openBucket(await connectTo(server), { encryptionKey });
    await prepare(store);
    let lost = 0;
    const proxy = await losingProxy(server, (text) => {
      const isLost = pattern.test(text) && lost < 3;
      lost += isLost ? 1 : 0;
      return isLost;
    });
    const far = await openBucket(await connectTo(proxy), { encryptionKey, history: 64 });
    const path = ["O", "A0"] as const;
    for (let index = 1; index <= 4; index++) {
      const token = await far.read(path);
      const next = tokenOf("A0", { far: (countsOf(token)["far"] ?? 0) + 1 });
      const user = { path: ["O", "A0", `far-${index}`] as const, token: tokenOf(`far-${index}`, {}) };
      await far.commit({ tokens: [{ path, token: next }, user], expected: { tokens: [{ path, token }] } });
    }
    expect(lost).toBe(3);
    expect(countsOf(await store.read(path))).toEqual({ far: 4 });
    const counts = (await store.history(path)).map(({ token }) => countsOf(token)["far"] ?? 0);
    expect(counts).toEqual([0, 1, 2, 3, 4]);
    expect(await usersOf(store)).toEqual(["far-1", "far-2", "far-3", "far-4"]);
  });

  test("while connections are cut", { timeout: TIMEOUT_MS }, async () => {
    const key = createKeyPair("curve");
    const server = await serveBuckets();
    const proxy = await proxyTo(server);
    const store = await openBucket(await connectTo(server), { encryptionKey: key });
    await prepare(store);
    const writers = new Writers(seedText(key), [proxy.url]);
    for (const name of ["x", "y", "z"]) writers.add(name);
    const stopLooking = lookAllTheTime(store);
    await writers.untilBusy();
    for (let round = 0; round < ROUNDS * 5; round++) {
      // After a message is sent and before its answer is heard, as often as not.
      if (round % 2 === 0) proxy.cutAfter(/\$KV\.nsc\./, 1 + Math.floor(Math.random() * 12));
      else proxy.cut();
      await sleep(150 + Math.random() * 150);
    }
    await writers.untilBusy();
    await writers.stop();
    report("cut connections", await assertNothingLost(store, writers), await stopLooking());
  });

  test("while writers are killed, and stopped and wake up again", { timeout: TIMEOUT_MS }, async () => {
    const key = createKeyPair("curve");
    const server = await serveBuckets();
    const store = await openBucket(await connectTo(server), { encryptionKey: key });
    await prepare(store);
    const writers = new Writers(seedText(key), [server.url]);
    for (const name of ["x", "y"]) writers.add(name);
    const stopLooking = lookAllTheTime(store);
    await writers.untilBusy();
    for (let round = 0; round < KILLS; round++) {
      const victim = writers.add(`v${round}`);
      const sleeper = writers.add(`s${round}`);
      await writers.untilBusy(1);
      await sleep(Math.random() * 30);
      sleeper.process.kill("SIGSTOP");
      await sleep(Math.random() * 30);
      await writers.kill(victim);
      await sleep(300);
      sleeper.process.kill("SIGCONT");
      await writers.untilBusy(1);
      await writers.stop([sleeper]);
    }
    await writers.stop();
    report("killed writers", await assertNothingLost(store, writers), await stopLooking());
  });

  test("while the leader of a cluster is killed", { timeout: TIMEOUT_MS }, async () => {
    const key = createKeyPair("curve");
    const cluster = await BucketCluster.start();
    const connection = await connectTo(cluster.urls);
    const store = await openBucket(connection, { encryptionKey: key, replicas: 3, timeout: "60s" });
    await prepare(store);
    const writers = new Writers(seedText(key), cluster.urls);
    for (const name of ["x", "y", "z"]) writers.add(name);
    const stopLooking = lookAllTheTime(store);
    for (let round = 0; round < (isLong ? ROUNDS : 2); round++) {
      await writers.untilBusy();
      const leader = await leaderOf(connection);
      await sleep(Math.random() * 100);
      await cluster.kill(leader);
      await writers.untilBusy();
      await cluster.restart(leader);
    }
    await leaderOf(connection);
    await writers.untilBusy();
    await writers.stop();
    report("killed leaders", await assertNothingLost(store, writers), await stopLooking());
  });
});
