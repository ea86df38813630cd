import {
  type Account,
  type AccountClaims,
  createKeyPair,
  createScope,
  encode,
  keyPairFromSeed,
  type RoleInit,
  type Store,
  type UserClaims,
  type UserPermissionLimits,
  type UserScope,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { keptKey, NOW, only, refused, tokenAt, tree, wire, wireOf, writesNothing } from "./tree-fixtures.ts";

const SIGNING = keyNamed("accountSK");

/** The scope that the store has for a role. */
async function scopeOf(store: Store, role: string, account = "APP"): Promise<UserScope> {
  const { nats } = await wire(store, ["local", account]);
  return only((nats.signing_keys ?? []).filter((key) => typeof key === "object").filter((key) => key.role === role));
}

describe("addRole", () => {
  test("adds a key whose users may do everything, by default", async () => {
    const { account, store } = await tree();
    const before = await wire(store, ["local", "APP"]);
    const key = await account.addRole("web");
    expect(await wire(store, ["local", "APP"])).toEqual({
      ...before,
      iat: NOW + 1,
      jti: expect.any(String),
      nats: {
        ...before.nats,
        signing_keys: expect.arrayContaining([
          only(before.nats.signing_keys),
          {
            kind: "user_scope",
            key,
            role: "web",
            template: { pub: {}, sub: {}, subs: -1, data: -1, payload: -1 },
            description: "",
          },
        ]),
      },
    });
    expect(await keptKey(store, key)).toBe(key);
  });

  test("takes every option", async () => {
    const { account, store } = await tree();
    const key = await account.addRole("web", {
      pub: ["orders.>"],
      sub: { allow: ["_INBOX.>", "work q"], deny: ["_INBOX.private.>"] },
      responses: true,
      description: "browsers",
      key: SIGNING.seed,
      template: (template) => {
        template.payload = 1024;
        template.src = ["10.0.0.0/8"];
        template.times = [{ start: "08:00:00", end: "18:00:00" }];
        template.times_location = "Europe/Zurich";
        template.allowed_connection_types = ["WEBSOCKET"];
        template.bearer_token = true;
      },
    });
    expect(key).toBe(SIGNING.publicKey);
    expect(await scopeOf(store, "web")).toEqual({
      kind: "user_scope",
      key,
      role: "web",
      template: {
        pub: { allow: ["orders.>"] },
        sub: { allow: ["_INBOX.>", "work q"], deny: ["_INBOX.private.>"] },
        resp: { max: 1, ttl: 0 },
        src: ["10.0.0.0/8"],
        times: [{ start: "08:00:00", end: "18:00:00" }],
        times_location: "Europe/Zurich",
        subs: -1,
        data: -1,
        payload: 1024,
        bearer_token: true,
        allowed_connection_types: ["WEBSOCKET"],
      },
      description: "browsers",
    });
    expect(await store.getKey(key)).toBe(SIGNING.seed);
  });

  test("refuses what is there, what is no key and what is no option", async () => {
    const { account, store } = await tree();
    const key = await account.addRole("web");
    await refused(store, () => account.addRole("web"), "ERR_ENTITY_EXISTS", "web", "APP");
    await refused(store, () => account.addRole("b", { key }), "ERR_ENTITY_EXISTS", key);
    await refused(store, () => account.addRole("b", { key: account.publicKey }), "ERR_ENTITY_EXISTS");
    await refused(store, () => account.addRole("b", { key: keyNamed("user").seed }), "ERR_KEY_KIND");
    await refused(store, () => account.addRole("b", { allow: ["a"] } as never), "ERR_ARGUMENT_INVALID", "allow");
    await refused(store, () => account.addRole("b", { pub: "a" as never }), "ERR_ARGUMENT_INVALID", "pub");
    await refused(store, () => account.addRole("b", { pub: { alow: ["a"] } as never }), "ERR_ARGUMENT_INVALID", "alow");
    await refused(store, () => account.addRole("b", { responses: { ttl: "5" } }), "ERR_ARGUMENT_INVALID", "ttl");
    const waits = (async () => undefined) as never;
    await refused(store, () => account.addRole("b", { template: waits }), "ERR_ARGUMENT_INVALID", /wait/);
    const typo = (template: object) => void Object.assign(template, { paylod: 5 });
    await refused(store, () => account.addRole("b", { template: typo }), "ERR_CLAIMS_UNKNOWN_FIELD", "paylod");
  });
});

describe("a limit of 0 in a role", () => {
  test("is refused, since servers read it as unlimited", async () => {
    const { account, store } = await tree();
    await account.addRole("web");
    for (const zero of [0, 0n]) {
      const template = (limits: UserPermissionLimits): void => {
        limits.subs = zero;
      };
      await refused(store, () => account.addRole("none", { template }), "ERR_LIMITS", "none", "subs");
      const edit = () => account.editRole("web", (scope) => template(scope.template));
      await refused(store, edit, "ERR_LIMITS", "web", "subs");
    }
  });
});

describe("editRole", () => {
  test("changes the scope alone, and nobody's token", async () => {
    const { account, store } = await tree();
    await account.addRole("web", { pub: ["a"], description: "d" });
    await account.addRole("other", { pub: ["o"] });
    await account.addUser("u", { role: "web" });
    const token = await tokenAt(store, ["local", "APP", "u"]);
    const [before, other] = [await scopeOf(store, "web"), await scopeOf(store, "other")];
    await account.editRole("web", (scope) => {
      scope.template.pub = { allow: ["b"], deny: ["c"] };
      scope.template.subs = 10;
      scope.description = "changed";
    });
    expect(await scopeOf(store, "web")).toEqual({
      ...before,
      template: { pub: { allow: ["b"], deny: ["c"] }, sub: {}, subs: 10, data: -1, payload: -1 },
      description: "changed",
    });
    expect(await scopeOf(store, "other")).toEqual(other);
    expect(await tokenAt(store, ["local", "APP", "u"])).toBe(token);
  });

  test("changes all keys of a role alike", async () => {
    const { account, store } = await tree();
    const first = await account.addRole("web", { pub: ["a"] });
    const second = createScope(SIGNING.publicKey, { role: "web", template: { pub: { allow: ["a"] } } });
    await account.edit(({ nats }) => void nats.signing_keys?.push(second as never));
    await account.editRole("web", ({ template }) => {
      template.pub = { allow: ["b"] };
    });
    const scopes = (await wire(store, ["local", "APP"])).nats.signing_keys?.filter((key) => typeof key === "object");
    expect(new Map(scopes?.map(({ key, template }) => [key, template.pub]))).toEqual(
      new Map([
        [first, { allow: ["b"] }],
        [SIGNING.publicKey, { allow: ["b"] }],
      ]),
    );
  });

  test("refuses what it must not change, and leaves everything as it was", async () => {
    const { account, store } = await tree();
    await account.addRole("web", { pub: ["a"] });
    const edit = (change: (scope: UserScope) => unknown) => () => account.editRole("web", change as never);
    await refused(
      store,
      edit((scope) => {
        scope.key = SIGNING.publicKey;
      }),
      "ERR_CLAIMS_MANAGED",
      "key",
    );
    await refused(
      store,
      edit((scope) => void Object.assign(scope, { kind: "x" })),
      "ERR_CLAIMS_MANAGED",
      "kind",
    );
    await refused(
      store,
      edit(async () => undefined),
      "ERR_ARGUMENT_INVALID",
      /wait/,
    );
    await refused(
      store,
      edit(({ template }) => void Object.assign(template, { publish: ["a"] })),
      "ERR_CLAIMS_UNKNOWN_FIELD",
      "publish",
    );
    await refused(store, () => account.editRole("nobody", () => undefined), "ERR_ENTITY_NOT_FOUND", "nobody", "APP");
    const failure = new Error("mine");
    await expect(
      account.editRole("web", ({ template }) => {
        template.pub = {};
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect((await scopeOf(store, "web")).template.pub).toEqual({ allow: ["a"] });
    await writesNothing(store, () => account.editRole("web", () => undefined));
  });
});

describe("users of a role", () => {
  /** What servers demand of them: server.md, section 3.1, step 8. */
  const EMPTY = { pub: {}, sub: {}, type: "user", version: 2 };

  test("have nothing of their own", async () => {
    const { account, store } = await tree();
    const key = await account.addRole("web", {
      pub: ["a"],
      template: (template) => {
        template.subs = 5;
      },
    });
    const user = await account.addUser("u", { role: "web", tags: ["a"], expires: "1h" });
    expect(await wire(store, ["local", "APP", "u"])).toEqual({
      exp: NOW + 3600,
      jti: expect.any(String),
      iat: NOW,
      iss: key,
      name: "u",
      sub: user.publicKey,
      nats: { ...EMPTY, issuer_account: account.publicKey, tags: ["a"] },
    });
    expect(user.role).toBe("web");
    await user.edit(({ nats }) => {
      nats.tags = ["b"];
    });
    expect(await wire(store, ["local", "APP", "u"])).toMatchObject({ iss: key, nats: { ...EMPTY, tags: ["b"] } });
    expect((await wire(store, ["local", "APP", "u"])).nats).not.toHaveProperty("subs");
  });

  test.each<[string, (nats: UserClaims["nats"]) => void]>([
    [
      "pub",
      (nats) => {
        nats.pub = { allow: ["a"] };
      },
    ],
    [
      "a denial",
      (nats) => {
        nats.sub = { deny: ["a"] };
      },
    ],
    [
      "resp",
      (nats) => {
        nats.resp = { max: 1, ttl: 0 };
      },
    ],
    [
      "subs",
      (nats) => {
        nats.subs = 5;
      },
    ],
    [
      "unlimited subs",
      (nats) => {
        nats.subs = -1;
      },
    ],
    [
      "payload",
      (nats) => {
        nats.payload = 5n;
      },
    ],
    [
      "src",
      (nats) => {
        nats.src = ["10.0.0.0/8"];
      },
    ],
    [
      "times",
      (nats) => {
        nats.times = [{ start: "08:00:00", end: "09:00:00" }];
      },
    ],
    [
      "times_location",
      (nats) => {
        nats.times_location = "Europe/Zurich";
      },
    ],
    [
      "bearer_token",
      (nats) => {
        nats.bearer_token = true;
      },
    ],
    [
      "proxy_required",
      (nats) => {
        nats.proxy_required = true;
      },
    ],
    [
      "allowed_connection_types",
      (nats) => {
        nats.allowed_connection_types = ["MQTT"];
      },
    ],
  ])("can't be edited to have %s", async (_, change) => {
    const { account, store } = await tree();
    await account.addRole("web");
    const user = await account.addUser("u", { role: "web" });
    const edit = () => user.edit(({ nats }) => change(nats));
    await refused(store, edit, "ERR_USER_SCOPED", 'user "u"', "web");
    if (_ !== "unlimited subs") {
      const claims = ({ nats }: UserClaims) => change(nats);
      await refused(store, () => account.addUser("v", { role: "web", claims }), "ERR_USER_SCOPED", 'user "v"', "web");
      const issue = () => account.issueUser("v", { role: "web", claims, expires: "1h" });
      await refused(store, issue, "ERR_USER_SCOPED", 'user "v"', "web");
    }
  });

  test("can't be added with permissions", async () => {
    const { account, store } = await tree();
    await account.addRole("web");
    for (const init of [{ pub: ["a"] }, { sub: { deny: ["a"] } }, { responses: true }, { bearer: true }]) {
      await refused(store, () => account.addUser("u", { role: "web", ...init }), "ERR_USER_SCOPED", "web");
      const issue = () => account.issueUser("u", { role: "web", expires: "1h", ...init });
      await refused(store, issue, "ERR_USER_SCOPED", "web");
    }
  });

  test("have a role that there is, and no other signer", async () => {
    const { account, store } = await tree();
    await account.addRole("web");
    await refused(store, () => account.addUser("u", { role: "wbe" }), "ERR_SIGNER_UNKNOWN", "wbe", "web", "APP");
    await refused(store, () => account.issueUser("u", { role: "wbe", expires: "1h" }), "ERR_SIGNER_UNKNOWN", "wbe");
    const both = { role: "web", signer: account.publicKey };
    await refused(store, () => account.addUser("u", both), "ERR_ARGUMENT_INVALID", "role");
    await refused(store, () => account.issueUser("u", { ...both, expires: "1h" }), "ERR_ARGUMENT_INVALID", "role");
    await refused(store, () => account.addUser("u", { role: "" }), "ERR_SIGNER_UNKNOWN");
  });

  test.each(["identity", "signing key"])(
    "don't become unlimited because the role is the public key of the %s",
    async (key) => {
      const { account, store } = await tree();
      const signing = only(account.claims.nats.signing_keys) as string;
      const role = key === "identity" ? account.publicKey : signing;
      await refused(store, () => account.addUser("u", { role }), "ERR_SIGNER_UNKNOWN", role);
      await refused(store, () => account.issueUser("u", { role, expires: "1h" }), "ERR_SIGNER_UNKNOWN", role);
    },
  );

  test("move to another role, out of it and back", async () => {
    const { account, store } = await tree();
    const signing = only(account.claims.nats.signing_keys) as string;
    const [web, app] = [await account.addRole("web"), await account.addRole("app")];
    const user = await account.addUser("u", { role: "web" });
    const nats = async () => (await wire(store, ["local", "APP", "u"])).nats;
    const issuer = async () => (await wire(store, ["local", "APP", "u"])).iss;
    const scoped = { ...EMPTY, issuer_account: account.publicKey };
    const unlimited = { subs: -1, data: -1, payload: -1 };

    await user.reissue({ signer: "app" });
    expect([await issuer(), await nats()]).toEqual([app, scoped]);
    expect(user.role).toBe("app");
    await user.reissue({ signer: signing });
    expect([await issuer(), await nats()]).toEqual([signing, { ...scoped, ...unlimited }]);
    expect(user.role).toBeUndefined();
    await user.reissue({ signer: "web" });
    expect([await issuer(), await nats()]).toEqual([web, scoped]);
    await user.reissue({ signer: account.publicKey });
    expect([await issuer(), await nats()]).toEqual([account.publicKey, { ...scoped, ...unlimited }]);
    await user.reissue({ signer: web });
    expect([await issuer(), await nats()]).toEqual([web, scoped]);
  });

  test("that get permissions as they leave the role are not cut off by servers", async () => {
    const { account, store } = await tree();
    const signer = only(account.claims.nats.signing_keys) as string;
    await account.addRole("web");
    const user = await account.addUser("u", { role: "web" });
    await user.edit(
      ({ nats }) => {
        nats.pub = { allow: ["a"] };
      },
      { signer },
    );
    expect(await wire(store, ["local", "APP", "u"])).toMatchObject({
      iss: signer,
      nats: { pub: { allow: ["a"] }, subs: -1, data: -1, payload: -1 },
    });
    const other = await account.addUser("v", { role: "web" });
    await other.edit(
      ({ nats }) => {
        nats.subs = 7;
      },
      { signer },
    );
    expect((await wire(store, ["local", "APP", "v"])).nats).toMatchObject({ subs: 7, data: -1, payload: -1 });
  });

  test("whose role went by force don't become unlimited unless that is asked for", async () => {
    const { account, store } = await tree();
    const signing = only(account.claims.nats.signing_keys) as string;
    const web = await account.addRole("web", { pub: ["a"] });
    await account.addRole("app");
    const user = await account.addUser("u", { role: "web" });
    await account.removeSigningKey(web, { force: true });
    const edits = [
      () => user.edit(({ nats }) => void Object.assign(nats, { tags: ["t"] })),
      () => user.reissue(),
      () => user.rename("v"),
    ];
    for (const edit of edits) await refused(store, edit, "ERR_USER_SCOPED", /the user "[uv]"/, web, "signer");
    await user.reissue({ signer: "app" });
    expect((await wire(store, ["local", "APP", "u"])).nats).toEqual({ ...EMPTY, issuer_account: account.publicKey });
    await user.reissue({ signer: signing });
    expect((await wire(store, ["local", "APP", "u"])).nats.subs).toBe(-1);
  });

  test("lose permissions only if that is said", async () => {
    const { account, store } = await tree();
    const web = await account.addRole("web");
    const user = await account.addUser("u", {
      pub: ["a"],
      responses: true,
      tags: ["kept"],
      expires: "1h",
      claims: ({ nats }) => void Object.assign(nats, { subs: 5, src: ["10.0.0.0/8"] }),
    });
    await refused(store, () => user.reissue({ signer: "web" }), "ERR_USER_SCOPED", 'user "u"', "web");
    await user.reissue({ signer: "web", dropPermissions: true });
    expect(await wire(store, ["local", "APP", "u"])).toMatchObject({ iss: web, exp: NOW + 3600 });
    expect((await wire(store, ["local", "APP", "u"])).nats).toEqual({
      ...EMPTY,
      issuer_account: account.publicKey,
      tags: ["kept"],
    });
    const plain = await account.addUser("p", { pub: ["a"] });
    await plain.reissue({ dropPermissions: true });
    expect((await wire(store, ["local", "APP", "p"])).nats.pub).toEqual({ allow: ["a"] });
  });
});

/** What would be more than one plain token of a subject. */
const HOSTILE = [">", "*", "a.b", ".", "a.", "a.>", "a b", "a\u00a0b"];
/** What a user may well be called, and is one plain token. */
const HARMLESS = ["alice", "a-b_c", "\u65e5\u672c\u8a9e", "a@b", "{{name()}}", "$SYS"];

describe.each([
  "{{name()}}",
  "in.{{name()}}.out",
  "kv_{{name()}}",
  "{{ name() }}",
  "{{\tName()  }}",
  "{{NAME()}}",
  "{{subject()}}.{{name()}}",
  "{{subject()}}.x{{ nAmE() }}",
])("a role with %o", (subject) => {
  describe.each<[string, RoleInit]>([
    ["what may be published", { pub: ["a", subject] }],
    ["what may not be published", { pub: { deny: [subject] } }],
    ["what may be subscribed", { sub: [subject] }],
    ["what may not be subscribed", { sub: { allow: ["a"], deny: ["b", subject] } }],
  ])("in %s", (_, init) => {
    test("has no users with dangerous names", async () => {
      const { account, store } = await tree();
      await account.addRole("web", init);
      for (const name of HOSTILE.filter((text) => text !== ".")) {
        const add = () => account.addUser(name, { role: "web" });
        await refused(store, add, "ERR_ROLE_TEMPLATE", "web", "name", JSON.stringify(name));
        await refused(store, () => account.issueUser(name, { role: "web", expires: "1h" }), "ERR_ROLE_TEMPLATE", "web");
      }
      for (const name of HARMLESS) await account.issueUser(name, { role: "web", expires: "1h" });
    });
  });
});

describe("a role that puts the name of the user into subjects", () => {
  const init: RoleInit = { pub: ["orders.{{name()}}"] };

  test("is not reached by signing again, renaming or editing", async () => {
    const { account, store } = await tree();
    await account.addRole("web", init);
    await account.addRole("plain", { pub: ["a"] });
    const outside = await account.addUser("a.b");
    await refused(store, () => outside.reissue({ signer: "web" }), "ERR_ROLE_TEMPLATE", "a.b");
    const change = () =>
      outside.edit(
        ({ nats }) => {
          nats.tags = ["a"];
        },
        { signer: "web" },
      );
    await refused(store, change, "ERR_ROLE_TEMPLATE", "a.b");
    const inside = await account.addUser("fine", { role: "web" });
    await refused(store, () => inside.rename("*"), "ERR_ROLE_TEMPLATE", "*");
    expect(inside.name).toBe("fine");
    await inside.rename("finer");
    expect((await wire(store, ["local", "APP", "finer"])).name).toBe("finer");
    await outside.rename("a.b.c");
  });

  test("does not come about over users that have dangerous names", async () => {
    const { account, store } = await tree();
    const key = await account.addRole("web", { pub: ["orders.>"] });
    await account.addUser("a.b", { role: "web" });
    await account.addUser("c.d");
    const edit = () =>
      account.editRole("web", ({ template }) => {
        template.pub = { allow: ["o.{{name()}}"] };
      });
    await refused(store, edit, "ERR_ROLE_TEMPLATE", "web", "a.b");
    const scope = createScope(key, { role: "web", template: { sub: { deny: ["{{ Name() }}"] } } });
    const replace = ({ nats }: AccountClaims) => {
      nats.signing_keys = nats.signing_keys?.map((present) => (typeof present === "object" ? scope : present)) as never;
    };
    await refused(store, () => account.edit(replace), "ERR_ROLE_TEMPLATE", "a.b");
    await (await account.user("a.b")).delete();
    await edit();
    expect((await scopeOf(store, "web")).template.pub).toEqual({ allow: ["o.{{name()}}"] });
  });
});

describe("a role that puts tags of the user into subjects", () => {
  test.each(["{{tag(team)}}", "{{tag(TEAM)}}", "{{ tag(team) }}", "x_{{tag(team)}}"])(
    "has no users with dangerous ones: %o",
    async (variable) => {
      const { account, store } = await tree();
      await account.addRole("web", { pub: [`teams.${variable}.>`] });
      const user = await account.addUser("fine", { role: "web", tags: ["team:blue"] });
      const outside = await account.addUser("outside", { tags: ["team:>"] });
      await refused(store, () => outside.reissue({ signer: "web" }), "ERR_ROLE_TEMPLATE", "team");
      for (const value of [...HOSTILE, ""]) {
        for (const tags of [[`team:${value}x`.slice(0, -1)], ["team:ok", `Team:${value}`]]) {
          // Tags lose white space around them.
          if (value === "a.") continue;
          await refused(store, () => account.addUser("u", { role: "web", tags }), "ERR_ROLE_TEMPLATE", "web", "team");
          const issue = () => account.issueUser("u", { role: "web", tags, expires: "1h" });
          await refused(store, issue, "ERR_ROLE_TEMPLATE", "web", "team");
        }
        const edit = () =>
          user.edit(({ nats }) => {
            nats.tags = ["other:a.b", `team:${value}`];
          });
        await refused(store, edit, "ERR_ROLE_TEMPLATE", "web", "team");
      }
      await user.edit(({ nats }) => {
        nats.tags = ["other:a.b", "teams:*", "x:team:*", "team:red", "team:green"];
      });
      await account.addUser("any.name", { role: "web", tags: ["team:blue"] });
    },
  );

  test("does not come about over users that have dangerous ones", async () => {
    const { account, store } = await tree();
    await account.addRole("web", { pub: ["a"] });
    await account.addUser("u", { role: "web", tags: ["team:*"] });
    const edit = () =>
      account.editRole("web", ({ template }) => {
        template.pub = { allow: ["{{tag(team)}}"] };
      });
    await refused(store, edit, "ERR_ROLE_TEMPLATE", "team", "web");
  });

  test("may allow what a user has no tag for, but not deny it", async () => {
    const { account, store } = await tree();
    await account.addRole("allow", { pub: ["a", "teams.{{tag(team)}}"] });
    await account.addUser("u", { role: "allow" });
    await account.addUser("near", { role: "allow", tags: ["team", "teams:a"] });
    await account.addRole("deny", { sub: { deny: ["teams.{{tag(team)}}"] } });
    await refused(store, () => account.addUser("v", { role: "deny" }), "ERR_ROLE_TEMPLATE", "deny", "team", /refuse/);
    await refused(
      store,
      () => account.issueUser("v", { role: "deny", tags: ["teams:a"], expires: "1h" }),
      "ERR_ROLE_TEMPLATE",
    );
    const user = await account.addUser("v", { role: "deny", tags: ["team:a"] });
    await refused(store, () => user.edit(({ nats }) => void delete nats.tags), "ERR_ROLE_TEMPLATE", "team");
  });

  test("looks for keys as servers do", async () => {
    const { account, store } = await tree();
    // Servers take all up to the last parenthesis for the key.
    await account.addRole("odd", { pub: ["{{tag(a)b)}}"] });
    await refused(store, () => account.addUser("u", { role: "odd", tags: ["a)b:*"] }), "ERR_ROLE_TEMPLATE");
    // And they don't trim it, so nobody has this tag.
    await account.addRole("spaced", { sub: { deny: ["{{tag( team )}}"] } });
    await refused(store, () => account.addUser("u", { role: "spaced", tags: ["team:a"] }), "ERR_ROLE_TEMPLATE");
  });
});

/** An account as another tool left it: with a role that fits neither its name nor its tags. */
async function foreignAccount(name: string, tags: string[], pub: string[]) {
  const made = await tree();
  const { operator, store, nsc } = made;
  const [pair, signing] = [createKeyPair("account"), createKeyPair("account")];
  const signer = keyPairFromSeed((await store.getKey(operator.publicKey)) as string);
  const claims: AccountClaims = {
    name,
    sub: pair.publicKey,
    nats: {
      type: "account",
      limits: { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
      default_permissions: { pub: {}, sub: {} },
      authorization: {},
      tags,
      signing_keys: [createScope(signing.publicKey, { role: "web", template: { pub: { allow: pub } } })],
    },
  };
  const keys = [pair, signing].map((key) => new TextDecoder().decode(key.getSeed()));
  await store.commit({
    tokens: [{ path: ["local", name], token: await encode(claims, signer, { issuedAt: NOW }) }],
    keys,
  });
  const account: Account = await (await nsc.operator("local")).account(name);
  return { ...made, account };
}

describe("a role that puts name or tags of the account into subjects", () => {
  const byName: RoleInit = { pub: ["a.{{account-name()}}"] };
  const byTag: RoleInit = { sub: ["a.{{ account-tag(env) }}"] };

  test("does not come about in an account with dangerous ones", async () => {
    const { operator, store } = await tree();
    for (const name of HOSTILE.filter((text) => text !== ".")) {
      const account = await operator.addAccount(name);
      await refused(store, () => account.addRole("web", byName), "ERR_ROLE_TEMPLATE", "web", "account");
      await account.addRole("web");
      const edit = () =>
        account.editRole("web", ({ template }) => {
          template.pub = { deny: ["{{ACCOUNT-NAME()}}"] };
        });
      await refused(store, edit, "ERR_ROLE_TEMPLATE", "web", "account");
    }
    const tagged = await operator.addAccount("tagged", { tags: ["env:a.b"] });
    await refused(store, () => tagged.addRole("web", byTag), "ERR_ROLE_TEMPLATE", "web", "env");
    const scope = createScope(SIGNING.publicKey, {
      role: "web",
      template: { sub: { allow: ["{{account-tag(env)}}"] } },
    });
    const claims = ({ nats }: AccountClaims) => {
      nats.signing_keys = [scope];
    };
    await refused(store, () => operator.addAccount("new", { tags: ["env:*"], claims }), "ERR_ROLE_TEMPLATE", "env");
  });

  test("keeps the account from a dangerous name", async () => {
    const { account, store } = await tree();
    await account.addRole("web", byName);
    await account.addUser("any.name", { role: "web" });
    await refused(store, () => account.rename("A.B"), "ERR_ROLE_TEMPLATE", "web", "A.B");
    expect(account.name).toBe("APP");
    await account.rename("AB");
    await account.issueUser("any.name", { role: "web", expires: "1h" });
  });

  test("keeps the account from dangerous tags", async () => {
    const { account, store } = await tree();
    await account.edit(({ nats }) => {
      nats.tags = ["env:prod"];
    });
    await account.addRole("web", byTag);
    const edit = (tags: string[]) => () =>
      account.edit(({ nats }) => {
        nats.tags = tags;
      });
    await refused(store, edit(["env:*"]), "ERR_ROLE_TEMPLATE", "env", "web");
    await refused(store, edit(["env:prod", "env:a.b"]), "ERR_ROLE_TEMPLATE", "env");
    await edit(["env:test", "other:*"])();
    await edit([])();
  });

  test("can't deny by a tag that the account does not have", async () => {
    const { account, store } = await tree();
    const init: RoleInit = { pub: { deny: ["{{account-tag(env)}}"] } };
    await refused(store, () => account.addRole("web", init), "ERR_ROLE_TEMPLATE", "env", /does not have/);
    await account.edit(({ nats }) => {
      nats.tags = ["env:prod"];
    });
    await account.addRole("web", init);
    await refused(
      store,
      () =>
        account.edit(({ nats }) => {
          nats.tags = [];
        }),
      "ERR_ROLE_TEMPLATE",
      "env",
    );
  });

  test.each([
    ["a.b", [], "{{account-name()}}"],
    ["fine", ["env:a.b"], "{{account-tag(env)}}"],
  ] as const)("has no users if others made it: %s %o", async (name, tags, variable) => {
    const { account, store } = await foreignAccount(name, [...tags], [variable]);
    await refused(store, () => account.addUser("u", { role: "web" }), "ERR_ROLE_TEMPLATE", "web", "account");
    await refused(store, () => account.issueUser("u", { role: "web", expires: "1h" }), "ERR_ROLE_TEMPLATE", "account");
    const user = await account.addUser("u", { signer: account.publicKey });
    await refused(store, () => user.reissue({ signer: "web" }), "ERR_ROLE_TEMPLATE", "account");
    // It can still be mended elsewhere.
    await account.edit(({ nats }) => {
      nats.description = "d";
    });
  });
});

/** What servers since 2.11 refuse the users of a role for, and what they find no tag for. */
const UNKNOWN = ["{{username()}}", "{{nmae()}}", "x_{{name}}", "{{name ()}}", "{{tag[team]}}", "{{tag(team}}", "{{ }}"];
const OTHER_CASE = ["{{Tag(team)}}", "x_{{ TAG(team) }}", "{{ACCOUNT-TAG(env)}}", "{{account-Tag(env)}}"];

describe("a role with a variable that there is not", () => {
  describe.each([...UNKNOWN, ...OTHER_CASE])("%o", (variable) => {
    test.each<[string, RoleInit]>([
      ["what may be published", { pub: ["a", `in.${variable}`] }],
      ["what may not be published", { pub: { deny: [`in.{{name()}}.${variable}`] } }],
      ["what may be subscribed", { sub: [variable] }],
      ["what may not be subscribed", { sub: { allow: ["a"], deny: [variable] } }],
    ])("in %s is neither added nor edited in", async (_, init) => {
      const { account, operator, store } = await tree();
      await account.addRole("web", { pub: ["a"] });
      const words = ["web", variable.slice(variable.indexOf("{"))];
      await refused(store, () => account.addRole("web2", init), "ERR_ROLE_TEMPLATE", "web2", ...words);
      const template: Partial<UserPermissionLimits> = {};
      for (const name of ["pub", "sub"] as const) {
        const given = init[name] ?? {};
        template[name] = (Array.isArray(given) ? { allow: given } : given) as UserPermissionLimits["pub"];
      }
      const edit = () => account.editRole("web", (scope) => void Object.assign(scope.template, template));
      await refused(store, edit, "ERR_ROLE_TEMPLATE", ...words);
      const scope = createScope(SIGNING.publicKey, { role: "web", template });
      const replace = ({ nats }: AccountClaims) => void nats.signing_keys?.push(scope);
      await refused(store, () => account.edit(replace), "ERR_ROLE_TEMPLATE", ...words);
      const claims = ({ nats }: AccountClaims) => {
        nats.signing_keys = [scope];
      };
      await refused(store, () => operator.addAccount("new", { claims }), "ERR_ROLE_TEMPLATE", ...words);
    });
  });

  test("is told what there is, and how it is written", async () => {
    const { account, store } = await tree();
    const add = (variable: string) => () => account.addRole("web", { pub: [variable] });
    await refused(store, add("{{nmae()}}"), "ERR_ROLE_TEMPLATE", /name\(\).*account-tag\(key\)/);
    await refused(store, add("{{ Account-TAG(Env) }}"), "ERR_ROLE_TEMPLATE", "write account-tag(env)");
  });

  test("does not get in the way of other changes where others made it", async () => {
    const { account, store } = await foreignAccount("B", ["env:prod"], ["a", ...UNKNOWN, ...OTHER_CASE]);
    await account.edit(({ nats }) => {
      nats.tags = ["env:test"];
    });
    await account.rename("C");
    await account.addRole("other", { pub: ["{{name()}}"] });
    await account.addUser("u", { role: "web", tags: ["team:blue"] });
    await account.editRole("web", (scope) => {
      scope.description = "d";
      scope.template.subs = 10;
    });
    const setAllowed = (allow: string[]) => () =>
      account.editRole("web", ({ template }) => {
        template.pub = { allow };
      });
    await refused(store, setAllowed(["b", ...UNKNOWN]), "ERR_ROLE_TEMPLATE", "{{username()}}");
    await refused(store, setAllowed(["b", ...OTHER_CASE]), "ERR_ROLE_TEMPLATE", "{{Tag(team)}}");
    await setAllowed(["b"])();
    expect((await scopeOf(store, "web", "C")).template.pub).toEqual({ allow: ["b"] });
  });

  test.each(["{{Tag(team)}}", "{{TAG(TEAM)}}"])(
    "has no users with dangerous tags, which servers before 2.11 put into subjects: %o",
    async (variable) => {
      const { account, store } = await foreignAccount("B", [], [variable]);
      const add = (tags: string[]) => () => account.addUser("u", { role: "web", tags });
      await refused(store, add(["team:ok", "team:a.b"]), "ERR_ROLE_TEMPLATE", "team");
      await add(["team:ok"])();
    },
  );
});

describe("a role that puts keys into subjects", () => {
  test("takes any names and tags, since keys are safe", async () => {
    const { operator, store } = await tree();
    const account = await operator.addAccount("a.b", { tags: ["x:*"] });
    const variables = ["{{subject()}}", "{{account-subject()}}", "{{ Account-Subject() }}.{{SUBJECT()}}"];
    await account.addRole("web", { pub: { allow: variables, deny: variables }, sub: variables });
    for (const name of HOSTILE.filter((text) => text !== ".")) {
      await account.addUser(name, { role: "web", tags: ["team:>"] });
      const issued = await account.issueUser(name, { role: "web", tags: ["team:>"], expires: "1h" });
      expect(wireOf<UserClaims>(issued.token).name).toBe(name);
    }
    expect((await scopeOf(store, "web", "a.b")).template.pub).toEqual({ allow: variables, deny: variables });
  });

  test("needs no name that is safe when it has no variables", async () => {
    const { account } = await tree();
    await account.addRole("web", { pub: ["name()", "{name()}", "tag(x)"] });
    for (const name of HOSTILE.filter((text) => text !== ".")) await account.addUser(name, { role: "web" });
  });
});
