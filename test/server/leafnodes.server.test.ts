import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Account, createKeyPair } from "nsc.js";
import { type RunningNatsServer, startNatsServer } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { connectAs } from "./servers.ts";
import { describeWorlds, forge, issue, until, type World } from "./worlds.ts";

const config = 'leafnodes { listen: "127.0.0.1:-1" }';

function leafPort({ server }: World): string {
  return /Listening for leafnode connections on 127\.0\.0\.1:(\d+)/.exec(server.log())?.[1] ?? "";
}

/** A server that lets everybody in, and is a leaf node of another one with some creds. */
async function leafOf(world: World, binary: string, creds: string): Promise<RunningNatsServer> {
  const file = join(world.server.dir, `${createKeyPair("user").publicKey}.creds`);
  writeFileSync(file, creds, { mode: 0o600 });
  const remote = `{ url: "nats-leaf://127.0.0.1:${leafPort(world)}", credentials: ${JSON.stringify(file)} }`;
  const leaf = await startNatsServer({
    config: `leafnodes { reconnect: 1, remotes: [${remote}] }`,
    server: binary,
  });
  onTestFinished(() => leaf.stop());
  return leaf;
}

describeWorlds("a leaf node", { config }, (world, binary) => {
  /** Whether a message from a client of the leaf arrives at one of the account. */
  async function isJoined(leaf: RunningNatsServer, account: Account): Promise<boolean> {
    const hub = await connectAs(world().server, await issue(account, { signer: account.publicKey }));
    const subscription = hub.subscribe("hello", { callback: (_, message) => void message.respond("hub") });
    await hub.flush();
    const local = await connectAs(leaf, () => undefined as never);
    try {
      await until(async () => local.request("hello", "", { timeout: 200 }), 1500);
      return true;
    } catch {
      return false;
    } finally {
      subscription.unsubscribe();
      await Promise.all([hub.close(), local.close()]);
    }
  }

  const logs = (leaf: RunningNatsServer, words: RegExp): Promise<void> =>
    until(() => expect(leaf.log()).toMatch(words), 8000);

  test("joins an account with its creds, and is cut when these are revoked (71)", async () => {
    const { account } = await world().account();
    const key = createKeyPair("user");
    const leaf = await leafOf(world(), binary, await issue(account, { key }));
    expect(await isJoined(leaf, account)).toBe(true);
    await account.revoke(key.publicKey);
    await world().push(account);
    await logs(leaf, /User Authentication Revoked/);
    await logs(leaf, /Authorization Violation/);
    expect(await isJoined(leaf, account)).toBe(false);
    await account.clearRevocation(key.publicKey);
    await world().push(account);
    await until(async () => expect(await isJoined(leaf, account)).toBe(true), 8000);
  });

  test("is one too many where the account has none (71)", async () => {
    const { account } = await world().account();
    await world().edit(account, ({ limits }) => {
      limits.leaf = 0;
    });
    const leaf = await leafOf(world(), binary, await issue(account));
    await logs(leaf, /maximum account active connections exceeded/);
  });

  test("is refused when the signing key of its creds is gone (71)", async () => {
    const { account } = await world().account({ signingKey: true });
    const leaf = await leafOf(world(), binary, await issue(account));
    expect(await isJoined(leaf, account)).toBe(true);
    await world().pushRaw(account, ({ nats }) => {
      nats.signing_keys = [];
    });
    await logs(leaf, /Authorization Violation/);
  });

  test("needs a user that may connect so (71)", async () => {
    const { account, key } = await world().account();
    const by = (type: string): Promise<string> => forge(key, { nats: { allowed_connection_types: [type] } });
    const refused = await leafOf(world(), binary, await by("STANDARD"));
    await logs(refused, /Authorization Violation/);
    expect(await isJoined(await leafOf(world(), binary, await by("LEAFNODE")), account)).toBe(true);
  });
});
