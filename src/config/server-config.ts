/**
 * Configuration of nats-server in operator mode, from tokens.
 *
 * @module
 */

import type { CryptoEngine } from "../crypto/engine.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { decode } from "../jwt/decode.ts";
import { hasJetStream } from "../jwt/limits.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import { trustedKeys } from "../jwt/trusted-keys.ts";
import { validate } from "../jwt/validate.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { checkSentinel } from "./default-sentinel.ts";
import { type ConfigMap, formatMembers } from "./format.ts";
import { type LeafnodeRemote, leafnodesConfig } from "./leafnode-remotes.ts";
import { type Resolver, resolverConfig } from "./resolver.ts";
import { tlsConfig } from "./tls-files.ts";
import { checkOperator, nameOf, timeProblem } from "./token-checks.ts";
import { type WebSocketListener, websocketConfig } from "./websocket.ts";

/** What {@link serverConfigFromTokens} takes. */
export interface ServerConfigTokens {
  /** The operator's token, or those of all operators that the server trusts; several need nats-server 2.10.21. */
  readonly operator: string | readonly string[];
  /**
   * Tokens of the accounts to preload. The memory resolver knows no others; the NATS resolvers merge them into theirs; an account
   * server over HTTP takes none.
   */
  readonly accounts?: readonly string[];
  /**
   * Public key of the system account; by default the one that the operator's token names. Only the memory resolver can do
   * without, and a server without has no JetStream.
   */
  readonly systemAccount?: string;
  /** How the server gets at account tokens. */
  readonly resolver: Resolver;
  /** Public keys of the only accounts, beside the system account, whose users may connect to this server; all by default. */
  readonly pinnedAccounts?: readonly string[];
  /**
   * Token of the user that clients are which show no token of their own: a bearer, or a user of a role that is one. What it
   * may do is what everybody may. Needs nats-server 2.11.2, and 2.11.9 for users of roles.
   */
  readonly defaultSentinel?: string;
  /** A listener for WebSocket connections. */
  readonly websocket?: WebSocketListener;
  /** Servers that this one connects accounts to as a leaf node. */
  readonly leafnodeRemotes?: readonly LeafnodeRemote[];
  /** The time in seconds since 1970 at which tokens must be valid; now by default. */
  readonly now?: number;
  /** What computes; found by itself by default. */
  readonly engine?: CryptoEngine;
}

/**
 * Configuration as data: spread it into a larger map and write that with `formatServerConfig`, or take the text of
 * `toString()`, which also names the entities in comments.
 */
export interface ServerConfig extends ConfigMap {
  /** The operator's token, or all operators' tokens. */
  readonly operator: string | readonly string[];
  /** Public key of the system account. */
  readonly system_account?: string;
  /** How the server gets at account tokens. */
  readonly resolver: string | ConfigMap;
  /** TLS of an account server over HTTP. */
  readonly resolver_tls?: ConfigMap;
  /** Account tokens by public key. */
  readonly resolver_preload?: { readonly [publicKey: string]: string };
  /** Public keys of the only accounts whose users may connect. */
  readonly resolver_pinned_accounts?: readonly string[];
  /** Token of the user that clients without one are. */
  readonly default_sentinel?: string;
  /** The listener for WebSocket connections. */
  readonly websocket?: ConfigMap;
  /** Servers that accounts are connected to. */
  readonly leafnodes?: ConfigMap;
}

/**
 * Configuration of a server that trusts an operator. It refuses what the server would refuse at its start, and what it
 * would accept and break on later: accounts that are not valid or signed by a key it does not trust, a strict operator or
 * several operators without the system account in the preload, JetStream on the system account.
 *
 * @param tokens - the tokens and the resolver
 * @returns configuration as data, whose `toString()` is the text for `nats-server -c`
 * @throws NscError `ERR_CONFIG_VALUE` for options, `ERR_CONFIG_ACCOUNT` and `ERR_CONFIG_TRUST` for tokens that don't fit
 * together, and those of `decode`
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, createOperatorClaims, encode, serverConfigFromTokens } from "nsc.js";
 *
 * const operator = createKeyPair("operator");
 * const system = createKeyPair("account");
 * const config = serverConfigFromTokens({
 *   operator: await encode(
 *     createOperatorClaims(operator.publicKey, { name: "local", nats: { system_account: system.publicKey } }),
 *     operator,
 *   ),
 *   accounts: [await encode(createAccountClaims(system.publicKey, { name: "SYS" }), operator)],
 *   resolver: { type: "full", dir: "./jwt", interval: "2m" },
 * });
 * const text = config.toString();
 * ```
 */
