import { AuthCallout, createKeyPair, createUserClaims, encode, type KeyPair } from "nsc.js";
import { expect, test, vi } from "vitest";
import {
  byPassword,
  configurationStage,
  describeVersions,
  logIn,
  refusalOf,
  serveOver,
  untilLogged,
  whoIs,
} from "./stage.ts";

const ALICE = { user: "alice", pass: "s3cr3t" };
const INFO = { pub: ["orders.>", "$SYS.REQ.USER.INFO"] };

describeVersions("auth callout of accounts in the configuration", (binary) => {
  test.each([
    ["sealed", true],
    ["in plain", false],
  ])("places users in accounts by name, %s", async (_, isSealed) => {
    const xkey = isSealed ? createKeyPair("curve") : undefined;
    const { server, serve } = await configurationStage(binary, { ...(xkey && { xkey }) });
    const { service, events } = await serve(
      byPassword((name) => ({ user: { account: name === "root" ? "SYS" : "APP", name, expires: "1h", ...INFO } })),
    );
    const alice = await whoIs(await logIn(server, ALICE));
    expect(alice).toMatchObject({ user: "alice", account: "APP" });
    expect(new Set(alice.permissions?.publish?.allow)).toEqual(new Set(INFO.pub));
    expect(await whoIs(await logIn(server, { ...ALICE, user: "root" }))).toMatchObject({ account: "SYS" });
    expect(events.map(({ request }) => request?.isSealed)).toEqual([isSealed, isSealed]);
    expect(events[0]?.request?.connectOptions.user).toBe("alice");
    expect(service.counts).toMatchObject({ allowed: 2, refused: 0 });
  });

  test("lets the account of the callout hear whom it refused, and why", async () => {
    const { serve, server } = await configurationStage(binary);
    const { connection, service } = await serve(byPassword(() => ({ deny: "never" })));
    const reasons: string[] = [];
    connection.subscribe("$SYS.ACCOUNT.CLIENT.AUTH.ERR", {
      callback: (error, message) => void reasons.push(error?.message ?? message.json<{ reason: string }>().reason),
    });
    await connection.flush();
    expect(await refusalOf(server, { user: "alice", pass: "guess" })).toBe("AuthorizationError");
    await vi.waitFor(() => expect(reasons.length).toBeGreaterThan(0), { timeout: 5000 });
    expect(reasons[0]).toMatch(/wrong password of alice/);
    expect(service.counts.denied).toBe(1);
  });

  test("holds users to their permissions, and to their expiry", async () => {
    const { server, serve } = await configurationStage(binary);
    await serve(byPassword((name) => ({ user: { account: "APP", name, expires: "2s", ...INFO } })));
    const connection = await logIn(server, ALICE);
    const refused = (async () => {
      for await (const status of connection.status()) if (status.type === "error") return status.error.message;
      return undefined;
    })();
    connection.publish("other");
    expect(await refused).toMatch(/permissions violation/i);
    expect(((await connection.closed()) as Error).name).toMatch(/Expired|AuthorizationError/);
  });

  test("is asked about users of the configuration, too, but not about its own", async () => {
    const { server, serve, connectService } = await configurationStage(binary);
    const { service } = await serve(() => ({ deny: "nobody" }));
    expect(await refusalOf(server, { user: "local", pass: "local" })).toBe("AuthorizationError");
    expect(service.counts.denied).toBe(1);
    await (await connectService()).close();
    expect(await refusalOf(server, { user: "service", pass: "wrong" })).toBe("AuthorizationError");
    expect(service.counts.denied).toBe(1);
  });

  test("refuses for the account that there is not", async () => {
    const { server, serve } = await configurationStage(binary);
    await serve(byPassword((name) => ({ user: { account: "NONE", name, expires: "1h" } })));
    expect(await refusalOf(server, ALICE)).toBe("AuthorizationError");
    await untilLogged(server, /no valid account "NONE" for auth callout response/i);
  });

  test("without a service, or one that says nothing, refuses when the time is over", async () => {
    const { server, serve } = await configurationStage(binary, { timeout: "600ms" });
    const begin = performance.now();
    expect(await refusalOf(server, ALICE)).toBe("AuthorizationError");
    await serve(() => ({ ignore: true }));
    const middle = performance.now();
    expect(await refusalOf(server, ALICE)).toBe("AuthorizationError");
    for (const took of [middle - begin, performance.now() - middle]) {
      expect(took).toBeGreaterThan(500);
    }
  });

  test("with a service that has another curve key, or none, is not answered", async () => {
    const xkey = createKeyPair("curve");
    const { issuer, server, connectService } = await configurationStage(binary, { xkey, timeout: "600ms" });
    for (const [key, code] of [
      [undefined, "ERR_CALLOUT_REQUEST"],
      [createKeyPair("curve"), "ERR_NKEY_SEALED"],
    ] as const) {
      const callout = new AuthCallout({ signer: issuer, ...(key && { encryptionKey: key }) });
      const authorize = () => ({ deny: "nobody" });
      const { service, events } = await serveOver(await connectService(), callout, { authorize });
      expect(await refusalOf(server, ALICE)).toBe("AuthorizationError");
      expect(events.map(({ outcome, error }) => [outcome, (error as { code?: string }).code])).toEqual([
        ["refused", code],
      ]);
      await service.stop();
    }
  });

  test("takes nothing that is not as it should be", async () => {
    const { issuer, server, connectService, callout } = await configurationStage(binary);
    const connection = await connectService();
    const stranger = createKeyPair("account");
    const failures: unknown[] = [];
    let wrong: (typeof WRONG)[number] | undefined;
    connection.subscribe("$SYS.REQ.USER.AUTH", {
      callback: (_, message) => {
        const request = callout.open(message.data);
        const answer = async (): Promise<void> => {
          message.respond(await wrong?.answer(request.userKey, request.serverId, issuer, stranger));
        };
        answer().catch((error: unknown) => failures.push(error));
      },
    });
    for (wrong of WRONG) {
      const before = server.log().length;
      expect(await refusalOf(server, ALICE), wrong.what).toBe("AuthorizationError");
      await untilLogged(server, new RegExp(wrong.log, "i"), before);
    }
    expect(failures).toEqual([]);
  });
});

