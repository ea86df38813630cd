import { createKeyPair, createUserClaims, encode, lint } from "nsc.js";
import { describe, expect, test } from "vitest";
import { damage, NOW, only, tokenAt } from "../tree-fixtures.ts";
import { codes, DAY, pairOf, plant, sound, the } from "./lint-fixtures.ts";

test("a sound tree has nothing to find", async () => {
  expect(await codes((await sound()).operator)).toEqual([]);
});

describe("times", () => {
  test("that are over or soon will be are told of", async () => {
    const { operator, clock } = await sound();
    clock.now += 70 * DAY;
    expect(await codes(operator)).toEqual(["EXPIRES_SOON SHOP/bob"]);
    expect(await codes(operator, { within: "1d" })).toEqual([]);
    expect(await codes(operator, { within: "2y" })).toEqual(["EXPIRES_SOON SHOP", "EXPIRES_SOON SHOP/bob"]);
    expect(await codes(operator, { now: NOW + 91 * DAY })).toEqual(["EXPIRED SHOP/bob"]);
    expect((await lint(operator, { now: NOW + 91 * DAY }))[0]).toMatchObject({ level: "error", path: ["exp"] });
  });

  test("that have not come are worth knowing", async () => {
    const { operator } = await sound();
    const shop = await operator.account("SHOP");
    await shop.addUser("carol", { notBefore: new Date((NOW + DAY) * 1000) });
    expect(await the(operator, "NOT_YET_VALID")).toMatchObject({ level: "info", path: ["nbf"] });
  });
});

describe("signers", () => {
  test("that are gone leave what they signed", async () => {
    const { operator } = await sound();
    const shop = await operator.account("SHOP");
    const key = shop.claims.nats.signing_keys?.find((each) => typeof each === "string");
    await shop.addSigningKey();
    await shop.removeSigningKey(key as string, { force: true });
    const found = (await lint(operator)).map(({ code, entity }) => `${code} ${entity.path.slice(1).join("/")}`);
    expect(found).toEqual(expect.arrayContaining(["ISSUER_GONE SHOP/bob", "ACTIVATION_INVALID AUDIT"]));
    const [operatorKey] = operator.claims.nats.signing_keys ?? [];
    await operator.removeSigningKey(operatorKey ?? "", { force: true });
    const all = await codes(operator);
    for (const name of ["AUDIT", "SHOP", "SYS"]) expect(all).toContain(`ISSUER_GONE ${name}`);
  });

  test("that are identities are told of where signing keys are demanded", async () => {
    const made = await sound();
    const { store, operator } = made;
    const identity = await pairOf(made, operator.publicKey);
    const claims = structuredClone(operator.claims) as typeof operator.claims & {
      nats: { strict_signing_key_usage: boolean };
    };
    claims.nats.strict_signing_key_usage = true;
    const token = await encode(claims, identity, { issuedAt: NOW + 1 });
    await store.commit({ tokens: [{ path: ["local"], token }] });
    const audit = await operator.account("AUDIT");
    const user = createKeyPair("user");
    const signed = await encode(createUserClaims(user.publicKey, { name: "u" }), await pairOf(made, audit.publicKey));
    await store.commit({ tokens: [{ path: ["local", "AUDIT", "u"], token: signed }] });
    expect(await codes(operator)).toEqual(["ISSUER_STRICT AUDIT/u"]);
  });
});

