import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { createKeyPair, memoryStore, type Nsc, type Operator, type Store, serverConfig } from "nsc.js";
import { lookupAccount, type PushGuard, type PushReport, pendingAccounts, push } from "nsc.js/nats";
import { type RunningNatsServer, type TestAuthority, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { ask } from "../server/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { connectAs, full, getsIn, type ServerInit, serve } from "./servers.ts";
import { errorsOf, fileOf, lookUpRaw, messageOf, pairOf, plant, summary } from "./tools.ts";

interface World {
  readonly nsc: Nsc;
  readonly store: Store;
  readonly operator: Operator;
  readonly authority: TestAuthority<{ accounts: { A: { users: ["a"] } } }>;
  readonly server: RunningNatsServer;
  /** Of the system account. */
  readonly connection: NatsConnection;
}

/** An authority with an account A, whose store can be written past the library, and a server that has it. */
async function world({ pushed = true, ...init }: ServerInit & { readonly pushed?: boolean } = {}): Promise<World> {
  const store = memoryStore();
  const authority = await testAuthority({
    accounts: { A: { users: ["a"] } },
    resolver: full({ timeout: "200ms" }),
    store,
  });
  const server = await serve(authority, { name: "n1", ...init });
  const connection = await connectAs(server, authority.systemCreds);
  if (pushed) (await push(connection, authority.operator)).assertComplete();
  return { nsc: authority.nsc, store, operator: authority.operator, authority, server, connection };
}

/** A folder for a server that is started again. */
async function keptFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "nats-guards-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function expectRefused(report: PushReport, guard: PushGuard, why: string | RegExp): void {
  expect(report.accounts).toHaveLength(1);
  expect(report.accounts[0]).toMatchObject({ name: "A", status: "refused", guard, servers: [] });
  expect(report.accounts[0]?.message).toMatch(why);
  expect(report.isComplete).toBe(false);
  expect(report.assertComplete).toThrow(`"A": ${report.accounts[0]?.message}`);
}

const ONLY_A = { accounts: ["A"] };
const UPDATE = "$SYS.REQ.CLAIMS.UPDATE";

