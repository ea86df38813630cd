import type { Operator } from "../authority/operator.ts";
import { assertKnownOptions } from "../authority/options.ts";
import { NscError } from "../errors.ts";
import { trustedKeys } from "../jwt/trusted-keys.ts";
import type { ForeignKeyPair, Signer } from "../nkeys/signer.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import { assertOperator, namesByKey } from "./accounts.ts";
import { assertAllHeard, DELETE_SUBJECTS, type DeleteReport, deleteKeys, systemAccountsOf } from "./delete-accounts.ts";
import { accountsAt, type Discovery, discover } from "./discovery.ts";
import { overridden } from "./force.ts";
import { newestFound, readable } from "./newest.ts";
import { assertFlag } from "./option-checks.ts";
import { LOOKUP, Resolvers } from "./resolvers.ts";
import { NATS_OPTIONS, type NatsOptions, type NatsTarget, type Talk, talk } from "./target.ts";

/** An account that servers have and the store does not. */
export interface SurplusAccount {
  readonly publicKey: string;
  /** Its name by what servers have of it; nothing where they don't give it. */
  readonly name: string | undefined;
  /** Who signed it; nothing where servers don't give it. */
  readonly issuer: string | undefined;
}

/** What came of pruning. */
export interface PruneReport extends DeleteReport {
  /** What was deleted, or would be. */
  readonly surplus: readonly SurplusAccount[];
  /** What stays although the store does not have it, since no key of the operator signed it: it may be another operator's. */
  readonly foreign: readonly SurplusAccount[];
}

/**
 * What is not done. `foreign-issuer`: accounts stay that no key of the operator signed, or of which that is not known.
 * `unheard-servers`: as for `deleteAccounts`.
 */
export type PruneGuard = "foreign-issuer" | "unheard-servers";

/** Options of {@link prune}. */
export interface PruneOptions extends NatsOptions {
  /** Whether it is only said what would be deleted; false by default. */
  readonly dryRun?: boolean;
  /** Who signs the request: a key of the operator, or its public key; by default one that is at hand. */
  readonly signer?: Signer | ForeignKeyPair | string;
  /** Guards that are overridden. */
  readonly force?: PruneGuard | readonly PruneGuard[];
}

const GUARDS: readonly PruneGuard[] = ["foreign-issuer", "unheard-servers"];
const CONCURRENCY = 256;

/** What a user needs to be permitted to prune. */
export const PRUNE_SUBJECTS: readonly string[] = [...DELETE_SUBJECTS, LOOKUP];

/**
 * Deletes from the servers the accounts that the store does not have, as far as a key of the operator signed them. The system
 * account stays. Does what `nsc push --prune` does; `deleteAccounts` says what servers do then.
 *
 * @param target - a connection of a user of the system account, or servers to connect to
 * @param operator - the operator, one of whose keys signs the request
 * @param options - `dryRun`, and what is overridden
 * @throws NscError `ERR_STORE_DAMAGED` when an account of the store can't be read; `ERR_NATS_PERMISSION`,
 * `ERR_NATS_NO_RESOLVER` and the like when servers can't be asked who signed what they have, unless `foreign-issuer` is forced;
 * and as `deleteAccounts` does
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { prune, push } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const authority = testAuthority({ accounts: { APP: {} }, resolver: { type: "full", dir: "./jwt", allowDelete: true } });
 * const { operator, accounts, url, stop } = await authority.start();
 * const target = { connect, servers: url };
 * await push(target, operator);
 * await accounts.APP.delete();
 * (await prune(target, operator, { dryRun: true })).surplus.map(({ name }) => name); // ["APP"]
 * (await prune(target, operator)).assertComplete();
 * await stop();
 * ```
 */
export async function prune(target: NatsTarget, operator: Operator, options: PruneOptions = {}): Promise<PruneReport> {
  assertKnownOptions(options, [...NATS_OPTIONS, "dryRun", "force", "signer"]);
  assertFlag(options.dryRun, "dryRun");
  const force = overridden(options.force, GUARDS);
  await assertOperator(operator);
  return talk(target, operator, PRUNE_SUBJECTS, options, async (conversation) => {
    const discovery = await discover(conversation, true);
    // After the servers were asked: an account is in the store before it is there, so that a new one is no surplus.
    const names = await namesByKey(operator);
    if (!force.has("unheard-servers") && options.dryRun !== true) assertAllHeard(discovery);
    const system = systemAccountsOf(operator, discovery);
    const keys = [...accountsAt(discovery.resolvers)].filter((key) => !names.has(key) && !system.has(key)).sort();
    const found = await describe(conversation, discovery, keys, force);
    const own = new Set([...trustedKeys(operator.claims), operator.publicKey]);
    const isOwn = ({ issuer }: SurplusAccount): boolean => issuer !== undefined && own.has(issuer);
    const surplus = force.has("foreign-issuer") ? found : found.filter(isOwn);
    const doomed = options.dryRun === true ? [] : surplus.map(({ publicKey }) => publicKey);
    const nameOf = new Map(surplus.map(({ publicKey, name }) => [publicKey, name ?? publicKey]));
    const report = await deleteKeys(conversation, operator, discovery, doomed, nameOf, options.signer);
    return { ...report, surplus, foreign: found.filter((account) => !surplus.includes(account)) };
  });
}

async function describe(
  conversation: Talk,
  discovery: Discovery,
  keys: readonly string[],
  force: ReadonlySet<PruneGuard>,
): Promise<readonly SurplusAccount[]> {
  const resolvers = new Resolvers(conversation, discovery);
  const found: SurplusAccount[] = [];
  await forEachLimited(
    keys.entries(),
    async ([index, publicKey]) => {
      conversation.signal?.throwIfAborted();
      const token = newestFound(await resolvers.lookup(publicKey));
      const claims = token === undefined ? undefined : readable(token);
      found[index] = { publicKey, name: claims?.name, issuer: claims?.iss };
    },
    CONCURRENCY,
  );
  const failure = resolvers.lookupFailure;
  if (failure === undefined || force.has("foreign-issuer")) return found;
  // All of them would be taken for those of others, and nothing would be deleted.
  const what = "servers can't be asked who signed the accounts that the store does not have";
  throw new NscError(failure.code, `${what}, so none is deleted: ${failure.message}`, { cause: failure });
}
