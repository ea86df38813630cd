import type { Operator } from "../authority/operator.ts";
import type { AccountPath } from "../authority/paths.ts";
import { isNscError } from "../errors.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import { pathKey } from "../store/paths.ts";
import type { StoreChange } from "../store/store.ts";
import type { Announcement, ServiceSettings } from "./account-service-options.ts";
import { allPlaces, findPlace } from "./accounts.ts";
import type { Announcer } from "./announcer.ts";
import { accountsAt, discover } from "./discovery.ts";
import { pause } from "./timers.ts";

interface FollowerSettings extends Pick<ServiceSettings, "timeout" | "pollInterval" | "onError"> {
  readonly signal: AbortSignal;
}

/** Follows the store, and has servers told of accounts that change. */
export class StoreFollower {
  readonly #operator: Operator;
  readonly #announcer: Announcer;
  readonly #settings: FollowerSettings;
  /** The signatures of tokens that servers were told of, by place. */
  readonly #known = new Map<string, string>();
  #work: Promise<unknown> = Promise.resolve();
  #following: Promise<void> | undefined;
  /** When servers are told again. */
  #later: Promise<void> | undefined;

  constructor(operator: Operator, announcer: Announcer, settings: FollowerSettings) {
    this.#operator = operator;
    this.#announcer = announcer;
    this.#settings = settings;
  }

  /** Resolves when nothing is under way any more, after the end. */
  get done(): Promise<void> {
    return this.#following ?? Promise.resolve();
  }

  /** Takes down what there is, tells servers of what they may have in an older version, and goes on with what changes. */
  async start(): Promise<void> {
    await this.#look(await allPlaces(this.#operator));
    this.#following = this.#follow();
  }

  /** Has servers told of what changed since they were told last. */
  announceChanges(places?: readonly AccountPath[]): Promise<readonly Announcement[]> {
    // One after the other, so that none is told twice.
    const announcing = this.#work.then(async () => {
      await this.#operator.refresh();
      return this.#tell(await this.#look(places ?? (await allPlaces(this.#operator))));
    });
    this.#work = announcing.catch(() => undefined);
    return announcing;
  }

  async #follow(): Promise<void> {
    await this.#try(() => this.#catchUp());
    const { store } = this.#operator.cell.session.context;
    while (!this.#settings.signal.aborted) {
      if (store.watch !== undefined) {
        await this.#try(async () => {
          for await (const change of store.watch?.({ signal: this.#settings.signal }) ?? []) await this.#note(change);
        });
      }
      await pause(this.#settings.pollInterval, this.#settings.signal);
      if (!this.#settings.signal.aborted) await this.#try(() => this.announceChanges());
    }
    await this.#later;
    await this.#work;
  }

  async #note({ isAnything, paths }: StoreChange): Promise<void> {
    const own = paths.filter((path) => path[0] === this.#operator.name);
    const accounts = own.filter((path): path is AccountPath => path.length === 2);
    // With another key of the operator others may be good.
    const isAll = isAnything || own.some((path) => path.length === 1);
    if (isAll || accounts.length > 0) await this.#try(() => this.announceChanges(isAll ? undefined : accounts));
  }

  /** What servers have may have changed while nobody told them. */
  async #catchUp(): Promise<void> {
    const places = await this.#placesAtServers();
    const announcing = this.#work.then(() => this.#tell(places));
    this.#work = announcing.catch(() => undefined);
    await announcing;
  }

  /** Has servers told; what none of them has heard, they are told again the next time, which comes if the store is followed. */
  async #tell(places: readonly AccountPath[]): Promise<readonly Announcement[]> {
    let untold = places;
    try {
      const announcements = await this.#announcer.announce(places);
      const unheard = new Set(announcements.filter(({ status }) => status === "unheard").map(({ name }) => name));
      untold = places.filter(([, name]) => unheard.has(name));
      return announcements;
    } finally {
      for (const path of untold) this.#known.delete(pathKey(path));
      if (untold.length > 0 && this.#following !== undefined) this.#tellLater();
    }
  }

  #tellLater(): void {
    const { pollInterval, signal } = this.#settings;
    this.#later ??= pause(pollInterval, signal).then(async () => {
      this.#later = undefined;
      if (!signal.aborted) await this.#try(() => this.announceChanges());
    });
  }

  async #placesAtServers(): Promise<readonly AccountPath[]> {
    const { timeout, signal } = this.#settings;
    try {
      const talk = { requests: this.#announcer.requests, timeout, signal, expectServers: 0 };
      const { resolvers } = await discover(talk, true);
      const places: AccountPath[] = [];
      await forEachLimited(accountsAt(resolvers), async (key) => {
        const place = await findPlace(this.#operator, key);
        if (place !== undefined) places.push(place);
      });
      return places;
    } catch (error) {
      // Servers with a URL resolver say nothing of what they have.
      if (isNscError(error, "ERR_NATS_NO_RESOLVER")) return allPlaces(this.#operator);
      throw error;
    }
  }

  /** Which of these have changed. */
  async #look(places: readonly AccountPath[]): Promise<readonly AccountPath[]> {
    const { store } = this.#operator.cell.session.context;
    const changed: AccountPath[] = [];
    await forEachLimited(places, async (path) => {
      const signature = (await store.read(path))?.slice(-86);
      const key = pathKey(path);
      if (signature === this.#known.get(key)) return;
      if (signature === undefined) this.#known.delete(key);
      else {
        this.#known.set(key, signature);
        changed.push(path);
      }
    });
    return changed;
  }

  async #try(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (this.#settings.signal.aborted) return;
      if (!isNscError(error)) throw error;
      this.#settings.onError?.(error);
    }
  }
}
