import { createConnection } from "node:net";
import { createKeyPair, parseCreds } from "nsc.js";
import { expect, onTestFinished, test } from "vitest";
import { answerOf, enter, expectRefused, RawClient, signatureOf } from "../nats/raw-client.ts";
import { withBadSignature } from "../support/bad-signature.ts";
import { describeWorlds, forge, issue, until, type World } from "./worlds.ts";

const REFUSED = ["Authorization Violation"];

describeWorlds("a user", {}, (world) => {
  /** Connects, and says this in its CONNECT. */
  const say = ({ server: { host, port } }: World, answer: (nonce: string) => object): Promise<RawClient> =>
    RawClient.over(createConnection({ host, port }), answer);

  test("signs the nonce, with its own key (36)", async () => {
    const { account } = await world().account();
    const key = createKeyPair("user");
    const { token: jwt } = await account.issueUser("user", { expires: "1h", key });
    const answers: [(nonce: string) => object, readonly string[]][] = [
      [(nonce) => ({ jwt, sig: signatureOf(nonce, key) }), []],
      // In the alphabet and with the padding of others, too.
      [(nonce) => ({ jwt, sig: Buffer.from(key.sign(new TextEncoder().encode(nonce))).toString("base64") }), []],
      [() => ({ jwt }), REFUSED],
      [(nonce) => ({ jwt, sig: signatureOf(nonce, createKeyPair("user")) }), REFUSED],
      [(nonce) => ({ jwt, sig: signatureOf(`${nonce}.`, key) }), REFUSED],
      [(nonce) => ({ jwt: withBadSignature(jwt), sig: signatureOf(nonce, key) }), REFUSED],
      [(nonce) => ({ sig: signatureOf(nonce, key), nkey: key.publicKey }), REFUSED],
    ];
    for (const [answer, errors] of answers) expect((await say(world(), answer)).errors).toEqual(errors);
  });

  test("is cut at its expiry, and refused from then on; before its time, too (38)", async () => {
    const { account } = await world().account();
    const { token, expires = 0, ...user } = await issueFor("2s");
    async function issueFor(time: string) {
      const issued = await account.issueUser("user", { expires: time });
      return { token: issued.token, expires: issued.expires, creds: issued.creds() };
    }
    const client = await enter(world().server, user.creds);
    expect(await client.lastWords()).toEqual(["User Authentication Expired"]);
    expect(Math.abs(Date.now() / 1000 - expires)).toBeLessThan(1.5);
    // In the very second of it, servers let in and cut at once.
    await until(() => expectRefused(world().server, user.creds));
    expect(token).toBe(parseCreds(user.creds).token);

    const now = Math.floor(Date.now() / 1000);
    const early = await account.addUser("early", { notBefore: new Date((now + 600) * 1000) });
    await expectRefused(world().server, await early.creds());
    const since = await account.addUser("since", { notBefore: new Date((now - 5) * 1000), expires: "1h" });
    await enter(world().server, await since.creds());
  });

  test("that is a bearer needs no signature, until the account disallows it (42)", async () => {
    const { account } = await world().account();
    const bearer = await account.issueUser("bearer", { expires: "1h", bearer: true });
    const one = await say(world(), () => ({ jwt: bearer.token }));
    const other = await enter(world().server, await issue(account));
    expect(await one.isWell()).toBe(true);
    await world().edit(account, ({ limits }) => {
      limits.disallow_bearer = true;
    });
    expect(await one.lastWords()).toEqual(REFUSED);
    expect((await say(world(), () => ({ jwt: bearer.token }))).errors).toEqual(REFUSED);
    expect(await other.isWell()).toBe(true);
    await enter(world().server, await issue(account));
    await expect(issue(account, { bearer: true })).toThrowCode("ERR_BEARER_DISALLOWED");
  });

  test("hears of what it may not do, and stays (47)", async () => {
    const { account } = await world().account();
    const creds = await issue(account, {
      pub: { allow: ["a.>"], deny: ["a.no"] },
      sub: { allow: ["c", "q.* workers"], deny: ["d"] },
    });
    const client = await enter(world().server, creds);
    expect(await client.complaintOf("PUB a.yes 0\r\n")).toBeUndefined();
    for (const subject of ["a.no", "b"]) {
      const words = `Permissions Violation for Publish to "${subject}"`;
      expect((await client.complaintOf(`PUB ${subject} 0\r\n`))?.replaceAll("\\", "")).toBe(words);
    }
    expect(await client.complaintOf("SUB c 1")).toBeUndefined();
    expect(await client.complaintOf("SUB q.x workers 2")).toBeUndefined();
    expect(await client.complaintOf("SUB d 3")).toBe('Permissions Violation for Subscription to "d"');
    expect(await client.complaintOf("SUB q.x others 4")).toBe(
      'Permissions Violation for Subscription to "q.x" using queue "others"',
    );
    expect(await client.complaintOf("PUB a.yes 0\r\n")).toBeUndefined();
  });

  test("answers as often as it may, and as long (47)", async () => {
    const { account } = await world().account();
    const asking = await enter(world().server, await issue(account));
    const answering = await enter(
      world().server,
      await issue(account, { sub: ["ask.*"], responses: { max: 2, ttl: "300ms" } }),
    );
    await answering.complaintOf("SUB ask.* 1");
    const reply = (to: string): Promise<string | undefined> => answering.complaintOf(`PUB ${to} 0\r\n`);
    expect(await reply("inbox.0")).toMatch(/^Permissions Violation for Publish/);
    await asking.complaintOf("PUB ask.1 inbox.1 0\r\n");
    expect([await reply("inbox.1"), await reply("inbox.1")]).toEqual([undefined, undefined]);
    expect(await reply("inbox.1")).toMatch(/^Permissions Violation for Publish/);
    await asking.complaintOf("PUB ask.2 inbox.2 0\r\n");
    expect(await reply("inbox.2")).toBeUndefined();
    await asking.complaintOf("PUB ask.3 inbox.3 0\r\n");
    const asked = performance.now();
    await until(() => expect(performance.now() - asked).toBeGreaterThan(400));
    expect(await reply("inbox.3")).toMatch(/^Permissions Violation for Publish/);
  });

  test("without a number of subscriptions is cut off, which the library does not issue (49)", async () => {
    const { account, key } = await world().account();
    const client = await RawClient.connect(world().server, await forge(key, { nats: { subs: 0 } }));
    expect(await client.lastWords()).toEqual(["maximum subscriptions exceeded"]);
    const none = issue(account, {
      claims: ({ nats }) => {
        nats.subs = 0;
      },
    });
    await expect(none).toThrowCode("ERR_LIMITS");
    const { claims } = parseCreds(await issue(account));
    expect(claims.nats).toMatchObject({ subs: -1, data: -1, payload: -1 });
    await enter(world().server, await forge(key, { nats: { payload: 0, data: 0 } }));
  });

  test("with a large token needs servers with a longer control line, and is issued with a warning (50)", async () => {
    const { account } = await world().account();
    const pub = Array.from({ length: 120 }, (_, index) => `a.subject.of.some.length.${index}`);
    const large = await account.issueUser("large", { expires: "1h", pub });
    expect(large.warnings).not.toEqual([]);
    const client = await RawClient.connect(world().server, large.creds());
    expect(await client.lastWords()).toEqual(["maximum control line exceeded"]);

    const fitting = await account.issueUser("fitting", { expires: "1h", pub: pub.slice(0, 40) });
    expect(fitting.warnings).toEqual([]);
    await enter(world().server, fitting.creds());
  });

  test("may say its name and password in vain (36)", async () => {
    const { account } = await world().account();
    const answer = answerOf(await issue(account));
    expect((await say(world(), (nonce) => ({ ...answer(nonce), user: "u", pass: "p" }))).errors).toEqual([]);
    expect((await say(world(), () => ({ user: "u", pass: "p" }))).errors).toEqual(REFUSED);
  });
});

describeWorlds("a server with a longer control line", { config: "max_control_line: 16384" }, (world) => {
  test("lets a user with a large token in (50)", async () => {
    const { account } = await world().account();
    const pub = Array.from({ length: 120 }, (_, index) => `a.subject.of.some.length.${index}`);
    const client = await enter(world().server, await issue(account, { pub }));
    onTestFinished(() => expect(client.errors).toEqual([]));
    expect(await client.complaintOf("PUB a.subject.of.some.length.119 0\r\n")).toBeUndefined();
  });
});
