/** What a terminal of some width shows of what was written to it, lines that have left it at the top included. */
export function screenOf(output: string, columns: number): string {
  const screen = new Screen(columns);
  for (const [whole, parameters, final] of output.matchAll(SEQUENCE)) {
    if (final !== undefined) screen.control(final, parameters ?? "");
    else if (whole.length === 1 && whole < " ") screen.move(whole);
    else if (!whole.startsWith("\x1b")) screen.write(whole);
  }
  return screen.text;
}

/** A control sequence, a command of the operating system, another escape sequence, a control character, or a character. */
const SEQUENCE = /\x1b\[([\d;?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00-\x1f]|./gsu;

class Screen {
  readonly #columns: number;
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  get text(): string {
    const lines = this.#lines.map((line) =>
      Array.from(line, (character) => character ?? " ")
        .join("")
        .trimEnd(),
    );
    return lines.join("\n").trimEnd();
  }

  write(character: string): void {
    if (this.#column === this.#columns) this.#to(this.#row + 1, 0);
    this.#line()[this.#column++] = character;
  }

  move(character: string): void {
    if (character === "\r") this.#column = 0;
    if (character === "\n") this.#to(this.#row + 1, this.#column);
    if (character === "\b") this.#column = Math.max(0, this.#column - 1);
    if (character === "\t") this.#column = Math.min(this.#columns - 1, (Math.floor(this.#column / 8) + 1) * 8);
  }

  control(final: string, parameters: string): void {
    const [first = 0, second = 0] = parameters.split(";").map(Number);
    const count = Math.max(1, first);
    if (final === "A") this.#to(this.#row - count, this.#column);
    if (final === "B") this.#to(this.#row + count, this.#column);
    if (final === "C") this.#to(this.#row, this.#column + count);
    if (final === "D") this.#to(this.#row, this.#column - count);
    if (final === "E") this.#to(this.#row + count, 0);
    if (final === "F") this.#to(this.#row - count, 0);
    if (final === "G") this.#to(this.#row, count - 1);
    if (final === "H") this.#to(count - 1, Math.max(1, second) - 1);
    if (final === "J") this.#eraseScreen(first);
    if (final === "K") this.#eraseLine(first);
  }

  #eraseScreen(what: number): void {
    this.#eraseLine(what);
    if (what !== 1) this.#lines.length = this.#row + 1;
    if (what !== 0) for (let row = 0; row < this.#row; row++) this.#lines[row] = [];
  }

  #eraseLine(what: number): void {
    const line = this.#line();
    if (what === 0) line.length = Math.min(line.length, this.#column);
    else if (what === 1) line.fill(" ", 0, this.#column + 1);
    else line.length = 0;
  }

  #to(row: number, column: number): void {
    this.#row = Math.max(0, row);
    this.#column = Math.min(this.#columns, Math.max(0, column));
    while (this.#lines.length <= this.#row) this.#lines.push([]);
  }

  #line(): string[] {
    return this.#lines[this.#row] as string[];
  }
}
