import { connect, type NatsConnection } from "@nats-io/transport-node";
import { accountServer, createKeyPair, memoryStore, Nsc, NscError, type Store, serverConfig } from "nsc.js";
import { type Announcement, type AnsweredLookup, drift, lookupAccount, push, serveAccounts } from "nsc.js/nats";
import { startNatsServer, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { serveAccountsOverHttp } from "./account-servers.ts";
import { describeVersions } from "./server-versions.ts";
import { connectAs, getsIn, serve, serveCluster } from "./servers.ts";
import { plant, summary, withRead } from "./tools.ts";

const SOON = { timeout: 15_000, interval: 50 };
/** Options of a client that waits for its server. */
const AWAY = { reconnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 50 };

async function world(store: Store = memoryStore()) {
  const authority = await testAuthority({
    accounts: { A: { users: ["a"] }, B: { users: ["b"] } },
    resolver: { type: "cache", dir: "./jwt" },
    store,
  });
  const lookups: AnsweredLookup[] = [];
  const announcements: Announcement[] = [];
  const errors: NscError[] = [];
  const options = {
    onLookup: (lookup: AnsweredLookup) => lookups.push(lookup),
    onAnnounce: (announcement: Announcement) => announcements.push(announcement),
    onError: (error: NscError) => errors.push(error),
  };
  const outcomesOf = (publicKey: string): string[] =>
    lookups.filter((lookup) => lookup.publicKey === publicKey).map(({ outcome }) => outcome);
  return { ...authority, store, lookups, announcements, errors, options, outcomesOf };
}

/** Whether a server closes a connection for good. */
async function isCut(connection: NatsConnection): Promise<boolean> {
  const limit = new Promise<false>((resolve) => setTimeout(() => resolve(false), 5000).unref());
  return Promise.race([connection.closed().then(() => true), limit]);
}

/** A store that tells of changes of the account A when it is told to. */
function watchableStore(store: Store) {
  const changed: (() => void)[] = [];
  const watchable: Store = {
    ...withRead(store, (path) => store.read(path)),
    async *watch({ signal } = {}) {
      yield { isAnything: true, paths: [], operators: [], publicKeys: [] };
      while (signal?.aborted !== true) {
        await new Promise<void>((resolve) => {
          changed.push(resolve);
          signal?.addEventListener("abort", () => resolve());
        });
        yield { isAnything: false, paths: [["test", "A"]], operators: [], publicKeys: [] };
      }
    },
  };
  return { watchable, changed };
}

describeVersions("an account service for servers that cache", (binary) => {
  test("lets in whom the store knows, refuses others at once, and tells of changes", async () => {
    const { operator, creds, accounts, systemCreds, options, outcomesOf, announcements, store, ...authority } =
      await world();
    const server = await serve(authority, { name: "n1", server: binary });
    const connection = await connectAs(server, systemCreds);
    const service = await serveAccounts(connection, operator, options);
    const alice = await connectAs(server, creds.A.a);
    expect(outcomesOf(accounts.A.publicKey)).toEqual(["served"]);

    await store.commit({ deletes: [{ path: ["test", "B", "b"] }, { path: ["test", "B"] }] });
    const begin = performance.now();
    expect(await getsIn(server, creds.B.b)).toBe(false);
    expect(performance.now() - begin).toBeLessThan(1500);
    expect(outcomesOf(accounts.B.publicKey)).toContain("unknown");

    await accounts.A.revoke("*");
    const [told] = await service.announce();
    expect(told).toMatchObject({
      name: "A",
      status: "announced",
      servers: [{ outcome: "cached", message: "jwt updated cache" }],
    });
    expect(await isCut(alice)).toBe(true);
    expect(await service.announce()).toEqual([]);
    expect(announcements.filter(({ name }) => name === "A")).toHaveLength(1);
    expect((await service.announce([accounts.A])).map(({ status }) => status)).toEqual(["announced"]);

    expect(service.stats).toMatchObject({ refused: 0, failed: 0 });
    expect(service.stats.served).toBeGreaterThanOrEqual(1);
    await service.drain();
    expect(await service.closed).toBeUndefined();
    expect(connection.isClosed()).toBe(false);
    await expect(service.announce()).toThrowCode("ERR_NATS_CONNECTION");
  });
});

describeWithServer("an account service", () => {
  test("gives nothing that servers would not take", async () => {
    const { operator, creds, accounts, systemCreds, options, lookups, store, ...authority } = await world();
    const server = await serve(authority);
    await plant(store, accounts.A, createKeyPair("operator"));
    await using service = await serveAccounts(await connectAs(server, systemCreds), operator, options);
    expect(await getsIn(server, creds.A.a)).toBe(false);
    const lookup = lookups.find(({ publicKey }) => publicKey === accounts.A.publicKey);
    expect(lookup).toMatchObject({ outcome: "refused", message: expect.stringContaining("no key of the operator") });
    expect((await service.announce([accounts.A]))[0]).toMatchObject({ status: "refused", guard: "foreign-issuer" });
  });

  test("takes keys that the operator has since, from another process", async () => {
    const { operator, creds, systemCreds, options, store, ...authority } = await world();
    const server = await serve(authority);
    await using _ = await serveAccounts(await connectAs(server, systemCreds), operator, options);
    const elsewhere = await (await new Nsc({ store }).operator("test")).account("A");
    await elsewhere.edit(({ nats }) => {
      nats.limits.conn = 9;
    });
    expect(await getsIn(server, creds.A.a)).toBe(true);
    expect((await lookupAccount(await connectAs(server, systemCreds), operator, "A"))?.token).toBe(elsewhere.token);
  });

  test("catches up when it is started again, and servers go on meanwhile", async () => {
    const { operator, creds, accounts, systemCreds, options, announcements, ...authority } = await world();
    const server = await serve(authority);
    const connection = await connectAs(server, systemCreds);
    const first = await serveAccounts(connection, operator, options);
    const alice = await connectAs(server, creds.A.a);
    await first.stop();
    await accounts.A.revoke("*");
    expect(await getsIn(server, creds.A.a)).toBe(true);
    announcements.length = 0;
    await using _ = await serveAccounts(connection, operator, options);
    expect(await isCut(alice)).toBe(true);
    await vi.waitFor(() => expect(announcements.map(({ name }) => name).sort()).toContain("A"), SOON);
    // Of what no server has, nobody is told.
    expect(announcements.map(({ name }) => name)).not.toContain("B");
    expect(await getsIn(server, creds.A.a)).toBe(false);
  });

  test("of two instances one answers each question, and one goes on when the other ends", async () => {
    const { operator, creds, accounts, systemCreds, options, outcomesOf, store, ...authority } = await world();
    const servers = await serveCluster({ ...authority, systemCreds }, [{ name: "n1" }, { name: "n2" }]);
    const other = await new Nsc({ store }).operator("test");
    const [n1, n2] = servers as [(typeof servers)[0], (typeof servers)[0]];
    const one = await serveAccounts(await connectAs(n1, systemCreds), operator, options);
    await using two = await serveAccounts(await connectAs(n2, systemCreds), other, options);
    for (const server of servers) expect(await getsIn(server, creds.A.a)).toBe(true);
    expect(outcomesOf(accounts.A.publicKey)).toEqual(["served", "served"]);
    await one.drain();
    for (const server of servers) expect(await getsIn(server, creds.B.b)).toBe(true);
    expect(two.stats.served).toBeGreaterThanOrEqual(2);
  });

  test("looks through a store that can't be watched", async () => {
    const { operator, creds, accounts, systemCreds, options, announcements, ...authority } = await world();
    const server = await serve(authority);
    const connection = await connectAs(server, systemCreds);
    await using _ = await serveAccounts(connection, operator, { ...options, pollInterval: "100ms" });
    const alice = await connectAs(server, creds.A.a);
    await accounts.A.revoke("*");
    expect(await isCut(alice)).toBe(true);
    await vi.waitFor(() => expect(announcements.map(({ name }) => name)).toContain("A"), SOON);
  });

  test("follows a store that can be watched", async () => {
    const { watchable, changed } = watchableStore(memoryStore());
    const { operator, creds, accounts, systemCreds, options, announcements, ...authority } = await world(watchable);
    const server = await serve(authority);
    const service = await serveAccounts(await connectAs(server, systemCreds), operator, {
      ...options,
      pollInterval: "1h",
    });
    const alice = await connectAs(server, creds.A.a);
    await vi.waitFor(() => expect(changed).toHaveLength(1), SOON);
    await accounts.A.revoke("*");
    changed[0]?.();
    expect(await isCut(alice)).toBe(true);
    await vi.waitFor(() => expect(announcements.map(({ name }) => name)).toContain("A"), SOON);
    await service.stop();
  });

  test("tells servers of what they did not hear of while they were away", async () => {
    const { watchable, changed } = watchableStore(memoryStore());
    const { operator, accounts, systemCreds, options, announcements, config } = await world(watchable);
    const first = await serve({ config });
    const connection = await connectAs(first, systemCreds, AWAY);
    await using service = await serveAccounts(connection, operator, {
      ...options,
      timeout: "100ms",
      pollInterval: "200ms",
    });
    await vi.waitFor(() => expect(changed).toHaveLength(1), SOON);
    await first.stop();
    await accounts.A.revoke("*");
    changed[0]?.();
    const statuses = (): string[] => announcements.filter(({ name }) => name === "A").map(({ status }) => status);
    await vi.waitFor(() => expect(statuses()).toContain("unheard"), SOON);
    const again = await startNatsServer({ config, port: first.port });
    onTestFinished(() => again.stop());
    await vi.waitFor(() => expect(statuses()).toContain("announced"), SOON);
    expect(service.stats.announced).toBe(announcements.filter(({ status }) => status === "announced").length);
  });

  test.each(["drain", "stop"] as const)("ends also while the server is away: %s", async (end) => {
    const { operator, systemCreds, options, ...authority } = await world();
    const server = await serve(authority);
    const connection = await connectAs(server, systemCreds, AWAY);
    const service = await serveAccounts(connection, operator, { ...options, timeout: "200ms" });
    await server.stop();
    await service[end]();
    expect(await service.closed).toBeUndefined();
    expect(connection.isClosed()).toBe(false);
  });

  test("says nothing while the store can't be read, and goes on when it can", async () => {
    const store = memoryStore();
    let isBroken = false;
    const failing = withRead(store, async (path) => {
      if (isBroken && path.length === 2) throw new NscError("ERR_STORE_IO", "no disk");
      return store.read(path);
    });
    const { operator, creds, accounts, systemCreds, options, outcomesOf, errors, ...authority } = await world(failing);
    const server = await serve(authority);
    const connection = await connectAs(server, systemCreds);
    await using _ = await serveAccounts(connection, operator, { ...options, pollInterval: "50ms" });
    isBroken = true;
    expect(await getsIn(server, creds.A.a)).toBe(false);
    expect(outcomesOf(accounts.A.publicKey)).toContain("failed");
    await vi.waitFor(() => expect(errors.map(({ code }) => code)).toContain("ERR_STORE_IO"), SOON);
    isBroken = false;
    await vi.waitFor(async () => expect(await getsIn(server, creds.A.a)).toBe(true), SOON);
  });

  test("drains what it was asked, whatever the store takes for it", async () => {
    const store = memoryStore();
    let release: (() => void) | undefined;
    let isSlow = false;
    const slow = withRead(store, async (path) => {
      if (isSlow && path[1] === "A") await new Promise<void>((resolve) => (release = resolve));
      return store.read(path);
    });
    const { operator, accounts, systemCreds, options, ...authority } = await world(slow);
    const server = await serve(authority);
    const service = await serveAccounts(await connectAs(server, systemCreds), operator, {
      ...options,
      announce: false,
    });
    const client = await connectAs(server, systemCreds);
    const subject = `$SYS.REQ.ACCOUNT.${accounts.A.publicKey}.CLAIMS.LOOKUP`;
    isSlow = true;
    const asking = client.request(subject, "", { timeout: 5000 });
    await vi.waitFor(() => expect(release).toBeDefined(), SOON);
    const draining = service.drain();
    release?.();
    await draining;
    expect((await asking).string()).toBe(accounts.A.token);
  });

  test("answers very many at a time", async () => {
    const { operator, accounts, systemCreds, options, ...authority } = await world();
    const server = await serve(authority);
    await using service = await serveAccounts(await connectAs(server, systemCreds), operator, {
      ...options,
      concurrency: 4,
    });
    const client = await connectAs(server, systemCreds);
    const subject = `$SYS.REQ.ACCOUNT.${accounts.A.publicKey}.CLAIMS.LOOKUP`;
    const replies = await Promise.all(
      Array.from({ length: 2000 }, () => client.request(subject, "", { timeout: 20_000 })),
    );
    expect(new Set(replies.map((reply) => reply.string()))).toEqual(new Set([accounts.A.token]));
    expect(service.stats.served).toBeGreaterThanOrEqual(2000);
  });

  test("is not taken for a server by a push and by drift", async () => {
    const { operator, creds, accounts, systemCreds, options, ...authority } = await world();
    const server = await serve(authority);
    const target = { connect, servers: server.url };
    await using _ = await serveAccounts(await connectAs(server, systemCreds), operator, {
      ...options,
      announce: false,
    });
    const alice = await connectAs(server, creds.A.a);
    await accounts.A.revoke("*");
    expect(summary(await drift(target, operator, { accounts: ["A"] }))).toEqual([
      expect.stringMatching(/A older|A different/),
    ]);
    const report = await push(target, operator, { accounts: ["A"] });
    report.assertComplete();
    expect(report.accounts[0]).toMatchObject({ status: "pushed", servers: [{ outcome: "cached" }] });
    expect(await isCut(alice)).toBe(true);
    (await drift(target, operator, { accounts: ["A"] })).assertComplete();
  });

  test("tells servers with a URL resolver, too", async () => {
    const { operator, creds, accounts, systemCreds, options } = await world();
    const fake = await serveAccountsOverHttp();
    const answer = accountServer(operator);
    fake.handler = (request, response) => {
      answer(new Request(`http://host${request.url}`)).then(
        async (given) => response.writeHead(given.status).end(await given.text()),
        () => response.destroy(),
      );
      return true;
    };
    const config = await serverConfig(operator, { resolver: { type: "url", url: `${fake.url}/accounts/` } });
    const server = await startNatsServer({ config });
    onTestFinished(() => server.stop());
    await using service = await serveAccounts(await connectAs(server, systemCreds), operator, options);
    const alice = await connectAs(server, creds.A.a);
    await accounts.A.revoke("*");
    const [told] = await service.announce();
    expect(told).toMatchObject({ name: "A", status: "announced", servers: [{ message: "jwt updated" }] });
    expect(await isCut(alice)).toBe(true);
  });

  test("ends with its connection, its signal, or a user who may not hear", async () => {
    const { operator, system, systemCreds, ...authority } = await world();
    const server = await serve(authority);
    const lost = await connectAs(server, systemCreds);
    const service = await serveAccounts(lost, operator);
    await lost.close();
    expect((await service.closed)?.code).toBe("ERR_NATS_CONNECTION");
    await expect(serveAccounts(lost, operator)).toThrowCode("ERR_NATS_CONNECTION");

    const aborting = new AbortController();
    const connection = await connectAs(server, systemCreds);
    const stopped = await serveAccounts(connection, operator, { signal: aborting.signal });
    aborting.abort();
    expect(await stopped.closed).toBeUndefined();
    await stopped.drain();

    const deaf = await system.addUser("deaf", { sub: ["_INBOX.>"] });
    await expect(serveAccounts(await connectAs(server, await deaf.creds()), operator)).toThrowCode(
      "ERR_NATS_PERMISSION",
    );
  });

  test("bad input is refused", async () => {
    const { operator, nsc, systemCreds, ...authority } = await world();
    const server = await serve(authority);
    const connection = await connectAs(server, systemCreds);
    for (const options of [
      { queue: "" },
      { queue: "a b" },
      { concurrency: 0 },
      { timeout: "x" },
      { pollInterval: "0s" },
      { announce: "no" },
      { answerUnknown: 1 },
      { onLookup: true },
      { signal: 1 },
      { group: "x" },
    ]) {
      await expect(serveAccounts(connection, operator, options as object)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    await expect(serveAccounts({} as NatsConnection, operator)).toThrowCode("ERR_ARGUMENT_INVALID");
    await nsc.transaction(async (tx) => {
      await expect(serveAccounts(connection, await tx.operator("test"))).toThrowCode("ERR_TRANSACTION");
    });
  });
});

describeWithServer("a user with nothing but what the documents name", () => {
  test("may serve accounts", async () => {
    const { operator, system, creds, ...authority } = await world();
    const server = await serve(authority);
    const pub = ["$SYS.REQ.SERVER.PING.STATSZ", "$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.CLAIMS.LIST"];
    const user = await system.addUser("service", {
      pub: [...pub, "$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE"],
      sub: ["$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP", "_INBOX.>"],
      responses: true,
    });
    const errors: NscError[] = [];
    const connection = await connectAs(server, await user.creds());
    await using service = await serveAccounts(connection, operator, { onError: (error) => errors.push(error) });
    expect(await getsIn(server, creds.A.a)).toBe(true);
    const [told] = await service.announce(["A"]);
    expect(told?.status).toBe("announced");
    expect(errors).toEqual([]);
  });
});
