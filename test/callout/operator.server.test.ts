import { connect, jwtAuthenticator } from "@nats-io/transport-node";
import { type AuthCalloutAccount, createKeyPair, createUserClaims, encode, encodeCreds, type UserClaims } from "nsc.js";
import { push } from "nsc.js/nats";
import { expect, test, vi } from "vitest";
import { compareVersions } from "../../src/encoding/server-version.ts";
import { isOlderThan } from "../server/servers.ts";
import { testWithServer } from "../support/nats-server.ts";
import { lacks } from "../support/skips.ts";
import { byPassword, describeVersions, logIn, operatorStage, refusalOf, untilLogged, whoIs } from "./stage.ts";

const ALICE = { user: "alice", pass: "s3cr3t" };

describeVersions("auth callout with an operator", (binary) => {
  test("places who has the sentinel's creds and a password, by identity, signing key and role", async () => {
    const { accounts, server, sentinel, serve } = await operatorStage(binary);
    const { APP } = accounts;
    const how = {
      identity: { signer: APP.publicKey, pub: ["orders.>", "$SYS.REQ.USER.INFO"] },
      key: { pub: ["orders.>", "$SYS.REQ.USER.INFO"] },
      role: { role: "web" },
    };
    const { service, events } = await serve(
      byPassword((name, key) => APP.issueUser(name, { key, expires: "1h", ...how[name as keyof typeof how] })),
    );
    for (const user of ["identity", "key"]) {
      const info = await whoIs(await logIn(server, { creds: sentinel, user, pass: "s3cr3t" }));
      expect(info).toMatchObject({ user, account: APP.publicKey });
      expect(info.permissions?.publish?.allow).toContain("orders.>");
    }
    const info = await whoIs(await logIn(server, { creds: sentinel, user: "role", pass: "s3cr3t" }));
    expect(info).toMatchObject({ user: "role", account: APP.publicKey });
    expect(info.permissions?.publish?.allow).toContain("web.role.>");
    expect(service.counts).toMatchObject({ allowed: 3, denied: 0, failed: 0, refused: 0 });
    expect(events.map(({ outcome, request }) => `${outcome} ${request?.client.kind}`)).toEqual(
      Array.from({ length: 3 }, () => "allowed Client"),
    );
    expect(events[0]?.request?.isSealed).toBe(true);
  });

  test("takes tokens in place of passwords", async () => {
    const { accounts, server, sentinel, serve } = await operatorStage(binary);
    await serve(({ connectOptions, userKey }) =>
      connectOptions.auth_token === "t0ken"
        ? accounts.APP.issueUser("alice", { key: userKey, expires: "1h" })
        : { deny: "no such token" },
    );
    const info = await whoIs(await logIn(server, { creds: sentinel, token: "t0ken" }));
    expect(info).toMatchObject({ user: "alice", account: accounts.APP.publicKey });
    expect(await refusalOf(server, { creds: sentinel, token: "another" })).toBe("AuthorizationError");
  });

  test("refuses at once, and says why in the log alone", async () => {
    const { server, sentinel, serve } = await operatorStage(binary);
    await serve(byPassword(() => ({ deny: "never" })));
    const begin = performance.now();
    expect(await refusalOf(server, { creds: sentinel, user: "alice", pass: "guess" })).toBe("AuthorizationError");
    expect(performance.now() - begin).toBeLessThan(1500);
    await untilLogged(server, /auth callout service returned an error: wrong password of alice/i);
  });

  test("keeps what authorize throws to itself", async () => {
    const { server, sentinel, serve } = await operatorStage(binary);
    const { service, events } = await serve(() => {
      throw new Error("password of the database is hunter2");
    });
    expect(await refusalOf(server, { creds: sentinel, ...ALICE })).toBe("AuthorizationError");
    await untilLogged(server, /auth callout service returned an error: the auth callout service failed/i);
    expect(server.log()).not.toContain("hunter2");
    expect(service.counts.failed).toBe(1);
    expect(String(events[0]?.error)).toContain("hunter2");
  });

  test("refuses who is to be placed in an account that is not allowed", async () => {
    const { accounts, auth, server, sentinel, serve } = await operatorStage(binary);
    const targets = { app: accounts.APP, other: accounts.OTHER, own: auth.account };
    await serve(
      byPassword((name, key) => targets[name as keyof typeof targets].issueUser(name, { key, expires: "1h" })),
    );
    const outcomes: Record<string, string | undefined> = {};
    for (const user of Object.keys(targets)) {
      outcomes[user] = await refusalOf(server, { creds: sentinel, user, pass: "s3cr3t" });
    }
    expect(outcomes).toEqual({ app: undefined, other: "AuthorizationError", own: undefined });
    await untilLogged(server, /not permitted as valid account option for auth callout/i);
  });

  test.each([
    ["*", { app: undefined, own: undefined }],
    [[], { app: "AuthorizationError", own: undefined }],
  ] as const)("places users in %j", async (allowed, expected) => {
    const { accounts, auth, server, sentinel, serve } = await operatorStage(binary, { accounts: allowed });
    const targets = { app: accounts.APP, own: auth.account };
    await serve(
      byPassword((name, key) => targets[name as keyof typeof targets].issueUser(name, { key, expires: "1h" })),
    );
    const outcomes: Record<string, string | undefined> = {};
    for (const user of Object.keys(targets)) {
      outcomes[user] = await refusalOf(server, { creds: sentinel, user, pass: "s3cr3t" });
    }
    expect(outcomes).toEqual(expected);
  });

  test.each([
    ["a signing key", true],
    ["the identity", false],
  ])("has its responses signed by %s, sealed and not", async (_, signingKey) => {
    for (const xkey of [true, false]) {
      const { accounts, server, sentinel, serve, callout } = await operatorStage(binary, { signingKey, xkey });
      expect(callout.xkey === undefined).toBe(!xkey);
      const { events } = await serve(byPassword((name, key) => accounts.APP.issueUser(name, { key, expires: "1h" })));
      expect(await refusalOf(server, { creds: sentinel, ...ALICE })).toBeUndefined();
      expect(events.map(({ request }) => request?.isSealed)).toEqual([xkey]);
      expect(events[0]?.request?.serverId).toMatch(/^N/);
    }
  });

  test("could answer in plain and sealed, but only by a key of the account", async () => {
    const signingKey = createKeyPair("account");
    const { accounts, auth, server, sentinel, connectService, callout } = await operatorStage(binary, { signingKey });
    const xkey = callout.xkey ?? "";
    const seen: string[] = [];
    let signer = signingKey;
    let named: string | undefined = auth.account.publicKey;
    (await connectService()).subscribe("$SYS.REQ.USER.AUTH", {
      callback: (_, message) => {
        const header = message.headers?.get("Nats-Server-Xkey") ?? "";
        const answer = async (): Promise<void> => {
          const { userKey, serverId, server: by } = callout.open(message.data, header);
          seen.push(String(header === by.xkey && message.data.length > 0 && xkey.startsWith("X")));
          const { token } = await accounts.APP.issueUser("alice", { key: userKey, expires: "1h" });
          const nats = { jwt: token, ...(named && { issuer_account: named }), type: "authorization_response" } as const;
          message.respond(await encode({ sub: userKey, aud: serverId, nats }, signer));
        };
        answer().catch((error: unknown) => seen.push(String(error)));
      },
    });
    // What the library makes is sealed; this is not.
    expect(await refusalOf(server, { creds: sentinel, ...ALICE })).toBeUndefined();
    // Older servers let anybody answer who names the account.
    if (lacks(compareVersions(server.version, "2.15.1") >= 0, "nats-server 2.15.1, which looks who signs responses"))
      return;
    signer = createKeyPair("account");
    expect(await refusalOf(server, { creds: sentinel, ...ALICE })).toBe("AuthorizationError");
    named = undefined;
    expect(await refusalOf(server, { creds: sentinel, ...ALICE })).toBe("AuthorizationError");
    signer = signingKey;
    expect(await refusalOf(server, { creds: sentinel, ...ALICE })).toBeUndefined();
    expect(seen).toEqual(["true", "true", "true", "true"]);
  });

  test("ends connections when the user's token expires", async () => {
    const { accounts, server, sentinel, serve } = await operatorStage(binary);
    await serve(byPassword((name, key) => accounts.APP.issueUser(name, { key, expires: "2s" })));
    const connection = await logIn(server, { creds: sentinel, ...ALICE });
    expect(((await connection.closed()) as Error).name).toMatch(/Expired|AuthorizationError/);
  });

  test("proves keys of clients that sign", async () => {
    const { accounts, auth, server, serve } = await operatorStage(binary);
    const member = createKeyPair("user");
    const own = await auth.account.issueUser("member", { key: member, expires: "1h", pub: { deny: [">"] } });
    const { events } = await serve((request) =>
      request.provenKey() === member.publicKey
        ? accounts.APP.issueUser("alice", { key: request.userKey, expires: "1h" })
        : { deny: "who are you?" },
    );
    expect(await refusalOf(server, { creds: own.creds() })).toBeUndefined();
    expect(events.map(({ outcome }) => outcome)).toEqual(["allowed"]);
  });

  test("lets the service in while nobody answers, and asks nobody about it", async () => {
    const { server, connectService, sentinel } = await operatorStage(binary, {
      more: "authorization { timeout: 1 }",
    });
    await (await connectService()).close();
    expect(await refusalOf(server, { creds: sentinel, ...ALICE })).not.toBeUndefined();
  });

  test("asks nobody about who claims to be the service", async () => {
    const { server, auth, serve } = await operatorStage(binary);
    const { service } = await serve(() => ({ deny: "nobody" }));
    const authenticator = jwtAuthenticator(auth.service.token, createKeyPair("user").getSeed());
    expect(await refusalOf(server, { authenticator })).toBe("AuthorizationError");
    expect(service.counts.denied).toBe(0);
  });

  test("cuts users off that are revoked, and lets them log in again", async () => {
    const { accounts, server, sentinel, serve, operator } = await operatorStage(binary, {
      config: { resolver: { type: "full", dir: "./jwt" }, preload: "all" },
    });
    await serve(byPassword((name, key) => accounts.APP.issueUser(name, { key, expires: "1h" })));
    const connection = await logIn(server, { creds: sentinel, ...ALICE });
    await accounts.APP.revoke("*");
    (await push({ connect, servers: server.url }, operator, { accounts: [accounts.APP] })).assertComplete();
    expect(((await connection.closed()) as Error).message).toMatch(/revoked|Authorization/i);
    await vi.waitFor(async () => expect(await refusalOf(server, { creds: sentinel, ...ALICE })).toBeUndefined(), {
      timeout: 5000,
    });
  });
});

