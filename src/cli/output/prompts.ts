import { CommandError } from "../command-error.ts";
import { Interrupted } from "../interrupted.ts";
import type { Io } from "../io.ts";
import type { Output } from "./output.ts";

/** What Ctrl-D does to a question, and a terminal that is closed. */
const ENDS = ["pause", "end", "close"] as const;
const SHOW_CURSOR = "\x1b[?25h\n";

/** One of several to choose from. */
export interface Choice<T> {
  readonly label: string;
  readonly value: T;
  readonly hint?: string;
}

/** What a text prompt may have. */
export interface TextQuestion {
  /** What is taken when the answer is empty. */
  readonly initial?: string;
  /** Says what is wrong with an answer; nothing where it is good. It is asked again then. */
  readonly check?: (answer: string) => string | undefined;
}

/**
 * Questions to whoever sits at the terminal, on standard error. Without a terminal each of them is an error: nothing ever
 * waits for an answer that can't come.
 */
export class Prompts {
  readonly #io: Io;
  readonly #output: Output;

  constructor(io: Io, output: Output) {
    this.#io = io;
    this.#output = output;
  }

  async text(message: string, { initial, check }: TextQuestion = {}): Promise<string> {
    const { text } = await this.#clack(message);
    return await this.#answer(
      text({
        message,
        ...(initial === undefined ? {} : { initialValue: initial }),
        validate: (value) => check?.(value ?? ""),
        ...this.#streams,
      }),
    );
  }

  async confirm(message: string, initial: boolean): Promise<boolean> {
    const { confirm } = await this.#clack(message);
    return await this.#answer(confirm({ message, initialValue: initial, ...this.#streams }));
  }

  async select<T>(message: string, choices: readonly Choice<T>[], initial?: T): Promise<T> {
    const { select } = await this.#clack(message);
    const options = choices.map(({ label, hint }, value) => ({
      label,
      value,
      ...(hint === undefined ? {} : { hint }),
    }));
    const at = choices.findIndex(({ value }) => value === initial);
    const index = await this.#answer(
      select({ message, options, ...(at < 0 ? {} : { initialValue: at }), maxItems: 12, ...this.#streams }),
    );
    return (choices[index] as Choice<T>).value;
  }

  async selectSeveral<T>(message: string, choices: readonly Choice<T>[]): Promise<T[]> {
    const { multiselect } = await this.#clack(message);
    const options = choices.map(({ label, hint }, value) => ({
      label,
      value,
      ...(hint === undefined ? {} : { hint }),
    }));
    const indexes = await this.#answer(
      multiselect({ message, options, required: false, maxItems: 12, ...this.#streams }),
    );
    return indexes.map((index) => (choices[index] as Choice<T>).value);
  }

  get #streams(): { input: Io["stdin"]; output: Io["stderr"]; signal: AbortSignal } {
    // A signal for each question: what listens to one is not taken off again.
    const signal = AbortSignal.any([this.#io.signal]);
    return { input: this.#io.stdin, output: this.#io.stderr, signal };
  }

  async #clack(message: string): Promise<typeof import("@clack/prompts")> {
    if (!this.#output.isTerminal) {
      throw new CommandError(`there is no terminal to ask for: ${message}`, { code: "ERR_NO_TERMINAL" });
    }
    return await import("@clack/prompts");
  }

  async #answer<T>(asked: Promise<T>): Promise<Exclude<T, symbol>> {
    const { stdin, stderr } = this.#io;
    let isOver = false;
    let end = (): void => undefined;
    const ended = new Promise<never>((_, reject) => {
      // After an answer, too, nothing is read any more; that comes first then.
      end = () =>
        void setImmediate(() => {
          if (isOver) return;
          stderr.write(SHOW_CURSOR);
          reject(new Interrupted());
        });
      for (const event of ENDS) stdin.once(event, end);
    });
    ended.catch(() => undefined);
    try {
      const answer = await Promise.race([asked, ended]);
      if (typeof answer === "symbol") throw new Interrupted();
      return answer as Exclude<T, symbol>;
    } finally {
      isOver = true;
      for (const event of ENDS) stdin.off(event, end);
    }
  }
}
