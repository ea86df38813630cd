import { nowOf } from "../authority/context.ts";
import type { Operator } from "../authority/operator.ts";
import { assertKnownOptions } from "../authority/options.ts";
import type { AccountPath } from "../authority/paths.ts";
import { compareUtf8 } from "../encoding/go-text.ts";
import { isNscError, type NscError } from "../errors.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import type { AccountServerTarget } from "./account-server-target.ts";
import {
  type AccountList,
  allPlaces,
  assertOperator,
  pendingPlaces,
  placesOf,
  readAccount,
  type StoredAccount,
} from "./accounts.ts";
import { type Answer, identityOf, tellWrong, wentWrong } from "./answers.ts";
import { DISCOVERY_SUBJECTS } from "./discovery.ts";
import { overridden } from "./force.ts";
import type { AccountKeepers } from "./keepers.ts";
import { readable } from "./newest.ts";
import { assertCount, assertFlag, assertFunction } from "./option-checks.ts";
import { settlePending } from "./pending.ts";
import { type GuardScope, PUSH_GUARDS, type PushGuard, violationOf } from "./push-guards.ts";
import { inPushOrder } from "./push-order.ts";
import { type PushedAccount, type PushReport, pushedTo, pushReport } from "./push-report.ts";
import { LOOKUP, UPDATE } from "./resolvers.ts";
import { NATS_OPTIONS, type NatsOptions, type NatsTarget } from "./target.ts";
import { withKeepers } from "./with-keepers.ts";

/** How far a push is. */
export interface PushProgress {
  /** The account that is done. */
  readonly account: PushedAccount;
  /** How many are done. */
  readonly done: number;
  /** How many there are. */
  readonly total: number;
}

/** Options of {@link push}. */
export interface PushOptions extends NatsOptions {
  /**
   * Which accounts: handles, names or public keys; `pending` for those that a push did not bring to all servers; `all` by
   * default.
   */
  readonly accounts?: AccountList | "all" | "pending";
  /** Whether what all servers have already is sent, too; false by default. */
  readonly resend?: boolean;
  /** Guards that are overridden. */
  readonly force?: PushGuard | readonly PushGuard[];
  /** How many accounts are under way at a time; by default 256, and 16 with an account server. */
  readonly concurrency?: number;
  /** Called for each account that is done. */
  readonly onProgress?: (progress: PushProgress) => void;
}

/** For more accounts than these, servers are asked which they have at all, instead of one by one. */
const MANY = 32;

/** What a user needs to be permitted to push. */
export const PUSH_SUBJECTS: readonly string[] = [...DISCOVERY_SUBJECTS, UPDATE, LOOKUP];

const OPTIONS = [...NATS_OPTIONS, "accounts", "resend", "force", "concurrency", "onProgress"];

/**
 * Brings accounts to the servers, as the store has them now: those of which any server has something else. Many are under way at
 * a time, exporters before importers, the system account last; it is over when all servers have answered. What servers
 * would store and break on is refused. An account that does not reach all servers, or is changed by others meanwhile, is marked
 * in the store as pending, until a later push succeeds. Does what `nsc push` does.
 *
 * @param target - a connection of a user of the system account, servers to connect to, or an account server
 * @param operator - the operator
 * @param options - which accounts, and what is overridden
 * @returns what came of each account on each server
 * @throws NscError where nothing was sent: `ERR_NATS_CONNECTION`, `ERR_NATS_AUTHORIZATION`, `ERR_NATS_PERMISSION`,
 * `ERR_NATS_NO_RESOLVER`, `ERR_NATS_TIMEOUT`; `ERR_ARGUMENT_INVALID`, `ERR_ENTITY_NOT_FOUND`, `ERR_HANDLE_FOREIGN`,
 * `ERR_TRANSACTION`; without creds `ERR_SYSTEM_ACCOUNT`, `ERR_SIGNER_MISSING`, `ERR_SIGNING_KEY_REQUIRED`; those of the store
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { push } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const { operator, url, stop } = await testAuthority({ resolver: { type: "full", dir: "./jwt" } }).start();
 * const app = await operator.addAccount("APP");
 * const report = await push({ connect, servers: url }, operator, { accounts: [app] });
 * report.assertComplete();
 * report.accounts[0]?.status; // "pushed"
 * await stop();
 * ```
 */
