import { createKeyPair, explain } from "nsc.js";
import { describe, expect, test } from "vitest";
import { NOW, refused, tree, wire, writesNothing } from "./tree-fixtures.ts";

const HOUR = 3600;
const at = (seconds: number): Date => new Date(seconds * 1000);
const key = (): string => createKeyPair("user").publicKey;

describe("compactRevocations with maxLifetime", () => {
  test("removes what every token has outlived, and keeps the rest", async () => {
    const { account, store } = await tree();
    const [old, edge, fresh, ahead] = [key(), key(), key(), key()];
    await account.revoke(old, { at: at(NOW - 24 * HOUR - 1) });
    await account.revoke(edge, { at: at(NOW - 24 * HOUR) });
    await account.revoke(fresh, { at: at(NOW - HOUR) });
    await account.revoke(ahead, { at: at(NOW + HOUR) });
    expect(await account.compactRevocations({ maxLifetime: "24h" })).toEqual([
      { publicKey: old, at: at(NOW - 24 * HOUR - 1), reason: "outlived" },
    ]);
    const { revocations } = (await wire(store, ["local", "APP"])).nats;
    expect(new Set(Object.keys(revocations ?? {}))).toEqual(new Set([edge, fresh, ahead]));
    await writesNothing(store, () => account.compactRevocations({ maxLifetime: "24h" }));
  });

  test("never makes a stored token valid again", async () => {
    const { operator, account, clock } = await tree();
    const [never, long, dead] = [
      await account.addUser("never"),
      await account.addUser("long", { expires: "90d" }),
      await account.addUser("dead", { expires: "1h" }),
    ];
    for (const user of [never, long, dead]) await account.revoke(user);
    clock.now = NOW + 48 * HOUR;
    const removed = await account.compactRevocations({ maxLifetime: "24h" });
    expect(removed.map(({ publicKey }) => publicKey)).toEqual([dead.publicKey]);
    const now = clock.now;
    for (const { token } of [never, long, dead]) expect((await explain(token, operator, { now })).accepted).toBe(false);
  });

  test("goes for that of all likewise, and tells what it covers from what is outlived", async () => {
    const { account, store } = await tree();
    const [old, fresh] = [key(), key()];
    await account.revoke(old, { at: at(NOW - 48 * HOUR) });
    await account.revoke(fresh, { at: at(NOW - 2 * HOUR) });
    await account.revoke("*", { at: at(NOW - HOUR) });
    const removed = await account.compactRevocations({ maxLifetime: "24h" });
    expect(new Map(removed.map(({ publicKey, reason }) => [publicKey, reason]))).toEqual(
      new Map([
        [old, "outlived"],
        [fresh, "covered"],
      ]),
    );
    expect((await wire(store, ["local", "APP"])).nats.revocations).toEqual({ "*": NOW - HOUR });
    const user = await account.addUser("u");
    expect(user.claims.iat).toBe(NOW);
    expect((await account.compactRevocations({ maxLifetime: "30m" })).map(({ publicKey }) => publicKey)).toEqual(["*"]);
    await account.revoke("*", { at: at(NOW) });
    expect(await account.compactRevocations({ maxLifetime: "0s" })).toEqual([]);
  });

  test.each([["soon"], [24], [new Date()], [""]])("refuses %j", async (maxLifetime) => {
    const { account, store } = await tree();
    await account.revoke(key(), { at: at(NOW - HOUR) });
    await refused(
      store,
      () => account.compactRevocations({ maxLifetime: maxLifetime as string }),
      "ERR_ARGUMENT_INVALID",
    );
  });
});
