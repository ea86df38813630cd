import { createKeyPair, explain, memoryStore, Nsc, type NscErrorCode, type Store, type UserClaims } from "nsc.js";
import { describe, expect, test } from "vitest";
import { NOW, refused, tree, wire, wireOf, writesNothing } from "./tree-fixtures.ts";
import { hookedStore } from "./wrapped-stores.ts";

const APP = ["local", "APP"] as const;
const at = (seconds: number): Date => new Date(seconds * 1000);
const KEY = createKeyPair("user").publicKey;

/** The revocations of the stored token, as they stand in its text. */
async function revocationsIn(store: Store): Promise<Record<string, number> | undefined> {
  return (await wire(store, APP)).nats.revocations;
}

describe("revoke", () => {
  test("of a user revokes what was issued until now, and leaves the user where it is", async () => {
    const { operator, account, store, clock } = await tree();
    const [user, other] = [await account.addUser("u"), await account.addUser("other")];
    const { token } = user;
    clock.now = NOW + 10;
    expect(await account.revoke(user)).toEqual({ publicKey: user.publicKey, at: at(NOW + 10) });
    expect(await revocationsIn(store)).toEqual({ [user.publicKey]: NOW + 10 });
    expect((await account.user("u")).token).toBe(token);
    expect((await explain(token, operator)).decision.rule).toBe("REVOCATION");
    expect((await explain(other.token, operator)).accepted).toBe(true);
    await user.reissue();
    expect(user.claims.iat).toBe(NOW + 11);
    expect((await explain(user.token, operator)).accepted).toBe(true);
    expect((await explain(token, operator)).accepted).toBe(false);
  });

  test("reaches the stored token even if that was issued ahead of the clock", async () => {
    const { account, store, clock } = await tree();
    clock.now = NOW + 60;
    const user = await account.addUser("u");
    clock.now = NOW;
    expect((await account.revoke(user.publicKey)).at).toEqual(at(NOW + 60));
    expect(await revocationsIn(store)).toEqual({ [user.publicKey]: NOW + 60 });
  });

  test("of a key that is not stored is as of now", async () => {
    const { account, store } = await tree();
    const issued = await account.issueUser("x", { expires: "1h" });
    expect(await account.revoke(issued.publicKey)).toEqual({ publicKey: issued.publicKey, at: at(NOW) });
    expect(await revocationsIn(store)).toEqual({ [issued.publicKey]: NOW });
    const again = await account.issueUser("x", { expires: "1h", key: issued.publicKey });
    expect(wireOf<UserClaims>(again.token).iat).toBe(NOW + 1);
  });

  test("of all reaches the newest of the account's stored users, and no other's", async () => {
    const { operator, account, store, clock } = await tree();
    await account.addUser("a");
    clock.now = NOW + 60;
    await account.addUser("b");
    clock.now = NOW + 120;
    await (await operator.addAccount("OTHER")).addUser("c");
    clock.now = NOW + 30;
    expect(await account.revoke("*")).toEqual({ publicKey: "*", at: at(NOW + 60) });
    expect(await revocationsIn(store)).toEqual({ "*": NOW + 60 });
    clock.now = NOW + 90;
    expect(await account.revoke("*")).toEqual({ publicKey: "*", at: at(NOW + 90) });
  });

  test("of a user of the same key in another operator's tree counts for itself", async () => {
    const { nsc, account, store, clock } = await tree();
    const user = await account.addUser("u");
    const seeds = await Promise.all([account, user].map(({ publicKey }) => store.getKey(publicKey)));
    const [key = "", userKey = ""] = seeds;
    const copy = await (await nsc.addOperator("other")).addAccount("APP", { key });
    clock.now = NOW + 60;
    await copy.addUser("u", { key: userKey });
    clock.now = NOW;
    expect((await account.revoke(user)).at).toEqual(at(NOW));
    expect((await copy.revoke(user.publicKey)).at).toEqual(at(NOW + 60));
  });

  test("takes a time, of which the second counts", async () => {
    const { account, store } = await tree();
    expect(await account.revoke(KEY, { at: new Date((NOW - 50) * 1000 + 999) })).toEqual({
      publicKey: KEY,
      at: at(NOW - 50),
    });
    expect(await revocationsIn(store)).toEqual({ [KEY]: NOW - 50 });
  });

  test("leaves a later one as it is, and signs nothing for that", async () => {
    const { account, store } = await tree();
    await account.revoke(KEY, { at: at(NOW + 100) });
    await writesNothing(store, async () => {
      expect(await account.revoke(KEY, { at: at(NOW + 100) })).toEqual({ publicKey: KEY, at: at(NOW + 100) });
      expect(await account.revoke(KEY, { at: at(NOW + 50) })).toEqual({ publicKey: KEY, at: at(NOW + 100) });
    });
    await account.revoke(KEY, { at: at(NOW + 101) });
    expect(await revocationsIn(store)).toEqual({ [KEY]: NOW + 101 });
  });

  test("reaches what was issued since another one of the same second", async () => {
    const { account } = await tree();
    for (const who of ["*", KEY]) {
      await account.revoke(who);
      const issued = await account.issueUser("u", { key: KEY, expires: "1h" });
      const { at: until } = await account.revoke(who);
      expect(wireOf<{ iat: number }>(issued.token).iat).toBeLessThanOrEqual(until.getTime() / 1000);
    }
  });

  test("takes the handle of a user that is gone", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    await user.delete({ revoke: false });
    await account.revoke(user);
    expect(await revocationsIn(store)).toEqual({ [user.publicKey]: NOW });
  });

  test("has the account signed by whom it is told", async () => {
    const { operator, account, store } = await tree();
    const second = await operator.addSigningKey();
    await account.revoke(KEY, { signer: second });
    expect((await wire(store, APP)).iss).toBe(second);
    await account.clearRevocation(KEY, { signer: operator.publicKey });
    expect((await wire(store, APP)).iss).toBe(operator.publicKey);
  });

  test("counts a token that others sign meanwhile", async () => {
    const inner = memoryStore();
    let meanwhile: (() => Promise<void>) | undefined;
    const store = hookedStore(inner, {
      async before(method) {
        const run = meanwhile;
        if (method !== "commit" || run === undefined) return;
        meanwhile = undefined;
        await run();
      },
    });
    const clock = () => at(NOW);
    const account = await (await new Nsc({ store, clock }).addOperator("local")).addAccount("APP");
    const user = await account.addUser("u");
    const others = await (await new Nsc({ store: inner, clock }).operator("local")).account("APP");
    meanwhile = async () => (await others.user("u")).reissue();
    expect((await account.revoke(user)).at).toEqual(at(NOW + 1));
    meanwhile = async () => {
      await (await others.addUser("late")).reissue();
      await (await others.user("late")).reissue();
    };
    expect((await account.revoke("*")).at).toEqual(at(NOW + 2));
  });

  test("is a part of transactions", async () => {
    const { nsc, account, store } = await tree();
    const [a, b] = [await account.addUser("a"), await account.addUser("b")];
    const commits = () => store.calls.filter((call) => call === "commit").length;
    const before = commits();
    await nsc.transaction(async (tx) => {
      const app = await (await tx.operator("local")).account("APP");
      await app.revoke(await app.user("a"));
      await app.revoke(b.publicKey);
      expect(app.revocations).toHaveLength(2);
      await app.clearRevocation(b.publicKey);
    });
    expect(commits()).toBe(before + 1);
    expect(account.revocations).toEqual([{ publicKey: a.publicKey, at: at(NOW) }]);
  });

  test.each<[string, unknown, unknown, NscErrorCode, string]>([
    ["a name", "u", {}, "ERR_KEY_KIND", "no public key of a user"],
    ["the key of an account", createKeyPair("account").publicKey, {}, "ERR_KEY_KIND", "no public key of a user"],
    ["a key with a slip", `${KEY.slice(0, -1)}0`, {}, "ERR_KEY_KIND", "no public key of a user"],
    ["nothing", undefined, {}, "ERR_ARGUMENT_INVALID", "User"],
    ["what only looks like a user", { publicKey: KEY }, {}, "ERR_ARGUMENT_INVALID", "User"],
    ["a time in numbers", KEY, { at: NOW }, "ERR_ARGUMENT_INVALID", "at must be a date"],
    ["a date that is none", KEY, { at: new Date(Number.NaN) }, "ERR_ARGUMENT_INVALID", "at must be a date"],
    ["a time before there were tokens", "*", { at: at(0) }, "ERR_ARGUMENT_INVALID", "at must be a date"],
    ["a misspelt option", KEY, { until: at(NOW) }, "ERR_ARGUMENT_INVALID", "until"],
    ["a signer that is none", KEY, { signer: KEY }, "ERR_SIGNER_UNKNOWN", "local"],
  ])("refuses %s", async (_, who, options, code, word) => {
    const { account, store } = await tree();
    await refused(store, () => account.revoke(who as string, options as object), code, word);
  });

  test("refuses users of others", async () => {
    const { nsc, operator, account, store } = await tree();
    const user = await account.addUser("u");
    const other = await operator.addAccount("OTHER");
    await refused(store, () => other.revoke(user), "ERR_ARGUMENT_INVALID", '"APP"', '"OTHER"');
    const foreign = await (await (await new Nsc({ store }).operator("local")).account("APP")).user("u");
    await refused(store, () => account.revoke(foreign), "ERR_HANDLE_FOREIGN", '"u"');
    await nsc.transaction(async (tx) => {
      const app = await (await tx.operator("local")).account("APP");
      await refused(store, () => app.revoke(user), "ERR_HANDLE_FOREIGN", '"u"');
      await refused(store, () => app.clearRevocation(user), "ERR_HANDLE_FOREIGN", '"u"');
    });
  });
});