export async function push(
  target: NatsTarget | AccountServerTarget,
  operator: Operator,
  options: PushOptions = {},
): Promise<PushReport> {
  return await pushSelected(target, operator, options, (accounts) => selectPlaces(operator, accounts));
}

/** Reads an account that is to be pushed; nothing if it is gone. */
export type ReadAccount = (path: AccountPath) => Promise<StoredAccount | undefined>;

/** As {@link push} does, for whoever has found and read the accounts already. */
export async function pushAsRead(
  target: NatsTarget | AccountServerTarget,
  operator: Operator,
  places: readonly AccountPath[],
  options: Omit<PushOptions, "accounts">,
  read: ReadAccount,
): Promise<PushReport> {
  return await pushSelected(target, operator, { ...options, accounts: [] }, async () => places, read);
}

async function pushSelected(
  target: NatsTarget | AccountServerTarget,
  operator: Operator,
  options: PushOptions,
  select: (accounts: AccountList | "all" | "pending") => Promise<readonly AccountPath[]>,
  read: ReadAccount = (path) => readAccount(operator, path),
): Promise<PushReport> {
  assertKnownOptions(options, OPTIONS);
  const { accounts = "all", concurrency, onProgress } = options;
  if (concurrency !== undefined) assertCount(concurrency, "concurrency", 1);
  assertFunction(onProgress, "onProgress");
  assertFlag(options.resend, "resend");
  const force = overridden(options.force, PUSH_GUARDS);
  await assertOperator(operator);
  const places = await select(accounts);
  const done = new Set<AccountPath>();
  try {
    const asks = options.resend !== true || !force.has("older");
    return await withKeepers(target, operator, PUSH_SUBJECTS, options, asks && places.length > MANY, (keepers) => {
      const run = new PushRun(operator, keepers, force, options, done, read);
      return run.push(places, concurrency ?? keepers.concurrency);
    });
  } catch (error) {
    // Whoever asks for certain accounts wants them to be there in the end.
    if (accounts !== "all" && !isNscError(error, "ERR_ARGUMENT_INVALID")) {
      await markAll(
        operator,
        places.filter((path) => !done.has(path)),
      );
    }
    throw error;
  }
}

function selectPlaces(operator: Operator, accounts: AccountList | "all" | "pending"): Promise<readonly AccountPath[]> {
  if (accounts === "all") return allPlaces(operator);
  if (accounts === "pending") return pendingPlaces(operator);
  return placesOf(operator, accounts);
}

async function markAll(operator: Operator, places: readonly AccountPath[]): Promise<void> {
  try {
    const read: StoredAccount[] = [];
    await forEachLimited(places, async (path) => {
      const account = await readAccount(operator, path).catch(passOverDamage);
      if (account !== undefined) read.push(account);
    });
    await settlePending(operator, read, []);
  } catch (error) {
    // What broke the push is what its caller has to hear of.
    if (!isNscError(error)) throw error;
  }
}

/** One that can't be read is no reason to forget the others. */
function passOverDamage(error: unknown): undefined {
  if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
}

/** What came of an account, which is not at hand if it could not be read. */
interface Outcome {
  readonly outcome: PushedAccount;
  readonly account: StoredAccount | undefined;
}

class PushRun {
  readonly #operator: Operator;
  readonly #keepers: AccountKeepers;
  readonly #options: PushOptions;
  readonly #scope: GuardScope;
  readonly #outcomes: Outcome[] = [];
  /** The places of those whose outcome is known. */
  readonly #settled: Set<AccountPath>;
  readonly #readAccount: ReadAccount;
  readonly #warnings: string[] = [];
  /** Whether nobody said in time what servers have of an account. */
  #isUnanswered = false;
  /** The accounts that account services have as they are to be. */
  readonly #served = new Set<string>();
  #total = 0;
  #sent = 0;

