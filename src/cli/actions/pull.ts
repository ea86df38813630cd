import type { Operator } from "../../authority/operator.ts";
import type { AccountServerTarget } from "../../nats/account-server-target.ts";
import { PULL_SUBJECTS, pull } from "../../nats/pull.ts";
import type { NatsTarget } from "../../nats/target.ts";
import { askAccount } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { pullFlags } from "../commands/push.ts";
import type { Invocation } from "../invocation.ts";
import { accountServerFailure } from "../servers/account-server-failure.ts";
import { connectToServers } from "../servers/connection.ts";
import { reportPull } from "../servers/report-pull.ts";
import { pulledData } from "../servers/server-data.ts";
import { systemUserOf } from "../servers/system-user.ts";
import { assertPushUrl, isResolverUrl, withoutPassword } from "../servers/urls.ts";
import { quote } from "../text/quote.ts";

type PullInvocation = Invocation<typeof pullFlags>;

export async function run(invocation: PullInvocation): Promise<void> {
  const { flags, tree, output, report, io } = invocation;
  const operator = await tree.operator();
  const account = await accountToPull(invocation, operator);
  const url = operator.claims.nats.account_server_url ?? "";
  if (url === "") {
    throw usageError(
      `operator ${quote(operator.name)} doesn't set account server url - unable to pull`,
      "set it with 'nsc edit operator --account-jwt-server-url'",
    );
  }
  assertPushUrl(url);
  if (isResolverUrl(url) && account !== undefined) {
    throw usageError(`operator ${quote(operator.name)} can only pull all jwt - unable to pull by account`, "say --all");
  }
  const target = await targetOf(invocation, operator, url);
  try {
    const pulling = pull(target, operator, {
      signal: io.signal,
      ...(account !== undefined && { accounts: [account] }),
      ...(flags["overwrite-newer"] === true && { force: "newer" }),
    });
    const pulled = await tree.hold(pulling);
    output.data(pulledData(pulled, { dry_run: output.isDryRun, url: withoutPassword(url) }));
    reportPull(report, pulled, isResolverUrl(url));
    report.wantsSummary = true;
  } catch (error) {
    throw accountServerFailure(error);
  } finally {
    if ("close" in target) await target.close();
  }
}

/** Nothing where all are meant. */
async function accountToPull(invocation: PullInvocation, operator: Operator): Promise<string | undefined> {
  const { flags, globals, prompts, tree } = invocation;
  const named = flags.account ? await tree.accountName(flags.account) : undefined;
  if (flags.all === true) return undefined;
  if (globals.interactive === true) {
    if (await prompts.confirm(`pull operator ${quote(operator.name)} and all accounts`, true)) return undefined;
    return named ?? (await askAccount(invocation));
  }
  if (named !== undefined) return named;
  const { account } = await tree.context();
  if (account === undefined) throw usageError("specify --all or --account");
  return account;
}

function usageError(message: string, hint?: string): CommandError {
  return new CommandError(message, { code: "ERR_USAGE", showsUsage: true, ...(hint !== undefined && { hint }) });
}

async function targetOf(
  invocation: PullInvocation,
  operator: Operator,
  url: string,
): Promise<NatsTarget | AccountServerTarget> {
  if (!isResolverUrl(url)) return { url: url.trim() };
  const user = await systemUserOf(invocation, operator, invocation.flags, PULL_SUBJECTS);
  return await connectToServers(invocation, invocation.flags, {
    name: "nsc_pull",
    servers: url,
    authenticator: user.authenticator,
    inboxPrefix: user.inboxPrefix,
    adviceIfRefused: user.adviceIfRefused,
    reconnect: { wait: 250, attempts: 20 },
  });
}
