import { createKeyPair, Nsc } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { testFolder } from "../node/folders.ts";
import { keptKey, refused, tree, wire } from "./tree-fixtures.ts";

async function withService() {
  const made = await tree();
  return { ...made, service: await made.account.addUser("service") };
}

describe("auth callout", () => {
  test("is of users, accounts and a curve key whose seed is kept", async () => {
    const { operator, account, service, store } = await withService();
    const other = await operator.addAccount("OTHER");
    await account.setAuthCallout({ users: [service, service.publicKey], accounts: [other], xkey: true });
    const { authorization } = (await wire(store, ["local", "APP"])).nats;
    expect(authorization).toEqual({
      auth_users: [service.publicKey],
      allowed_accounts: [other.publicKey],
      xkey: expect.stringMatching(/^X/),
    });
    expect(await store.getKey(authorization.xkey as string)).toMatch(/^SX/);
  });

  test("changes in what is said", async () => {
    const { account, service, store } = await withService();
    const pair = createKeyPair("curve");
    await account.setAuthCallout({ users: [service], accounts: "*", xkey: pair.getSeed() });
    expect(await keptKey(store, pair.publicKey)).toBe(pair.publicKey);
    const second = createKeyPair("user").publicKey;
    await account.setAuthCallout({ users: [service, second] });
    expect(account.claims.nats.authorization).toEqual({
      auth_users: [service.publicKey, second],
      allowed_accounts: ["*"],
      xkey: pair.publicKey,
    });
    await account.setAuthCallout({ accounts: [], xkey: false });
    expect(account.claims.nats.authorization).toEqual({ auth_users: [service.publicKey, second] });
  });

  test("ends, and the seed of its key with it if it is to", async () => {
    for (const deleteKey of [false, true]) {
      const { account, service, store } = await withService();
      await account.setAuthCallout({ users: [service], xkey: true });
      const { xkey = "" } = account.claims.nats.authorization;
      await account.removeAuthCallout({ deleteKey });
      expect((await wire(store, ["local", "APP"])).nats.authorization).toEqual({});
      expect(await keptKey(store, xkey)).toBe(deleteKey ? undefined : xkey);
      await refused(store, () => account.removeAuthCallout(), "ERR_ENTITY_NOT_FOUND");
    }
  });

  test("has a key that goes with its account, unless another one has it, too", async () => {
    const { operator, account, service, store } = await withService();
    const other = await operator.addAccount("OTHER");
    await account.setAuthCallout({ users: [service], xkey: true });
    const { xkey = "" } = account.claims.nats.authorization;
    await other.setAuthCallout({ users: [await other.addUser("service")], xkey });
    await other.removeAuthCallout({ deleteKey: true });
    expect(await keptKey(store, xkey)).toBe(xkey);
    await account.delete({ deleteKeys: true });
    expect(await keptKey(store, xkey)).toBeUndefined();
  });

  test("has its key in nsc's folders, where nsc looks for it", async () => {
    const store = nscDirectory({ allDirs: testFolder(), env: {} });
    const account = await (await new Nsc({ store }).addOperator("local")).addAccount("APP");
    await account.setAuthCallout({ users: [await account.addUser("service")], xkey: true });
    const { xkey = "" } = account.claims.nats.authorization;
    expect(await keptKey(store, xkey)).toBe(xkey);
    const found: string[] = [];
    for await (const { code } of store.inspect()) found.push(code);
    expect(found).toEqual([]);
  });

  test("without anybody who authorizes is refused", async () => {
    const { account, service, store } = await withService();
    await refused(store, () => account.setAuthCallout({ accounts: "*" }), "ERR_ARGUMENT_INVALID", "say users");
    await refused(store, () => account.setAuthCallout({ users: [] }), "ERR_ARGUMENT_INVALID", "removeAuthCallout");
    await account.setAuthCallout({ users: [service] });
    await refused(store, () => account.setAuthCallout({ users: [] }), "ERR_ARGUMENT_INVALID");
  });

  test.each([
    ["a name in place of a key", { users: ["service"] }, "ERR_KEY_KIND"],
    ["a key of another kind", { users: [createKeyPair("account")] }, "ERR_KEY_KIND"],
    ["a user in place of an account", { accounts: [createKeyPair("user").publicKey] }, "ERR_KEY_KIND"],
    ["nothing in place of an account", { accounts: [null] }, "ERR_KEY_KIND"],
    ["a key that is no curve key", { xkey: createKeyPair("account").publicKey }, "ERR_KEY_KIND"],
    ["one user that is no list", { users: createKeyPair("user").publicKey }, "ERR_ARGUMENT_INVALID"],
    ["accounts that are no list", { accounts: ">" }, "ERR_ARGUMENT_INVALID"],
    ["an option that there is not", { curve: true }, "ERR_ARGUMENT_INVALID"],
    ["no object", undefined, "ERR_ARGUMENT_INVALID"],
  ] as const)("with %s is refused", async (_, init, code) => {
    const { account, service, store } = await withService();
    await account.setAuthCallout({ users: [service] });
    await refused(store, () => account.setAuthCallout(init as never), code);
  });
});