export function serverConfigFromTokens(tokens: ServerConfigTokens): ServerConfig {
  const given: Partial<ServerConfigTokens> | null | undefined = tokens;
  if (typeof given !== "object" || given === null) {
    throw new NscError("ERR_ARGUMENT_INVALID", "the tokens must be an object with operator and resolver");
  }
  const unknown = Object.keys(tokens).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined)
    throw new NscError("ERR_CONFIG_VALUE", `there is no option ${unknown} beside the resolver`);
  const { now = Math.floor(Date.now() / 1000) } = tokens;
  if (!Number.isSafeInteger(now)) {
    throw new NscError("ERR_ARGUMENT_INVALID", "now must be whole seconds since 1970");
  }
  const resolver = resolverConfig(tokens.resolver);
  const operatorTokens =
    typeof tokens.operator === "string" ? [tokens.operator] : copyList(tokens.operator, "operator");
  const operators = readOperators(operatorTokens, tokens.engine);
  const accounts = readAccounts(copyList(tokens.accounts, "accounts"), operators, tokens.engine);
  const systemAccount = chooseSystemAccount(tokens.systemAccount, operators);
  checkSystemAccount(systemAccount, operators, accounts, tokens.resolver.type, now);
  const { defaultSentinel, pinnedAccounts, websocket, leafnodeRemotes } = tokens;
  if (pinnedAccounts !== undefined) checkPinned(pinnedAccounts);
  if (defaultSentinel !== undefined) {
    checkSentinel(defaultSentinel, (key) => accounts.get(key)?.claims, now, tokens.engine);
  }
  const tls = tokens.resolver.type === "url" ? tokens.resolver.tls : undefined;

  const preload = Object.fromEntries([...accounts].map(([key, { token }]) => [key, token]));
  const config: ServerConfig = {
    operator: operatorTokens.length === 1 ? (operatorTokens[0] as string) : operatorTokens,
    ...(systemAccount !== undefined && { system_account: systemAccount }),
    resolver,
    ...(tls !== undefined && { resolver_tls: tlsConfig("tls of the resolver", tls, false) }),
    ...(accounts.size > 0 && { resolver_preload: preload }),
    ...(pinnedAccounts !== undefined && { resolver_pinned_accounts: [...pinnedAccounts] }),
    ...(defaultSentinel !== undefined && { default_sentinel: defaultSentinel }),
    ...(websocket !== undefined && { websocket: websocketConfig(websocket) }),
    ...(leafnodeRemotes !== undefined && { leafnodes: leafnodesConfig(leafnodeRemotes) }),
  };
  const comments = describeEntities(operators, accounts);
  return Object.defineProperty(config, "toString", { value: () => formatMembers(config, comments) });
}

const OPTIONS: readonly string[] = [
  "operator",
  "accounts",
  "systemAccount",
  "resolver",
  "pinnedAccounts",
  "defaultSentinel",
  "websocket",
  "leafnodeRemotes",
  "now",
  "engine",
];

interface Account {
  readonly token: string;
  readonly claims: AccountClaims;
}

function copyList(tokens: readonly string[] | undefined, name: string): readonly string[] {
  if (tokens !== undefined && !Array.isArray(tokens)) {
    throw new NscError("ERR_ARGUMENT_INVALID", `${name} must be a list of tokens`);
  }
  return [...(tokens ?? [])];
}

function readOperators(tokens: readonly string[], engine: CryptoEngine | undefined): OperatorClaims[] {
  if (tokens.length === 0) throw new NscError("ERR_CONFIG_ACCOUNT", "at least one operator token is needed");
  return tokens.map((token) => {
    const claims = decode(token, { kind: "operator", ...(engine && { engine }) });
    checkOperator(claims);
    return claims;
  });
}

/** Accounts by public key. */
function readAccounts(
  tokens: readonly string[],
  operators: readonly OperatorClaims[],
  engine: CryptoEngine | undefined,
): ReadonlyMap<string, Account> {
  const trusted = new Set(operators.flatMap(trustedKeys));
  const accounts = new Map<string, Account>();
  for (const token of tokens) {
    const claims = decode(token, { kind: "account", ...(engine && { engine }) });
    const { sub, iss = "" } = claims;
    if (!isPublicKey(sub, "account")) {
      throw new NscError(
        "ERR_CONFIG_ACCOUNT",
        `the subject of account ${nameOf(claims)} is no public key of an account`,
      );
    }
    if (accounts.has(sub))
      throw new NscError("ERR_CONFIG_ACCOUNT", `there are two tokens of account ${nameOf(claims)}`);
    if (!trusted.has(iss)) throw new NscError("ERR_CONFIG_TRUST", untrusted(claims, operators));
    const blocking = validate(claims, { ...(engine && { engine }) }).find(({ level }) => level === "error");
    if (blocking !== undefined) {
      const what = `account ${nameOf(claims)} is not valid, and the servers would not load it`;
      throw new NscError("ERR_CONFIG_ACCOUNT", `${what}: ${blocking.message}`);
    }
    accounts.set(sub, { token, claims });
  }
  return accounts;
}

