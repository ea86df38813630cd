import { formatDiff } from "../../jwt/diff.ts";
import type { DriftReport } from "../../nats/drift-report.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";

/** Says what a push would do, by what servers have now. */
export function reportWouldPush(report: Report, { accounts, unheard, warnings }: DriftReport, isForced: boolean): void {
  for (const { name, status, message, versions } of accounts) {
    const isHeldBack = !isForced && versions.some(({ state }) => state === "newer" || state === "different");
    if (isHeldBack) {
      report.error(`would not push ${quote(name)}: ${message}: pull it first`);
      continue;
    }
    const entry = report.ok(
      status === "same" ? `would push ${quote(name)} again: ${message}` : `would push ${quote(name)}: ${message}`,
    );
    for (const { changes } of versions) {
      if (changes.length > 0) for (const line of formatDiff(changes).split("\n")) entry.ok(line);
    }
  }
  if (unheard.length > 0) report.warn(`not heard of: ${unheard.join(", ")}`);
  for (const warning of warnings) report.warn(warning);
}
