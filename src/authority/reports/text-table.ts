/** Tables of plain text, in the form that nsc has where a terminal has no line drawing. */

import { escapeUnprintable } from "../../encoding/go-text.ts";

const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const NO_WIDTH = /^[\p{M}\p{Cf}\u1160-\u11ff]*$/u;

function graphemesOf(text: string): readonly string[] {
  // Most texts are ASCII, for which the segmenter is slow.
  if (/^[\x20-\x7e]*$/.test(text)) return [...text];
  return Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), ({ segment }) => segment);
}

function widthOfGrapheme(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return NO_WIDTH.test(grapheme) ? 0 : 1;
}

/** The columns that a text takes in a terminal: two for wide characters, none for combining marks. */
export function displayWidth(text: string): number {
  return graphemesOf(text).reduce((width, grapheme) => width + widthOfGrapheme(grapheme), 0);
}

/** The text in lines of no more than so many columns; a character is never cut. */
function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (const grapheme of graphemesOf(text)) {
    const own = widthOfGrapheme(grapheme);
    if (width + own > columns && line !== "") {
      lines.push(line);
      [line, width] = ["", 0];
    }
    line += grapheme;
    width += own;
  }
  return [...lines, line];
}

/** A row of cells, or a rule between rows. */
export type TableRow = readonly string[] | "rule";

/** A table: a title above columns that are as wide as their widest cell. */
export interface TextTable {
  readonly title: string;
  readonly rows: readonly TableRow[];
}

/** The least that a column is narrowed to. */
const NARROWEST = 8;

/**
 * A table as text, each line ending in a line feed.
 *
 * @param width - the columns that there are; cells are broken into lines where they need more, down to 8 columns each
 */
export function formatTable({ title, rows }: TextTable, width: number = Number.POSITIVE_INFINITY): string {
  const cells = rows.map((row) => (row === "rule" ? row : row.map(escapeUnprintable)));
  const widths = columnWidths(cells, width);
  const heading = escapeUnprintable(title);
  const inner = (): number => widths.reduce((sum, each) => sum + each + 3, -1);
  const missing = displayWidth(heading) + 2 - inner();
  const last = widths.length - 1;
  if (missing > 0 && last >= 0) widths[last] = (widths[last] as number) + missing;
  const rule = `+${widths.map((each) => "-".repeat(each + 2)).join("+")}+`;
  const space = inner() - displayWidth(heading);
  const left = Math.floor(space / 2);
  const lines = [
    `+${"-".repeat(inner())}+`,
    `|${" ".repeat(left)}${heading}${" ".repeat(space - left)}|`,
    rule,
    ...cells.flatMap((row) => (row === "rule" ? [rule] : formatRow(row, widths))),
    rule,
  ];
  return `${lines.join("\n")}\n`;
}

function columnWidths(rows: readonly TableRow[], width: number): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    if (row === "rule") continue;
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell));
  }
  let excess = widths.reduce((sum, each) => sum + each + 3, 1) - width;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    const next = Math.max(NARROWEST, ...widths.filter((each) => each < widest));
    const cut = Math.min(excess, widest - next);
    widths[widths.indexOf(widest)] = widest - cut;
    excess -= cut;
  }
  return widths;
}

function formatRow(row: readonly string[], widths: readonly number[]): readonly string[] {
  const columns = widths.map((width, index) => wrap(row[index] ?? "", width));
  const height = Math.max(...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) => {
    const cells = columns.map((lines, index) => {
      const text = lines[line] ?? "";
      return ` ${text}${" ".repeat((widths[index] as number) - displayWidth(text))} `;
    });
    return `|${cells.join("|")}|`;
  });
}
