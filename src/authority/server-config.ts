import type { LeafnodeRemote } from "../config/leafnode-remotes.ts";
import type { Resolver } from "../config/resolver.ts";
import { type ServerConfig, serverConfigFromTokens } from "../config/server-config.ts";
import type { WebSocketListener } from "../config/websocket.ts";
import { NscError } from "../errors.ts";
import type { Account } from "./account.ts";
import { nowOf } from "./context.ts";
import { pathOf } from "./handle.ts";
import { publicKeyOf } from "./key-input.ts";
import type { Operator } from "./operator.ts";
import { assertKnownOptions } from "./options.ts";

/** Options of {@link serverConfig}. */
export interface ServerConfigOptions {
  /** How the server gets at account tokens. */
  readonly resolver: Resolver;
  /**
   * The accounts in the configuration itself. By default `all` for the memory resolver, which knows no others, none for
   * an account server over HTTP, which takes none, and `system-account` for those that accounts are pushed to.
   */
  readonly preload?: "all" | "system-account" | readonly Account[];
  /** The only accounts, beside the system account, whose users may connect: handles or public keys; all by default. */
  readonly pinnedAccounts?: readonly (Account | string)[];
  /**
   * The user that clients are which show no token of their own: a bearer, or of a role that is one; a handle, an issued user, or a
   * token. What it may do is what everybody may. Needs nats-server 2.11.2, and 2.11.9 for users of roles.
   */
  readonly defaultSentinel?: string | { readonly token: string };
  /** A listener for WebSocket connections. */
  readonly websocket?: WebSocketListener;
  /** Servers that this one connects accounts to as a leaf node. */
  readonly leafnodeRemotes?: readonly LeafnodeRemote[];
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
  assertKnownOptions(options, [
    "resolver",
    "preload",
    "pinnedAccounts",
    "defaultSentinel",
    "websocket",
    "leafnodeRemotes",
  ]);
  await operator.refresh();
  const { context } = operator.cell.session;
  const accounts: Account[] = [];
  for await (const account of preloaded(operator, options)) accounts.push(account);
  const { pinnedAccounts, defaultSentinel, websocket, leafnodeRemotes } = options;
  return serverConfigFromTokens({
    operator: operator.token,
    accounts: accounts.map(({ token }) => token),
    resolver: options.resolver,
    ...(pinnedAccounts !== undefined && { pinnedAccounts: publicKeysOf(pinnedAccounts) }),
    ...(defaultSentinel !== undefined && { defaultSentinel: tokenOf(defaultSentinel) }),
    ...(websocket !== undefined && { websocket }),
    ...(leafnodeRemotes !== undefined && { leafnodeRemotes }),
    now: nowOf(context),
    engine: context.engine,
  });
}

function publicKeysOf(accounts: readonly (Account | string)[]): readonly string[] {
  if (!Array.isArray(accounts)) throw new NscError("ERR_ARGUMENT_INVALID", "pinnedAccounts must be a list");
  // What is none is refused as what is no account's.
  return accounts.map((account: unknown) => publicKeyOf("account", account) ?? "");
}

function tokenOf(given: unknown): string {
  const token = typeof given === "string" ? given : (given as { readonly token?: unknown } | null)?.token;
  if (typeof token === "string") return token;
  throw new NscError("ERR_ARGUMENT_INVALID", "the default sentinel must be a user, or a token");
}

async function* preloaded(operator: Operator, options: ServerConfigOptions): AsyncGenerator<Account, undefined> {
  const { type } = (options.resolver ?? {}) as Partial<Resolver>;
  const { preload = type === "memory" ? "all" : type === "url" ? [] : "system-account" } = options;
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
