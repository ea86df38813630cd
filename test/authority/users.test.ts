import {
  type AddUserOptions,
  createKeyPair,
  encode,
  keyPairFromPublicKey,
  keyPairFromSeed,
  type NscErrorCode,
  parseCreds,
  revoke,
  type UserClaims,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed, utf8 } from "../nkeys/fixtures.ts";
import { collect, keptKey, NOW, only, refused, tokenAt, tree, wire, writesNothing } from "./tree-fixtures.ts";

const KEY = keyNamed("user");
const PATH = ["local", "APP", "u"] as const;

describe("addUser", () => {
  test("makes a user that may do everything", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    const claims = await wire(store, PATH);
    expect(claims).toEqual({
      jti: expect.any(String),
      iat: NOW,
      iss: only(account.claims.nats.signing_keys),
      name: "u",
      sub: expect.stringMatching(/^U[A-Z2-7]{55}$/),
      nats: {
        pub: {},
        sub: {},
        subs: -1,
        data: -1,
        payload: -1,
        issuer_account: account.publicKey,
        type: "user",
        version: 2,
      },
    });
    expect(await keptKey(store, claims.sub)).toBe(claims.sub);
    expect([user.name, user.publicKey, user.hasSeed, user.role]).toEqual(["u", claims.sub, true, undefined]);
    expect(user.token).toBe(await tokenAt(store, PATH));
    expect(user.warnings).toEqual([]);
  });

  test("has no issuer_account when the identity signs", async () => {
    const { operator, store } = await tree();
    const bare = await operator.addAccount("BARE");
    await bare.addUser("u");
    const claims = await wire(store, ["local", "BARE", "u"]);
    expect(claims.iss).toBe(bare.publicKey);
    expect(claims.nats).not.toHaveProperty("issuer_account");
  });

  test("takes every option", async () => {
    const { account, store } = await tree();
    await account.addUser("u", {
      pub: ["orders.>", "b"],
      sub: { allow: ["_INBOX.>", "work q"], deny: ["_INBOX.private.>"] },
      responses: { max: -1, ttl: "1m30s" },
      tags: ["Team:Blue", "x"],
      bearer: true,
      key: KEY.seed,
      expires: "1d12h",
      notBefore: new Date((NOW + 9) * 1000 + 999),
      signer: account.publicKey,
      claims: ({ nats }) => {
        nats.subs = 10;
        nats.payload = 2048;
        nats.data = 0;
        nats.src = ["10.0.0.0/8", "2001:db8::/32"];
        nats.times = [{ start: "08:00:00", end: "18:00:00" }];
        nats.times_location = "Europe/Zurich";
        nats.allowed_connection_types = ["WEBSOCKET", "MQTT"];
        nats.proxy_required = true;
      },
    });
    expect(await wire(store, PATH)).toEqual({
      exp: NOW + 36 * 3600,
      jti: expect.any(String),
      iat: NOW,
      iss: account.publicKey,
      name: "u",
      nbf: NOW + 9,
      sub: KEY.publicKey,
      nats: {
        pub: { allow: ["orders.>", "b"] },
        sub: { allow: ["_INBOX.>", "work q"], deny: ["_INBOX.private.>"] },
        resp: { max: -1, ttl: 90_000_000_000 },
        src: ["10.0.0.0/8", "2001:db8::/32"],
        times: [{ start: "08:00:00", end: "18:00:00" }],
        times_location: "Europe/Zurich",
        subs: 10,
        payload: 2048,
        bearer_token: true,
        proxy_required: true,
        allowed_connection_types: ["WEBSOCKET", "MQTT"],
        tags: ["team:blue", "x"],
        type: "user",
        version: 2,
      },
    });
    expect(await store.getKey(KEY.publicKey)).toBe(KEY.seed);
  });

  test.each<[string, AddUserOptions["pub"], object]>([
    ["a list", ["a", "b"], { allow: ["a", "b"] }],
    ["what is allowed", { allow: ["a"] }, { allow: ["a"] }],
    ["what is denied", { deny: ["a"] }, { deny: ["a"] }],
    ["both", { allow: ["a.>"], deny: ["a.b"] }, { allow: ["a.>"], deny: ["a.b"] }],
    ["nothing", {}, {}],
  ])("takes permissions as %s", async (_, given, expected) => {
    const { account, store } = await tree();
    await account.addUser("u", { pub: given as never, sub: given as never });
    expect((await wire(store, PATH)).nats).toMatchObject({ pub: expected, sub: expected });
    expect((await wire(store, PATH)).nats.pub).toEqual(expected);
  });

  test.each<[AddUserOptions["responses"], object | undefined]>([
    [true, { max: 1, ttl: 0 }],
    [false, undefined],
    [{}, { max: 1, ttl: 0 }],
    [{ max: 5 }, { max: 5, ttl: 0 }],
    [{ ttl: "5s" }, { max: 1, ttl: 5_000_000_000 }],
    [
      { max: -1, ttl: "-1ns" },
      { max: -1, ttl: -1 },
    ],
  ])("takes responses as %o", async (responses, resp) => {
    const { account, store } = await tree();
    await account.addUser("u", { responses: responses as never });
    expect((await wire(store, PATH)).nats.resp).toEqual(resp);
  });

  test("copies what it is given", async () => {
    const { account, store } = await tree();
    const [pub, tags] = [["a"], ["t"]];
    await account.addUser("u", {
      pub,
      tags,
      claims: ({ nats }) => {
        nats.pub.allow?.push("b");
        nats.tags?.push("s");
      },
    });
    expect([pub, tags]).toEqual([["a"], ["t"]]);
    expect((await wire(store, PATH)).nats).toMatchObject({ pub: { allow: ["a", "b"] }, tags: ["t", "s"] });
  });

  test.each([
    ["a seed", KEY.seed, true],
    ["the bytes of a seed", utf8(KEY.seed), true],
    ["a key pair", keyPairFromSeed(KEY.seed), true],
    ["a public key", KEY.publicKey, false],
    ["a pair of the public key", keyPairFromPublicKey(KEY.publicKey), false],
  ])("takes a key that is there already: %s", async (_, key, hasSeed) => {
    const { account, store } = await tree();
    const user = await account.addUser("u", { key });
    expect((await wire(store, PATH)).sub).toBe(KEY.publicKey);
    expect([user.hasSeed, (await account.user("u")).hasSeed]).toEqual([hasSeed, hasSeed]);
    expect(await store.getKey(KEY.publicKey)).toBe(hasSeed ? KEY.seed : undefined);
    if (hasSeed) expect(parseCreds(await user.creds()).seed).toBe(KEY.seed);
    else await refused(store, () => user.creds(), "ERR_CREDS_KEY_MISSING", KEY.publicKey, '"u"');
  });

  test.each<[string, AddUserOptions, NscErrorCode, string | RegExp]>([
    ["a key of another kind", { key: keyNamed("account").seed }, "ERR_KEY_KIND", /user/],
    ["a key that is none", { key: "U" }, "ERR_KEY_KIND", /user/],
    ["an expiry that is none", { expires: "1 day" }, "ERR_ARGUMENT_INVALID", /expires/],
    ["an expiry in numbers", { expires: 3600 as never }, "ERR_ARGUMENT_INVALID", /expires/],
    ["a date that is none", { expires: new Date(Number.NaN) }, "ERR_ARGUMENT_INVALID", /expires/],
    ["a start in numbers", { notBefore: NOW as never }, "ERR_ARGUMENT_INVALID", /notBefore/],
    ["tags that are no list", { tags: "a" as never }, "ERR_ARGUMENT_INVALID", /tags/],
    ["permissions that are a text", { sub: "a" as never }, "ERR_ARGUMENT_INVALID", /sub/],
    ["permissions that are no texts", { sub: [1] as never }, "ERR_ARGUMENT_INVALID", /sub/],
    ["a misspelt permission", { pub: { denied: ["a"] } as never }, "ERR_ARGUMENT_INVALID", "denied"],
    ["a misspelt option", { expirs: "1h" } as never, "ERR_ARGUMENT_INVALID", "expirs"],
    ["an option of another", { jetstream: "unlimited" } as never, "ERR_ARGUMENT_INVALID", "jetstream"],
    ["a subject that is none", { pub: ["a..b"] }, "ERR_CLAIMS_INVALID", "a..b"],
    ["a queue to publish to", { pub: ["a q"] }, "ERR_CLAIMS_INVALID", "a q"],
    ["a signer that is none of the account's", { signer: keyNamed("account").publicKey }, "ERR_SIGNER_UNKNOWN", "APP"],
    ["a signer of another account", { signer: createKeyPair("account") }, "ERR_SIGNER_UNTRUSTED", "APP"],
    [
      "a network that is none",
      {
        claims: ({ nats }) => {
          nats.src = ["10.0.0.1"];
        },
      },
      "ERR_CLAIMS_INVALID",
      /cidr/,
    ],
    [
      "no subscriptions",
      {
        claims: ({ nats }) => {
          nats.subs = 0;
        },
      },
      "ERR_LIMITS",
      /subs.*-1 is unlimited/,
    ],
    ["no payload", { claims: ({ nats }) => void delete nats.payload }, "ERR_LIMITS", /payload/],
    [
      "no subscriptions as a bigint",
      {
        claims: ({ nats }) => {
          nats.subs = 0n;
        },
      },
      "ERR_LIMITS",
      /subs/,
    ],
    ["a bearer that is no boolean", { bearer: "no" as never }, "ERR_ARGUMENT_INVALID", /bearer/],
  ])("refuses %s", async (_, options, code, words) => {
    const { account, store } = await tree();
    await refused(store, () => account.addUser("u", options), code, words);
  });

  test("refuses a name or key that is taken", async () => {
    const { operator, account, store } = await tree();
    const user = await account.addUser("u");
    await refused(store, () => account.addUser("u"), "ERR_ENTITY_EXISTS", '"u"');
    const other = await operator.addAccount("OTHER");
    const key = user.publicKey;
    await refused(store, () => account.addUser("v", { key }), "ERR_ENTITY_EXISTS", key, '"u"');
    await refused(store, () => other.addUser("v", { key }), "ERR_ENTITY_EXISTS", key, '"u"');
  });
});