const now = (): number => Math.floor(Date.now() / 1000);

async function response(
  claims: { sub: string; aud: string; exp?: number },
  nats: { jwt?: string; error?: string; issuer_account?: string },
  signer: KeyPair,
): Promise<string> {
  return encode({ ...claims, nats: { ...nats, type: "authorization_response" } }, signer);
}

const userToken = (key: string, signer: KeyPair, init: Parameters<typeof createUserClaims>[1] = {}) =>
  encode(createUserClaims(key, { aud: "APP", name: "alice", ...init }), signer);

type Answer = (user: string, server: string, issuer: KeyPair, stranger: KeyPair) => string | Promise<string>;

/** Answers that the library does not make, and what servers say of them. */
const WRONG: readonly { readonly what: string; readonly answer: Answer; readonly log: RegExp }[] = [
  { what: "nothing", answer: () => "", log: /no reason supplied/ },
  { what: "junk", answer: () => "junk", log: /expected 3 chunks/ },
  {
    what: "for another user",
    async answer(user, aud, issuer) {
      const sub = createKeyPair("user").publicKey;
      return response({ sub, aud }, { jwt: await userToken(user, issuer) }, issuer);
    },
    log: /auth callout response is not for expected user/i,
  },
  {
    what: "for another server",
    async answer(sub, _, issuer) {
      const aud = createKeyPair("server").publicKey;
      return response({ sub, aud }, { jwt: await userToken(sub, issuer) }, issuer);
    },
    log: /is not for server/i,
  },
  {
    what: "a user with another key",
    async answer(sub, aud, issuer) {
      return response({ sub, aud }, { jwt: await userToken(createKeyPair("user").publicKey, issuer) }, issuer);
    },
    log: /expected authorized user of/i,
  },
  {
    what: "a response that expired",
    async answer(sub, aud, issuer) {
      return response({ sub, aud, exp: now() - 5 }, { jwt: await userToken(sub, issuer) }, issuer);
    },
    log: /authorization response had validation errors/i,
  },
  {
    what: "a user that expired",
    async answer(sub, aud, issuer) {
      return response({ sub, aud }, { jwt: await userToken(sub, issuer, { exp: now() - 5 }) }, issuer);
    },
    log: /error validating user JWT/i,
  },
  {
    what: "a user and an error",
    async answer(sub, aud, issuer) {
      return response({ sub, aud }, { jwt: await userToken(sub, issuer), error: "no" }, issuer);
    },
    log: /validation errors/i,
  },
  {
    what: "neither a user nor an error",
    answer: (sub, aud, issuer) => response({ sub, aud }, {}, issuer),
    log: /validation errors/i,
  },
  {
    what: "an issuer account",
    async answer(sub, aud, issuer, stranger) {
      const jwt = await userToken(sub, issuer, { nats: { issuer_account: stranger.publicKey } });
      return response({ sub, aud }, { jwt }, issuer);
    },
    log: /attempted to use issuer_account|issuer/i,
  },
  {
    what: "a user of another issuer",
    async answer(sub, aud, issuer, stranger) {
      return response({ sub, aud }, { jwt: await userToken(sub, stranger) }, issuer);
    },
    log: /wrong issuer for auth callout response/i,
  },
  {
    what: "no account",
    async answer(sub, aud, issuer) {
      return response({ sub, aud }, { jwt: await encode(createUserClaims(sub), issuer) }, issuer);
    },
    log: /no valid account/i,
  },
];
