import { escapeUnprintable } from "../../encoding/go-text.ts";

/** A line that does nothing to a terminal but show text: names and answers of servers come from anywhere. */
export function escapeLine(line: string): string {
  return line.split("\t").map(escapeUnprintable).join("\t");
}
