import {
  type Account,
  createActivationClaims,
  createKeyPair,
  encode,
  keyPairFromSeed,
  type Route,
  type RoutesReport,
  routes,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { damage, NOW, only, tree } from "../tree-fixtures.ts";

function ends({ routes: found }: RoutesReport, side: "from" | "to"): string[] {
  return found.map((route) => `${route[side].account} ${route[side].subject}`);
}

function stepsOf({ steps }: Route): string[] {
  return steps.map((step) => (step.kind === "mapping" ? `mapping ${step.source}` : `${step.kind} ${step.remote}`));
}

/** SHOP, AUDIT and APP, which trade nothing yet. */
async function shops() {
  const made = await tree();
  const { operator } = made;
  return { ...made, shop: await operator.addAccount("SHOP"), audit: await operator.addAccount("AUDIT") };
}

describe("the routes of a publication", () => {
  test("lead to those who import the stream, and no further", async () => {
    const { account, shop, audit } = await shops();
    await shop.addExport({ subject: "orders.>", type: "stream" });
    await audit.addImport({ from: shop, subject: "orders.*.new", localSubject: "shop.$1" });
    await audit.addExport({ subject: "shop.*", type: "stream" });
    await account.addImport({ from: audit, subject: "shop.*" });
    const report = await routes(shop, "publish", "orders.eu.new");
    expect(ends(report, "to")).toEqual(["SHOP orders.eu.new", "AUDIT shop.eu"]);
    expect(report.dead).toEqual([]);
    expect(report.routes[1]).toEqual({
      from: { account: "SHOP", publicKey: shop.publicKey, subject: "orders.eu.new" },
      to: { account: "AUDIT", publicKey: audit.publicKey, subject: "shop.eu" },
      steps: [
        {
          kind: "stream",
          importer: "AUDIT",
          exporter: "SHOP",
          local: "shop.*",
          remote: "orders.*.new",
          export: "orders.>",
        },
      ],
      share: 100,
      message:
        'orders.eu.new of SHOP comes to AUDIT as shop.eu, by the stream "orders.*.new" that AUDIT imports from SHOP',
    });
    expect(ends(await routes(shop, "publish", "orders.eu.old"), "to")).toEqual(["SHOP orders.eu.old"]);
    expect(ends(await routes(audit, "publish", "shop.eu"), "to")).toEqual(["AUDIT shop.eu", "APP shop.eu"]);
  });

  test("follow services from account to account, with the mappings of those who answer", async () => {
    const { account, shop, audit } = await shops();
    await shop.addExport({ subject: "price.*", type: "service" });
    await shop.addExport({ subject: "v2.>", type: "stream" });
    await audit.addImport({ from: shop, subject: "v2.>" });
    await shop.edit(({ nats }) => {
      nats.mappings = { "price.*": [{ subject: "v2.price.$1", weight: 75 }] };
    });
    await audit.addExport({ subject: "ask.*", type: "service" });
    await audit.addImport({ from: shop, subject: "price.*", localSubject: "ask.$1" });
    await account.addImport({ from: audit, subject: "ask.pizza", localSubject: "pizza" });
    const { routes: found } = await routes(account, "publish", "pizza");
    // What came as a request is not given to those who import a stream of it.
    expect(found.map(({ to, share }) => `${to.account} ${to.subject} ${share}`)).toEqual([
      "APP pizza 100",
      "AUDIT ask.pizza 100",
      "SHOP v2.price.pizza 75",
      "SHOP price.pizza 25",
    ]);
    expect(stepsOf(found[2] as Route)).toEqual(["service ask.pizza", "service price.*", "mapping price.*"]);
    // Published in the shop itself it is given.
    expect(ends(await routes(shop, "publish", "price.pizza"), "to")).toEqual([
      "SHOP v2.price.pizza",
      "AUDIT v2.price.pizza",
      "SHOP price.pizza",
    ]);
  });

  test("are those of the destinations that the user may publish to", async () => {
    const { account, audit } = await shops();
    await account.edit(({ nats }) => {
      nats.mappings = {
        "in.*": [
          { subject: "v1.$1", weight: 50 },
          { subject: "v2.$1", weight: 50 },
        ],
      };
    });
    await account.addExport({ subject: "v2.*", type: "stream" });
    await audit.addImport({ from: account, subject: "v2.*" });
    const user = await account.addUser("u", { pub: ["v1.>", "east.*"] });
    const report = await routes(user, "publish", "in.x");
    expect(report.permission?.allowed).toBe(false);
    expect(ends(report, "to")).toEqual(["APP v1.x"]);
    const all = await account.addUser("all");
    expect(ends(await routes(all, "publish", "in.x"), "to")).toEqual(["APP v1.x", "APP v2.x", "AUDIT v2.x"]);
    expect(ends(await routes(user, "publish", "other"), "to")).toEqual([]);
    await account.edit(({ nats }) => nats.mappings?.["in.*"]?.push({ subject: "east.$1", cluster: "east" }));
    expect(ends(await routes(user, "publish", "in.x", { cluster: "east" }), "to")).toEqual(["APP east.x"]);
  });

  test("may have a token that only the server knows", async () => {
    const { account, audit } = await shops();
    await account.edit(({ nats }) => {
      nats.mappings = { "in.*": [{ subject: "part.{{random(3)}}.$1" }] };
    });
    await account.addExport({ subject: "part.>", type: "stream" });
    await audit.addImport({ from: account, subject: "part.1.*", localSubject: "mine.$1" });
    const { routes: found } = await routes(account, "publish", "in.x");
    expect(found.map(({ to }) => `${to.account} ${to.subject}`)).toEqual(["APP part.*.x", "AUDIT mine.x"]);
  });
});

describe("the routes of a subscription", () => {
  test("come from its account, from streams and from those who import a service", async () => {
    const { account, shop, audit } = await shops();
    await shop.addExport({ subject: "orders.>", type: "stream" });
    await shop.edit(({ nats }) => {
      nats.mappings = { "legacy.*": [{ subject: "orders.$1.new" }] };
    });
    await audit.addImport({ from: shop, subject: "orders.*.new", localSubject: "shop.$1" });
    await audit.addExport({ subject: "shop.*", type: "service" });
    await account.addImport({ from: audit, subject: "shop.eu", localSubject: "tell" });
    const report = await routes(audit, "subscribe", "shop.*");
    expect(ends(report, "from")).toEqual(["AUDIT shop.*", "APP tell", "SHOP orders.*.new", "SHOP legacy.*"]);
    expect(ends(report, "to")).toEqual(["AUDIT shop.*", "AUDIT shop.eu", "AUDIT shop.*", "AUDIT shop.*"]);
    expect(stepsOf(report.routes[3] as Route)).toEqual(["mapping legacy.*", "stream orders.*.new"]);
    expect(report.routes[0]?.share).toBeUndefined();
    expect(ends(await routes(audit, "subscribe", "shop.us"), "from")).toEqual([
      "AUDIT shop.us",
      "SHOP orders.us.new",
      "SHOP legacy.us",
    ]);
    // A subject that is mapped away does not come.
    expect(ends(await routes(shop, "subscribe", "legacy.x"), "from")).toEqual([]);
  });

  test("are those that the user may hear", async () => {
    const { account, shop } = await shops();
    await shop.addExport({ subject: "orders.*", type: "stream" });
    await shop.addExport({ subject: "secret", type: "stream" });
    await account.addImport({ from: shop, subject: "orders.*" });
    await account.addImport({ from: shop, subject: "secret", localSubject: "orders.secret" });
    const user = await account.addUser("u", { sub: { allow: ["orders.>", "jobs q"], deny: ["orders.secret"] } });
    const report = await routes(user, "subscribe", "orders.*");
    expect(report.permission?.withheld).toEqual(["orders.secret"]);
    expect(ends(report, "from")).toEqual(["APP orders.*", "SHOP orders.*"]);
    expect((await routes(user, "subscribe", "jobs")).routes).toEqual([]);
    expect((await routes(user, "subscribe", "jobs", { queue: "q" })).routes).toHaveLength(1);
  });
});

describe("an import that is dead", () => {
  /** An import of a private stream with an activation like this. */
  async function imported(token: (exporter: Account, importer: Account, seed: string) => Promise<string> | undefined) {
    const { store, shop, audit } = await shops();
    await shop.addExport({ subject: "orders.>", type: "stream", private: true });
    const made = await token(shop, audit, (await store.getKey(shop.publicKey)) as string);
    await audit.edit(({ nats }) => {
      const entry = { subject: "orders.*", account: shop.publicKey, type: "stream" } as const;
      nats.imports = [{ ...entry, ...(made !== undefined && { token: made }) }];
    });
    return { shop, audit };
  }
  const activation = (to: Account, seed: string, changes: { exp?: number; nbf?: number }) =>
    encode(
      { ...createActivationClaims(to.publicKey, { nats: { subject: "orders.*", kind: "stream" } }), ...changes },
      keyPairFromSeed(seed),
      { issuedAt: NOW - 10 },
    );

  test.each([
    ["ACTIVATION_MISSING", () => undefined],
    ["ACTIVATION_EXPIRED", (_: Account, to: Account, seed: string) => activation(to, seed, { exp: NOW - 1 })],
    ["NOT_YET_VALID", (_: Account, to: Account, seed: string) => activation(to, seed, { nbf: NOW + 60 })],
    [
      "ACTIVATION_INVALID",
      (of: Account, to: Account) =>
        encode(
          createActivationClaims(to.publicKey, {
            nats: { subject: "orders.*", kind: "stream", issuer_account: of.publicKey },
          }),
          createKeyPair("account"),
        ),
    ],
  ] as const)("says why: %s", async (code, token) => {
    const { shop, audit } = await imported(token);
    const out = await routes(shop, "publish", "orders.eu");
    expect(ends(out, "to")).toEqual(["SHOP orders.eu"]);
    expect(out.dead).toMatchObject([
      { code, step: { kind: "stream", importer: "AUDIT" }, at: { account: "AUDIT", subject: "orders.eu" } },
    ]);
    const back = await routes(audit, "subscribe", "orders.>");
    expect(ends(back, "from")).toEqual(["AUDIT orders.>"]);
    expect(back.dead).toMatchObject([{ code, at: { account: "SHOP", subject: "orders.*" } }]);
  });

  test("is alive when the time comes, and dead once it was revoked", async () => {
    const { shop, audit } = await imported((_, to, seed) => activation(to, seed, { nbf: NOW + 60 }));
    expect(ends(await routes(shop, "publish", "orders.eu", { now: NOW + 61 }), "to")).toHaveLength(2);
    await shop.revokeActivation("orders.>", audit);
    expect(only((await routes(shop, "publish", "orders.eu", { now: NOW + 61 })).dead).code).toBe("ACTIVATION_REVOKED");
  });

  test("may have nothing to import, nobody to import from, or a place that is not its own", async () => {
    const { account, shop, audit } = await shops();
    await shop.edit(({ nats }) => {
      nats.exports = [{ subject: "of.*.orders", type: "service", account_token_position: 2, token_req: true }];
    });
    const elsewhere = createKeyPair("account").publicKey;
    await audit.edit(({ nats }) => {
      nats.imports = [
        { subject: "gone", account: shop.publicKey, type: "service" },
        { subject: "far", account: elsewhere, type: "service" },
        {
          subject: `of.${account.publicKey}.orders`,
          local_subject: "theirs",
          account: shop.publicKey,
          type: "service",
        },
        { subject: `of.${audit.publicKey}.orders`, local_subject: "own", account: shop.publicKey, type: "service" },
      ];
    });
    const codes = async (subject: string) => (await routes(audit, "publish", subject)).dead.map(({ code }) => code);
    expect(await codes("gone")).toEqual(["IMPORT_UNMATCHED"]);
    expect(await codes("far")).toEqual(["IMPORT_UNKNOWN"]);
    expect(only((await routes(audit, "publish", "far")).dead)).toMatchObject({
      step: { exporter: elsewhere },
      at: { account: elsewhere, subject: "far" },
    });
    expect(await codes("theirs")).toEqual(["IMPORT_ACCOUNT_TOKEN"]);
    // The place in the subject is all that servers ask for.
    expect(await codes("own")).toEqual([]);
    expect(ends(await routes(audit, "publish", "own"), "to")[1]).toBe(`SHOP of.${audit.publicKey}.orders`);

    await shop.edit((claims) => {
      claims.exp = NOW + 60;
    });
    const later = { now: NOW + 61 };
    expect(only((await routes(audit, "publish", "own", later)).dead)).toMatchObject({ code: "EXPIRED" });
    expect(await routes(shop, "publish", "x", later)).toMatchObject({ routes: [], problem: { code: "EXPIRED" } });
    expect(await routes(shop, "subscribe", "x", later)).toMatchObject({ routes: [], problem: { code: "EXPIRED" } });
  });

  test("is none of two that servers take, the first that works", async () => {
    const { shop, audit } = await shops();
    await shop.addExport({ subject: "orders.>", type: "stream" });
    await audit.edit(({ nats }) => {
      const entry = { subject: "orders.*", account: shop.publicKey, type: "stream" } as const;
      nats.imports = [
        { ...entry, to: "bad.*" },
        { ...entry, local_subject: "a.$1" },
        { ...entry, local_subject: "b.$1" },
      ];
    });
    const report = await routes(shop, "publish", "orders.x");
    expect(ends(report, "to")).toEqual(["SHOP orders.x", "AUDIT a.x"]);
    expect(report.dead.map(({ code }) => code)).toEqual(["IMPORT_PREFIX", "IMPORT_TWICE"]);
  });

  test("is each of a circle, of which servers drop one", async () => {
    const { shop, audit } = await shops();
    await shop.addExport({ subject: "q", type: "service" });
    await audit.addExport({ subject: "q", type: "service" });
    await shop.addImport({ from: audit, subject: "q" });
    await audit.addImport({ from: shop, subject: "q" });
    expect((await routes(shop, "publish", "q")).dead.map(({ code }) => code)).toEqual(["IMPORT_CYCLE"]);
    expect((await routes(audit, "subscribe", "q")).dead.map(({ code }) => code)).toEqual(["IMPORT_CYCLE"]);
  });
});

test("what can't be read is told of, and in the way of nothing else", async () => {
  const { store, account, shop, audit } = await shops();
  await shop.addExport({ subject: "a", type: "stream" });
  await account.addImport({ from: shop, subject: "a" });
  await damage(store, ["local", "AUDIT"]);
  expect(audit.name).toBe("AUDIT");
  const report = await routes(shop, "publish", "a");
  expect(report.damaged).toEqual([["local", "AUDIT"]]);
  expect(ends(report, "to")).toEqual(["SHOP a", "APP a"]);
});

test("routes are refused for what is no account or user, no subject and no option", async () => {
  const { operator, account } = await shops();
  const user = await account.addUser("u");
  await expect(routes(operator as never, "publish", "a")).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(routes(undefined as never, "publish", "a")).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(routes(account, "listen" as never, "a")).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(routes(account, "publish", "a.*")).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(routes(account, "subscribe", "a..b")).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(routes(account, "subscribe", "a", { queue: "q" })).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(routes(user, "publish", "a", { queue: "q" })).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(routes(account, "publish", "a", { cluster: "" })).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(routes(account, "publish", "a", { now: 0.5 })).rejects.toThrowCode("ERR_ARGUMENT_INVALID");
  await expect(routes(account, "publish", "a", { serverVersion: "2.10.27" } as never)).rejects.toThrowCode(
    "ERR_ARGUMENT_INVALID",
  );
  await user.delete();
  await expect(routes(user, "publish", "a")).rejects.toThrowCode("ERR_ENTITY_NOT_FOUND");
});
