import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "@nats-io/transport-node";
import { type Account, memoryStore, Nsc, type Operator, type Store, serverConfig } from "nsc.js";
import { deleteAccounts, listAccounts, lookupAccount, type PushReport, pendingAccounts, pull, push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, test, vi } from "vitest";
import { isOlderThan } from "../server/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { describeOnPosix, lacksPosix } from "../support/posix.ts";
import { Cluster } from "./cluster.ts";
import { enter, expectRefused, RawClient } from "./raw-client.ts";
import { connectAs, full } from "./servers.ts";
import { fileOf, pairOf, plant, summary } from "./tools.ts";

const NAMES = ["n1", "n2", "n3"];
/** Servers compare what they have so often. */
const RESOLVER = full({ allowDelete: true, interval: "300ms", timeout: "500ms" });
const SOON = { timeout: 15_000, interval: 50 };

const LIMIT = "maximum account active connections exceeded";

/** An account of one user, and others, that no server has yet. */
function authorityOf(store: Store = memoryStore()) {
  return testAuthority({ accounts: { A: { users: ["alice"] }, B: {}, C: {} }, resolver: RESOLVER, store });
}

/** Which servers have the present token of an account. */
function holders(cluster: Cluster, { publicKey, token }: Account): string[] {
  return NAMES.filter((name) => cluster.has(name) && fileOf(cluster.server(name), publicKey) === token);
}

/** Names of servers by what came of an account there. */
function outcomes(report: PushReport, name: string): Record<string, string> {
  const servers = report.accounts.find((account) => account.name === name)?.servers ?? [];
  return Object.fromEntries(servers.map(({ server, outcome }) => [server.name, outcome]));
}

/** The names of what a push did not bring to all servers. */
async function pendingNames(operator: Operator): Promise<string[]> {
  return (await pendingAccounts(operator)).map(({ name }) => name);
}

/** Waits until the servers have compared what they have, each with another, several times. */
async function untilCompared(cluster: Cluster, systemCreds: string): Promise<void> {
  const [server] = cluster.servers;
  if (server === undefined) throw new Error("no server runs");
  const connection = await connectAs(server, systemCreds);
  const requests = connection.subscribe("$SYS.REQ.CLAIMS.PACK", { max: 4 * NAMES.length });
  for await (const _ of requests);
}

