import { connect } from "@nats-io/transport-node";
import { memoryStore, Nsc } from "nsc.js";
import { listAccounts, lookupAccount, pendingAccounts, pull, push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { connectAs, full, getsIn, serve, serveCluster } from "./servers.ts";
import { fileOf, summary, withPublish } from "./tools.ts";

describeWithServer("push", () => {
  test("brings accounts to a server, and only what changed", async () => {
    const authority = await testAuthority({ accounts: { A: { users: ["a"] }, B: {} }, resolver: full() });
    const server = await serve(authority);
    const target = { connect, servers: server.url };
    expect(await getsIn(server, authority.creds.A.a)).toBe(false);

    const first = await push(target, authority.operator);
    expect(first.accounts.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "A pushed",
      "B pushed",
      "SYS unchanged",
    ]);
    first.assertComplete();
    expect(await getsIn(server, authority.creds.A.a)).toBe(true);
    expect((await lookupAccount(target, authority.operator, "A"))?.token).toBe(authority.accounts.A.token);

    await authority.accounts.B.edit((claims) => {
      claims.nats.limits.conn = 5;
    });
    const second = await push(await connectAs(server, authority.systemCreds), authority.operator);
    expect(second.accounts.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "A unchanged",
      "B pushed",
      "SYS unchanged",
    ]);
    const listing = await listAccounts(target, authority.operator);
    expect(listing.onlyInStore).toEqual([]);
    expect(listing.onlyOnServers).toEqual([]);
    expect((await pull(target, authority.operator)).accounts.map(({ status }) => status)).toEqual([
      "unchanged",
      "unchanged",
      "unchanged",
    ]);
  });

  test("brings them to all servers of a cluster", async () => {
    const authority = await testAuthority({ accounts: { A: { users: ["a"] } }, resolver: full() });
    const servers = await serveCluster(authority, [{ name: "n1" }, { name: "n2" }, { name: "n3" }]);
    const report = await push({ connect, servers: servers[0]?.url ?? "" }, authority.operator);
    report.assertComplete();
    expect(report.servers.map(({ name }) => name).sort()).toEqual(["n1", "n2", "n3"]);
    for (const server of servers) expect(await getsIn(server, authority.creds.A.a)).toBe(true);
  });
});

describeWithServer("pushes of two processes", () => {
  test("of which the older one comes last leave the account pending", async () => {
    const store = memoryStore();
    const authority = await testAuthority({ accounts: { A: {} }, resolver: full(), store });
    const { A } = authority.accounts;
    const server = await serve(authority);
    const connection = await connectAs(server, authority.systemCreds);
    const other = await new Nsc({ store }).operator("test");
    const overtake = async (): Promise<void> => {
      await (await other.account("A")).edit(({ nats }) => {
        nats.limits.conn = 0;
      });
      (await push(connection, other, { accounts: ["A"] })).assertComplete();
    };
    const slow = withPublish(connection, (subject, ...rest) => {
      const publish = (): void => connection.publish(subject, ...rest);
      if (subject === "$SYS.REQ.CLAIMS.UPDATE") void overtake().then(publish);
      else publish();
    });
    expect(summary(await push(slow, authority.operator, { accounts: [A] }))).toEqual(["A pushed"]);
    expect(fileOf(server, A.publicKey)).not.toBe(await store.read(["test", "A"]));
    expect((await pendingAccounts(other)).map(({ name }) => name)).toEqual(["A"]);
    (await push(connection, other, { accounts: "pending" })).assertComplete();
    expect(fileOf(server, A.publicKey)).toBe(await store.read(["test", "A"]));
    expect(await pendingAccounts(other)).toEqual([]);
  });
});
