import { connect } from "@nats-io/transport-node";
import { listAccounts, lookupAccount, pull, push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { connectAs, full, getsIn, serve, serveCluster } from "./servers.ts";

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
