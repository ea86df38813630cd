import {
  createKeyPair,
  createPortableEngine,
  type FullResolver,
  formatServerConfig,
  type KeyPair,
  type PublicKey,
  type Resolver,
  type ServerConfigTokens,
  serverConfigFromTokens,
} from "nsc.js";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { accountToken, createTrust, operatorToken, type Trust, userCreds } from "../server/trust.ts";
import { asParsed, parseConf } from "./conf-parser.ts";

const MEMORY: Resolver = { type: "memory" };
const FULL: Resolver = { type: "full", dir: "./jwt" };
const CACHE: Resolver = { type: "cache", dir: "./jwt" };
const RESOLVERS = [MEMORY, FULL, CACHE];
const NATS_RESOLVERS = [FULL, CACHE];
const NOW = 1_800_000_000;

let trust: Trust;
let strict: Trust;
beforeAll(async () => {
  trust = await createTrust();
  strict = await createTrust({ strict_signing_key_usage: true });
});

/** The tokens of {@link trust}, with changes; those that are `undefined` take a member away. */
function config(changes: { readonly [Name in keyof ServerConfigTokens]?: unknown } = {}) {
  return serverConfigFromTokens({
    operator: trust.operatorToken,
    accounts: [trust.systemToken],
    resolver: MEMORY,
    now: NOW,
    ...changes,
  } as ServerConfigTokens);
}

/** The value of `resolver` for one, with options of any type. */
const resolverOf = (resolver: object) => config({ resolver }).resolver;

describe("the data", () => {
  test("is what nats-server calls operator, system_account, resolver and resolver_preload", () => {
    expect(config({ accounts: [trust.systemToken, trust.appToken] })).toEqual({
      operator: trust.operatorToken,
      system_account: trust.system.publicKey,
      resolver: "MEMORY",
      resolver_preload: {
        [trust.system.publicKey]: trust.systemToken,
        [trust.app.publicKey]: trust.appToken,
      },
    });
  });

  test("has no preload without accounts, and no system account where none is named", async () => {
    const { operator, app } = await createTrust();
    const bare = await operatorToken(operator);
    expect(config({ operator: bare, accounts: [] })).toEqual({ operator: bare, resolver: "MEMORY" });
    expect(config({ operator: bare, accounts: undefined })).toEqual({ operator: bare, resolver: "MEMORY" });
    const token = await accountToken(app, operator);
    expect(Object.keys(config({ operator: bare, accounts: [token] }))).toEqual([
      "operator",
      "resolver",
      "resolver_preload",
    ]);
  });

  test("names the system account that is given where the operator names none", async () => {
    const { operator, system } = await createTrust();
    const bare = await operatorToken(operator);
    const accounts = [await accountToken(system, operator)];
    expect(config({ operator: bare, accounts, systemAccount: system.publicKey }).system_account).toBe(system.publicKey);
    expect(config({ systemAccount: trust.system.publicKey }).system_account).toBe(trust.system.publicKey);
  });

  test("takes a single operator alone or in a list", () => {
    expect(config({ operator: [trust.operatorToken] })).toEqual(config());
  });

  test("takes several operators, with accounts of each", async () => {
    const other = await createTrust();
    const second = await operatorToken(other.operator);
    const operator = [trust.operatorToken, second];
    const accounts = [trust.systemToken, other.appToken];
    for (const resolver of RESOLVERS) {
      expect(config({ operator, accounts, resolver })).toMatchObject({
        operator,
        system_account: trust.system.publicKey,
        resolver_preload: { [other.app.publicKey]: other.appToken },
      });
    }
    // The system account may be the second operator's.
    const swapped = config({ operator: [second, trust.operatorToken], accounts });
    expect(swapped.system_account).toBe(trust.system.publicKey);
  });

  test("is independent of the tokens that it was made from", () => {
    const operator = [trust.operatorToken, trust.operatorToken];
    const accounts = [trust.systemToken];
    const made = config({ operator, accounts });
    operator.pop();
    accounts.pop();
    expect(made.operator).toHaveLength(2);
    expect(Object.keys(made.resolver_preload ?? {})).toEqual([trust.system.publicKey]);
  });

  test("can be spread into a larger map, which is then written like any other", () => {
    const larger = { port: 4222, ...config(), jetstream: { store_dir: "/data" } };
    expect(Object.keys(larger)).toEqual([
      "port",
      "operator",
      "system_account",
      "resolver",
      "resolver_preload",
      "jetstream",
    ]);
    expect(String(larger)).toBe("[object Object]");
    expect(parseConf(formatServerConfig(larger)).map).toEqual(asParsed(larger));
  });
});