describeWithServer("a cluster of servers that keep accounts", () => {
  test("answers a push once by each server, all of which have the account then", async () => {
    const authority = await authorityOf();
    const { operator, accounts, creds } = authority;
    const cluster = await Cluster.start(authority, NAMES);
    const target = { connect, servers: cluster.server("n2").url };
    const report = await push(target, operator, { accounts: [accounts.A], expectServers: NAMES });
    report.assertComplete();
    expect(report.accounts[0]?.servers.map(({ server }) => server.name).sort()).toEqual(NAMES);
    expect(new Set(report.accounts[0]?.servers.map(({ server }) => server.id)).size).toBe(3);
    expect(holders(cluster, accounts.A)).toEqual(NAMES);
    for (const server of cluster.servers) await enter(server, creds.A.alice);
    expect(await lookupAccount(target, operator, accounts.A)).toMatchObject({ answers: 3, holders: 3 });
  });

  test("has a server that was down meanwhile catch up by itself", async () => {
    const authority = await authorityOf();
    const { operator, accounts, creds } = authority;
    const cluster = await Cluster.start(authority, NAMES);
    const target = { connect, servers: [...cluster.urls.slice(0, 2)] };
    (await push(target, operator)).assertComplete();
    await cluster.stop("n3");
    await accounts.A.edit((claims) => {
      claims.nats.limits.conn = 5;
    });
    const partly = await push(target, operator, { expectServers: NAMES });
    expect(partly.unheard).toEqual(["n3"]);
    expect(outcomes(partly, "A")).toEqual({ n1: "stored", n2: "stored" });
    expect(() => partly.assertComplete()).toThrowCode("ERR_NATS_INCOMPLETE");
    expect(await pendingNames(operator)).toEqual(["A"]);
    expect((await push(target, operator, { expectServers: 3 })).unheard).toHaveLength(1);
    expect(await pendingNames(operator)).toEqual(["A"]);
    // Nobody knows of one that went in good order, unless it is said.
    expect((await listAccounts(target, operator)).unheard).toEqual([]);

    await cluster.start("n3");
    await vi.waitFor(() => expect(holders(cluster, accounts.A)).toEqual(NAMES), SOON);
    await enter(cluster.server("n3"), creds.A.alice);
    const whole = await push(target, operator, { expectServers: NAMES });
    whole.assertComplete();
    expect(summary(whole)).toEqual(["A unchanged", "B unchanged", "C unchanged", "SYS unchanged"]);
    expect(await pendingNames(operator)).toEqual([]);
  });

  test("gives the newest token of all while a server is behind, which the next push mends", async () => {
    const authority = await testAuthority({ accounts: { A: {} }, resolver: full({ interval: "10m" }) });
    const { operator, accounts } = authority;
    const { publicKey } = accounts.A;
    const cluster = await Cluster.start(authority, NAMES);
    const target = () => ({ connect, servers: cluster.server("n3").url });
    (await push(target(), operator)).assertComplete();
    const before = accounts.A.token;
    await cluster.stop("n3");
    await accounts.A.edit((claims) => {
      claims.nats.limits.conn = 5;
    });
    await push({ connect, servers: cluster.server("n1").url }, operator);
    await cluster.start("n3");
    expect(fileOf(cluster.server("n3"), publicKey)).toBe(before);

    expect(await lookupAccount(target(), operator, publicKey)).toMatchObject({
      token: accounts.A.token,
      answers: 3,
      holders: 2,
    });
    const elsewhere = await new Nsc().importOperator(operator.token);
    (await pull({ ...target(), creds: authority.systemCreds }, elsewhere)).assertComplete();
    expect((await elsewhere.account("A")).token).toBe(accounts.A.token);

    const report = await push(target(), operator);
    report.assertComplete();
    expect(summary(report)).toEqual(["A pushed", "SYS unchanged"]);
    expect(holders(cluster, accounts.A)).toEqual(NAMES);
  });

  test("brings an account back that is deleted while a server is down, which has to be insisted on", async () => {
    const authority = await authorityOf();
    const { operator, accounts, creds } = authority;
    const cluster = await Cluster.start(authority, NAMES);
    const target = { connect, servers: [...cluster.urls.slice(0, 2)] };
    (await push(target, operator)).assertComplete();
    await cluster.stop("n3");
    const options = { expectServers: NAMES };
    const guarded = deleteAccounts(target, operator, [accounts.A], options);
    await expect(guarded).toThrowCode("ERR_NATS_REFUSED");
    await expect(guarded).rejects.toThrow("not heard of: n3");
    expect(holders(cluster, accounts.A)).toEqual(["n1", "n2"]);

    const forced = await deleteAccounts(target, operator, [accounts.A], { ...options, force: "unheard-servers" });
    expect(summary(forced)).toEqual(["A deleted"]);
    expect(forced.unheard).toEqual(["n3"]);
    expect(() => forced.assertComplete()).toThrowCode("ERR_NATS_INCOMPLETE");
    expect(holders(cluster, accounts.A)).toEqual([]);
    await expectRefused(cluster.server("n1"), creds.A.alice);

    await cluster.start("n3");
    await vi.waitFor(() => expect(holders(cluster, accounts.A)).toEqual(NAMES), SOON);
    for (const server of cluster.servers) await enter(server, creds.A.alice);
  });

  test("keeps an account out that is locked while a server is down, and deleted when all know of it", async () => {
    const authority = await authorityOf();
    const { operator, accounts, creds, systemCreds } = authority;
    const cluster = await Cluster.start(authority, NAMES);
    const target = { connect, servers: [...cluster.urls.slice(0, 2)] };
    (await push(target, operator)).assertComplete();
    const alice = await enter(cluster.server("n1"), creds.A.alice);
    await cluster.stop("n3");
    await accounts.A.edit((claims) => {
      claims.nats.limits.conn = 0;
    });
    await push(target, operator);
    expect(await alice.lastWords()).toEqual([LIMIT]);

    await cluster.start("n3");
    await vi.waitFor(() => expect(holders(cluster, accounts.A)).toEqual(NAMES), SOON);
    for (const server of cluster.servers) {
      expect(await (await RawClient.connect(server, creds.A.alice)).lastWords()).toEqual([LIMIT]);
    }
    (await deleteAccounts(target, operator, [accounts.A], { expectServers: NAMES })).assertComplete();
    await untilCompared(cluster, systemCreds);
    for (const server of cluster.servers) {
      expect(fileOf(server, accounts.A.publicKey)).toBe(undefined);
      await expectRefused(server, creds.A.alice);
    }
  });
});

