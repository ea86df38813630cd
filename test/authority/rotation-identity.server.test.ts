import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { type Account, type Distribute, decode, type Operator, serverConfig } from "nsc.js";
import { distribute, push } from "nsc.js/nats";
import { type RunningNatsServer, testAuthority } from "nsc.js/testing";
import { expect, test } from "vitest";
import { folder, full } from "../nats/servers.ts";
import { accepts, connectAs, start } from "../server/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { keysOf } from "./rotation-fixtures.ts";

/** Two servers that don't know each other, with a folder of accounts each, of which one is restarted before the other. */
class Servers {
  readonly #operator: Operator;
  readonly #dirs: readonly [string, string];
  readonly running: RunningNatsServer[] = [];

  private constructor(operator: Operator, dirs: readonly [string, string]) {
    this.#operator = operator;
    this.#dirs = dirs;
  }

  static async start(operator: Operator): Promise<Servers> {
    const servers = new Servers(operator, [await folder(), await folder()]);
    for (const index of [0, 1]) await servers.restart(index);
    return servers;
  }

  /** Starts a server with the operator's present token. */
  async restart(index: number): Promise<void> {
    await this.running[index]?.stop();
    const config = await serverConfig(this.#operator, { resolver: full() });
    this.running[index] = await start({ config, dir: this.#dirs[index] as string });
  }

  async restartAll(): Promise<void> {
    for (const index of this.running.keys()) await this.restart(index);
  }

  async push(): Promise<void> {
    for (const { url } of this.running) (await push({ connect, servers: url }, this.#operator)).assertComplete();
  }

  readonly distribute: Distribute = async (what) => {
    for (const { url } of this.running) (await distribute({ connect, servers: url }, what)).assertComplete();
  };

  /** Whether each server lets in who has these creds. */
  async let(creds: string): Promise<boolean[]> {
    return Promise.all(this.running.map((server) => accepts(server, creds)));
  }
}

async function isServed(connection: NatsConnection): Promise<boolean> {
  return connection.flush().then(
    () => true,
    () => false,
  );
}

/** An operator whose identity signs all accounts. */
async function authority() {
  const made = await testAuthority({ accounts: { APP: { users: ["alice"] } }, resolver: full() });
  const { operator, accounts, users, creds, systemCreds } = made;
  for await (const account of operator.accounts()) await account.reissue({ signer: operator.publicKey });
  for (const key of keysOf(operator)) await operator.removeSigningKey(key);
  return { operator, app: accounts.APP, alice: users.APP.alice, creds: creds.APP.alice, systemCreds };
}

async function edit(account: Account, conn: number): Promise<void> {
  await account.edit(({ nats }) => {
    nats.limits.conn = conn;
  });
}

describeWithServer("with real servers", () => {
  test("an operator gets another identity, and clients are let in at every stage by old servers and new ones", async () => {
    const { operator, app, creds, systemCreds } = await authority();
    const servers = await Servers.start(operator);
    await servers.push();
    const everybody = [creds, systemCreds];
    const expectAllIn = async () => {
      for (const each of everybody) expect(await servers.let(each)).toEqual([true, true]);
    };
    await expectAllIn();
    const connection = await connectAs(servers.running[1] as RunningNatsServer, creds);

    const rotation = await operator.rotateIdentity();
    // What is signed meanwhile is accepted by servers that know nothing of it.
    await edit(app, 10);
    await servers.push();
    await expectAllIn();
    expect(await isServed(connection)).toBe(true);
    await expect(rotation.advance({ distribute: servers.distribute })).toThrowCode("ERR_NATS_INCOMPLETE");
    await servers.restart(0);
    await expectAllIn();
    await edit(app, 11);
    await servers.push();
    await expectAllIn();
    await expect(rotation.advance({ distribute: servers.distribute })).toThrowCode("ERR_NATS_INCOMPLETE");
    expect([rotation.stage, await isServed(connection)]).toEqual(["prepared", true]);

    await servers.restart(1);
    await expectAllIn();
    await rotation.advance({ distribute: servers.distribute });
    const last = app.token;
    await rotation.advance();
    expect([decode(last).iss, app.claims.iss]).toEqual([rotation.from, rotation.to]);
    await expectAllIn();
    const renewed = await connectAs(servers.running[0] as RunningNatsServer, creds);
    await servers.push();
    await expectAllIn();

    await rotation.retire({ distribute: servers.distribute });
    await expectAllIn();
    expect(await isServed(renewed)).toBe(true);
    await servers.restartAll();
    await expectAllIn();
    expect(keysOf(operator)).toEqual([]);
  });

  test("what the old identity signed is refused once it is retired", async () => {
    const { operator, app, creds } = await authority();
    const old = app.token;
    const rotation = await operator.rotateIdentity();
    const withBoth = await serverConfig(operator, { resolver: { type: "memory" } });
    const server = await start({ config: withBoth });
    expect(await accepts(server, creds)).toBe(true);
    await server.stop();
    await rotation.advance({ distribute: async () => undefined });
    await rotation.advance();
    await rotation.retire({ distribute: async () => undefined });
    const now = await serverConfig(operator, { resolver: { type: "memory" } });
    const planted = { ...now, resolver_preload: { ...now.resolver_preload, [app.publicKey]: old } };
    const stale = await start({ config: planted });
    expect(await accepts(stale, creds)).toBe(false);
    const fresh = await start({ config: now });
    expect(await accepts(fresh, creds)).toBe(true);
  });

  test("an operator that demands signing keys changes its identity without anybody waiting for anything", async () => {
    const { operator, alice } = await authority();
    await operator.requireSigningKeys({ addSigningKeys: true });
    await alice.reissue();
    const creds = await alice.creds();
    const servers = await Servers.start(operator);
    await servers.push();
    const connection = await connectAs(servers.running[1] as RunningNatsServer, creds);
    const rotation = await operator.rotateIdentity();
    await rotation.advance({ distribute: servers.distribute });
    await rotation.advance();
    await rotation.retire({ distribute: servers.distribute });
    await servers.restart(0);
    await servers.push();
    expect([await servers.let(creds), await isServed(connection)]).toEqual([[true, true], true]);
    await servers.restart(1);
    expect(await servers.let(creds)).toEqual([true, true]);
  });

  test("a lost identity is replaced at once, with a restart", async () => {
    const { operator, app, creds } = await authority();
    const old = app.token;
    const server = await start({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
    expect(await accepts(server, creds)).toBe(true);
    await operator.reissue({ key: true, deleteKey: true });
    await server.stop();
    const config = await serverConfig(operator, { resolver: { type: "memory" } });
    expect(await accepts(await start({ config }), creds)).toBe(true);
    const planted = { ...config, resolver_preload: { ...config.resolver_preload, [app.publicKey]: old } };
    expect(await accepts(await start({ config: planted }), creds)).toBe(false);
  });
});