describe("looking users up", () => {
  test("finds them by name, in the order of their names", async () => {
    const { operator, account, store } = await tree();
    const other = await operator.addAccount("OTHER");
    for (const name of ["b", "a", "\u00e9", "B"]) await account.addUser(name);
    expect((await collect(account.users())).map(({ name }) => name)).toEqual(["B", "a", "b", "\u00e9"]);
    expect(await collect(other.users())).toEqual([]);
    expect((await account.user("a")).token).toBe(await tokenAt(store, ["local", "APP", "a"]));
    await refused(store, () => other.user("a"), "ERR_ENTITY_NOT_FOUND", '"a"');
  });
});

describe("editing a user", () => {
  test("changes what it names, and nothing else", async () => {
    const { account, store, clock } = await tree();
    const user = await account.addUser("u", { pub: ["a"], tags: ["t"], expires: "1h" });
    const before = await wire(store, PATH);
    clock.now += 5;
    await user.edit((claims) => {
      claims.nats.pub = { deny: ["b"] };
      claims.nats.subs = 9;
      delete claims.exp;
    });
    const { exp: _, ...rest } = before;
    expect(await wire(store, PATH)).toEqual({
      ...rest,
      iat: NOW + 5,
      jti: expect.any(String),
      nats: { ...before.nats, pub: { deny: ["b"] }, subs: 9 },
    });
    expect(user.claims.nats.subs).toBe(9);
    expect(user.token).toBe(await tokenAt(store, PATH));
  });

  test("signs nothing without a change, and moves on in time with each", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    await writesNothing(store, () => user.edit(() => undefined));
    for (const round of [1, 2, 3]) {
      await user.edit(({ nats }) => {
        nats.tags = [`t${round}`];
      });
      expect((await wire(store, PATH)).iat).toBe(NOW + round);
    }
  });

  test("refuses limits that servers cut users off by, unless they were there before", async () => {
    const { account, store, nsc } = await tree();
    const user = await account.addUser("u");
    for (const name of ["subs", "payload"] as const) {
      await refused(
        store,
        () =>
          user.edit(({ nats }) => {
            nats[name] = 0;
          }),
        "ERR_LIMITS",
        name,
        '"u"',
        "-1",
      );
      await refused(store, () => user.edit(({ nats }) => void delete nats[name]), "ERR_LIMITS", name);
    }
    await user.edit(({ nats }) => {
      nats.data = 0;
    });

    const signer = keyPairFromSeed((await store.getKey(account.publicKey)) as string);
    const old: UserClaims = {
      name: "old",
      sub: KEY.publicKey,
      nats: { type: "user", pub: { allow: ["a"] }, sub: {}, subs: 0, payload: 5 },
    };
    const token = await encode(old, signer, { issuedAt: NOW - 5 });
    await store.commit({ tokens: [{ path: ["local", "APP", "old"], token }] });
    const handle = await (await (await nsc.operator("local")).account("APP")).user("old");
    await handle.edit(({ nats }) => {
      nats.tags = ["t"];
    });
    expect((await wire(store, ["local", "APP", "old"])).nats).toEqual({
      pub: { allow: ["a"] },
      sub: {},
      payload: 5,
      tags: ["t"],
      type: "user",
      version: 2,
    });
    await refused(
      store,
      () =>
        handle.edit(({ nats }) => {
          nats.payload = 0;
        }),
      "ERR_LIMITS",
      "payload",
    );
    await handle.edit(({ nats }) => {
      nats.subs = -1;
    });
    await refused(store, () => handle.edit(({ nats }) => void delete nats.subs), "ERR_LIMITS", "subs");
  });

  test("is signed by whoever is asked for", async () => {
    const { account, store } = await tree();
    const signing = only(account.claims.nats.signing_keys) as string;
    const user = await account.addUser("u");
    await user.edit(() => undefined, { signer: account.publicKey });
    const claims = await wire(store, PATH);
    expect([claims.iss, claims.iat]).toEqual([account.publicKey, NOW + 1]);
    // nsc leaves it, and servers take it.
    expect(claims.nats.issuer_account).toBe(account.publicKey);
    // From then on it is the present issuer.
    await user.edit(({ nats }) => {
      nats.tags = ["t"];
    });
    expect((await wire(store, PATH)).iss).toBe(account.publicKey);
    await user.reissue({ signer: signing });
    expect(await wire(store, PATH)).toMatchObject({ iss: signing, nats: { issuer_account: account.publicKey } });
  });
});