describeWithServer("a cluster with a server that caches accounts", () => {
  test("is told what it has, and skips the rest", async () => {
    const authority = await authorityOf();
    const { operator, accounts, users, creds } = authority;
    const caching = await serverConfig(operator, { resolver: { type: "cache", dir: "./jwt" } });
    const cluster = await Cluster.start(authority, ["n1", "n2", ["cache", String(caching)]]);
    const target = { connect, servers: cluster.server("cache").url };
    const first = await push(target, operator, { accounts: [accounts.A] });
    first.assertComplete();
    expect(outcomes(first, "A")).toEqual({ n1: "stored", n2: "stored", cache: "skipped" });

    const alice = await enter(cluster.server("cache"), creds.A.alice);
    await accounts.A.revoke(users.A.alice);
    const second = await push(target, operator, { accounts: [accounts.A] });
    second.assertComplete();
    expect(outcomes(second, "A")).toEqual({ n1: "stored", n2: "stored", cache: "cached" });
    expect(await alice.lastWords()).toEqual(["User Authentication Revoked"]);
    await expectRefused(cluster.server("cache"), creds.A.alice);
    expect(await lookupAccount(target, operator, accounts.A)).toMatchObject({ answers: 2, holders: 2 });
  });

  test("goes on with what it has when it was down meanwhile, until what is pending is pushed", async () => {
    const authority = await authorityOf();
    const { operator, accounts, users, creds } = authority;
    const caching = String(await serverConfig(operator, { resolver: { type: "cache", dir: "./jwt" } }));
    const names = ["n1", "n2", "cache"];
    const cluster = await Cluster.start(authority, ["n1", "n2", ["cache", caching]]);
    const target = { connect, servers: cluster.server("n1").url };
    (await push(target, operator, { accounts: [accounts.A] })).assertComplete();
    await enter(cluster.server("cache"), creds.A.alice);
    await cluster.stop("cache");
    await accounts.A.revoke(users.A.alice);
    const report = await push(target, operator, { accounts: [accounts.A], expectServers: names });
    expect(report.unheard).toEqual(["cache"]);
    expect(await pendingNames(operator)).toEqual(["A"]);

    await cluster.start("cache", caching);
    const alice = await enter(cluster.server("cache"), creds.A.alice);
    (await push(target, operator, { accounts: "pending", expectServers: names })).assertComplete();
    expect(await alice.lastWords()).toEqual(["User Authentication Revoked"]);
    await expectRefused(cluster.server("cache"), creds.A.alice);
    expect(await pendingNames(operator)).toEqual([]);
  });
});

