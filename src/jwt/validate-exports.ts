import { quoteGo } from "../encoding/go-text.ts";
import { isNullEntry } from "../encoding/json-null.ts";
import { hasWildcards } from "../subjects/subject.ts";
import { SubjectIndex } from "../subjects/subject-index.ts";
import type { Export } from "./exports.ts";
import type { IssueCollector } from "./issues.ts";
import { validateInfo, validateSubject } from "./validate-rules.ts";

const SERVICE_RESPONSES = ["", "Singleton", "Chunked", "Stream"];

/** Go: `Exports.Validate`. */
export function validateExports(exports: readonly Export[], issues: IssueCollector): void {
  const services: Located[] = [];
  const streams: Located[] = [];
  for (const [index, entry] of exports.entries()) {
    if (isNullEntry(entry)) {
      issues.error("EXPORT_NULL", "null export is not allowed", index);
      continue;
    }
    validateExport(entry, issues.at(index));
    (entry.type === "service" ? services : streams).push({ subject: entry.subject, index });
  }
  validateOverlaps("service", services, issues);
  validateOverlaps("stream", streams, issues);
}

interface Located {
  readonly subject: string;
  readonly index: number;
}

/** Go: `isContainedIn`, which reports for each text the first other subject that it contains. */
function validateOverlaps(kind: string, exports: readonly Located[], issues: IssueCollector): void {
  if (exports.length < 2) return;
  const index = new SubjectIndex<Located>();
  const counts = new Map<string, number>();
  for (const entry of exports) {
    index.add(entry.subject, entry);
    counts.set(entry.subject, (counts.get(entry.subject) ?? 0) + 1);
  }
  for (const entry of exports) {
    const count = counts.get(entry.subject);
    if (count === undefined) continue;
    // Reported for the first export with this subject; the others with it are among those it contains.
    counts.delete(entry.subject);
    const contained = index.containedIn(entry.subject, 2);
    const first = count > 1 ? contained[0] : contained.find((other) => other !== entry);
    if (first === undefined) continue;
    issues.error(
      "EXPORT_OVERLAP",
      `${kind} export subject ${quoteGo(entry.subject)} already exports ${quoteGo(first.subject)}`,
      entry.index,
      "subject",
    );
  }
}

/** Go: `Export.Validate`. */
function validateExport(entry: Export, issues: IssueCollector): void {
  const { type, subject, response_type = "", service_latency, response_threshold = 0 } = entry;
  const isService = type === "service";
  if (type === undefined) issues.error("EXPORT_TYPE", 'invalid export type: "unknown"', "type");
  if (isService && !SERVICE_RESPONSES.includes(response_type)) {
    issues.error(
      "EXPORT_RESPONSE_TYPE",
      `invalid response type for service: ${quoteGo(response_type)}`,
      "response_type",
    );
  }
  if (type === "stream") {
    if (response_type !== "") {
      issues.error(
        "EXPORT_RESPONSE_TYPE",
        `invalid response type for stream: ${quoteGo(response_type)}`,
        "response_type",
      );
    }
    if (entry.allow_trace === true) {
      issues.error("EXPORT_ALLOW_TRACE", "AllowTrace only valid for service export", "allow_trace");
    }
  }
  if (service_latency !== undefined) {
    const at = issues.at("service_latency");
    if (!isService) at.error("EXPORT_LATENCY_TYPE", "latency tracking only permitted for services");
    const { sampling, results } = service_latency;
    if (typeof sampling !== "string" && sampling !== 0 && !(sampling >= 1 && sampling <= 100)) {
      at.error("EXPORT_LATENCY_SAMPLING", "sampling percentage needs to be between 1-100", "sampling");
    }
    validateSubject(results, at.at("results"));
    if (hasWildcards(results)) {
      at.error("EXPORT_LATENCY_RESULTS", "results subject can not contain wildcards", "results");
    }
  }
  if (response_threshold < 0) {
    issues.error("EXPORT_RESPONSE_THRESHOLD", "negative response threshold is invalid", "response_threshold");
  }
  if (response_threshold > 0 && !isService) {
    issues.error("EXPORT_RESPONSE_THRESHOLD", "response threshold only valid for services", "response_threshold");
  }
  validateSubject(subject, issues.at("subject"));
  validateTokenPosition(entry, issues);
  validateInfo(entry, issues);
}

function validateTokenPosition(
  { subject, account_token_position: position = 0 }: Export,
  issues: IssueCollector,
): void {
  if (position <= 0) return;
  const report = (message: string) => issues.error("EXPORT_ACCOUNT_TOKEN_POSITION", message, "account_token_position");
  const tokens = subject.split(".");
  if (!hasWildcards(subject)) report(`Account Token Position can only be used with wildcard subjects: ${subject}`);
  else if (position > tokens.length) {
    report(`Account Token Position ${position} exceeds length of subject '${subject}'`);
  } else {
    const token = tokens[Number(position) - 1];
    if (token !== "*") {
      report(`Account Token Position ${position} matches '${token}' but must match a * in: ${subject}`);
    }
  }
}
