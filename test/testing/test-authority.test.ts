import { jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { decode, explain, memoryStore, Nsc, parseCreds } from "nsc.js";
import { testAuthority } from "nsc.js/testing";
import { describe, expect, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";

function connectWith(url: string, creds: string): Promise<NatsConnection> {
  return connect({
    servers: url,
    authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
    reconnect: false,
  });
}

describe("what testAuthority makes", () => {
  test("is an operator with a system account, and nothing else, when nothing is asked for", async () => {
    const { operator, system, accounts, creds, systemCreds, config } = await testAuthority();
    expect(operator.name).toBe("test");
    expect(operator.claims.nats.system_account).toBe(system.publicKey);
    expect(operator.claims.nats.signing_keys).toEqual([system.claims.iss]);
    expect({ accounts, creds }).toEqual({ accounts: {}, creds: {} });
    expect(parseCreds(systemCreds).claims).toMatchObject({ name: "sys", nats: { issuer_account: system.publicKey } });
    expect(Object.keys(config.resolver_preload ?? {})).toEqual([system.publicKey]);
  });

  test("has the accounts, roles and users that are described", async () => {
    const { accounts, users, creds, operator } = await testAuthority({
      operator: { name: "local", tags: ["env:test"] },
      accounts: {
        APP: { users: ["alice", "bob"], signingKey: true, jetstream: { disk: "1GiB" } },
        WEB: {
          roles: { web: { pub: ["in.{{name()}}"] } },
          users: { carol: { role: "web" }, dave: { pub: ["x"], tags: ["team:blue"] } },
        },
      },
    });
    expect(operator.name).toBe("local");
    expect(operator.claims.nats.tags).toEqual(["env:test"]);
    expect(accounts.APP.claims.nats.limits.disk_storage).toBe(1024 ** 3);
    expect(Object.keys(creds.APP)).toEqual(["alice", "bob"]);
    expect(parseCreds(creds.APP.bob).token).toBe(users.APP.bob.token);
    expect(users.WEB.carol.role).toBe("web");
    expect(users.WEB.dave.claims.nats).toMatchObject({ pub: { allow: ["x"] }, tags: ["team:blue"] });
    for (const user of [users.APP.alice, users.WEB.carol, users.WEB.dave]) {
      expect((await explain(user.token, operator)).decision).toMatchObject({ passed: true });
    }
  });

  test("is the same in each run for a seed, and another for another seed or none", async () => {
    const description = { accounts: { APP: { users: ["a"], roles: { r: {} } } } };
    const [first, second] = await Promise.all(["s", "s"].map((seed) => testAuthority({ ...description, seed })));
    expect(second?.config.toString()).toBe(first?.config.toString());
    expect(second?.creds).toEqual(first?.creds);
    const other = await testAuthority({ ...description, seed: "t" });
    expect(other.operator.publicKey).not.toBe(first?.operator.publicKey);
    const fresh = await Promise.all([testAuthority(description), testAuthority(description)]);
    expect(fresh[0].operator.publicKey).not.toBe(fresh[1].operator.publicKey);
  });

  test("is issued at the time that is given, and kept in the store that is given", async () => {
    const store = memoryStore();
    const { users } = await testAuthority({
      accounts: { A: { users: ["u"] } },
      store,
      now: new Date(1_700_000_000_000),
    });
    expect(decode(users.A.u.token).iat).toBe(1_700_000_000);
    expect(await store.read(["test", "A", "u"])).toBe(users.A.u.token);
    const again = await new Nsc({ store }).operator("test");
    expect((await again.account("A")).name).toBe("A");
  });

  test("has no creds for users whose key is elsewhere", async () => {
    const { users } = await testAuthority({ accounts: { A: { users: ["u"] } } });
    const { creds } = await testAuthority({ accounts: { A: { users: { foreign: { key: users.A.u.publicKey } } } } });
    expect(creds.A.foreign).toBe("");
  });

  test("is refused for options that there are not", async () => {
    await expect(testAuthority({ acounts: {} } as never)).rejects.toThrowError(/there is no option acounts/);
    await expect(testAuthority({ accounts: { A: { user: ["u"] } as never } })).rejects.toThrowError(/no option user/);
    await expect(testAuthority({ accounts: { A: { users: [""] } } })).rejects.toMatchObject({
      code: "ERR_NAME_INVALID",
    });
    await expect(testAuthority({ operator: { systemAccount: false } })).rejects.toMatchObject({
      code: "ERR_ARGUMENT_INVALID",
    });
  });
});

describeWithServer("a server for it", () => {
  test("lets its users do what they may", async () => {
    await using authority = await testAuthority({
      requireSigningKeys: true,
      accounts: {
        APP: { users: ["alice"], jetstream: "unlimited" },
        WEB: { roles: { web: { pub: ["in.{{name()}}"], sub: ["_INBOX.>"] } }, users: { bob: { role: "web" } } },
      },
    }).start();
    const { url, creds, systemCreds } = authority;
    const alice = await connectWith(url, creds.APP.alice);
    const manager = await jetstreamManager(alice);
    await manager.streams.add({ name: "S", subjects: ["s.>"] });
    expect((await manager.getAccountInfo()).streams).toBe(1);
    const bob = await connectWith(url, creds.WEB.bob);
    bob.publish("in.bob");
    await bob.flush();
    const violation = (async () => {
      for await (const status of bob.status()) if (status.type === "error") return status.error.message;
      return undefined;
    })();
    bob.publish("in.alice");
    await bob.flush();
    expect(await violation).toMatch(/permissions violation/i);
    const sys = await connectWith(url, systemCreds);
    await sys.flush();
    await Promise.all([alice, bob, sys].map((connection) => connection.close()));
  });

  test("starts in one call, from a full resolver as well", async () => {
    const { url, creds, stop, accounts, systemCreds } = await testAuthority({
      accounts: { APP: { users: ["a"] } },
      resolver: { type: "full", dir: "./jwt" },
    }).start();
    try {
      await expect(connectWith(url, creds.APP.a)).rejects.toThrow();
      const sys = await connectWith(url, systemCreds);
      const reply = await sys.request("$SYS.REQ.CLAIMS.UPDATE", accounts.APP.token, { timeout: 5000 });
      expect(reply.json()).toMatchObject({ data: { code: 200 } });
      const connection = await connectWith(url, creds.APP.a);
      await connection.flush();
      await Promise.all([connection.close(), sys.close()]);
    } finally {
      await stop();
    }
  });

  test("is not started for what has expired since", async () => {
    const description = { seed: "s", accounts: { A: { users: { u: { expires: "1h" } } } } };
    await expect(testAuthority(description).start()).rejects.toMatchObject({
      code: "ERR_ARGUMENT_INVALID",
      message: expect.stringContaining('user "u"'),
    });
    await using authority = await testAuthority({ ...description, now: new Date() }).start();
    await (await connectWith(authority.url, authority.creds.A.u)).close();
  });

  test("takes more of a configuration, and refuses what the server refuses", async () => {
    await using authority = await testAuthority().start({ config: "server_name: mine" });
    expect(authority.server.log()).toContain("mine");
    await expect(testAuthority().start({ config: "no such option {" })).rejects.toMatchObject({
      code: "ERR_SERVER_START",
    });
  });
});
