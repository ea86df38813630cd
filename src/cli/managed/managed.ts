import type { Account } from "../../authority/account.ts";
import type { Operator } from "../../authority/operator.ts";
import type { Invocation } from "../invocation.ts";
import type { Report } from "../output/report.ts";
import { withoutPassword } from "../servers/urls.ts";
import { quote } from "../text/quote.ts";
import { fetchSigned, sendAccount } from "./account-server.ts";
import { reportModifications } from "./account-server-changes.ts";

const AGAIN = "perform push/pull again or exchange self-signed JWT manually";

/**
 * What follows the change of an account's token. An operator that is managed elsewhere signs it there: the token goes to
 * its account server, and what comes back is kept. Every command that changes an account calls it, after its commit and
 * before the last line of its report. nsc: `StoreClaim`.
 *
 * @param report - what takes its lines
 */
export async function afterAccountChange(
  invocation: Invocation,
  operator: Operator,
  account: Account,
  report: Report = invocation.report,
): Promise<void> {
  if (!operator.isManaged) return;
  const { account_server_url: url = "" } = operator.claims.nats;
  if (!/^https?:\/\//i.test(url)) {
    const title = quote(operator.claims.name ?? operator.name);
    report.warn(`unable to push to ${title} - operator doesn't set an account server url or manual exchange necessary`);
    report.warn(AGAIN);
    return;
  }
  if (invocation.output.isDryRun) {
    invocation.output.note(`would send account ${quote(account.name)} to ${withoutPassword(url)}`);
    return;
  }
  const asked = account.claims;
  const isSent = await sendAccount(invocation, { operator, account, url, report });
  if (!isSent || !(await fetchSigned(invocation, { operator, account, url, report }))) {
    report.warn(AGAIN);
    return;
  }
  // A new account gets the limits that the operator gives.
  const isNew = invocation.tree.changes.some(
    ({ action, publicKey }) => action === "added" && publicKey === account.publicKey,
  );
  if (!isNew) reportModifications(report, asked, account.claims);
}

/** The same for every account that the command has made or changed. */
export async function afterAccountChanges(invocation: Invocation, operator: Operator): Promise<void> {
  if (!operator.isManaged) return;
  const changed = invocation.tree.changes.filter(
    ({ kind, action, path }) => kind === "account" && action !== "deleted" && path[0] === operator.name,
  );
  for (const name of new Set(changed.map(({ path }) => path[1] as string))) {
    await afterAccountChange(invocation, operator, await operator.account(name));
  }
}
