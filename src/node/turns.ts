import { setImmediate } from "node:timers/promises";
import { monotonicMs } from "./monotonic.ts";

/** Lets others of this process work now and then in a long row of steps that take no time off by themselves. */
export class Turns {
  readonly #milliseconds: number;
  #end: number;

  /** @param milliseconds - how long others are kept waiting */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.#end = monotonicMs() + milliseconds;
  }

  /** Whether it is the turn of others. Asking costs less than a promise. */
  get isOver(): boolean {
    return monotonicMs() >= this.#end;
  }

  /** Resolves when others have had their turn; the next one begins then. */
  async next(): Promise<void> {
    await setImmediate();
    this.#end = monotonicMs() + this.#milliseconds;
  }
}