describe("limits", () => {
  test("of 0 lock people out", async () => {
    const made = await sound();
    const operator = await plant(made, "AUDIT", ({ nats }) => {
      nats.limits.conn = 0;
    });
    expect(await the(operator, "LIMIT_ZERO")).toMatchObject({
      level: "error",
      entity: { kind: "account", path: ["local", "AUDIT"] },
      path: ["nats", "limits", "conn"],
    });
    const user = createKeyPair("user");
    const audit = await operator.account("AUDIT");
    const token = await encode(
      createUserClaims(user.publicKey, { name: "u", nats: { subs: 0 } }),
      await pairOf(made, audit.publicKey),
    );
    await made.store.commit({ tokens: [{ path: ["local", "AUDIT", "u"], token }] });
    expect(await codes(operator)).toEqual(["LIMIT_ZERO AUDIT", "LIMIT_ZERO AUDIT/u"]);
  });

  test("of JetStream don't belong to the system account", async () => {
    const made = await sound();
    const operator = await plant(made, "SYS", ({ nats }) => {
      nats.limits.disk_storage = -1;
    });
    expect(await codes(operator)).toEqual(["SYSTEM_JETSTREAM SYS"]);
  });

  test("of servers for tokens are near", async () => {
    const { operator } = await sound();
    const audit = await operator.account("AUDIT");
    await audit.addUser("long", {
      pub: Array.from({ length: 200 }, (_, index) => `a.long.subject.of.some.kind.${index}`),
    });
    expect(await codes(operator)).toContain("TOKEN_SIZE AUDIT/long");
  });

  test("of servers for tokens of accounts are near", async () => {
    const made = await sound();
    const operator = await plant(made, "AUDIT", ({ nats }) => {
      const users = Array.from({ length: 9500 }, (_, index) => `U${String(index).padStart(55, "A")}`);
      nats.revocations = Object.fromEntries(users.map((user) => [user, NOW]));
    });
    expect(await the(operator, "TOKEN_SIZE")).toMatchObject({
      level: "warning",
      entity: { path: ["local", "AUDIT"] },
      fix: expect.stringContaining("compact its revocations"),
    });
  });
});

describe("imports", () => {
  test("of what nobody exports are told of", async () => {
    const { operator } = await sound();
    const shop = await operator.account("SHOP");
    await shop.removeExport("orders.>");
    expect(await the(operator, "IMPORT_UNMATCHED")).toMatchObject({
      level: "error",
      entity: { path: ["local", "AUDIT"] },
      path: ["nats", "imports", 0],
    });
    const audit = await operator.account("AUDIT");
    await audit.addImport({ from: createKeyPair("account").publicKey, subject: "news", type: "stream" });
    expect(await the(operator, "IMPORT_UNKNOWN")).toMatchObject({ level: "info" });
  });

  test("without an activation, or with one that was revoked or has expired", async () => {
    const { operator } = await sound();
    const [shop, audit] = [await operator.account("SHOP"), await operator.account("AUDIT")];
    await shop.revokeActivation("quote.*", audit);
    expect(await codes(operator)).toEqual(["ACTIVATION_REVOKED AUDIT"]);
    await audit.removeImport("quote.eu");
    const activation = await shop.issueActivation({ to: audit, subject: "quote.*", expires: "40d" });
    await audit.addImport({ from: shop, subject: "quote.eu", activation });
    expect(await codes(operator)).toEqual([]);
    expect(await codes(operator, { within: "50d" })).toEqual(["EXPIRES_SOON AUDIT"]);
    expect(await codes(operator, { now: NOW + 41 * DAY })).toEqual(["ACTIVATION_EXPIRED AUDIT"]);
    await audit.edit(({ nats }) => {
      for (const entry of nats.imports ?? []) delete entry.token;
    });
    expect(await the(operator, "ACTIVATION_MISSING")).toMatchObject({ path: ["nats", "imports", 1, "token"] });
  });

  test("with an activation for somebody or something else", async () => {
    const made = await sound();
    const shop = await made.operator.account("SHOP");
    const other = createKeyPair("account").publicKey;
    const activation = await shop.issueActivation({ to: other, subject: "quote.*" });
    const operator = await plant(made, "AUDIT", ({ nats }) => {
      for (const entry of nats.imports ?? []) if (entry.token !== undefined) entry.token = activation;
    });
    const finding = await the(operator, "ACTIVATION_INVALID");
    expect(finding.message).toContain(other);
  });

  test("that must name the importing account", async () => {
    const { operator } = await sound();
    const [shop, audit] = [await operator.account("SHOP"), await operator.account("AUDIT")];
    await shop.addExport({ subject: "of.*.>", type: "stream", accountTokenPosition: 2 });
    await audit.addImport({ from: shop, subject: `of.${audit.publicKey}.>` });
    expect(await codes(operator)).toEqual([]);
    await audit.addImport({ from: shop, subject: `of.${shop.publicKey}.x` });
    expect((await the(operator, "IMPORT_ACCOUNT_TOKEN")).fix).toContain(audit.publicKey);
  });

  test("that name the importing account need no activation, be they private or not", async () => {
    const { operator } = await sound();
    const [shop, audit] = [await operator.account("SHOP"), await operator.account("AUDIT")];
    await shop.edit(({ nats }) => {
      nats.exports?.push({ subject: "of.*.>", type: "stream", account_token_position: 2, token_req: true });
    });
    await audit.edit(({ nats }) => {
      nats.imports?.push({ account: shop.publicKey, subject: `of.${audit.publicKey}.>`, type: "stream" });
    });
    expect(await codes(operator)).toEqual([]);
    await audit.edit(({ nats }) => {
      nats.imports?.push({ account: shop.publicKey, subject: `of.${shop.publicKey}.x`, type: "stream" });
    });
    expect(await codes(operator)).toEqual(["IMPORT_ACCOUNT_TOKEN AUDIT"]);
  });

  test("that overlap, and services that lead back", async () => {
    const { operator } = await sound();
    const [a, b, c] = [await operator.addAccount("A"), await operator.addAccount("B"), await operator.addAccount("C")];
    for (const account of [a, b, c]) {
      await account.addExport({ subject: "q", type: "service" });
      await account.addExport({ subject: "s.>", type: "stream" });
    }
    await a.addImport({ from: b, subject: "q", type: "service" });
    await b.addImport({ from: c, subject: "q", type: "service" });
    expect(await codes(operator)).toEqual([]);
    await c.addImport({ from: a, subject: "q", type: "service" });
    expect(await codes(operator)).toEqual(["IMPORT_CYCLE A", "IMPORT_CYCLE B", "IMPORT_CYCLE C"]);
    await c.removeImport("q");
    await a.addImport({ from: b, subject: "s.>", type: "stream" });
    await a.addImport({ from: c, subject: "s.x", type: "stream" });
    expect(await codes(operator)).toEqual(["IMPORT_OVERLAP A"]);
    await a.removeImport("s.x");
    await a.addImport({ from: c, subject: "s.x", type: "stream", localSubject: "t.x" });
    expect(await codes(operator)).toEqual([]);
  });
});

