import type { NatsConnection } from "@nats-io/nats-core";
import type { Operator } from "../authority/operator.ts";
import { NscError } from "../errors.ts";
import {
  type Announcement,
  type ServeAccountsOptions,
  type ServiceSettings,
  settingsOf,
} from "./account-service-options.ts";
import { type AccountList, assertOperator } from "./accounts.ts";
import { Announcer } from "./announcer.ts";
import { LookupAnswerer } from "./lookup-answerer.ts";
import { StoreFollower } from "./store-follower.ts";
import { requestsOf } from "./target.ts";

/** How much an account service did since it was started. */
export interface AccountServiceStats {
  readonly served: number;
  readonly unknown: number;
  readonly refused: number;
  readonly failed: number;
  /** How many accounts servers were told of. */
  readonly announced: number;
}

/** A service that runs. With `await using` it is drained at the end of the block. */
export interface AccountService extends AsyncDisposable {
  /** What it did until now. */
  readonly stats: AccountServiceStats;
  /** Resolves when it has ended: with nothing after `drain` and `stop`, and else with what ended it, such as a lost connection. */
  readonly closed: Promise<NscError | undefined>;
  /**
   * Tells servers of accounts now: of those that changed since they were told last, or of these.
   *
   * @throws NscError `ERR_NATS_CONNECTION` after the end, `ERR_ENTITY_NOT_FOUND`, and those of the store
   */
  announce(accounts?: AccountList): Promise<readonly Announcement[]>;
  /** Takes no more questions, answers those that it has, and ends. */
  drain(): Promise<void>;
  /** Ends at once. */
  stop(): Promise<void>;
}

/**
 * Is the account server of all servers behind a connection: answers what servers with a cache ask for, from the store, so that
 * none has to keep accounts, and tells all servers of accounts that change. It gives only what servers would take: signed by a
 * key of the operator, valid, not expired. Servers that have an account go on with it while no service runs; when one is started
 * it tells them what changed meanwhile. Run two for more than that.
 *
 * @param connection - a connection of a user of the system account; it stays open
 * @param operator - the operator
 * @param options - queue, hooks, limits
 * @throws NscError `ERR_NATS_CONNECTION`, `ERR_NATS_PERMISSION`, `ERR_ARGUMENT_INVALID`, `ERR_TRANSACTION`; those of the store
 *
 * @example
 * ```ts
 * import { connect, credsAuthenticator } from "@nats-io/transport-node";
 * import { serveAccounts } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const authority = testAuthority({ accounts: { APP: { users: ["alice"] } }, resolver: { type: "cache", dir: "./jwt" } });
 * const { operator, creds, systemCreds, url, stop } = await authority.start();
 * const as = (text: string) => ({ servers: url, authenticator: credsAuthenticator(new TextEncoder().encode(text)) });
 *
 * const connection = await connect(as(systemCreds));
 * const service = await serveAccounts(connection, operator);
 * const alice = await connect(as(creds.APP.alice)); // the server asks for APP
 * service.stats.served; // 1
 *
 * await alice.close();
 * await service.drain();
 * await connection.close();
 * await stop();
 * ```
 */
export async function serveAccounts(
  connection: NatsConnection,
  operator: Operator,
  options: ServeAccountsOptions = {},
): Promise<AccountService> {
  const settings = settingsOf(options);
  await assertOperator(operator);
  if (typeof (connection as Partial<NatsConnection> | null)?.subscribe !== "function") {
    throw new NscError("ERR_ARGUMENT_INVALID", "an account service is given a connection, which stays open");
  }
  settings.signal?.throwIfAborted();
  const service = new Service(connection, operator, settings);
  await service.start();
  return service;
}

class Service implements AccountService {
  readonly closed: Promise<NscError | undefined>;
  readonly #stats = { served: 0, unknown: 0, refused: 0, failed: 0, announced: 0 };
  readonly #settings: ServiceSettings;
  readonly #answerer: LookupAnswerer;
  readonly #announcer: Announcer;
  readonly #follower: StoreFollower;
  readonly #ending = new AbortController();
  #close: (error: NscError | undefined) => void = () => undefined;

  constructor(connection: NatsConnection, operator: Operator, settings: ServiceSettings) {
    this.#settings = settings;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    const onAnnounce = (announcement: Announcement): void => {
      if (announcement.status !== "refused" && announcement.status !== "unheard") this.#stats.announced += 1;
      settings.onAnnounce?.(announcement);
    };
    const requests = requestsOf(connection);
    this.#announcer = new Announcer(requests, operator, { ...settings, onAnnounce });
    this.#follower = new StoreFollower(operator, this.#announcer, { ...settings, signal: this.#ending.signal });
    this.#answerer = new LookupAnswerer(connection, operator, {
      ...settings,
      onLookup: (lookup) => {
        this.#stats[lookup.outcome] += 1;
        settings.onLookup?.(lookup);
      },
      onEnd: (error) => this.#end(error),
    });
    const onAbort = (): void => this.#end(undefined);
    settings.signal?.addEventListener("abort", onAbort, { once: true });
    this.closed.then(() => {
      settings.signal?.removeEventListener("abort", onAbort);
      requests.close();
    }, undefined);
  }

  get stats(): AccountServiceStats {
    return { ...this.#stats };
  }

  async start(): Promise<void> {
    try {
      await this.#answerer.start();
      if (this.#settings.announce) await this.#follower.start();
    } catch (error) {
      this.#end(undefined);
      throw error;
    }
  }

  async announce(accounts?: AccountList): Promise<readonly Announcement[]> {
    if (this.#ending.signal.aborted) throw new NscError("ERR_NATS_CONNECTION", "the account service has ended");
    return accounts === undefined ? this.#follower.announceChanges() : this.#announcer.announceThese(accounts);
  }

  async drain(): Promise<void> {
    await this.#answerer.drain();
    this.#end(undefined);
    await this.#follower.done;
  }

  async stop(): Promise<void> {
    this.#end(undefined);
    await this.#follower.done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  #end(error: NscError | undefined): void {
    this.#answerer.stop();
    this.#ending.abort();
    this.#close(error);
  }
}
