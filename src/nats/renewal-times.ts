/**
 * When creds are to be renewed: reckoning only, no timers.
 *
 * @module
 */

import type { UserClaims } from "../jwt/user.ts";

/** How much of the time of waiting is left to chance, so that many processes that started together do not stay together. */
const JITTER = 0.1;

/**
 * A moment from now on, by two clocks. The one that tells the time may be set back, and the one that only runs stands still
 * while the machine sleeps: the moment has come when either says so.
 */
export class Moment {
  readonly #date: number;
  readonly #ticks: number;

  /** @param wait - milliseconds from now; `Infinity` for never */
  constructor(wait: number) {
    this.#date = Date.now() + wait;
    this.#ticks = performance.now() + wait;
  }

  /** Milliseconds until then; 0 or less once it has come. */
  get left(): number {
    return Math.min(this.#date - Date.now(), this.#ticks - performance.now());
  }

  get hasCome(): boolean {
    return this.left <= 0;
  }

  /** The time of day, by the clock of this machine. */
  get date(): Date {
    return new Date(this.#date);
  }
}

/**
 * How long a token that has just come is good for, in milliseconds. A clock that is slow makes it look longer than the token's
 * whole life, which is as long as that at most; one that is fast makes for an early renewal.
 */
export function timeLeft({ exp = 0, iat = 0 }: UserClaims): number {
  // Go takes what is not positive for never.
  if (exp <= 0) return Number.POSITIVE_INFINITY;
  const left = exp * 1000 - Date.now();
  // Tokens may be issued in the future, to come after a revocation; then the time of issue says nothing.
  const life = iat > 0 && iat < exp ? (exp - iat) * 1000 : Number.POSITIVE_INFINITY;
  return Math.min(left, life);
}

/**
 * How long to wait with the renewal, in milliseconds.
 *
 * @param left - how long the creds are good for
 * @param before - how long before that they are renewed; a third by default, and half of it at most
 * @param least - the shortest wait, so that a source which gives the same again and again is not asked all the time
 */
export function renewalWait(left: number, before: number | undefined, least: number): number {
  if (left === Number.POSITIVE_INFINITY) return left;
  const wait = left - Math.min(before ?? left / 3, left / 2);
  return Math.max(least, wait * (1 - JITTER * Math.random()));
}

/** Waits that double from one failure to the next, half of each left to chance. */
export interface Backoff {
  /** Milliseconds after the first failure. */
  readonly first: number;
  /** Milliseconds at most. */
  readonly longest: number;
}

/** How long to wait after so many failures in a row, in milliseconds. */
export function backoffWait({ first, longest }: Backoff, failures: number): number {
  const wait = Math.min(longest, first * 2 ** Math.min(failures - 1, 30));
  return wait * (1 - Math.random() / 2);
}
