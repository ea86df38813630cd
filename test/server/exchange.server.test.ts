import type { NatsConnection } from "@nats-io/nats-core";
import { type Account, createActivationClaims, createKeyPair, encode, type Import, type KeyPair } from "nsc.js";
import { expect, test } from "vitest";
import { connectAs } from "./servers.ts";
import { describeWorlds, issue, type PushAnswer, until } from "./worlds.ts";

describeWorlds("what accounts exchange", {}, (world) => {
  const client = async (account: Account): Promise<NatsConnection> => connectAs(world().server, await issue(account));

  /** An account whose user answers everything below some tokens with its subject. */
  async function exporter(...tokens: readonly string[]) {
    const { account, key } = await world().account({ signingKey: true });
    const connection = await client(account);
    for (const token of tokens) {
      connection.subscribe(`${token}.>`, { callback: (_, message) => void message.respond(message.subject) });
    }
    await connection.flush();
    const signingKey = account.claims.nats.signing_keys?.[0] as string;
    return { account, key, connection, signingKey };
  }

  /** The answer to a request; nothing if nobody answers, of which servers before 2.10 sometimes don't tell. */
  async function answer(connection: NatsConnection, subject: string): Promise<string | undefined> {
    try {
      return (await connection.request(subject, "", { timeout: 500 })).string();
    } catch (error) {
      expect((error as Error).message).toMatch(/no responders|timeout/);
      return undefined;
    }
  }

  /** What arrives of what is published. */
  async function received(
    from: NatsConnection,
    to: NatsConnection,
    published: string,
    heard: string,
  ): Promise<boolean> {
    let isHeard = false;
    const subscription = to.subscribe(heard, {
      callback: () => {
        isHeard = true;
      },
    });
    await to.flush();
    from.publish(published);
    await from.flush();
    await to.flush();
    subscription.unsubscribe();
    return isHeard;
  }

  /** Pushes an import that the library would not make. */
  const importRaw = (
    importer: Account,
    exporter: Account,
    entry: Omit<Import, "account" | "name">,
  ): Promise<PushAnswer> =>
    world().pushRaw(importer, ({ nats }) => {
      nats.imports = [{ name: "raw", account: exporter.publicKey, ...entry }];
    });

  /** An activation that somebody signs past the library. */
  const forgeActivation = (
    to: Account,
    from: Account,
    signer: KeyPair,
    { exp, subject = "q.a" }: { readonly exp?: number; readonly subject?: string } = {},
  ): Promise<string> =>
    encode(
      createActivationClaims(to.publicKey, {
        name: subject,
        ...(exp !== undefined && { exp }),
        nats: {
          subject,
          kind: "service",
          ...(signer.publicKey !== from.publicKey && { issuer_account: from.publicKey }),
        },
      }),
      signer,
    );

  test("goes both ways, under subjects of the importer's (60)", async () => {
    const [one, other] = [await exporter("svc"), await exporter("svc")];
    for (const { account } of [one, other]) {
      await account.addExport({ subject: "svc.*.get", type: "service" });
      await account.addExport({ subject: "news.>", type: "stream" });
    }
    for (const [importer, from] of [
      [one, other],
      [other, one],
    ] as const) {
      await importer.account.addImport({ from: from.account, subject: "svc.*.get", localSubject: "their.$1" });
      await importer.account.addImport({ from: from.account, subject: "news.>", localSubject: "their.news.>" });
    }
    await world().push(one.account, other.account);
    for (const [importer, from] of [
      [one, other],
      [other, one],
    ] as const) {
      expect(await answer(importer.connection, "their.x")).toBe("svc.x.get");
      expect(await received(from.connection, importer.connection, "news.a.b", "their.news.a.b")).toBe(true);
      expect(await received(importer.connection, from.connection, "their.news.a", "news.a")).toBe(false);
    }
  });

  test("in private needs an activation, of the identity or of a signing key (61)", async () => {
    const shop = await exporter("q");
    await shop.account.addExport({ subject: "q.*", type: "service", private: true });
    await shop.account.addExport({ subject: "s.*", type: "stream", private: true });
    await world().push(shop.account);

    const without = (await world().account()).account;
    expect(await importRaw(without, shop.account, { subject: "q.a", type: "service" })).toMatchObject({ code: 200 });
    expect(await answer(await client(without), "q.a")).toBeUndefined();

    for (const activationSigner of [shop.key.publicKey, shop.signingKey]) {
      const { account } = await world().account();
      await account.addImport({ from: shop.account, subject: "q.a", activationSigner });
      await account.addImport({ from: shop.account, subject: "s.a", activationSigner });
      await world().push(account);
      const buyer = await client(account);
      expect(await answer(buyer, "q.a")).toBe("q.a");
      expect(await answer(buyer, "q.b")).toBeUndefined();
      expect(await received(shop.connection, buyer, "s.a", "s.a")).toBe(true);
      expect(await received(shop.connection, buyer, "s.b", "s.b")).toBe(false);
    }
  });

  test("is refused with an activation of something else, and inert with one that does not hold (62)", async () => {
    const shop = await exporter("q");
    await shop.account.addExport({ subject: "q.*", type: "service", private: true });
    await shop.account.addExport({ subject: "q.*", type: "stream", private: true });
    await world().push(shop.account);
    const [{ account: buyer }, { account: thief }] = [await world().account(), await world().account()];
    const token = await shop.account.issueActivation({ to: buyer, subject: "q.a", type: "service" });

    const refused = { code: 500, text: expect.stringMatching(/validation/) };
    expect(await importRaw(thief, shop.account, { subject: "q.a", type: "service", token })).toEqual(refused);
    expect(await importRaw(buyer, shop.account, { subject: "q.*", type: "service", token })).toEqual(refused);
    expect(await importRaw(buyer, shop.account, { subject: "q.a", type: "stream", token })).toEqual(refused);
    expect(await importRaw(buyer, thief, { subject: "q.a", type: "service", token })).toEqual(refused);

    const now = Math.floor(Date.now() / 1000);
    const inert: ((to: Account) => Promise<string>)[] = [
      (to) => forgeActivation(to, shop.account, createKeyPair("account")),
      (to) => forgeActivation(to, shop.account, shop.key, { exp: now - 10 }),
      async (to) => {
        const activation = await shop.account.issueActivation({ to, subject: "q.a", type: "service" });
        await shop.account.revokeActivation("q.*", to, { type: "service" });
        await world().push(shop.account);
        return activation;
      },
      async (to) => {
        const activation = await shop.account.issueActivation({ to, subject: "q.a", type: "service" });
        await shop.account.revokeActivation("q.*", "*", { type: "service" });
        await world().push(shop.account);
        return activation;
      },
    ];
    for (const sign of inert) {
      const { account } = await world().account();
      const activation = await sign(account);
      const pushed = await importRaw(account, shop.account, { subject: "q.a", type: "service", token: activation });
      expect(pushed).toMatchObject({ code: 200 });
      expect(await answer(await client(account), "q.a")).toBeUndefined();
    }
    // What is issued after the revocation holds.
    const late = (await world().account()).account;
    await late.addImport({ from: shop.account, subject: "q.a", type: "service" });
    await world().push(late);
    expect(await answer(await client(late), "q.a")).toBe("q.a");
  });

  test("ends with the activation, or with the key that signed it, and connections stay (63)", async () => {
    const shop = await exporter("q");
    await shop.account.addExport({ subject: "q.*", type: "service", private: true });
    await world().push(shop.account);
    const buying = async (activation: (to: Account) => Promise<string>): Promise<NatsConnection> => {
      const { account } = await world().account();
      await account.addImport({ activation: await activation(account) });
      await world().push(account);
      const connection = await client(account);
      expect(await answer(connection, "q.a")).toBe("q.a");
      return connection;
    };
    const short = await buying((to) =>
      shop.account.issueActivation({ to, subject: "q.a", expires: "2s", signer: shop.key.publicKey }),
    );
    const bySigningKey = await buying((to) =>
      shop.account.issueActivation({ to, subject: "q.a", signer: shop.signingKey }),
    );
    const byIdentity = await buying((to) =>
      shop.account.issueActivation({ to, subject: "q.a", signer: shop.key.publicKey }),
    );
    await until(async () => expect(await answer(short, "q.a")).toBeUndefined());
    expect(await answer(bySigningKey, "q.a")).toBe("q.a");

    await world().pushRaw(shop.account, ({ nats }) => {
      nats.signing_keys = [];
    });
    await until(async () => expect(await answer(bySigningKey, "q.a")).toBeUndefined());
    const again = await connectAs(world().server, await issue(shop.account, { signer: shop.key.publicKey }));
    again.subscribe("q.>", { callback: (_, message) => void message.respond(message.subject) });
    await again.flush();
    expect(await answer(byIdentity, "q.a")).toBe("q.a");
    for (const connection of [short, bySigningKey, byIdentity]) expect(connection.isClosed()).toBe(false);
  });

  test("is for the account that its subject names, and for no other (64)", async () => {
    const shop = await exporter("price");
    await shop.account.addExport({ subject: "price.*.>", type: "service", accountTokenPosition: 2 });
    await world().push(shop.account);
    const [{ account: buyer }, { account: thief }] = [await world().account(), await world().account()];
    await buyer.addImport({ from: shop.account, localSubject: "price.>" });
    await world().push(buyer);
    expect(await answer(await client(buyer), "price.pizza")).toBe(`price.${buyer.publicKey}.pizza`);
    const subject = `price.${buyer.publicKey}.pizza`;
    await importRaw(thief, shop.account, { subject, type: "service", local_subject: "price.pizza" });
    expect(await answer(await client(thief), "price.pizza")).toBeUndefined();
  });

  test("begins when the exporter comes, which may be after the importer (65)", async () => {
    const shop = await world().operator.addAccount(`LATE_${world().server.version}`);
    await shop.addExport({ subject: "q.*", type: "service" });
    const { account: buyer } = await world().account();
    await buyer.addImport({ from: shop, subject: "q.*" });
    await world().push(buyer);
    const connection = await client(buyer);
    expect(await answer(connection, "q.a")).toBeUndefined();
    await world().push(shop);
    const service = await client(shop);
    service.subscribe("q.*", { callback: (_, message) => void message.respond("at last") });
    await service.flush();
    await until(async () => expect(await answer(connection, "q.a")).toBe("at last"));
  });
});