test.skipIf(isOlderThan("2.11.7"))("a default sentinel stands for clients that have nothing but a token", async () => {
  const sentinel = ({ sentinel: user }: AuthCalloutAccount) => user && { defaultSentinel: user };
  const { accounts, server, serve } = await operatorStage(undefined, { sentinelConfig: sentinel });
  await serve(({ connectOptions, userKey }) =>
    connectOptions.auth_token === "t0ken"
      ? accounts.APP.issueUser("alice", { key: userKey, expires: "1h" })
      : { deny: "no such token" },
  );
  const info = await whoIs(await logIn(server, { token: "t0ken" }));
  expect(info).toMatchObject({ user: "alice", account: accounts.APP.publicKey });
  expect(await refusalOf(server, { token: "another" })).toBe("AuthorizationError");
  expect(await refusalOf(server, {})).toBe("AuthorizationError");
});

testWithServer("a sentinel gets nobody in by itself", async () => {
  const { server, sentinel, serve } = await operatorStage(undefined);
  const { service } = await serve(() => ({ ignore: true }), { timeout: "500ms" });
  expect(await refusalOf(server, { creds: sentinel })).toMatch(/AuthorizationError|ConnectionError|TimeoutError/);
  expect(service.counts.ignored).toBe(1);
});

testWithServer("a sentinel without subscriptions is cut off, whatever the service says", async () => {
  const signer = createKeyPair("account");
  const { accounts, auth, server, serve } = await operatorStage(undefined, { signingKey: signer });
  const { service } = await serve(byPassword((name, key) => accounts.APP.issueUser(name, { key, expires: "1h" })));
  const nats = { issuer_account: auth.account.publicKey, pub: { deny: [">"] }, sub: { deny: [">"] } };
  const creds = (subs: number) => {
    const user = createKeyPair("user");
    return encodeCreds(createUserClaims(user.publicKey, { name: "sentinel", nats: { ...nats, subs } }), signer, user);
  };
  expect(await refusalOf(server, { creds: await creds(-1), ...ALICE })).toBeUndefined();
  const connection = await logIn(server, { creds: await creds(0), ...ALICE }).catch(() => undefined);
  const reason = await connection?.closed();
  expect((reason as Error | undefined)?.message ?? server.log()).toMatch(/maximum subscriptions exceeded/i);
  expect(service.counts.allowed).toBe(2);
  const said = { sentinel: { claims: ({ nats: own }: UserClaims) => void Object.assign(own, { subs: 0 }) } };
  await expect(operatorStage(undefined, said)).toThrowCode("ERR_LIMITS");
});
