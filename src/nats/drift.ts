import type { Operator } from "../authority/operator.ts";
import { assertKnownOptions } from "../authority/options.ts";
import { compareUtf8 } from "../encoding/go-text.ts";
import { isNscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { diff } from "../jwt/diff.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import type { AccountServerTarget } from "./account-server-target.ts";
import {
  type AccountList,
  assertOperator,
  findPlace,
  keysOf,
  namesByKey,
  readAccount,
  type StoredAccount,
} from "./accounts.ts";
import { identityOf, type ServerIdentity } from "./answers.ts";
import { accountsAt, DISCOVERY_SUBJECTS } from "./discovery.ts";
import type { AccountAtServer, ComparedAccount, DriftReport, DriftState, KeptVersion } from "./drift-report.ts";
import { ACCOUNTZ, type TokenInForce } from "./in-force.ts";
import type { AccountKeepers } from "./keepers.ts";
import { readable } from "./newest.ts";
import { completeness } from "./report.ts";
import { LOOKUP, PACK, packOf } from "./resolvers.ts";
import { NATS_OPTIONS, type NatsOptions, type NatsTarget } from "./target.ts";
import { withKeepers } from "./with-keepers.ts";

/** Options of {@link drift}. */
export interface DriftOptions extends NatsOptions {
  /**
   * Which accounts: handles, names or public keys; by default all of the store, and all that servers keep. An account server does
   * not say what it keeps.
   */
  readonly accounts?: AccountList;
}

/** What a user needs to be permitted for it. */
export const DRIFT_SUBJECTS: readonly string[] = [...DISCOVERY_SUBJECTS, PACK, LOOKUP, ACCOUNTZ];

/**
 * Compares what servers have with what the store has: by the ids of tokens and by when they were issued, and what differs member
 * by member. It finds servers that disagree with each other, accounts that only they have or don't have, and those that go by
 * another token than they keep, as after a push of what they don't trust. Nothing is changed.
 *
 * @param target - a connection of a user of the system account, servers to connect to, or an account server
 * @param operator - the operator
 * @param options - which accounts
 * @throws NscError as {@link push} does, and `ERR_STORE_DAMAGED`
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { drift, push } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const authority = testAuthority({ accounts: { APP: {} }, resolver: { type: "full", dir: "./jwt" } });
 * const { operator, accounts, url, stop } = await authority.start();
 * const target = { connect, servers: url };
 * (await push(target, operator)).assertComplete();
 * (await drift(target, operator)).isComplete; // true
 *
 * await accounts.APP.edit(({ nats }) => {
 *   nats.limits.conn = 10;
 * });
 * const [app] = (await drift(target, operator)).drifted;
 * app?.status; // "older" or "different", if it was edited within a second
 * app?.versions[0]?.changes.map(({ path }) => path.join(".")).join(); // "nats.limits.conn"
 * await stop();
 * ```
 */
export async function drift(
  target: NatsTarget | AccountServerTarget,
  operator: Operator,
  options: DriftOptions = {},
): Promise<DriftReport> {
  assertKnownOptions(options, [...NATS_OPTIONS, "accounts"]);
  await assertOperator(operator);
  const wanted = options.accounts === undefined ? undefined : await keysOf(operator, options.accounts);
  return withKeepers(target, operator, DRIFT_SUBJECTS, options, true, async (keepers) => {
    const keys = wanted ?? [...new Set([...(await namesByKey(operator)).keys(), ...accountsAt(keepers.servers)])];
    const warnings: string[] = [];
    const pack = wanted === undefined ? await packOf(keepers) : new Map<string, string>();
    const accounts = await compareAll(keepers, operator, keys, pack, warnings);
    accounts.sort((a, b) => compareUtf8(a.name, b.name));
    const { inForceFailure } = keepers;
    if (inForceFailure !== undefined) {
      warnings.push(`servers could not be asked which tokens they go by: ${inForceFailure.message}`);
    }
    const drifted = accounts.filter(({ status }) => status !== "same");
    return {
      servers: [...keepers.servers.values()].map(identityOf),
      unheard: keepers.unheard,
      accounts,
      drifted,
      warnings,
      ...completeness(drifted, accounts.length, keepers.unheard, "accounts are the same on all servers"),
    };
  });
}

async function compareAll(
  keepers: AccountKeepers,
  operator: Operator,
  keys: readonly string[],
  pack: ReadonlyMap<string, string>,
  warnings: string[],
): Promise<ComparedAccount[]> {
  const accounts: ComparedAccount[] = [];
  await forEachLimited(
    keys,
    async (publicKey) => {
      keepers.signal?.throwIfAborted();
      try {
        const packed = pack.get(publicKey);
        const [found, inForce] = await Promise.all([
          packed === undefined ? keepers.lookup(publicKey) : { kept: [packed] },
          keepers.inForce(publicKey),
        ]);
        // After the servers: an account is in the store before it is there.
        const place = await findPlace(operator, publicKey);
        const stored = place && (await readAccount(operator, place));
        accounts.push(compare(publicKey, stored, found?.kept ?? [], inForce, keepers));
      } catch (error) {
        // An account server can't be asked for this one.
        if (!isNscError(error) || isNscError(error, "ERR_STORE_DAMAGED") || keepers.signal?.aborted === true)
          throw error;
        warnings.push(error.message);
        accounts.push({
          name: publicKey,
          publicKey,
          status: "unseen",
          message: error.message,
          versions: [],
          servers: [],
        });
      }
    },
    keepers.concurrency,
  );
  const failure = keepers.broken ?? keepers.lookupFailure;
  // Servers that only cache accounts don't answer look-ups.
  if (failure !== undefined && failure.code !== "ERR_NATS_NO_RESOLVER") throw failure;
  return accounts;
}

function compare(
  publicKey: string,
  stored: StoredAccount | undefined,
  answers: readonly string[],
  inForce: ReadonlyMap<string, TokenInForce>,
  keepers: AccountKeepers,
): ComparedAccount {
  const tokens = answers.filter((token) => token !== "");
  const versions = versionsOf(stored, tokens);
  const servers: AccountAtServer[] = [...keepers.servers.values()].map((server) => {
    const used = inForce.get(server.id);
    return {
      server: identityOf(server),
      isListed: server.accounts?.has(publicKey),
      inForce: used?.isExpired === true ? "expired" : used && stateOf(stored, used.token, readable(used.token)),
    };
  });
  const lacking = answers.length - tokens.length;
  const isListed = servers.some((server) => server.isListed === true);
  const status = statusOf(stored, versions, servers, lacking, isListed);
  const found = readable(tokens[0] ?? [...inForce.values()][0]?.token ?? "");
  const name = stored?.name ?? (found?.name || publicKey);
  return { name, publicKey, status, message: messageOf(status, versions, servers, lacking), versions, servers };
}

function versionsOf(stored: StoredAccount | undefined, tokens: readonly string[]): readonly KeptVersion[] {
  const versions = [...new Set(tokens)].map((token) => {
    const claims = readable(token);
    const state = stateOf(stored, token, claims);
    const isComparable = stored !== undefined && claims !== undefined && state !== "same";
    return {
      state,
      jti: claims?.jti,
      issuedAt: claims?.iat === undefined ? undefined : new Date(claims.iat * 1000),
      count: tokens.filter((other) => other === token).length,
      changes: isComparable ? diff(claims, stored.claims) : [],
    };
  });
  return versions.sort((a, b) => (b.issuedAt?.getTime() ?? 0) - (a.issuedAt?.getTime() ?? 0));
}

function stateOf(stored: StoredAccount | undefined, token: string, claims: AccountClaims | undefined): DriftState {
  if (stored === undefined) return "unknown";
  if (stored.token === token) return "same";
  if (claims === undefined) return "different";
  const ahead = (claims.iat ?? 0) - (stored.claims.iat ?? 0);
  if (ahead !== 0) return ahead > 0 ? "newer" : "older";
  return "different";
}

function statusOf(
  stored: StoredAccount | undefined,
  versions: readonly KeptVersion[],
  servers: readonly AccountAtServer[],
  lacking: number,
  isListed: boolean,
): ComparedAccount["status"] {
  const used = servers.flatMap(({ inForce }) => inForce ?? []);
  if (stored === undefined) return "unknown";
  // One that was deleted from the only server is loaded there still.
  if (versions.length === 0 && !isListed && used.every((state) => state === "expired")) return "missing";
  if (versions.length === 0 && used.length === 0) return "unseen";
  const states = new Set([...versions.map(({ state }) => state), ...used]);
  const [state] = states;
  const isOne = states.size === 1 && versions.length < 2 && lacking === 0;
  return isOne && state !== undefined && state !== "expired" ? state : "mixed";
}

const WORDS: Readonly<Record<DriftState | "expired", string>> = {
  same: "the token of the store",
  older: "an older token",
  newer: "a newer token",
  different: "another token of the same second",
  unknown: "a token of it",
  expired: "a token that has expired",
};

function messageOf(
  status: ComparedAccount["status"],
  versions: readonly KeptVersion[],
  servers: readonly AccountAtServer[],
  lacking: number,
): string {
  if (status === "missing") return "no server has it";
  const texts = versions.map(({ state, count, issuedAt }) => {
    const when = state === "same" || issuedAt === undefined ? "" : `, of ${issuedAt.toISOString()}`;
    return `${servingCount(count)} ${WORDS[state]}${when}`;
  });
  if (lacking > 0) texts.push(`${servingCount(lacking)} none`);
  if (status === "unknown") texts.push("the store has none");
  if (status === "unseen") texts.push("a server that caches it can't be asked for its token");
  const byUse = new Map<string, ServerIdentity[]>();
  for (const { server, inForce } of servers) {
    if (inForce === undefined || inForce === "unknown") continue;
    // Where all is one, it need not be said twice.
    if (status !== "mixed" && versions.length > 0) continue;
    byUse.set(WORDS[inForce], [...(byUse.get(WORDS[inForce]) ?? []), server]);
  }
  for (const [words, users] of byUse) {
    texts.push(`${users.map(({ name }) => name).join(", ")} ${users.length === 1 ? "goes" : "go"} by ${words}`);
  }
  return texts.join("; ");
}

function servingCount(count: number): string {
  return count === 1 ? "1 server has" : `${count} servers have`;
}
