import { NscError } from "../errors.ts";

/** A request is given up and made again after so many milliseconds: servers forget some while they elect a leader. */
const ATTEMPT_MS = 2000;

/** What was tried and may have been done, or not; it can be tried again. */
export class Unclear extends Error {
  override readonly name = "Unclear";
}

/** Until when something is tried, and how long to wait between two attempts. */
export class Deadline {
  readonly #what: string;
  readonly #end: number;
  readonly #timeout: number;
  #waits = 0;

  /**
   * @param what - what is being done, for people
   * @param timeout - milliseconds
   */
  constructor(what: string, timeout: number) {
    this.#what = what;
    this.#timeout = timeout;
    this.#end = performance.now() + timeout;
  }

  /** How long the next request may take. */
  get attempt(): number {
    return Math.max(1, Math.min(ATTEMPT_MS, this.#end - performance.now()));
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** The error of what did not come to an end in time, or can't. */
  failure(why: string, cause?: unknown): NscError {
    const options = cause === undefined ? {} : { cause };
    return new NscError("ERR_STORE_IO", `${this.#what}: ${why}`, options);
  }

  /**
   * Waits a moment, longer each time, and not as long as others who wait.
   *
   * @param cause - why it has to be tried again
   * @param longest - milliseconds
   * @throws NscError `ERR_STORE_IO` when there is no time left
   */
  async pause(cause: unknown, longest = 500): Promise<void> {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (this.isOver) throw this.failure(`gave up after ${this.#timeout} ms: ${why}`, cause);
    this.#waits += 1;
    await sleep(Math.random() * Math.min(longest, 2 ** Math.min(this.#waits, 10)));
  }

  /** Does something until it is clear what came of it. */
  async retry<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof Unclear)) throw error;
        await this.pause(error.cause ?? error);
      }
    }
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
