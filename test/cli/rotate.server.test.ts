import type { NatsConnection } from "@nats-io/nats-core";
import { type RunningNatsServer, startNatsServer } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { accepts, connectAs } from "../server/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { type ServedHome, servedHome } from "./servers/served-home.ts";

/** The creds of a user as the command line gives them. */
async function credsOf({ home }: ServedHome, account: string, user: string): Promise<string> {
  const { json } = await home.nsc("generate", "creds", "-a", account, "-n", user, "--json");
  return (json as { readonly creds: string }).creds;
}

async function isServed(connection: NatsConnection): Promise<boolean> {
  return (
    !connection.isClosed() &&
    (await connection.flush().then(
      () => true,
      () => false,
    ))
  );
}

async function stageOf(world: ServedHome, ...words: readonly string[]): Promise<string> {
  return ((await world.home.nsc("rotate", ...words, "--json")).json as { readonly stage: string }).stage;
}

describeWithServer("nsc rotate", () => {
  test("a role's key, under clients that stay connected until it is retired", async () => {
    const world = await servedHome(["APP"]);
    const { home, server } = world;
    await home.nsc("edit", "signing-key", "-a", "APP", "--sk", "generate", "--role", "web", "--allow-pub", "orders.>");
    await home.nsc("add", "user", "-a", "APP", "alice", "-K", "web");
    await home.nsc("push", "-A");
    const old = await credsOf(world, "APP", "alice");
    const connection = await connectAs(server, old);

    const words = ["signing-key", "web", "-a", "APP"];
    expect(await stageOf(world, ...words)).toBe("prepared");
    expect(await stageOf(world, ...words, "--advance", "--dry-run")).toBe("distributed");
    expect(await stageOf(world, ...words)).toBe("prepared");
    expect(await stageOf(world, ...words, "--advance")).toBe("distributed");
    expect([await isServed(connection), await accepts(server, old)]).toEqual([true, true]);
    expect(await stageOf(world, ...words, "--advance")).toBe("cut-over");
    const renewed = await credsOf(world, "APP", "alice");
    const next = await connectAs(server, renewed);
    expect([await isServed(connection), await accepts(server, old)]).toEqual([true, true]);

    expect(await stageOf(world, ...words, "--retire", "--delete-key")).toBe("retired");
    await home.nsc("push", "-a", "APP");
    await connection.closed();
    expect([await accepts(server, old), await accepts(server, renewed)]).toEqual([false, true]);
    expect(await isServed(next)).toBe(true);
  });

  test("stays where it is as long as servers can't be reached", async () => {
    const world = await servedHome(["APP"]);
    const { home, server } = world;
    await home.nsc("edit", "account", "APP", "--sk", "generate");
    const [key] = (await world.operator.account("APP")).claims.nats.signing_keys ?? [];
    const words = ["signing-key", String(key), "-a", "APP"];
    expect(await stageOf(world, ...words)).toBe("prepared");
    await server.stop();
    const { code, stderr } = await home.run(["rotate", ...words, "--advance"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Error: .*connect/)]);
    expect(await stageOf(world, ...words)).toBe("prepared");
    expect(await stageOf(world, ...words, "--advance", "--distributed")).toBe("distributed");
  });

  test("a user's key: old creds end when they are retired", async () => {
    const world = await servedHome(["APP"]);
    const { home, server } = world;
    await home.nsc("add", "user", "-a", "APP", "alice");
    await home.nsc("push", "-A");
    const old = await credsOf(world, "APP", "alice");
    const connection = await connectAs(server, old);
    expect(await stageOf(world, "user", "alice", "-a", "APP")).toBe("cut-over");
    const renewed = await credsOf(world, "APP", "alice");
    expect([await accepts(server, renewed), await isServed(connection)]).toEqual([true, true]);
    expect(await stageOf(world, "user", "alice", "-a", "APP", "--retire")).toBe("retired");
    await home.nsc("push", "-a", "APP");
    await connection.closed();
    expect([await accepts(server, old), await accepts(server, renewed)]).toEqual([false, true]);
  });

  test.each([
    ["the identity", ["identity"]],
    ["a signing key", ["signing-key", "--operator"]],
  ])("%s of the operator: servers are asked whether they trust the new one", async (title, begin) => {
    const world = await servedHome(["APP"]);
    const { home, operator } = world;
    const words = title === "a signing key" ? [...begin, String(operator.claims.nats.signing_keys?.[0])] : begin;
    await home.nsc("add", "user", "-a", "APP", "alice");
    const creds = await credsOf(world, "APP", "alice");
    await home.nsc("push", "-A");
    expect(await stageOf(world, ...words)).toBe("prepared");
    const early = await home.run(["rotate", ...words, "--advance"]);
    expect([early.code, early.stderr]).toEqual([1, expect.stringMatching(/^Error: .*trust/)]);
    expect(await stageOf(world, ...words)).toBe("prepared");
    expect(await accepts(world.server, creds)).toBe(true);

    const restarted = await restart(world);
    expect(await stageOf(world, ...words, "--advance")).toBe("distributed");
    expect(await stageOf(world, ...words, "--advance")).toBe("cut-over");
    expect(await stageOf(world, ...words, "--retire")).toBe("retired");
    expect(await accepts(restarted, creds)).toBe(true);
    expect(await accepts(await restart(world), creds)).toBe(true);
  });
});

/** A server that begins anew with the operator's token as it is now, and gets all accounts. */
async function restart({ home, server }: ServedHome): Promise<RunningNatsServer> {
  await server.stop();
  const { json } = await home.nsc("generate", "config", "--nats-resolver", "--json");
  const config = (json as { readonly config: string }).config.replaceAll(/^(\s*dir:).*$/gm, '$1 "./jwt"');
  const next = await startNatsServer({ config });
  onTestFinished(() => next.stop());
  await home.nsc("edit", "operator", "-u", next.url);
  await home.nsc("push", "-A");
  return next;
}
