import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { memoryStore, Nsc, type Operator, type Store, serverConfig } from "nsc.js";
import { pendingAccounts, pull, push } from "nsc.js/nats";
import { nscDirectory } from "nsc.js/node";
import { type RunningNatsServer, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { full, getsIn, serve } from "./servers.ts";
import { fileOf, summary, withRead } from "./tools.ts";

async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "nats-tenants-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function pendingNames(operator: Operator): Promise<string[]> {
  return (await pendingAccounts(operator)).map(({ name }) => name);
}

/** A service whose operator is in a store, and a server that can be stopped and started again. */
async function world(store: Store) {
  const operator = await new Nsc({ store }).addOperator("test", { signingKey: true, systemAccount: true });
  const config = await serverConfig(operator, { resolver: full() });
  const dir = await temporaryFolder();
  const start = (): Promise<RunningNatsServer> => serve({ config }, { name: "n1", dir });
  return { operator, start };
}

describeWithServer.each([
  ["in memory", async () => memoryStore()],
  ["in folders", async () => nscDirectory({ allDirs: await temporaryFolder(), env: {} })],
] as const)("a tenant that is added at run time, %s", (_, makeStore) => {
  test("gets in as soon as its account was pushed, and changes arrive", async () => {
    const { operator, start } = await world(await makeStore());
    const server = await start();
    const target = { connect, servers: server.url };
    const tenant = await operator.addAccount("tenant", { signingKey: true });
    const user = await tenant.addUser("u", { pub: ["a.>"] });
    (await push(target, operator, { accounts: [tenant] })).assertComplete();
    expect(await getsIn(server, await user.creds())).toBe(true);
    expect(await getsIn(server, (await tenant.issueUser("short", { expires: "1m" })).creds())).toBe(true);
    expect(await pendingNames(operator)).toEqual([]);

    await tenant.revoke(user);
    (await push(target, operator, { accounts: ["tenant"] })).assertComplete();
    expect(await getsIn(server, await user.creds())).toBe(false);
  });

  test("is stored and pending while servers are down, and the next process finishes it", async () => {
    const store = await makeStore();
    const { operator, start } = await world(store);
    const down = { connect, servers: "nats://127.0.0.1:1" };
    const tenant = await operator.addAccount("tenant");
    const user = await tenant.addUser("u");
    await expect(push(down, operator, { accounts: [tenant] })).toThrowCode("ERR_NATS_CONNECTION");
    const second = await operator.addAccount("second");
    await expect(push(down, operator, { accounts: ["second", "tenant"] })).toThrowCode("ERR_NATS_CONNECTION");
    await operator.addAccount("other");
    expect(await pendingNames(operator)).toEqual(["second", "tenant"]);
    expect((await operator.account("tenant")).token).toBe(tenant.token);

    // A process that begins, with nothing but the store.
    const restarted = await new Nsc({ store }).operator("test");
    expect(await pendingNames(restarted)).toEqual(["second", "tenant"]);
    await expect(push(down, restarted, { accounts: "pending" })).toThrowCode("ERR_NATS_CONNECTION");
    expect(await pendingNames(restarted)).toEqual(["second", "tenant"]);

    const server = await start();
    const report = await push({ connect, servers: server.url }, restarted, { accounts: "pending" });
    report.assertComplete();
    expect(summary(report)).toEqual(["second pushed", "tenant pushed"]);
    expect(await pendingNames(restarted)).toEqual([]);
    expect(await pendingNames(operator)).toEqual([]);
    expect(await getsIn(server, await user.creds())).toBe(true);
    expect(fileOf(server, second.publicKey)).toBe(second.token);
    const nothing = await push({ connect, servers: server.url }, restarted, { accounts: "pending" });
    expect(nothing).toMatchObject({ accounts: [], isComplete: true });
  });

  test("is not pending any more when it is deleted, renamed or pulled", async () => {
    const { operator, start } = await world(await makeStore());
    const down = { connect, servers: "nats://127.0.0.1:1" };
    for (const name of ["a", "b", "c"]) {
      const account = await operator.addAccount(name);
      await expect(push(down, operator, { accounts: [account] })).toThrowCode("ERR_NATS_CONNECTION");
    }
    await (await operator.account("a")).delete();
    await (await operator.account("b")).rename("z");
    expect(await pendingNames(operator)).toEqual(["c", "z"]);

    const server = await start();
    const target = { connect, servers: server.url };
    (await push(target, operator)).assertComplete();
    expect(await pendingNames(operator)).toEqual([]);
    expect(summary(await pull(target, operator))).toEqual(["SYS unchanged", "c unchanged", "z unchanged"]);
  });
});

