import type { Account } from "../authority/account.ts";
import type { Operator } from "../authority/operator.ts";
import { isNscError } from "../errors.ts";
import type { PullReport } from "../nats/pull.ts";
import { pull } from "../nats/pull.ts";
import { push } from "../nats/push.ts";
import type { PushReport } from "../nats/push-report.ts";
import { reportModifications } from "./account-server-changes.ts";
import type { Invocation } from "./invocation.ts";
import type { Report } from "./report.ts";
import { quote } from "./text/quote.ts";

const AGAIN = "perform push/pull again or exchange self-signed JWT manually";
/** How long an account server may take for each answer; nsc waits for ever. */
const TIMEOUT = "10s";

/** What is sent although `nsc push` would not: the server signs it, and whoever changed the account has just said so. */
const FORCED = ["older", "expired", "invalid", "system-account"] as const;

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
    invocation.output.note(`would send account ${quote(account.name)} to ${url}`);
    return;
  }
  const asked = account.claims;
  const isSent = await send(invocation, { operator, account, url, report });
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

interface Exchange {
  readonly operator: Operator;
  readonly account: Account;
  readonly url: string;
  readonly report: Report;
}

/** @returns whether the account server has it, and has signed it */
async function send({ io }: Invocation, { operator, account, url, report }: Exchange): Promise<boolean> {
  const failed = `error pushing account ${quote(account.name)}`;
  let pushed: PushReport;
  try {
    const options = { accounts: [account], resend: true, force: FORCED, timeout: TIMEOUT, signal: io.signal };
    pushed = await push({ url }, operator, options);
  } catch (error) {
    if (io.signal.aborted || !isNscError(error)) throw error;
    report.error(`${failed}: ${error.message}`);
    return false;
  }
  const [outcome] = pushed.accounts;
  const [server] = outcome?.servers ?? [];
  const isAnswered = server !== undefined && server.outcome !== "missing";
  if (outcome === undefined || outcome.status === "refused" || !isAnswered) {
    report.error(`${failed}: ${outcome?.message ?? "it is not there any more"}`);
    return false;
  }
  const entry = report.group("push jwt to account server", { isBrief: true });
  if (outcome.status === "pushed") entry.ok("pushed account jwt to the account server");
  else if (outcome.status === "accepted") entry.warn("pushed account jwt was accepted by the account server");
  else entry.error("failed to push account to remote server");
  if (server.message !== "") entry.serverSaid(server.message);
  return outcome.status === "pushed";
}

/** @returns whether the store has what the operator signed */
async function fetchSigned({ io }: Invocation, { operator, account, url, report }: Exchange): Promise<boolean> {
  const { name, publicKey } = account;
  let pulled: PullReport;
  try {
    pulled = await pull({ url }, operator, {
      accounts: [publicKey],
      force: "newer",
      timeout: TIMEOUT,
      signal: io.signal,
    });
  } catch (error) {
    if (io.signal.aborted || !isNscError(error)) throw error;
    report.error(`error pulling account ${quote(name)}: ${error.message}`);
    return false;
  }
  const [entry] = pulled.accounts;
  if (entry === undefined || entry.status === "missing" || entry.status === "kept") {
    report.error(`error pulling account ${quote(name)}: ${entry?.message ?? "no answer"}`);
    return false;
  }
  const group = report.group("pull jwt from account server", { isBrief: true });
  if (entry.status !== "refused") {
    group.ok("pulled jwt from the account server");
    return true;
  }
  const isUnsigned = entry.message.includes(`signed by ${publicKey},`);
  if (isUnsigned) group.warn("the account server has not signed it yet");
  else group.error(`failed to store jwt: ${entry.message}`);
  return false;
}
