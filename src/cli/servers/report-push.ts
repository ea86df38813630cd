import type { PushedAccount, PushReport } from "../../nats/push-report.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";
import { withoutPassword } from "./urls.ts";

/** Where accounts were brought to. */
export interface PushDestination {
  readonly url: string;
  /** The name of the system account; nothing for an account server. */
  readonly systemAccount: string | undefined;
}

/** Says what came of a push, as nsc does. */
export function reportPush(report: Report, pushed: PushReport, { url, systemAccount }: PushDestination): void {
  if (systemAccount === undefined) {
    for (const account of pushed.accounts) report.jobs.push(reportToAccountServer(report, account));
    for (const warning of pushed.warnings) report.warn(warning);
    return;
  }
  const group = report.group(`push to nats-server "${withoutPassword(url)}" using system account "${systemAccount}"`);
  for (const account of pushed.accounts) report.jobs.push(reportToServers(group, account));
  if (pushed.unheard.length > 0) {
    group.warn(`not heard of: ${pushed.unheard.join(", ")}, which may still have what was there before`);
  }
  for (const warning of pushed.warnings) group.warn(warning);
}

function reportToServers(report: Report, { name, status, message, servers }: PushedAccount): Report {
  const entry = report.group(`push ${name} to nats-server with nats account resolver`);
  const good = servers.filter(({ outcome }) => outcome !== "failed" && outcome !== "missing");
  for (const { server, outcome, message: words } of servers) {
    if (outcome === "failed") entry.error(`server ${server.name} responded with error: ${words}`);
    else if (outcome === "missing") entry.error(`server ${server.name} did not answer`);
    else entry.ok(`pushed ${quote(name)} to nats-server ${server.name}: ${words}`);
  }
  const isTold = good.length < servers.length;
  if ((status === "refused" || status === "failed") && !isTold) entry.error(`failed to push account: ${message}`);
  else if (servers.length === 0) entry.ok(`${quote(name)} was not sent: ${message}`);
  if (servers.length > 0) entry.ok(`pushed to a total of ${good.length} nats-server`);
  return entry;
}

function reportToAccountServer(report: Report, { name, status, message, servers }: PushedAccount): Report {
  const isDone = status === "pushed" || status === "unchanged" || status === "accepted";
  const title = isDone ? `pushed ${quote(name)} to account server` : `push ${name} to account server`;
  const entry = report.group(title, { isBrief: true });
  const said = servers[0]?.message ?? "";
  if (status === "accepted") entry.warn("pushed account jwt was accepted by the account server");
  else if (isDone) entry.ok("pushed account jwt to the account server");
  else if (servers[0]?.outcome === "failed") entry.error("failed to push account to remote server");
  else entry.error(`failed to push account ${quote(name)}: ${message}`);
  if (servers[0]?.outcome !== "missing") entry.serverSaid(said);
  return entry;
}
