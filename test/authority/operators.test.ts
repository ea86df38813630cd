import { type AddOperatorOptions, createKeyPair, keyPairFromSeed, type Operator, type Signer } from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { collect, keptKey, NOW, only, refused, tokenAt, tree, wire, world, writesNothing } from "./tree-fixtures.ts";

const IDENTITY = keyNamed("operator");
const SIGNING = keyNamed("operator2");
const DAY = 86_400;

describe("addOperator", () => {
  test("makes the least operator there is", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local");
    const claims = await wire(store, ["local"]);
    expect(claims).toEqual({
      jti: expect.stringMatching(/^[A-Z2-7]{52}$/),
      iat: NOW,
      iss: claims.sub,
      name: "local",
      sub: expect.stringMatching(/^O[A-Z2-7]{55}$/),
      nats: { type: "operator", version: 2 },
    });
    expect(await keptKey(store, claims.sub)).toBe(claims.sub);
    expect([operator.name, operator.publicKey, operator.isManaged]).toEqual(["local", claims.sub, false]);
    expect(operator.token).toBe(await tokenAt(store, ["local"]));
    expect(await store.paths()).toEqual(['["local"]']);
  });

  test("takes every option", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local", {
      key: IDENTITY.seed,
      signingKey: SIGNING.seed,
      accountServerUrl: "nats://localhost:4222",
      serviceUrls: ["nats://a:4222", "wss://b"],
      tags: ["Team:Blue", " team:blue ", "x"],
      expires: "30d",
      notBefore: new Date((NOW + 60) * 1000),
      claims: (claims) => {
        claims.aud = "all";
        claims.nats.assert_server_version = "2.10.0";
      },
    });
    expect(await wire(store, ["local"])).toEqual({
      aud: "all",
      exp: NOW + 30 * DAY,
      jti: expect.any(String),
      iat: NOW,
      iss: IDENTITY.publicKey,
      name: "local",
      nbf: NOW + 60,
      sub: IDENTITY.publicKey,
      nats: {
        signing_keys: [SIGNING.publicKey],
        account_server_url: "nats://localhost:4222",
        operator_service_urls: ["nats://a:4222", "wss://b"],
        assert_server_version: "2.10.0",
        tags: ["team:blue", "x"],
        type: "operator",
        version: 2,
      },
    });
    expect(await store.getKey(IDENTITY.publicKey)).toBe(IDENTITY.seed);
    expect(await store.getKey(SIGNING.publicKey)).toBe(SIGNING.seed);
    expect(operator.publicKey).toBe(IDENTITY.publicKey);
  });

  test("keeps no seed of a signer whose key is elsewhere", async () => {
    const { nsc, store } = world();
    const pair = keyPairFromSeed(IDENTITY.seed);
    const signer: Signer = { publicKey: pair.publicKey, sign: async (bytes) => pair.sign(bytes) };
    const operator = await nsc.addOperator("remote", { key: signer });
    await operator.addAccount("APP");
    expect((await wire(store, ["remote", "APP"])).iss).toBe(IDENTITY.publicKey);
    expect(await store.getKey(IDENTITY.publicKey)).toBeUndefined();
  });

  test.each<[string, AddOperatorOptions, Parameters<typeof refused>[2], string | RegExp]>([
    ["an identity that nothing signs for", { key: IDENTITY.publicKey }, "ERR_SIGNER_MISSING", IDENTITY.publicKey],
    ["an identity of another kind", { key: keyNamed("account").seed }, "ERR_KEY_KIND", /operator/],
    ["an identity that is no key", { key: "nonsense" }, "ERR_KEY_KIND", /operator/],
    ["a signing key of another kind", { signingKey: keyNamed("account").publicKey }, "ERR_KEY_KIND", /operator/],
    [
      "an account server without scheme",
      { accountServerUrl: "localhost" },
      "ERR_CLAIMS_INVALID",
      /requires a protocol/,
    ],
    ["a service URL with a path", { serviceUrls: ["nats://a/b"] }, "ERR_CLAIMS_INVALID", /paths are not supported/],
    ["an expiry that is none", { expires: "soon" }, "ERR_ARGUMENT_INVALID", /expires/],
    ["a start that is no date", { notBefore: "soon" as never }, "ERR_ARGUMENT_INVALID", /notBefore/],
    ["tags that are no list", { tags: "team:blue" as never }, "ERR_ARGUMENT_INVALID", /tags/],
    ["a bad name of the system account", { systemAccount: "a/b" }, "ERR_NAME_INVALID", /system account/],
    ["a signing key as a misspelt option", { signingkey: true } as never, "ERR_ARGUMENT_INVALID", /signingkey/],
  ])("refuses %s", async (_, options, code, words) => {
    const { nsc, store } = world();
    await refused(store, () => nsc.addOperator("local", options), code, words);
    expect(await store.dump()).toEqual({});
  });

  test("refuses a name that is taken", async () => {
    const { nsc, store } = await tree();
    await refused(store, () => nsc.addOperator("local"), "ERR_ENTITY_EXISTS", "local");
  });
});

