import { type AddAuthCalloutAccountOptions, createKeyPair, decode, lint, type NscErrorCode, parseCreds } from "nsc.js";
import { describe, expect, test } from "vitest";
import { keptKey, refused, tree, wire } from "./tree-fixtures.ts";

describe("addAuthCalloutAccount", () => {
  test("makes the account, the service and the sentinel in one commit", async () => {
    const { operator, account: app, store } = await tree();
    store.calls.length = 0;
    const { account, service, sentinel } = await operator.addAuthCalloutAccount("AUTH", { accounts: [app] });
    expect(store.calls.filter((call) => call === "commit")).toHaveLength(1);
    const { authorization, signing_keys } = (await wire(store, ["local", "AUTH"])).nats;
    expect(signing_keys).toHaveLength(1);
    expect(authorization).toEqual({
      auth_users: [service.publicKey],
      allowed_accounts: [app.publicKey],
      xkey: expect.stringMatching(/^X/),
    });
    expect(await keptKey(store, authorization.xkey ?? "")).toBe(authorization.xkey);
    expect([account.name, service.name, sentinel?.name]).toEqual(["AUTH", "service", "sentinel"]);
    // What servers grant by it, tests of callouts show.
    expect((await wire(store, ["local", "AUTH", "service"])).nats).toMatchObject({
      pub: { deny: [">"] },
      sub: { allow: ["$SYS.REQ.USER.AUTH", "_INBOX.>"] },
      resp: { max: 1 },
      subs: -1,
    });
    const { nats } = await wire(store, ["local", "AUTH", "sentinel"]);
    expect(nats).toMatchObject({ pub: { deny: [">"] }, sub: { deny: [">"] }, bearer_token: true, subs: -1 });
    for (const user of [service, sentinel]) {
      const { token } = parseCreds((await user?.creds()) ?? "");
      expect(decode(token, { kind: "user" }).nats.issuer_account).toBe(account.publicKey);
    }
    expect((await lint(operator)).filter(({ path }) => path.includes("AUTH"))).toEqual([]);
  });

  test("makes what it is told to", async () => {
    const { operator, store } = await tree();
    const [key, signingKey, xkey] = [createKeyPair("account"), createKeyPair("account"), createKeyPair("curve")];
    const { account, service, sentinel } = await operator.addAuthCalloutAccount("AUTH", {
      key,
      signingKey,
      xkey: xkey.getSeed(),
      accounts: "*",
      tags: ["logins"],
      service: { name: "callout", sub: ["$SYS.REQ.USER.AUTH", "$SRV.>", "_INBOX.>"] },
      sentinel: { name: "anybody", bearer: false, expires: "90d" },
    });
    expect(account.publicKey).toBe(key.publicKey);
    expect(account.claims.nats).toMatchObject({
      tags: ["logins"],
      signing_keys: [signingKey.publicKey],
      authorization: { allowed_accounts: ["*"], xkey: xkey.publicKey },
    });
    expect(service.name).toBe("callout");
    expect(service.claims.nats.sub).toEqual({ allow: ["$SYS.REQ.USER.AUTH", "$SRV.>", "_INBOX.>"] });
    expect(service.claims.nats.pub).toEqual({ deny: [">"] });
    expect(sentinel?.claims.nats.bearer_token).toBeUndefined();
    expect(sentinel?.claims.exp).toBeGreaterThan(0);
    expect(await keptKey(store, xkey.publicKey)).toBe(xkey.publicKey);
  });

  test("does without a curve key, a signing key and a sentinel if it is to", async () => {
    const { operator, store } = await tree();
    const { account, sentinel } = await operator.addAuthCalloutAccount("AUTH", {
      xkey: false,
      signingKey: false,
      sentinel: false,
    });
    expect(sentinel).toBeUndefined();
    expect(account.claims.nats.signing_keys).toBeUndefined();
    expect(account.claims.nats.authorization.xkey).toBeUndefined();
    expect(await store.read(["local", "AUTH", "sentinel"])).toBeUndefined();
  });

  test("works under an operator that demands signing keys, and in a transaction", async () => {
    const { nsc, operator } = await tree();
    await operator.requireSigningKeys();
    await nsc.transaction(async (tx) => {
      await (await tx.operator("local")).addAuthCalloutAccount("AUTH");
    });
    const account = await operator.account("AUTH");
    expect((await account.user("service")).claims.iss).toBe(account.claims.nats.signing_keys?.[0]);
  });

  test.each<[string, unknown, NscErrorCode]>([
    ["a template", { template: {} }, "ERR_ARGUMENT_INVALID"],
    ["no object", null, "ERR_ARGUMENT_INVALID"],
    ["an option that there is not", { users: ["service"] }, "ERR_ARGUMENT_INVALID"],
    ["a service that is none", { service: "service" }, "ERR_ARGUMENT_INVALID"],
    ["a sentinel that is none", { sentinel: null }, "ERR_ARGUMENT_INVALID"],
    ["a name that is none", { sentinel: { name: "a/b" } }, "ERR_NAME_INVALID"],
    ["two users of one name", { sentinel: { name: "service" } }, "ERR_ENTITY_EXISTS"],
    ["a curve key of another kind", { xkey: createKeyPair("user").getSeed() }, "ERR_KEY_KIND"],
    ["accounts that are none", { accounts: ["APP"] }, "ERR_KEY_KIND"],
  ])("with %s is refused, and nothing is added", async (_, options, code) => {
    const { operator, store } = await tree();
    await refused(store, () => operator.addAuthCalloutAccount("AUTH", options as AddAuthCalloutAccountOptions), code);
    await refused(store, () => operator.addAuthCalloutAccount("APP"), "ERR_ENTITY_EXISTS");
  });
});
