import {
  type Account,
  type AccountClaims,
  type AddAccountOptions,
  createKeyPair,
  createScope,
  encode,
  keyPairFromSeed,
  type NscErrorCode,
  systemAccountExports,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { keptKey, NOW, only, refused, tokenAt, tree, wire, world, writesNothing } from "./tree-fixtures.ts";

const IDENTITY = keyNamed("account");
const SIGNING = keyNamed("accountSK");
const OTHER = keyNamed("account2");
const USER = keyNamed("user");
const UNLIMITED = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };

describe("addAccount", () => {
  test("makes an account without limits, and without JetStream", async () => {
    const { operator, store } = await tree();
    const account = await operator.addAccount("B");
    const claims = await wire(store, ["local", "B"]);
    expect(claims).toEqual({
      jti: expect.any(String),
      iat: NOW,
      iss: only(operator.claims.nats.signing_keys),
      name: "B",
      sub: expect.stringMatching(/^A[A-Z2-7]{55}$/),
      nats: {
        limits: UNLIMITED,
        default_permissions: { pub: {}, sub: {} },
        authorization: {},
        type: "account",
        version: 2,
      },
    });
    expect(await keptKey(store, claims.sub)).toBe(claims.sub);
    expect([account.name, account.publicKey, account.roles]).toEqual(["B", claims.sub, []]);
    expect(account.token).toBe(await tokenAt(store, ["local", "B"]));
  });

  test("takes every option", async () => {
    const { operator, store } = await tree();
    await operator.addAccount("B", {
      key: IDENTITY.seed,
      signingKey: SIGNING.seed,
      jetstream: { memory: 1, disk: "1MB" },
      defaultPermissions: { pub: ["a"], sub: { allow: ["b"], deny: ["c"] }, responses: { max: 5, ttl: "1m" } },
      tags: ["Env:Prod", "env:prod"],
      expires: new Date((NOW + 500) * 1000),
      notBefore: new Date((NOW + 5) * 1000),
      claims: ({ nats }) => {
        nats.description = "for people";
        nats.limits.conn = 7;
      },
      signer: operator.publicKey,
    });
    expect(await wire(store, ["local", "B"])).toEqual({
      exp: NOW + 500,
      jti: expect.any(String),
      iat: NOW,
      iss: operator.publicKey,
      name: "B",
      nbf: NOW + 5,
      sub: IDENTITY.publicKey,
      nats: {
        limits: {
          ...UNLIMITED,
          conn: 7,
          mem_storage: 1,
          disk_storage: 1_000_000,
          streams: -1,
          consumer: -1,
          max_ack_pending: -1,
          mem_max_stream_bytes: -1,
          disk_max_stream_bytes: -1,
        },
        signing_keys: [SIGNING.publicKey],
        default_permissions: {
          pub: { allow: ["a"] },
          sub: { allow: ["b"], deny: ["c"] },
          resp: { max: 5, ttl: 60_000_000_000 },
        },
        authorization: {},
        description: "for people",
        tags: ["env:prod"],
        type: "account",
        version: 2,
      },
    });
    expect(await store.getKey(IDENTITY.publicKey)).toBe(IDENTITY.seed);
    expect(await store.getKey(SIGNING.publicKey)).toBe(SIGNING.seed);
  });

  test("takes an identity whose key is elsewhere", async () => {
    const { operator, store } = await tree();
    const account = await operator.addAccount("B", { key: IDENTITY.publicKey });
    expect(await store.getKey(IDENTITY.publicKey)).toBeUndefined();
    await refused(store, () => account.addUser("u"), "ERR_SIGNER_MISSING", IDENTITY.publicKey);
  });

  test.each<[string, AddAccountOptions, NscErrorCode, string | RegExp]>([
    ["a key of another kind", { key: keyNamed("user").seed }, "ERR_KEY_KIND", /account/],
    ["a signing key of another kind", { signingKey: keyNamed("operator").seed }, "ERR_KEY_KIND", /account/],
    ["an expiry that is none", { expires: "5" }, "ERR_ARGUMENT_INVALID", /expires/],
    ["tags that are no list", { tags: "ab" as never }, "ERR_ARGUMENT_INVALID", /tags/],
    ["tags that are no texts", { tags: [1] as never }, "ERR_ARGUMENT_INVALID", /tags/],
    ["a signer that is none of the operator's", { signer: IDENTITY.publicKey }, "ERR_SIGNER_UNKNOWN", "local"],
    ["a bad subject", { defaultPermissions: { pub: ["a..b"] } }, "ERR_CLAIMS_INVALID", /a\.\.b/],
    ["a misspelt option", { jetStream: "unlimited" } as never, "ERR_ARGUMENT_INVALID", "jetStream"],
    ["a misspelt permission", { defaultPermissions: { publish: ["a"] } } as never, "ERR_ARGUMENT_INVALID", "publish"],
    [
      "a misspelt response permission",
      { defaultPermissions: { responses: { maximum: 1 } } } as never,
      "ERR_ARGUMENT_INVALID",
      "maximum",
    ],
  ])("refuses %s", async (_, options, code, words) => {
    const { operator, store } = await tree();
    await refused(store, () => operator.addAccount("B", options), code, words);
  });

  test("refuses a name or key that is taken", async () => {
    const { operator, account, store } = await tree();
    await refused(store, () => operator.addAccount("APP"), "ERR_ENTITY_EXISTS", "APP");
    const key = account.publicKey;
    await refused(store, () => operator.addAccount("B", { key }), "ERR_ENTITY_EXISTS", key, "APP");
  });

  test("refuses to go below an operator that is not there", async () => {
    const { nsc, operator, store } = await tree();
    const gone = world();
    const lost = await gone.nsc.addOperator("other");
    expect(lost.name).toBe("other");
    await operator.rename("renamed");
    await refused(store, () => nsc.operator("local"), "ERR_ENTITY_NOT_FOUND", "local");
    await operator.addAccount("B");
    expect(await store.paths()).toContain('["renamed","B"]');
  });
});

