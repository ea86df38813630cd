import {
  createActivationClaims,
  createKeyPair,
  decode,
  encode,
  keyPairFromPublicKey,
  Nsc,
  type Operator,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { NOW, refused, tree, wire, wireOf, world } from "./tree-fixtures.ts";

/** An operator with accounts SHOP and AUDIT, each with a signing key. */
async function market(strict = false) {
  const made = world();
  const operator = await made.nsc.addOperator("local", { signingKey: true });
  const shop = await operator.addAccount("SHOP", { signingKey: true });
  const audit = await operator.addAccount("AUDIT", { signingKey: true });
  if (strict) await operator.requireSigningKeys();
  return { ...made, operator, shop, audit };
}

describe("exports", () => {
  test("have what nsc gives them", async () => {
    const { shop, store } = await market();
    await shop.addExport({ subject: "orders.>", type: "stream" });
    await shop.addExport({
      subject: "quote.*",
      type: "service",
      name: "quotes",
      private: true,
      responseType: "Stream",
      responseThreshold: "1.5s",
      latency: { results: "latency.quote", sampling: 20 },
      allowTrace: true,
      description: "what it costs",
      infoUrl: "https://example.com/quotes",
    });
    const { nats } = await wire(store, ["local", "SHOP"]);
    expect(nats.exports).toEqual([
      { name: "orders.>", subject: "orders.>", type: "stream" },
      {
        name: "quotes",
        subject: "quote.*",
        type: "service",
        token_req: true,
        response_type: "Stream",
        response_threshold: 1_500_000_000,
        service_latency: { sampling: 20, results: "latency.quote" },
        allow_trace: true,
        description: "what it costs",
        info_url: "https://example.com/quotes",
      },
    ]);
  });

  test("can carry the key of who imports", async () => {
    const { shop, store } = await market();
    await shop.addExport({ subject: "of.*.>", type: "stream", accountTokenPosition: 2 });
    expect((await wire(store, ["local", "SHOP"])).nats.exports?.[0]?.account_token_position).toBe(2);
    await refused(
      store,
      () => shop.addExport({ subject: "by.*", type: "stream", private: true, accountTokenPosition: 2 }),
      "ERR_ARGUMENT_INVALID",
      "public",
    );
    await refused(
      store,
      () => shop.addExport({ subject: "at.x", type: "stream", accountTokenPosition: 2 }),
      "ERR_CLAIMS_INVALID",
    );
  });

  test("are removed, where it is clear which", async () => {
    const { shop, store } = await market();
    await shop.addExport({ subject: "a", type: "stream" });
    await shop.addExport({ subject: "a", type: "service" });
    await refused(store, () => shop.removeExport("a"), "ERR_ARGUMENT_INVALID", "say type");
    await shop.removeExport("a", { type: "stream" });
    expect((await wire(store, ["local", "SHOP"])).nats.exports).toEqual([
      { name: "a", subject: "a", type: "service", response_type: "Singleton" },
    ]);
    await shop.removeExport("a");
    expect((await wire(store, ["local", "SHOP"])).nats.exports).toBeUndefined();
    await refused(store, () => shop.removeExport("a"), "ERR_ENTITY_NOT_FOUND", '"a"');
  });

  test.each([
    ["no subject", { type: "stream" }],
    ["an empty subject", { subject: "", type: "stream" }],
    ["no type", { subject: "a" }],
    ["another type", { subject: "a", type: "queue" }],
    ["an option that there is not", { subject: "a", type: "stream", isPrivate: true }],
    ["private as a text", { subject: "a", type: "stream", private: "no" }],
    ["a threshold without a unit", { subject: "a", type: "service", responseThreshold: "5" }],
    ["a sampling of 0", { subject: "a", type: "service", latency: { results: "l", sampling: 0 } }],
  ])("are refused with %s", async (_, init) => {
    const { shop, store } = await market();
    await refused(store, () => shop.addExport(init as never), "ERR_ARGUMENT_INVALID");
  });

  test("that servers would not load are refused, and those that are there already", async () => {
    const { shop, store } = await market();
    await shop.addExport({ subject: "a.*", type: "stream" });
    await refused(store, () => shop.addExport({ subject: "a.*", type: "stream" }), "ERR_ENTITY_EXISTS");
    await refused(store, () => shop.addExport({ subject: "a b", type: "stream" }), "ERR_CLAIMS_INVALID");
    const traced = { subject: "b", type: "stream", allowTrace: true } as const;
    await refused(store, () => shop.addExport(traced), "ERR_CLAIMS_INVALID");
  });
});

describe("imports", () => {
  test("of an account of the store take over what it exports", async () => {
    const { shop, audit, store } = await market();
    await shop.addExport({ subject: "orders.>", type: "stream", name: "orders" });
    await audit.addImport({ from: shop, subject: "orders.*.new", localSubject: "shop.$1" });
    expect((await wire(store, ["local", "AUDIT"])).nats.imports).toEqual([
      { name: "orders", subject: "orders.*.new", account: shop.publicKey, local_subject: "shop.$1", type: "stream" },
    ]);
  });

  test("of a private export are activated by the key that the policy says", async () => {
    const { shop, audit, store } = await market();
    await shop.addExport({ subject: "orders.>", type: "stream", private: true });
    await audit.addImport({ from: shop, subject: "orders.eu.>" });
    const [added] = (await wire(store, ["local", "AUDIT"])).nats.imports ?? [];
    const activation = wireOf<{ sub: string; iss: string; iat: number; nats: Record<string, unknown> }>(
      added?.token ?? "",
    );
    expect(activation).toMatchObject({
      sub: audit.publicKey,
      iss: shop.claims.nats.signing_keys?.[0],
      iat: NOW,
      nats: { type: "activation", kind: "stream", subject: "orders.eu.>", issuer_account: shop.publicKey },
    });
  });

  test("can be made with their export in one transaction, or not at all", async () => {
    const { nsc, store } = await market();
    await nsc.transaction(async (tx) => {
      const operator = await tx.operator("local");
      const [shop, audit] = [await operator.account("SHOP"), await operator.account("AUDIT")];
      await shop.addExport({ subject: "q", type: "service", private: true });
      await audit.addImport({ from: shop, subject: "q", share: true });
    });
    const [added] = (await wire(store, ["local", "AUDIT"])).nats.imports ?? [];
    expect(added).toMatchObject({ subject: "q", type: "service", share: true });
    expect(decode(added?.token ?? "", { kind: "activation" }).nats.subject).toBe("q");
  });

  test("of an account elsewhere need what it says", async () => {
    const { audit, store } = await market();
    const elsewhere = createKeyPair("account");
    await audit.addImport({ from: elsewhere.publicKey, subject: "news.>", type: "stream", name: "news" });
    const claims = createActivationClaims(audit.publicKey, {
      name: "quotes",
      nats: { subject: "q.>", kind: "service" },
    });
    const activation = await encode(claims, elsewhere);
    await audit.addImport({ activation, subject: "q.eu" });
    expect((await wire(store, ["local", "AUDIT"])).nats.imports).toEqual([
      { name: "news", subject: "news.>", account: elsewhere.publicKey, type: "stream" },
      { name: "quotes", subject: "q.eu", account: elsewhere.publicKey, token: activation, type: "service" },
    ]);
    await refused(store, () => audit.addImport({ from: elsewhere.publicKey, subject: "x" }), "ERR_ARGUMENT_INVALID");
    await refused(store, () => audit.addImport({ subject: "x", type: "stream" }), "ERR_KEY_KIND");
  });

  test("with an activation that does not fit are refused", async () => {
    const { shop, audit, operator, store } = await market();
    const elsewhere = createKeyPair("account");
    const claims = createActivationClaims(audit.publicKey, { nats: { subject: "q.>", kind: "service" } });
    const activation = await encode(claims, elsewhere);
    const third = await operator.addAccount("THIRD");
    await refused(store, () => third.addImport({ activation }), "ERR_ARGUMENT_INVALID", audit.publicKey);
    await refused(store, () => audit.addImport({ activation, subject: "r" }), "ERR_ARGUMENT_INVALID", '"q.>"');
    await refused(store, () => audit.addImport({ activation, type: "stream" }), "ERR_ARGUMENT_INVALID", "service");
    const other = { activation, from: shop.publicKey };
    await refused(store, () => audit.addImport(other), "ERR_ARGUMENT_INVALID", elsewhere.publicKey);
    await refused(store, () => audit.addImport({ activation: `${activation}x` }), "ERR_JWT_SIGNATURE");
    const own = await encode(createActivationClaims(audit.publicKey, { nats: { subject: "q", kind: "stream" } }), {
      publicKey: shop.publicKey,
      sign: () => new Uint8Array(64),
    } as never).catch(() => "none");
    expect(own).toBe("none");
  });

  test("of what is not exported, of oneself, or twice are refused", async () => {
    const { shop, audit, store } = await market();
    await shop.addExport({ subject: "a.*", type: "stream" });
    await refused(store, () => audit.addImport({ from: shop, subject: "b" }), "ERR_ENTITY_NOT_FOUND", '"b"');
    await refused(store, () => audit.addImport({ from: shop, subject: "a.>" }), "ERR_ENTITY_NOT_FOUND");
    const service = { from: shop, subject: "a.x", type: "service" } as const;
    await refused(store, () => audit.addImport(service), "ERR_ENTITY_NOT_FOUND", "service");
    await refused(store, () => shop.addImport({ from: shop, subject: "a.x" }), "ERR_ARGUMENT_INVALID", "itself");
    await audit.addImport({ from: shop, subject: "a.x" });
    await refused(store, () => audit.addImport({ from: shop, subject: "a.x" }), "ERR_ENTITY_EXISTS");
    await shop.addExport({ subject: "a.x", type: "service" });
    await refused(store, () => audit.addImport({ from: shop, subject: "a.x" }), "ERR_ARGUMENT_INVALID", "say type");
    const foreign = await (await tree()).account;
    await refused(store, () => audit.addImport({ from: foreign, subject: "a.x" }), "ERR_HANDLE_FOREIGN");
  });

  test("are removed, where it is clear which", async () => {
    const { audit, store } = await market();
    const [one, two] = [createKeyPair("account").publicKey, createKeyPair("account").publicKey];
    for (const from of [one, two]) await audit.addImport({ from, subject: "news", type: "stream" });
    await refused(store, () => audit.removeImport("news"), "ERR_ARGUMENT_INVALID", one, two);
    await audit.removeImport("news", { from: one });
    expect((await wire(store, ["local", "AUDIT"])).nats.imports?.map(({ account }) => account)).toEqual([two]);
    await audit.removeImport("news");
    expect((await wire(store, ["local", "AUDIT"])).nats.imports).toBeUndefined();
    await refused(store, () => audit.removeImport("news"), "ERR_ENTITY_NOT_FOUND");
  });
});

describe("activations", () => {
  test("are signed for the account that is named, by a key of the exporting one", async () => {
    const { shop } = await market();
    await shop.addExport({ subject: "q.*", type: "service", private: true });
    const partner = createKeyPair("account").publicKey;
    const claims = wireOf<Record<string, unknown>>(
      await shop.issueActivation({
        to: partner,
        subject: "q.eu",
        expires: "1h",
        notBefore: new Date((NOW + 60) * 1000),
        signer: shop.publicKey,
      }),
    );
    expect(claims).toMatchObject({ sub: partner, iss: shop.publicKey, name: "q.eu", exp: NOW + 3600, nbf: NOW + 60 });
    expect(claims["nats"]).toEqual({ subject: "q.eu", kind: "service", type: "activation", version: 2 });
  });

  test("come after their revocation", async () => {
    const { shop, audit, store, clock } = await market();
    await shop.addExport({ subject: "q", type: "service", private: true });
    await shop.revokeActivation("q", audit);
    await shop.revokeActivation("q", "*", { at: new Date((NOW + 5) * 1000) });
    expect((await wire(store, ["local", "SHOP"])).nats.exports?.[0]?.revocations).toEqual({
      "*": NOW + 5,
      [audit.publicKey]: NOW,
    });
    const token = await shop.issueActivation({ to: audit, subject: "q" });
    expect(wireOf<{ iat: number }>(token).iat).toBe(NOW + 6);
    await shop.clearActivationRevocation("q", "*");
    clock.now += 1;
    expect(wireOf<{ iat: number }>(await shop.issueActivation({ to: audit, subject: "q" })).iat).toBe(NOW + 1);
    await shop.clearActivationRevocation("q", audit.publicKey);
    expect((await wire(store, ["local", "SHOP"])).nats.exports?.[0]).not.toHaveProperty("revocations");
    await refused(store, () => shop.clearActivationRevocation("q", audit), "ERR_ENTITY_NOT_FOUND");
  });

  test("are refused where nobody needs or could use them", async () => {
    const { shop, audit, store } = await market();
    await shop.addExport({ subject: "open.>", type: "stream" });
    await shop.addExport({ subject: "q.*", type: "service", private: true });
    const issue = (init: object) => () => shop.issueActivation({ to: audit, ...init } as never);
    await refused(store, issue({ subject: "open.x" }), "ERR_ENTITY_NOT_FOUND", "public");
    await refused(store, issue({ subject: "none" }), "ERR_ENTITY_NOT_FOUND", "not exported");
    await refused(store, issue({ subject: "q.x", type: "stream" }), "ERR_ENTITY_NOT_FOUND");
    await refused(store, issue({ subject: "q.x", to: createKeyPair("user").publicKey }), "ERR_KEY_KIND");
    await refused(store, issue({ subject: "q.x", expires: new Date(NOW * 1000) }), "ERR_ARGUMENT_INVALID", "past");
    await refused(store, issue({ subject: "q.x", until: "1h" }), "ERR_ARGUMENT_INVALID", "until");
    await refused(store, () => shop.revokeActivation("open.>", "*"), "ERR_ARGUMENT_INVALID", "public");
    await refused(store, () => shop.revokeActivation("none", "*"), "ERR_ENTITY_NOT_FOUND");
    await refused(store, () => shop.revokeActivation("q.*", "SHOP"), "ERR_KEY_KIND");
  });

  test("are signed by signing keys alone where they are demanded", async () => {
    const { shop, audit, store } = await market(true);
    await shop.addExport({ subject: "q", type: "service", private: true });
    const identity = { to: audit, subject: "q", signer: shop.publicKey };
    await refused(store, () => shop.issueActivation(identity), "ERR_SIGNER_STRICT");
    await audit.addImport({ from: shop, subject: "q" });
    const [added] = (await wire(store, ["local", "AUDIT"])).nats.imports ?? [];
    expect(wireOf<{ iss: string }>(added?.token ?? "").iss).toBe(shop.claims.nats.signing_keys?.[0]);
  });

  test("can be signed by a key that is elsewhere, and are refused where it is missing", async () => {
    const held = createKeyPair("account");
    const { nsc, store } = world({ resolveSigner: (key) => (key === held.publicKey ? held : undefined) });
    const operator: Operator = await nsc.addOperator("local");
    const shop = await operator.addAccount("SHOP", { key: held.publicKey });
    const audit = await operator.addAccount("AUDIT");
    await shop.addExport({ subject: "q", type: "service", private: true });
    await audit.addImport({ from: shop, subject: "q" });
    const missing = await operator.addAccount("LOST", { key: createKeyPair("account").publicKey });
    await missing.addExport({ subject: "q", type: "service", private: true });
    await refused(
      store,
      () => audit.addImport({ from: missing, subject: "q" }),
      "ERR_SIGNER_MISSING",
      missing.publicKey,
    );
    expect(keyPairFromPublicKey(missing.publicKey).publicKey).toBe(missing.publicKey);
  });

  test("of an account that waits for a commit can't be issued", async () => {
    const { nsc } = await market();
    await nsc.transaction(async (tx) => {
      const shop = await (await tx.operator("local")).account("SHOP");
      await shop.addExport({ subject: "q", type: "service", private: true });
      const issuing = shop.issueActivation({ to: createKeyPair("account").publicKey, subject: "q" });
      await expect(issuing).toThrowCode("ERR_TRANSACTION");
    });
    expect(nsc).toBeInstanceOf(Nsc);
  });
});