describe("users", () => {
  test("that are revoked, or bearers where there may be none", async () => {
    const made = await sound();
    const shop = await made.operator.account("SHOP");
    await shop.addUser("open", { bearer: true });
    await shop.revoke(await shop.user("bob"));
    const operator = await plant(made, "SHOP", ({ nats }) => {
      nats.limits.disallow_bearer = true;
    });
    expect(await codes(operator)).toEqual(["USER_REVOKED SHOP/bob", "USER_BEARER SHOP/open"]);
  });

  test("that leave their role, or whose name is wildcards in it", async () => {
    const made = await sound();
    const { operator, store } = made;
    const shop = await operator.account("SHOP");
    const key = only([...shop.roles]).key;
    const role = await pairOf(made, key);
    for (const [name, nats] of [
      ["greedy", { subs: -1, data: -1, payload: -1 }],
      [">", {}],
    ] as const) {
      const user = createKeyPair("user");
      const claims = createUserClaims(user.publicKey, { name });
      Object.assign(claims.nats, { subs: 0, data: 0, payload: 0, issuer_account: shop.publicKey, ...nats });
      const place = name === ">" ? "injected" : name;
      await store.commit({ tokens: [{ path: ["local", "SHOP", place], token: await encode(claims, role) }] });
    }
    expect(await codes(operator)).toEqual(["USER_SCOPE SHOP/greedy", "USER_TEMPLATE SHOP/injected"]);
    expect((await the(operator, "USER_TEMPLATE")).message).toContain('">"');
  });
});