function untrusted(claims: AccountClaims, operators: readonly OperatorClaims[]): string {
  const isStrict = operators.some(({ sub, nats }) => sub === claims.iss && nats.strict_signing_key_usage === true);
  const why = isStrict
    ? "the operator's identity key, but the operator demands that its signing keys are used"
    : `${claims.iss}, which is no key of ${operators.length > 1 ? "these operators" : "this operator"}`;
  return `account ${nameOf(claims)} is signed by ${why}; the servers would not load it`;
}

/** With one operator the server would take it from there; it is written all the same, since several are not asked. */
function chooseSystemAccount(given: string | undefined, operators: readonly OperatorClaims[]): string | undefined {
  const named = new Set(operators.flatMap(({ nats }) => nats.system_account ?? []));
  if (given !== undefined) {
    if (!isPublicKey(given, "account")) {
      throw new NscError("ERR_CONFIG_ACCOUNT", "the system account must be the public key of an account");
    }
    if (named.size > 0 && !named.has(given)) {
      throw new NscError("ERR_CONFIG_ACCOUNT", `the operator names another system account: ${[...named].join(", ")}`);
    }
    return given;
  }
  if (named.size > 1) {
    throw new NscError("ERR_CONFIG_ACCOUNT", `the operators name several system accounts: ${[...named].join(", ")}`);
  }
  const [only] = named;
  if (only !== undefined && !isPublicKey(only, "account")) {
    throw new NscError("ERR_CONFIG_ACCOUNT", "the operator names a system account that is no public key of an account");
  }
  return only;
}

/** To the server an empty list is none, by which everybody may connect. */
function checkPinned(accounts: readonly string[]): void {
  const isList = Array.isArray(accounts) && accounts.length > 0;
  if (!isList || !Array.from(accounts).every((key) => isPublicKey(key, "account"))) {
    throw new NscError("ERR_CONFIG_VALUE", "pinnedAccounts must be public keys of accounts, at least one");
  }
}

function checkSystemAccount(
  systemAccount: string | undefined,
  operators: readonly OperatorClaims[],
  accounts: ReadonlyMap<string, Account>,
  resolver: Resolver["type"],
  now: number,
): void {
  if (resolver === "url") {
    if (accounts.size === 0) return;
    throw new NscError("ERR_CONFIG_VALUE", "an account server over HTTP takes no accounts: nothing can be preloaded");
  }
  if (systemAccount === undefined) {
    if (resolver === "memory") return;
    throw new NscError(
      "ERR_CONFIG_ACCOUNT",
      "a NATS resolver needs a system account, which the operator does not name",
    );
  }
  const claims = accounts.get(systemAccount)?.claims;
  if (claims === undefined) {
    // A single operator that is not strict is the one case in which the server begins with a stand-in.
    const isStrict = operators.some(({ nats }) => nats.strict_signing_key_usage === true);
    if (resolver !== "memory" && operators.length === 1 && !isStrict) return;
    const why =
      resolver === "memory"
        ? "the memory resolver is used"
        : isStrict
          ? "the operator is strict"
          : "there are several operators";
    throw new NscError(
      "ERR_CONFIG_ACCOUNT",
      `since ${why}, the token of the system account ${systemAccount} must be there`,
    );
  }
  const problem = timeProblem(claims, now);
  if (problem !== undefined) throw new NscError("ERR_CONFIG_ACCOUNT", `the token of the system account ${problem}`);
  if (hasJetStream(claims.nats.limits)) {
    throw new NscError(
      "ERR_CONFIG_ACCOUNT",
      "the system account has JetStream limits, which servers with JetStream refuse",
    );
  }
}

/** Comments by path: who is meant by the tokens and keys. */
function describeEntities(
  operators: readonly OperatorClaims[],
  accounts: ReadonlyMap<string, Account>,
): ReadonlyMap<string, string> {
  return new Map([
    ["operator", `Operator ${operators.map(nameOf).join(", ")}`],
    ...[...accounts].map(([key, { claims }]): [string, string] => [
      `resolver_preload.${key}`,
      `Account ${nameOf(claims)}`,
    ]),
  ]);
}