describe("editing an account", () => {
  test("changes anything that claims have, and nothing else", async () => {
    const { operator, account, store } = await tree();
    const before = await wire(store, ["local", "APP"]);
    const other = await operator.addAccount("OTHER");
    await account.edit((claims) => {
      claims.exp = NOW + 1000;
      Object.assign(claims.nats.limits, { conn: 10, leaf: 0, subs: 100, data: 5, payload: 9007199254740993n });
      Object.assign(claims.nats.limits, { imports: 3, exports: 4, wildcards: false, disallow_bearer: true });
      claims.nats.exports = [
        { subject: "b", type: "service", response_type: "Stream" },
        { subject: "a", type: "stream" },
      ];
      claims.nats.imports = [{ subject: "x", account: other.publicKey, type: "stream", local_subject: "mine.x" }];
      claims.nats.mappings = {
        orders: [
          { subject: "orders.new", weight: 60 },
          { subject: "orders.old", weight: 40 },
        ],
      };
      claims.nats.trace = { dest: "trace.messages", sampling: 50 };
      claims.nats.cluster_traffic = "owner";
      claims.nats.description = "d";
      claims.nats.info_url = "https://example.com";
      claims.nats.default_permissions.pub = { allow: ["a"] };
      claims.nats.tags = ["t"];
      claims.nats.revocations = { [USER.publicKey]: NOW };
    });
    const after = await wire(store, ["local", "APP"]);
    expect(after).toEqual({
      ...before,
      exp: NOW + 1000,
      iat: NOW + 1,
      jti: expect.any(String),
      nats: {
        ...before.nats,
        imports: [{ subject: "x", account: other.publicKey, type: "stream", local_subject: "mine.x" }],
        // Go writes exports in the order of their subjects.
        exports: [
          { subject: "a", type: "stream" },
          { subject: "b", type: "service", response_type: "Stream" },
        ],
        // A limit of 0 is left out.
        limits: {
          subs: 100,
          data: 5,
          payload: Number(9007199254740993n),
          imports: 3,
          exports: 4,
          disallow_bearer: true,
          conn: 10,
        },
        revocations: { [USER.publicKey]: NOW },
        default_permissions: { pub: { allow: ["a"] }, sub: {} },
        mappings: {
          orders: [
            { subject: "orders.new", weight: 60 },
            { subject: "orders.old", weight: 40 },
          ],
        },
        trace: { dest: "trace.messages", sampling: 50 },
        cluster_traffic: "owner",
        description: "d",
        info_url: "https://example.com",
        tags: ["t"],
      },
    });
    expect(account.claims.nats.limits.payload).toBe(9007199254740993n);
  });

  test("keeps what an edit does not name, unlike nsc", async () => {
    const { account, store } = await tree();
    await account.edit(({ nats }) => {
      nats.limits.wildcards = false;
      nats.limits.disallow_bearer = true;
      nats.exports = [
        { subject: "a.*", type: "stream", account_token_position: 2, advertise: true, revocations: { "*": 1 } },
      ];
    });
    const before = await wire(store, ["local", "APP"]);
    await account.edit(({ nats }) => {
      nats.description = "d";
    });
    expect(await wire(store, ["local", "APP"])).toEqual({
      ...before,
      iat: NOW + 2,
      jti: expect.any(String),
      nats: { ...before.nats, description: "d" },
    });
  });

  test("signs nothing without a change", async () => {
    const { account, store, clock } = await tree();
    const token = await tokenAt(store, ["local", "APP"]);
    clock.now += 100;
    await writesNothing(store, () => account.edit(() => undefined));
    await writesNothing(store, () =>
      account.edit(({ nats }) => {
        nats.limits.conn = -1;
      }),
    );
    await writesNothing(store, () =>
      account.edit(({ nats }) => {
        nats.tags = ["a"];
        delete nats.tags;
      }),
    );
    expect(await tokenAt(store, ["local", "APP"])).toBe(token);
    expect(account.token).toBe(token);
  });

  test("is signed by whoever signed before, as long as that may sign", async () => {
    const { operator, account, store } = await tree();
    const first = only(operator.claims.nats.signing_keys);
    const second = await operator.addSigningKey();
    await account.edit(({ nats }) => {
      nats.tags = ["a"];
    });
    expect((await wire(store, ["local", "APP"])).iss).toBe(first);
    await account.edit(
      ({ nats }) => {
        nats.tags = ["b"];
      },
      { signer: second },
    );
    expect((await wire(store, ["local", "APP"])).iss).toBe(second);
    await operator.removeSigningKey(second, { force: true });
    await account.edit(({ nats }) => {
      nats.tags = ["c"];
    });
    expect((await wire(store, ["local", "APP"])).iss).toBe(first);
  });

  test.each<[string, (claims: AccountClaims) => void, RegExp]>([
    [
      "an export without type",
      ({ nats }) => {
        nats.exports = [{ subject: "a" }];
      },
      /type/,
    ],
    [
      "overlapping exports",
      ({ nats }) => {
        nats.exports = [
          { subject: "a.*", type: "service" },
          { subject: "a.b", type: "service" },
        ];
      },
      /already exports/,
    ],
    [
      "an import of no account",
      ({ nats }) => {
        nats.imports = [{ subject: "a", account: "", type: "stream" }];
      },
      /account/,
    ],
    [
      "weights above 100%",
      ({ nats }) => {
        nats.mappings = { a: [{ subject: "b", weight: 101 }] };
      },
      /100/,
    ],
    [
      "tracing to a wildcard",
      ({ nats }) => {
        nats.trace = { dest: "a.*" };
      },
      /not a valid publish subject/,
    ],
    [
      "a long description",
      ({ nats }) => {
        nats.description = "x".repeat(8193);
      },
      /too long/,
    ],
    [
      "flat and tiered JetStream",
      ({ nats }) => void Object.assign(nats.limits, { disk_storage: 1, tiered_limits: { R1: { disk_storage: 1 } } }),
      /mutually exclusive/,
    ],
    [
      "a signing key of another kind",
      ({ nats }) => {
        nats.signing_keys = [USER.publicKey];
      },
      /signing key/,
    ],
  ])("refuses %s", async (_, edit, words) => {
    const { operator, store } = await tree();
    const account = await operator.addAccount("B");
    await refused(store, () => account.edit(edit), "ERR_CLAIMS_INVALID", 'account "B"', words);
  });

  test("refuses integers that JavaScript has lost digits of", async () => {
    const { account, store } = await tree();
    await refused(
      store,
      () =>
        account.edit(({ nats }) => {
          nats.limits.data = 2 ** 60;
        }),
      "ERR_CLAIMS_INTEGER",
    );
    await refused(
      store,
      () =>
        account.edit(({ nats }) => {
          nats.limits.data = 1.5;
        }),
      "ERR_CLAIMS_INTEGER",
    );
  });
});

