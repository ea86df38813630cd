import {
  type Account,
  createKeyPair,
  type IssuedUser,
  type IssueUserOptions,
  keyPairFromPublicKey,
  keyPairFromSeed,
  type NscErrorCode,
  parseCreds,
  revoke,
  type UserClaims,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed, utf8 } from "../nkeys/fixtures.ts";
import { NOW, only, refused, tree, wireOf, world } from "./tree-fixtures.ts";

const KEY = keyNamed("user");

function claimsOf({ token }: IssuedUser): UserClaims {
  return wireOf<UserClaims>(token);
}

describe("issueUser", () => {
  test("signs a user that may do everything, and stores nothing", async () => {
    const { account, store } = await tree();
    const before = await store.dump();
    const issued = await account.issueUser("u", { expires: "1h" });
    expect(claimsOf(issued)).toEqual({
      exp: NOW + 3600,
      jti: expect.any(String),
      iat: NOW,
      iss: only(account.claims.nats.signing_keys),
      name: "u",
      sub: issued.publicKey,
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
    expect([issued.name, issued.expires, issued.hasSeed, issued.warnings]).toEqual(["u", NOW + 3600, true, []]);
    expect(await store.dump()).toEqual(before);
    expect(await store.getKey(issued.publicKey)).toBeUndefined();
    const again = await account.issueUser("u", { expires: "1h" });
    expect(again.publicKey).not.toBe(issued.publicKey);
  });

  test("takes every option", async () => {
    const { account } = await tree();
    const issued = await account.issueUser("u", {
      expires: new Date((NOW + 7) * 1000 + 999),
      pub: ["a"],
      sub: { deny: ["b"] },
      responses: { max: 2, ttl: "1s" },
      tags: [" Team:Blue ", "team:blue", "x"],
      bearer: true,
      key: KEY.seed,
      signer: account.publicKey,
      claims: ({ nats }) => {
        nats.subs = 3;
      },
    });
    expect(claimsOf(issued)).toEqual({
      exp: NOW + 7,
      jti: expect.any(String),
      iat: NOW,
      iss: account.publicKey,
      name: "u",
      sub: KEY.publicKey,
      nats: {
        pub: { allow: ["a"] },
        sub: { deny: ["b"] },
        resp: { max: 2, ttl: 1_000_000_000 },
        subs: 3,
        data: -1,
        payload: -1,
        bearer_token: true,
        tags: ["team:blue", "x"],
        type: "user",
        version: 2,
      },
    });
    expect(issued.expires).toBe(NOW + 7);
  });

  test("gives a user of a role nothing of its own", async () => {
    const { account } = await tree();
    const key = await account.addRole("web", { pub: ["orders.{{name()}}"] });
    const issued = await account.issueUser("browser-7", { role: "web", expires: "1h", tags: ["Team:Blue"] });
    expect(claimsOf(issued)).toMatchObject({ iss: key, name: "browser-7" });
    expect(claimsOf(issued).nats).toEqual({
      pub: {},
      sub: {},
      issuer_account: account.publicKey,
      tags: ["team:blue"],
      type: "user",
      version: 2,
    });
  });

  test("makes creds of the key that it made", async () => {
    const { account } = await tree();
    const issued = await account.issueUser("u", { expires: "1h" });
    const { token, seed, claims } = parseCreds(issued.creds());
    expect([token, claims.sub]).toEqual([issued.token, issued.publicKey]);
    const signature = keyPairFromSeed(seed).sign(utf8("nonce"));
    expect(keyPairFromPublicKey(issued.publicKey).verify(utf8("nonce"), signature)).toBe(true);
  });

  test("needs only the public key of a client that made its own", async () => {
    const { account, store } = await tree();
    const client = createKeyPair("user");
    const issued = await account.issueUser("u", { key: client.publicKey, expires: "1h" });
    expect(claimsOf(issued).sub).toBe(client.publicKey);
    expect(issued.hasSeed).toBe(false);
    await refused(store, () => issued.creds(), "ERR_CREDS_KEY_MISSING", client.publicKey);
  });
});

describe("the expiry of an issued user", () => {
  test("has to be said", async () => {
    const { account, store } = await tree();
    const issue = (options: object | undefined) => () => account.issueUser("u", options as IssueUserOptions);
    await refused(store, issue({}), "ERR_ARGUMENT_INVALID", "expires", "never");
    await refused(store, issue({ expires: undefined }), "ERR_ARGUMENT_INVALID", "expires", "never");
    await refused(store, issue(undefined), "ERR_ARGUMENT_INVALID");
    await refused(store, issue({ expirs: "1h" }), "ERR_ARGUMENT_INVALID", "expirs");
  });

  test.each<[IssueUserOptions["expires"], number | undefined]>([
    ["never", undefined],
    ["1s", NOW + 1],
    ["1w", NOW + 7 * 86_400],
    ["1M", NOW + 31 * 86_400],
    ["1y", NOW + 365 * 86_400],
    ["1d1m", NOW + 86_460],
    [new Date((NOW + 1) * 1000), NOW + 1],
  ])("may be %o", async (expires, exp) => {
    const { account } = await tree();
    const issued = await account.issueUser("u", { expires });
    expect(issued.expires).toBe(exp);
    expect(claimsOf(issued).exp).toBe(exp);
  });

  test.each<[unknown, NscErrorCode]>([
    [3600, "ERR_ARGUMENT_INVALID"],
    ["3600", "ERR_ARGUMENT_INVALID"],
    ["", "ERR_ARGUMENT_INVALID"],
    ["Never", "ERR_ARGUMENT_INVALID"],
    ["-1h", "ERR_ARGUMENT_INVALID"],
    [null, "ERR_ARGUMENT_INVALID"],
    [new Date(Number.NaN), "ERR_ARGUMENT_INVALID"],
    [new Date((NOW - 1) * 1000), "ERR_ARGUMENT_INVALID"],
    // What a date column without a value becomes must not be no expiry at all.
    [new Date(0), "ERR_ARGUMENT_INVALID"],
    [new Date(999), "ERR_ARGUMENT_INVALID"],
    [new Date(-5000), "ERR_ARGUMENT_INVALID"],
  ])("can't be %o", async (expires, code) => {
    const { account, store } = await tree();
    await refused(store, () => account.issueUser("u", { expires: expires as string }), code);
  });

  test("that the claims set is the one that is told", async () => {
    const { account } = await tree();
    const claims = (given: UserClaims) => {
      given.exp = NOW + 5;
    };
    expect((await account.issueUser("u", { expires: "1h", claims })).expires).toBe(NOW + 5);
  });
});

describe("the hot path", () => {
  test.each<[string, Partial<IssueUserOptions>]>([
    ["a signing key", {}],
    ["a role", { role: "web" }],
    ["the identity", { signer: "identity" }],
    ["a public key of a client", { key: KEY.publicKey }],
  ])("does not touch the store once %s has signed", async (_, given) => {
    const { account, store } = await tree();
    await account.addRole("web", { pub: ["{{name()}}"] });
    const options = { expires: "1h", ...given, ...(given.signer && { signer: account.publicKey }) };
    await account.issueUser("first", options);
    const calls = store.calls.length;
    for (let i = 0; i < 20; i++) await account.issueUser(`u${i}`, options);
    expect(store.calls.slice(calls)).toEqual([]);
  });

  test("reads no more than seeds, if anything, for the first one", async () => {
    const { nsc, store } = await tree();
    const account = await (await nsc.operator("local")).account("APP");
    const calls = store.calls.length;
    await account.issueUser("u", { expires: "1h" });
    expect(store.calls.slice(calls).filter((call) => call !== "getKey")).toEqual([]);
  });

  test("goes by what this Nsc has changed meanwhile, in any handle", async () => {
    const { nsc, account, store } = await tree();
    const other = await (await nsc.operator("local")).account("APP");
    await account.issueUser("u", { expires: "1h" });
    await other.edit(({ nats }) => {
      nats.limits.disallow_bearer = true;
    });
    await refused(store, () => account.issueUser("u", { bearer: true, expires: "1h" }), "ERR_BEARER_DISALLOWED", "APP");
    const role = await other.addRole("new");
    expect(claimsOf(await account.issueUser("u", { role: "new", expires: "1h" })).iss).toBe(role);
    await other.removeSigningKey(role);
    await refused(store, () => account.issueUser("u", { role: "new", expires: "1h" }), "ERR_SIGNER_UNKNOWN", "new");
  });

  test("signs nothing with a key whose seed was deleted", async () => {
    const { account, store } = await tree();
    const key = await account.addSigningKey();
    await account.issueUser("u", { signer: key, expires: "1h" });
    await account.removeSigningKey(key, { deleteKey: true });
    await account.addSigningKey({ key });
    await refused(store, () => account.issueUser("u", { signer: key, expires: "1h" }), "ERR_SIGNER_MISSING", key);
  });

  test("is safe to take many times at once", async () => {
    const { account } = await tree();
    const issued = await Promise.all(
      Array.from({ length: 50 }, (_, index) => account.issueUser(`u${index}`, { expires: "1h" })),
    );
    expect(new Set(issued.map(({ publicKey }) => publicKey)).size).toBe(50);
    expect(issued.map((user) => claimsOf(user).name)).toEqual(issued.map(({ name }) => name));
  });
});

describe("an issued user comes after revocations", () => {
  const issue = async (account: Account) =>
    claimsOf(await account.issueUser("u", { key: KEY.publicKey, expires: "1h" }));

  test("of everybody", async () => {
    const { account } = await tree();
    await account.edit(({ nats }) => revoke(nats, "*", NOW - 10));
    expect((await issue(account)).iat).toBe(NOW);
    await account.edit(({ nats }) => revoke(nats, "*", NOW));
    expect((await issue(account)).iat).toBe(NOW + 1);
    await account.edit(({ nats }) => revoke(nats, "*", NOW + 10));
    expect(await issue(account)).toMatchObject({ iat: NOW + 11, exp: NOW + 3600 });
  });

  test("of its key", async () => {
    const { account } = await tree();
    await account.edit(({ nats }) => {
      revoke(nats, "*", NOW + 10);
      revoke(nats, KEY.publicKey, NOW + 20);
      revoke(nats, createKeyPair("user").publicKey, NOW + 1000);
    });
    expect((await issue(account)).iat).toBe(NOW + 21);
  });

  test("but not more than an hour ahead", async () => {
    const { account, store } = await tree();
    await account.edit(({ nats }) => revoke(nats, "*", NOW + 3599));
    expect((await issue(account)).iat).toBe(NOW + 3600);
    await account.edit(({ nats }) => revoke(nats, "*", NOW + 3600));
    await refused(store, () => issue(account), "ERR_CLOCK_AHEAD", "3601 s");
  });
});

describe("who signs an issued user", () => {
  test("is no identity if the operator demands signing keys", async () => {
    const { operator, account, store } = await tree();
    const bare = await operator.addAccount("BARE");
    expect(claimsOf(await bare.issueUser("u", { expires: "1h" })).iss).toBe(bare.publicKey);
    await operator.requireSigningKeys();
    await refused(store, () => bare.issueUser("u", { expires: "1h" }), "ERR_SIGNING_KEY_REQUIRED", "BARE", "add one");
    const signer = account.publicKey;
    await refused(store, () => account.issueUser("u", { signer, expires: "1h" }), "ERR_SIGNER_STRICT", "APP");
    const seed = (await store.getKey(signer)) as string;
    const pair = keyPairFromSeed(seed);
    await refused(store, () => account.issueUser("u", { signer: pair, expires: "1h" }), "ERR_SIGNER_STRICT");
    const key = only(account.claims.nats.signing_keys);
    expect(claimsOf(await account.issueUser("u", { expires: "1h" })).iss).toBe(key);
  });

  test("is known to the account", async () => {
    const { account, store } = await tree();
    const issue = (signer: IssueUserOptions["signer"]) => () =>
      account.issueUser("u", { expires: "1h", ...(signer && { signer }) });
    await refused(store, issue("nobody"), "ERR_SIGNER_UNKNOWN", "nobody");
    const stranger = createKeyPair("account");
    await refused(store, issue(stranger), "ERR_SIGNER_UNTRUSTED", stranger.publicKey);
    const second = await account.addSigningKey();
    await refused(store, issue(undefined), "ERR_SIGNER_AMBIGUOUS", second);
    expect(claimsOf(await issue(second)()).iss).toBe(second);
  });

  test("is asked outside of the store", async () => {
    const pair = createKeyPair("account");
    const asked: string[] = [];
    const { nsc } = world({
      resolveSigner: (publicKey) => {
        asked.push(publicKey);
        return publicKey === pair.publicKey
          ? { publicKey, sign: async (bytes: Uint8Array) => pair.sign(bytes) }
          : undefined;
      },
    });
    const account = await (await nsc.addOperator("local")).addAccount("APP", { signingKey: pair.publicKey });
    const issued = await account.issueUser("u", { expires: "1h" });
    expect(claimsOf(issued).iss).toBe(pair.publicKey);
    expect(asked).toContain(pair.publicKey);
  });
});

describe("an issued user", () => {
  test("is no bearer where these are disallowed", async () => {
    const { account, store } = await tree();
    await account.edit(({ nats }) => {
      nats.limits.disallow_bearer = true;
    });
    await account.addRole("bearer", {
      template: (template) => {
        template.bearer_token = true;
      },
    });
    for (const options of [{ bearer: true }, { role: "bearer" }]) {
      const issue = () => account.issueUser("u", { ...options, expires: "1h" });
      await refused(store, issue, "ERR_BEARER_DISALLOWED", "APP", '"u"');
    }
    expect(claimsOf(await account.issueUser("u", { bearer: false, expires: "1h" })).nats).not.toHaveProperty(
      "bearer_token",
    );
  });

  test.each<[string, Partial<IssueUserOptions>, NscErrorCode, RegExp]>([
    ["a key of another kind", { key: keyNamed("account").publicKey }, "ERR_KEY_KIND", /user/],
    ["tags that are no list", { tags: "a" as never }, "ERR_ARGUMENT_INVALID", /tags/],
    ["a subject that is none", { pub: ["a..b"] }, "ERR_CLAIMS_INVALID", /a\.\.b/],
    [
      "no subscriptions",
      {
        claims: ({ nats }) => {
          nats.subs = 0;
        },
      },
      "ERR_LIMITS",
      /subs/,
    ],
    [
      "another name",
      {
        claims: (claims) => {
          claims.name = "root";
        },
      },
      "ERR_CLAIMS_MANAGED",
      /name/,
    ],
    [
      "another key",
      {
        claims: (claims) => {
          claims.sub = KEY.publicKey;
        },
      },
      "ERR_CLAIMS_MANAGED",
      /sub/,
    ],
    [
      "another account",
      {
        claims: ({ nats }) => {
          nats.issuer_account = "A";
        },
      },
      "ERR_CLAIMS_MANAGED",
      /issuer_account/,
    ],
    [
      "a misspelt member",
      { claims: ({ nats }) => void Object.assign(nats, { sbus: 1 }) },
      "ERR_CLAIMS_UNKNOWN_FIELD",
      /sbus/,
    ],
    ["claims that wait", { claims: (async () => undefined) as never }, "ERR_ARGUMENT_INVALID", /wait/],
  ])("has no %s", async (_, options, code, words) => {
    const { account, store } = await tree();
    await refused(store, () => account.issueUser("u", { expires: "1h", ...options }), code, words);
  });
});