describeWithServer("what is pending", () => {
  test("stays so when the account was changed while it was pushed", async () => {
    const store = memoryStore();
    const { operator, start } = await world(store);
    const server = await start();
    const tenant = await operator.addAccount("tenant");
    const down = { connect, servers: "nats://127.0.0.1:1" };
    await expect(push(down, operator, { accounts: [tenant] })).toThrowCode("ERR_NATS_CONNECTION");
    let changing: Promise<void> = Promise.resolve();
    const target = { connect, servers: server.url };
    const pushed = tenant.token;
    const elsewhere = await (await new Nsc({ store }).operator("test")).account("tenant");
    const onProgress = (): void => {
      changing = elsewhere.edit(({ nats }) => {
        nats.limits.conn = 3;
      });
    };
    // The mark is looked at when the store is asked for the second time.
    let reads = 0;
    const slow = withRead(store, async (path) => {
      reads += path[1] === "tenant" ? 1 : 0;
      if (reads > 1) await changing;
      return store.read(path);
    });
    const other = await new Nsc({ store: slow }).operator("test");
    const report = await push(target, other, { accounts: "pending", onProgress });
    expect(summary(report)).toEqual(["tenant pushed"]);
    await changing;
    expect(fileOf(server, tenant.publicKey)).toBe(pushed);
    expect(await pendingNames(operator)).toEqual(["tenant"]);
    expect(summary(await push(target, operator, { accounts: "pending" }))).toEqual(["tenant pushed"]);
    await tenant.refresh();
    expect(fileOf(server, tenant.publicKey)).toBe(tenant.token);
    expect(await pendingNames(operator)).toEqual([]);
  });

  test("is told by what the servers were not told, for a server that is full", async () => {
    const authority = await testAuthority({ accounts: { A: {}, B: {} }, resolver: full({ limit: 2 }) });
    const { operator, accounts } = authority;
    const server = await serve(authority);
    const target = { connect, servers: server.url };
    await push(target, operator, { accounts: ["A"] });
    await push(target, operator);
    expect(await pendingNames(operator)).toEqual(["B"]);
    await accounts.B.delete();
    expect(await pendingNames(operator)).toEqual([]);
  });

  test("is all that can be read, where one of the accounts that are pushed is damaged", async () => {
    const store = memoryStore();
    const operator = await new Nsc({ store }).addOperator("test", { systemAccount: true });
    for (const name of ["a", "b", "c"]) await operator.addAccount(name);
    let isDamaged = false;
    const damaged = withRead(store, async (path) => (isDamaged && path[1] === "b" ? "eyJ" : store.read(path)));
    const other = await new Nsc({ store: damaged }).operator("test");
    const accounts = await Promise.all(["a", "b", "c"].map((name) => other.account(name)));
    isDamaged = true;
    const down = { connect, servers: "nats://127.0.0.1:1" };
    await expect(push(down, other, { accounts })).toThrowCode("ERR_NATS_CONNECTION");
    expect(await pendingNames(operator)).toEqual(["a", "c"]);
  });

  test("can't be kept where the store does not take it, which is said, and the push goes on", async () => {
    const store = memoryStore();
    const { operator, start } = await world(store);
    const server = await start();
    const tenant = await operator.addAccount("tenant");
    await expect(push({ connect, servers: "nats://127.0.0.1:1" }, operator, { accounts: [tenant] })).toThrowCode(
      "ERR_NATS_CONNECTION",
    );
    const { NscError } = await import("nsc.js");
    const full: Store = {
      ...withRead(store, (path) => store.read(path)),
      commit: () => Promise.reject(new NscError("ERR_STORE_IO", "no space left")),
    };
    const other = await new Nsc({ store: full }).operator("test");
    const report = await push({ connect, servers: server.url }, other, { accounts: "pending" });
    expect(summary(report)).toEqual(["tenant pushed"]);
    expect(report.warnings.join()).toContain("no space left");
    expect(await pendingNames(operator)).toEqual(["tenant"]);
  });
});
