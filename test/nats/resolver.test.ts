import { createHash } from "node:crypto";
import { connect } from "@nats-io/transport-node";
import { memoryStore, Nsc, serverConfig } from "nsc.js";
import { deleteAccounts, listAccounts, lookupAccount, prune, pull, push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { describe, expect, test } from "vitest";
import { ask, cachedServer, describeOf, isOlderThan } from "../server/servers.ts";
import { describeWithServer, natsServer } from "../support/nats-server.ts";
import { connectAs, full, getsIn, serve } from "./servers.ts";
import { fileOf, lookUpRaw, pairOf, plant, summary } from "./tools.ts";

interface Updated {
  readonly account: string;
  readonly code: number;
  readonly message: string;
}

const UPDATE = "$SYS.REQ.CLAIMS.UPDATE";
const LIST = "$SYS.REQ.CLAIMS.LIST";

const servers = [
  { title: "the newest nats-server", server: natsServer?.path },
  { title: "nats-server 2.10", server: cachedServer("2.10") },
  { title: "nats-server 2.9", server: cachedServer("2.9") },
];

describe.each(servers)("$title", ({ server: binary }) => {
  describeOf(binary)("keeps accounts", () => {
    const init = binary === undefined ? {} : { server: binary };

    test("that are pushed, listed, looked up, pulled and deleted", { timeout: 30_000 }, async () => {
      const authority = await testAuthority({
        accounts: { A: { users: ["a"] }, B: { users: ["b"] } },
        resolver: full({ allowDelete: true }),
      });
      const { operator, accounts, system, creds } = authority;
      const server = await serve(authority, init);
      expect(server.log()).toContain("Server is ready");
      const target = { connect, servers: server.url };

      const before = await listAccounts(target, operator);
      expect(before.onlyInStore.map(({ name }) => name).sort()).toEqual(["A", "B"]);
      expect(before.accounts.filter(({ servers: holders }) => holders.length > 0).map(({ name }) => name)).toEqual([
        "SYS",
      ]);

      const pushed = await push(target, operator);
      pushed.assertComplete();
      expect(summary(pushed)).toEqual(["A pushed", "B pushed", "SYS unchanged"]);
      expect(pushed.servers.map(({ version }) => version)).toEqual([server.version]);
      for (const account of [accounts.A, accounts.B, system]) {
        expect(fileOf(server, account.publicKey)).toBe(account.token);
      }
      expect(await getsIn(server, creds.A.a)).toBe(true);
      expect(summary(await push(target, operator))).toEqual(["A unchanged", "B unchanged", "SYS unchanged"]);

      const found = await lookupAccount(target, operator, accounts.A);
      expect(found).toMatchObject({ token: accounts.A.token, answers: 1, holders: 1, claims: { name: "A" } });

      const elsewhere = await new Nsc().importOperator(operator.token);
      const creating = { ...target, creds: authority.systemCreds };
      expect(summary(await pull(creating, elsewhere))).toEqual(["A added", "B added", "SYS added"]);
      expect((await elsewhere.account("B")).token).toBe(accounts.B.token);

      const client = await connectAs(server, creds.B.b);
      const deleted = await deleteAccounts(target, operator, [accounts.B]);
      deleted.assertComplete();
      expect(summary(deleted)).toEqual(["B deleted"]);
      expect(await client.closed()).toBeDefined();
      expect((await listAccounts(target, operator)).onlyInStore.map(({ name }) => name)).toEqual(["B"]);
    });

    test("and says of one that it does not have that there is none", async () => {
      const authority = await testAuthority({ accounts: { A: {} }, resolver: full() });
      const server = await serve(authority, init);
      const target = { connect, servers: server.url };
      expect(await lookupAccount(target, authority.operator, "A", { timeout: "1s" })).toBeUndefined();
    });
  });
});

describeWithServer("the resolver", () => {
  test("has the system account alone in the beginning", async () => {
    const authority = await testAuthority({ accounts: { A: {} }, resolver: full() });
    const server = await serve(authority);
    const connection = await connectAs(server, authority.systemCreds);
    expect((await ask<string[]>(connection, LIST)).data).toEqual([authority.system.publicKey]);
    const { servers: found, accounts, unheard } = await listAccounts(connection, authority.operator);
    expect(found).toHaveLength(1);
    expect(unheard).toEqual([]);
    expect(accounts.find(({ name }) => name === "SYS")?.servers).toEqual(found);
    expect(connection.isClosed()).toBe(false);
  });

  test("in memory takes no accounts, and everything says so", async () => {
    const authority = await testAuthority({ accounts: { A: { users: ["a"] } } });
    const { operator } = authority;
    const server = await serve(authority);
    expect(await getsIn(server, authority.creds.A.a)).toBe(true);
    const connection = await connectAs(server, authority.systemCreds);
    await expect(connection.request(LIST)).rejects.toThrow("no responders");
    for (const target of [connection, { connect, servers: server.url }]) {
      const asking = { timeout: "2s" };
      for (const run of [
        () => push(target, operator, asking),
        () => push(target, operator, { ...asking, accounts: ["A"] }),
        () => pull(target, operator, asking),
        () => pull(target, operator, { ...asking, accounts: ["A"] }),
        () => listAccounts(target, operator, asking),
        () => lookupAccount(target, operator, "A", asking),
        () => deleteAccounts(target, operator, ["A"], asking),
        () => prune(target, operator, asking),
      ]) {
        await expect(run).toThrowCode("ERR_NATS_NO_RESOLVER");
      }
    }
  });

  test("starts with awkward names, folders and sizes, and has what was preloaded", async () => {
    const dir = `./jwt "of" # my {own} \\ folder`;
    const name = `A "quoted" # {name}, 100% 'mine'`;
    const authority = await testAuthority({
      operator: { name: `o "p" # {x}` },
      accounts: {
        [name]: {
          users: ["a"],
          claims: ({ nats }) => {
            nats.description = `"\\ # {}\r\n`.repeat(900);
          },
        },
      },
      resolver: full({ dir }),
    });
    const { operator, accounts, creds } = authority;
    expect(accounts[name]?.token.length).toBeGreaterThan(8192);
    const config = await serverConfig(operator, { resolver: { type: "full", dir }, preload: "all" });
    const server = await serve({ config });
    expect(await getsIn(server, creds[name]?.["a"] ?? "")).toBe(true);
    const target = { connect, servers: server.url };
    expect(summary(await push(target, operator))).toEqual([`${name} unchanged`, "SYS unchanged"]);
    expect((await listAccounts(target, operator)).onlyInStore).toEqual([]);
    expect((await lookupAccount(target, operator, name))?.token).toBe(accounts[name]?.token);
  });

  test("answers a push with what it stored, and where", async () => {
    const authority = await testAuthority({ accounts: { A: { users: ["a"] } }, resolver: full() });
    const { operator, accounts } = authority;
    const server = await serve(authority, { name: "n1" });
    const report = await push({ connect, servers: server.url }, operator, { accounts: [accounts.A] });
    const { publicKey } = accounts.A;
    const [{ id = "" } = {}] = report.servers;
    expect(id).toMatch(/^N[A-Z2-7]{55}$/);
    const identity = { id, name: "n1", version: server.version };
    expect(report.accounts).toEqual([
      {
        name: "A",
        publicKey,
        status: "pushed",
        message: "the server has it",
        servers: [{ server: identity, outcome: "stored", message: "jwt updated" }],
      },
    ]);
    expect(report).toMatchObject({ servers: [identity], unheard: [], warnings: [], isComplete: true });
    const connection = await connectAs(server, authority.systemCreds);
    expect(await lookUpRaw(connection, publicKey)).toBe(accounts.A.token);
    expect(fileOf(server, publicKey)).toBe(accounts.A.token);
    expect(await getsIn(server, authority.creds.A.a)).toBe(true);
  });

  test("takes a token on three subjects, but not that of another account", async () => {
    const authority = await testAuthority({ accounts: { A: {}, B: {} }, resolver: full() });
    const { A, B } = authority.accounts;
    const connection = await connectAs(await serve(authority), authority.systemCreds);
    for (const subject of [
      `$SYS.REQ.ACCOUNT.${A.publicKey}.CLAIMS.UPDATE`,
      `$SYS.ACCOUNT.${A.publicKey}.CLAIMS.UPDATE`,
    ]) {
      const { data } = await ask<Updated>(connection, subject, A.token);
      expect(data).toMatchObject({ account: A.publicKey, code: 200, message: "jwt updated" });
      const { error } = await ask(connection, subject, B.token);
      expect(error).toMatchObject({ code: 500 });
      expect(error?.description).toContain("subject does not match jwt content");
    }
    expect(await lookUpRaw(connection, B.publicKey)).toBe("");
  });

  test("refuses what is no account, and keeps what it has", async () => {
    const authority = await testAuthority({ accounts: { A: { users: ["a"] } }, resolver: full() });
    const { operator, accounts, users } = authority;
    const server = await serve(authority);
    const connection = await connectAs(server, authority.systemCreds);
    await push(connection, operator);
    for (const payload of ["garbage", "", "a.b.c", users.A.a.token, operator.token]) {
      const { error } = await ask(connection, UPDATE, payload);
      expect(error, payload.slice(0, 10)).toMatchObject({ code: 500, account: "n/a" });
    }
    expect((await ask<string[]>(connection, LIST)).data?.sort()).toEqual(
      [accounts.A.publicKey, authority.system.publicKey].sort(),
    );
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);
  });

  test.skipIf(isOlderThan("2.9.15"))(
    "passes over headers on one subject, and stumbles over them on another",
    async () => {
      const authority = await testAuthority({ accounts: { A: {} }, resolver: full() });
      const { publicKey, token } = authority.accounts.A;
      const connection = await connectAs(await serve(authority), authority.systemCreds);
      const { headers } = await import("@nats-io/transport-node");
      const some = headers();
      some.set("X-Of", "mine");
      const request = async (subject: string): Promise<{ data?: Updated; error?: { description: string } }> =>
        (await connection.request(subject, token, { headers: some, timeout: 5000 })).json();
      expect((await request(UPDATE)).data?.code).toBe(200);
      expect((await request(`$SYS.REQ.ACCOUNT.${publicKey}.CLAIMS.UPDATE`)).error?.description).toContain(
        "expected 3 chunks",
      );
    },
  );

  test("that is full refuses another account, and still takes a new token of one that it has", async () => {
    const authority = await testAuthority({ accounts: { A: {}, B: {} }, resolver: full({ limit: 2 }) });
    const { operator, accounts } = authority;
    const server = await serve(authority, { name: "n1" });
    const target = { connect, servers: server.url };
    (await push(target, operator, { accounts: ["A"] })).assertComplete();

    const report = await push(target, operator);
    expect(summary(report)).toEqual(["A unchanged", "B failed", "SYS unchanged"]);
    expect(report.accounts[1]).toMatchObject({ code: "ERR_NATS_REFUSED", servers: [{ outcome: "failed" }] });
    expect(report.assertComplete).toThrow(/2 of 3 .*"B": n1 said: .*jwt store is full/);
    expect(fileOf(server, accounts.B.publicKey)).toBeUndefined();

    await accounts.A.edit(({ nats }) => {
      nats.limits.conn = 7;
    });
    expect(summary(await push(target, operator, { accounts: ["A"] }))).toEqual(["A pushed"]);
    expect(fileOf(server, accounts.A.publicKey)).toBe(accounts.A.token);
  });

  test("is compared with the store", async () => {
    const authority = await testAuthority({ accounts: { A: {}, B: {}, C: {} }, resolver: full() });
    const { operator, accounts, system } = authority;
    const connection = await connectAs(await serve(authority, { name: "n1" }), authority.systemCreds);
    await push(connection, operator, { accounts: ["A", "B"] });
    const { publicKey } = accounts.A;
    await accounts.A.delete();
    const listing = await listAccounts(connection, operator);
    const n1 = listing.servers;
    expect(n1.map(({ name }) => name)).toEqual(["n1"]);
    expect(listing.onlyOnServers).toEqual([{ publicKey, name: undefined, servers: n1 }]);
    expect(listing.onlyInStore).toEqual([{ publicKey: accounts.C.publicKey, name: "C", servers: [] }]);
    expect(listing.accounts.map((account) => account.publicKey)).toEqual(
      [publicKey, accounts.B.publicKey, accounts.C.publicKey, system.publicKey].sort(),
    );
  });

  test("is pulled as it is, whatever the names", async () => {
    const authority = await testAuthority({
      accounts: { 'A "1"': {}, "B # 2": { jetstream: "unlimited" }, C: {} },
      resolver: full(),
    });
    const { operator, accounts, system } = authority;
    const connection = await connectAs(await serve(authority), authority.systemCreds);
    await push(connection, operator);

    const all = [...Object.values(accounts), system];
    const packed = await pack(connection);
    expect(packed).toEqual(new Map(all.map(({ publicKey, token }) => [publicKey, token])));
    const hash = Buffer.alloc(32);
    for (const { token } of all) {
      for (const [index, byte] of createHash("sha256").update(token).digest().entries()) {
        hash[index] = (hash[index] ?? 0) ^ byte;
      }
    }
    expect((await pack(connection, hash)).size).toBe(0);

    const elsewhere = await new Nsc().importOperator(operator.token);
    const report = await pull(connection, elsewhere);
    report.assertComplete();
    expect(summary(report)).toEqual(['A "1" added', "B # 2 added", "C added", "SYS added"]);
    for (const { name, token } of all) expect((await elsewhere.account(name)).token).toBe(token);
    expect(summary(await pull(connection, elsewhere))).toEqual(all.map(({ name }) => `${name} unchanged`));
  });

  test("does not replace what the store has newer, unless that is asked for", async () => {
    const authority = await testAuthority({ accounts: { A: {}, B: {} }, resolver: full() });
    const { operator, accounts } = authority;
    const connection = await connectAs(await serve(authority), authority.systemCreds);
    await push(connection, operator);
    const old = accounts.A.token;
    await accounts.A.edit(({ nats }) => {
      nats.limits.conn = 3;
    });
    const kept = await pull(connection, operator);
    expect(summary(kept)).toEqual(["A kept", "B unchanged", "SYS unchanged"]);
    expect(kept.isComplete).toBe(true);
    await accounts.A.refresh();
    expect(accounts.A.claims.nats.limits.conn).toBe(3);

    expect(summary(await pull(connection, operator, { accounts: ["A"], force: "newer" }))).toEqual(["A updated"]);
    await accounts.A.refresh();
    expect(accounts.A.token).toBe(old);
  });

  test("gives one account by name or key, and says which it does not have", async () => {
    const authority = await testAuthority({ accounts: { A: {}, B: {} }, resolver: full() });
    const { operator, accounts } = authority;
    const connection = await connectAs(await serve(authority), authority.systemCreds);
    await push(connection, operator, { accounts: [accounts.A] });
    const elsewhere = await new Nsc().importOperator(operator.token);
    const { publicKey } = accounts.B;
    const report = await pull(connection, elsewhere, { accounts: [accounts.A.publicKey, publicKey] });
    expect(summary(report).sort()).toEqual(["A added", `${publicKey} missing`]);
    expect(report.assertComplete).toThrow(`1 of 2 accounts are in the store; "${publicKey}": no server gave its token`);
  });

  test("with accounts of another operator has these refused by a pull, unless that is asked for", async () => {
    const store = memoryStore();
    const authority = await testAuthority({ accounts: { A: {} }, resolver: full(), store });
    const stranger = await testAuthority({ accounts: { X: {} } });
    const { operator, accounts } = authority;
    const connection = await connectAs(await serve(authority), authority.systemCreds);
    const token = await plant(store, accounts.A, await pairOf(store, accounts.A.publicKey));
    for (const foreign of [stranger.accounts.X.token, token]) await ask(connection, UPDATE, foreign);

    const elsewhere = await new Nsc().importOperator(operator.token);
    const report = await pull(connection, elsewhere);
    expect(summary(report)).toEqual(["A refused", "SYS added", "X refused"]);
    expect(report.assertComplete).toThrow(
      `signed by ${stranger.accounts.X.claims.iss}, which is no key of the operator`,
    );
    const forced = await pull(connection, elsewhere, { force: ["foreign-issuer"] });
    expect(summary(forced)).toEqual(["A added", "SYS unchanged", "X added"]);
    expect((await elsewhere.account("A")).token).toBe(token);
  });
});

/** All accounts of a server, as it dumps them up to the empty message. */
async function pack(
  connection: Awaited<ReturnType<typeof connectAs>>,
  hash: Uint8Array = new Uint8Array(),
): Promise<Map<string, string>> {
  const tokens = new Map<string, string>();
  const strategy = { maxWait: 5000, strategy: "sentinel" } as const;
  for await (const message of await connection.requestMany("$SYS.REQ.CLAIMS.PACK", hash, strategy)) {
    if (message.data.length === 0) return tokens;
    const [key = "", token = ""] = message.string().split("|");
    tokens.set(key, token);
  }
  throw new Error("the dump had no end");
}