describeWithServer("a push refuses", () => {
  test("what another operator signed, which servers keep and break on when they start again", async () => {
    const dir = await keptFolder();
    const { store, operator, authority, server, connection } = await world({ dir });
    const { A } = authority.accounts;
    const { a } = authority.creds.A;
    const good = A.token;
    const client = await connectAs(server, a);
    const foreign = await plant(store, A, createKeyPair("operator"));

    expectRefused(await push(connection, operator, ONLY_A), "foreign-issuer", "which is no key of the operator");
    expect(fileOf(server, A.publicKey)).toBe(good);

    const forced = await push(connection, operator, { ...ONLY_A, force: ["foreign-issuer", "untrusted-issuer"] });
    expect(summary(forced)).toEqual(["A pushed"]);
    expect(fileOf(server, A.publicKey)).toBe(foreign);
    await client.flush();
    expect(await getsIn(server, a)).toBe(true);
    await server.stop();
    expect(await getsIn(await serve(authority, { dir }), a)).toBe(false);
  });

  test("what the account signed itself", async () => {
    const { store, operator, authority, connection } = await world({ pushed: false });
    const { A } = authority.accounts;
    await plant(store, A, await pairOf(store, A.publicKey));
    const report = await push(connection, operator, ONLY_A);
    expectRefused(report, "foreign-issuer", "it signed itself, and waits for the operator's version");
    expect(await lookUpRaw(connection, A.publicKey)).toBe("");
  });

  test("what the identity signed where signing keys are demanded, which servers refuse, too", async () => {
    const store = memoryStore();
    const authority = await testAuthority({
      requireSigningKeys: true,
      accounts: { A: { users: ["a"] } },
      resolver: full(),
      store,
    });
    const { operator, accounts } = authority;
    const connection = await connectAs(await serve(authority, { name: "n1" }), authority.systemCreds);
    await plant(store, accounts.A, await pairOf(store, operator.publicKey));
    expectRefused(
      await push(connection, operator, ONLY_A),
      "foreign-issuer",
      "the operator demands signing keys, and its identity signed it",
    );
    const report = await push(connection, operator, { ...ONLY_A, force: ["foreign-issuer", "untrusted-issuer"] });
    expect(report.accounts[0]).toMatchObject({ status: "failed", code: "ERR_NATS_REFUSED" });
    expect(report.assertComplete).toThrow("operator requires issuer to be a signing key");
  });

  test("what a key signed that servers don't know before they are started again", async () => {
    const dir = await keptFolder();
    const { operator, authority, server, connection } = await world({ dir, pushed: false });
    const { A } = authority.accounts;
    const { a } = authority.creds.A;
    const key = await operator.addSigningKey();
    await A.reissue({ signer: key });

    expectRefused(
      await push(connection, operator, ONLY_A),
      "untrusted-issuer",
      `signed by ${key}, which is not trusted by n1`,
    );
    expect(await lookUpRaw(connection, A.publicKey)).toBe("");

    const forced = await push(connection, operator, { ...ONLY_A, force: "untrusted-issuer" });
    expect(summary(forced)).toEqual(["A pushed"]);
    expect(await getsIn(server, a)).toBe(false);
    await server.stop();
    const config = await serverConfig(operator, { resolver: full() });
    const again = await serve({ config }, { name: "n1", dir });
    expect(await getsIn(again, a)).toBe(true);
    const connected = await connectAs(again, authority.systemCreds);
    expect(summary(await push(connected, operator, ONLY_A))).toEqual(["A unchanged"]);
  });

  test("what is older than what servers have, which they would take", async () => {
    const { store, operator, authority, server, connection } = await world();
    const { A } = authority.accounts;
    const old = A.token;
    await A.edit(({ nats }) => {
      nats.limits.conn = 9;
    });
    (await push(connection, operator, ONLY_A)).assertComplete();
    await store.commit({ tokens: [{ path: ["test", "A"], token: old }] });

    expectRefused(
      await push(connection, operator, ONLY_A),
      "older",
      /servers have a token that is \d+ s newer: pull it first/,
    );
    expectRefused(await push(connection, operator, { ...ONLY_A, resend: true }), "older", "pull it first");
    expect((await lookupAccount(connection, operator, "A"))?.claims.nats.limits.conn).toBe(9);

    const forced = await push(connection, operator, { ...ONLY_A, force: ["older"] });
    expect(summary(forced)).toEqual(["A pushed"]);
    expect(fileOf(server, A.publicKey)).toBe(old);
  });

  test("another token of the same second, of which nobody knows which is newer", async () => {
    const { store, operator, authority, server, connection } = await world();
    const { A } = authority.accounts;
    const { iss = "", iat = 0 } = A.claims;
    const good = A.token;
    const other = await plant(store, A, await pairOf(store, iss), (claims) => {
      claims.iat = iat;
      claims.nats.limits.conn = 4;
    });
    expectRefused(await push(connection, operator, ONLY_A), "older", "another token of the same second");
    expect(fileOf(server, A.publicKey)).toBe(good);
    expect(summary(await push(connection, operator, { ...ONLY_A, force: "older" }))).toEqual(["A pushed"]);
    expect(fileOf(server, A.publicKey)).toBe(other);
  });

  test("what servers would not load", async () => {
    const { store, operator, authority, server, connection } = await world();
    const { A } = authority.accounts;
    const { iss = "" } = A.claims;
    const good = A.token;
    await plant(store, A, await pairOf(store, iss), ({ nats }) => {
      nats.limits.imports = 0;
      nats.imports = [{ name: "i", account: createKeyPair("account").publicKey, subject: "a", type: "service" }];
    });
    expectRefused(await push(connection, operator, ONLY_A), "invalid", /import/);

    const forced = await push(connection, operator, { ...ONLY_A, force: ["invalid"] });
    expect(forced.accounts[0]).toMatchObject({ status: "failed", code: "ERR_NATS_REFUSED" });
    expect(forced.assertComplete).toThrow(/^0 of 1 .*; "A": n1 said: jwt validation failed/);
    expect(fileOf(server, A.publicKey)).toBe(good);
    expect(await getsIn(server, authority.creds.A.a)).toBe(true);
  });

  test("a signing key that is none", async () => {
    const { store, operator, authority, server, connection } = await world();
    const { A } = authority.accounts;
    const { iss = "" } = A.claims;
    const good = A.token;
    const token = await plant(store, A, await pairOf(store, iss), ({ nats }) => {
      nats.signing_keys = [createKeyPair("user").publicKey];
    });
    expectRefused(await push(connection, operator, ONLY_A), "invalid", "signing key");
    const { error } = await ask(connection, UPDATE, token);
    expect(error?.description).toContain("jwt validation failed");
    expect(fileOf(server, A.publicKey)).toBe(good);
  });

  test("what has expired, which servers keep, don't apply, and forget", async () => {
    const dir = await keptFolder();
    const { store, operator, authority, server, connection } = await world({ dir });
    const { A } = authority.accounts;
    const { a } = authority.creds.A;
    await plant(store, A, await pairOf(store, A.claims.iss ?? ""), (claims) => {
      claims.exp = Math.floor(Date.now() / 1000) - 100;
    });
    expectRefused(await push(connection, operator, ONLY_A), "expired", /it expired 1\d\d s ago/);

    const client = await connectAs(server, a);
    const forced = await push(connection, operator, { ...ONLY_A, force: ["expired"] });
    expect(summary(forced)).toEqual(["A pushed"]);
    await client.flush();
    expect(await getsIn(server, a)).toBe(true);
    const { data } = await ask<string[]>(connection, "$SYS.REQ.CLAIMS.LIST");
    expect(data).toEqual([authority.system.publicKey]);
    await server.stop();
    expect(await getsIn(await serve(authority, { dir }), a)).toBe(false);
  });

  test.each(["conn", "subs", "payload"] as const)("a system account that has no %s", async (limit) => {
    const { store, operator, authority, server, connection } = await world();
    const { system } = authority;
    const good = system.token;
    await plant(store, system, await pairOf(store, system.claims.iss ?? ""), ({ nats }) => {
      nats.limits[limit] = 0;
    });
    const report = await push(connection, operator, { accounts: ["SYS"] });
    expect(report.accounts[0]).toMatchObject({ name: "SYS", status: "refused", guard: "system-account" });
    expect(report.assertComplete).toThrow(`${limit} is 0: nobody could ever push again`);
    expect(fileOf(server, system.publicKey)).toBe(good);
  });

  test("a system account without connections, by which nobody would get in any more", async () => {
    const { store, operator, authority, server, connection } = await world();
    const { system } = authority;
    await plant(store, system, await pairOf(store, system.claims.iss ?? ""), ({ nats }) => {
      nats.limits.conn = 0;
    });
    const options = { accounts: ["SYS"], force: "system-account", timeout: "1s" } as const;
    await push(connection, operator, options).catch((error: unknown) => error);
    await connection.closed();
    await expect(connectAs(server, authority.systemCreds)).rejects.toThrow();
  });

  test("JetStream on the system account, with which servers with JetStream don't start", async () => {
    const dir = await keptFolder();
    const { store, operator, authority, server, connection } = await world({ dir });
    const { system } = authority;
    await plant(store, system, await pairOf(store, system.claims.iss ?? ""), ({ nats }) => {
      nats.limits.disk_storage = -1;
    });
    const report = await push(connection, operator, { accounts: ["SYS"] });
    expect(report.accounts[0]).toMatchObject({ status: "refused", guard: "system-account" });
    expect(report.assertComplete).toThrow("has JetStream: servers would not start with it");

    const forced = await push(connection, operator, { accounts: ["SYS"], force: ["system-account"] });
    expect(summary(forced)).toEqual(["SYS pushed"]);
    await server.stop();
    const start = (): Promise<unknown> => serve(authority, { dir, config: "jetstream: enabled" });
    expect(await messageOf(start)).toContain("Not allowed to enable JetStream on the system account");
  });

  test("what is too large for one message, and goes on with the others", async () => {
    const { store, operator, authority, server, connection } = await world({ config: "max_payload: 8192" });
    const { A } = authority.accounts;
    const good = A.token;
    const large = await plant(store, A, await pairOf(store, A.claims.iss ?? ""), ({ nats }) => {
      nats.description = "x".repeat(8000);
    });
    await operator.addAccount("B");
    const report = await push(connection, operator);
    expect(summary(report)).toEqual(["A refused", "B pushed", "SYS unchanged"]);
    expect(report.accounts[0]).toMatchObject({ guard: "too-large" });
    expect(report.assertComplete).toThrow(
      `"A": its token has ${large.length} bytes, and the server takes 8192 at once`,
    );
    expect(fileOf(server, A.publicKey)).toBe(good);

    const forced = await push(connection, operator, { ...ONLY_A, force: "too-large" });
    expect(forced.accounts[0]).toMatchObject({ name: "A", status: "failed" });
    expect(forced.assertComplete).toThrow(/"A": .*max_payload/);
    expect(fileOf(server, A.publicKey)).toBe(good);
  });

  test("nothing where a guard is overridden, but what another one is against", async () => {
    const { store, operator, authority, connection } = await world();
    const { A } = authority.accounts;
    await plant(store, A, createKeyPair("operator"), (claims) => {
      claims.exp = 100;
    });
    const others: readonly PushGuard[] = ["untrusted-issuer", "invalid", "older", "system-account", "too-large"];
    const report = await push(connection, operator, { ...ONLY_A, force: [...others, "foreign-issuer"] });
    expectRefused(report, "expired", /it expired \d+ s ago/);
    expectRefused(
      await push(connection, operator, { ...ONLY_A, force: [...others, "expired"] }),
      "foreign-issuer",
      /no key/,
    );
  });
});