describe("clearRevocation", () => {
  test("makes old tokens valid again, and leaves no empty list", async () => {
    const { operator, account, store } = await tree();
    const user = await account.addUser("u");
    await account.revoke(user);
    expect(await account.clearRevocation(user)).toEqual({ publicKey: user.publicKey, at: at(NOW) });
    expect((await wire(store, APP)).nats).not.toHaveProperty("revocations");
    expect((await explain(user.token, operator)).accepted).toBe(true);
  });

  test("clears what it is told to alone", async () => {
    const { account, store } = await tree();
    await account.revoke(KEY);
    await account.revoke("*", { at: at(NOW + 5) });
    expect(await account.clearRevocation("*")).toEqual({ publicKey: "*", at: at(NOW + 5) });
    expect(await revocationsIn(store)).toEqual({ [KEY]: NOW });
  });

  test("refuses what is not revoked", async () => {
    const { account, store } = await tree();
    await account.revoke("*");
    await refused(store, () => account.clearRevocation(KEY), "ERR_ENTITY_NOT_FOUND", KEY, '"APP"');
    await refused(store, () => account.clearRevocation("u"), "ERR_KEY_KIND");
    await refused(store, () => account.clearRevocation("*", { at: 1 } as never), "ERR_ARGUMENT_INVALID", "at");
    await account.clearRevocation("*");
    await refused(store, () => account.clearRevocation("*"), "ERR_ENTITY_NOT_FOUND", '"*"');
  });
});

