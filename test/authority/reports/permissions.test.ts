import { can, permissions } from "nsc.js";
import { describe, expect, test } from "vitest";
import { tree } from "../tree-fixtures.ts";

describe("permissions", () => {
  test("are the user's own, its role's, the account's, or none", async () => {
    const { account } = await tree();
    const open = await account.addUser("open");
    expect(permissions(open)).toEqual({
      source: "none",
      pub: { allow: undefined, deny: [] },
      sub: { allow: undefined, deny: [] },
    });
    const own = await account.addUser("own", { pub: ["a"], sub: { deny: ["b", "c q"] } });
    expect(permissions(own)).toMatchObject({
      source: "user",
      pub: { allow: ["a"], deny: [] },
      sub: { allow: undefined, deny: ["b", "c q"] },
    });
    await account.addRole("web", { pub: ["in.{{name()}}.{{tag(site)}}"], responses: { max: 2, ttl: "5s" } });
    const of = await account.addUser("alice", { role: "web", tags: ["site:eu", "site:us"] });
    expect(permissions(of)).toEqual({
      source: "role",
      role: "web",
      pub: { allow: ["in.alice.eu", "in.alice.us"], deny: [] },
      sub: { allow: undefined, deny: [] },
      responses: { max: 2, ttl: 5_000_000_000 },
    });
    await account.edit(({ nats }) => {
      nats.default_permissions = { pub: { allow: ["d"] }, sub: {} };
    });
    expect(permissions(open)).toMatchObject({ source: "account", pub: { allow: ["d"] } });
    expect(permissions(own)).toMatchObject({ source: "user", pub: { allow: ["a"] } });
  });

  test("deny everything where nothing is left of what a role allows", async () => {
    const { account } = await tree();
    await account.addRole("site", { pub: ["in.{{tag(site)}}"] });
    const user = await account.addUser("bob", { role: "site" });
    expect(permissions(user).pub).toEqual({ allow: [], deny: [">"] });
    expect(can(user, "publish", "in.x").allowed).toBe(false);
  });
});

describe("can", () => {
  test("names the rule that decides", async () => {
    const { account } = await tree();
    const user = await account.addUser("u", {
      pub: { allow: ["orders.>"], deny: ["orders.secret"] },
      sub: { allow: ["orders.>", "jobs workers"], deny: ["orders.*.private"] },
    });
    expect(can(user, "publish", "orders.new")).toMatchObject({
      allowed: true,
      rule: { list: "pub.allow", entry: "orders.>" },
    });
    expect(can(user, "publish", "orders.secret")).toMatchObject({
      allowed: false,
      rule: { list: "pub.deny", entry: "orders.secret" },
    });
    expect(can(user, "publish", "payroll")).toMatchObject({ allowed: false, rule: { list: "pub.allow" } });
    expect(can(user, "subscribe", "jobs").allowed).toBe(false);
    expect(can(user, "subscribe", "jobs", { queue: "workers" })).toMatchObject({
      allowed: true,
      rule: { list: "sub.allow", entry: "jobs workers" },
    });
    expect(can(user, "subscribe", "jobs", { queue: "others" }).allowed).toBe(false);
    expect(can(user, "subscribe", "orders.>")).toMatchObject({ allowed: true, withheld: ["orders.*.private"] });
    expect(can(user, "subscribe", "orders.eu.private").allowed).toBe(false);
  });

  test("asks for what the mappings of the account make of a subject", async () => {
    const { account } = await tree();
    const user = await account.addUser("u", { pub: { allow: ["v1.>", "v2.>", "in.*"], deny: ["v2.eu", "p.1"] } });
    await account.edit(({ nats }) => {
      nats.mappings = {
        "in.*": [
          { subject: "v1.$1", weight: 90 },
          { subject: "v2.$1", weight: 10 },
          { subject: "east.$1", cluster: "east" },
        ],
        "old.*": [{ subject: "v1.$1", weight: 40 }],
        "sink.*": [{ subject: "v1.x", cluster: "other" }],
        "p.*": [{ subject: "v1.{{random(3)}}" }],
        "q.*": [{ subject: "v3.{{random(3)}}" }],
        fixed: [{ subject: "v1.{{partition(7)}}" }],
        "wrong.*": [{ subject: "v1.$2" }],
        gone: [{ subject: "gone", weight: 50 }],
      };
    });
    expect(can(user, "publish", "in.us")).toMatchObject({
      allowed: true,
      mapped: [
        { source: "in.*", subject: "v1.us", share: 90, allowed: true },
        { source: "in.*", subject: "v2.us", share: 10, allowed: true },
      ],
    });
    expect(can(user, "publish", "in.eu")).toMatchObject({
      allowed: false,
      rule: { list: "pub.deny", entry: "v2.eu" },
      mapped: [{ allowed: true }, { allowed: false }],
    });
    expect(can(user, "publish", "in.us", { cluster: "east" })).toMatchObject({
      allowed: false,
      mapped: [{ subject: "east.us", share: 100, allowed: false }],
    });
    expect(can(user, "publish", "in.us", { cluster: "west" }).allowed).toBe(true);
    // What is left of 100 keeps its subject, which the user may not publish to.
    expect(can(user, "publish", "old.x")).toMatchObject({
      allowed: false,
      mapped: [
        { share: 40, allowed: true },
        { subject: "old.x", share: 60, allowed: false },
      ],
    });
    expect(can(user, "publish", "sink.a").mapped).toMatchObject([{ subject: "sink.a", share: 100 }]);
    expect(can(user, "publish", "p.a")).toMatchObject({ allowed: true, mapped: [{ subject: "v1.*" }] });
    expect(can(user, "publish", "q.a").allowed).toBe(false);
    expect(can(user, "publish", "fixed").mapped).toMatchObject([{ subject: "v1.*" }]);
    expect(can(user, "publish", "wrong.a").mapped).toBeUndefined();
    expect(can(user, "publish", "gone").mapped).toMatchObject([{ subject: "gone", share: 50 }]);
    expect(can(user, "publish", "v1.a").mapped).toBeUndefined();
    expect(can(user, "subscribe", "in.us").mapped).toBeUndefined();
    expect(() => can(user, "subscribe", "in.us", { cluster: "east" })).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => can(user, "publish", "in.us", { cluster: "" })).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("takes responses for what they are", async () => {
    const { account } = await tree();
    const user = await account.addUser("service", { sub: ["q"], responses: true });
    expect(can(user, "publish", "anything")).toMatchObject({
      allowed: false,
      message: expect.stringMatching(/replies/),
    });
    const both = await account.addUser("both", { pub: ["log"], responses: true });
    expect(can(both, "publish", "log").allowed).toBe(true);
  });

  test("refuses what is no subject, no action and no user", async () => {
    const { account } = await tree();
    const user = await account.addUser("u");
    for (const subject of ["", "a..b", ".a", "a b", "a.*", ">", 5]) {
      expect(() => can(user, "publish", subject as string)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    expect(() => can(user, "subscribe", "a.>.b")).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => can(user, "listen" as never, "a")).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => can(user, "publish", "a", { queue: "q" })).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => can(user, "subscribe", "a", { queue: "q r" })).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => can(user, "subscribe", "a", { group: "q" } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => permissions(account as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => permissions(undefined as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
