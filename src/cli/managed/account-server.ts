import type { Account } from "../../authority/account.ts";
import type { Operator } from "../../authority/operator.ts";
import { isNscError } from "../../errors.ts";
import { isSelfSigned } from "../../jwt/did-sign.ts";
import type { PullReport } from "../../nats/pull.ts";
import { pull } from "../../nats/pull.ts";
import { push } from "../../nats/push.ts";
import type { PushReport } from "../../nats/push-report.ts";
import type { Invocation } from "../invocation.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";

/** How long an account server may take for each answer; nsc waits for ever. */
const TIMEOUT = "10s";

/** What is sent although `nsc push` would not: the server signs it, and whoever changed the account has just said so. */
const FORCED = ["older", "expired", "invalid", "system-account"] as const;

/** What is exchanged with an account server. */
export interface Exchange {
  readonly operator: Operator;
  readonly account: Account;
  readonly url: string;
  readonly report: Report;
}

/**
 * Sends the token of an account.
 *
 * @returns whether the account server has it, and has signed it
 */
export async function sendAccount({ io }: Invocation, { operator, account, url, report }: Exchange): Promise<boolean> {
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

/**
 * Fetches the token of an account.
 *
 * @returns whether the store has what the operator signed
 */
export async function fetchSigned({ io }: Invocation, { operator, account, url, report }: Exchange): Promise<boolean> {
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
  if (entry.status === "refused") group.error(`failed to store jwt: ${entry.message}`);
  else if (isSelfSigned(account.claims)) group.warn("the account server has not signed it yet");
  else {
    group.ok("pulled jwt from the account server");
    return true;
  }
  return false;
}