describe("the system account", () => {
  /** nsc-generate.md, section 9.1. */
  const EXPORTS = [
    {
      name: "account-monitoring-streams",
      subject: "$SYS.ACCOUNT.*.>",
      type: "stream",
      account_token_position: 3,
      description: "Account specific monitoring stream",
      info_url: "https://docs.nats.io/nats-server/configuration/sys_accounts",
    },
    {
      name: "account-monitoring-services",
      subject: "$SYS.REQ.ACCOUNT.*.*",
      type: "service",
      response_type: "Stream",
      account_token_position: 4,
      description: "Request account specific monitoring services for: SUBSZ, CONNZ, LEAFZ, JSZ and INFO",
      info_url: "https://docs.nats.io/nats-server/configuration/sys_accounts",
    },
  ];

  test.each([
    { signingKey: false, systemAccount: true, name: "SYS" },
    { signingKey: true, systemAccount: true, name: "SYS" },
    { signingKey: true, systemAccount: "ADMIN", name: "ADMIN" },
  ] as const)("is made as nsc makes it: %o", async ({ signingKey, systemAccount, name }) => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local", { signingKey, systemAccount });
    const operatorClaims = await wire(store, ["local"]);
    const account = await wire(store, ["local", name]);
    const user = await wire(store, ["local", name, "sys"]);
    expect(await store.paths()).toEqual(['["local"]', `["local","${name}"]`, `["local","${name}","sys"]`]);

    expect(operatorClaims.nats.system_account).toBe(account.sub);
    const signing = signingKey ? only(operatorClaims.nats.signing_keys) : operatorClaims.sub;
    const own = only(account.nats.signing_keys) as string;
    expect(account).toEqual({
      jti: expect.any(String),
      iat: NOW,
      iss: signing,
      name,
      sub: expect.stringMatching(/^A/),
      nats: {
        exports: EXPORTS,
        limits: { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
        signing_keys: [expect.stringMatching(/^A[A-Z2-7]{55}$/)],
        default_permissions: { pub: {}, sub: {} },
        authorization: {},
        type: "account",
        version: 2,
      },
    });
    expect(user).toEqual({
      jti: expect.any(String),
      iat: NOW,
      iss: own,
      name: "sys",
      sub: expect.stringMatching(/^U/),
      nats: {
        pub: {},
        sub: {},
        subs: -1,
        data: -1,
        payload: -1,
        issuer_account: account.sub,
        type: "user",
        version: 2,
      },
    });
    for (const key of [operatorClaims.sub, signing, account.sub, own, user.sub]) {
      expect(await keptKey(store, key)).toBe(key);
    }
    expect((await operator.systemAccount())?.name).toBe(name);
  });

  test("is none unless it is asked for", async () => {
    const { operator, store } = await tree();
    expect(await operator.systemAccount()).toBeUndefined();
    expect((await wire(store, ["local"])).nats).not.toHaveProperty("system_account");
  });
});