describe("the text", () => {
  test("is the data, with comments that name the entities", () => {
    const made = config({ accounts: [trust.systemToken, trust.appToken], resolver: FULL });
    expect(made.toString()).toBe(`# Operator "local"
operator: "${trust.operatorToken}"
system_account: "${trust.system.publicKey}"
resolver: {
  type: "full"
  dir: "./jwt"
  allow_delete: false
}
resolver_preload: {
  # Account "SYS"
  ${trust.system.publicKey}: "${trust.systemToken}"
  # Account "APP"
  ${trust.app.publicKey}: "${trust.appToken}"
}
`);
    expect(`${made}`).toBe(made.toString());
  });

  test("names several operators in one comment, and entities without a name by their key", async () => {
    const other = await createTrust();
    const second = await operatorToken(other.operator, {}, "other");
    const nameless = await accountToken(other.app, other.operator, { name: undefined as never });
    const made = config({ operator: [trust.operatorToken, second], accounts: [trust.systemToken, nameless] });
    const { map, comments } = parseConf(made.toString());
    expect(comments).toEqual([' Operator "local", "other"', ' Account "SYS"', ` Account ${other.app.publicKey}`]);
    expect(map).toEqual(asParsed(made));
  });
});

describe("the resolver", () => {
  test("memory is the word that the server knows", () => {
    expect(resolverOf({ type: "memory" })).toBe("MEMORY");
  });

  test("full has no more than it needs by default, and accounts may not be deleted", () => {
    expect(resolverOf({ type: "full", dir: "./jwt" })).toEqual({ type: "full", dir: "./jwt", allow_delete: false });
  });

  test("full has every option of the server", () => {
    const all: FullResolver = {
      type: "full",
      dir: "/a b/jwt",
      allowDelete: true,
      hardDelete: true,
      interval: "2m",
      limit: 1000,
      timeout: "1.9s",
    };
    expect(resolverOf(all)).toEqual({
      type: "full",
      dir: "/a b/jwt",
      allow_delete: true,
      hard_delete: true,
      interval: "2m",
      limit: 1000,
      timeout: "1.9s",
    });
    expect(resolverOf({ ...all, allowDelete: true, hardDelete: false })).not.toHaveProperty("hard_delete", true);
  });

  test("full does not mention hard_delete where it is false: without allow_delete the server refuses even that", () => {
    expect(resolverOf({ ...FULL, hardDelete: false })).toEqual({ type: "full", dir: "./jwt", allow_delete: false });
    expect(resolverOf({ ...FULL, allowDelete: false, hardDelete: false })).not.toHaveProperty("hard_delete");
  });

  test("cache has every option of the server", () => {
    expect(resolverOf(CACHE)).toEqual({ type: "cache", dir: "./jwt" });
    expect(resolverOf({ type: "cache", dir: "jwt", ttl: "1h30m", limit: 5, timeout: "500ms" })).toEqual({
      type: "cache",
      dir: "jwt",
      ttl: "1h30m",
      limit: 5,
      timeout: "500ms",
    });
  });

  test("options that are undefined are not there", () => {
    const all = { allowDelete: undefined, hardDelete: undefined, interval: undefined, limit: undefined };
    expect(Object.keys(resolverOf({ ...FULL, ...all, timeout: undefined }))).toEqual(["type", "dir", "allow_delete"]);
    expect(Object.keys(resolverOf({ ...CACHE, ttl: undefined, limit: undefined, timeout: undefined }))).toEqual([
      "type",
      "dir",
    ]);
  });

  test.each<[string, object]>([
    ["a limit of 0", { ...FULL, limit: 0 }],
    ["a limit of 0 in a cache", { ...CACHE, limit: 0 }],
    ["a ttl of 0, which is the server's default", { ...CACHE, ttl: "0s" }],
    ["a duration without a unit where that is none", { ...CACHE, ttl: "0" }],
    ["fractions of durations", { ...FULL, timeout: ".5s", interval: "1.5h" }],
    ["micro in both spellings", { ...FULL, timeout: "5\u00b5s", interval: "5\u03bcs" }],
    ["a folder with every kind of character", { ...FULL, dir: "a \"b\" 'c' $D \u{1f980}\n" }],
  ])("%s is written as it is", (_, resolver) => {
    expect(resolverOf(resolver)).toMatchObject(resolver);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a word", "MEMORY"],
    ["no type", {}],
    ["another type", { type: "url" }],
    ["a type in upper case", { type: "FULL", dir: "./jwt" }],
    ["a type that objects have by nature", { type: "toString" }],
    ["an option that no resolver has", { ...FULL, dirs: "./jwt" }],
    ["the server's name of an option", { ...FULL, allow_delete: true }],
    ["a folder for the memory resolver", { type: "memory", dir: "./jwt" }],
    ["a ttl for the full resolver", { ...FULL, ttl: "1h" }],
    ["an interval for the cache", { ...CACHE, interval: "1m" }],
    ["allowDelete for the cache", { ...CACHE, allowDelete: true }],
    ["hardDelete for the cache", { ...CACHE, hardDelete: false }],
    ["no folder", { type: "full" }],
    ["no folder for the cache", { type: "cache" }],
    ["an empty folder", { type: "full", dir: "" }],
    ["a folder that is no text", { type: "full", dir: 1 }],
    ["a folder with a NUL", { type: "full", dir: "a\0b" }],
    ["hardDelete without allowDelete", { ...FULL, hardDelete: true }],
    ["hardDelete with allowDelete off", { ...FULL, hardDelete: true, allowDelete: false }],
    ["allowDelete that is no boolean", { ...FULL, allowDelete: "yes" }],
    ["hardDelete that is no boolean", { ...FULL, allowDelete: true, hardDelete: 1 }],
    ["a negative limit", { ...FULL, limit: -1 }],
    ["a negative limit in a cache", { ...CACHE, limit: -1 }],
    ["a limit with a fraction", { ...FULL, limit: 1.5 }],
    ["a limit that is not exact", { ...FULL, limit: 2 ** 53 }],
    ["a limit that is no number", { ...FULL, limit: "5" }],
    ["a limit that is not a number", { ...FULL, limit: Number.NaN }],
    ...["interval", "timeout"].flatMap((name) => durations(FULL, name)),
    ...["ttl", "timeout"].flatMap((name) => durations(CACHE, name)),
    ["an interval of 0", { ...FULL, interval: "0s" }],
    ["a timeout of 0", { ...FULL, timeout: "0s" }],
    ["a timeout of 0 in a cache", { ...CACHE, timeout: "0" }],
  ])("%s is refused", (_, resolver) => {
    expect(() => config({ resolver })).toThrowCode("ERR_CONFIG_VALUE");
  });

  function durations(resolver: Resolver, name: string): [string, object][] {
    return [
      ["a number", 120],
      ["bare digits", "120"],
      ["nothing", ""],
      ["a time span of this library", "2d"],
      ["a unit in upper case", "2M"],
      ["a space", "2 m"],
      ["a sign", "-2m"],
      ["null", null],
      ["more than the server can hold", "2562047h47m16.854775808s"],
    ].map(([what, value]) => [`${what} as ${name} of ${resolver.type}`, { ...resolver, [name as string]: value }]);
  }
});