describe("the signing keys of an account", () => {
  test("are added and removed", async () => {
    const { account, store } = await tree();
    const first = only(account.claims.nats.signing_keys);
    expect(await account.addSigningKey({ key: SIGNING.seed })).toBe(SIGNING.publicKey);
    expect(new Set((await wire(store, ["local", "APP"])).nats.signing_keys)).toEqual(
      new Set([first, SIGNING.publicKey]),
    );
    expect(await store.getKey(SIGNING.publicKey)).toBe(SIGNING.seed);
    const fresh = await account.addSigningKey();
    expect(await keptKey(store, fresh)).toBe(fresh);
    await account.removeSigningKey(SIGNING.publicKey, { deleteKey: true });
    await account.removeSigningKey(fresh);
    expect((await wire(store, ["local", "APP"])).nats.signing_keys).toEqual([first]);
    expect(await store.getKey(SIGNING.publicKey)).toBeUndefined();
    expect(await keptKey(store, fresh)).toBe(fresh);
  });

  test("are refused when they are there already, or of another kind", async () => {
    const { account, store } = await tree();
    const present = only(account.claims.nats.signing_keys) as string;
    await refused(store, () => account.addSigningKey({ key: present }), "ERR_ENTITY_EXISTS", present);
    await refused(store, () => account.addSigningKey({ key: account.publicKey }), "ERR_ENTITY_EXISTS");
    await refused(store, () => account.addSigningKey({ key: USER.seed }), "ERR_KEY_KIND");
    await refused(store, () => account.addSigningKey({ seed: SIGNING.seed } as never), "ERR_ARGUMENT_INVALID", "seed");
  });

  test("stay while users are signed by them, unless they are forced to go", async () => {
    const { account, store } = await tree();
    const key = only(account.claims.nats.signing_keys) as string;
    const role = await account.addRole("web");
    await account.addUser("plain");
    await account.addUser("scoped", { role: "web" });
    await refused(store, () => account.removeSigningKey(key), "ERR_SIGNING_KEY_IN_USE", "plain", "APP", key, "force");
    await refused(store, () => account.removeSigningKey(role), "ERR_SIGNING_KEY_IN_USE", "scoped", role);
    const clear = () =>
      account.edit(({ nats }) => {
        nats.signing_keys = [];
      });
    await refused(store, clear, "ERR_SIGNING_KEY_IN_USE", "plain");
    const users = [await tokenAt(store, ["local", "APP", "plain"]), await tokenAt(store, ["local", "APP", "scoped"])];
    await account.removeSigningKey(key, { force: true });
    await account.removeSigningKey(role, { force: true });
    expect((await wire(store, ["local", "APP"])).nats).not.toHaveProperty("signing_keys");
    expect([await tokenAt(store, ["local", "APP", "plain"]), await tokenAt(store, ["local", "APP", "scoped"])]).toEqual(
      users,
    );
  });

  test("go once nothing is signed by them any more", async () => {
    const { account, store } = await tree();
    const key = only(account.claims.nats.signing_keys) as string;
    const user = await account.addUser("u");
    const next = await account.addSigningKey();
    await user.reissue({ signer: next });
    await account.removeSigningKey(key);
    expect((await wire(store, ["local", "APP"])).nats.signing_keys).toEqual([next]);
  });

  test("are refused when they are not there", async () => {
    const { account, store } = await tree();
    const gone = SIGNING.publicKey;
    await refused(store, () => account.removeSigningKey(gone), "ERR_ENTITY_NOT_FOUND", gone, "APP");
    await refused(store, () => account.removeSigningKey(gone, { frce: true } as never), "ERR_ARGUMENT_INVALID", "frce");
  });

  test("that users are signed by don't get a scope, or lose it", async () => {
    const { account, store } = await tree();
    const plain = only(account.claims.nats.signing_keys) as string;
    const scoped = await account.addRole("web", { pub: ["a"] });
    await account.addUser("p");
    await account.addUser("s", { role: "web" });
    const setKeys = (keys: AccountClaims["nats"]["signing_keys"]) => () =>
      account.edit(({ nats }) => {
        nats.signing_keys = keys as never;
      });
    await refused(store, setKeys([plain, scoped]), "ERR_SIGNING_KEY_IN_USE", '"s"');
    const scopes = [createScope(plain, { role: "all" }), createScope(scoped, { role: "web" })];
    await refused(store, setKeys(scopes), "ERR_SIGNING_KEY_IN_USE", '"p"');
  });
});

