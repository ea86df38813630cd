import type { Resolver } from "../config/resolver.ts";
import { type ServerConfig, serverConfigFromTokens } from "../config/server-config.ts";
import { NscError } from "../errors.ts";
import type { Account } from "./account.ts";
import { nowOf } from "./context.ts";
import { pathOf } from "./handle.ts";
import type { Operator } from "./operator.ts";
import { assertKnownOptions } from "./options.ts";

/** Options of {@link serverConfig}. */
export interface ServerConfigOptions {
  /** How the server gets at account tokens. */
  readonly resolver: Resolver;
  /**
   * The accounts in the configuration itself. By default `all` for the memory resolver, which knows no others, and
   * `system-account` for those that accounts are pushed to.
   */
  readonly preload?: "all" | "system-account" | readonly Account[];
}

/**
 * The configuration of a server that trusts an operator, from what the store has now.
 *
 * @param operator - the operator
 * @param options - the resolver
 * @returns configuration as data, whose `toString()` is the text for `nats-server -c`
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_CONFIG_VALUE`, `ERR_CONFIG_ACCOUNT`, `ERR_CONFIG_TRUST` as `serverConfigFromTokens` does,
 * `ERR_HANDLE_FOREIGN` for accounts of others, and those of the store
 *
 * @example
 * ```ts
 * import { Nsc, serverConfig } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local", { systemAccount: true });
 * const config = await serverConfig(operator, { resolver: { type: "full", dir: "./jwt" } });
 * config.system_account === operator.claims.nats.system_account; // true
 * ```
 */
export async function serverConfig(operator: Operator, options: ServerConfigOptions): Promise<ServerConfig> {
  assertKnownOptions(options, ["resolver", "preload"]);
  await operator.refresh();
  const { context } = operator.cell.session;
  const accounts: Account[] = [];
  for await (const account of preloaded(operator, options)) accounts.push(account);
  return serverConfigFromTokens({
    operator: operator.token,
    accounts: accounts.map(({ token }) => token),
    resolver: options.resolver,
    now: nowOf(context),
    engine: context.engine,
  });
}

async function* preloaded(operator: Operator, options: ServerConfigOptions): AsyncGenerator<Account, undefined> {
  const {
    resolver,
    preload = (resolver as Partial<Resolver> | undefined)?.type === "memory" ? "all" : "system-account",
  } = options;
  if (preload === "all") yield* operator.accounts();
  else if (preload === "system-account") {
    const system = await operator.systemAccount();
    if (system !== undefined) yield system;
  } else if (Array.isArray(preload)) {
    for (const account of preload as readonly Account[]) {
      if (pathOf(account, operator.cell)[0] === operator.name) yield account;
      else
        throw new NscError("ERR_HANDLE_FOREIGN", `the account ${JSON.stringify(account.name)} is another operator's`);
    }
  } else {
    throw new NscError("ERR_ARGUMENT_INVALID", 'preload must be "all", "system-account", or a list of accounts');
  }
}