describe("signing a user again", () => {
  test("changes no more than the time", async () => {
    const { account, store, clock } = await tree();
    const user = await account.addUser("u", { pub: ["a"], expires: "1h" });
    const before = await wire(store, PATH);
    await user.reissue();
    expect(await wire(store, PATH)).toEqual({ ...before, iat: NOW + 1, jti: expect.any(String) });
    clock.now += 60;
    await user.reissue();
    expect((await wire(store, PATH)).iat).toBe(NOW + 60);
  });

  test("comes after a revocation", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    await account.edit(({ nats }) => revoke(nats, user.publicKey, NOW + 30));
    await user.reissue();
    expect((await wire(store, PATH)).iat).toBe(NOW + 31);
    await account.edit(({ nats }) => revoke(nats, "*", NOW + 40));
    await user.edit(({ nats }) => {
      nats.tags = ["t"];
    });
    expect((await wire(store, PATH)).iat).toBe(NOW + 41);
    await account.edit(({ nats }) => revoke(nats, "*", NOW + 3600));
    await refused(store, () => user.reissue(), "ERR_CLOCK_AHEAD", "3601 s");
    await refused(store, () => account.addUser("v"), "ERR_CLOCK_AHEAD");
  });

  test("refuses strangers and options that there are not", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    await refused(store, () => user.reissue({ signer: "nobody" }), "ERR_SIGNER_UNKNOWN", "nobody");
    await refused(store, () => user.reissue({ signer: createKeyPair("account") }), "ERR_SIGNER_UNTRUSTED");
    await refused(store, () => user.reissue({ role: "web" } as never), "ERR_ARGUMENT_INVALID", "role");
  });
});

