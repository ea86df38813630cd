import type { Operator } from "../authority/operator.ts";
import { assertKnownOptions } from "../authority/options.ts";
import { compareUtf8 } from "../encoding/go-text.ts";
import { assertOperator, namesByKey } from "./accounts.ts";
import { identityOf, type ServerIdentity } from "./answers.ts";
import { DISCOVERY_SUBJECTS, discover } from "./discovery.ts";
import { NATS_OPTIONS, type NatsOptions, type NatsTarget, talk } from "./target.ts";

/** An account that a server or the store has. */
export interface ListedAccount {
  readonly publicKey: string;
  /** Its name in the store; nothing if the store does not have it. */
  readonly name: string | undefined;
  /** The servers that have it. */
  readonly servers: readonly ServerIdentity[];
}

/** What servers have, beside what the store has. */
export interface AccountListing {
  /** The servers that keep accounts, or cache them. */
  readonly servers: readonly ServerIdentity[];
  /** Names of servers that are there, or are expected, and did not answer. */
  readonly unheard: readonly string[];
  /** All accounts, sorted by public key. */
  readonly accounts: readonly ListedAccount[];
  /** Those that servers have, and the store does not. */
  readonly onlyOnServers: readonly ListedAccount[];
  /** Those that the store has, and no server. */
  readonly onlyInStore: readonly ListedAccount[];
}

/**
 * The accounts that the servers have, beside those of the store. A server that caches accounts has only those that were asked
 * for.
 *
 * @param target - a connection of a user of the system account, or servers to connect to
 * @param operator - the operator
 * @throws NscError as {@link push} does, and `ERR_STORE_DAMAGED`
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { listAccounts } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const authority = testAuthority({ accounts: { APP: {} }, resolver: { type: "full", dir: "./jwt" } });
 * const { operator, url, stop } = await authority.start();
 * const { onlyInStore } = await listAccounts({ connect, servers: url }, operator);
 * onlyInStore.map(({ name }) => name); // ["APP"], which was not pushed yet
 * await stop();
 * ```
 */
export async function listAccounts(
  target: NatsTarget,
  operator: Operator,
  options: NatsOptions = {},
): Promise<AccountListing> {
  assertKnownOptions(options, NATS_OPTIONS);
  await assertOperator(operator);
  const { resolvers, unheard } = await talk(target, operator, DISCOVERY_SUBJECTS, options, (conversation) =>
    discover(conversation, true),
  );
  // After the servers were asked: an account is in the store before it is there.
  const names = await namesByKey(operator);
  const holders = new Map<string, ServerIdentity[]>([...names.keys()].map((key) => [key, []]));
  for (const server of resolvers.values()) {
    for (const key of server.accounts ?? []) holders.set(key, [...(holders.get(key) ?? []), identityOf(server)]);
  }
  const accounts = [...holders].map(([publicKey, servers]) => ({ publicKey, name: names.get(publicKey), servers }));
  accounts.sort((a, b) => compareUtf8(a.publicKey, b.publicKey));
  return {
    servers: [...resolvers.values()].map(identityOf),
    unheard,
    accounts,
    onlyOnServers: accounts.filter(({ name }) => name === undefined),
    onlyInStore: accounts.filter(({ servers }) => servers.length === 0),
  };
}