describe("requireSigningKeys", () => {
  test("signs again what an identity has signed, and nothing else", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local", { systemAccount: true });
    const old = await operator.addAccount("OLD");
    await old.addUser("identity");
    await old.addRole("web", { pub: ["a"] });
    await old.addUser("scoped", { role: "web" });
    const accountKey = await old.addSigningKey();
    await old.addUser("fine");
    const operatorKey = await operator.addSigningKey();
    const fine = await operator.addAccount("FINE");
    expect((await wire(store, ["local", "FINE"])).iss).toBe(operatorKey);
    const before = await store.dump();

    const report = await operator.requireSigningKeys();

    expect(report).toEqual({
      reissued: [
        ["local", "OLD"],
        ["local", "OLD", "identity"],
        ["local", "SYS"],
      ],
      added: [],
    });
    const claims = await wire(store, ["local"]);
    expect(claims).toMatchObject({ iss: claims.sub, nats: { strict_signing_key_usage: true } });
    expect((await wire(store, ["local", "OLD"])).iss).toBe(operatorKey);
    expect((await wire(store, ["local", "SYS"])).iss).toBe(operatorKey);
    expect(await wire(store, ["local", "OLD", "identity"])).toMatchObject({
      iss: accountKey,
      nats: { subs: -1, data: -1, payload: -1, issuer_account: old.publicKey },
    });
    const after = await store.dump();
    for (const path of [
      '["local","FINE"]',
      '["local","OLD","fine"]',
      '["local","OLD","scoped"]',
      '["local","SYS","sys"]',
    ]) {
      expect(after[path]).toBe(before[path]);
    }
    expect(fine.claims.iss).toBe(operatorKey);
    expect(old.claims.iss).toBe(operatorKey);
  });

  test("changes nothing the second time", async () => {
    const { operator, store } = await tree();
    await operator.requireSigningKeys();
    await writesNothing(store, async () => {
      expect(await operator.requireSigningKeys()).toEqual({ reissued: [], added: [] });
    });
  });

  test("makes identities useless from then on", async () => {
    const { operator, account, store } = await tree();
    await operator.requireSigningKeys();
    const identity = operator.publicKey;
    await refused(store, () => account.addUser("u", { signer: account.publicKey }), "ERR_SIGNER_STRICT", "APP");
    await refused(store, () => operator.addAccount("B", { signer: identity }), "ERR_SIGNER_STRICT", "local");
    const bare = await operator.addAccount("BARE");
    await refused(store, () => bare.addUser("u"), "ERR_SIGNING_KEY_REQUIRED", "BARE", "add one");
  });

  test("refuses an operator without a signing key", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local");
    await refused(store, () => operator.requireSigningKeys(), "ERR_SIGNING_KEY_REQUIRED", "local");
    await operator.addAccount("APP");
    await refused(store, () => operator.requireSigningKeys(), "ERR_SIGNING_KEY_REQUIRED", "local");
  });

  test.each([
    ["no signing key", false],
    ["roles only", true],
  ])("refuses when an account of an identity-signed user has %s", async (_, withRole) => {
    const { operator, store } = await tree();
    const bare = await operator.addAccount("BARE");
    await bare.addUser("u");
    if (withRole) await bare.addRole("web");
    await refused(store, () => operator.requireSigningKeys(), "ERR_SIGNING_KEY_REQUIRED", "BARE");
  });

  test("adds signing keys where they are needed, if that is asked for", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local");
    const bare = await operator.addAccount("BARE");
    await bare.addUser("u");
    await bare.addRole("web");
    const empty = await operator.addAccount("EMPTY");
    const { added, reissued } = await operator.requireSigningKeys({ addSigningKeys: true });
    const operatorKey = only((await wire(store, ["local"])).nats.signing_keys);
    const bareKeys = (await wire(store, ["local", "BARE"])).nats.signing_keys ?? [];
    const accountKey = only(bareKeys.filter((key) => typeof key === "string"));
    expect([...added].sort()).toEqual([operatorKey, accountKey].sort());
    expect(reissued).toEqual([
      ["local", "BARE"],
      ["local", "BARE", "u"],
      ["local", "EMPTY"],
    ]);
    expect(await wire(store, ["local", "BARE", "u"])).toMatchObject({
      iss: accountKey,
      nats: { issuer_account: bare.publicKey },
    });
    expect((await wire(store, ["local", "EMPTY"])).nats).not.toHaveProperty("signing_keys");
    for (const key of added) expect(await keptKey(store, key)).toBe(key);
    expect(empty.claims.iss).toBe(operatorKey);
  });

  test("refuses when the key that has to sign is not at hand, and names it", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local");
    await operator.addAccount("APP");
    await operator.addSigningKey({ key: SIGNING.publicKey });
    await refused(store, () => operator.requireSigningKeys(), "ERR_SIGNER_MISSING", SIGNING.publicKey);
  });

  test("refuses to choose among several keys, and names them", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local");
    const account = await operator.addAccount("APP");
    const first = await operator.addSigningKey();
    const second = await operator.addSigningKey();
    await refused(store, () => operator.requireSigningKeys(), "ERR_SIGNER_AMBIGUOUS", first, second);
    await account.reissue({ signer: second });
    expect((await operator.requireSigningKeys()).reissued).toEqual([]);
    expect((await wire(store, ["local", "APP"])).iss).toBe(second);
  });

  test("refuses options that there are not", async () => {
    const { operator, store } = await tree();
    const options = { addSigningKey: true } as never;
    await refused(store, () => operator.requireSigningKeys(options), "ERR_ARGUMENT_INVALID", "addSigningKey");
  });
});