describe("renaming a user", () => {
  test("changes the name alone", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u", { pub: ["a"] });
    const before = await wire(store, PATH);
    await user.rename("v");
    expect(await wire(store, ["local", "APP", "v"])).toEqual({
      ...before,
      iat: NOW + 1,
      jti: expect.any(String),
      name: "v",
    });
    expect(await store.read(PATH)).toBeUndefined();
    expect([user.name, user.claims.name, user.hasSeed]).toEqual(["v", "v", true]);
    expect(parseCreds(await user.creds()).claims.name).toBe("v");
    await account.addUser("u");
  });

  test("does nothing for the same name, and refuses one that is taken", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    await account.addUser("v");
    await writesNothing(store, () => user.rename("u"));
    await refused(store, () => user.rename("v"), "ERR_ENTITY_EXISTS", '"v"');
    expect(user.name).toBe("u");
  });
});

describe("deleting a user", () => {
  test("revokes its tokens from now on", async () => {
    const { account, store, clock } = await tree();
    const user = await account.addUser("u");
    const other = await account.addUser("other");
    const before = await wire(store, ["local", "APP"]);
    clock.now += 100;
    await user.delete();
    expect(await wire(store, ["local", "APP"])).toEqual({
      ...before,
      iat: NOW + 100,
      jti: expect.any(String),
      nats: { ...before.nats, revocations: { [user.publicKey]: NOW + 100 } },
    });
    expect(await store.paths()).toEqual(['["local"]', '["local","APP"]', '["local","APP","other"]']);
    expect(await keptKey(store, user.publicKey)).toBe(user.publicKey);
    expect(other.token).toBe(await tokenAt(store, ["local", "APP", "other"]));
    expect(account.claims.nats.revocations).toEqual({ [user.publicKey]: NOW + 100 });
    await refused(store, () => user.delete(), "ERR_ENTITY_NOT_FOUND", '"u"');
    await refused(store, () => user.reissue(), "ERR_ENTITY_NOT_FOUND", '"u"');
  });

  test("revokes tokens that are ahead of the clock, and keeps a later revocation", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    for (let round = 0; round < 3; round++) await user.reissue();
    await user.delete();
    expect((await wire(store, ["local", "APP"])).nats.revocations).toEqual({ [user.publicKey]: NOW + 3 });
    const late = await account.addUser("late");
    await account.edit(({ nats }) => revoke(nats, late.publicKey, NOW + 500));
    await late.delete();
    expect((await wire(store, ["local", "APP"])).nats.revocations?.[late.publicKey]).toBe(NOW + 500);
  });

  test("lets the same key come back with a token that is not revoked", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u", { key: KEY.seed });
    await user.delete();
    await account.addUser("u", { key: KEY.seed });
    const claims = await wire(store, PATH);
    expect([claims.sub, claims.iat]).toEqual([KEY.publicKey, NOW + 1]);
    expect((await wire(store, ["local", "APP"])).nats.revocations).toEqual({ [KEY.publicKey]: NOW });
  });

  test("leaves the account as it is if that is asked for", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    const token = await tokenAt(store, ["local", "APP"]);
    await user.delete({ revoke: false });
    expect(await tokenAt(store, ["local", "APP"])).toBe(token);
    expect(await store.paths()).toEqual(['["local"]', '["local","APP"]']);
    expect(await keptKey(store, user.publicKey)).toBe(user.publicKey);
  });

  test("takes the seed along if that is asked for", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    await user.delete({ deleteKeys: true });
    expect(await store.getKey(user.publicKey)).toBeUndefined();
    expect(await keptKey(store, account.publicKey)).toBe(account.publicKey);
  });

  test("is all or nothing", async () => {
    const { operator, store } = await tree();
    const { seed: _, publicKey } = keyNamed("operator2");
    const account = await operator.addAccount("B");
    const user = await account.addUser("u");
    await operator.addSigningKey({ key: publicKey });
    const signing = operator.claims.nats.signing_keys?.find((key) => key !== publicKey) as string;
    await operator.removeSigningKey(signing, { force: true, deleteKey: true });
    await refused(store, () => user.delete(), "ERR_SIGNER_MISSING", 'account "B"', publicKey);
    await user.delete({ revoke: false });
  });

  test("refuses options that there are not", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u");
    await refused(store, () => user.delete({ revokes: false } as never), "ERR_ARGUMENT_INVALID", "revokes");
  });
});

