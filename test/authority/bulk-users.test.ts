import { createKeyPair, keyPairFromSeed, type UserClaims } from "nsc.js";
import { describe, expect, test } from "vitest";
import { damage, NOW, refused, tokenAt, tree, wire } from "./tree-fixtures.ts";
import { countingSigner } from "./wrapped-stores.ts";

const DAY = 86_400;
const at = (seconds: number): Date => new Date(seconds * 1000);

describe("reissueUsers", () => {
  test("signs all again, in one commit and with one signature each", async () => {
    const pair = createKeyPair("account");
    const counting = countingSigner(pair);
    const { account, store, clock } = await tree({
      resolveSigner: (key) => (key === pair.publicKey ? counting : undefined),
    });
    await account.addSigningKey({ key: pair.publicKey });
    const names = ["a", "b", "c"];
    for (const name of names) await account.addUser(name, { signer: pair.publicKey });
    clock.now = NOW + 10;
    const [commits, signatures] = [store.calls.filter((call) => call === "commit").length, counting.count];
    const report = await account.reissueUsers();
    expect(report.users.map(({ name }) => name)).toEqual(names);
    expect(report.skipped).toEqual([]);
    expect(store.calls.filter((call) => call === "commit").length - commits).toBe(1);
    expect(counting.count - signatures).toBe(3);
    for (const name of names) {
      expect(await wire(store, ["local", "APP", name])).toMatchObject({ iat: NOW + 10, iss: pair.publicKey });
    }
  });

  test("moves users between roles and keys", async () => {
    const { account, store } = await tree();
    const free = account.claims.nats.signing_keys?.[0] as string;
    const trial = await account.addRole("trial", { pub: ["demo.>"] });
    const paid = await account.addRole("paid", { pub: ["orders.>"] });
    const alice = await account.addUser("alice", { role: "trial" });
    await account.addUser("bob", { pub: ["x"] });
    const issuers = async () => [
      (await wire(store, ["local", "APP", "alice"])).iss,
      (await wire(store, ["local", "APP", "bob"])).iss,
    ];
    await account.reissueUsers({ which: { role: "trial" }, to: "paid" });
    expect(await issuers()).toEqual([paid, free]);
    expect(alice.role).toBe("paid");
    await account.reissueUsers({ which: { issuer: paid, where: ({ name }) => name === "bob" }, to: trial });
    expect(await issuers()).toEqual([paid, free]);
    const which = { where: ({ nats }: { readonly nats: { readonly pub?: object } }) => "allow" in (nats.pub ?? {}) };
    await refused(store, () => account.reissueUsers({ which, to: "paid" }), "ERR_USER_SCOPED", "bob");
    await account.reissueUsers({ which, to: "paid", dropPermissions: true });
    expect(await issuers()).toEqual([paid, paid]);
    expect((await wire(store, ["local", "APP", "bob"])).nats.pub).toEqual({});
    await account.reissueUsers({ to: free });
    expect(await issuers()).toEqual([free, free]);
    expect((await wire(store, ["local", "APP", "bob"])).nats).toMatchObject({ subs: -1, data: -1, payload: -1 });
  });

  test("leaves revoked users revoked unless told otherwise, and damaged ones alone", async () => {
    const { account, store, clock } = await tree();
    const user = await account.addUser("gone");
    await account.addUser("ok");
    await account.addUser("broken");
    await damage(store, ["local", "APP", "broken"]);
    await account.revoke(user);
    clock.now = NOW + 10;
    const before = await tokenAt(store, ["local", "APP", "gone"]);
    const report = await account.reissueUsers();
    expect(report.users).toEqual([
      { account: "APP", name: "ok", publicKey: expect.any(String), before: undefined, expires: undefined },
    ]);
    expect(report.skipped.map(({ name, reason }) => `${name} ${reason}`)).toEqual(["broken damaged", "gone revoked"]);
    expect(await tokenAt(store, ["local", "APP", "gone"])).toBe(before);
    const again = await account.reissueUsers({ revoked: true });
    expect(again.users.map(({ name }) => name)).toEqual(["gone", "ok"]);
    expect((await wire(store, ["local", "APP", "gone"])).iat).toBe(NOW + 10);
  });

  test("takes part in a transaction", async () => {
    const { nsc, account, store } = await tree();
    await account.addUser("a");
    const key = createKeyPair("account");
    await nsc.transaction(async (tx) => {
      const inside = await (await tx.operator("local")).account("APP");
      await inside.addSigningKey({ key });
      await inside.addUser("b", { signer: key.publicKey });
      const { users } = await inside.reissueUsers({ to: key.publicKey });
      expect(users.map(({ name }) => name)).toEqual(["a", "b"]);
    });
    for (const name of ["a", "b"]) expect((await wire(store, ["local", "APP", name])).iss).toBe(key.publicKey);
  });

  test.each([
    ["an unknown role to choose by", { which: { role: "none" } }, "ERR_SIGNER_UNKNOWN"],
    ["an unknown role to move to", { to: "none" }, "ERR_SIGNER_UNKNOWN"],
    ["no public key as issuer", { which: { issuer: "x" } }, "ERR_KEY_KIND"],
    ["an option that there is not", { role: "web" }, "ERR_ARGUMENT_INVALID"],
    ["a choice that there is not", { which: { name: "a" } }, "ERR_ARGUMENT_INVALID"],
    ["where that is no function", { which: { where: true } }, "ERR_ARGUMENT_INVALID"],
    ["where that waits", { which: { where: async () => true } }, "ERR_ARGUMENT_INVALID"],
  ] as const)("is refused with %s", async (_, options, code) => {
    const { account, store } = await tree();
    await account.addUser("a");
    await refused(store, () => account.reissueUsers(options as never), code);
  });

  test("is all or nothing", async () => {
    const { account, store } = await tree();
    await account.addRole("web", { pub: ["in.{{tag(team)}}"] });
    await account.addUser("a", { tags: ["team:blue"] });
    await account.addUser("b", { tags: ["team:*"] });
    await refused(store, () => account.reissueUsers({ to: "web" }), "ERR_ROLE_TEMPLATE", "team");
  });
});