describe("an account that disallows bearer tokens", () => {
  const disallow = (account: Account) =>
    account.edit(({ nats }) => {
      nats.limits.disallow_bearer = true;
    });

  test("has none, and gets none", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("b", { bearer: true });
    await refused(store, () => disallow(account), "ERR_BEARER_DISALLOWED", "APP", '"b"');
    await user.edit(({ nats }) => void delete nats.bearer_token);
    await disallow(account);
    expect((await wire(store, ["local", "APP"])).nats.limits.disallow_bearer).toBe(true);
    await refused(store, () => account.addUser("c", { bearer: true }), "ERR_BEARER_DISALLOWED", '"c"');
    await refused(
      store,
      () =>
        user.edit(({ nats }) => {
          nats.bearer_token = true;
        }),
      "ERR_BEARER_DISALLOWED",
      '"b"',
    );
    await account.addUser("c");
  });

  test("has none by way of a role either", async () => {
    const { account, store } = await tree();
    const template = (limits: { bearer_token?: boolean }) => {
      limits.bearer_token = true;
    };
    await account.addRole("bearer", { template });
    await account.addRole("plain");
    await account.addUser("b", { role: "bearer" });
    await account.addUser("p", { role: "plain" });
    await refused(store, () => disallow(account), "ERR_BEARER_DISALLOWED", '"b"');
    await (await account.user("b")).delete();
    await disallow(account);
    await refused(store, () => account.addUser("c", { role: "bearer" }), "ERR_BEARER_DISALLOWED", '"c"');
    const edit = () => account.editRole("plain", (scope) => template(scope.template));
    await refused(store, edit, "ERR_BEARER_DISALLOWED", '"p"');
  });
});

