import fc from "fast-check";
import {
  createKeyPair,
  createUserClaims,
  decode,
  decorateToken,
  encode,
  formatServerConfig,
  Nsc,
  type ReadServerConfigOptions,
  type Resolver,
  readServerConfig,
  serverConfig,
  serverConfigFromTokens,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { accountToken, createTrust, HOSTILE_NAMES, operatorToken } from "../server/trust.ts";
import { hostileText } from "./arbitraries.ts";
import { asUtf8 } from "./conf-parser.ts";

const trust = await createTrust();
const { operatorToken: operator, systemToken, appToken } = trust;
const [system, app] = [trust.system.publicKey, trust.app.publicKey];
const sentinel = await encode(
  createUserClaims(createKeyPair("user").publicKey, { nats: { bearer_token: true } }),
  trust.app,
);
const PRELOAD = `resolver_preload { ${system}: ${systemToken} }`;

/** What is found with the operator, the system account, and more. */
const find = (more: string, options?: ReadServerConfigOptions) =>
  readServerConfig(`operator: ${operator}\n${PRELOAD}\n${more}`, options);

describe("readServerConfig", () => {
  test("finds operators and accounts with their claims", () => {
    const found = readServerConfig(`
      OPERATOR = ${operator}   // not JSON
      resolver: mem, Resolver_Preload { ${system}: '${systemToken}', ${app}: "${appToken}" }
      resolver_pinned_accounts: ${app}
      default_sentinel: ${sentinel}
      port: 4222
    `);
    expect(found).toEqual({
      operators: [{ token: operator, claims: decode(operator) }],
      trustedKeys: [],
      systemAccount: system,
      resolver: { type: "memory" },
      accounts: [
        { publicKey: system, token: systemToken, claims: decode(systemToken) },
        { publicKey: app, token: appToken, claims: decode(appToken) },
      ],
      pinnedAccounts: [app],
      defaultSentinel: { token: sentinel, claims: decode(sentinel) },
      config: expect.objectContaining({ port: 4222, resolver: "mem" }),
    });
  });

  test("takes data, too", () => {
    const config = serverConfigFromTokens({ operator, accounts: [systemToken], resolver: { type: "memory" } });
    expect(readServerConfig(config)).toEqual(readServerConfig(config.toString()));
  });

  test("finds nothing where there is no operator", () => {
    const config = { port: 4222, accounts: { A: { users: [{ user: "a", password: "b" }] } }, system_account: "A" };
    expect(readServerConfig(formatServerConfig(config))).toEqual({
      operators: [],
      trustedKeys: [],
      systemAccount: "A",
      accounts: [],
      config,
    });
    expect(readServerConfig("")).toEqual({ operators: [], trustedKeys: [], accounts: [], config: {} });
  });

  test("reads files of operators, decorated or not, and those that are included", () => {
    const files: Readonly<Record<string, string>> = {
      "op.jwt": `${decorateToken(operator)}\n`,
      "/etc/nats/bare.jwt": operator,
      "accounts.conf": PRELOAD,
    };
    const options = {
      operatorFile: (path: string) => files[path] as string,
      include: (path: string) => files[path] as string,
    };
    for (const path of ["op.jwt", "/etc/nats/bare.jwt"]) {
      const found = readServerConfig(`operator: '${path}'\nresolver: MEMORY\ninclude accounts.conf`, options);
      expect(found.operators.map(({ token }) => token)).toEqual([operator]);
      expect(found.accounts.map(({ publicKey }) => publicKey)).toEqual([system]);
    }
    const text = "operator: op.jwt\nresolver: MEMORY";
    expect(() => readServerConfig(text)).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => readServerConfig(text, { operatorFile: () => Promise.resolve(operator) as never })).toThrowCode(
      "ERR_CONFIG_VALUE",
    );
    const failing = () => {
      throw new Error("ENOENT");
    };
    expect(() => readServerConfig(text, { operatorFile: failing })).toThrowCode("ERR_CONFIG_VALUE");
    expect(() => readServerConfig(text, { operatorFile: () => "no token" })).toThrowCode("ERR_JWT_FORMAT");
  });

  test("reads keys that are trusted without tokens", () => {
    const { publicKey } = trust.operator;
    for (const text of [`trusted: ${publicKey}`, `trusted_keys: [${publicKey}\n]`]) {
      expect(readServerConfig(`${text}\nresolver: MEMORY`)).toMatchObject({ operators: [], trustedKeys: [publicKey] });
    }
  });

  test.each<readonly [string, Resolver]>([
    ["MEMORY", { type: "memory" }],
    ["memory", { type: "memory" }],
    ["'URL(http://members.example)'", { type: "memory" }],
    ["{ type: Memory }", { type: "memory" }],
    ["{ type: FULL, dir: jwt }", { type: "full", dir: "jwt" }],
    [
      "{ type: full, dir: './a b', allow_delete: true, hard_delete: false, interval: '2m', limit: 2k, timeout: 5s }",
      { type: "full", dir: "./a b", allowDelete: true, hardDelete: false, interval: "2m", limit: 2000, timeout: "5s" },
    ],
    ["{ type: full, dir: jwt, interval: '0s', limit: -1, ttl: '0', other: 1 }", { type: "full", dir: "jwt" }],
    ["{ type: cache, dir: jwt, ttl: 1h, limit: 5 }", { type: "cache", dir: "jwt", ttl: "1h", limit: 5 }],
    ["{ type: cache, dir: jwt, interval: '0s', allow_delete: false }", { type: "cache", dir: "jwt" }],
  ])("reads the resolver %s", (text, resolver) => {
    expect(find(`resolver: ${text}`).resolver).toEqual(resolver);
  });

  test.each<readonly [string, Resolver]>([
    ["URL(http://h:9090/jwt/v1/accounts/)", { type: "url", url: "http://h:9090/jwt/v1/accounts/" }],
    ["'url( \"https://h\" )'", { type: "url", url: "https://h" }],
    [
      "URL(https://h)\nresolver_tls { ca_file: ca.pem, insecure: true, timeout: 2 }",
      { type: "url", url: "https://h", tls: { caFile: "ca.pem", insecure: true } },
    ],
  ])("reads the account server %s", (text, resolver) => {
    expect(readServerConfig(`operator: ${operator}\nresolver: ${text}`).resolver).toEqual(resolver);
  });

  test("finds the account server of a single operator where no resolver is named", async () => {
    const nats = { account_server_url: "http://h:9090/jwt/v1" };
    const token = await operatorToken(trust.operator, nats);
    expect(readServerConfig(`operator: ${token}`).resolver).toEqual({
      type: "url",
      url: "http://h:9090/jwt/v1/accounts",
    });
  });

  test("is what makes the same configuration again", async () => {
    const name = fc.oneof(hostileText, fc.constantFrom(...HOSTILE_NAMES)).map(asUtf8);
    const dir = name.map((text) => text.replaceAll("\0", "") || "d");
    const duration = fc.constantFrom("2m", "1.9s", "1h1m1s", "5ms");
    const optional = { requiredKeys: ["type", "dir"] as ("type" | "dir")[] };
    const resolver = fc.oneof(
      fc.constant({ type: "memory" }),
      fc.record({
        type: fc.constant("full"),
        dir,
        allowDelete: fc.boolean(),
        interval: duration,
        limit: fc.integer({ min: 1 }),
        timeout: duration,
      }),
      fc.record(
        { type: fc.constant("cache"), dir, ttl: duration, limit: fc.integer({ min: 1 }), timeout: duration },
        optional,
      ),
      fc.record({ type: fc.constant("url"), url: fc.constantFrom("http://h", "https://u:p@h:1/a(b)'%20/") }),
      fc.record({
        type: fc.constant("url"),
        url: fc.constant("https://h"),
        tls: fc.record({ caFile: dir, insecure: fc.boolean() }),
      }),
    ) as unknown as fc.Arbitrary<Resolver>;
    await fc.assert(
      fc.asyncProperty(
        name,
        name,
        resolver,
        fc.boolean(),
        fc.boolean(),
        async (first, second, how, hasMore, isLoaded) => {
          const accounts = [
            await accountToken(trust.system, trust.operator, { name: first }),
            await accountToken(trust.app, trust.operator, { name: second }),
          ];
          const tokens = {
            operator: await operatorToken(trust.operator, { system_account: system }, second),
            accounts: how.type === "url" ? [] : how.type === "memory" || isLoaded ? accounts : [],
            systemAccount: system,
            resolver: how,
            ...(hasMore && { pinnedAccounts: [app, system], defaultSentinel: sentinel }),
          };
          const found = readServerConfig(serverConfigFromTokens(tokens).toString());
          expect({
            operator: found.operators[0]?.token,
            accounts: found.accounts.map(({ token }) => token),
            systemAccount: found.systemAccount,
            resolver: found.resolver,
            ...(hasMore && { pinnedAccounts: found.pinnedAccounts, defaultSentinel: found.defaultSentinel?.token }),
          }).toEqual(tokens);
          expect(found.accounts.map(({ claims }) => claims.name ?? "")).toEqual(
            tokens.accounts.length === 0 ? [] : [first, second],
          );
        },
      ),
    );
  });

  test("is enough to adopt an operator and its accounts", async () => {
    const nsc = new Nsc();
    const made = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
    await made.addAccount("APP");
    const text = `${await serverConfig(made, { resolver: { type: "memory" } })}`;

    const other = new Nsc();
    const found = readServerConfig(text);
    for (const { token } of found.operators) await other.importOperator(token);
    const adopted = await other.operator("local");
    for (const { token } of found.accounts) await adopted.importAccount(token);
    expect((await adopted.account("APP")).token).toBe((await made.account("APP")).token);
    expect(`${await serverConfig(adopted, { resolver: found.resolver as Resolver })}`).toBe(text);
  });
});

