import type { Authenticator, NatsConnection } from "@nats-io/nats-core";
import { assertKnownOptions } from "../authority/options.ts";
import { NscError } from "../errors.ts";
import type { UserClaims } from "../jwt/user.ts";
import { type CredsHolder, FollowedConnection, type FollowOptions } from "./followed-connection.ts";
import { assertFunction } from "./option-checks.ts";
import type { CurrentCreds, RenewalFailure, RenewalSettings, RenewingCreds } from "./renewal-options.ts";
import { backoffWait, Moment, renewalWait, timeLeft } from "./renewal-times.ts";
import { type ReadCreds, readSourced, sourceError } from "./sourced-creds.ts";
import { authenticatorOf } from "./system-user.ts";
import { pause, unrefTimer } from "./timers.ts";

/** A connection that asks again after less than these milliseconds was refused. */
const SOON_MS = 10_000;
/** Timers are set for a minute at most, so that a machine that slept does not sleep on. */
const LONGEST_NAP_MS = 60_000;

/** Creds and their times. */
interface HeldCreds extends ReadCreds {
  readonly expiry: Moment;
  readonly due: Moment;
}

/** Asks the source when it is time, and has at hand what came. */
export class Renewal implements RenewingCreds, CredsHolder {
  readonly #settings: RenewalSettings;
  readonly #stopping = new AbortController();
  readonly #followed = new Set<FollowedConnection>();
  readonly #onAbort = (): void => this.stop();
  #held: HeldCreds | undefined;
  #pending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = new Moment(Number.POSITIVE_INFINITY);
  #askedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** How many times in a row creds had to be asked for because others were refused. */
  #refusals = 0;
  #isHastened = false;

