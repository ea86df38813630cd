import type { Int64 } from "../../encoding/json-types.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { diff, formatDiff } from "../../jwt/diff.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import type { Report } from "../output/report.ts";
import { formatDate } from "../text/dates.ts";

type Claims = ReadonlyDeep<AccountClaims>;

const COUNTS = [
  ["subs", "max subscriptions"],
  ["conn", "max connections"],
  ["leaf", "max leaf node connections"],
  ["imports", "max imports"],
  ["exports", "max exports"],
  ["data", "max data"],
  ["payload", "max message payload"],
] as const;

/** What there are words for, and who signed, which is what was asked for. */
const WORDED: ReadonlySet<string> = new Set([
  "nbf",
  "exp",
  "iss",
  "nats.limits.wildcards",
  ...COUNTS.map(([name]) => `nats.limits.${name}`),
]);

/** Says what an account server made of an account otherwise than it was sent. nsc: `DiffAccountLimits`. */
export function reportModifications(report: Report, sent: Claims, kept: Claims): void {
  const lines = [...modifications(sent, kept)];
  if (lines.length > 0) report.group("account server modifications").serverSaid(lines.join("\n"));
}

function* modifications(sent: Claims, kept: Claims): Generator<string> {
  if (sent.nbf !== kept.nbf) yield `jwt start changed from ${dateOf(sent.nbf)} to ${dateOf(kept.nbf)}`;
  if (sent.exp !== kept.exp) yield `jwt expiry changed from ${dateOf(sent.exp)} to ${dateOf(kept.exp)}`;
  const [before, after] = [sent.nats.limits, kept.nats.limits];
  for (const [name, title] of COUNTS) {
    const [from = 0, to = 0] = [before[name], after[name]];
    if (from !== to) yield `${title} changed from ${countOf(from)} to ${countOf(to)}`;
  }
  const [could, can] = [before.wildcards === true, after.wildcards === true];
  if (could !== can) yield `allow wildcard exports changed from ${could} to ${can}`;
  const others = diff(sent, kept).filter(({ path }) => !WORDED.has(path.join(".")));
  if (others.length > 0) yield formatDiff(others);
}

function countOf(count: Int64): string {
  return Number(count) === -1 ? "unlimited" : String(count);
}

function dateOf(seconds: Int64 = 0): string {
  return Number(seconds) === 0 ? "always" : formatDate(seconds);
}