describeWithServer("a push", () => {
  test("of two edits of one second brings the second, which outlives a preload of the first", async () => {
    const dir = await keptFolder();
    const { operator, authority, server, connection } = await world({ dir, pushed: false });
    const { A } = authority.accounts;
    const first = A.claims.iat ?? 0;
    const preload = await serverConfig(operator, { resolver: full(), preload: "all" });
    for (const conn of [5, 6]) {
      await A.edit(({ nats }) => {
        nats.limits.conn = conn;
      });
      expect(A.claims.iat).toBeGreaterThan(first + (conn - 5));
      (await push(connection, operator, ONLY_A)).assertComplete();
    }
    await server.stop();
    const again = await serve({ config: preload }, { dir });
    expect(fileOf(again, A.publicKey)).toBe(A.token);
    expect(await lookUpRaw(await connectAs(again, authority.systemCreds), A.publicKey)).toBe(A.token);
  });

  test("that was refused leaves an account pending that was so before", async () => {
    const { operator, authority, server } = await world({ pushed: false });
    const { A } = authority.accounts;
    await expect(push({ connect, servers: "nats://127.0.0.1:1" }, operator, ONLY_A)).toThrowCode("ERR_NATS_CONNECTION");
    await A.reissue({ signer: await operator.addSigningKey() });
    const target = { connect, servers: server.url };
    expectRefused(await push(target, operator, ONLY_A), "untrusted-issuer", "not trusted by n1");
    expect((await pendingAccounts(operator)).map(({ name }) => name)).toEqual(["A"]);
  });

  test("of an old token leaves the account pending, since what was changed is not on the servers", async () => {
    const { store, operator, authority, server } = await world({ pushed: false });
    const { A } = authority.accounts;
    const old = A.token;
    await expect(push({ connect, servers: "nats://127.0.0.1:1" }, operator, ONLY_A)).toThrowCode("ERR_NATS_CONNECTION");
    await A.reissue();
    const connection = await connectAs(server, authority.systemCreds);
    expect((await ask<{ code: number }>(connection, UPDATE, A.token)).data?.code).toBe(200);
    await store.commit({ tokens: [{ path: ["test", "A"], token: old }] });
    expectRefused(await push(connection, operator, ONLY_A), "older", "pull it first");
    expect((await pendingAccounts(operator)).map(({ name }) => name)).toEqual(["A"]);
  });

  test("does not disconnect those whose account did not change", async () => {
    const { operator, authority, server, connection } = await world();
    const client = await connectAs(server, authority.creds.A.a);
    const errors = errorsOf(client);
    await push(connection, operator, { resend: true });
    await client.flush();
    expect(client.isClosed()).toBe(false);
    expect(errors).toEqual([]);
  });

  test("again of what servers have sends it when that is asked for", async () => {
    const { operator, connection } = await world();
    const report = await push(connection, operator, { resend: true });
    expect(summary(report)).toEqual(["A pushed", "SYS pushed"]);
    expect(report.accounts.map(({ servers }) => servers[0]?.message)).toEqual(["jwt updated", "jwt updated"]);
  });
});
