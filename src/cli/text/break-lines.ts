/** How many columns of a terminal a character takes. */
type Measure = (text: string) => number;

const INVISIBLE = /\p{Mn}|\p{Me}|[\u200b-\u200d]/u;
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

/** Every code point is one column, as nsc counts. */
export function countCodePoints(text: string): number {
  // Nearly all texts are such, and tables measure thousands.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return [...text].length;
}

/** The columns that a text takes on terminals. */
export function countColumns(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const char of text) columns += INVISIBLE.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return columns;
}

/** Breaks a text into lines, between words if that can be, within them otherwise; nothing is left out but blanks. */
export function breakLines(text: string, width: number, measure: Measure = countColumns): readonly string[] {
  if (measure(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").filter((part) => part !== "")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (measure(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = "";
    for (const char of word) {
      if (line !== "" && measure(line + char) > width) {
        lines.push(line);
        line = "";
      }
      line += char;
    }
  }
  return line === "" ? lines : [...lines, line];
}