describe("creds", () => {
  test("hold the token and the key that a server's nonce is signed with", async () => {
    const { account, store } = await tree();
    const user = await account.addUser("u", { pub: ["a"] });
    const text = await user.creds();
    const { token, seed, claims } = parseCreds(text);
    expect(token).toBe(await tokenAt(store, PATH));
    expect(seed).toBe(await store.getKey(user.publicKey));
    expect([claims.name, claims.sub]).toEqual(["u", user.publicKey]);
    const nonce = utf8("xWq3-example-nonce");
    const signature = keyPairFromSeed(seed).sign(nonce);
    expect(keyPairFromPublicKey(claims.sub).verify(nonce, signature)).toBe(true);
    expect(text.startsWith("-----BEGIN NATS USER JWT-----\n")).toBe(true);
    await user.reissue();
    expect(parseCreds(await user.creds()).token).toBe(await tokenAt(store, PATH));
  });
});

describe("warnings", () => {
  test("tell of tokens that servers refuse by default, and of no others", async () => {
    const { account } = await tree();
    // server.md, section 3.8: 3.6 kB fit.
    const sizes = new Map<number, readonly unknown[]>();
    const probe = async (length: number) => {
      const claims = (claims: UserClaims) => {
        claims.aud = "x".repeat(length);
      };
      const { token, warnings } = await account.issueUser("u", { expires: "never", claims });
      sizes.set(token.length, warnings);
      return token.length;
    };
    const start = 2000;
    const first = await probe(start);
    const near = start + Math.floor(((3600 - first) * 3) / 4);
    for (let length = near - 4; length <= near + 4; length++) await probe(length);
    const lengths = [...sizes.keys()];
    expect(Math.max(...lengths.filter((length) => length <= 3600))).toBeGreaterThan(3597);
    expect(Math.min(...lengths.filter((length) => length > 3600))).toBeLessThan(3604);
    for (const [length, warnings] of sizes) {
      expect(warnings).toEqual(
        length <= 3600
          ? []
          : [
              {
                code: "USER_TOKEN_SIZE",
                message: expect.stringMatching(new RegExp(`"u" has ${length} bytes.*max_control_line`)),
              },
            ],
      );
    }
    const subjects = Array.from({ length: 120 }, (_, index) => `some.subject.number.${index}.>`);
    const user = await account.addUser("big", { pub: subjects, sub: subjects });
    expect(user.warnings).toEqual([{ code: "USER_TOKEN_SIZE", message: expect.stringContaining("big") }]);
    await user.edit(({ nats }) => void Object.assign(nats, { pub: {}, sub: {} }));
    expect(user.warnings).toEqual([]);
  });
});
