import { createKeyPair, type ImportInit, lint, Nsc } from "nsc.js";
import { describe, expect, test } from "vitest";
import { read } from "./signer-fixtures.ts";
import { NOW, only, refused, wire, world } from "./tree-fixtures.ts";

/** An operator with accounts SHOP and AUDIT, and another one with PARTNER. */
async function market() {
  const made = world();
  const operator = await made.nsc.addOperator("local");
  const shop = await operator.addAccount("SHOP", { signingKey: true });
  const audit = await operator.addAccount("AUDIT");
  const partner = await (await new Nsc().addOperator("there")).addAccount("PARTNER");
  return { ...made, operator, shop, audit, partner };
}

describe("what an export offers", () => {
  test("is imported elsewhere as it is handed over", async () => {
    const { shop, partner } = await market();
    await shop.addExport({ subject: "orders.>", type: "stream", name: "orders" });
    const offer = await shop.matchingImport({ to: partner });
    expect(offer).toEqual({ from: shop.publicKey, subject: "orders.>", type: "stream", name: "orders" });
    await partner.addImport({ ...(JSON.parse(JSON.stringify(offer)) as ImportInit), localSubject: "shop.>" });
    expect(only(partner.claims.nats.imports)).toEqual({
      ...{ name: "orders", subject: "orders.>", account: shop.publicKey, type: "stream" },
      local_subject: "shop.>",
    });
  });

  test("has an activation with it where it is private", async () => {
    const { shop, partner } = await market();
    await shop.addExport({ subject: "quote.*", type: "service", private: true });
    const to = partner.publicKey;
    const offer = await shop.matchingImport({ to, subject: "quote.eu", expires: "1y" });
    const { activation = "", ...rest } = offer;
    expect(rest).toEqual({ from: shop.publicKey, subject: "quote.eu", type: "service", name: "quote.*" });
    expect(read(activation)).toMatchObject({
      iss: shop.claims.nats.signing_keys?.[0],
      sub: to,
      exp: NOW + 365 * 86_400,
      nats: { subject: "quote.eu", kind: "service", issuer_account: shop.publicKey },
    });
    await partner.addImport(offer);
    expect(only(partner.claims.nats.imports)).toMatchObject({ subject: "quote.eu", token: activation });
  });

  test("is of who imports, where a token of the subject says so", async () => {
    const { operator, shop, audit, partner, store } = await market();
    await shop.addExport({ subject: "of.*.>", type: "service", accountTokenPosition: 2 });
    expect((await shop.matchingImport({ to: partner })).subject).toBe(`of.${partner.publicKey}.>`);
    expect((await shop.matchingImport({ to: partner, subject: "of.*.a" })).subject).toBe(`of.${partner.publicKey}.a`);
    await audit.addImport({ from: shop, localSubject: "shop.>" });
    expect(only((await wire(store, ["local", "AUDIT"])).nats.imports)).toEqual({
      ...{ name: "of.*.>", account: shop.publicKey, type: "service" },
      ...{ subject: `of.${audit.publicKey}.>`, local_subject: "shop.>" },
    });
    expect((await lint(operator)).filter(({ level }) => level === "error")).toEqual([]);
    // Whoever says another key means it, and lint tells of it.
    const key = createKeyPair("account").publicKey;
    expect((await shop.matchingImport({ to: partner, subject: `of.${key}.a` })).subject).toBe(`of.${key}.a`);
  });

  test("need not be named, where there is but one", async () => {
    const { shop, audit, store } = await market();
    await refused(store, () => audit.addImport({ from: shop }), "ERR_ENTITY_NOT_FOUND", "SHOP");
    await refused(store, () => shop.matchingImport({ to: audit }), "ERR_ENTITY_NOT_FOUND", "SHOP");
    await shop.addExport({ subject: "a", type: "stream", private: true });
    await shop.addExport({ subject: "b", type: "service" });
    await refused(store, () => audit.addImport({ from: shop }), "ERR_ARGUMENT_INVALID", "say subject");
    await refused(store, () => shop.matchingImport({ to: audit }), "ERR_ARGUMENT_INVALID", "say subject");
    await audit.addImport({ from: shop, type: "stream" });
    const activation = await shop.issueActivation({ to: audit, subject: "a" });
    await audit.removeImport("a");
    await audit.addImport({ from: shop, activation });
    expect(only((await wire(store, ["local", "AUDIT"])).nats.imports)).toMatchObject({
      subject: "a",
      token: activation,
    });
  });

  test.each([
    ["a name in place of a key", { to: "PARTNER" }, "ERR_KEY_KIND"],
    ["a user's key", { to: createKeyPair("user") }, "ERR_KEY_KIND"],
    ["a subject that is not exported", { subject: "x" }, "ERR_ENTITY_NOT_FOUND"],
    ["another type", { subject: "orders.a", type: "service" }, "ERR_ENTITY_NOT_FOUND"],
    ["no type", { type: "queue" }, "ERR_ARGUMENT_INVALID"],
    ["an expiry where nothing expires", { subject: "orders.a", expires: "1d" }, "ERR_ARGUMENT_INVALID"],
    ["an option that there is not", { local: "a" }, "ERR_ARGUMENT_INVALID"],
  ] as const)("is refused with %s", async (_, init, code) => {
    const { shop, partner, store } = await market();
    await shop.addExport({ subject: "orders.>", type: "stream" });
    await refused(store, () => shop.matchingImport({ to: partner, ...(init as object) }), code);
  });

  test("is not known before it is signed", async () => {
    const { nsc, partner } = await market();
    await nsc.transaction(async (tx) => {
      const shop = await (await tx.operator("local")).account("SHOP");
      await shop.addExport({ subject: "a", type: "stream" });
      await expect(shop.matchingImport({ to: partner })).toThrowCode("ERR_TRANSACTION");
    });
  });
});
