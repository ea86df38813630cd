import { serverConfig } from "nsc.js";
import { testAuthority } from "nsc.js/testing";
import { describe, expect, test } from "vitest";
import { enter, expectRefused } from "../nats/raw-client.ts";
import { natsServers } from "../support/nats-server.ts";
import { lacksPosix } from "../support/posix.ts";
import { start } from "./servers.ts";
import { issue } from "./worlds.ts";

// A reload needs a signal.
describe.skipIf(lacksPosix).each(natsServers)("a server that reads its configuration again, $version", ({ path }) => {
  test("with a memory resolver takes accounts in and drops others, with their clients (69)", async () => {
    const { operator, accounts, config } = await testAuthority({ accounts: { A: {}, B: { signingKey: true } } });
    const server = await start({ config, server: path });
    const [ofA, ofB] = [await issue(accounts.A), await issue(accounts.B)];
    const [one, other] = [await enter(server, ofA), await enter(server, ofB)];

    const added = await operator.addAccount("C");
    const ofC = await issue(added);
    await expectRefused(server, ofC);
    await accounts.A.delete();
    const memory = { type: "memory" } as const;
    await server.reload(await serverConfig(operator, { resolver: memory }));
    expect(await one.lastWords()).toEqual(["Authorization Violation"]);
    await expectRefused(server, ofA);
    expect(await other.isWell()).toBe(true);
    await enter(server, ofC);

    // An account that has changed has its effects as a push has them.
    await accounts.B.revoke("*");
    await server.reload(await serverConfig(operator, { resolver: memory }));
    expect(await other.lastWords()).toEqual(["User Authentication Revoked"]);
    await expectRefused(server, ofB);
    await enter(server, await issue(accounts.B));
  });

  test("takes in other pinned accounts, and no other operator (69)", async () => {
    const { operator, accounts } = await testAuthority({ accounts: { A: {}, B: {} } });
    const pinned = (account: keyof typeof accounts) =>
      serverConfig(operator, { resolver: { type: "memory" }, pinnedAccounts: [accounts[account]] });
    const server = await start({ config: await pinned("A"), server: path });
    const [ofA, ofB] = [await issue(accounts.A), await issue(accounts.B)];
    const one = await enter(server, ofA);
    await expectRefused(server, ofB);
    await server.reload(await pinned("B"));
    expect(await one.lastWords()).toEqual(["Authorization Violation"]);
    await expectRefused(server, ofA);
    await enter(server, ofB);

    await operator.addSigningKey();
    await expect(server.reload(await pinned("A"))).rejects.toThrow(/not supported for TrustedOperators/);
    await enter(server, ofB);
    await expectRefused(server, ofA);
  });
});
