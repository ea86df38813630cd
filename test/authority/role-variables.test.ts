import { createKeyPair, Nsc, permissions, roleVariables } from "nsc.js";
import { describe, expect, test } from "vitest";
import { damage, refused, tree } from "./tree-fixtures.ts";

describe("roleVariables", () => {
  test("are what servers know", async () => {
    const { name, subject, accountName, accountSubject, tag, accountTag } = roleVariables;
    const operator = await new Nsc().addOperator("local");
    const account = await operator.addAccount("APP", { tags: ["env:prod"] });
    const all = [name, subject, accountName, accountSubject, tag("team"), accountTag("env")];
    expect(all).toEqual([
      "{{name()}}",
      "{{subject()}}",
      "{{account-name()}}",
      "{{account-subject()}}",
      "{{tag(team)}}",
      "{{account-tag(env)}}",
    ]);
    await account.addRole("web", { pub: [all.join(".")] });
    const user = await account.addUser("u", { role: "web", tags: ["team:blue"] });
    expect(permissions(user).pub.allow).toEqual([`u.${user.publicKey}.APP.${account.publicKey}.blue.prod`]);
  });

  test.each(["", "a b", "a}", "{a", "a)", "(a", "a.b", "*", ">", "Team", "a\n", 5, undefined])(
    "refuse the tag %j",
    (key) => {
      for (const variable of [roleVariables.tag, roleVariables.accountTag]) {
        expect(() => variable(key as string)).toThrow(expect.objectContaining({ code: "ERR_ROLE_TEMPLATE" }));
      }
    },
  );
});

describe("describeRole", () => {
  test("tells keys, template and users", async () => {
    const { account, store } = await tree();
    const key = await account.addRole("web", { pub: ["in.>"], description: "browsers" });
    await account.addUser("b", { role: "web" });
    await account.addUser("a", { role: "web" });
    await account.addUser("c");
    await account.addUser("d", { role: "web" });
    await damage(store, ["local", "APP", "d"]);
    expect(await account.describeRole("web")).toEqual({
      role: "web",
      keys: [key],
      description: "browsers",
      template: { pub: { allow: ["in.>"] }, sub: {}, subs: -1, data: -1, payload: -1 },
      users: ["a", "b"],
      damaged: ["d"],
    });
  });

  test("has both keys while one is rotated", async () => {
    const { account } = await tree();
    const from = await account.addRole("web");
    const to = createKeyPair("account");
    await account.rotateSigningKey({ from: "web", to });
    expect(new Set((await account.describeRole("web")).keys)).toEqual(new Set([from, to.publicKey]));
  });

  test("of no role is refused", async () => {
    const { account, store } = await tree();
    await refused(store, () => account.describeRole("none"), "ERR_ENTITY_NOT_FOUND", '"none"');
    await refused(store, () => account.describeRole(undefined as never), "ERR_ENTITY_NOT_FOUND");
  });
});
