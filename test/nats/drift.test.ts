import { connect } from "@nats-io/transport-node";
import { createKeyPair, memoryStore, Nsc } from "nsc.js";
import { type DriftReport, deleteAccounts, drift, formatDrift, push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { expectNoSecret } from "../support/secrets.ts";
import { serveAccountsOverHttp } from "./account-servers.ts";
import { Cluster } from "./cluster.ts";
import { connectAs, full, getsIn, serve } from "./servers.ts";
import { pairOf, plant, summary } from "./tools.ts";

/** An account and what servers go by. */
function used(report: DriftReport, name: string): Record<string, string | undefined> {
  const { servers = [] } = report.accounts.find((account) => account.name === name) ?? {};
  return Object.fromEntries(servers.map(({ server, inForce }) => [server.name, inForce]));
}

async function world() {
  const store = memoryStore();
  const authority = await testAuthority({
    accounts: { A: { users: ["a"] }, B: {} },
    resolver: full({ allowDelete: true }),
    store,
  });
  const server = await serve(authority, { name: "n1" });
  return { ...authority, store, server, target: { connect, servers: server.url } };
}

describeWithServer("drift", () => {
  test("is nothing after a push, and everything before", async () => {
    const { operator, target } = await world();
    const before = await drift(target, operator);
    expect(summary(before)).toEqual(["A missing", "B missing", "SYS same"]);
    expect(before.assertComplete).toThrow('1 of 3 accounts are the same on all servers; "A": no server has it');
    (await push(target, operator)).assertComplete();
    const after = await drift(target, operator);
    expect(summary(after)).toEqual(["A same", "B same", "SYS same"]);
    expect(after).toMatchObject({ isComplete: true, drifted: [], warnings: [], servers: [{ name: "n1" }] });
    expect(formatDrift(after)).toBe("nothing differs: 3 accounts at 1 servers");
    expect(used(after, "SYS")).toEqual({ n1: "same" });
    expect(used(after, "A")).toEqual({ n1: undefined });
    expect(after.accounts[0]?.servers[0]?.isListed).toBe(true);
  });

  test("says what is older, newer, different and unknown, and what differs", async () => {
    const { operator, store, target, server, accounts, creds } = await world();
    const pair = await pairOf(store, accounts.A.claims.iss ?? "");
    await push(target, operator);
    const { token, claims } = accounts.A;
    await plant(store, accounts.A, pair, ({ nats }) => {
      nats.limits.conn = 7;
    });
    const older = await drift(target, operator, { accounts: ["A"] });
    expect(older.accounts[0]).toMatchObject({
      status: "older",
      versions: [
        {
          state: "older",
          jti: claims.jti,
          issuedAt: new Date((claims.iat ?? 0) * 1000),
          count: 1,
          changes: [{ path: ["nats", "limits", "conn"], kind: "changed", before: -1, after: 7 }],
        },
      ],
    });
    expect(formatDrift(older)).toMatch(
      /^A: older: 1 server has an older token, of 20.*Z\n {2}~ nats.limits.conn: -1 -> 7\n1 differ of 1 accounts at 1 servers$/,
    );

    (await push(target, operator, { accounts: ["A"] })).assertComplete();
    expect(await getsIn(server, creds.A.a)).toBe(true);
    await store.commit({ tokens: [{ path: ["test", "A"], token }] });
    const newer = await drift(target, operator, { accounts: [accounts.A] });
    expect(summary(newer)).toEqual(["A newer"]);
    expect(used(newer, "A")).toEqual({ n1: "newer" });

    await plant(store, { name: "A", token }, pair, ({ nats }) => {
      nats.limits.conn = 8;
    });
    expect(summary(await drift(target, operator, { accounts: [accounts.A.publicKey] }))).toEqual(["A different"]);

    await accounts.B.delete();
    const unknown = (await drift(target, operator)).accounts.find(({ name }) => name === "B");
    expect(unknown).toMatchObject({
      status: "unknown",
      message: expect.stringMatching(/^1 server has a token of it, of .*Z; the store has none$/),
    });
    expect(unknown?.versions[0]).toMatchObject({ state: "unknown", changes: [] });
    expectNoSecret(await drift(target, operator));
  });

  test("finds servers that go by another token than they keep", async () => {
    const { operator, store, target, server, accounts, creds } = await world();
    await push(target, operator);
    expect(await getsIn(server, creds.A.a)).toBe(true);
    // Servers store what a stranger signed, and go on with what they had.
    await plant(store, accounts.A, createKeyPair("operator"));
    (await push(target, operator, { accounts: ["A"], force: ["foreign-issuer", "untrusted-issuer"] })).assertComplete();
    const report = await drift(target, operator, { accounts: ["A"] });
    expect(report.accounts[0]).toMatchObject({
      status: "mixed",
      message: "1 server has the token of the store; n1 goes by an older token",
    });
    expect(used(report, "A")).toEqual({ n1: "older" });
  });

  test("an account that was deleted from the server is missing, although it is in its memory", async () => {
    const { operator, target, server, accounts, creds } = await world();
    await push(target, operator);
    expect(await getsIn(server, creds.A.a)).toBe(true);
    (await deleteAccounts(target, operator, [accounts.A])).assertComplete();
    const report = await drift(target, operator, { accounts: ["A"] });
    expect(summary(report)).toEqual(["A missing"]);
    expect(used(report, "A")).toEqual({ n1: "expired" });
  });

  test("without permission to ask what is in force, it says so and compares the rest", async () => {
    const { operator, system, server } = await world();
    const pub = ["$SYS.REQ.CLAIMS.>", "$SYS.REQ.ACCOUNT.>", "$SYS.REQ.SERVER.PING.STATSZ", "$SYS.REQ.SERVER.PING.VARZ"];
    const user = await system.addUser("watcher", { pub, sub: ["_INBOX.>"] });
    const report = await drift(await connectAs(server, await user.creds()), operator);
    expect(summary(report)).toEqual(["A missing", "B missing", "SYS same"]);
    expect(report.warnings).toHaveLength(1);
    expect(report.warnings[0]).toContain("which tokens they go by");
    const blind = await system.addUser("blind", { pub: pub.slice(0, 1), sub: ["_INBOX.>"] });
    await expect(drift(await connectAs(server, await blind.creds()), operator, { timeout: "1s" })).toThrowCode(
      "ERR_NATS_PERMISSION",
    );
  });

  test("of a cluster says which servers disagree with each other", async () => {
    const authority = await testAuthority({ accounts: { A: { users: ["a"] } }, resolver: full({ interval: "10m" }) });
    const { operator, accounts, creds } = authority;
    const cluster = await Cluster.start(authority, ["n1", "n2", "n3"]);
    const target = () => ({ connect, servers: cluster.server("n1").url });
    (await push(target(), operator)).assertComplete();
    expect(summary(await drift(target(), operator))).toEqual(["A same", "SYS same"]);

    await cluster.stop("n3");
    await accounts.A.edit(({ nats }) => {
      nats.limits.conn = 7;
    });
    await operator.addAccount("C");
    await push(target(), operator);
    await cluster.start("n3");
    for (const server of cluster.servers) expect(await getsIn(server, creds.A.a)).toBe(true);

    const report = await drift(target(), operator);
    expect(summary(report)).toEqual(["A mixed", "C mixed", "SYS same"]);
    const [a, c] = report.accounts;
    expect(a?.versions.map(({ state, count }) => `${count} ${state}`)).toEqual(["2 same", "1 older"]);
    expect(used(report, "A")).toEqual({ n1: "same", n2: "same", n3: "older" });
    expect(a?.message).toMatch(
      /^2 servers have the token of the store; 1 server has an older token, of .*n3 goes by an older/,
    );
    expect(c?.message).toBe("2 servers have the token of the store; 1 server has none");
    expect(Object.fromEntries(c?.servers.map(({ server, isListed }) => [server.name, isListed]) ?? [])).toEqual({
      n1: true,
      n2: true,
      n3: false,
    });
    expect(formatDrift(report)).toContain("~ nats.limits.conn: -1 -> 7");

    const absent = await drift(target(), operator, { expectServers: ["n1", "n2", "n3", "n4"] });
    expect(absent.unheard).toEqual(["n4"]);
    expect(formatDrift(absent)).toContain("\nnot heard of: n4");
    (await push(target(), operator)).assertComplete();
    (await drift(target(), operator)).assertComplete();
  });

  test("of servers that only cache accounts is what they go by", async () => {
    const authority = await testAuthority({ accounts: { A: { users: ["a"] } }, resolver: full() });
    const { operator, creds } = authority;
    const cached = String(authority.config)
      .replace('"full"', '"cache"')
      .replace(/^\s*"?allow_delete.*\n/m, "");
    const cluster = await Cluster.start(authority, ["n1", ["n2", cached]]);
    const target = { connect, servers: cluster.server("n2").url };
    (await push(target, operator)).assertComplete();
    expect(await getsIn(cluster.server("n2"), creds.A.a)).toBe(true);
    const both = await drift(target, operator, { accounts: ["A"] });
    expect(both.accounts[0]).toMatchObject({ status: "same", versions: [{ count: 1 }] });
    expect(used(both, "A")).toEqual({ n1: undefined, n2: "same" });
    await cluster.stop("n1");
    const report = await drift(target, operator);
    expect(report.accounts.find(({ name }) => name === "A")).toMatchObject({
      status: "same",
      versions: [],
      message: "n2 goes by the token of the store",
    });
  });
});

test("an account server is asked for all accounts of the store", async () => {
  const store = memoryStore();
  const { operator, accounts } = await testAuthority({ accounts: { A: {}, B: {} }, store });
  const server = await serveAccountsOverHttp();
  const target = { url: server.url };
  await push(target, operator);
  (await drift(target, operator)).assertComplete();
  await plant(store, accounts.A, await pairOf(store, accounts.A.claims.iss ?? ""));
  server.accounts.delete(accounts.B.publicKey);
  expect(summary(await drift(target, operator))).toEqual(["A older", "B missing", "SYS same"]);
  server.handler = (request, response) => {
    if (request.url?.endsWith(accounts.B.publicKey) !== true) return false;
    response.writeHead(500).end("no disk");
    return true;
  };
  const report = await drift(target, operator);
  expect(report.drifted.map(({ status }) => status).sort()).toEqual(["older", "unseen"]);
  expect(report.warnings[0]).toMatch(/answers 500 no disk$/);
  server.close();
  await expect(drift(target, operator)).toThrowCode("ERR_NATS_CONNECTION");
});

test("bad input is refused", async () => {
  const operator = await new Nsc().addOperator("local");
  await expect(drift({ url: "x" }, operator)).toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(drift({ url: "http://x" }, operator, { account: [] } as object)).toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(drift({ url: "http://x" }, operator, { accounts: ["NONE"] })).toThrowCode("ERR_ENTITY_NOT_FOUND");
});
