import type { NatsConnection } from "@nats-io/nats-core";
import type { Moment } from "./renewal-times.ts";
import { unrefTimer } from "./timers.ts";

/** Is called, and waited for, before a connection is given up for a new one. */
export type BeforeReconnect = () => void | Promise<void>;

/** Options of `RenewingCreds.follow`. */
export interface FollowOptions {
  /**
   * Finishes what should not be cut off, such as requests that wait for answers. It has until the present creds expire. What it
   * throws is ignored.
   */
  readonly beforeReconnect?: BeforeReconnect;
}

/** Creds that a connection may have been made with. */
export interface FollowedCreds {
  /** When they are to be replaced. */
  readonly due: Moment;
  readonly expiry: Moment;
}

/** Where new creds come from. */
export interface CredsHolder {
  /** The newest. */
  readonly held: FollowedCreds;
  /** Asks for others, since these were refused. */
  hasten(): void;
}

/** What the status of a connection may hold; the client's types differ between its versions. */
interface StatusEvent {
  readonly type: string;
  readonly error?: { readonly name?: string; readonly message?: string };
}

const REFUSALS: readonly string[] = ["AuthorizationError", "UserAuthenticationExpiredError"];

/** A connection that goes over to new creds before the servers cut it, and that says when they refuse those that it has. */
export class FollowedConnection {
  readonly #connection: NatsConnection;
  readonly #holder: CredsHolder;
  readonly #beforeReconnect: BeforeReconnect;
  readonly #onEnd: () => void;
  readonly #stopStatus: () => void;
  #held: FollowedCreds;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isMoving = false;
  #isReleased = false;

  /** @param onEnd - called when the connection is closed */
  constructor(
    connection: NatsConnection,
    holder: CredsHolder,
    { beforeReconnect = () => undefined }: FollowOptions,
    onEnd: () => void,
  ) {
    this.#connection = connection;
    this.#holder = holder;
    this.#beforeReconnect = beforeReconnect;
    this.#onEnd = onEnd;
    this.#held = holder.held;
    const statuses = connection.status();
    this.#stopStatus = () => (statuses as { stop?: () => void }).stop?.();
    this.#watch(statuses as AsyncIterable<StatusEvent>).catch(onEnd);
  }

  /** There are new creds: goes over to them when the present ones are due, or at once. */
  onRenewal(isUrgent: boolean): void {
    if (this.#isReleased || this.#held === this.#holder.held) return;
    clearTimeout(this.#timer);
    const wait = isUrgent ? 0 : Math.max(0, this.#held.due.left);
    if (wait === 0) this.#move();
    else this.#timer = unrefTimer(setTimeout(() => this.onRenewal(this.#held.due.hasCome), Math.min(wait, 60_000)));
  }

  release(): void {
    this.#isReleased = true;
    clearTimeout(this.#timer);
    this.#stopStatus();
  }

  async #watch(statuses: AsyncIterable<StatusEvent>): Promise<void> {
    for await (const { type, error } of statuses) {
      if (this.#isReleased) return;
      if (type === "reconnect") this.#held = this.#holder.held;
      const isRefusal = REFUSALS.includes(error?.name ?? "") || /authentication revoked/i.test(error?.message ?? "");
      if (type === "error" && isRefusal && this.#held === this.#holder.held) this.#holder.hasten();
    }
    this.#onEnd();
  }

  #move(): void {
    if (this.#isMoving) return;
    this.#isMoving = true;
    this.#reconnect()
      // A connection that is away comes back with the new creds by itself.
      .catch(() => undefined)
      .finally(() => {
        this.#isMoving = false;
      });
  }

  async #reconnect(): Promise<void> {
    await this.#prepare();
    // What was published before is with the server by then.
    if (this.#isDue()) await this.#connection.flush();
    if (this.#isDue()) await this.#connection.reconnect();
  }

  /** Whether it still has the creds that it had when it was to go over to others. */
  #isDue(): boolean {
    const connection = this.#connection;
    if (this.#isReleased || connection.isClosed() || connection.isDraining()) return false;
    return this.#held !== this.#holder.held;
  }

  async #prepare(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = Math.min(Math.max(0, this.#held.expiry.left), 2 ** 31 - 1);
    const tooLate = new Promise<void>((resolve) => {
      timer = unrefTimer(setTimeout(resolve, wait));
    });
    try {
      await Promise.race([this.#beforeReconnect(), tooLate]);
    } catch {
      // It is the caller's, who was told so.
    } finally {
      clearTimeout(timer);
    }
  }
}
