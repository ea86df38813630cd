import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { AuthCallout, type AuthorizationVerdict, createKeyPair, type NscErrorCode } from "nsc.js";
import { type ServeAuthCalloutOptions, serveAuthCallout } from "nsc.js/nats";
import { startNatsServer } from "nsc.js/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { AskingServer, responseOf } from "./requests.ts";
import { configurationStage, logIn, refusalOf, serveOver } from "./stage.ts";

const SUBJECT = "$SYS.REQ.USER.AUTH";
const now = (): number => Math.floor(Date.now() / 1000);

/** A service on a server that has no callout, so that anybody can ask. */
async function stage(options: Partial<ServeAuthCalloutOptions> = {}, xkey = createKeyPair("curve")) {
  const server = await startNatsServer();
  onTestFinished(() => server.stop());
  const [connection, asking] = [await logIn(server, {}), await logIn(server, {})];
  const callout = new AuthCallout({ signer: createKeyPair("account"), encryptionKey: xkey });
  const asked = new AskingServer();
  const header = headers();
  header.set("Nats-Server-Xkey", asked.xkey.publicKey);
  const message = () =>
    asked.askSealed(callout.account, xkey.publicKey, (claims) => {
      claims.exp = now() + 2;
    });
  const ask = async (data?: Uint8Array): Promise<string | undefined> => {
    const reply = await asking.request(SUBJECT, data ?? (await message()), { timeout: 3000, headers: header });
    return responseOf(asked.xkey.open(reply.data, xkey.publicKey)).nats.error;
  };
  const authorize = (): AuthorizationVerdict => ({ deny: "no" });
  return {
    server,
    connection,
    asking,
    callout,
    header,
    message,
    ask,
    ...(await serveOver(connection, callout, { authorize, ...options })),
  };
}

