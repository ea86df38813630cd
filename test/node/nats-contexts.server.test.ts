import { readFile } from "node:fs/promises";
import { credsAuthenticator, nkeyAuthenticator } from "@nats-io/nats-core";
import { createKeyPair, type NatsContext, Nsc, parseCreds, serverConfig } from "nsc.js";
import { natsContexts, nscDirectory, userContext } from "nsc.js/node";
import { expect, test } from "vitest";
import { connectAs, start } from "../server/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { testFolder } from "./folders.ts";

describeWithServer("what a context comes down to lets in", () => {
  test.each<[string, (context: NatsContext) => NatsContext]>([
    ["with the creds file and the URL of nsc", (context) => context],
    ["with the URL of nsc alone", ({ nsc = "" }) => ({ nsc })],
    ["with creds at the URL of nsc", ({ nsc = "" }) => ({ creds: nsc, url: "nats://127.0.0.1:1" })],
  ])("%s", async (_, contextOf) => {
    const allDirs = testFolder();
    const directory = nscDirectory({ allDirs });
    const operator = await new Nsc({ store: directory }).addOperator("My Company", { systemAccount: true });
    const alice = await (await operator.addAccount("C++")).addUser("alice?");
    const server = await start({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
    await operator.edit(({ nats }) => {
      nats.operator_service_urls = [server.url];
    });
    const contexts = natsContexts({ configBase: allDirs, nsc: { allDirs } });
    const context = contextOf(await userContext(directory, ["My Company", "C++", "alice?"]));
    const file = await contexts.write("alice", context);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject(context);

    const { servers, authentication } = await contexts.resolve("alice");
    expect(servers).toEqual([context.url ?? server.url]);
    const who = authentication();
    if (who?.type !== "creds") throw new Error(`expected creds, and not ${who?.type}`);
    const connection = await connectAs(server, credsAuthenticator(new TextEncoder().encode(who.creds)));
    expect(connection.isClosed()).toBe(false);
    expect(parseCreds(who.creds).claims.sub).toBe(alice.publicKey);
  });

  test("with an nkey, where there is no operator", async () => {
    const pair = createKeyPair("user");
    const server = await start({ config: { authorization: { users: [{ nkey: pair.publicKey }] } } });
    const contexts = natsContexts({
      configBase: testFolder(),
      env: { SEED: new TextDecoder().decode(pair.getSeed()) },
    });
    await contexts.write("it", { nkey: "env://SEED", url: server.url });
    const who = (await contexts.resolve("it")).authentication();
    if (who?.type !== "nkey") throw new Error(`expected an nkey, and not ${who?.type}`);
    const connection = await connectAs(server, nkeyAuthenticator(new TextEncoder().encode(who.seed)));
    expect(connection.isClosed()).toBe(false);
  });
});
