import { existsSync } from "node:fs";
import { join } from "node:path";
import { createKeyPair, explain, Nsc, parseCreds } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { testFolder } from "../node/folders.ts";
import { keptKey, refused, tree, wire } from "./tree-fixtures.ts";

async function withUser() {
  const made = await tree();
  const user = await made.account.addUser("u", { pub: ["a.>"] });
  return { ...made, user, old: user.publicKey };
}

describe("another key of a user", () => {
  test("is in its creds, and those of the old one are revoked", async () => {
    const { operator, account, user, old, store } = await withUser();
    const other = await account.user("u");
    const before = user.token;
    const { from, to } = await user.rotateKey();
    expect([from, user.publicKey, other.publicKey]).toEqual([old, to, to]);
    const { token, seed } = parseCreds(await user.creds());
    expect([token, await store.getKey(to)]).toEqual([user.token, seed]);
    expect(await wire(store, ["local", "APP", "u"])).toMatchObject({
      sub: to,
      name: "u",
      nats: { pub: { allow: ["a.>"] } },
    });
    expect(await store.find(to)).toEqual([["local", "APP", "u"]]);
    expect([await store.find(old), await keptKey(store, old)]).toEqual([[], old]);
    expect([(await explain(token, operator)).accepted, (await explain(before, operator)).decision.rule]).toEqual([
      true,
      "REVOCATION",
    ]);
    await other.edit(({ nats }) => {
      nats.subs = 4;
    });
    expect(user.claims.nats.subs).toBe(4);
  });

  test("leaves the old one valid until it is revoked by hand", async () => {
    const { operator, account, user, old } = await withUser();
    const before = user.token;
    const { token } = account;
    await user.rotateKey({ revokeOld: false });
    expect([account.token, (await explain(before, operator)).accepted]).toEqual([token, true]);
    await account.revoke(old);
    expect((await explain(before, operator)).accepted).toBe(false);
    expect((await explain(user.token, operator)).accepted).toBe(true);
  });

  test("of a role keeps the role", async () => {
    const { operator, account } = await withUser();
    await account.addRole("web", { pub: ["orders.>"] });
    const user = await account.addUser("alice", { role: "web" });
    await user.rotateKey();
    expect([user.role, (await explain(user.token, operator)).accepted]).toEqual(["web", true]);
  });

  test("may be elsewhere, and the old seed may go", async () => {
    const { user, old, store } = await withUser();
    const { publicKey: key } = createKeyPair("user");
    await user.rotateKey({ key, deleteKey: true });
    expect([user.publicKey, user.hasSeed, await store.getKey(old)]).toEqual([key, false, undefined]);
    await refused(store, () => user.creds(), "ERR_CREDS_KEY_MISSING");
  });

  test("takes the place of the old one where the account knows users by their keys", async () => {
    const { account, user, old } = await withUser();
    const third = createKeyPair("user").publicKey;
    await account.edit(({ nats }) => {
      nats.authorization = { ...nats.authorization, auth_users: [old, third] };
    });
    const usersOf = () => account.claims.nats.authorization?.auth_users;
    const { to } = await user.rotateKey({ revokeOld: false });
    expect(usersOf()).toEqual([old, third, to]);
    const next = await user.rotateKey();
    expect(usersOf()).toEqual([old, third, next.to]);
  });

  test("is changed with others in a transaction, also twice", async () => {
    const { nsc, user, old, store, account } = await withUser();
    await nsc.transaction(async (tx) => {
      const pending = await (await (await tx.operator("local")).account("APP")).user("u");
      await pending.rotateKey();
      await pending.rotateKey();
      await pending.edit(({ nats }) => {
        nats.subs = 4;
      });
    });
    expect([user.claims.nats.subs, user.publicKey === old, user.token]).toEqual([
      4,
      false,
      await store.read(["local", "APP", "u"]),
    ]);
    expect(account.revocations.map(({ publicKey }) => publicKey)).toContain(old);
  });

  test("leaves a handle of another Nsc behind, which says so", async () => {
    const { store, user } = await withUser();
    const theirs = await (await (await new Nsc({ store }).operator("local")).account("APP")).user("u");
    await user.rotateKey();
    await refused(store, () => theirs.refresh(), "ERR_ENTITY_NOT_FOUND", user.publicKey);
  });

  test("is refused where it won't do", async () => {
    const { account, user, old, store } = await withUser();
    const other = await account.addUser("v");
    const wrong = (options: object) => () => user.rotateKey(options);
    await refused(store, wrong({ key: old }), "ERR_ENTITY_EXISTS", 'user "u"');
    await refused(store, wrong({ key: other.publicKey }), "ERR_ENTITY_EXISTS", 'user "v"');
    await refused(store, wrong({ key: account.publicKey }), "ERR_KEY_KIND");
    await refused(store, wrong({ revoke: true }), "ERR_ARGUMENT_INVALID", "revoke");
    await refused(store, wrong({ signer: "nobody" }), "ERR_SIGNER_UNKNOWN");
    await user.delete();
    await refused(store, wrong({}), "ERR_ENTITY_NOT_FOUND");
  });
});

describe("in nsc's folders", () => {
  async function inFolders() {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs, env: {} });
    const account = await (await new Nsc({ store }).addOperator("local")).addAccount("APP");
    return { store, user: await account.addUser("u"), creds: join(allDirs, "creds/local/APP/u.creds") };
  }

  test("the creds file is of the new key, also when the old seed goes", async () => {
    const { store, user } = await inFolders();
    for (const deleteKey of [false, true]) {
      const { from, to } = await user.rotateKey({ deleteKey });
      expect([await keptKey(store, to), await keptKey(store, from)]).toEqual([to, deleteKey ? undefined : from]);
      expect(parseCreds(await user.creds()).token).toBe(user.token);
    }
  });

  test("no creds of the old key stay where the new one is elsewhere", async () => {
    for (const deleteKey of [false, true]) {
      const { user, creds, store } = await inFolders();
      expect(existsSync(creds)).toBe(true);
      await user.rotateKey({ key: createKeyPair("user").publicKey, deleteKey });
      expect([existsSync(creds), await store.read(["local", "APP", "u"])]).toEqual([false, user.token]);
    }
  });
});
