import { keptFor } from "../../authority/adopt-account.ts";
import type { PulledAccount, PulledOperator, PullReport } from "../../nats/pull.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";

type Pulled = PulledAccount | PulledOperator;

/** Says what came of a pull, as nsc does. */
export function reportPull(report: Report, pulled: PullReport, isFromServers: boolean): void {
  const { accounts, operator, unheard } = pulled;
  if (!isFromServers) {
    if (operator !== undefined) reportFromAccountServer(report, operator, "operator");
    for (const account of accounts) reportFromAccountServer(report, account, "account");
    return;
  }
  const last = accounts.findLast(isStored);
  const group = report.group(
    last === undefined
      ? "pull from cluster using system account"
      : `pulled ${quote(last.name)} from the account server`,
  );
  for (const account of accounts) report.jobs.push(reportStored(group, account, "account"));
  if (accounts.length === 0) group.ok("the servers have no accounts");
  if (unheard.length > 0) group.warn(`not heard of: ${unheard.join(", ")}, which may have newer ones`);
}

function reportFromAccountServer(report: Report, pulled: Pulled, kind: string): void {
  const verb = isStored(pulled) ? "pulled" : "pull";
  const entry = report.group(`${verb} ${quote(pulled.name)} from the account server`, { isBrief: true });
  if (pulled.status !== "missing") entry.ok("pulled jwt from the account server");
  reportStored(entry, pulled, kind);
}

function isStored({ status }: Pulled): boolean {
  return status === "added" || status === "updated" || status === "unchanged";
}

function reportStored(report: Report, pulled: Pulled, kind: string): Report {
  const { name, status, message } = pulled;
  if (isStored(pulled)) return report.ok(`stored ${kind} ${quote(name)}`);
  if (status === "missing") return report.error(`error pulling ${quote(name)}: ${message}`);
  if (status === "refused") return report.error(`error storing ${quote(name)}: ${message}`);
  const how = message === keptFor(0) ? "is another one of the same second as the" : "is newer than";
  return report.error(`local jwt for ${quote(name)} ${how} remote version - specify --overwrite-newer to overwrite`);
}
