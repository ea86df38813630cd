import { expect } from "vitest";
import { isNscError, type NscErrorCode } from "../../src/errors.ts";

/** What running the received value gives; nothing, if it is a function that always throws. */
type ResultOf<T> = T extends (...args: never[]) => infer Result ? ([Result] extends [never] ? undefined : Result) : T;

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: the declaration that this one extends has this default
  interface Matchers<T = any> {
    /**
     * Passes if the function throws, or the promise rejects with, an `NscError` of exactly this code. Await it for
     * promises and for functions that return one; `.rejects` before it changes nothing.
     */
    toThrowCode(code: NscErrorCode): ResultOf<T> extends PromiseLike<unknown> ? Promise<void> : void;
  }
}

type Outcome = { readonly threw: unknown } | { readonly returned: unknown };

function outcomeOf(run: () => unknown): Outcome | Promise<Outcome> {
  try {
    const returned = run();
    return isPromise(returned) ? settle(returned) : { returned };
  } catch (threw) {
    return { threw };
  }
}

function settle(promise: PromiseLike<unknown>): Promise<Outcome> {
  return Promise.resolve(promise).then(
    (returned) => ({ returned }),
    (threw: unknown) => ({ threw }),
  );
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}

expect.extend({
  toThrowCode(received: unknown, code: NscErrorCode) {
    const judge = (outcome: Outcome) => ({
      pass: "threw" in outcome && isNscError(outcome.threw, code),
      message: () =>
        "threw" in outcome
          ? `expected an NscError ${this.isNot ? "other than" : "of code"} ${code}, got ${this.utils.stringify(outcome.threw)}`
          : `expected an NscError of code ${code}, but nothing was thrown; the result was ${this.utils.stringify(outcome.returned)}`,
    });
    if (this.promise === "rejects") return judge({ threw: received });
    if (typeof received !== "function" && !isPromise(received)) {
      throw new TypeError("toThrowCode needs a function or a promise");
    }
    const outcome = outcomeOf(() => (typeof received === "function" ? received() : received));
    return isPromise(outcome) ? outcome.then(judge) : judge(outcome);
  },
});