describe("the signing keys of an operator", () => {
  test("are added and removed", async () => {
    const { operator, store } = await tree();
    const [first] = (await wire(store, ["local"])).nats.signing_keys as [string];
    expect(await operator.addSigningKey({ key: SIGNING.seed })).toBe(SIGNING.publicKey);
    const claims = await wire(store, ["local"]);
    expect(new Set(claims.nats.signing_keys)).toEqual(new Set([first, SIGNING.publicKey]));
    expect([claims.iss, claims.iat]).toEqual([claims.sub, NOW + 1]);
    expect(await store.getKey(SIGNING.publicKey)).toBe(SIGNING.seed);

    await operator.removeSigningKey(SIGNING.publicKey);
    expect((await wire(store, ["local"])).nats.signing_keys).toEqual([first]);
    expect(await store.getKey(SIGNING.publicKey)).toBe(SIGNING.seed);
  });

  test("are refused when they are there already, or of another kind", async () => {
    const { operator, store } = await tree();
    const [present] = operator.claims.nats.signing_keys as readonly [string];
    await refused(store, () => operator.addSigningKey({ key: present }), "ERR_ENTITY_EXISTS", present);
    const identity = operator.publicKey;
    await refused(store, () => operator.addSigningKey({ key: identity }), "ERR_ENTITY_EXISTS", identity);
    await refused(store, () => operator.addSigningKey({ key: keyNamed("account").seed }), "ERR_KEY_KIND");
    await refused(store, () => operator.addSigningKey({ kye: SIGNING.seed } as never), "ERR_ARGUMENT_INVALID", "kye");
  });

  test("stay while accounts are signed by them, unless they are forced to go", async () => {
    const { operator, store } = await tree();
    const [key] = operator.claims.nats.signing_keys as readonly [string];
    const before = await tokenAt(store, ["local", "APP"]);
    await refused(store, () => operator.removeSigningKey(key), "ERR_SIGNING_KEY_IN_USE", "APP", key, "force");
    await refused(
      store,
      () => operator.edit(({ nats }) => void delete nats.signing_keys),
      "ERR_SIGNING_KEY_IN_USE",
      "APP",
      key,
    );
    await operator.removeSigningKey(key, { force: true });
    expect((await wire(store, ["local"])).nats).toEqual({ type: "operator", version: 2 });
    expect(await tokenAt(store, ["local", "APP"])).toBe(before);
    expect(await keptKey(store, key)).toBe(key);
  });

  test("take their seed with them if that is asked for", async () => {
    const { operator, store } = await tree();
    const key = await operator.addSigningKey();
    await operator.removeSigningKey(key, { deleteKey: true });
    expect(await store.getKey(key)).toBeUndefined();
  });

  test("are refused when they are not there", async () => {
    const { operator, store } = await tree();
    const gone = SIGNING.publicKey;
    await refused(store, () => operator.removeSigningKey(gone), "ERR_ENTITY_NOT_FOUND", gone);
    await refused(store, () => operator.removeSigningKey(gone, { force: true }), "ERR_ENTITY_NOT_FOUND", gone);
    await refused(store, () => operator.removeSigningKey(gone, { forced: true } as never), "ERR_ARGUMENT_INVALID");
  });

  test("can't all go from an operator that demands them", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local", { signingKey: true });
    await operator.requireSigningKeys();
    const key = only(operator.claims.nats.signing_keys);
    for (const force of [false, true]) {
      await refused(store, () => operator.removeSigningKey(key, { force }), "ERR_SIGNING_KEY_REQUIRED", "local");
    }
  });
});