test("an option that does not exist is refused by its name", () => {
  expect(() => config({ systemaccount: trust.system.publicKey } as never)).toThrowCode("ERR_CONFIG_VALUE");
  expect(() => config({ systemaccount: trust.system.publicKey } as never)).toThrow("systemaccount");
});

describe("operators", () => {
  test.each([
    ["no operator", undefined],
    ["an empty list of operators", []],
  ])("%s is refused", (_, operator) => {
    expect(() => config({ operator })).toThrowCode("ERR_CONFIG_ACCOUNT");
  });

  test.each([
    ["a number", 1],
    ["null", null],
    ["an object", { token: "x" }],
  ])("%s as operator is refused", (_, operator) => {
    expect(() => config({ operator })).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("a token of another kind is refused", async () => {
    const userToken = (await userCreds(trust.app)).split("\n")[1];
    for (const operator of [trust.systemToken, userToken, [trust.operatorToken, trust.systemToken]]) {
      expect(() => config({ operator })).toThrowCode("ERR_JWT_KIND");
    }
  });

  test("a broken token is refused", () => {
    const [header, payload] = trust.operatorToken.split(".");
    const [, , foreignSignature] = trust.systemToken.split(".");
    expect(() => config({ operator: "" })).toThrowCode("ERR_JWT_FORMAT");
    expect(() => config({ operator: "operator.jwt" })).toThrowCode("ERR_JWT_FORMAT");
    expect(() => config({ operator: `${trust.operatorToken} ` })).toThrowCode("ERR_JWT_FORMAT");
    expect(() => config({ operator: `${header}.${payload}.${foreignSignature}` })).toThrowCode("ERR_JWT_SIGNATURE");
    expect(() => config({ operator: [trust.operatorToken, ""] })).toThrowCode("ERR_JWT_FORMAT");
  });

  // Go's base64 passes over line ends, and so does the server: see test/server/config-refusals.server.test.ts.
  test("a token with the line end of its file is taken", () => {
    expect(config({ operator: `${trust.operatorToken}\n` }).operator).toBe(`${trust.operatorToken}\n`);
  });

  test("a signing key that is no operator's key is refused, as the server does", async () => {
    for (const key of ["", "OABC", trust.app.publicKey, trust.operatorKey.publicKey.toLowerCase()]) {
      const operator = await operatorToken(trust.operator, { signing_keys: [trust.operatorKey.publicKey, key] });
      expect(() => config({ operator })).toThrowCode("ERR_CONFIG_ACCOUNT");
    }
  });

  test.each(["x", "1.2", "1.2.3.4", "v1.2.3", "1.2.3-beta", "-1.2.3", "1.2.3 ", "1.2.99999999999999999999"])(
    "the asserted server version %j is refused, as the server does",
    async (version) => {
      const operator = await operatorToken(trust.operator, {
        system_account: trust.system.publicKey,
        assert_server_version: version,
      });
      expect(() => config({ operator })).toThrowCode("ERR_CONFIG_ACCOUNT");
    },
  );

  test.each(["", "0.0.0", "2.9.10", "01.2.3", "99.0.0"])("the asserted server version %j is taken", async (version) => {
    const operator = await operatorToken(trust.operator, {
      system_account: trust.system.publicKey,
      assert_server_version: version,
    });
    expect(config({ operator }).operator).toBe(operator);
  });
});

describe("accounts", () => {
  test("a list that is none is refused", () => {
    for (const accounts of [trust.systemToken, { [trust.system.publicKey]: trust.systemToken }, null]) {
      expect(() => config({ accounts })).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });

  test("a token of another kind is refused", async () => {
    const userToken = (await userCreds(trust.app)).split("\n")[1];
    for (const token of [trust.operatorToken, userToken]) {
      expect(() => config({ accounts: [trust.systemToken, token] })).toThrowCode("ERR_JWT_KIND");
    }
  });

  test("a broken token is refused", () => {
    const flipped = trust.appToken.replace(/.(?=.{10}$)/, (char) => (char === "A" ? "B" : "A"));
    expect(() => config({ accounts: [trust.systemToken, flipped] })).toThrowCode("ERR_JWT_SIGNATURE");
    expect(() => config({ accounts: [trust.systemToken, "a.b"] })).toThrowCode("ERR_JWT_FORMAT");
    expect(() => config({ accounts: [trust.systemToken, undefined] })).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("a second token of an account is refused, the same or another one", async () => {
    const newer = await accountToken(trust.app, trust.operator, { name: "newer" });
    for (const again of [trust.appToken, newer]) {
      const accounts = [trust.systemToken, trust.appToken, again];
      expect(() => config({ accounts })).toThrowCode("ERR_CONFIG_ACCOUNT");
    }
  });

  test("one signed by a signing key of the operator is taken", async () => {
    const token = await accountToken(trust.app, trust.operatorKey);
    expect(config({ accounts: [trust.systemToken, token] }).resolver_preload?.[trust.app.publicKey]).toBe(token);
  });

  test("one that somebody else signed is refused, for every resolver", async () => {
    const stranger = await createTrust();
    const tokens = [stranger.appToken, await accountToken(trust.app, trust.app)];
    for (const token of tokens) {
      for (const resolver of RESOLVERS) {
        expect(() => config({ accounts: [trust.systemToken, token], resolver })).toThrowCode("ERR_CONFIG_TRUST");
      }
    }
    const operator = [trust.operatorToken, await operatorToken(createKeyPair("operator"))];
    expect(() => config({ operator, accounts: [trust.systemToken, stranger.appToken] })).toThrowCode(
      "ERR_CONFIG_TRUST",
    );
    expect(() => config({ accounts: [trust.systemToken, stranger.appToken] })).toThrow(stranger.operator.publicKey);
  });

  test("one that the identity of a strict operator signed is refused, and the message says why", async () => {
    const token = await accountToken(strict.app, strict.operator);
    const ask = (accounts: string[]) => () => config({ operator: strict.operatorToken, accounts });
    expect(ask([strict.systemToken, strict.appToken])).not.toThrow();
    expect(ask([strict.systemToken, token])).toThrowCode("ERR_CONFIG_TRUST");
    expect(ask([strict.systemToken, token])).toThrow(/identity key/);
  });

  test("one with an issue that blocks is refused with Go's text, and one with a warning is taken", async () => {
    const nats = { cluster_traffic: "nobody" as never };
    const token = await accountToken(trust.app, trust.operator, { nats });
    const ask = () => config({ accounts: [trust.systemToken, token] });
    expect(ask).toThrowCode("ERR_CONFIG_ACCOUNT");
    expect(ask).toThrow(
      'account "APP" is not valid, and the servers would not load it: unknown cluster traffic option',
    );
    const imports = [{ subject: "a", account: trust.system.publicKey, type: "stream" as const, to: "b" }];
    const warned = await accountToken(trust.app, trust.operator, { nats: { imports } });
    expect(config({ accounts: [trust.systemToken, warned] }).resolver_preload).toHaveProperty(trust.app.publicKey);
  });

  test("one that is expired is taken, as by the server, which only warns", async () => {
    const token = await accountToken(trust.app, trust.operator, { exp: NOW - 1 });
    expect(config({ accounts: [trust.systemToken, token] }).resolver_preload?.[trust.app.publicKey]).toBe(token);
  });
});

describe("the system account", () => {
  const systemToken = (init: object, signer: KeyPair = trust.operator) =>
    accountToken(trust.system, signer, { name: "SYS", ...init });

  test("has to be known to NATS resolvers", async () => {
    const operator = await operatorToken(trust.operator);
    expect(() => config({ operator, accounts: [], resolver: MEMORY })).not.toThrow();
    for (const resolver of NATS_RESOLVERS) {
      expect(() => config({ operator, resolver })).toThrowCode("ERR_CONFIG_ACCOUNT");
      expect(() => config({ operator, resolver, systemAccount: trust.system.publicKey })).not.toThrow();
    }
  });

  test("may be missing in the preload of NATS resolvers where the server has a stand-in", async () => {
    for (const resolver of NATS_RESOLVERS) {
      expect(config({ accounts: [], resolver })).toEqual({
        operator: trust.operatorToken,
        system_account: trust.system.publicKey,
        resolver: expect.anything(),
      });
    }
  });

  test("has to be there for the memory resolver, a strict operator, and several operators", async () => {
    const several = [trust.operatorToken, await operatorToken(createKeyPair("operator"))];
    for (const accounts of [[], [trust.appToken]]) {
      expect(() => config({ accounts, resolver: MEMORY })).toThrowCode("ERR_CONFIG_ACCOUNT");
      for (const resolver of NATS_RESOLVERS) {
        expect(() => config({ operator: several, accounts, resolver })).toThrowCode("ERR_CONFIG_ACCOUNT");
      }
    }
    const { operatorToken: operator, systemToken, appToken } = strict;
    for (const resolver of RESOLVERS) {
      expect(() => config({ operator, accounts: [appToken], resolver })).toThrowCode("ERR_CONFIG_ACCOUNT");
      expect(() => config({ operator, accounts: [appToken, systemToken], resolver })).not.toThrow();
    }
  });

  test("must not be another one than the operator names", () => {
    const ask = () => config({ systemAccount: trust.app.publicKey, accounts: [trust.systemToken, trust.appToken] });
    expect(ask).toThrowCode("ERR_CONFIG_ACCOUNT");
    expect(ask).toThrow(trust.system.publicKey);
  });

  test("has to be chosen where operators name several, and must be one of theirs", async () => {
    const other = await createTrust();
    const tokens = {
      operator: [trust.operatorToken, other.operatorToken],
      accounts: [trust.systemToken, other.systemToken],
    };
    expect(() => config(tokens)).toThrowCode("ERR_CONFIG_ACCOUNT");
    for (const { publicKey } of [trust.system, other.system]) {
      expect(config({ ...tokens, systemAccount: publicKey }).system_account).toBe(publicKey);
    }
    expect(() => config({ ...tokens, systemAccount: trust.app.publicKey })).toThrowCode("ERR_CONFIG_ACCOUNT");
  });

  test("must be the public key of an account, whoever names it", async () => {
    const bare = await operatorToken(trust.operator);
    for (const systemAccount of ["", "SYS", trust.operator.publicKey, `${trust.system.publicKey} `, null, 1]) {
      for (const resolver of RESOLVERS) {
        const changes = { operator: bare, accounts: [], resolver, systemAccount };
        expect(() => config(changes)).toThrowCode("ERR_CONFIG_ACCOUNT");
        expect(() => config({ ...changes, operator: trust.operatorToken })).toThrowCode("ERR_CONFIG_ACCOUNT");
      }
    }
    const operator = await operatorToken(trust.operator, { system_account: "ASYS" });
    for (const resolver of RESOLVERS) {
      expect(() => config({ operator, accounts: [], resolver })).toThrowCode("ERR_CONFIG_ACCOUNT");
    }
  });

  test("must not be expired at `now`; its last second counts", async () => {
    const accounts = [await systemToken({ exp: NOW })];
    for (const resolver of RESOLVERS) {
      expect(() => config({ accounts, resolver, now: NOW })).not.toThrow();
      expect(() => config({ accounts, resolver, now: NOW + 1 })).toThrowCode("ERR_CONFIG_ACCOUNT");
    }
  });

  test("must be valid already at `now`", async () => {
    const accounts = [await systemToken({ nbf: NOW })];
    for (const resolver of RESOLVERS) {
      expect(() => config({ accounts, resolver, now: NOW })).not.toThrow();
      expect(() => config({ accounts, resolver, now: NOW - 1 })).toThrowCode("ERR_CONFIG_ACCOUNT");
    }
  });

  test("is judged at the time of the clock by default", async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const expired = [await systemToken({ exp: seconds - 2 })];
    const valid = [await systemToken({ exp: seconds + 600 })];
    expect(() => config({ accounts: expired, now: undefined })).toThrowCode("ERR_CONFIG_ACCOUNT");
    expect(() => config({ accounts: valid, now: undefined })).not.toThrow();
  });

  test.each([Number.NaN, 1.5, Number.POSITIVE_INFINITY, "1800000000", new Date(0), null])(
    "`now` must be whole seconds, not %s",
    (now) => {
      expect(() => config({ now })).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );

  test.each([
    ["memory", { mem_storage: 1 }],
    ["disk", { disk_storage: -1 }],
    ["memory in a tier", { tiered_limits: { R1: { mem_storage: -1 } } }],
    ["disk in the second tier", { tiered_limits: { R1: {}, R3: { disk_storage: 1 } } }],
  ])("must not have JetStream limits: %s", async (_, limits) => {
    const accounts = [await systemToken({ nats: { limits } })];
    for (const resolver of RESOLVERS) {
      expect(() => config({ accounts, resolver })).toThrowCode("ERR_CONFIG_ACCOUNT");
    }
  });

  test.each([
    ["none", {}],
    ["storages of 0", { mem_storage: 0, disk_storage: 0 }],
    ["others than storages", { streams: 5, consumer: 5 }],
    ["tiers without storage", { tiered_limits: { R1: { streams: 5 } } }],
  ])("may have JetStream limits that leave it off: %s", async (_, limits) => {
    const accounts = [await systemToken({ nats: { limits } })];
    expect(() => config({ accounts })).not.toThrow();
  });

  test("other accounts may have JetStream limits and be expired", async () => {
    const limits = { mem_storage: -1, disk_storage: -1 };
    const token = await accountToken(trust.app, trust.operator, { exp: NOW - 5, nats: { limits } });
    expect(() => config({ accounts: [trust.systemToken, token] })).not.toThrow();
  });
});

describe("arguments", () => {
  test.each([undefined, null, "tokens", 1])("%s instead of tokens is refused", (tokens) => {
    expect(() => serverConfigFromTokens(tokens as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("the engine that is given verifies every token", () => {
    const portable = createPortableEngine();
    const verify = vi.fn((key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
      portable.publicKey(key).verify(message, signature),
    );
    const publicKey = (key: Uint8Array): PublicKey => ({
      verify: (message, signature) => verify(key, message, signature),
    });
    const engine = { ...portable, publicKey };
    const accounts = [trust.systemToken, trust.appToken];
    expect(config({ engine, accounts })).toEqual(config({ accounts }));
    expect(verify).toHaveBeenCalledTimes(3);

    const distrustful = { ...createPortableEngine(), publicKey: () => ({ verify: () => false }) };
    expect(() => config({ engine: distrustful })).toThrowCode("ERR_JWT_SIGNATURE");
  });

  test("no message holds a token", async () => {
    const stranger = await createTrust();
    const asks = [
      () => config({ accounts: [trust.systemToken, stranger.appToken] }),
      () => config({ accounts: [trust.systemToken, trust.systemToken] }),
      () => config({ operator: trust.systemToken }),
      () => config({ systemAccount: trust.systemToken }),
      () => config({ resolver: { ...FULL, timeout: trust.systemToken } }),
      () => config({ resolver: { ...FULL, [trust.systemToken]: 1 } }),
    ];
    for (const ask of asks) {
      expect(ask).toThrow();
      expect(ask).not.toThrow(/eyJ/);
    }
  });
});