test("users that don't name their account, or allow no connection", async () => {
  const made = await sound();
  const { operator, store } = made;
  const shop = await operator.account("SHOP");
  const plain = shop.claims.nats.signing_keys?.find((each) => typeof each === "string") as string;
  const [identity, signing] = [await pairOf(made, shop.publicKey), await pairOf(made, plain)];
  const other = createKeyPair("account").publicKey;
  for (const [name, signer, nats] of [
    ["1-unnamed", signing, {}],
    ["2-of-another", signing, { issuer_account: other }],
    ["3-identity", identity, {}],
    ["4-named", identity, { issuer_account: shop.publicKey }],
    ["5-pigeon", identity, { allowed_connection_types: ["PIGEON"] }],
    ["6-some", identity, { allowed_connection_types: ["PIGEON", "standard"] }],
    ["7-negative", identity, { subs: -2 }],
  ] as const) {
    const claims = createUserClaims(createKeyPair("user").publicKey, { name, nats: nats as never });
    await store.commit({ tokens: [{ path: ["local", "SHOP", name], token: await encode(claims, signer) }] });
  }
  expect(await codes(operator)).toEqual([
    "USER_ACCOUNT SHOP/1-unnamed",
    "USER_ACCOUNT SHOP/2-of-another",
    "USER_CONNECTIONS SHOP/5-pigeon",
    "LIMIT_ZERO SHOP/7-negative",
  ]);
});

test("accounts with one key, and an operator that has expired", async () => {
  const { operator, store } = await sound();
  await store.commit({ tokens: [{ path: ["local", "TWIN"], token: await tokenAt(store, ["local", "SHOP"]) }] });
  expect(await codes(operator)).toEqual(["ACCOUNT_TWICE TWIN"]);
  await store.commit({ deletes: [{ path: ["local", "TWIN"] }] });
  await operator.edit((claims) => {
    claims.exp = NOW + DAY;
  });
  expect(await lint(operator, { now: NOW + 2 * DAY })).toMatchObject([{ code: "EXPIRED", level: "warning" }]);
});

test("an operator that can't be read any more is a finding, and its keys are not taken for nobody's", async () => {
  const { operator, store } = await sound();
  await damage(store, ["local", "SHOP"]);
  expect(await codes(operator)).toEqual(["DAMAGED SHOP", "IMPORT_UNKNOWN AUDIT", "IMPORT_UNKNOWN AUDIT"]);
  await damage(store, ["local"]);
  expect((await lint(operator))[0]).toMatchObject({ code: "DAMAGED", entity: { kind: "operator" } });
});

describe("the rest", () => {
  test("a system account that is not there, or not named", async () => {
    const made = await sound();
    const { nsc } = made;
    const bare = await nsc.addOperator("bare");
    expect(await lint(bare)).toMatchObject([{ code: "SYSTEM_ACCOUNT", level: "warning" }]);
    await bare.edit(({ nats }) => {
      nats.system_account = createKeyPair("account").publicKey;
    });
    expect(await lint(bare)).toMatchObject([{ code: "SYSTEM_ACCOUNT", level: "error" }]);
  });

  test("keys of nobody, and entities that can't be read", async () => {
    const { operator, store } = await sound();
    const stray = createKeyPair("user");
    await store.commit({ keys: [new TextDecoder().decode(stray.getSeed())] });
    const orphan = await the(operator, "KEY_ORPHAN");
    expect(orphan.entity).toEqual({ kind: "key", path: ["local"], publicKey: stray.publicKey });
    const token = await tokenAt(store, ["local", "SHOP"]);
    await store.commit({ tokens: [{ path: ["local", "SHOP", "bob"], token }] });
    expect(await codes(operator)).toContain("DAMAGED SHOP/bob");
  });

  test("keys that a rotation has not left yet are somebody's", async () => {
    const { operator } = await sound();
    const shop = await operator.account("SHOP");
    const rotation = await (await shop.user("bob")).rotateKeyInStages();
    expect(await codes(operator)).toEqual([]);
    await rotation.retire();
    expect((await codes(operator)).filter((code) => !code.startsWith("KEY_ORPHAN"))).toEqual([]);
  });

  test("what Go would complain of", async () => {
    const made = await sound();
    const operator = await plant(made, "AUDIT", ({ nats }) => {
      nats.exports = [{ subject: "a b", type: "stream" }];
    });
    expect(await the(operator, "CLAIMS")).toMatchObject({ level: "error", path: ["nats", "exports", 0, "subject"] });
  });

  test("says what it can't look at, and changes nothing", async () => {
    const { operator, store } = await sound();
    const before = await store.dump();
    await lint(operator);
    expect(await store.dump()).toEqual(before);
    await expect(lint({} as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(lint(operator, { within: "soon" })).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(lint(operator, { now: 1.5 })).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(lint(operator, { until: 1 } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