describe("deleting an account", () => {
  test("takes its users along and leaves the keys", async () => {
    const { operator, account, store, nsc } = await tree();
    const user = await account.addUser("u");
    const other = await operator.addAccount("OTHER");
    const keys = [account.publicKey, only(account.claims.nats.signing_keys) as string, user.publicKey];
    await account.delete();
    expect(await store.paths()).toEqual(['["local"]', '["local","OTHER"]']);
    for (const key of keys) expect(await keptKey(store, key)).toBe(key);
    await refused(
      store,
      () =>
        account.edit(({ nats }) => {
          nats.tags = ["a"];
        }),
      "ERR_ENTITY_NOT_FOUND",
      "APP",
    );
    await refused(store, () => account.delete(), "ERR_ENTITY_NOT_FOUND", "APP");
    await refused(store, async () => (await nsc.operator("local")).account("APP"), "ERR_ENTITY_NOT_FOUND");
    expect(other.token).toBe(await tokenAt(store, ["local", "OTHER"]));
  });

  test("takes the keys along if that is asked for, and no others", async () => {
    const { operator, account, store } = await tree();
    const user = await account.addUser("u");
    const role = await account.addRole("web");
    const keys = [account.publicKey, only(account.claims.nats.signing_keys?.filter((key) => typeof key === "string"))];
    const other = await operator.addAccount("OTHER", { signingKey: true });
    await account.delete({ deleteKeys: true });
    for (const key of [...keys, role, user.publicKey]) expect(await store.getKey(key as string)).toBeUndefined();
    for (const key of [other.publicKey, only(other.claims.nats.signing_keys) as string, operator.publicKey]) {
      expect(await keptKey(store, key)).toBe(key);
    }
  });

  test("is refused for the system account", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local", { systemAccount: true });
    const system = await operator.account("SYS");
    await refused(store, () => system.delete(), "ERR_SYSTEM_ACCOUNT", "SYS", "system_account");
    const next = await operator.addAccount("NEXT");
    await operator.edit(({ nats }) => {
      nats.system_account = next.publicKey;
    });
    await system.delete();
    expect(await store.paths()).toEqual(['["local"]', '["local","NEXT"]']);
  });

  test("refuses options that there are not", async () => {
    const { account, store } = await tree();
    await refused(store, () => account.delete({ deletekeys: true } as never), "ERR_ARGUMENT_INVALID", "deletekeys");
  });
});

describe("renaming an account", () => {
  test("keeps its users byte by byte, and stays the system account", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local", { systemAccount: true });
    const system = await operator.account("SYS");
    const user = await system.user("sys");
    const claims = await wire(store, ["local", "SYS"]);
    const [operatorToken, userToken] = [await tokenAt(store, ["local"]), await tokenAt(store, ["local", "SYS", "sys"])];
    await system.rename("ADMIN");
    expect(await wire(store, ["local", "ADMIN"])).toEqual({
      ...claims,
      iat: NOW + 1,
      jti: expect.any(String),
      name: "ADMIN",
    });
    expect(await tokenAt(store, ["local", "ADMIN", "sys"])).toBe(userToken);
    expect(await tokenAt(store, ["local"])).toBe(operatorToken);
    expect(await store.paths()).toEqual(['["local"]', '["local","ADMIN"]', '["local","ADMIN","sys"]']);
    expect((await operator.systemAccount())?.name).toBe("ADMIN");
    await refused(store, () => system.delete(), "ERR_SYSTEM_ACCOUNT", "ADMIN");
    await user.edit(({ nats }) => {
      nats.tags = ["x"];
    });
    expect((await wire(store, ["local", "ADMIN", "sys"])).nats.tags).toEqual(["x"]);
  });

  test("does nothing for the same name, and refuses one that is taken", async () => {
    const { operator, account, store } = await tree();
    await operator.addAccount("B");
    await writesNothing(store, () => account.rename("APP"));
    await refused(store, () => account.rename("B"), "ERR_ENTITY_EXISTS", "B");
    expect(account.name).toBe("APP");
  });
});

