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
  for (const account of accounts) reportStored(group, account, "account");
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

function reportStored(report: Report, pulled: Pulled, kind: string): void {
  const { name, status, message } = pulled;
  if (isStored(pulled)) report.ok(`stored ${kind} ${quote(name)}`);
  else if (status === "kept") {
    report.error(`local jwt for ${quote(name)} is newer than remote version - specify --overwrite-newer to overwrite`);
  } else if (status === "missing") report.error(`error pulling ${quote(name)}: ${message}`);
  else report.error(`error storing ${quote(name)}: ${message}`);
}
