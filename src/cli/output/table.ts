import { escapeUnprintable } from "../../encoding/go-text.ts";
import { breakLines, countCodePoints, countColumns } from "../text/break-lines.ts";
import { paint } from "../text/paint.ts";

/** A text in a table. */
export interface Cell {
  readonly text: string;
  readonly isBold?: boolean;
}

/** What is above the rows. */
export interface TableHead {
  readonly title?: string;
  readonly headers?: readonly string[];
}

/** How a table is printed. */
export interface TableStyle {
  /** Whether bold cells are bold. */
  readonly color?: boolean;
  /** The columns of the terminal that it has to fit into; as wide as it is by default. */
  readonly width?: number;
}

type Row = readonly Cell[] | "rule";

/** Columns get no narrower than this to fit a terminal, or a table is nothing but broken words. */
const NARROWEST = 8;

/** Rows in a box of ASCII. Layout without a width: that of the package `xlab/tablewriter` in Go, as nsc uses it. */
export class Table {
  readonly #title: string | undefined;
  readonly #headers: readonly string[];
  readonly #rows: Row[] = [];

  constructor({ title, headers = [] }: TableHead = {}) {
    this.#title = title;
    this.#headers = headers;
  }

  /** Adds a row; one with fewer cells than others ends early. */
  row(...cells: readonly (string | Cell)[]): this {
    this.#rows.push(cells.map((cell) => (typeof cell === "string" ? { text: cell } : cell)));
    return this;
  }

  /** Adds a row for each value, the label before the first one only; nothing for no values. */
  list(label: string, values: readonly string[]): this {
    for (const [i, value] of values.entries()) this.row(i === 0 ? label : "", value);
    return this;
  }

  /** Adds a line between rows. */
  rule(): this {
    this.#rows.push("rule");
    return this;
  }

  /** The lines, each with a line break at its end. */
  format({ color = false, width }: TableStyle = {}): string {
    const measure = width === undefined ? countCodePoints : countColumns;
    const title = this.#title === undefined ? [] : [shown(this.#title)];
    const head = this.#headers.length === 0 ? [] : [this.#headers.map((text) => ({ text: shown(text) }))];
    const rows = this.#rows.map((row) =>
      row === "rule" ? row : row.map((cell) => ({ ...cell, text: shown(cell.text) })),
    );
    const cells = [...head, ...rows.filter((row) => row !== "rule")];
    const wanted = widest(cells, measure);
    const widths = width === undefined ? wanted : narrowed(wanted, width);
    const titleLines = width === undefined ? title : title.flatMap((text) => breakLines(text, Math.max(width - 4, 1)));
    const missing = Math.max(0, ...titleLines.map((line) => measure(line) - innerWidth(widths)));
    widths[widths.length - 1] = (widths.at(-1) ?? 0) + missing;

    const rule = `+${widths.map((columns) => "-".repeat(columns + 2)).join("+")}+`;
    const lines: string[] = [];
    if (titleLines.length > 0) {
      lines.push(`+${"-".repeat(innerWidth(widths) + 2)}+`);
      lines.push(...titleLines.map((line) => `| ${centred(line, innerWidth(widths), measure)} |`));
    }
    lines.push(rule);
    const print = (row: readonly Cell[]) => lines.push(...formatRow(row, widths, measure, color));
    for (const row of head) {
      print(row);
      lines.push(rule);
    }
    for (const row of rows) row === "rule" ? lines.push(rule) : print(row);
    if (rows.length > 0) lines.push(rule);
    return lines.map((line) => `${line}\n`).join("");
  }
}

/** Cells are one line, whatever is in them. */
function shown(text: string): string {
  return escapeUnprintable(text);
}

function widest(rows: readonly (readonly Cell[])[], measure: (text: string) => number): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, { text }] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, measure(text));
  }
  return widths.length === 0 ? [0] : widths;
}

/** The columns between the outer borders and their blanks. */
function innerWidth(widths: readonly number[]): number {
  return widths.reduce((sum, columns) => sum + columns + 3, -3);
}

/** Makes the widest columns narrower until all of them fit, or none can be. */
function narrowed(widths: readonly number[], width: number): number[] {
  const available = width - 4;
  let most = Math.max(...widths);
  const capped = () => widths.map((columns) => Math.min(columns, most));
  while (most > NARROWEST && innerWidth(capped()) > available) most -= 1;
  const fitted = capped();
  // What is left over goes to the first columns that want it.
  let left = available - innerWidth(fitted);
  for (const [i, columns] of fitted.entries()) {
    const more = Math.max(0, Math.min(left, (widths[i] as number) - columns));
    fitted[i] = columns + more;
    left -= more;
  }
  return fitted;
}

function centred(text: string, width: number, measure: (text: string) => number): string {
  const blanks = width - measure(text);
  const before = Math.floor(blanks / 2);
  return " ".repeat(before) + text + " ".repeat(blanks - before);
}

function formatRow(
  row: readonly Cell[],
  widths: readonly number[],
  measure: (text: string) => number,
  color: boolean,
): string[] {
  const wrapped = row.map(({ text }, i) => breakLines(text, widths[i] as number, measure));
  const height = Math.max(1, ...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, n) => {
    const parts = wrapped.map((lines, i) => {
      const text = lines[n] ?? "";
      const padding = " ".repeat((widths[i] as number) - measure(text));
      return ` ${color && row[i]?.isBold === true ? paint(text, "bold") : text}${padding} |`;
    });
    return `|${parts.join("")}`;
  });
}