  constructor(
    operator: Operator,
    keepers: AccountKeepers,
    force: ReadonlySet<PushGuard>,
    options: PushOptions,
    settled: Set<AccountPath>,
    read: ReadAccount,
  ) {
    this.#operator = operator;
    this.#keepers = keepers;
    this.#options = options;
    this.#settled = settled;
    this.#readAccount = read;
    this.#scope = {
      operator: operator.claims,
      resolvers: [...keepers.servers.values()],
      now: nowOf(operator.cell.session.context),
      maxPayload: keepers.maxPayload,
      takesUnsigned: keepers.takesUnsigned && operator.isManaged,
      overridden: force,
    };
  }

  async push(places: readonly AccountPath[], concurrency: number): Promise<PushReport> {
    this.#total = places.length;
    const system = this.#operator.claims.nats.system_account;
    const held: StoredAccount[] = [];
    try {
      await forEachLimited(
        places,
        async (path) => {
          const account = await this.#read(path);
          if (account === undefined) return;
          // Importers after those that they import from, and the system account, by which all this is done, last.
          if (account.publicKey === system || (account.claims.nats.imports ?? []).length > 0) held.push(account);
          else await this.#pushOne(account);
        },
        concurrency,
      );
      for (const level of inPushOrder(held, system)) {
        await forEachLimited(level, (account) => this.#pushOne(account), concurrency);
      }
    } finally {
      await this.#settle();
    }
    // Nothing was sent, so that there is nothing to report on.
    const { broken } = this.#keepers;
    if (broken !== undefined && this.#sent === 0 && this.#missed().length > 0) throw broken;
    return this.#report();
  }

  async #read(path: AccountPath): Promise<StoredAccount | undefined> {
    try {
      const account = await this.#readAccount(path);
      // It was deleted meanwhile.
      if (account === undefined) this.#total -= 1;
      return account;
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      const { code, message } = error;
      this.#note({ name: path[1], publicKey: undefined, status: "failed", code, message, servers: [] });
      return undefined;
    }
  }

  async #pushOne(account: StoredAccount): Promise<void> {
    this.#keepers.signal?.throwIfAborted();
    const violation = violationOf(account, this.#scope);
    if (violation !== undefined)
      return this.#note({ ...titleOf(account), status: "refused", ...violation, servers: [] });
    const known = await this.#compare(account).catch((error: unknown) => this.#unknown(account, error));
    if (known !== undefined) return this.#note(known, account);
    const { answers, failure } = await this.#keepers.update(account.publicKey, account.token);
    this.#note(this.#outcomeOf(account, answers, failure), account);
  }

  /** What comes of an account without sending it, by what servers have of it. */
  async #compare(account: StoredAccount): Promise<PushedAccount | undefined> {
    const holders = this.#keepers.countHolders(account.publicKey);
    const { resend = false } = this.#options;
    if (holders === 0 || (resend && this.#scope.overridden.has("older"))) return undefined;
    const found = await this.#keepers.lookup(account.publicKey);
    if (found === undefined) return undefined;
    const { kept: tokens, served } = found;
    if (served.includes(account.token)) this.#served.add(account.publicKey);
    // Those that don't have it say so.
    this.#isUnanswered ||= tokens.length + served.length === 0;
    const others = new Set([...tokens, ...served].filter((token) => token !== account.token && token !== ""));
    for (const other of this.#scope.overridden.has("older") ? [] : others) {
      const message = newerThan(account, other);
      if (message !== undefined)
        return { ...titleOf(account), status: "refused", guard: "older", message, servers: [] };
    }
    // Those that cache an account don't say which token they have.
    const isEverywhere =
      tokens.length > 0 && tokens.length >= holders && tokens.every((token) => token === account.token);
    if (resend || !isEverywhere) return undefined;
    return { ...titleOf(account), status: "unchanged", message: "all servers have it", servers: [] };
  }

  /** What comes of an account of which it is not known whether there is a newer token. */
  #unknown(account: StoredAccount, error: unknown): PushedAccount {
    if (!isNscError(error) || this.#keepers.signal?.aborted === true) throw error;
    const servers = [...this.#keepers.servers.values()].map((server) => pushedTo(server, undefined));
    return { ...titleOf(account), status: "failed", code: error.code, message: error.message, servers };
  }

  #outcomeOf(
    account: StoredAccount,
    answers: ReadonlyMap<string, Answer>,
    failure: NscError | undefined,
  ): PushedAccount {
    if (answers.size > 0) this.#sent += 1;
    const servers = [...this.#keepers.servers.values()].map((server) => pushedTo(server, answers.get(server.id)));
    const wrong = servers.filter(wentWrong);
    const isServed = this.#served.has(account.publicKey);
    if (wrong.length === 0 && isServed && servers.every(({ outcome }) => outcome !== "stored")) {
      const message = "an account service has it, and the servers that cache it have it";
      return { ...titleOf(account), status: "pushed", message, servers };
    }
    if (wrong.length === 0 && servers.some(({ outcome }) => outcome === "stored")) {
      const message = `${servers.length === 1 ? "the server has" : `all ${servers.length} servers have`} it`;
      return { ...titleOf(account), status: "pushed", message, servers };
    }
    const acceptance = servers.find(({ outcome }) => outcome === "accepted");
    if (wrong.length === 0 && acceptance !== undefined) {
      const words = acceptance.message === "" ? "" : `: ${acceptance.message}`;
      const message = `the account server has to have it signed, and is to be pulled from then${words}`;
      return { ...titleOf(account), status: "accepted", message, servers };
    }
    const refusal = wrong.find(({ outcome }) => outcome === "failed");
    const code = failure?.code ?? (refusal === undefined ? "ERR_NATS_TIMEOUT" : "ERR_NATS_REFUSED");
    const message = tellWrong(wrong) || "no server stores accounts: all of them only cache";
    // What an account server is asked names it.
    const isSaid = failure !== undefined && wrong.every(({ server }) => failure.message.includes(server.name));
    const reason = [failure?.message, isSaid ? undefined : message].filter((text) => text !== undefined).join("; ");
    return { ...titleOf(account), status: "failed", code, message: reason, servers };
  }

  #note(outcome: PushedAccount, account?: StoredAccount): void {
    this.#outcomes.push({ outcome, account });
    if (account !== undefined) this.#settled.add(account.path);
    this.#options.onProgress?.({ account: outcome, done: this.#outcomes.length, total: this.#total });
  }

  #of(...statuses: readonly PushedAccount["status"][]): readonly StoredAccount[] {
    const chosen = this.#outcomes.filter(({ outcome }) => statuses.includes(outcome.status));
    return chosen.flatMap(({ account }) => account ?? []);
  }

  /** The accounts that not all servers have. */
  #missed(): readonly StoredAccount[] {
    // One that is missing and caches accounts goes on with what it has when it is back, and asks nobody.
    return this.#keepers.unheard.length > 0 ? this.#of("failed", "pushed") : this.#of("failed");
  }

  async #settle(): Promise<void> {
    // What was refused stays pending if it is so, and so does what those that are missing may not have.
    const done = this.#keepers.unheard.length > 0 ? [] : this.#of("pushed", "unchanged");
    try {
      await settlePending(this.#operator, [...this.#missed(), ...(await this.#overtaken())], done);
    } catch (error) {
      if (!isNscError(error)) throw error;
      this.#warnings.push(`what is pending could not be kept in the store: ${error.message}`);
    }
  }

  /** The accounts that changed on their way: what another push brought meanwhile may have been replaced. */
  async #overtaken(): Promise<readonly StoredAccount[]> {
    const { store } = this.#operator.cell.session.context;
    const overtaken: StoredAccount[] = [];
    await forEachLimited(this.#of("pushed"), async (account) => {
      const token = await store.read(account.path);
      if (token !== undefined && token !== account.token) overtaken.push(account);
    });
    return overtaken;
  }

  #report(): PushReport {
    const unanswered = this.#isUnanswered ? `no answer within ${this.#keepers.timeout} ms` : undefined;
    const failure = this.#keepers.lookupFailure?.message ?? unanswered;
    if (failure !== undefined) {
      const what = "servers could not be asked what they have, so newer tokens may be replaced";
      this.#warnings.push(`${what}: ${failure}`);
    }
    return pushReport({
      servers: [...this.#keepers.servers.values()].map(identityOf),
      unheard: this.#keepers.unheard,
      warnings: this.#warnings,
      accounts: this.#outcomes.map(({ outcome }) => outcome).sort((a, b) => compareUtf8(a.name, b.name)),
    });
  }
}

function titleOf({ name, publicKey }: StoredAccount): Pick<PushedAccount, "name" | "publicKey"> {
  return { name, publicKey };
}

/** Why a token that servers have is not to be replaced. */
function newerThan({ claims }: StoredAccount, token: string): string | undefined {
  const other = readable(token);
  // What can't be read is nothing to keep.
  if (other === undefined) return undefined;
  const ahead = (other.iat ?? 0) - (claims.iat ?? 0);
  if (ahead > 0) return `servers have a token that is ${ahead} s newer: pull it first`;
  if (ahead < 0) return undefined;
  return "servers have another token of the same second, and none is the newer one: sign the account again";
}