describe("renewUsers", () => {
  async function many() {
    const made = await tree();
    const { account, clock } = made;
    clock.now = NOW - 10 * DAY;
    await account.addUser("expired", { expires: at(NOW - DAY) });
    clock.now = NOW;
    await account.addUser("soon", { expires: "3d" });
    await account.addUser("later", { expires: "20d" });
    await account.addUser("long", { expires: "90d" });
    await account.addUser("never");
    return made;
  }
  const namesOf = ({ users }: { readonly users: readonly { readonly name: string }[] }) =>
    users.map(({ name }) => name);

  test("gives those that expire soon or have expired a later expiry, and leaves the others", async () => {
    const { account, store } = await many();
    const [long, never] = [
      await tokenAt(store, ["local", "APP", "long"]),
      await tokenAt(store, ["local", "APP", "never"]),
    ];
    const report = await account.renewUsers({ expiringWithin: "7d", expires: "30d" });
    expect(report.users).toEqual([
      {
        account: "APP",
        name: "expired",
        publicKey: (await account.user("expired")).publicKey,
        before: at(NOW - DAY),
        expires: at(NOW + 30 * DAY),
      },
      {
        account: "APP",
        name: "soon",
        publicKey: (await account.user("soon")).publicKey,
        before: at(NOW + 3 * DAY),
        expires: at(NOW + 30 * DAY),
      },
    ]);
    expect((await wire(store, ["local", "APP", "soon"])).exp).toBe(NOW + 30 * DAY);
    expect(await tokenAt(store, ["local", "APP", "long"])).toBe(long);
    expect(await tokenAt(store, ["local", "APP", "never"])).toBe(never);
    expect((await account.renewUsers({ expiringWithin: "7d", expires: "30d" })).users).toEqual([]);
  });

  test("never makes anybody expire earlier, and never is said", async () => {
    const { account, store } = await many();
    expect(namesOf(await account.renewUsers({ expires: "30d", expired: false }))).toEqual(["later", "soon"]);
    expect((await wire(store, ["local", "APP", "long"])).exp).toBe(NOW + 90 * DAY);
    expect(
      namesOf(await account.renewUsers({ expires: "never", which: { where: ({ name }) => name === "long" } })),
    ).toEqual(["long"]);
    expect((await wire(store, ["local", "APP", "long"])).exp).toBeUndefined();
  });

  test("keeps key, role and everything else", async () => {
    const { account, store } = await tree();
    const key = await account.addRole("web", { pub: ["in.{{name()}}"] });
    await account.addUser("u", { role: "web", expires: "1d", tags: ["team:blue"] });
    const before = await wire(store, ["local", "APP", "u"]);
    await account.renewUsers({ which: { role: "web" }, expires: "30d" });
    const after = await wire(store, ["local", "APP", "u"]);
    expect(after.iss).toBe(key);
    const rest = ({ exp, iat, jti, ...others }: UserClaims) => [others, exp !== iat && jti !== ""];
    expect(rest(after)).toEqual(rest(before));
  });

  test("does not make revoked users valid again unless told", async () => {
    const { account } = await many();
    await account.revoke("*");
    const report = await account.renewUsers({ expiringWithin: "7d", expires: "30d" });
    expect(report.users).toEqual([]);
    expect(report.skipped.map(({ name, reason }) => `${name} ${reason}`)).toEqual(["expired revoked", "soon revoked"]);
    expect(namesOf(await account.renewUsers({ expiringWithin: "7d", expires: "30d", revoked: true }))).toEqual([
      "expired",
      "soon",
    ]);
  });

  test("of an operator renews those of all accounts, past what is damaged", async () => {
    const { operator, store } = await many();
    const other = await operator.addAccount("OTHER");
    await other.addUser("x", { expires: "1d" });
    await other.addUser("y", { expires: "1d" });
    await damage(store, ["local", "OTHER", "y"]);
    await operator.addAccount("ZERO");
    await damage(store, ["local", "ZERO"]);
    const commits = store.calls.filter((call) => call === "commit").length;
    const report = await operator.renewUsers({ expiringWithin: "7d", expires: "30d" });
    expect(report.users.map(({ account, name }) => `${account}/${name}`)).toEqual([
      "APP/expired",
      "APP/soon",
      "OTHER/x",
    ]);
    expect(report.skipped.map(({ account, name, reason }) => [account, name, reason])).toEqual([
      ["OTHER", "y", "damaged"],
      ["ZERO", undefined, "damaged"],
    ]);
    expect(store.calls.filter((call) => call === "commit").length - commits).toBe(1);
  });

  test("refreshes creds", async () => {
    const { account } = await many();
    const user = await account.user("soon");
    await account.renewUsers({ expires: "30d" });
    const creds = await user.creds();
    expect(creds).toContain(user.token);
    expect(keyPairFromSeed(/SU[A-Z2-7]{56}/.exec(creds)?.[0] ?? "").publicKey).toBe(user.publicKey);
    expect(user.claims.exp).toBe(NOW + 30 * DAY);
  });

  test.each([
    ["no expiry", {}, "ERR_ARGUMENT_INVALID"],
    ["an expiry in the past", { expires: at(NOW - 1) }, "ERR_ARGUMENT_INVALID"],
    ["a number", { expires: 30 }, "ERR_ARGUMENT_INVALID"],
    ["no time span", { expires: "30d", expiringWithin: "soon" }, "ERR_ARGUMENT_INVALID"],
    ["an option that there is not", { expires: "30d", within: "7d" }, "ERR_ARGUMENT_INVALID"],
    ["an unknown role", { expires: "30d", which: { role: "none" } }, "ERR_SIGNER_UNKNOWN"],
  ] as const)("is refused with %s", async (_, options, code) => {
    const { account, operator, store } = await many();
    await refused(store, () => account.renewUsers(options as never), code);
    if (code === "ERR_ARGUMENT_INVALID") await refused(store, () => operator.renewUsers(options as never), code);
  });

  test("reaches those that are not valid yet", async () => {
    const { account, store } = await tree();
    await account.addUser("u", { notBefore: at(NOW + 5 * DAY), expires: "6d" });
    await account.addUser("v", { notBefore: at(NOW + 50 * DAY), expires: "60d" });
    expect(namesOf(await account.renewUsers({ expires: "10d" }))).toEqual(["u"]);
    expect((await wire(store, ["local", "APP", "v"])).exp).toBe(NOW + 60 * DAY);
  });
});