describeWithServer("the service", () => {
  test("does not answer what no server sent, and goes on", async () => {
    const { asking, ask, header, message, service, events } = await stage();
    const good = await message();
    expect(await ask(good)).toBe("no");
    const changed = new Uint8Array(good);
    changed[100] = (changed[100] as number) ^ 1;
    const hostile: (Uint8Array | string)[] = [
      "",
      "{}",
      "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.e30.AA",
      "xkv1",
      new Uint8Array(1024 * 1024 - 512).fill(0x65),
      changed,
      good,
    ];
    const inbox = "_INBOX.hostile";
    const replies: unknown[] = [];
    asking.subscribe(inbox, { callback: (_, reply) => void replies.push(reply) });
    for (const data of hostile) asking.publish(SUBJECT, data, { reply: inbox, headers: header });
    asking.publish(SUBJECT, await message(), { reply: inbox });
    await vi.waitFor(() => expect(service.counts.refused).toBe(hostile.length + 1));
    expect(await ask()).toBe("no");
    expect(replies).toEqual([]);
    expect(service.counts).toMatchObject({ denied: 2, failed: 0, dropped: 0 });
    const codes = events
      .filter(({ outcome }) => outcome === "refused")
      .map(({ error }) => (error as { code: NscErrorCode }).code);
    expect(codes).toEqual([
      "ERR_CALLOUT_REQUEST",
      "ERR_CALLOUT_REQUEST",
      "ERR_CALLOUT_REQUEST",
      "ERR_NKEY_SEALED",
      "ERR_CALLOUT_REQUEST",
      "ERR_NKEY_SEALED",
      "ERR_CALLOUT_REQUEST",
      "ERR_CALLOUT_REQUEST",
    ]);
    expect(
      events.every(({ request, milliseconds }) => milliseconds >= 0 && (request === undefined || request.isSealed)),
    ).toBe(true);
  });

  test("decides so many at a time, has so many wait, and drops the others", async () => {
    let [active, most] = [0, 0];
    const release: (() => void)[] = [];
    const { asking, header, message, service } = await stage({
      concurrency: 3,
      maxWaiting: 4,
      authorize: async () => {
        active += 1;
        most = Math.max(most, active);
        await new Promise<void>((resolve) => release.push(resolve));
        active -= 1;
        return { deny: "no" };
      },
    });
    for (let count = 0; count < 10; count++)
      asking.publish(SUBJECT, await message(), { reply: "_INBOX.x", headers: header });
    await vi.waitFor(() => expect(service.counts.dropped).toBe(3));
    expect(service.pending).toBe(7);
    await vi.waitFor(() => {
      for (const each of release.splice(0)) each();
      expect(service.counts.denied).toBe(7);
    });
    expect(most).toBe(3);
    expect(service.pending).toBe(0);
  });

  test("refuses when the decision takes too long, and drops what waited for too long", async () => {
    const signals: AbortSignal[] = [];
    const { ask, asking, header, message, events, service } = await stage({
      concurrency: 1,
      timeout: "200ms",
      authorize: (_, signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    const first = ask();
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    asking.publish(SUBJECT, await message(), { reply: "_INBOX.x", headers: header });
    expect(await first).toBe("the auth callout service failed");
    expect(signals[0]?.aborted).toBe(true);
    await vi.waitFor(() => expect(service.counts.failed + service.counts.dropped).toBe(2));
    for (const { error } of events) expect(error).toMatchObject({ code: "ERR_NATS_TIMEOUT" });
  });

  test.each<[string, unknown, NscErrorCode]>([
    ["nothing", undefined, "ERR_ARGUMENT_INVALID"],
    ["a text", "alice", "ERR_ARGUMENT_INVALID"],
    ["what is no token", { token: "alice" }, "ERR_CALLOUT_USER"],
    ["a user without expiry", { user: { account: "APP", name: "alice" } }, "ERR_ARGUMENT_INVALID"],
  ])("refuses when authorize gives %s", async (_, verdict, code) => {
    const { ask, events } = await stage({ authorize: () => verdict as AuthorizationVerdict });
    expect(await ask()).toBe("the auth callout service failed");
    expect(events.map(({ outcome, error }) => [outcome, (error as { code: string }).code])).toEqual([["failed", code]]);
  });

  test("says nothing where it can't sign, and where it is to say nothing", async () => {
    const { connection, asking, header, message, events, callout } = await stage({
      authorize: () => ({ ignore: true }),
    });
    const inbox = "_INBOX.silent";
    let replies = 0;
    asking.subscribe(inbox, {
      callback: () => {
        replies += 1;
      },
    });
    asking.publish(SUBJECT, await message(), { reply: inbox, headers: header });
    await vi.waitFor(() => expect(events.map(({ outcome }) => outcome)).toEqual(["ignored"]));
    const pair = createKeyPair("account");
    pair.clear();
    const broken = new AuthCallout({ signer: pair });
    const { events: failures } = await serveOver(connection, broken, {
      authorize: () => ({ deny: "no" }),
      queue: "other",
    });
    const plain = await new AskingServer().ask(broken.account, (claims) => {
      claims.exp = now() + 2;
    });
    asking.publish(SUBJECT, plain, { reply: inbox });
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    expect(failures[0]).toMatchObject({ outcome: "failed", error: { code: "ERR_NKEY_CLEARED" } });
    await asking.flush();
    expect(replies).toBe(0);
    expect(callout.xkey).toBeDefined();
  });

  test("is not hindered by who watches it", async () => {
    const { ask, service } = await stage({
      onEvent: () => {
        throw new Error("no disk");
      },
    });
    expect([await ask(), await ask()]).toEqual(["no", "no"]);
    expect(service.counts.denied).toBe(2);
  });

  test("answers what has come when it is stopped, and takes no more", async () => {
    let release = (): void => undefined;
    const { ask, service, connection } = await stage({
      authorize: () =>
        new Promise((resolve) => {
          release = () => resolve({ deny: "late" });
        }),
    });
    const answer = ask();
    await vi.waitFor(() => expect(service.pending).toBe(1));
    const stopping = service.stop();
    expect(service.stop()).toBe(stopping);
    await connection.flush();
    await expect(ask()).rejects.toThrow(/no responders|503/i);
    release();
    expect(await answer).toBe("late");
    await stopping;
    expect(service.pending).toBe(0);
    expect(await service.closed).toBeUndefined();
    expect(connection.isClosed()).toBe(false);
    await service[Symbol.asyncDispose]();
  });

  test("ends with the connection, and says so", async () => {
    const { service, connection } = await stage();
    await connection.close();
    expect(await service.closed).toMatchObject({ code: "ERR_NATS_CONNECTION" });
    await service.stop();
    await expect(
      serveAuthCallout(connection, new AuthCallout({ signer: createKeyPair("account") }), {
        authorize: () => ({ deny: "no" }),
      }),
    ).toThrowCode("ERR_NATS_CONNECTION");
  });

  test("stops also while the server is away", async () => {
    const server = await startNatsServer();
    onTestFinished(() => server.stop());
    const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    onTestFinished(() => connection.close());
    const callout = new AuthCallout({ signer: createKeyPair("account") });
    const { service } = await serveOver(connection, callout, { authorize: () => ({ deny: "no" }), timeout: "200ms" });
    await server.stop();
    const begin = performance.now();
    await service.stop();
    expect(performance.now() - begin).toBeLessThan(2000);
    expect(await service.closed).toBeUndefined();
    expect(connection.isClosed()).toBe(false);
  });

  test("goes on when the server is back", async () => {
    const server = await startNatsServer();
    const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    onTestFinished(() => connection.close());
    const callout = new AuthCallout({ signer: createKeyPair("account") });
    const { service } = await serveOver(connection, callout, { authorize: () => ({ deny: "no" }) });
    await server.stop();
    const again = await startNatsServer({ port: server.port });
    onTestFinished(() => again.stop());
    const asking = await logIn(again, {});
    await vi.waitFor(
      async () => {
        const data = await new AskingServer().ask(callout.account, (claims) => {
          claims.exp = now() + 2;
        });
        const reply = await asking.request(SUBJECT, data, { timeout: 500 });
        expect(responseOf(reply.data).nats.error).toBe("no");
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(service.counts.denied).toBe(1);
  });

  test("does not begin for a user who may not subscribe to requests", async () => {
    const server = await startNatsServer({
      config: 'authorization { users: [ { user: a, password: a, permissions: { subscribe: { deny: ["$SYS.>"] } } } ] }',
    });
    onTestFinished(() => server.stop());
    const connection = await logIn(server, { user: "a", pass: "a" });
    await expect(
      serveAuthCallout(connection, new AuthCallout({ signer: createKeyPair("account") }), {
        authorize: () => ({ deny: "no" }),
      }),
    ).toThrowCode("ERR_NATS_PERMISSION");
  });

  test.each<[string, object]>([
    ["no authorize", { authorize: undefined }],
    ["a hook that is none", { onEvent: true }],
    ["no concurrency", { concurrency: 0 }],
    ["a number that is none", { maxWaiting: "many" }],
    ["a queue with spaces", { queue: "a b" }],
    ["a number for a time", { timeout: 1500 }],
    ["an option that there is not", { workers: 4 }],
  ])("is refused with %s", async (_, options) => {
    const { connection, callout } = await stage();
    await expect(
      serveAuthCallout(connection, callout, { authorize: () => ({ deny: "no" }), ...options } as never),
    ).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(serveAuthCallout(connection, {} as never, { authorize: () => ({ deny: "no" }) })).toThrowCode(
      "ERR_ARGUMENT_INVALID",
    );
    await expect(serveAuthCallout({} as never, callout, { authorize: () => ({ deny: "no" }) })).toThrowCode(
      "ERR_ARGUMENT_INVALID",
    );
  });
});

describeWithServer("two instances", () => {
  test("share the requests, and lose no login while one is started again and again", async () => {
    const { server, serve, connectService, callout } = await configurationStage(undefined, {
      xkey: createKeyPair("curve"),
    });
    const authorize: ServeAuthCalloutOptions["authorize"] = async ({ connectOptions }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { user: { account: "APP", name: connectOptions.user ?? "", expires: "1h" } };
    };
    const { service: first } = await serve(authorize);
    let [isOver, logins] = [false, 0];
    const refusals: string[] = [];
    const clients = Array.from({ length: 12 }, async (_, index) => {
      while (!isOver) {
        const refusal = await refusalOf(server, { user: `client-${index}`, pass: "x" });
        logins += 1;
        if (refusal !== undefined) refusals.push(refusal);
      }
    });
    let second = 0;
    for (let restart = 0; restart < 12; restart++) {
      const connection: NatsConnection = await connectService();
      const { service } = await serveOver(connection, callout, { authorize });
      await vi.waitFor(() => expect(service.counts.allowed).toBeGreaterThan(2), { timeout: 5000, interval: 10 });
      await service.stop();
      await connection.close();
      second += service.counts.allowed;
      expect(service.counts).toMatchObject({ failed: 0, refused: 0, dropped: 0 });
    }
    isOver = true;
    await Promise.all(clients);
    expect(refusals).toEqual([]);
    // Each request was answered by one of them.
    expect(first.counts.allowed + second).toBe(logins);
    expect(Math.min(first.counts.allowed, second)).toBeGreaterThan(10);
  });

  test("let in two hundred who come at once", async () => {
    const { server, serve } = await configurationStage(undefined, { xkey: createKeyPair("curve") });
    const authorize: ServeAuthCalloutOptions["authorize"] = ({ connectOptions }) => ({
      user: { account: "APP", name: connectOptions.user ?? "", expires: "1h" },
    });
    const services = [await serve(authorize), await serve(authorize)].map(({ service }) => service);
    const connections = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        connect({ servers: server.url, user: `u${index}`, pass: "x", reconnect: false, timeout: 10_000 }),
      ),
    );
    expect(connections).toHaveLength(200);
    expect(services.map(({ counts }) => counts.allowed).reduce((a, b) => a + b)).toBe(200);
    for (const { counts } of services) expect(counts).toMatchObject({ failed: 0, refused: 0, dropped: 0, denied: 0 });
    await Promise.all(connections.map((connection) => connection.close()));
  });
});
