import { type Adoption, type AdoptionRules, adoptAccount } from "../authority/adopt-account.ts";
import type { Operator } from "../authority/operator.ts";
import { assertKnownOptions } from "../authority/options.ts";
import type { OperatorPath } from "../authority/paths.ts";
import { compareUtf8 } from "../encoding/go-text.ts";
import { isNscError } from "../errors.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import { type AccountList, assertOperator, findPlace, keysOf } from "./accounts.ts";
import { identityOf } from "./answers.ts";
import { DISCOVERY_SUBJECTS, discover } from "./discovery.ts";
import { overridden } from "./force.ts";
import { newestOf } from "./newest.ts";
import { completeness, type ServersReport } from "./report.ts";
import { LOOKUP, PACK, Resolvers } from "./resolvers.ts";
import { NATS_OPTIONS, type NatsOptions, type NatsTarget, type Talk, talk } from "./target.ts";

/** What came of an account. */
export interface PulledAccount extends Omit<Adoption, "status"> {
  /**
   * `added`: the store had no such account. `updated`: its token was replaced. `unchanged`: the store has it. `kept`: the store has a
   * newer one, or another one of the same second, and keeps it. `refused`: it is not stored; the message says why. `missing`: no
   * server gave it.
   */
  readonly status: Adoption["status"] | "missing";
}

/** What came of a pull. It is complete when everything that was to be pulled is in the store, or something newer. */
export interface PullReport extends ServersReport {
  /** The accounts, sorted by name. */
  readonly accounts: readonly PulledAccount[];
}

/** What is pulled although there are reasons not to. */
export type PullGuard = "newer" | "foreign-issuer";

/** Options of {@link pull}. */
export interface PullOptions extends NatsOptions {
  /** Which accounts: handles, names or public keys; all that the servers keep by default. */
  readonly accounts?: AccountList;
  /** `newer`: tokens of the store that are newer are replaced. `foreign-issuer`: tokens that no key of the operator signed are taken. */
  readonly force?: PullGuard | readonly PullGuard[];
}

const GUARDS: readonly PullGuard[] = ["newer", "foreign-issuer"];
const SUBJECTS: readonly string[] = [...DISCOVERY_SUBJECTS, PACK, LOOKUP];

/** Look-ups that are under way at a time. */
const CONCURRENCY = 256;

/**
 * Brings accounts from the servers into the store, as they are, byte by byte. Of several servers the newest token counts. It is
 * known by its key and not by its name; what the store has newer stays, and what no key of the operator signed is refused.
 * Nothing is deleted. Does what `nsc pull` does for NATS resolvers.
 *
 * @param target - a connection of a user of the system account, or servers to connect to
 * @param operator - the operator
 * @param options - which accounts, and what is overridden
 * @throws NscError as {@link push} does
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { Nsc } from "nsc.js";
 * import { pull, push } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const authority = testAuthority({ accounts: { APP: {} }, resolver: { type: "full", dir: "./jwt" } });
 * const { operator, url, systemCreds: creds, stop } = await authority.start();
 * await push({ connect, servers: url }, operator);
 *
 * const elsewhere = await new Nsc().importOperator(operator.token);
 * const report = await pull({ connect, servers: url, creds }, elsewhere);
 * report.accounts.map(({ name, status }) => `${name} ${status}`); // ["APP added", "SYS added"]
 * await stop();
 * ```
 */
export async function pull(target: NatsTarget, operator: Operator, options: PullOptions = {}): Promise<PullReport> {
  assertKnownOptions(options, [...NATS_OPTIONS, "accounts", "force"]);
  const force = overridden(options.force, GUARDS);
  await assertOperator(operator);
  const wanted = options.accounts === undefined ? undefined : await keysOf(operator, options.accounts);
  return talk(target, operator, SUBJECTS, options, async (conversation) => {
    const discovery = await discover(conversation, wanted === undefined);
    const resolvers = new Resolvers(conversation, discovery);
    const keys = wanted ?? [
      ...new Set([...resolvers.servers.values()].flatMap(({ accounts }) => [...(accounts ?? [])])),
    ];
    const tokens = await fetchTokens(resolvers, conversation, keys, wanted === undefined);
    const rules = { overwrite: force.has("newer"), foreign: force.has("foreign-issuer") };
    const adoptions = await adoptAll(operator, tokens, rules);
    const missing: PulledAccount[] = [];
    for (const publicKey of keys.filter((key) => !tokens.has(key))) {
      const [, name] = (await findPlace(operator, publicKey)) ?? [operator.name, publicKey];
      missing.push({ name, publicKey, status: "missing", message: "no server gave its token" });
    }
    const accounts = [...adoptions, ...missing].sort((a, b) => compareUtf8(a.name, b.name));
    const failing = accounts.filter(({ status }) => status === "refused" || status === "missing");
    return {
      servers: [...resolvers.servers.values()].map(identityOf),
      unheard: discovery.unheard,
      accounts,
      ...completeness(failing, accounts.length, discovery.unheard, "accounts are in the store"),
    };
  });
}

async function fetchTokens(
  resolvers: Resolvers,
  { signal }: Talk,
  keys: readonly string[],
  all: boolean,
): Promise<ReadonlyMap<string, string>> {
  // What one server gives is all there is where it is alone.
  const pack = all && resolvers.servers.size === 1 ? (await resolvers.pack()).tokens : new Map<string, string>();
  const tokens = new Map(pack);
  const others = keys.filter((key) => !pack.has(key));
  await forEachLimited(
    others,
    async (key) => {
      signal?.throwIfAborted();
      const newest = newestOf((await resolvers.lookup(key)) ?? []);
      if (newest !== undefined) tokens.set(key, newest);
    },
    CONCURRENCY,
  );
  const failure = resolvers.broken ?? resolvers.lookupFailure;
  if (failure !== undefined && tokens.size === 0) throw failure;
  return tokens;
}

async function adoptAll(
  operator: Operator,
  tokens: ReadonlyMap<string, string>,
  rules: AdoptionRules,
): Promise<readonly Adoption[]> {
  const { session } = operator.cell;
  const path: OperatorPath = [operator.name];
  const adopt = async (entries: Iterable<readonly [string, string]>): Promise<Adoption[]> => {
    const change = await session.run([path], async (workspace) => {
      const adoptions: Adoption[] = [];
      for (const [key, token] of entries) adoptions.push(await adoptAccount(workspace, path, key, token, rules));
      return adoptions;
    });
    return change.value;
  };
  try {
    return await adopt(tokens);
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_NAME")) throw error;
  }
  // The store can't keep one of the names, which is no reason to do without the others.
  const adoptions: Adoption[] = [];
  for (const [publicKey, token] of tokens) {
    try {
      adoptions.push(...(await adopt([[publicKey, token]])));
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_NAME")) throw error;
      adoptions.push({ name: publicKey, publicKey, status: "refused", message: error.message });
    }
  }
  return adoptions;
}
