/** Far more than a service answers before they expire. */
const MOST_REQUESTS = 100_000;

/** The requests that may still be answered, so that each is answered once. */
export class RequestMemory {
  /** When they are forgotten, by the user key, which is another one for each. */
  readonly #requests = new Map<string, number>();

  /**
   * Takes down a request.
   *
   * @returns whether it was there already
   */
  add(userKey: string, expires: number, now: number): boolean {
    for (const [key, time] of this.#requests) {
      if (time >= now && this.#requests.size < MOST_REQUESTS) break;
      this.#requests.delete(key);
    }
    if (this.#requests.has(userKey)) return true;
    this.#requests.set(userKey, expires);
    return false;
  }
}
