/** The least that is left for text beside what stands before it; with less, the text begins on a line of its own. */
const LEAST_WIDTH = 24;
const INDENT = 8;

/**
 * Lines of two columns, the second one wrapped so that all fits.
 *
 * @param columns - the width of the terminal; without it nothing is wrapped
 */
export function formatColumns(
  rows: readonly (readonly [string, string])[],
  gap: number,
  columns: number | undefined,
): readonly string[] {
  const width = Math.max(0, ...rows.map(([first]) => first.length)) + gap;
  const isTight = columns !== undefined && columns - width < LEAST_WIDTH;
  return rows.flatMap(([first, second]) => {
    const indent = isTight ? INDENT : width;
    const lines = wrapText(second, columns === undefined ? undefined : columns - indent).map((line) =>
      `${" ".repeat(indent)}${line}`.trimEnd(),
    );
    if (second === "") return [first.trimEnd()];
    return isTight ? [first, ...lines] : [first.padEnd(width) + (lines[0] ?? "").slice(width), ...lines.slice(1)];
  });
}

/** The text in lines of at most so many letters, as far as its words allow. */
export function wrapText(text: string, width: number | undefined): readonly string[] {
  if (width === undefined) return text.split("\n");
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}