describe("editing an operator", () => {
  test("changes URLs, tags and expiry, and only these", async () => {
    const { operator, store } = await tree();
    const before = await wire(store, ["local"]);
    await operator.edit((claims) => {
      claims.exp = NOW + DAY;
      claims.nats.account_server_url = "https://example.com/jwt/v1";
      claims.nats.operator_service_urls = ["tls://a:4222"];
      claims.nats.tags = ["a", "b"];
    });
    expect(await wire(store, ["local"])).toEqual({
      ...before,
      jti: expect.any(String),
      iat: NOW + 1,
      exp: NOW + DAY,
      nats: {
        ...before.nats,
        account_server_url: "https://example.com/jwt/v1",
        operator_service_urls: ["tls://a:4222"],
        tags: ["a", "b"],
      },
    });
    expect(operator.claims.nats.tags).toEqual(["a", "b"]);
    await operator.edit((claims) => {
      delete claims.exp;
      delete claims.nats.tags;
      delete claims.nats.account_server_url;
      delete claims.nats.operator_service_urls;
    });
    expect(await wire(store, ["local"])).toEqual({ ...before, jti: expect.any(String), iat: NOW + 2 });
  });

  test.each([
    ["account_server_url", "localhost/jwt", /requires a protocol/],
    ["operator_service_urls", ["http://a"], /operator service url/],
    ["operator_service_urls", ["nats://u:p@a"], /credentials are not supported/],
    ["system_account", keyNamed("user").publicKey, /account public key/],
    ["signing_keys", [keyNamed("account").publicKey], /operator public key/],
    ["assert_server_version", "2.10", /server version/],
  ])("refuses a wrong %s: %o", async (name, value, words) => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local");
    const edit = () => operator.edit(({ nats }) => void Object.assign(nats, { [name]: value }));
    await refused(store, edit, "ERR_CLAIMS_INVALID", words);
  });

  test("is signed by the identity, unless one of its signing keys is asked for", async () => {
    const { operator, store } = await tree();
    const [signer] = operator.claims.nats.signing_keys as readonly [string];
    const tag = (name: string, options = {}) =>
      operator.edit(({ nats }) => {
        nats.tags = [name];
      }, options);
    await tag("a", { signer });
    expect(await wire(store, ["local"])).toMatchObject({ iss: signer, sub: operator.publicKey, nats: { tags: ["a"] } });
    await tag("b");
    expect((await wire(store, ["local"])).iss).toBe(operator.publicKey);
    await operator.removeSigningKey(signer, { force: true });
    await refused(store, () => tag("c", { signer }), "ERR_SIGNER_UNKNOWN");
  });

  test("demands signing keys only once nothing is signed by an identity", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local");
    const demand = () =>
      operator.edit(({ nats }) => {
        nats.strict_signing_key_usage = true;
      });
    await refused(store, demand, "ERR_SIGNING_KEY_REQUIRED", "local");
    const account = await operator.addAccount("APP");
    await operator.addSigningKey();
    await refused(store, demand, "ERR_SIGNING_KEY_REQUIRED", 'account "APP"', "requireSigningKeys");
    await account.reissue({ signer: only(operator.claims.nats.signing_keys) });
    const user = await account.addUser("u");
    await refused(store, demand, "ERR_SIGNING_KEY_REQUIRED", 'user "u"', "requireSigningKeys");
    await user.reissue({ signer: await account.addSigningKey() });
    await demand();
    expect((await wire(store, ["local"])).nats.strict_signing_key_usage).toBe(true);
    await operator.edit(({ nats }) => void delete nats.strict_signing_key_usage);
    expect((await wire(store, ["local"])).nats).not.toHaveProperty("strict_signing_key_usage");
  });

  test("makes another account the system account, unless that has JetStream", async () => {
    const { operator, account, store } = await tree();
    const rich = await operator.addAccount("RICH", { jetstream: { disk: 1 } });
    const tiered = await operator.addAccount("TIERED", { jetstream: { tiers: { R1: { disk: 1 } } } });
    for (const { name, publicKey } of [rich, tiered]) {
      const edit = () =>
        operator.edit(({ nats }) => {
          nats.system_account = publicKey;
        });
      await refused(store, edit, "ERR_SYSTEM_ACCOUNT", name, "JetStream");
    }
    await operator.edit(({ nats }) => {
      nats.system_account = account.publicKey;
    });
    expect((await wire(store, ["local"])).nats.system_account).toBe(account.publicKey);
    expect((await operator.systemAccount())?.name).toBe("APP");
  });
});

