import { formatGoDuration } from "../../encoding/duration.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import type { Export, ResponseType } from "../../jwt/exports.ts";
import { quote } from "../text/quote.ts";
import { readSampling, samplingText } from "./sampling.ts";

/** What is to become of an export; what is not said stays. */
export interface ExportEdit {
  readonly subject?: string | undefined;
  readonly name?: string | undefined;
  readonly type?: ExportType | undefined;
  readonly private?: boolean | undefined;
  readonly latency?: string | undefined;
  readonly sampling?: string | undefined;
  readonly removesLatency?: boolean | undefined;
  readonly responseType?: string | undefined;
  readonly responseThreshold?: Int64 | undefined;
  readonly description?: string | undefined;
  readonly infoUrl?: string | undefined;
  readonly allowTrace?: boolean | undefined;
}

/** Something that was done to it. */
export interface EditLine {
  readonly level: "ok" | "warn";
  readonly text: string;
}

const BREAKS = "this will break importers";

/**
 * Changes an export where it stands.
 *
 * @returns what was changed, in nsc's words
 * @throws CommandError for a share of requests that is none
 */
export function editEntry(entry: Export, edit: ExportEdit): readonly EditLine[] {
  const lines: EditLine[] = [];
  const ok = (text: string): void => void lines.push({ level: "ok", text });
  const warn = (text: string): void => void lines.push({ level: "warn", text });
  const { name, subject, type } = edit;
  if (name !== undefined && name !== (entry.name ?? "")) {
    entry.name = name;
    ok(`changed export name to ${name}`);
  }
  if (edit.private !== undefined && edit.private !== (entry.token_req ?? false)) {
    entry.token_req = edit.private;
    if (edit.private) warn(`changed export to be private - ${BREAKS}`);
    else warn("changed export to be public - every account can import it");
  }
  if (subject !== undefined && subject !== entry.subject) {
    entry.subject = subject;
    warn(`changed subject to ${quote(subject)} - ${BREAKS}`);
  }
  if (type !== undefined && type !== entry.type) {
    entry.type = type;
    warn(`changed export type to ${quote(type)} - ${BREAKS}`);
    if (type === "stream") dropServiceOptions(entry, warn);
  }
  if (entry.type === "service") lines.push(...editService(entry, edit));
  lines.push(...editInfo(entry, edit));
  return lines;
}

/** What streams can't have. */
function dropServiceOptions(entry: Export, warn: (text: string) => void): void {
  const { service_latency: latency, response_type: type, response_threshold: threshold, allow_trace: trace } = entry;
  if (latency !== undefined) warn("removed latency tracking - streams have none");
  if (type !== undefined && type !== "Singleton") warn("removed response type - streams have none");
  if (threshold !== undefined) warn("removed response threshold - streams have none");
  if (trace === true) warn("removed allow trace - streams have none");
  delete entry.service_latency;
  delete entry.response_type;
  delete entry.response_threshold;
  delete entry.allow_trace;
}

function editService(entry: Export, edit: ExportEdit): readonly EditLine[] {
  const lines: EditLine[] = [...editLatency(entry, edit)];
  const ok = (text: string): void => void lines.push({ level: "ok", text });
  const { responseType, responseThreshold, allowTrace } = edit;
  if (responseThreshold !== undefined && BigInt(responseThreshold) !== BigInt(entry.response_threshold ?? 0)) {
    entry.response_threshold = responseThreshold;
    ok(`changed response threshold to ${formatGoDuration(BigInt(responseThreshold))}`);
  }
  if (responseType !== undefined && responseType !== (entry.response_type ?? "Singleton")) {
    entry.response_type = responseType as ResponseType;
    ok(`changed response type to ${responseType}`);
  }
  if (allowTrace !== undefined && allowTrace !== (entry.allow_trace ?? false)) {
    entry.allow_trace = allowTrace;
    ok(`changed allowed trace to ${allowTrace}`);
  }
  return lines;
}

function editLatency(entry: Export, { latency, sampling, removesLatency }: ExportEdit): readonly EditLine[] {
  const before = entry.service_latency;
  if (removesLatency === true) {
    delete entry.service_latency;
    if (before !== undefined) return [{ level: "ok", text: "removed latency tracking" }];
    return [{ level: "ok", text: "no need to remove latency tracking as it was not set" }];
  }
  if (latency === undefined && sampling === undefined) return [];
  const lines: EditLine[] = [];
  const results = latency ?? before?.results ?? "";
  const share = sampling === undefined ? (before?.sampling ?? "headers") : readSampling(sampling);
  if (results === "") return [{ level: "warn", text: "ignored --sampling: it goes with --latency" }];
  entry.service_latency = { results, sampling: share };
  if (share !== before?.sampling) {
    lines.push({
      level: "ok",
      text: `changed service latency to ${samplingText(share)}${share === "headers" ? "" : "%"}`,
    });
  }
  if (before !== undefined && before.results !== results) {
    lines.push({ level: "ok", text: `changed service latency subject to ${results}` });
    lines.push({ level: "warn", text: "changed latency subject will break consumers of the report" });
  }
  return lines;
}

function editInfo(entry: Export, { description, infoUrl }: ExportEdit): readonly EditLine[] {
  const lines: EditLine[] = [];
  if (description !== undefined && description !== (entry.description ?? "")) {
    entry.description = description;
    lines.push({ level: "ok", text: `changed description to ${quote(description)}` });
  }
  if (infoUrl !== undefined && infoUrl !== (entry.info_url ?? "")) {
    entry.info_url = infoUrl;
    lines.push({ level: "ok", text: `changed info url to ${quote(infoUrl)}` });
  }
  return lines;
}
