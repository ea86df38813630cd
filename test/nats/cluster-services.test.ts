import { connect } from "@nats-io/transport-node";
import { authCallout, serverConfig } from "nsc.js";
import { renewingCreds } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { byPassword, logIn, refusalOf, serveOver, whoIs } from "../callout/stage.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { Cluster } from "./cluster.ts";

const NAMES = ["n1", "n2", "n3"] as const;

describeWithServer("in a cluster of three", () => {
  test("auth callout serves all servers, whichever its instances are connected to, and outlives one of them", async () => {
    const authority = await testAuthority({ accounts: { APP: { signingKey: true } } });
    const { operator, accounts } = authority;
    const auth = await operator.addAuthCalloutAccount("AUTH", { accounts: [accounts.APP] });
    const config = String(await serverConfig(operator, { resolver: { type: "memory" } }));
    const cluster = await Cluster.start(
      authority,
      NAMES.map((name) => [name, config] as const),
    );
    const [service, sentinel] = [await auth.service.creds(), (await auth.sentinel?.creds()) ?? ""];
    const callout = await authCallout(auth.account);
    const authorize = byPassword((name, key) => accounts.APP.issueUser(name, { key, expires: "1h" }));
    const instances: Awaited<ReturnType<typeof serveOver>>[] = [];
    for (const name of ["n1", "n2"]) {
      instances.push(await serveOver(await logIn(cluster.server(name), { creds: service }), callout, { authorize }));
    }
    const allowed = (): number => instances.reduce((sum, each) => sum + each.service.counts.allowed, 0);

    const alice = { creds: sentinel, user: "alice", pass: "s3cr3t" };
    for (const name of NAMES) {
      const info = await whoIs(await logIn(cluster.server(name), alice));
      expect(info).toMatchObject({ user: "alice", account: accounts.APP.publicKey });
      expect(await refusalOf(cluster.server(name), { ...alice, pass: "guess" })).toBe("AuthorizationError");
    }
    // Each request was answered by one of them.
    expect(allowed()).toBe(3);

    await cluster.stop("n1", "killed");
    for (const name of ["n2", "n3"]) {
      expect(await whoIs(await logIn(cluster.server(name), alice))).toMatchObject({ user: "alice" });
    }
    expect(instances[1]?.service.counts).toMatchObject({ failed: 0, dropped: 0 });

    await cluster.start("n1", config);
    expect(await whoIs(await logIn(cluster.server("n1"), alice))).toMatchObject({ user: "alice" });
  });

  test("creds that renew themselves go on at another server, over their expiry", async () => {
    const authority = await testAuthority({ accounts: { A: { signingKey: true } } });
    const { A } = authority.accounts;
    const cluster = await Cluster.start(authority, NAMES);
    const creds = await renewingCreds({
      source: async () => (await A.issueUser("worker", { expires: "4s" })).creds(),
      retryWait: "50ms",
    });
    onTestFinished(() => creds.stop());
    const connection = await connect({
      servers: [...cluster.urls],
      ...creds.connectionOptions,
      reconnectTimeWait: 20,
      reconnectJitter: 5,
    });
    onTestFinished(() => connection.close());
    const first = creds.current.publicKey;
    // What is asked while the connection is cut gets no answer, and must not take the time of the checks.
    const there = async (): Promise<string> => (await whoIs(connection, 500)).user;
    expect(await there()).toBe(first);

    const home = NAMES.find((name) =>
      cluster.server(name).url.endsWith(connection.getServer().split(":").at(-1) ?? "?"),
    );
    await cluster.stop(home as string, "killed");
    await vi.waitFor(async () => expect(await there()).toBe(creds.current.publicKey), { timeout: 10_000 });
    // Twice, so that what it has now was never seen by the server that it began with.
    for (let renewal = 0; renewal < 2; renewal++) {
      const before = creds.current.publicKey;
      await vi.waitFor(() => expect(creds.current.publicKey).not.toBe(before), { timeout: 10_000 });
      await vi.waitFor(async () => expect(await there()).toBe(creds.current.publicKey), { timeout: 10_000 });
    }
    expect(connection.isClosed()).toBe(false);
  });
});