describe("renaming an operator", () => {
  test("keeps every token below it byte by byte", async () => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("old", { signingKey: true, systemAccount: true });
    const account = await operator.addAccount("APP", { signingKey: true });
    const user = await account.addUser("u");
    const claims = await wire(store, ["old"]);
    const before = await store.dump();

    await operator.rename("new");

    expect(await wire(store, ["new"])).toEqual({ ...claims, jti: expect.any(String), iat: NOW + 1, name: "new" });
    const after = await store.dump();
    for (const below of ['"APP"', '"APP","u"', '"SYS"', '"SYS","sys"']) {
      expect(after[`["new",${below}]`]).toBe(before[`["old",${below}]`]);
      expect(before[`["old",${below}]`]).toBeDefined();
    }
    expect((await store.paths()).filter((path) => path.startsWith('["old"'))).toEqual([]);
    expect([operator.name, operator.claims.name]).toEqual(["new", "new"]);
    // Handles of what stands below go along.
    await user.edit(({ nats }) => {
      nats.tags = ["moved"];
    });
    expect((await wire(store, ["new", "APP", "u"])).nats.tags).toEqual(["moved"]);
    expect((await operator.systemAccount())?.name).toBe("SYS");
    await expect(nsc.operator("old")).toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("does nothing for the same name, and refuses one that is taken", async () => {
    const { nsc, operator, store } = await tree();
    await nsc.addOperator("taken");
    await writesNothing(store, () => operator.rename("local"));
    await refused(store, () => operator.rename("taken"), "ERR_ENTITY_EXISTS", "taken");
    expect(operator.name).toBe("local");
  });

  test("of others moves its token as it is, and that it is managed", async () => {
    const elsewhere = await tree();
    const { nsc, store } = world();
    const operator = await nsc.importOperator(elsewhere.operator.token);
    const account = await operator.addAccount("APP");
    const { [`meta of local`]: meta } = await store.dump();
    expect(meta).toMatchObject({ managed: "true" });
    const token = account.token;

    await operator.rename("theirs");

    expect(await tokenAt(store, ["theirs"])).toBe(elsewhere.operator.token);
    expect(await tokenAt(store, ["theirs", "APP"])).toBe(token);
    expect((await store.dump())["meta of theirs"]).toEqual(meta);
    expect(operator.isManaged).toBe(true);
    expect((await nsc.operator("theirs")).isManaged).toBe(true);
  });
});

describe("looking operators and accounts up", () => {
  test("finds them by name and key, in the order of their names", async () => {
    const { nsc, operator, account } = await tree();
    const other = await nsc.addOperator("Other");
    const b = await operator.addAccount("B");
    const foreign = await other.addAccount("APP");
    const names = async (list: AsyncIterable<{ readonly name: string }>) =>
      (await collect(list)).map(({ name }) => name);
    expect(await names(nsc.operators())).toEqual(["Other", "local"]);
    expect(await names(operator.accounts())).toEqual(["APP", "B"]);
    expect(await names(other.accounts())).toEqual(["APP"]);
    expect((await nsc.operator("Other")).publicKey).toBe(other.publicKey);
    expect((await operator.account("APP")).publicKey).toBe(account.publicKey);
    expect((await other.account("APP")).publicKey).toBe(foreign.publicKey);
    expect((await operator.findAccount(b.publicKey))?.name).toBe("B");
    expect(await operator.findAccount(foreign.publicKey)).toBeUndefined();
    expect(await operator.findAccount(createKeyPair("account").publicKey)).toBeUndefined();
  });

  test("says what is not there", async () => {
    const { nsc, operator, store } = await tree();
    await refused(store, () => nsc.operator("nobody"), "ERR_ENTITY_NOT_FOUND", "nobody");
    await refused(store, () => operator.account("nobody"), "ERR_ENTITY_NOT_FOUND", "nobody");
    expect(await collect((await nsc.addOperator("empty")).accounts())).toEqual([]);
    expect(await collect(world().nsc.operators())).toEqual([]);
  });

  test("keeps many operators apart", async () => {
    const { nsc, store } = world();
    const operators: Operator[] = [];
    for (let i = 0; i < 30; i++) operators.push(await nsc.addOperator(`op-${i}`, { signingKey: true }));
    const accounts = await Promise.all(operators.map((operator) => operator.addAccount("APP", { signingKey: true })));
    await Promise.all(accounts.map((account) => account.addUser("u")));
    expect(await collect(nsc.operators())).toHaveLength(30);
    for (const [index, operator] of operators.entries()) {
      const account = await wire(store, [`op-${index}`, "APP"]);
      expect(account.iss).toBe(only(operator.claims.nats.signing_keys));
      const user = await wire(store, [`op-${index}`, "APP", "u"]);
      expect([user.iss, user.nats.issuer_account]).toEqual([only(account.nats.signing_keys), account.sub]);
    }
    expect(new Set(accounts.map(({ publicKey }) => publicKey)).size).toBe(30);
  });
});
