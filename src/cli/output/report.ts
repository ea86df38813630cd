/** How an entry of a report went, from the mildest on. */
export type Severity = "none" | "ok" | "warn" | "error";

const SEVERITIES: readonly Severity[] = ["none", "ok", "warn", "error"];

/** An entry as `--json` has it. */
export interface ReportData {
  readonly level: Severity;
  readonly message: string;
  /** What a server said about it, line for line. */
  readonly server?: readonly string[];
  readonly entries?: readonly ReportData[];
}

/** What a command did, line for line; an entry may have others below it, and is as bad as the worst of them. */
export class Report {
  readonly label: string;
  readonly #severity: Severity;
  /** Whether what is below is shown only where something went wrong or a server said something. */
  readonly isBrief: boolean;
  /** Whether a line that sums up the entries follows them; commands that do many like things ask for it. */
  wantsSummary = false;
  /** What is counted where something failed, if the entries are no more than headings of what was done. */
  readonly jobs: Report[] = [];
  readonly #entries: Report[] = [];
  readonly #server: string[] = [];

  constructor(label = "", severity: Severity = "none", isBrief = false) {
    this.label = label;
    this.#severity = severity;
    this.isBrief = isBrief;
  }

  get entries(): readonly Report[] {
    return this.#entries;
  }

  get serverLines(): readonly string[] {
    return this.#server;
  }

  get severity(): Severity {
    const own = this.#server.length > 0 ? worse(this.#severity, "ok") : this.#severity;
    return this.#entries.reduce((worst, entry) => worse(worst, entry.severity), own);
  }

  ok(label: string): Report {
    return this.#add(new Report(label, "ok"));
  }

  warn(label: string): Report {
    return this.#add(new Report(label, "warn"));
  }

  error(label: string): Report {
    return this.#add(new Report(label, "error"));
  }

  /** An entry that is there for those below it. */
  group(label: string, { isBrief = false }: { readonly isBrief?: boolean } = {}): Report {
    return this.#add(new Report(label, "none", isBrief));
  }

  /** Takes over what another report says: edits may be made again, and only the last one counts. */
  append(other: Report): void {
    this.#entries.push(...other.entries);
  }

  /** What a server said about this entry. */
  serverSaid(text: string): this {
    this.#server.push(...text.split("\n").filter((line) => line.trim() !== ""));
    return this;
  }

  toData(): ReportData {
    return {
      level: this.severity,
      message: this.label,
      ...(this.#server.length > 0 ? { server: [...this.#server] } : {}),
      ...(this.#entries.length > 0 ? { entries: this.#entries.map((entry) => entry.toData()) } : {}),
    };
  }

  #add(entry: Report): Report {
    this.#entries.push(entry);
    return entry;
  }
}

function worse(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) < SEVERITIES.indexOf(b) ? b : a;
}