  constructor(settings: RenewalSettings) {
    this.#settings = settings;
    settings.signal?.throwIfAborted();
    settings.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  async begin(): Promise<void> {
    const { startWithin, signal, timeout } = this.#settings;
    const end = performance.now() + startWithin;
    for (;;) {
      try {
        const left = Math.max(1, end - performance.now());
        await this.#renew(true, startWithin === 0 ? timeout : Math.min(timeout, left));
        return;
      } catch (error) {
        signal?.throwIfAborted();
        const wait = Math.max(0, this.#due.left);
        if (performance.now() + wait >= end) throw error;
        await pause(wait, this.#stopping.signal);
        signal?.throwIfAborted();
      }
    }
  }

  get held(): HeldCreds {
    // There are some as soon as anybody else has this object.
    return this.#held as HeldCreds;
  }

  get authenticator(): Authenticator {
    let given: HeldCreds | undefined;
    let givenAt = 0;
    return (nonce) => {
      const { held } = this;
      const now = performance.now();
      // The server's clock decides, so that even those which look expired are worth a try.
      if (held.expiry.hasCome || (given === held && now - givenAt < SOON_MS)) this.hasten();
      given = held;
      givenAt = now;
      return held.pair === undefined ? { jwt: held.token } : authenticatorOf(held.token, held.pair)(nonce);
    };
  }

  get connectionOptions(): RenewingCreds["connectionOptions"] {
    return { authenticator: this.authenticator, ignoreAuthErrorAbort: true, maxReconnectAttempts: -1 };
  }

  get current(): CurrentCreds {
    const { claims } = this.held;
    return { publicKey: claims.sub, claims, expires: expiresOf(claims) };
  }

  async refresh(): Promise<void> {
    if (this.#stopping.signal.aborted) throw new NscError("ERR_CREDS_SOURCE", "the renewal of the creds was stopped");
    const before = this.#held;
    // What is under way may have been signed before that on account of which this is called.
    await this.#pending?.catch(() => undefined);
    await this.#renew(true);
    if (this.#held !== before) for (const followed of this.#followed) followed.onRenewal(true);
  }

  follow(connection: NatsConnection, options: FollowOptions = {}): () => void {
    assertKnownOptions(options, ["beforeReconnect"]);
    const { reconnect, status } = (connection ?? {}) as Partial<NatsConnection>;
    if (typeof reconnect !== "function" || typeof status !== "function") {
      throw new NscError("ERR_ARGUMENT_INVALID", "what is followed must be a connection of the NATS client");
    }
    assertFunction(options.beforeReconnect, "beforeReconnect");
    if (this.#stopping.signal.aborted) return () => undefined;
    const end = (): void => {
      if (this.#followed.delete(followed)) followed.release();
    };
    const followed = new FollowedConnection(connection, this, options, end);
    this.#followed.add(followed);
    return end;
  }

  hasten(): void {
    if (this.#stopping.signal.aborted || this.#pending !== undefined) return;
    this.#refusals += 1;
    const waited = performance.now() - this.#askedAt;
    const wait = Math.max(0, backoffWait(this.#settings.backoff, this.#refusals) - waited);
    if (wait >= this.#due.left) return;
    this.#isHastened = true;
    this.#renewIn(wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#settings.signal?.removeEventListener("abort", this.#onAbort);
    this.#stopping.abort();
    for (const followed of this.#followed) followed.release();
    this.#followed.clear();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** @param keepsAlive - whether somebody waits for it, so that the process must not end meanwhile */
  #renew(keepsAlive = false, timeout = this.#settings.timeout): Promise<void> {
    this.#pending ??= this.#renewOnce(keepsAlive, timeout).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #renewOnce(keepsAlive: boolean, timeout: number): Promise<void> {
    clearTimeout(this.#timer);
    this.#askedAt = performance.now();
    if (!this.#isHastened) this.#refusals = 0;
    this.#isHastened = false;
    try {
      this.#take(await this.#ask(keepsAlive, timeout));
    } catch (cause) {
      const error = sourceError(cause);
      if (!this.#stopping.signal.aborted) this.#fail(error);
      throw error;
    }
  }

  async #ask(keepsAlive: boolean, timeout: number): Promise<ReadCreds> {
    const { source, key } = this.#settings;
    const asking = new AbortController();
    const onStop = (): void => asking.abort(new NscError("ERR_CREDS_SOURCE", "the renewal of the creds was stopped"));
    this.#stopping.signal.addEventListener("abort", onStop, { once: true });
    const timer = setTimeout(() => {
      asking.abort(new NscError("ERR_CREDS_SOURCE", `the source of creds gave none within ${Math.round(timeout)} ms`));
    }, timeout);
    if (!keepsAlive) unrefTimer(timer);
    const { signal } = asking;
    const givenUp = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    const read = async (): Promise<ReadCreds> => {
      const request = { signal, attempt: this.#failures + 1, ...(key && { publicKey: key.publicKey }) };
      return readSourced(await source(request), key);
    };
    try {
      return await Promise.race([read(), givenUp]);
    } finally {
      clearTimeout(timer);
      this.#stopping.signal.removeEventListener("abort", onStop);
    }
  }

  #take(read: ReadCreds): void {
    const { renewBefore, backoff, onRenew } = this.#settings;
    const left = timeLeft(read.claims);
    const wait = renewalWait(left, renewBefore, backoff.first);
    const former = this.#held;
    if (former?.token === read.token) {
      read.clear();
    } else {
      this.#held = { ...read, expiry: new Moment(left), due: new Moment(wait) };
      former?.clear();
      quietly(() => onRenew?.(this.current));
      for (const followed of this.#followed) followed.onRenewal(false);
    }
    if (left > 0) {
      this.#failures = 0;
      this.#renewIn(wait);
    } else {
      const why = "gave a token that has expired, or the clock of this machine is fast";
      this.#fail(new NscError("ERR_CREDS_SOURCE", `the source of creds ${why}; the servers decide`));
    }
  }

  #fail(error: NscError<"ERR_CREDS_SOURCE">): void {
    const { backoff, onError } = this.#settings;
    this.#failures += 1;
    const wait = backoffWait(backoff, this.#failures);
    this.#renewIn(wait);
    const expires = this.#held && expiresOf(this.#held.claims);
    const failure: RenewalFailure = { failures: this.#failures, expires, retryAt: this.#due.date };
    quietly(() => onError?.(error, failure));
  }

  #renewIn(wait: number): void {
    this.#due = new Moment(wait);
    this.#nap();
  }

  #nap(): void {
    clearTimeout(this.#timer);
    // Until the first creds are there, whoever waits for them asks again.
    if (this.#stopping.signal.aborted || this.#held === undefined) return;
    const wake = (): void => {
      if (this.#due.hasCome) this.#renew().catch(() => undefined);
      else this.#nap();
    };
    const { left } = this.#due;
    if (left < Number.POSITIVE_INFINITY) {
      this.#timer = unrefTimer(setTimeout(wake, Math.min(Math.max(0, left), LONGEST_NAP_MS)));
    }
  }
}

function expiresOf({ exp = 0 }: UserClaims): Date | undefined {
  return exp > 0 ? new Date(exp * 1000) : undefined;
}

function quietly(call: () => void): void {
  try {
    call();
  } catch {
    // Hooks only look on.
  }
}