describe("revocations", () => {
  test("lists them by key, that of all first", async () => {
    const { account } = await tree();
    expect(account.revocations).toEqual([]);
    const keys = [1, 2, 3].map(() => createKeyPair("user").publicKey);
    for (const key of keys) await account.revoke(key, { at: at(NOW - 1) });
    await account.revoke("*", { at: at(NOW - 2) });
    expect(account.revocations).toEqual([
      { publicKey: "*", at: at(NOW - 2) },
      ...[...keys].sort().map((publicKey) => ({ publicKey, at: at(NOW - 1) })),
    ]);
  });

  test("are compacted to those that the one of all does not cover", async () => {
    const { account, store } = await tree();
    const [before, same, after] = [1, 2, 3].map(() => createKeyPair("user").publicKey) as [string, string, string];
    await account.revoke(before, { at: at(NOW - 1) });
    await account.revoke(same, { at: at(NOW) });
    await account.revoke(after, { at: at(NOW + 1) });
    await writesNothing(store, async () => expect(await account.compactRevocations()).toEqual([]));
    await account.revoke("*", { at: at(NOW) });
    const removed = await account.compactRevocations();
    expect(removed).toEqual(
      [
        { publicKey: before, at: at(NOW - 1), reason: "covered" },
        { publicKey: same, at: at(NOW), reason: "covered" },
      ].sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1)),
    );
    expect(await revocationsIn(store)).toEqual({ "*": NOW, [after]: NOW + 1 });
    await writesNothing(store, () => account.compactRevocations());
    await refused(store, () => account.compactRevocations({ dry: true } as never), "ERR_ARGUMENT_INVALID", "dry");
  });
});
