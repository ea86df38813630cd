import { createKeyPair, createUserClaims, encode, type NscErrorCode, parseCreds, readServerConfig } from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { expect, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { isOlderThan } from "./servers.ts";
import { accountToken, createTrust, operatorToken, userCreds } from "./trust.ts";

const now = Math.floor(Date.now() / 1000);
const trust = await createTrust();
const stranger = await createTrust();
const strict = await createTrust({ strict_signing_key_usage: true });
const [system, app] = [trust.system.publicKey, trust.app.publicKey];
const bare = await operatorToken(trust.operator);
const sentinelOf = (init: Parameters<typeof createUserClaims>[1]) =>
  encode(createUserClaims(createKeyPair("user").publicKey, init), trust.app);
const bearer = await sentinelOf({ nats: { bearer_token: true } });
const user = await sentinelOf({});
const userKey = createKeyPair("user");
const seed = new TextDecoder().decode(userKey.getSeed());
const userToken = parseCreds(await userCreds(trust.app)).token;
const systemWith = (init: Parameters<typeof accountToken>[2], signer = trust.operator) =>
  accountToken(trust.system, signer, { name: "SYS", ...init });
const asserting = (version: string) =>
  operatorToken(trust.operator, { system_account: system, assert_server_version: version });
const [assertsNothing, assertsOne, assertsX] = [await asserting(""), await asserting("1.2.3"), await asserting("x")];

const OPERATOR = `operator: ${trust.operatorToken}`;
const preload = (token = trust.systemToken, key = system) => `resolver_preload { ${key}: ${token} }`;
const MEMORY = `${OPERATOR}\nresolver: MEMORY\n${preload()}`;
const full = (more = "") => `${OPERATOR}\nresolver { type: full, dir: './jwt' ${more} }\n${preload()}`;
const cache = (more = "") => `${OPERATOR}\nresolver { type: cache, dir: './jwt' ${more} }\n${preload()}`;
const memoryWith = (token: string, operator = OPERATOR) => `${operator}\nresolver: MEMORY\n${preload(token)}`;
const remotes = (more: string) => `leafnodes { remotes: [ { url: 'nats://127.0.0.1:1', ${more} } ] }`;
const NKEY = userKey.publicKey;
const several = (more: string) => `operators: [${bare}, ${stranger.operatorToken}]\n${more}`;

interface Conflict {
  readonly title: string;
  /** What neither takes. */
  readonly text: string;
  readonly code: NscErrorCode;
  readonly refusal: RegExp;
  /** What is nearly the same, and both take. */
  readonly sound: string;
}

function conflict(
  title: string,
  text: string,
  refusal: RegExp,
  sound: string,
  code: NscErrorCode = "ERR_CONFIG_VALUE",
): Conflict {
  return { title, text, refusal, sound, code };
}

/** The start-up rejections of server.md, section 1.7, one by one. */
const CONFLICTS: readonly Conflict[] = [
  conflict(
    "operators and accounts",
    `${MEMORY}\naccounts { A { users: [ { user: a, password: b } ] } }`,
    /operators do not allow Accounts to be configured directly/,
    `${MEMORY}\naccounts { }`,
  ),
  conflict(
    "operators and users",
    `${MEMORY}\nauthorization { users: [ { user: a, password: b } ] }`,
    /operators do not allow users to be configured directly/,
    `${MEMORY}\nauthorization { timeout: 3, user: a, password: b }`,
  ),
  conflict(
    "operators and nkeys",
    `${MEMORY}\nauthorization { users: [ { nkey: ${NKEY} } ] }`,
    /operators do not allow users to be configured directly/,
    `${MEMORY}\nauthorization { users: [ ] }`,
  ),
  conflict(
    "operators and trusted keys",
    `${MEMORY}\ntrusted: ${trust.operator.publicKey}`,
    /conflicting options for 'TrustedKeys' and 'TrustedOperators'/,
    `trusted: ${trust.operator.publicKey}\nresolver: MEMORY\n${preload()}`,
  ),
  ...["no_auth_user: a", "websocket { port: -1, no_tls: true, no_auth_user: a }"].map((text) =>
    conflict(
      `operators and ${text}`,
      `${MEMORY}\n${text}`,
      /no_auth_user not compatible with Trusted Operator/,
      `${MEMORY}\n${text.replace("no_auth_user: a", "")}`,
    ),
  ),
  conflict(
    "operators and no_auth_user of MQTT",
    `${MEMORY}\nserver_name: a\njetstream: enabled\nmqtt { port: -1, no_auth_user: a }`,
    /no_auth_user not compatible with Trusted Operator/,
    `${MEMORY}\nserver_name: a\njetstream: enabled\nmqtt { port: -1 }`,
  ),
  conflict(
    "another system account than the operator names",
    `${MEMORY}\nsystem_account: ${app}`,
    /system_account in config and operator JWT must be identical/,
    `${MEMORY}\nsystem: ${system}`,
    "ERR_CONFIG_ACCOUNT",
  ),
  conflict(
    "a NATS resolver without a system account",
    `operator: ${bare}\nresolver { type: full, dir: jwt }`,
    /using nats based account resolver - the system account needs to be specified/,
    `operator: ${bare}\nresolver { type: full, dir: jwt }\nsystem_account: ${system}`,
    "ERR_CONFIG_ACCOUNT",
  ),
  conflict(
    "a system account that is missing",
    `${OPERATOR}\nresolver: MEMORY`,
    /error resolving system account: account missing/,
    `operator: ${bare}\nresolver: MEMORY`,
    "ERR_CONFIG_ACCOUNT",
  ),
  conflict(
    "a system account that is expired",
    memoryWith(await systemWith({ exp: now - 5 })),
    /error resolving system account: account validation failed/,
    memoryWith(await systemWith({ exp: now + 600 })),
    "ERR_CONFIG_ACCOUNT",
  ),
  conflict(
    "a system account that is not valid yet",
    memoryWith(await systemWith({ nbf: now + 600 })),
    /error resolving system account: account validation failed/,
    memoryWith(await systemWith({ nbf: now - 5 })),
    "ERR_CONFIG_ACCOUNT",
  ),
  conflict(
    "a system account under the key of another one",
    memoryWith(trust.appToken),
    /error resolving system account: account validation failed/,
    `${MEMORY.replace(/\}$/, "")}, ${stranger.app.publicKey}: ${trust.appToken} }`,
    "ERR_CONFIG_ACCOUNT",
  ),
  conflict(
    "a system account that a stranger signed",
    memoryWith(await systemWith({}, stranger.operator)),
    /error resolving system account: account validation failed/,
    memoryWith(await systemWith({}, trust.operatorKey)),
    "ERR_CONFIG_TRUST",
  ),
  conflict(
    "a system account that the identity of a strict operator signed",
    `operator: ${strict.operatorToken}\nresolver: MEMORY\nresolver_preload { ${strict.system.publicKey}: ${await accountToken(strict.system, strict.operator)} }`,
    /error resolving system account: account validation failed/,
    `operator: ${strict.operatorToken}\nresolver: MEMORY\nresolver_preload { ${strict.system.publicKey}: ${strict.systemToken} }`,
    "ERR_CONFIG_TRUST",
  ),
  conflict(
    "JetStream limits of the system account",
    `${memoryWith(await systemWith({ nats: { limits: { mem_storage: 1 } } }))}\njetstream: enabled`,
    /Not allowed to enable JetStream on the system account/,
    `${memoryWith(await systemWith({ nats: { limits: { mem_storage: 1 } } }))}\njetstream: disabled`,
    "ERR_CONFIG_ACCOUNT",
  ),
  conflict(
    "JetStream limits of the system account, and JetStream in a map",
    `${memoryWith(await systemWith({ nats: { limits: { disk_storage: -1 } } }))}\nJetStream { max_mem: 1k }`,
    /Not allowed to enable JetStream on the system account/,
    `${memoryWith(await systemWith({ nats: { limits: { disk_storage: -1 } } }))}\njetstream { enabled: false }`,
    "ERR_CONFIG_ACCOUNT",
  ),
  conflict(
    "trusted keys and a NATS resolver",
    `trusted: ${trust.operator.publicKey}\nsystem_account: ${system}\nresolver { type: full, dir: jwt }\n${preload()}`,
    /Could not start resolver: no operator key found/,
    `trusted: ${trust.operator.publicKey}\nsystem_account: ${system}\nresolver: MEMORY\n${preload()}`,
  ),
  conflict(
    "a trusted key that is none",
    `trusted: ${app}\nresolver: MEMORY`,
    /trust key .* required to be a valid public operator nkey/,
    `trusted: [${trust.operator.publicKey}]\nresolver: MEMORY`,
  ),
  conflict(
    "a pinned key that is none",
    `${MEMORY}\nresolver_pinned_accounts: [${trust.operator.publicKey}]`,
    /pinned account key .* is not a valid public account nkey/,
    `${MEMORY}\nresolver_pinned_accounts: [${app}]`,
  ),
  conflict(
    "an asserted version that is none",
    `operator: ${assertsX}\nresolver: MEMORY\n${preload()}`,
    /of the form <major>\.<minor>\.<update>/,
    `operator: ${assertsNothing}\nresolver: MEMORY\n${preload()}`,
    "ERR_CONFIG_ACCOUNT",
  ),
  conflict(
    "an operator in a file that is not there",
    "operator: none.jwt\nresolver: MEMORY",
    /no such file or directory/,
    `operator: ${assertsOne}\nresolver: MEMORY\n${preload()}`,
  ),
  conflict(
    "an operator that is no token",
    "operator: eyJhbGciOi\nresolver: MEMORY",
    /error parsing operator JWT: expected 3 chunks/,
    MEMORY,
    "ERR_JWT_FORMAT",
  ),
  conflict(
    "an operator that is an account",
    `operator: ${trust.systemToken}\nresolver: MEMORY`,
    /error parsing operator JWT: not operator claim/,
    MEMORY,
    "ERR_JWT_KIND",
  ),
  conflict(
    "a cache with an interval",
    cache(", interval: '1m'"),
    /CACHE does not accept sync/,
    full(", interval: '1m'"),
  ),
  conflict(
    "a cache that deletes",
    cache(", allow_delete: true"),
    /CACHE does not accept allow_delete/,
    cache(", allow_delete: false"),
  ),
  conflict("a full resolver with a ttl", full(", ttl: '1m'"), /FULL does not accept ttl/, cache(", ttl: '1m'")),
  conflict("no folder", `${OPERATOR}\nresolver { type: full }\n${preload()}`, /dir has no value/, full()),
  conflict(
    "an unknown type",
    `${OPERATOR}\nresolver { type: half, dir: jwt }\n${preload()}`,
    /error parsing account resolver/,
    full(),
  ),
  conflict("no resolver at all", `${OPERATOR}\nresolver: none\n${preload()}`, /error parsing account resolver/, MEMORY),
  conflict("a resolver that is a number", `${OPERATOR}\nresolver: 1\n${preload()}`, /wrong type int64/, MEMORY),
  conflict("a duration that is a number", full(", interval: 2m"), /int64, not string/, full(", interval: 2s")),
  conflict("a duration that is none", full(", interval: '2'"), /missing unit in duration/, full(", interval: '2ms'")),
  conflict("a limit that is a text", full(", limit: '2'"), /string, not int64/, full(", limit: 2")),
  conflict("a flag that is a text", full(", allow_delete: 'yes'"), /string, not bool/, full(", allow_delete: yes")),
  conflict("a timeout of nothing", full(", timeout: '0s'"), /Fetch timeout 0s is too smal/, full(", timeout: '1ms'")),
  conflict(
    "a preload that is a list",
    `${OPERATOR}\nresolver: MEMORY\nresolver_preload: [ ${trust.systemToken} ]`,
    /preload should be a map of account_public_key:account_jwt/,
    MEMORY,
  ),
  conflict("a preload that is no token", memoryWith("eyJhbGciOi"), /invalid account JWT/, MEMORY, "ERR_JWT_FORMAT"),
  conflict("a preload that is a user", memoryWith(userToken), /invalid account JWT/, MEMORY, "ERR_JWT_KIND"),
  conflict("a preload that is a number", memoryWith("1 "), /preload map value should be a string JWT/, MEMORY),
  conflict(
    "a preload for an account server",
    `${OPERATOR}\nresolver: URL(http://127.0.0.1:1/)\n${preload()}`,
    /resolver preloads only available for writeable resolver types/,
    MEMORY,
  ),
  conflict("no account server", OPERATOR, /could not fetch .*unsupported protocol scheme/, MEMORY),
  conflict(
    "a leafnode remote without an account",
    `${MEMORY}\n${remotes("credentials: a")}`,
    /operator mode requires account nkeys in remotes/,
    `${MEMORY}\n${remotes(`account: ${app}, credentials: a`)}`,
  ),
  conflict(
    "a leafnode remote with the name of an account",
    `${MEMORY}\n${remotes("local: APP")}`,
    /operator mode requires account nkeys in remotes/,
    `${MEMORY}\n${remotes(`local: ${app}`)}`,
  ),
  conflict(
    "users of leafnodes",
    `${MEMORY}\nleafnodes { port: -1, authorization { users: [ { user: a, password: b } ] } }`,
    /operator mode does not allow specifying users? in leafnode config/,
    `${MEMORY}\nleafnodes { port: -1, authorization { user: a, password: b } }`,
  ),
  conflict(
    "a cookie without operators",
    "websocket { port: -1, no_tls: true, jwt_cookie: a }",
    /trusted operators or trusted keys configuration is required for JWT authentication via cookie/,
    "websocket { port: -1, no_tls: true }",
  ),
  ...(isOlderThan("2.9.16")
    ? []
    : [
        conflict(
          "a cache with hard_delete",
          cache(", hard_delete: false"),
          /CACHE does not accept hard_delete/,
          cache(),
        ),
        conflict(
          "hard_delete without allow_delete",
          full(", hard_delete: false"),
          /hard_delete has no effect without delete/,
          full(", hard_delete: true, allow_delete: true"),
        ),
      ]),
  ...(isOlderThan("2.10.21")
    ? []
    : [
        conflict(
          "operators and an auth callout",
          `${MEMORY}\nauthorization { auth_callout { issuer: ${app}, auth_users: [ ${NKEY} ], account: ${app} } }`,
          /operators do not allow authorization callouts to be configured directly/,
          `${MEMORY}\nauthorization { timeout: '3s' }`,
        ),
        conflict(
          "several operators without a resolver",
          several(`system_account: ${stranger.system.publicKey}`),
          /operators require an account resolver to be configured/,
          several(
            `system_account: ${stranger.system.publicKey}\nresolver: MEMORY\n${preload(stranger.systemToken, stranger.system.publicKey)}`,
          ),
        ),
        conflict(
          "several operators, of which the first names no system account, and a NATS resolver",
          several("resolver { type: full, dir: jwt }"),
          /using nats based account resolver - the system account needs to be specified/,
          several("resolver: MEMORY"),
          "ERR_CONFIG_ACCOUNT",
        ),
        conflict(
          "a leafnode remote with creds and nkey",
          `${MEMORY}\n${remotes(`account: ${app}, credentials: a, nkey: ${seed}`)}`,
          /Remote leafnode can not have both creds and nkey defined/,
          `${MEMORY}\n${remotes(`account: ${app}, nkey: ${seed}`)}`,
        ),
      ]),
  ...(isOlderThan("2.11.9")
    ? []
    : [
        conflict(
          "a default sentinel without operators",
          `default_sentinel: ${bearer}`,
          /default sentinel requires operators and accounts/,
          `${MEMORY}\ndefault_sentinel: ${bearer}`,
        ),
        conflict(
          "a default sentinel that is no bearer",
          `${MEMORY}\ndefault_sentinel: ${user}`,
          /default sentinel must be a bearer token/,
          `${MEMORY}\ndefault_sentinel: ${bearer}`,
          "ERR_CONFIG_ACCOUNT",
        ),
        conflict(
          "a default sentinel that is an account",
          `${MEMORY}\ndefault_sentinel: ${trust.appToken}`,
          /default sentinel JWT not valid/,
          `${MEMORY}\ndefault_sentinel: ${bearer}`,
          "ERR_JWT_KIND",
        ),
      ]),
];

const operatorFile = (): string => {
  throw new Error("there are no files");
};

describeWithServer(
  "what readServerConfig refuses, the server refuses at its start, and what it takes, the server starts with",
  () => {
    test.concurrent.each(CONFLICTS)("$title", async ({ text, code, refusal, sound }) => {
      expect(() => readServerConfig(text, { operatorFile })).toThrowCode(code);
      await expect(startNatsServer({ config: text })).rejects.toThrow(refusal);
      readServerConfig(sound);
      await using server = await startNatsServer({ config: sound });
      expect(server.log()).toContain("Server is ready");
    });

    // Where it is the server that is too old, the text alone can't say so.
    test("an operator that asks for a newer server is read", async () => {
      const text = `operator: ${await asserting("99.0.0")}\nresolver: MEMORY\n${preload()}`;
      expect(readServerConfig(text).operators).toHaveLength(1);
      await expect(startNatsServer({ config: text })).rejects.toThrow(
        /expected major version 99 > server major version 2/,
      );
    });
  },
);
