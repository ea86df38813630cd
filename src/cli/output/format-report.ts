import { escapeLine } from "../text/escape-line.ts";
import { paint, type Style } from "../text/paint.ts";
import type { Report, Severity } from "./report.ts";

/** How text is to look. */
export interface ReportStyle {
  /** Whether whoever reads it sees colours. */
  readonly color?: boolean;
}

const INDENTATION = "       ";

const TAGS: Readonly<Record<Exclude<Severity, "none">, readonly [text: string, style: Style]>> = {
  ok: ["[ OK ]", "green"],
  warn: ["[WARN]", "yellow"],
  error: ["[ERR ]", "red"],
};

/**
 * The lines of a report without a line break at the end: what is below it, and not the report itself. nsc:
 * `Report.Format` of one that has "details only".
 */
export function formatReport(report: Report, { color = false }: ReportStyle = {}): string {
  return report.severity === "none" ? "" : below(report, "", color).join("\n");
}

/** What a report comes to. */
export interface Summary {
  /** A line to print after the report. */
  readonly text?: string;
  /** What the command failed with, in place of any other error. */
  readonly error?: string;
}

/** Sums up the entries of a report, or its jobs where one of them failed. nsc: `Report.Summary`. */
export function summarize(report: Report): Summary {
  const severities = report.entries.map(({ severity }) => severity);
  if (report.serverLines.length > 0) severities.push("ok");
  const all = severities.length;
  const { ok, warn, error } = countsOf(severities);
  if (error > 0) {
    const failed = countsOf(report.jobs.map(({ severity }) => severity));
    return { error: failed.error > 0 ? failureOf(failed) : failureOf({ ok, warn, error }) };
  }
  // What happened to one thing alone is said by its own line.
  if (!report.wantsSummary || (all === 1 && ok + warn === 1)) return {};
  if (ok === all) return { text: "all jobs succeeded" };
  if (warn === all) return { text: "all jobs had warnings" };
  return { text: `${jobs(ok)} succeeded - ${warn} have warnings` };
}

/** How many went how. */
type Counts = Readonly<Record<Exclude<Severity, "none">, number>>;

function countsOf(severities: readonly Severity[]): Counts {
  const count = (severity: Severity): number => severities.filter((one) => one === severity).length;
  return { ok: count("ok"), warn: count("warn"), error: count("error") };
}

function failureOf({ ok, warn, error }: Counts): string {
  if (ok + warn === 0) return "all jobs failed";
  return `${jobs(error)} failed - ${jobs(ok)} succeeded and ${warn} had warnings`;
}

function jobs(count: number): string {
  return `${count} ${count > 1 ? "jobs" : "job"}`;
}

/** The entries, then what the server said; an entry without severity is an empty line, as in nsc. */
function below(report: Report, indentation: string, color: boolean): string[] {
  return [
    ...report.entries.map((entry) => formatEntry(entry, indentation, color)),
    ...report.serverLines.map((line) => `${indentation}> ${escapeLine(line)}`),
  ];
}

function formatEntry(entry: Report, indentation: string, color: boolean): string {
  const { severity } = entry;
  if (severity === "none") return "";
  const [tag, style] = TAGS[severity];
  const [first = "", ...others] = entry.label.split("\n").map(escapeLine);
  const lines = [
    `${indentation}${color ? paint(tag, style) : tag} ${first}`,
    ...others.map((line) => (line.trim() === "" ? line : indentation + line)),
  ];
  const inner = showsBelow(entry) ? below(entry, indentation + INDENTATION, color) : [];
  return inner.length === 0 ? lines.join("\n") : `${lines.join("\n")}:\n${inner.join("\n")}`;
}

function showsBelow(entry: Report): boolean {
  return !entry.isBrief || entry.severity !== "ok" || entry.serverLines.length > 0;
}
