/**
 * What existing configurations of nats-server say of operators and accounts.
 *
 * @module
 */

import { parseDecoratedToken } from "../creds/creds.ts";
import type { CryptoEngine } from "../crypto/engine.ts";
import { NscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import { checkConflicts } from "./conflicts.ts";
import type { ConfigMap } from "./format.ts";
import type { FoundServerConfig } from "./found-server-config.ts";
import { isConfigMap, memberOf, stringMember, stringsMember } from "./members.ts";
import { refuse } from "./options.ts";
import { type ParseServerConfigOptions, parseServerConfig } from "./parse.ts";
import { readResolver } from "./read-resolver.ts";
import { tlsFilesOf } from "./tls-files.ts";

/** Options of {@link readServerConfig}. */
export interface ReadServerConfigOptions extends ParseServerConfigOptions {
  /**
   * Gives the text of a file with an operator's token. The path is as it stands in the configuration; relative ones start at
   * the working directory of the server. Without this, such a path is an error.
   */
  readonly operatorFile?: (path: string) => string;
  /** The time in seconds since 1970 at which tokens must be valid; now by default. */
  readonly now?: number;
  /** What computes; found by itself by default. */
  readonly engine?: CryptoEngine;
}

/**
 * Reads what an existing configuration of nats-server says of operators and accounts, enough to adopt them, and to make the
 * same configuration with `serverConfigFromTokens`. It refuses what the server would refuse at its start on account of them.
 *
 * @param config - the text, or data as `parseServerConfig` and `serverConfigFromTokens` give it
 * @param options - included files, files of operators, variables
 * @returns tokens with their claims, resolver, and whatever else there is as data
 * @throws NscError those of `parseServerConfig` and `decode`; `ERR_CONFIG_VALUE` for values and options that contradict each
 * other; `ERR_CONFIG_ACCOUNT` and `ERR_CONFIG_TRUST` for a system account, an operator or a sentinel with which the server does not
 * start
 *
 * @example
 * ```ts
 * import { Nsc, readServerConfig, serverConfig } from "nsc.js";
 *
 * const theirs = await new Nsc().addOperator("local", { systemAccount: true });
 * const text = `${await serverConfig(theirs, { resolver: { type: "full", dir: "./jwt", allowDelete: true } })}`;
 *
 * const found = readServerConfig(text);
 * found.resolver?.type; // "full"
 * const nsc = new Nsc();
 * for (const { token } of found.operators) await nsc.importOperator(token);
 * const operator = await nsc.operator("local");
 * for (const { token } of found.accounts) await operator.importAccount(token);
 * ```
 */
export function readServerConfig(config: string | ConfigMap, options: ReadServerConfigOptions = {}): FoundServerConfig {
  const map = typeof config === "string" ? parseServerConfig(config, options) : config;
  if (!isConfigMap(map)) throw new NscError("ERR_ARGUMENT_INVALID", "a configuration must be a text or a map");
  const { now = Math.floor(Date.now() / 1000), engine } = options;
  if (!Number.isSafeInteger(now)) throw new NscError("ERR_ARGUMENT_INVALID", "now must be whole seconds since 1970");
  const read = engine === undefined ? {} : { engine };

  const operators = (stringsMember(map, ...OPERATOR) ?? []).map((text) => {
    const token = text.startsWith("eyJ") ? text : parseDecoratedToken(fileOf(text, options));
    return { token, claims: decode(token, { kind: "operator", ...read }) };
  });
  const claims = operators.map((operator) => operator.claims);
  const resolver = readResolver(map, claims);
  const tls = memberOf(map, "resolver_tls");
  const pinnedAccounts = stringsMember(map, "resolver_pinned_accounts");
  const sentinel = stringMember(map, "default_sentinel");
  const found: FoundServerConfig = {
    operators,
    trustedKeys: stringsMember(map, "trusted", "trusted_keys") ?? [],
    ...systemAccountOf(map, claims),
    ...(resolver !== undefined && {
      resolver: resolver.type === "url" && tls !== undefined ? { ...resolver, tls: tlsFilesOf(tls) } : resolver,
    }),
    accounts: preloadOf(map).map(([publicKey, token]) => ({
      publicKey,
      token,
      claims: decode(token, { kind: "account", ...read }),
    })),
    ...(pinnedAccounts !== undefined && { pinnedAccounts }),
    ...(sentinel !== undefined && {
      defaultSentinel: { token: sentinel, claims: decode(sentinel, { kind: "user", ...read }) },
    }),
    config: map,
  };
  checkConflicts(found, now);
  return found;
}

const OPERATOR = ["operator", "operators", "root", "roots", "root_operator", "root_operators"] as const;

function fileOf(path: string, { operatorFile }: ReadServerConfigOptions): string {
  const title = `the file ${JSON.stringify(path)} with an operator's token`;
  if (operatorFile === undefined) {
    throw new NscError("ERR_CONFIG_VALUE", `the configuration names ${title}: pass operatorFile, which gives its text`);
  }
  let text: unknown;
  try {
    text = operatorFile(path);
  } catch (cause) {
    throw new NscError("ERR_CONFIG_VALUE", `${title} can't be read`, { cause });
  }
  if (typeof text !== "string") throw new NscError("ERR_CONFIG_VALUE", `operatorFile gave no text for ${title}`);
  return text;
}

/** The server minds the case of these two names. */
function systemAccountOf(map: ConfigMap, operators: readonly OperatorClaims[]): { readonly systemAccount?: string } {
  const given = map["system_account"] ?? map["system"];
  if (given !== undefined && typeof given !== "string") throw refuse("the system account must be a string");
  const systemAccount = given ?? (operators.length === 1 ? operators[0]?.nats.system_account : undefined);
  return systemAccount === undefined || systemAccount === "" ? {} : { systemAccount };
}

function preloadOf(map: ConfigMap): readonly (readonly [publicKey: string, token: string])[] {
  const value = memberOf(map, "resolver_preload");
  if (value === undefined) return [];
  if (!isConfigMap(value)) throw refuse("resolver_preload must be a map of tokens by public key");
  return Object.entries(value).map(([publicKey, token]) => {
    if (typeof token !== "string") throw refuse(`resolver_preload: what stands under ${publicKey} is no token`);
    return [publicKey, token] as const;
  });
}
