import { createKeyPair, type Distribution, explain, Nsc, parseCreds, type Store, UserKeyRotation } from "nsc.js";
import { describe, expect, test } from "vitest";
import { done, STORES } from "./rotation-fixtures.ts";
import { keptKey, NOW, only, refused, tree, wire, writesNothing } from "./tree-fixtures.ts";

async function withUser() {
  const made = await tree();
  const user = await made.account.addUser("u", { pub: ["a.>"] });
  return { ...made, user, old: user.publicKey };
}

/** A user whom the account's auth callout is not asked about. */
async function withAuthUser() {
  const made = await withUser();
  await made.account.setAuthCallout({ users: [made.user] });
  const authUsers = () => made.account.claims.nats.authorization.auth_users;
  return { ...made, authUsers };
}

describe("a rotation of a user's key", () => {
  test("leaves old creds and new ones valid together, and then the new ones", async () => {
    const { operator, account, user, old, store } = await withUser();
    const before = user.token;
    const { token } = account;
    const accepted = async (text: string) => (await explain(text, operator)).accepted;

    const rotation = await user.rotateKeyInStages();
    expect(rotation).toBeInstanceOf(UserKeyRotation);
    expect([rotation.from, rotation.stage]).toEqual([old, "cut-over"]);
    expect([user.publicKey, account.token]).toEqual([rotation.to, token]);
    const { token: renewed, seed } = parseCreds(await user.creds());
    expect([renewed, seed]).toEqual([user.token, await store.getKey(rotation.to)]);
    expect(await wire(store, ["local", "APP", "u"])).toMatchObject({
      sub: rotation.to,
      nats: { pub: { allow: ["a.>"] } },
    });
    expect([await accepted(before), await accepted(renewed)]).toEqual([true, true]);
    const plan = await rotation.plan();
    expect([plan.stage, plan.next, plan.user?.name]).toEqual(["cut-over", "retired", "u"]);
    expect(plan.advice).toContain("hand out the new creds");

    const retired = await rotation.retire();
    expect([rotation.stage, retired.stage, retired.next, retired.user?.publicKey]).toEqual([
      ...["retired", "retired", undefined],
      rotation.to,
    ]);
    expect([await accepted(before), await accepted(renewed)]).toEqual([false, true]);
    expect((await wire(store, ["local", "APP"])).nats.revocations).toEqual({ [old]: NOW });
    expect(await store.readMeta("local")).toEqual(new Map());
    expect([await keptKey(store, old), await account.userKeyRotations()]).toEqual([old, []]);
  });

  test.each(STORES)("is found again by another process, %s", async (_, makeStore) => {
    const open = makeStore();
    const nsc = () => new Nsc({ store: open() as Store });
    const account = await (await nsc().addOperator("local")).addAccount("APP");
    const { from, to } = await (await account.addUser("u")).rotateKeyInStages();
    await (await account.addUser("v")).rotateKeyInStages();
    const again = await (await nsc().operator("local")).account("APP");
    const rotations = await again.userKeyRotations();
    expect(rotations.map(({ stage }) => stage)).toEqual(["cut-over", "cut-over"]);
    const [first] = rotations;
    expect([first?.from, first?.to, (await first?.plan())?.user?.name]).toEqual([from, to, "u"]);
    // Whoever asks for it again gets the same one.
    const resumed = await (await again.user("u")).rotateKeyInStages();
    expect([resumed.from, resumed.to]).toEqual([from, to]);
    await first?.retire({ deleteKey: true });
    expect([await keptKey(open(), from), await keptKey(open(), to)]).toEqual([undefined, to]);
    expect((await again.userKeyRotations()).length).toBe(1);
    await expect(resumed.plan()).toThrowCode("ERR_ENTITY_NOT_FOUND");
    await expect(resumed.retire()).toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("revokes tokens that were issued ahead of the clock, too", async () => {
    const { operator, account, user } = await withUser();
    for (const name of ["b", "c", "d"]) {
      await user.edit(({ nats }) => {
        nats.tags = [name];
      });
    }
    const newest = user.token;
    expect(user.claims.iat).toBe(NOW + 3);
    await (await user.rotateKeyInStages()).retire();
    expect(account.revocations.map(({ at }) => at.getTime() / 1000)).toEqual([NOW + 3]);
    expect((await explain(newest, operator)).accepted).toBe(false);
  });

  test("keeps the role, and goes with the user when that is renamed", async () => {
    const { account, operator } = await withUser();
    await account.addRole("web", { pub: ["orders.>"] });
    const user = await account.addUser("alice", { role: "web" });
    const rotation = await user.rotateKeyInStages();
    await user.rename("bob");
    await account.rename("SHOP");
    expect((await rotation.plan()).user?.name).toBe("bob");
    await rotation.retire();
    expect([user.role, (await explain(user.token, operator)).accepted]).toEqual(["web", true]);
  });

  test("is to a key that is elsewhere, and signed by who is asked", async () => {
    const { account, user, store } = await withUser();
    const { publicKey: to } = createKeyPair("user");
    const rotation = await user.rotateKeyInStages({ to, signer: account.publicKey });
    expect([user.publicKey, user.hasSeed, user.claims.iss]).toEqual([to, false, account.publicKey]);
    expect((await rotation.plan()).advice).toContain(`whoever holds the seed of ${to}`);
    await refused(store, () => user.creds(), "ERR_CREDS_KEY_MISSING");
    expect((await user.rotateKeyInStages({ to })).to).toBe(to);
    const other = createKeyPair("user");
    await refused(store, () => user.rotateKeyInStages({ to: other }), "ERR_ROTATION_STAGE", other.publicKey);
  });

  test("is made in a transaction, or not at all", async () => {
    const { nsc, account, user, old, store } = await withUser();
    const failed = nsc.transaction(async (tx) => {
      const pending = await (await (await tx.operator("local")).account("APP")).user("u");
      await pending.rotateKeyInStages();
      throw new RangeError("no");
    });
    await expect(failed).rejects.toThrow(RangeError);
    expect([user.publicKey, await account.userKeyRotations()]).toEqual([old, []]);
    await nsc.transaction(async (tx) => {
      const inner = await (await tx.operator("local")).account("APP");
      const rotation = await (await inner.user("u")).rotateKeyInStages();
      expect((await rotation.plan()).user?.publicKey).toBe(rotation.to);
      await rotation.retire();
    });
    expect(only(account.revocations).publicKey).toBe(old);
    expect(await store.readMeta("local")).toEqual(new Map());
  });

  test("ends with its user or its account, and nothing of it stays valid", async () => {
    const { account, operator, user, old, store } = await withUser();
    const { to } = await user.rotateKeyInStages();
    await user.delete({ deleteKeys: true });
    expect(account.revocations.map(({ publicKey }) => publicKey)).toEqual([old, to].sort());
    expect([await store.getKey(old), await store.getKey(to)]).toEqual([undefined, undefined]);
    expect(await account.userKeyRotations()).toEqual([]);
    const other = await (await account.addUser("v")).rotateKeyInStages();
    await account.delete({ deleteKeys: true });
    expect(await store.readMeta(operator.name)).toEqual(new Map());
    expect([await store.getKey(other.from), await store.getKey(other.to)]).toEqual([undefined, undefined]);
  });

  test("leaves no way in for a user that is revoked", async () => {
    const { operator, account, user, old } = await withUser();
    const before = user.token;
    const accepted = async (text: string) => (await explain(text, operator)).accepted;
    const rotation = await user.rotateKeyInStages();
    expect((await account.revoke(user)).publicKey).toBe(rotation.to);
    expect([await accepted(before), await accepted(user.token)]).toEqual([false, false]);
    await account.clearRevocation(user);
    expect([await accepted(before), await accepted(user.token)]).toEqual([false, true]);
    await rotation.retire();
    expect(only(account.revocations).publicKey).toBe(old);
    await account.revoke(user);
    expect(account.revocations.map(({ publicKey }) => publicKey)).toEqual([old, rotation.to].sort());
  });

  test("can be retired although its user is gone without it", async () => {
    const { account, user, old, store } = await withUser();
    const rotation = await user.rotateKeyInStages();
    await store.commit({ deletes: [{ path: ["local", "APP", "u"] }] });
    expect((await rotation.plan()).user).toBeUndefined();
    await rotation.retire();
    expect(only(account.revocations).publicKey).toBe(old);
  });
});

describe("a rotation of the key of a user whom the account knows by it", () => {
  test("lets the new key in before anybody has it", async () => {
    const { operator, account, user, old, authUsers, store } = await withAuthUser();
    const rotation = await user.rotateKeyInStages();
    expect([rotation.stage, user.publicKey, authUsers()]).toEqual(["prepared", old, [old, rotation.to]]);
    expect(await keptKey(store, rotation.to)).toBe(rotation.to);
    expect((await rotation.plan()).next).toBe("cut-over");
    const given: Distribution[] = [];
    await rotation.advance({ distribute: async (what) => void given.push(what) });
    const [what] = given;
    expect([what?.operator.name, what?.trustedKeys, what?.accounts.map(({ token }) => token)]).toEqual([
      operator.name,
      [],
      [account.token],
    ]);
    expect([rotation.stage, user.publicKey, authUsers()]).toEqual(["cut-over", rotation.to, [old, rotation.to]]);
    await rotation.retire();
    expect([authUsers(), only(account.revocations).publicKey]).toEqual([[rotation.to], old]);
  });

  test("goes on only when that is proven", async () => {
    const { user, old, nsc, store } = await withAuthUser();
    const rotation = await user.rotateKeyInStages();
    const fails = async () => ({ assertComplete: () => Promise.reject(new RangeError("one server is missing")) });
    await expect(rotation.advance({ distribute: fails })).rejects.toThrow("one server is missing");
    expect([(await rotation.plan()).stage, user.publicKey]).toEqual(["prepared", old]);
    await refused(store, () => rotation.advance({} as never), "ERR_ARGUMENT_INVALID", "distribute");
    await refused(store, () => rotation.retire(), "ERR_ROTATION_STAGE");
    await nsc.transaction(async (tx) => {
      const inner = await (await tx.operator("local")).account("APP");
      const [pending] = await inner.userKeyRotations();
      await expect(pending?.advance({ distribute: done })).toThrowCode("ERR_TRANSACTION");
    });
  });

  test("can be cancelled until then", async () => {
    const { user, old, authUsers, account, store } = await withAuthUser();
    const rotation = await user.rotateKeyInStages();
    await rotation.cancel({ deleteKey: true });
    expect([user.publicKey, authUsers(), await keptKey(store, rotation.to)]).toEqual([old, [old], undefined]);
    expect(await account.userKeyRotations()).toEqual([]);
    await refused(store, () => rotation.cancel(), "ERR_ENTITY_NOT_FOUND");
    const second = await user.rotateKeyInStages();
    await second.advance({ distribute: done });
    await refused(store, () => second.cancel(), "ERR_ROTATION_STAGE", "retire");
    await refused(store, () => second.advance({ distribute: done }), "ERR_ROTATION_STAGE");
  });

  test("leaves nothing of the new key behind when the user is deleted", async () => {
    const { user, old, authUsers, account, store } = await withAuthUser();
    const { to } = await user.rotateKeyInStages();
    await user.delete();
    expect([authUsers(), await store.getKey(to), await account.userKeyRotations()]).toEqual([[old], undefined, []]);
  });

  test("is not gone on with where others took the new key out, or the user away", async () => {
    const { user, account, store, old } = await withAuthUser();
    const rotation = await user.rotateKeyInStages();
    await account.setAuthCallout({ users: [old] });
    await refused(store, () => rotation.advance({ distribute: done }), "ERR_ROTATION_STAGE", rotation.to);
    await account.setAuthCallout({ users: [old, rotation.to] });
    await rotation.advance({ distribute: done });
    await account.setAuthCallout({ users: [old] });
    await refused(store, () => rotation.retire(), "ERR_ROTATION_STAGE", rotation.to);
    await account.setAuthCallout({ users: [rotation.to] });
    await rotation.retire();

    const third = await user.rotateKeyInStages();
    await store.commit({ deletes: [{ path: ["local", "APP", "u"] }] });
    await refused(store, () => third.advance({ distribute: done }), "ERR_ENTITY_NOT_FOUND", "cancel");
    await third.cancel();
  });
});

describe("a rotation of the key of a user whom the account knew by it", () => {
  test("goes on when the account asks nobody any more", async () => {
    const { user, account, old } = await withAuthUser();
    const rotation = await user.rotateKeyInStages();
    await account.removeAuthCallout();
    await rotation.advance({ distribute: done });
    expect([rotation.stage, user.publicKey]).toEqual(["cut-over", rotation.to]);
    await rotation.retire();
    expect([account.claims.nats.authorization, only(account.revocations).publicKey]).toEqual([{}, old]);
  });
});

describe("a rotation of a user's key is refused", () => {
  test("where another one is under way, or the key is taken", async () => {
    const { account, user, old, store } = await withUser();
    const other = await account.addUser("other");
    await refused(store, () => user.rotateKeyInStages({ to: old }), "ERR_ENTITY_EXISTS");
    await refused(store, () => user.rotateKeyInStages({ to: other.publicKey }), "ERR_ENTITY_EXISTS");
    await refused(store, () => user.rotateKeyInStages({ to: createKeyPair("account") }), "ERR_KEY_KIND");
    const unknown = { key: createKeyPair("user") } as never;
    await refused(store, () => user.rotateKeyInStages(unknown), "ERR_ARGUMENT_INVALID");
    const rotation = await user.rotateKeyInStages();
    await writesNothing(store, () => user.rotateKeyInStages());
    await refused(store, () => user.rotateKey(), "ERR_ROTATION_STAGE", "retire");
    await refused(store, () => rotation.retire({ force: true } as never), "ERR_ARGUMENT_INVALID");
    await refused(store, () => rotation.cancel({ force: true } as never), "ERR_ARGUMENT_INVALID");
    await rotation.retire();
    await user.rotateKey();
  });

  test.each(["{", "{}", "[5]", '[{"from":"U","to":"U","issuedAt":1,"stage":"cut-over"}]', "null"])(
    "where what is kept of them is %s",
    async (value) => {
      const { account, user, store } = await withUser();
      const name = `user-rotations/${account.publicKey}`;
      await store.commit({ meta: [{ operator: "local", name, value }] });
      await refused(store, () => user.rotateKeyInStages(), "ERR_STORE_DAMAGED", "APP");
      await refused(store, () => account.userKeyRotations(), "ERR_STORE_DAMAGED");
    },
  );
});
