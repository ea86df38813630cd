import { type Adoption, type AdoptionRules, adoptAccount } from "../authority/adopt-account.ts";
import { adoptOperator } from "../authority/adopt-operator.ts";
import type { Operator } from "../authority/operator.ts";
import { assertKnownOptions } from "../authority/options.ts";
import type { OperatorPath } from "../authority/paths.ts";
import { compareUtf8 } from "../encoding/go-text.ts";
import { isNscError, type NscError, type NscErrorCode } from "../errors.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import { AccountServer } from "./account-server.ts";
import type { AccountServerTarget } from "./account-server-target.ts";
import { type AccountList, assertOperator, findPlace, keysOf, namesByKey } from "./accounts.ts";
import { identityOf } from "./answers.ts";
import { accountsAt, DISCOVERY_SUBJECTS } from "./discovery.ts";
import { overridden } from "./force.ts";
import type { AccountKeepers } from "./keepers.ts";
import { newestFound } from "./newest.ts";
import { completeness, type ServersReport } from "./report.ts";
import { LOOKUP, PACK, packOf } from "./resolvers.ts";
import { NATS_OPTIONS, type NatsOptions, type NatsTarget } from "./target.ts";
import { withKeepers } from "./with-keepers.ts";

/** What came of an account. */
export interface PulledAccount extends Omit<Adoption, "status"> {
  /**
   * `added`: the store had no such account. `updated`: its token was replaced. `unchanged`: the store has it. `kept`: the store has a
   * newer one, or another one of the same second, and keeps it. `refused`: it is not stored; the message says why. `missing`: no
   * server gave it.
   */
  readonly status: Adoption["status"] | "missing";
  /** What went wrong, if an account server could not be asked for it. */
  readonly code?: NscErrorCode;
}

/** What came of the operator's own token. */
export interface PulledOperator extends Omit<Adoption, "status"> {
  /**
   * `updated`: its token was replaced. `unchanged`: the store has it. `kept`: the store has a newer one, or another one of the same
   * second. `refused`: it is not stored; the message says why.
   */
  readonly status: Exclude<Adoption["status"], "added">;
}

/** What came of a pull. It is complete when everything that was to be pulled is in the store, or something newer. */
export interface PullReport extends ServersReport {
  /** The accounts, sorted by name. */
  readonly accounts: readonly PulledAccount[];
  /** What came of the operator's own token, if an account server that was asked for all accounts shows it. */
  readonly operator?: PulledOperator;
}

/** What is pulled although there are reasons not to. */
export type PullGuard = "newer" | "foreign-issuer";

/** Options of {@link pull}. */
export interface PullOptions extends NatsOptions {
  /**
   * Which accounts: handles, names or public keys; all that the servers keep by default. An account server does not say what it
   * keeps: it is asked for all of the store, and for the operator.
   */
  readonly accounts?: AccountList;
  /** `newer`: tokens of the store that are newer are replaced. `foreign-issuer`: tokens that no key of the operator signed are taken. */
  readonly force?: PullGuard | readonly PullGuard[];
}

const GUARDS: readonly PullGuard[] = ["newer", "foreign-issuer"];
/** What a user needs to be permitted for it. */
export const PULL_SUBJECTS: readonly string[] = [...DISCOVERY_SUBJECTS, PACK, LOOKUP];

/**
 * Brings accounts from the servers into the store, as they are, byte by byte. Of several servers the newest token counts. It is
 * known by its key and not by its name; what the store has newer stays, and what no key of the operator signed is refused.
 * Nothing is deleted. Does what `nsc pull` does.
 *
 * @param target - a connection of a user of the system account, servers to connect to, or an account server
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
export async function pull(
  target: NatsTarget | AccountServerTarget,
  operator: Operator,
  options: PullOptions = {},
): Promise<PullReport> {
  assertKnownOptions(options, [...NATS_OPTIONS, "accounts", "force"]);
  const force = overridden(options.force, GUARDS);
  await assertOperator(operator);
  const wanted = options.accounts === undefined ? undefined : await keysOf(operator, options.accounts);
  return withKeepers(target, operator, PULL_SUBJECTS, options, wanted === undefined, async (keepers) => {
    const keys = wanted ?? (await keysAt(keepers, operator));
    const { tokens, failures } = await fetchTokens(keepers, keys, wanted === undefined);
    const rules = { overwrite: force.has("newer"), foreign: force.has("foreign-issuer") };
    // What it trusts may have changed, and decides about accounts.
    const own = wanted === undefined ? await pullOperator(keepers, operator, rules) : undefined;
    const adoptions = await adoptAll(operator, tokens, rules);
    const missing: PulledAccount[] = [];
    for (const publicKey of keys.filter((key) => !tokens.has(key))) {
      const [, name] = (await findPlace(operator, publicKey)) ?? [operator.name, publicKey];
      const { code, message = "no server gave its token" } = failures.get(publicKey) ?? {};
      missing.push({ name, publicKey, status: "missing", message, ...(code !== undefined && { code }) });
    }
    const accounts = [...adoptions, ...missing].sort((a, b) => compareUtf8(a.name, b.name));
    const all = own === undefined ? accounts : [own, ...accounts];
    const failing = all.filter(({ status }) => status === "refused" || status === "missing");
    return {
      servers: [...keepers.servers.values()].map(identityOf),
      unheard: keepers.unheard,
      accounts,
      ...(own && { operator: own }),
      ...completeness(failing, all.length, keepers.unheard, "accounts are in the store"),
    };
  });
}

/** The accounts that there are; an account server does not say which. */
async function keysAt(keepers: AccountKeepers, operator: Operator): Promise<readonly string[]> {
  if (keepers instanceof AccountServer) return [...(await namesByKey(operator)).keys()];
  return [...accountsAt(keepers.servers)];
}

async function pullOperator(
  keepers: AccountKeepers,
  operator: Operator,
  rules: AdoptionRules,
): Promise<PulledOperator | undefined> {
  const token = keepers instanceof AccountServer ? keepers.operatorToken : undefined;
  if (token === undefined) return undefined;
  const path: OperatorPath = [operator.name];
  const { session } = operator.cell;
  return (await session.run([path], (workspace) => adoptOperator(workspace, path, token, rules))).value;
}

interface Fetched {
  /** By account. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Why there is none, where that is known. */
  readonly failures: ReadonlyMap<string, NscError>;
}

async function fetchTokens(keepers: AccountKeepers, keys: readonly string[], all: boolean): Promise<Fetched> {
  const pack = all ? await packOf(keepers) : new Map<string, string>();
  const tokens = new Map(pack);
  const failures = new Map<string, NscError>();
  const others = keys.filter((key) => !pack.has(key));
  await forEachLimited(
    others,
    async (key) => {
      keepers.signal?.throwIfAborted();
      try {
        const newest = newestFound(await keepers.lookup(key));
        if (newest !== undefined) tokens.set(key, newest);
      } catch (error) {
        if (!isNscError(error) || keepers.signal?.aborted === true) throw error;
        failures.set(key, error);
      }
    },
    keepers.concurrency,
  );
  const failure = keepers.broken ?? keepers.lookupFailure;
  if (failure !== undefined && tokens.size === 0) throw failure;
  return { tokens, failures };
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
