import {
  createKeyPair,
  createUserClaims,
  encode,
  type KeyPair,
  type ServerConfigTokens,
  serverConfigFromTokens,
  type UserClaimsInit,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { accountToken, createTrust } from "../server/trust.ts";
import { asParsed, parseConf } from "./conf-parser.ts";

const NOW = 1_800_000_000;
const trust = await createTrust();

/** A configuration with the memory resolver, with options of any type. */
function config(changes: { readonly [Name in keyof ServerConfigTokens]?: unknown } = {}) {
  const tokens = { operator: trust.operatorToken, accounts: [trust.systemToken, trust.appToken], now: NOW };
  return serverConfigFromTokens({ ...tokens, resolver: { type: "memory" }, ...changes } as ServerConfigTokens);
}

function userToken(signer: KeyPair, init: UserClaimsInit): Promise<string> {
  return encode(createUserClaims(createKeyPair("user").publicKey, init), signer);
}

describe("an account server over HTTP", () => {
  const url = (value: unknown, more: object = {}) =>
    config({ accounts: [], resolver: { type: "url", url: value, ...more } });

  test.each([
    "http://127.0.0.1:9090/jwt/v1/accounts",
    "https://accounts.example",
    "HTTPS://accounts.example/",
    "http://[::1]:80/a%20b/",
    "http://user:pa$s@h/(a)b')",
    "http://\u00fc.example/\u4e16",
  ])("%s is written as it is", (value) => {
    const made = url(value);
    expect(made).toEqual({
      operator: trust.operatorToken,
      system_account: trust.system.publicKey,
      resolver: `URL(${value})`,
    });
    expect(parseConf(`${made}`).map.get("resolver")).toBe(`URL(${value})`);
  });

  test.each([
    ["nothing", undefined],
    ["a number", 1],
    ["no URL", "::"],
    ["a path", "/accounts"],
    ["another scheme", "nats://localhost:4222"],
    ["no host", "http:///accounts"],
    ["white space", "http://h/a b"],
    ["a quote", 'http://h/a"b'],
    ["a control character", "http://h/a\nb"],
    ["a port that is none", "http://h:a/"],
    ["a query, in which the key would be lost", "http://h/?a=b"],
    ["a fragment, which is never sent", "http://h/#a"],
    ["mem in the host", "http://members.example/"],
    ["mem in the path", "http://h/MEMBERS/"],
  ])("%s is refused", (_, value) => {
    expect(() => url(value)).toThrowCode("ERR_CONFIG_VALUE");
  });

  test("its message shows no password, and says how to write a path with mem", () => {
    expect(() => url("http://user:secret@h/#")).not.toThrow(/secret/);
    expect(() => url("http://h/members/")).toThrow(/%6d/);
  });

  test("takes no accounts, since the server does not", () => {
    expect(() => config({ resolver: { type: "url", url: "http://h" } })).toThrowCode("ERR_CONFIG_VALUE");
  });

  test("has TLS of its own", () => {
    const tls = { caFile: './ca "$A.pem', certFile: "cert.pem", keyFile: "key.pem", insecure: false };
    expect(url("https://h", { tls }).resolver_tls).toEqual({
      ca_file: './ca "$A.pem',
      cert_file: "cert.pem",
      key_file: "key.pem",
      insecure: false,
    });
    expect(url("https://h", { tls: {} }).resolver_tls).toEqual({});
    for (const wrong of [
      { certFile: "cert.pem" },
      { keyFile: "key.pem" },
      { caFile: "" },
      { caFile: "a\0b" },
      { caFile: 1 },
      { insecure: "yes" },
      { verify: true },
      { cafile: "ca.pem" },
      "ca.pem",
      null,
    ]) {
      expect(() => url("https://h", { tls: wrong })).toThrowCode("ERR_CONFIG_VALUE");
    }
    expect(() => config({ resolver: { type: "memory", tls: {} } })).toThrowCode("ERR_CONFIG_VALUE");
  });
});

describe("pinned accounts", () => {
  test("are written as they are given", () => {
    const pinnedAccounts = [trust.app.publicKey, createKeyPair("account").publicKey];
    const made = config({ pinnedAccounts });
    expect(made.resolver_pinned_accounts).toEqual(pinnedAccounts);
    expect(made.resolver_pinned_accounts).not.toBe(pinnedAccounts);
  });

  test.each([
    ["an empty list, by which everybody may connect", []],
    ["a name", ["APP"]],
    ["an operator", [trust.operator.publicKey]],
    ["a hole", new Array(1)],
    ["no list", trust.app.publicKey],
    ["null", null],
  ])("%s is refused", (_, pinnedAccounts) => {
    expect(() => config({ pinnedAccounts })).toThrowCode("ERR_CONFIG_VALUE");
  });
});

describe("the default sentinel", () => {
  const bearer = { nats: { bearer_token: true } };

  test("is a bearer, or a user of a role", async () => {
    const key = createKeyPair("account");
    const scoped = await userToken(key, { scoped: true, nats: { issuer_account: createKeyPair("account").publicKey } });
    for (const token of [
      await userToken(trust.app, bearer),
      await userToken(createKeyPair("account"), bearer),
      scoped,
    ]) {
      expect(config({ defaultSentinel: token }).default_sentinel).toBe(token);
    }
  });

  test("is refused where the server refuses it, or cuts everybody off", async () => {
    for (const init of [
      {},
      { scoped: true },
      { ...bearer, exp: NOW - 1 },
      { ...bearer, nbf: NOW + 1 },
      { nats: { bearer_token: true, subs: 0 } },
    ]) {
      const defaultSentinel = await userToken(trust.app, init);
      expect(() => config({ defaultSentinel })).toThrowCode("ERR_CONFIG_ACCOUNT");
    }
  });

  test("must be signed by a key of its account, where that is known", async () => {
    const { publicKey: issuer_account } = trust.app;
    const foreign = await userToken(createKeyPair("account"), { nats: { bearer_token: true, issuer_account } });
    expect(() => config({ defaultSentinel: foreign })).toThrowCode("ERR_CONFIG_TRUST");
    expect(config({ accounts: [trust.systemToken], defaultSentinel: foreign }).default_sentinel).toBe(foreign);
    const key = createKeyPair("account");
    const account = await accountToken(trust.app, trust.operator, { nats: { signing_keys: [key.publicKey] } });
    const defaultSentinel = await userToken(key, { nats: { bearer_token: true, issuer_account } });
    expect(config({ accounts: [trust.systemToken, account], defaultSentinel })).toHaveProperty("default_sentinel");
  });

  test("is the token of a user", () => {
    expect(() => config({ defaultSentinel: trust.appToken })).toThrowCode("ERR_JWT_KIND");
    expect(() => config({ defaultSentinel: "x" })).toThrowCode("ERR_JWT_FORMAT");
    expect(() => config({ defaultSentinel: 1 })).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("a listener for WebSockets", () => {
  test("is written with the names of the server", () => {
    const websocket = {
      port: 8443,
      host: "127.0.0.1",
      tls: { certFile: "cert.pem", keyFile: "key.pem", caFile: "ca.pem", verify: true },
      jwtCookie: "nats-jwt",
      allowedOrigins: ["https://app.example", "http://[::1]:80"],
      sameOrigin: true,
      compression: false,
    };
    const made = config({ websocket });
    expect(made.websocket).toEqual({
      host: "127.0.0.1",
      port: 8443,
      tls: { cert_file: "cert.pem", key_file: "key.pem", ca_file: "ca.pem", verify: true },
      jwt_cookie: "nats-jwt",
      allowed_origins: ["https://app.example", "http://[::1]:80"],
      same_origin: true,
      compression: false,
    });
    expect(parseConf(`${made}`).map).toEqual(asParsed(made));
    expect(config({ websocket: { port: -1, noTls: true } }).websocket).toEqual({ port: -1, no_tls: true });
  });

  test.each([
    ["no object", "0.0.0.0:8080"],
    ["no port", { noTls: true }],
    ["port 0, by which there is no listener", { port: 0, noTls: true }],
    ["a port beyond the last one", { port: 65_536, noTls: true }],
    ["a text as port", { port: "8080", noTls: true }],
    ["neither TLS nor that there is none", { port: 8080 }],
    ["noTls that is off", { port: 8080, noTls: false }],
    ["TLS and that there is none", { port: 8080, noTls: true, tls: { certFile: "c", keyFile: "k" } }],
    ["TLS that is null", { port: 8080, tls: null }],
    ["TLS without a certificate", { port: 8080, tls: { caFile: "ca.pem" } }],
    ["TLS that trusts anybody", { port: 8080, tls: { certFile: "c", keyFile: "k", insecure: true } }],
    ["an empty host", { port: 8080, noTls: true, host: "" }],
    ["a cookie without a name", { port: 8080, noTls: true, jwtCookie: "" }],
    ["a cookie that can't be", { port: 8080, noTls: true, jwtCookie: "a b" }],
    ["a cookie that is no text", { port: 8080, noTls: true, jwtCookie: true }],
    ["no origins, by which all may connect", { port: 8080, noTls: true, allowedOrigins: [] }],
    ["an origin that is no URL", { port: 8080, noTls: true, allowedOrigins: ["app.example"] }],
    ["an origin with a path", { port: 8080, noTls: true, allowedOrigins: ["https://app.example/"] }],
    ["an origin with a user", { port: 8080, noTls: true, allowedOrigins: ["https://a@app.example"] }],
    ["an origin without its port", { port: 8080, noTls: true, allowedOrigins: ["https://app.example:"] }],
    ["origins that are null", { port: 8080, noTls: true, allowedOrigins: null }],
    ["origins that are no list", { port: 8080, noTls: true, allowedOrigins: "https://app.example" }],
    ["a flag that is none", { port: 8080, noTls: true, sameOrigin: 1 }],
    ["what there is not", { port: 8080, noTls: true, jwt_cookie: "nats" }],
  ])("%s is refused", (_, websocket) => {
    expect(() => config({ websocket })).toThrowCode("ERR_CONFIG_VALUE");
  });
});

describe("leafnode remotes", () => {
  const account = trust.app.publicKey;
  const remote = (more: object) => config({ leafnodeRemotes: [{ urls: ["nats-leaf://hub:7422"], account, ...more }] });

  test("are written with the names of the server", () => {
    const made = config({
      leafnodeRemotes: [
        {
          urls: ["nats-leaf://a:7422", "tls://b"],
          account,
          credentials: './creds/leaf "#1.creds',
          tls: { caFile: "ca" },
        },
        { urls: ["wss://hub.example"], account: trust.system.publicKey },
      ],
    });
    expect(made.leafnodes).toEqual({
      remotes: [
        {
          urls: ["nats-leaf://a:7422", "tls://b"],
          account,
          credentials: './creds/leaf "#1.creds',
          tls: { ca_file: "ca" },
        },
        { urls: ["wss://hub.example"], account: trust.system.publicKey },
      ],
    });
    expect(parseConf(`${made}`).map).toEqual(asParsed(made));
    expect(config({ leafnodeRemotes: [] }).leafnodes).toEqual({ remotes: [] });
  });

  test.each(["~/leaf.creds", "a~b", "cash$", "$ and $/ and $.creds", "/srv/\u4e16"])("creds at %j", (credentials) => {
    expect(remote({ credentials }).leafnodes).toMatchObject({ remotes: [{ credentials }] });
  });

  test.each([
    ["no URLs", { urls: [] }],
    ["a URL that is no list", { urls: "nats://hub" }],
    ["another scheme", { urls: ["http://hub"] }],
    ["no URL", { urls: ["hub:7422"] }],
    ["a URL twice", { urls: ["nats://hub", "nats://hub"] }],
    ["WebSockets and others", { urls: ["nats://hub", "ws://hub"] }],
    ["no account", { account: undefined }],
    ["the name of an account", { account: "APP" }],
    ["creds without a path", { credentials: "" }],
    ["creds with a NUL", { credentials: "a\0b" }],
    ["creds in a variable", { credentials: "$HOME/leaf.creds" }],
    ["creds in another variable", { credentials: "a$\u007bHOME}/leaf.creds" }],
    ["creds after a variable of the shell", { credentials: "a$$b" }],
    ["creds of another user", { credentials: "~root/leaf.creds" }],
    ["TLS that is null", { tls: null }],
    ["TLS of a listener", { tls: { verify: true } }],
    ["what there is not", { creds: "leaf.creds" }],
  ])("%s is refused", (_, more) => {
    expect(() => remote(more)).toThrowCode("ERR_CONFIG_VALUE");
  });

  test("are a list, and no two of them the same", () => {
    const same = { urls: ["nats://hub"], account };
    expect(() => config({ leafnodeRemotes: [same, { ...same }] })).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => config({ leafnodeRemotes: same })).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => config({ leafnodeRemotes: [null] })).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => config({ leafnodeRemotes: [same, { ...same, credentials: "other" }] })).not.toThrow();
  });
});
