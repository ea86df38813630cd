import { labelOf } from "../../authority/reports/diagram-plantuml.ts";
import { breakLines } from "../text/break-lines.ts";

/** What an account or export says of itself. */
export interface Described {
  readonly description?: string;
  readonly info_url?: string;
}

/** The lines of a note with a description, if there is one. */
export function noteLines(reference: string, { description = "", info_url: url = "" }: Described): string[] {
  if (description === "" && url === "") return [];
  const text = breakLines(description, 20).map(labelOf).join("\n");
  // A link ends at the first blank or bracket.
  const link = url === "" ? "" : `\n[[${url.replace(/[\s[\]]/g, encodeURIComponent)} info]]`;
  return [`note right of ${reference}`, `${text} ${link}`, "end note"];
}