describe("signing an account again", () => {
  test("changes no more than the issuer and the time", async () => {
    const { operator, account, store, clock } = await tree();
    const before = await wire(store, ["local", "APP"]);
    clock.now += 50;
    await account.reissue();
    expect(await wire(store, ["local", "APP"])).toEqual({ ...before, iat: NOW + 50, jti: expect.any(String) });
    await account.reissue({ signer: operator.publicKey });
    expect(await wire(store, ["local", "APP"])).toEqual({
      ...before,
      iat: NOW + 51,
      iss: operator.publicKey,
      jti: expect.any(String),
    });
  });

  test("refuses keys that are none of the operator's, roles, and unknown options", async () => {
    const { account, store } = await tree();
    await account.addRole("web");
    const stranger = createKeyPair("operator");
    await refused(store, () => account.reissue({ signer: stranger }), "ERR_SIGNER_UNTRUSTED", stranger.publicKey);
    await refused(store, () => account.reissue({ signer: "web" }), "ERR_SIGNER_UNKNOWN", "web");
    await refused(store, () => account.reissue({ signer: account.publicKey }), "ERR_SIGNER_UNKNOWN");
    await refused(store, () => account.reissue({ singer: "x" } as never), "ERR_ARGUMENT_INVALID", "singer");
  });
});

describe("an account that others made", () => {
  test("keeps its old faults through edits, but gets no new ones", async () => {
    const { operator, store, nsc } = await tree();
    const pair = createKeyPair("account");
    const signer = keyPairFromSeed((await store.getKey(operator.publicKey)) as string);
    const faulty: AccountClaims = {
      name: "OLD",
      sub: pair.publicKey,
      nats: {
        type: "account",
        limits: UNLIMITED,
        default_permissions: { pub: {}, sub: {} },
        authorization: {},
        exports: [{ subject: "a..b", type: "stream" }, ...systemAccountExports()],
      },
    };
    const token = await encode(faulty, signer, { issuedAt: NOW - 10 });
    await store.commit({ tokens: [{ path: ["local", "OLD"], token }] });
    const old = await (await nsc.operator("local")).account("OLD");
    await old.edit(({ nats }) => {
      nats.description = "mended elsewhere";
    });
    const claims = await wire(store, ["local", "OLD"]);
    expect(claims).toMatchObject({ iss: operator.publicKey, iat: NOW, nats: { description: "mended elsewhere" } });
    expect(claims.nats.exports?.map(({ subject }) => subject)).toContain("a..b");
    const worse = () => old.edit(({ nats }) => void nats.exports?.push({ subject: "c..d", type: "stream" }));
    const error = await refused(store, worse, "ERR_CLAIMS_INVALID", 'account "OLD"', "c..d");
    expect((error as unknown as { issues: unknown[] }).issues.length).toBeGreaterThan(1);
    await old.edit(({ nats }) => {
      nats.exports = [{ subject: "a.b", type: "stream" }];
    });
    expect((await wire(store, ["local", "OLD"])).nats.exports).toEqual([{ subject: "a.b", type: "stream" }]);
  });
});

describe("account.roles", () => {
  test("are the scopes of its signing keys", async () => {
    const { account } = await tree();
    expect(account.roles).toEqual([]);
    const key = await account.addRole("web", { pub: ["a"], description: "d" });
    expect(account.roles).toEqual([
      {
        kind: "user_scope",
        key,
        role: "web",
        template: { pub: { allow: ["a"] }, sub: {}, subs: -1, data: -1, payload: -1 },
        description: "d",
      },
    ]);
    await account.addRole("other", { key: OTHER.publicKey });
    expect(account.roles.map(({ role }) => role).sort()).toEqual(["other", "web"]);
    await account.removeSigningKey(key);
    expect(account.roles.map(({ role }) => role)).toEqual(["other"]);
  });
});
