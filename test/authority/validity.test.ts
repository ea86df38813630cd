import { describe, expect, test } from "vitest";
import { NOW, refused, tree, wire, writesNothing } from "./tree-fixtures.ts";

async function withUser() {
  const made = await tree();
  return { ...made, user: await made.account.addUser("u", { expires: "3d" }) };
}

describe("when a token is valid", () => {
  test("is changed for entities of all kinds, each bound by itself", async () => {
    const { operator, account, user, store } = await withUser();
    const notBefore = new Date("2026-01-02");
    for (const handle of [operator, account, user]) {
      await handle.setValidity({ expires: "30d", notBefore });
      await handle.setValidity({ expires: "31d" });
    }
    const bounds = { nbf: NOW + 86_400, exp: NOW + 31 * 86_400 };
    expect(await wire(store, ["local"])).toMatchObject(bounds);
    expect(await wire(store, ["local", "APP"])).toMatchObject(bounds);
    expect(await wire(store, ["local", "APP", "u"])).toMatchObject(bounds);
    await user.setValidity({ notBefore: "at once", expires: "never" });
    const claims = await wire(store, ["local", "APP", "u"]);
    expect([claims.nbf, claims.exp]).toEqual([undefined, undefined]);
  });

  test("goes by the clock of the Nsc", async () => {
    const { user, clock, store } = await withUser();
    clock.now += 1000;
    await user.setValidity({ expires: "1h" });
    expect((await wire(store, ["local", "APP", "u"])).exp).toBe(NOW + 1000 + 3600);
  });

  test("is signed by who is asked, and by nobody where nothing changes", async () => {
    const { account, user, store } = await withUser();
    await user.setValidity({ expires: "4d", signer: account.publicKey });
    expect((await wire(store, ["local", "APP", "u"])).iss).toBe(account.publicKey);
    await writesNothing(store, () => user.setValidity({ expires: "4d" }));
  });

  test.each([
    ["nothing is said", {}],
    ["there is no such option", { expire: "1d" }],
    ["it is no object", "1d"],
    ["a bare number", { expires: 1_800_000_000 }],
    ["no time span", { expires: "soon" }],
    ["the past", { expires: new Date("2025-01-01") }],
    ["no date", { notBefore: "2026-01-01" }],
    ["an invalid date", { notBefore: new Date(Number.NaN) }],
    ["an expiry before it begins", { expires: "1d", notBefore: new Date("2026-02-01") }],
    ["a beginning after it expires", { notBefore: new Date("2026-01-04") }],
  ])("is refused where %s", async (_, options) => {
    const { user, store } = await withUser();
    await refused(store, () => user.setValidity(options as never), "ERR_ARGUMENT_INVALID");
  });
});