(lacksPosix ? describeOnPosix : describeWithServer)("a cluster with a member that says nothing", () => {
  /** Does something while a server stands still. */
  async function whileSilent<T>(cluster: Cluster, name: string, work: () => Promise<T>): Promise<T> {
    const { pid } = cluster.server(name);
    try {
      standStill(pid);
      return await work();
    } finally {
      process.kill(pid, "SIGCONT");
    }
  }

  /** Stops all threads of a process, which takes a moment in which nothing else is done here. */
  function standStill(pid: number): void {
    process.kill(pid, "SIGSTOP");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    for (let attempt = 0; attempt < 100 && !hasStopped(pid); attempt++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }

  /** Whether all threads of a process stand still; where there is no `/proc` that is not known. */
  function hasStopped(pid: number): boolean {
    const tasks = `/proc/${pid}/task`;
    if (!existsSync(tasks)) return true;
    return readdirSync(tasks).every((task) => {
      const stat = readFileSync(`${tasks}/${task}/stat`, "utf8");
      return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
    });
  }

  test("does not hold up a push that began without it", async () => {
    const authority = await authorityOf();
    const { operator, accounts } = authority;
    const cluster = await Cluster.start(authority, NAMES);
    const target = { connect, servers: cluster.server("n1").url };
    await whileSilent(cluster, "n3", async () => {
      const begin = performance.now();
      const report = await push(target, operator, { timeout: "20s" });
      expect(performance.now() - begin).toBeLessThan(10_000);
      expect(report.unheard).toEqual(["n3"]);
      expect(outcomes(report, "A")).toEqual({ n1: "stored", n2: "stored" });
      expect(report.servers.map(({ name }) => name).sort()).toEqual(["n1", "n2"]);
      expect(() => report.assertComplete()).toThrowCode("ERR_NATS_INCOMPLETE");
      await expect(deleteAccounts(target, operator, [accounts.A])).rejects.toThrow("not heard of: n3");
      expect(holders(cluster, accounts.A)).toEqual(["n1", "n2"]);
    });
    await vi.waitFor(() => expect(holders(cluster, accounts.A)).toEqual(NAMES), SOON);
    const report = await push(target, operator);
    report.assertComplete();
    expect(report.servers.map(({ name }) => name).sort()).toEqual(NAMES);
  });

  test("costs a push that it falls silent in one deadline, and not one for each account", async () => {
    const authority = await authorityOf();
    const { operator } = authority;
    const cluster = await Cluster.start(authority, NAMES);
    const target = { connect, servers: cluster.server("n1").url };
    const { pid } = cluster.server("n3");
    let begin: number | undefined;
    try {
      const report = await push(target, operator, {
        timeout: "2s",
        concurrency: 1,
        onProgress: () => {
          if (begin !== undefined) return;
          standStill(pid);
          begin = performance.now();
        },
      });
      const elapsed = performance.now() - (begin ?? 0);
      expect(elapsed).toBeGreaterThan(1900);
      expect(elapsed).toBeLessThan(4000);
      expect(summary(report)).toEqual(["A pushed", "B failed", "C failed", "SYS failed"]);
      expect(outcomes(report, "A")).toEqual({ n1: "stored", n2: "stored", n3: "stored" });
      for (const name of ["B", "C"]) {
        expect(outcomes(report, name)).toEqual({ n1: "stored", n2: "stored", n3: "missing" });
      }
      expect(report.accounts[1]).toMatchObject({ code: "ERR_NATS_TIMEOUT", message: "n3 did not answer" });
      expect(await pendingNames(operator)).toEqual(["B", "C", "SYS"]);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    const rest = await push(target, operator, { accounts: "pending" });
    rest.assertComplete();
    expect(rest.servers.map(({ name }) => name).sort()).toEqual(NAMES);
    expect(await pendingNames(operator)).toEqual([]);
  });

  test("is missed where it falls silent before it has shown that it keeps accounts", async () => {
    const store = memoryStore();
    const authority = await authorityOf(store);
    const { operator, accounts } = authority;
    const cluster = await Cluster.start(authority, NAMES);
    const target = { connect, servers: cluster.server("n1").url };
    // So that the first account is refused, when all servers were found and nothing was sent yet.
    await plant(store, accounts.A, await pairOf(store, operator.publicKey), (claims) => {
      claims.exp = Math.floor(Date.now() / 1000) - 10;
    });
    const { pid } = cluster.server("n3");
    try {
      const report = await push(target, operator, {
        timeout: "2s",
        concurrency: 1,
        onProgress: ({ done }) => {
          if (done === 1) standStill(pid);
        },
      });
      expect(summary(report)).toEqual(["A refused", "B failed", "C failed", "SYS failed"]);
      expect(outcomes(report, "B")).toEqual({ n1: "stored", n2: "stored", n3: "missing" });
      expect(await pendingNames(operator)).toEqual(["B", "C", "SYS"]);
    } finally {
      process.kill(pid, "SIGCONT");
    }
  });
});

describeWithServer("a cluster with a server that has its accounts from its configuration", () => {
  test("is pushed to without it, and does not wait for it", async () => {
    const authority = await authorityOf();
    const { operator, accounts } = authority;
    const fixed = await serverConfig(operator, { resolver: { type: "memory" } });
    const cluster = await Cluster.start(authority, ["n1", "n2", ["fixed", String(fixed)]]);
    const target = { connect, servers: cluster.server("fixed").url };
    for (const options of [{ accounts: [accounts.A] }, {}]) {
      const begin = performance.now();
      const report = await push(target, operator, { ...options, timeout: "20s" });
      report.assertComplete();
      expect(performance.now() - begin).toBeLessThan(10_000);
      expect(report.servers.map(({ name }) => name).sort()).toEqual(["n1", "n2"]);
    }
    expect(holders(cluster, accounts.A)).toEqual(["n1", "n2"]);
    (await deleteAccounts(target, operator, [accounts.B])).assertComplete();
  });
});

describeWithServer("a member that was killed", () => {
  test("is missed, and not any more when it is back and all are named, though others still count it", async () => {
    const authority = await authorityOf();
    const { operator, accounts } = authority;
    const cluster = await Cluster.start(authority, NAMES);
    const target = { connect, servers: cluster.server("n1").url };
    await cluster.stop("n3", "killed");
    const report = await push(target, operator);
    expect(outcomes(report, "A")).toEqual({ n1: "stored", n2: "stored" });
    expect(report.unheard).toHaveLength(1);
    expect(() => report.assertComplete()).toThrowCode("ERR_NATS_INCOMPLETE");
    expect((await push(target, operator, { expectServers: NAMES })).unheard).toEqual(["n3"]);
    await expect(deleteAccounts(target, operator, [accounts.A])).toThrowCode("ERR_NATS_REFUSED");
    expect(holders(cluster, accounts.A)).toEqual(["n1", "n2"]);

    await cluster.start("n3");
    for (const expectServers of [NAMES, 3]) (await push(target, operator, { expectServers })).assertComplete();
    (await deleteAccounts(target, operator, [accounts.A], { expectServers: NAMES })).assertComplete();
  });
});

describeWithServer("a limit of connections", () => {
  // Before 2.10 servers don't tell each other of connections for longer than a test may take.
  test.skipIf(isOlderThan("2.10.0"))("holds across servers", async () => {
    const authority = await authorityOf();
    const { operator, accounts, creds } = authority;
    await accounts.A.edit((claims) => {
      claims.nats.limits.conn = 1;
    });
    const cluster = await Cluster.start(authority, NAMES);
    (await push({ connect, servers: [...cluster.urls] }, operator)).assertComplete();
    const first = await enter(cluster.server("n1"), creds.A.alice);
    const second = await RawClient.connect(cluster.server("n2"), creds.A.alice);
    // Two servers may let one in each and tell each other then; some send both away.
    await vi.waitFor(async () => {
      const well = [await first.isWell(), await second.isWell()];
      expect(well.filter((isWell) => isWell).length).toBeLessThanOrEqual(1);
    }, SOON);
    const complaints = [...first.errors, ...second.errors];
    expect(complaints.length).toBeGreaterThanOrEqual(1);
    expect(new Set(complaints)).toEqual(new Set([LIMIT]));
  });
});
