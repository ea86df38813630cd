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
      rule: { list: "responses" },
      message: expect.stringMatching(/replies/),
    });
    // What servers take for 0: nats-server's DEFAULT_ALLOW_RESPONSE_MAX_MSGS and _EXPIRATION.
    expect(permissions(user).responses).toEqual({ max: 1, ttl: 120_000_000_000 });
    expect(can(user, "publish", "anything", { reply: true })).toMatchObject({
      allowed: true,
      rule: { list: "responses" },
      responses: { max: 1, ttl: 120_000_000_000 },
      message: expect.stringMatching(/1 for each message within 2m0s/),
    });
    const both = await account.addUser("both", { pub: ["log"], responses: { max: -5, ttl: "-1s" } });
    expect(can(both, "publish", "log").allowed).toBe(true);
    expect(can(both, "publish", "log", { reply: true })).toMatchObject({ rule: { list: "pub.allow", entry: "log" } });
    expect(can(both, "publish", "other").allowed).toBe(false);
    expect(can(both, "publish", "other", { reply: true })).toMatchObject({
      allowed: true,
      responses: { max: -1, ttl: -1 },
      message: expect.stringMatching(/any number for each message$/),
    });
    const none = await account.addUser("none", { pub: ["log"] });
    expect(can(none, "publish", "other", { reply: true }).allowed).toBe(false);
    // A reply that is mapped goes to another subject than the one that was asked for.
    await account.edit(({ nats }) => {
      nats.mappings = { "away.*": [{ subject: "to.$1" }], "same.*": [{ subject: "same.$1" }] };
    });
    expect(can(user, "publish", "away.x", { reply: true }).allowed).toBe(false);
    expect(can(user, "publish", "same.x", { reply: true }).allowed).toBe(true);
    expect(() => can(user, "subscribe", "q", { reply: true })).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => can(user, "publish", "q", { reply: "yes" as never })).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("answers as the version of the server does that is asked about", async () => {
    const { account } = await tree();
    const user = await account.addUser("u", {
      pub: { deny: ["a.*", "a.b.c"] },
      sub: { deny: ["s", "s others", "*.secret"] },
    });
    expect(can(user, "publish", "a.b").allowed).toBe(false);
    expect(can(user, "publish", "a.b", { serverVersion: "2.10.27" }).allowed).toBe(true);
    expect(can(user, "publish", "a.x", { serverVersion: "2.10.27" }).allowed).toBe(false);
    expect(can(user, "publish", "a.b", { serverVersion: "2.9.10" }).allowed).toBe(false);
    expect(can(user, "subscribe", "s", { queue: "q" }).allowed).toBe(false);
    expect(can(user, "subscribe", "s", { queue: "q", serverVersion: "2.10.27" }).allowed).toBe(true);
    expect(can(user, "subscribe", "s", { queue: "others", serverVersion: "2.9.10" }).allowed).toBe(false);
    expect(can(user, "subscribe", "s", { serverVersion: "2.9.10" }).allowed).toBe(false);
    expect(can(user, "subscribe", "x.*").withheld).toEqual(["*.secret"]);
    expect(can(user, "subscribe", "x.*", { serverVersion: "2.14.3" }).withheld).toEqual([]);
    expect(can(user, "subscribe", ">", { serverVersion: "2.14.3" }).withheld).toEqual(["s", "*.secret"]);
    expect(can(user, "subscribe", ">", { queue: "others" }).withheld).toEqual(["s", "s others", "*.secret"]);

    await account.addRole("web", {
      pub: ["in.{{name()}}", "KV_{{name()}}", "{{tag(T)}}.{{tag(u)}}", "{{ name() }}", "{{account-subject()}}"],
    });
    const alice = await account.addUser("alice", { role: "web", tags: ["t:1", "t:2"] });
    // 2.11 and later find variables within tokens, and pass over white space.
    expect(permissions(alice).pub.allow).toEqual(["in.alice", "KV_alice", "alice", account.publicKey]);
    expect(permissions(alice, { serverVersion: "2.10.27" }).pub.allow).toEqual([
      "in.alice",
      "KV_{{name()}}",
      account.publicKey,
    ]);
    const pub = ["in.{{name()}}", "KV_{{name()}}", "{{tag(T)}}.{{tag(u)}}"];
    await account.addRole("tagged", { pub, sub: { deny: ["{{tag(u)}}.x", "b"] } });
    const tagged = await account.addUser("bob", { role: "tagged", tags: ["t:1", "t:2", "u:x"] });
    expect(permissions(tagged, { serverVersion: "2.10.27" })).toMatchObject({
      pub: { allow: ["in.bob", "KV_{{name()}}", "1.x", "2.x"] },
      sub: { deny: ["x.x", "b"] },
    });
    await account.edit(({ nats }) => {
      nats.mappings = { "m.*": [{ subject: "to.{{random(3)}}" }] };
    });
    expect(can(user, "publish", "m.x").mapped).toHaveLength(1);
    expect(can(user, "publish", "m.x", { serverVersion: "2.11.0" }).mapped).toBeUndefined();
    for (const serverVersion of ["2.10", "newest", "2.8.0", 2 as never]) {
      expect(() => can(user, "publish", "a", { serverVersion })).toThrowCode("ERR_ARGUMENT_INVALID");
      expect(() => can(user, "subscribe", "a", { serverVersion })).toThrowCode("ERR_ARGUMENT_INVALID");
      expect(() => permissions(user, { serverVersion })).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    expect(() => permissions(user, { version: "2.11.0" } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
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
