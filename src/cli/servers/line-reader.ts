import type { Duplex } from "node:stream";

/** Reads what a server says, line by line. */
export class LineReader {
  readonly #stream: Duplex;
  #text = "";
  #isOver = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", this.#take).on("error", this.#fail).on("end", this.#end).on("close", this.#end);
  }

  /**
   * The next line, without its end.
   *
   * @param patience - how long it may take, in milliseconds
   * @returns `silence` if none came in time, `end` if none will come
   * @throws Error if the stream failed before
   */
  async next(patience: number): Promise<{ readonly text: string } | "silence" | "end"> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, patience);
    try {
      for (;;) {
        const end = this.#text.indexOf("\n");
        if (end >= 0) {
          const text = this.#text.slice(0, end).replace(/\r$/, "");
          this.#text = this.#text.slice(end + 1);
          return { text };
        }
        if (this.#error !== undefined) throw this.#error;
        if (this.#isOver) return "end";
        if (isLate) return "silence";
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Leaves the stream to others. */
  release(): void {
    this.#stream.off("data", this.#take).off("error", this.#fail).off("end", this.#end).off("close", this.#end);
  }

  readonly #take = (chunk: Uint8Array): void => {
    // Whoever is no server may say much without a line break.
    this.#text += new TextDecoder().decode(chunk.subarray(0, 65_536));
    if (this.#text.length > 1_048_576) this.#isOver = true;
    this.#wake();
  };

  readonly #fail = (error: Error): void => {
    this.#error ??= error;
    this.#wake();
  };

  readonly #end = (): void => {
    this.#isOver = true;
    this.#wake();
  };
}
