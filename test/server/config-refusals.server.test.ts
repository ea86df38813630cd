import { AuthorizationError } from "@nats-io/nats-core";
import {
  createKeyPair,
  createUserClaims,
  encode,
  type KeyPair,
  type NscErrorCode,
  parseCreds,
  type Resolver,
  type ServerConfigTokens,
  serverConfigFromTokens,
  type UserClaimsInit,
} from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { expect, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { connectAs, isOlderThan, start, WARNING } from "./servers.ts";
import { accountToken, createTrust, operatorToken, tokensOf, userCreds } from "./trust.ts";

const MEMORY: Resolver = { type: "memory" };
const FULL: Resolver = { type: "full", dir: "./jwt" };
const CACHE: Resolver = { type: "cache", dir: "./jwt" };
const FULL_TEXT = '{ type: full, dir: "./jwt" }';
const CACHE_TEXT = '{ type: cache, dir: "./jwt" }';
const NATS_RESOLVERS = [
  { resolver: FULL, text: FULL_TEXT },
  { resolver: CACHE, text: CACHE_TEXT },
];

const takesSeveralOperators = !isOlderThan("2.10.21");
const now = Math.floor(Date.now() / 1000);

const trust = await createTrust();
const strict = await createTrust({ strict_signing_key_usage: true });
const stranger = await createTrust();
const PRELOAD = { [trust.system.publicKey]: trust.systemToken };
const bare = await operatorToken(trust.operator);
const several = [trust.operatorToken, await operatorToken(stranger.operator)];
const badKeyOperator = await operatorWith({ signing_keys: [trust.app.publicKey] });
const badSystemOperator = await operatorToken(trust.operator, { system_account: "ASYS" });
const expiredSystem = await signedSystem({ exp: now - 5 });
const futureSystem = await signedSystem({ nbf: now + 600 });
const foreignSystem = await signedSystem({}, stranger.operator);
const identitySigned = await accountToken(strict.system, strict.operator, { name: "SYS" });
const userToken = parseCreds(await userCreds(trust.app)).token;

/** Written by hand, and without quotes: tokens and keys may stand like that, by server.md, section 1.8. */
function byHand({
  operator = [trust.operatorToken],
  system = "",
  resolver = "MEMORY",
  preload = {},
  more = "",
}: ByHand): string {
  return `
operator: ${operator.length === 1 ? operator[0] : `[ ${operator.join(", ")} ]`}
${system && `system_account: ${system}`}
${resolver && `resolver: ${resolver}`}
${
  preload &&
  `resolver_preload: {
${Object.entries(preload)
  .map(([key, token]) => `  ${key}: ${token}`)
  .join("\n")}
}`
}
${more}
`;
}

interface ByHand {
  readonly operator?: readonly string[];
  readonly system?: string;
  readonly resolver?: string;
  readonly preload?: Readonly<Record<string, string>> | "";
  readonly more?: string;
}

/** Something that is refused, and by the server as well. */
interface Refused {
  readonly title: string;
  readonly changes: { readonly [Name in keyof ServerConfigTokens]?: unknown };
  readonly code: NscErrorCode;
  /** The same, written by hand. */
  readonly conf: ByHand;
  readonly refusal: RegExp;
  readonly jetstream?: boolean;
}

function signedSystem(init: Parameters<typeof accountToken>[2], signer: KeyPair = trust.operator): Promise<string> {
  return accountToken(trust.system, signer, { name: "SYS", ...init });
}

function operatorWith(nats: NonNullable<Parameters<typeof operatorToken>[1]>): Promise<string> {
  return operatorToken(trust.operator, { system_account: trust.system.publicKey, ...nats });
}

/** A resolver of which the server says in the same way what is wrong with it. */
function refusedResolver(resolver: object, text: string, refusal: RegExp): Refused {
  const changes = { resolver, accounts: [trust.systemToken] };
  return { title: text, changes, code: "ERR_CONFIG_VALUE", conf: { resolver: text, preload: PRELOAD }, refusal };
}

/** A system account that the memory resolver does not load. */
function refusedSystem(title: string, token: string, code: NscErrorCode = "ERR_CONFIG_ACCOUNT"): Refused {
  return {
    title: `a system account that is ${title}`,
    changes: { accounts: [token] },
    code,
    conf: { preload: { [trust.system.publicKey]: token } },
    refusal: /error resolving system account: account validation failed/,
  };
}

async function refusedJetStream(title: string, limits: object): Promise<Refused> {
  const token = await signedSystem({ nats: { limits } });
  return {
    title: `a system account with JetStream: ${title}`,
    changes: { accounts: [token] },
    code: "ERR_CONFIG_ACCOUNT",
    conf: { preload: { [trust.system.publicKey]: token } },
    refusal: /Not allowed to enable JetStream on the system account/,
    jetstream: true,
  };
}

async function refusedVersion(version: string, refusal: RegExp): Promise<Refused> {
  const operator = await operatorWith({ assert_server_version: version });
  return {
    title: `an operator that asserts server version ${JSON.stringify(version)}`,
    changes: { operator },
    code: "ERR_CONFIG_ACCOUNT",
    conf: { operator: [operator], preload: PRELOAD },
    refusal,
  };
}

function refusedToken(
  what: "operator" | "account" | "sentinel",
  title: string,
  token: string,
  code: NscErrorCode,
  refusal: RegExp,
): Refused {
  const parts = {
    operator: { changes: { operator: token }, conf: { operator: [token], preload: PRELOAD } },
    account: {
      changes: { accounts: [trust.systemToken, token] },
      conf: { preload: { ...PRELOAD, [trust.app.publicKey]: token } },
    },
    sentinel: {
      changes: { defaultSentinel: token },
      conf: { preload: PRELOAD, more: `default_sentinel: ${token}` },
    },
  };
  return { title: `as ${what}: ${title}`, code, refusal, ...parts[what] };
}

/** Something beside operator and accounts that is refused. */
function refusedOption(title: string, changes: Refused["changes"], more: string, refusal: RegExp): Refused {
  const code = "ERR_CONFIG_VALUE";
  return { title, changes, code, conf: { preload: PRELOAD, more }, refusal };
}

function refusedUrl(url: string, refusal: RegExp): Refused {
  return {
    title: `an account server at ${url}`,
    changes: { accounts: [], resolver: { type: "url", url } },
    code: "ERR_CONFIG_VALUE",
    conf: { resolver: `'URL(${url})'`, preload: "" },
    refusal,
  };
}

async function refusedSentinel(title: string, init: UserClaimsInit, refusal: RegExp): Promise<Refused> {
  const token = await encode(createUserClaims(createKeyPair("user").publicKey, init), trust.app);
  const conf = { preload: PRELOAD, more: `default_sentinel: ${token}` };
  return { title, changes: { defaultSentinel: token }, code: "ERR_CONFIG_ACCOUNT", conf, refusal };
}

const HUB = { urls: ["nats://127.0.0.1:1"], account: trust.app.publicKey };

/** The start-up rejections of server.md, section 1.7, that can be asked for, and some more. */
const REFUSED: readonly Refused[] = [
  {
    title: "several operators and no resolver",
    changes: { operator: several, resolver: undefined },
    code: "ERR_CONFIG_VALUE",
    conf: { operator: several, system: trust.system.publicKey, resolver: "", preload: PRELOAD },
    refusal: /operators require an account resolver to be configured/,
  },
  {
    title: "another system account than the operator names",
    changes: { systemAccount: trust.app.publicKey },
    code: "ERR_CONFIG_ACCOUNT",
    conf: { system: trust.app.publicKey, preload: { ...PRELOAD, [trust.app.publicKey]: trust.appToken } },
    refusal: /system_account in config and operator JWT must be identical/,
  },
  ...NATS_RESOLVERS.map(
    ({ resolver, text }): Refused => ({
      title: `no system account for the ${resolver.type} resolver`,
      changes: { operator: bare, resolver },
      code: "ERR_CONFIG_ACCOUNT",
      conf: { operator: [bare], resolver: text },
      refusal: /using nats based account resolver - the system account needs to be specified/,
    }),
  ),
  {
    title: "a system account without its token for the memory resolver",
    changes: { accounts: [trust.appToken] },
    code: "ERR_CONFIG_ACCOUNT",
    conf: { preload: { [trust.app.publicKey]: trust.appToken } },
    refusal: /error resolving system account: account missing/,
  },
  ...NATS_RESOLVERS.map(
    ({ resolver, text }): Refused => ({
      title: `a strict operator without the system account's token, for the ${resolver.type} resolver`,
      changes: { operator: strict.operatorToken, accounts: [strict.appToken], resolver },
      code: "ERR_CONFIG_ACCOUNT",
      conf: { operator: [strict.operatorToken], resolver: text, preload: { [strict.app.publicKey]: strict.appToken } },
      refusal: /Can't set system account: account validation failed/,
    }),
  ),
  ...(takesSeveralOperators ? NATS_RESOLVERS : []).map(
    ({ resolver, text }): Refused => ({
      title: `several operators without the system account's token, for the ${resolver.type} resolver`,
      changes: { operator: several, accounts: [], resolver },
      code: "ERR_CONFIG_ACCOUNT",
      conf: { operator: several, system: trust.system.publicKey, resolver: text },
      refusal: /error resolving system account: open .*no such file or directory/,
    }),
  ),
  refusedSystem("expired", expiredSystem),
  refusedSystem("not valid yet", futureSystem),
  refusedSystem("signed by a stranger", foreignSystem, "ERR_CONFIG_TRUST"),
  {
    title: "a system account that the identity of a strict operator signed",
    changes: { operator: strict.operatorToken, accounts: [identitySigned] },
    code: "ERR_CONFIG_TRUST",
    conf: { operator: [strict.operatorToken], preload: { [strict.system.publicKey]: identitySigned } },
    refusal: /error resolving system account: account validation failed/,
  },
  {
    title: "an operator that names a malformed system account",
    changes: { operator: badSystemOperator, accounts: [] },
    code: "ERR_CONFIG_ACCOUNT",
    conf: { operator: [badSystemOperator] },
    refusal: /error resolving system account: will only fetch valid account keys/,
  },
  await refusedJetStream("memory", { mem_storage: 1 }),
  await refusedJetStream("disk", { disk_storage: -1 }),
  await refusedJetStream("a tier", { tiered_limits: { R1: {}, R3: { disk_storage: 1 } } }),
  await refusedVersion("x", /of the form <major>\.<minor>\.<update>/),
  await refusedVersion("1.2", /of the form <major>\.<minor>\.<update>/),
  await refusedVersion("1.2.3-beta", /cant parse 3-beta to int/),
  await refusedVersion("1.2.-3", /negative values/),
  {
    title: "an operator with a signing key that is an account's",
    changes: { operator: badKeyOperator },
    code: "ERR_CONFIG_ACCOUNT",
    conf: { operator: [badKeyOperator], preload: PRELOAD },
    refusal: /trusted Keys "A\w+" are required to be a valid public operator nkey/,
  },
  refusedToken("operator", "a file that is not there", "operator.jwt", "ERR_JWT_FORMAT", /no such file or directory/),
  refusedToken("operator", "no token", "eyJhbGciOi", "ERR_JWT_FORMAT", /error parsing operator JWT: expected 3 chunks/),
  refusedToken(
    "operator",
    "an account",
    trust.systemToken,
    "ERR_JWT_KIND",
    /error parsing operator JWT: not operator claim/,
  ),
  refusedToken("operator", "a forgery", forged(trust.operatorToken), "ERR_JWT_SIGNATURE", /signature verification/),
  refusedToken("account", "no token", "eyJhbGciOi", "ERR_JWT_FORMAT", /invalid account JWT/),
  refusedToken("account", "a user", userToken, "ERR_JWT_KIND", /invalid account JWT/),
  refusedToken("account", "a forgery", forged(trust.appToken), "ERR_JWT_SIGNATURE", /invalid account JWT/),
  refusedResolver({ type: "other" }, '{ type: other, dir: "./jwt" }', /error parsing account resolver/),
  refusedResolver({ type: "full" }, "{ type: full }", /dir has no value/),
  refusedResolver({ type: "cache", dir: "" }, '{ type: cache, dir: "" }', /dir has no value/),
  refusedResolver(
    { type: "full", dir: "a\0b" },
    '{ type: full, dir: "a\\x00b" }',
    /invalid (?:argument|memory address)/,
  ),
  refusedResolver(
    { ...CACHE, interval: "1m" },
    '{ type: cache, dir: "./jwt", interval: "1m" }',
    /CACHE does not accept sync/,
  ),
  refusedResolver(
    { ...CACHE, allowDelete: true },
    '{ type: cache, dir: "./jwt", allow_delete: true }',
    /CACHE does not accept allow_delete/,
  ),
  refusedResolver(
    { ...CACHE, hardDelete: false },
    '{ type: cache, dir: "./jwt", hard_delete: false }',
    /CACHE does not accept hard_delete/,
  ),
  refusedResolver({ ...FULL, ttl: "1h" }, '{ type: full, dir: "./jwt", ttl: "1h" }', /FULL does not accept ttl/),
  refusedResolver(
    { ...FULL, hardDelete: true },
    '{ type: full, dir: "./jwt", hard_delete: true }',
    /hard_delete has no effect without delete/,
  ),
  refusedResolver(
    { ...FULL, timeout: "0s" },
    '{ type: full, dir: "./jwt", timeout: "0s" }',
    /Fetch timeout 0s is too smal/,
  ),
  refusedResolver({ ...CACHE, timeout: "-1s" }, '{ type: cache, dir: "./jwt", timeout: "-1s" }', /Fetch timeout -1s/),
  refusedResolver(
    { ...CACHE, ttl: "-1s" },
    '{ type: cache, dir: "./jwt", ttl: "-1s" }',
    /panic: non-positive interval/,
  ),
  refusedResolver({ ...FULL, interval: 120 }, '{ type: full, dir: "./jwt", interval: 120 }', /int64, not string/),
  refusedResolver({ ...FULL, interval: 2_000_000 }, '{ type: full, dir: "./jwt", interval: 2m }', /int64, not string/),
  refusedResolver(
    { ...FULL, interval: "2" },
    '{ type: full, dir: "./jwt", interval: "2" }',
    /missing unit in duration/,
  ),
  refusedResolver({ ...FULL, interval: "2d" }, '{ type: full, dir: "./jwt", interval: "2d" }', /unknown unit/),
  refusedResolver(
    { ...CACHE, ttl: "2562047h47m16.854775808s" },
    '{ type: cache, dir: "./jwt", ttl: "2562047h47m16.854775808s" }',
    /invalid duration/,
  ),
  refusedResolver({ ...FULL, limit: "5" }, '{ type: full, dir: "./jwt", limit: "5" }', /string, not int64/),
  refusedResolver({ ...CACHE, limit: 1.5 }, '{ type: cache, dir: "./jwt", limit: 1.5 }', /float64, not int64/),
  refusedResolver(
    { ...FULL, allowDelete: "yes" },
    '{ type: full, dir: "./jwt", allow_delete: "yes" }',
    /string, not bool/,
  ),
  refusedUrl("ftp://127.0.0.1/", /could not fetch .*unsupported protocol scheme/),
  refusedUrl("http://127.0.0.1:a/", /error parsing account resolver url/),
  refusedUrl("http:///accounts", /could not fetch .*no Host in request URL/),
  {
    title: "accounts for an account server over HTTP",
    changes: { resolver: { type: "url", url: "http://127.0.0.1:1/" } },
    code: "ERR_CONFIG_VALUE",
    conf: { resolver: "URL(http://127.0.0.1:1/)", preload: PRELOAD },
    refusal: /resolver preloads only available for writeable resolver types/,
  },
  {
    title: "TLS of the resolver with a certificate and no key",
    changes: { accounts: [], resolver: { type: "url", url: "https://127.0.0.1:1/", tls: { certFile: "c.pem" } } },
    code: "ERR_CONFIG_VALUE",
    conf: { resolver: "URL(https://127.0.0.1:1/)", preload: "", more: "resolver_tls { cert_file: c.pem }" },
    refusal: /missing 'key_file' in TLS configuration/,
  },
  refusedOption(
    "a pinned account that is none",
    { pinnedAccounts: ["APP"] },
    "resolver_pinned_accounts: [APP]",
    /pinned account key "APP" is not a valid public account nkey/,
  ),
  refusedOption(
    "a pinned operator",
    { pinnedAccounts: [trust.operator.publicKey] },
    `resolver_pinned_accounts: ${trust.operator.publicKey}`,
    /is not a valid public account nkey/,
  ),
  refusedOption(
    "WebSockets without TLS",
    { websocket: { port: 8080 } },
    "websocket { port: 8080 }",
    /websocket requires TLS configuration/,
  ),
  refusedOption(
    "a port that is a text",
    { websocket: { port: "8080", noTls: true } },
    'websocket { port: "8080", no_tls: true }',
    /string, not int64/,
  ),
  refusedOption(
    "a leafnode remote without an account",
    { leafnodeRemotes: [{ urls: HUB.urls }] },
    "leafnodes { remotes: [ { url: 'nats://127.0.0.1:1' } ] }",
    /operator mode requires account nkeys in remotes/,
  ),
  refusedOption(
    "a leafnode remote with the name of an account",
    { leafnodeRemotes: [{ ...HUB, account: "APP" }] },
    "leafnodes { remotes: [ { url: 'nats://127.0.0.1:1', account: APP } ] }",
    /operator mode requires account nkeys in remotes/,
  ),
  refusedOption(
    "a leafnode remote with WebSockets and others",
    { leafnodeRemotes: [{ ...HUB, urls: ["nats://127.0.0.1:1", "ws://127.0.0.1:1"] }] },
    `leafnodes { remotes: [ { urls: ['nats://127.0.0.1:1', 'ws://127.0.0.1:1'], account: ${HUB.account} } ] }`,
    /cannot have a mix of websocket and non-websocket urls/,
  ),
  // Older ones start with these, and don't do what is meant.
  ...(isOlderThan("2.15.0")
    ? []
    : [
        refusedOption(
          "an origin that is no URL",
          { websocket: { port: 8080, noTls: true, allowedOrigins: ["app.example"] } },
          "websocket { port: 8080, no_tls: true, allowed_origins: [app.example] }",
          /unable to parse allowed origin/,
        ),
        refusedOption(
          "a leafnode remote twice",
          { leafnodeRemotes: [HUB, HUB] },
          `leafnodes { remotes: [ ${Array(2).fill(`{ url: 'nats://127.0.0.1:1', account: ${HUB.account} }`)} ] }`,
          /duplicate remote/,
        ),
      ]),
  ...(isOlderThan("2.11.9")
    ? []
    : [
        await refusedSentinel("a default sentinel that is no bearer", {}, /default sentinel must be a bearer token/),
        await refusedSentinel(
          "a default sentinel like that of a role, without its account",
          { scoped: true },
          /default sentinel must be a bearer token/,
        ),
        refusedToken("sentinel", "an account", trust.appToken, "ERR_JWT_KIND", /default sentinel JWT not valid/),
        refusedToken("sentinel", "no token", "x", "ERR_JWT_FORMAT", /default sentinel JWT not valid/),
      ]),
];

/** The token with the signature of another one. */
function forged(token: string): string {
  return `${token.slice(0, token.lastIndexOf("."))}.${stranger.appToken.slice(stranger.appToken.lastIndexOf(".") + 1)}`;
}

describeWithServer("what we refuse, the server refuses at its start", () => {
  test.each([
    ["memory", "MEMORY"],
    ["full", FULL_TEXT],
    ["cache", CACHE_TEXT],
  ])("while it starts with what is written in the same way for a %s resolver", async (_, resolver) => {
    const server = await start({ config: byHand({ resolver, preload: PRELOAD }), jetstream: true });
    expect(server.log()).not.toMatch(WARNING);
  });

  test.skipIf(isOlderThan("2.10.21"))("while it starts with several operators", async () => {
    await start({ config: byHand({ operator: several, system: trust.system.publicKey, preload: PRELOAD }) });
  });

  test.concurrent.each(REFUSED)("$title", async ({ changes, code, conf, refusal, jetstream = false }) => {
    expect(() => serverConfigFromTokens(tokensOf(trust, changes))).toThrowCode(code);
    await expect(startNatsServer({ config: byHand(conf), jetstream })).rejects.toThrow(refusal);
  });
});

describeWithServer("what we refuse, the server starts with and breaks on", () => {
  // Its stand-in for the system account then stays for good, and knows no signing keys.
  test.each([
    ["is expired", expiredSystem, "ERR_CONFIG_ACCOUNT"],
    ["is not valid yet", futureSystem, "ERR_CONFIG_ACCOUNT"],
    ["a stranger signed", foreignSystem, "ERR_CONFIG_TRUST"],
  ] as const)("a NATS resolver with a system account that %s", async (_, token, code) => {
    for (const { resolver, text } of NATS_RESOLVERS) {
      expect(() => serverConfigFromTokens(tokensOf(trust, { accounts: [token], resolver }))).toThrowCode(code);
      const preload = { [trust.system.publicKey]: token };
      const server = await start({ config: byHand({ resolver: text, preload }) });
      expect(server.log()).toContain("Using bootstrapping system account");
    }
  });

  test("a NATS resolver and an operator that names a malformed system account", async () => {
    const changes = { operator: badSystemOperator, accounts: [], resolver: FULL };
    expect(() => serverConfigFromTokens(tokensOf(trust, changes))).toThrowCode("ERR_CONFIG_ACCOUNT");
    const server = await start({ config: byHand({ operator: [badSystemOperator], resolver: FULL_TEXT }) });
    expect(server.log()).toContain("Using bootstrapping system account");
  });

  test("an account that a stranger signed", async () => {
    const accounts = [trust.systemToken, stranger.appToken];
    for (const { resolver, text } of [...NATS_RESOLVERS, { resolver: MEMORY, text: "MEMORY" }]) {
      expect(() => serverConfigFromTokens(tokensOf(trust, { accounts, resolver }))).toThrowCode("ERR_CONFIG_TRUST");
      const preload = { ...PRELOAD, [stranger.app.publicKey]: stranger.appToken };
      const server = await start({ config: byHand({ resolver: text, preload }) });
      await expect(connectAs(server, await userCreds(stranger.app))).rejects.toThrow(AuthorizationError);
    }
  });

  test("an account with an issue that blocks", async () => {
    const token = await accountToken(trust.app, trust.operator, { nats: { cluster_traffic: "nobody" as never } });
    const accounts = [trust.systemToken, token];
    for (const { resolver, text } of [...NATS_RESOLVERS, { resolver: MEMORY, text: "MEMORY" }]) {
      expect(() => serverConfigFromTokens(tokensOf(trust, { accounts, resolver }))).toThrowCode("ERR_CONFIG_ACCOUNT");
      const server = await start({
        config: byHand({ resolver: text, preload: { ...PRELOAD, [trust.app.publicKey]: token } }),
      });
      await expect(connectAs(server, await userCreds(trust.app))).rejects.toThrow(AuthorizationError);
    }
  });

  test("options that it does not know", async () => {
    expect(() => serverConfigFromTokens(tokensOf(trust, { resolver: { ...FULL, intervall: "5s" } }))).toThrowCode(
      "ERR_CONFIG_VALUE",
    );
    await start({ config: byHand({ resolver: '{ type: full, dir: "./jwt", intervall: "5s" }', preload: PRELOAD }) });
  });
});

/** What might seem to be wrong and is not. */
const ALLOWED: readonly (readonly [title: string, changes: Refused["changes"]])[] = [
  ["no system account with the memory resolver", { operator: bare }],
  ["neither system account nor accounts", { operator: bare, accounts: [] }],
  ["a system account that only the options name", { operator: bare, systemAccount: trust.system.publicKey }],
  ["a system account in its last minute", { accounts: [await signedSystem({ exp: now + 60 })] }],
  ["a system account since now", { accounts: [await signedSystem({ nbf: now })] }],
  ["a system account that never expires", { accounts: [await signedSystem({ exp: 0 })] }],
  ["an expired account", { accounts: [trust.systemToken, await accountToken(trust.app, trust.operator, { exp: 1 })] }],
  [
    "tiers without storage in the system account",
    {
      accounts: [await signedSystem({ nats: { limits: { tiered_limits: { R1: { streams: 5 } } } } })],
    },
  ],
  [
    "JetStream limits of 0 in the system account",
    {
      accounts: [await signedSystem({ nats: { limits: { mem_storage: 0, streams: 5, consumer: -1 } } })],
    },
  ],
  ["an asserted server version of zeros", { operator: await operatorWith({ assert_server_version: "0.0.0" }) }],
  [
    "an asserted server version with leading zeros",
    { operator: await operatorWith({ assert_server_version: "02.09.1" }) },
  ],
  // What a file's end leaves on a token.
  ["tokens that end in a line end", { operator: `${trust.operatorToken}\n`, accounts: [`${trust.systemToken}\r\n`] }],
  ["hardDelete that is off, without allowDelete", { resolver: { ...FULL, hardDelete: false } }],
  ["hardDelete that is off, with allowDelete", { resolver: { ...FULL, allowDelete: true, hardDelete: false } }],
  ["the shortest durations", { resolver: { ...FULL, interval: "1ns", timeout: "1ns" } }],
  ["a short ttl", { resolver: { ...CACHE, ttl: "1m" } }],
  ["the longest durations", { resolver: { ...FULL, interval: "2562047h47m16.854775807s", timeout: "+2562047h" } }],
  ["durations in every unit", { resolver: { ...FULL, interval: "1h1m1s1ms1us1\u00b5s1\u03bcs1ns", timeout: "1.5s" } }],
  ["a ttl of 0", { resolver: { ...CACHE, ttl: "0" } }],
  ["limits of 0", { resolver: { ...CACHE, limit: 0 } }],
  ["pinned accounts", { pinnedAccounts: [createKeyPair("account").publicKey] }],
  [
    "WebSockets without TLS, where that is said",
    {
      websocket: {
        port: -1,
        host: "127.0.0.1",
        noTls: true,
        allowedOrigins: ["https://app.example", "http://[::1]:1"],
      },
    },
  ],
  [
    "leafnode remotes to one hub with other creds",
    { leafnodeRemotes: [HUB, { ...HUB, credentials: "~/leaf.creds" }, { ...HUB, urls: ["ws://h", "wss://h"] }] },
  ],
  ["the largest limit", { resolver: { ...FULL, limit: Number.MAX_SAFE_INTEGER } }],
  ...(takesSeveralOperators
    ? ([
        ["the same operator twice", { operator: [trust.operatorToken, trust.operatorToken] }],
        [
          "operators with system accounts of their own",
          {
            operator: [stranger.operatorToken, trust.operatorToken],
            systemAccount: trust.system.publicKey,
            resolver: FULL,
          },
        ],
      ] as const)
    : []),
];

describeWithServer("what we allow, the server starts with", () => {
  test.concurrent.each(ALLOWED)("%s", async (_, changes) => {
    const config = serverConfigFromTokens(tokensOf(trust, changes));
    // JetStream needs a system account.
    await using server = await startNatsServer({ config, jetstream: config.system_account !== undefined });
    expect(server.log()).toContain("Server is ready");
    expect(server.log()).not.toContain("bootstrapping");
  });
});