describe("what is wrong", () => {
  test.each([[undefined], [null], [1], [[]]])("%o is no configuration", (config) => {
    expect(() => readServerConfig(config as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test.each([Number.NaN, 1.5, "now", null])("`now` must be whole seconds, not %s", (now) => {
    expect(() => readServerConfig("", { now } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("a malformed text is refused with its place", () => {
    expect(() => find("a: [")).toThrowCode("ERR_CONFIG_SYNTAX");
    expect(() => readServerConfig("a: 1\nb")).toThrow(/line 2, column 2/);
  });

  test.each([
    ["an operator that is a number", "operator: 1"],
    ["an operator in a map", "operator: {}"],
    ["a list with a number", `operators: [${operator}, 1\n]`],
    ["two names of one option", `operator: ${operator}\nroots: ${operator}`],
    ["a system account that is a number", "system_account: 1"],
    ["trusted keys that are numbers", "trusted: 1"],
    [
      "pinned accounts that are numbers",
      `operator: ${operator}\nresolver: MEMORY\n${PRELOAD}\nresolver_pinned_accounts: [1 ]`,
    ],
    ["a sentinel that is true", "default_sentinel: true"],
    ["TLS that is a text", `operator: ${operator}\nresolver: URL(http://h)\nresolver_tls: on`],
    ["TLS without a key", `operator: ${operator}\nresolver: URL(http://h)\nresolver_tls { cert_file: a }`],
    ["a websocket that is a number", "websocket: 8080"],
    ["no account server", `operator: ${operator}`],
    ["an account server without a host", `operator: ${operator}\nresolver: URL()`],
  ])("%s is refused", (_, text) => {
    expect(() => readServerConfig(text)).toThrowCode("ERR_CONFIG_VALUE");
  });

  test("no message holds a token", () => {
    for (const text of [
      `operator: [${operator}`,
      `operator: ${operator}\nresolver: ${operator}`,
      `resolver_preload { ${systemToken}: 1 }`,
    ]) {
      expect(() => readServerConfig(text)).toThrow();
      expect(() => readServerConfig(text)).not.toThrow(/eyJ/);
    }
  });
});
