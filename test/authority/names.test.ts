import { type NscErrorCode, parseCreds } from "nsc.js";
import { describe, expect, test } from "vitest";
import { collect, refused, tree, wire, wireOf, world } from "./tree-fixtures.ts";

const BAD: readonly [string, string][] = [
  ["an empty one", ""],
  ["a dot", "."],
  ["two dots", ".."],
  ["a slash", "a/b"],
  ["a path upwards", "../a"],
  ["a backslash", "a\\b"],
  ["NUL", "a\0b"],
  ["a newline", "a\nb"],
  ["a newline at the end", "a\n"],
  ["DEL", "a\u007fb"],
  ["a C1 control", "a\u0085b"],
  ["a line separator", "a\u2028b"],
  ["a paragraph separator", "a\u2029b"],
  ["half a character", "a\ud83db"],
  ["the other half", "\ude00"],
  ["a blank before", " a"],
  ["a blank after", "a "],
  ["a no-break space after", "a\u00a0"],
  ["a blank alone", " "],
  ["241 bytes", "a".repeat(241)],
  ["241 bytes in 81 characters", `${"\u65e5".repeat(80)}a`],
];

describe.each(BAD)("%s as a name", (_, name) => {
  test("is refused for everything that is added or renamed", async () => {
    const { nsc, operator, account, store } = await tree();
    const user = await account.addUser("u");
    const code: NscErrorCode = "ERR_NAME_INVALID";
    await refused(store, () => nsc.addOperator(name), code, "operator");
    await refused(store, () => nsc.addOperator("x", { systemAccount: name }), code, "system account");
    await refused(store, () => operator.addAccount(name), code, "account");
    await refused(store, () => account.addUser(name), code, "user");
    await refused(store, () => account.addRole(name), code, "role");
    await refused(store, () => operator.rename(name), code, "operator");
    await refused(store, () => account.rename(name), code, "account");
    await refused(store, () => user.rename(name), code, "user");
    expect([operator.name, account.name, user.name]).toEqual(["local", "APP", "u"]);
  });

  test("is refused for an operator that others made", async () => {
    const elsewhere = await tree();
    const { nsc, store } = world();
    await refused(store, () => nsc.importOperator(elsewhere.operator.token, { name }), "ERR_NAME_INVALID");
    expect(await store.paths()).toEqual([]);
  });

  test("is refused when it is looked up", async () => {
    const { nsc, operator, account, store } = await tree();
    const looks = [() => nsc.operator(name), () => operator.account(name), () => account.user(name)];
    for (const look of looks) await refused(store, look, "ERR_NAME_INVALID");
  });
});

test.each([undefined, null, 5, {}, ["a"]])("%o is no name", async (name) => {
  const { nsc, operator, account, store } = await tree();
  const bad = name as unknown as string;
  await refused(store, () => nsc.addOperator(bad), "ERR_ARGUMENT_INVALID");
  await refused(store, () => operator.addAccount(bad), "ERR_ARGUMENT_INVALID");
  await refused(store, () => account.addUser(bad), "ERR_ARGUMENT_INVALID");
  await refused(store, () => account.addRole(bad), "ERR_ARGUMENT_INVALID");
  await refused(store, () => account.issueUser(bad, { expires: "1h" }), "ERR_ARGUMENT_INVALID");
});

test("a role gets no bad name by an edit either", async () => {
  const { account, store } = await tree();
  await account.addRole("web");
  await account.addRole("other");
  for (const role of ["", "a/b"]) {
    await refused(
      store,
      () =>
        account.editRole("web", (scope) => {
          scope.role = role;
        }),
      "ERR_NAME_INVALID",
      "role",
    );
  }
  await refused(
    store,
    () =>
      account.editRole("web", (scope) => {
        scope.role = "other";
      }),
    "ERR_ENTITY_EXISTS",
    "other",
  );
  await account.editRole("web", (scope) => {
    scope.role = "new";
  });
  expect(account.roles.map(({ role }) => role).sort()).toEqual(["new", "other"]);
});

const GOOD = [
  "a".repeat(240),
  "\u65e5\u672c\u8a9e\u306e\u904b\u7528\u8005",
  "\ud83d\ude80 launch \ud83d\udc69\u200d\ud83d\udcbb",
  "\u0645\u0631\u062d\u0628\u0627",
  "\u05e9\u05dc\u05d5\u05dd",
  "a b  c",
  "dotted.name",
  ".hidden",
  "*",
  ">",
  "...",
  "__proto__",
  "constructor",
  "toString",
  '"quoted"',
  "<&>",
  "%2e%2e",
  "e\u0301",
  "\u00e9",
];

describe.each(GOOD.map((name) => [name]))("%o as a name", (name) => {
  test("works throughout", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator(name, { signingKey: true, systemAccount: name });
    const account = await operator.addAccount(`${name.slice(0, 200)}2`, { signingKey: true });
    await account.rename("other");
    await account.addRole(name, { pub: ["a"] });
    const user = await account.addUser(name, { tags: ["a"] });
    const scoped = await account.addUser("scoped", { role: name });
    await user.edit(({ nats }) => {
      nats.tags = ["b"];
    });

    expect((await wire(store, [name])).name).toBe(name);
    expect((await wire(store, [name, name])).name).toBe(name);
    expect(await wire(store, [name, "other", name])).toMatchObject({ name, nats: { tags: ["b"] } });
    expect(scoped.role).toBe(name);
    expect((await operator.systemAccount())?.name).toBe(name);
    expect((await nsc.operator(name)).publicKey).toBe(operator.publicKey);
    expect((await account.user(name)).publicKey).toBe(user.publicKey);
    expect((await collect(account.users())).map((found) => found.name).sort()).toEqual([name, "scoped"].sort());
    expect(parseCreds(await user.creds()).claims.name).toBe(name);
    const issued = await account.issueUser(name, { expires: "1h" });
    expect(wireOf<{ name: string }>(issued.token).name).toBe(name);

    await user.delete();
    expect(await store.paths()).not.toContain(JSON.stringify([name, "other", name]));
    await operator.rename("elsewhere");
    expect((await wire(store, ["elsewhere", name])).name).toBe(name);
  });
});

test("names that look alike are apart", async () => {
  const { account, store } = await tree();
  for (const name of ["e\u0301", "\u00e9", "a", "A", "__proto__", "a b", "a  b"]) await account.addUser(name);
  expect(new Set((await collect(account.users())).map(({ publicKey }) => publicKey)).size).toBe(7);
  expect((await wire(store, ["local", "APP", "e\u0301"])).name).toBe("e\u0301");
});

describe("an issued user", () => {
  test.each([
    ["nothing", ""],
    ["NUL", "a\0"],
    ["a newline", "a\nb"],
    ["half a character", "\ud83d"],
  ])("can't be called %s", async (_, name) => {
    const { account, store } = await tree();
    await refused(store, () => account.issueUser(name, { expires: "1h" }), "ERR_NAME_INVALID");
  });

  test("can have names that are not stored", async () => {
    const { account } = await tree();
    for (const name of ["https://example.com/u/1", "..", "a".repeat(300), " a "]) {
      expect(wireOf<{ name: string }>((await account.issueUser(name, { expires: "1h" })).token).name).toBe(name);
    }
  });
});
