import type { Operator } from "../../authority/operator.ts";
import type { AccountServerTarget } from "../../nats/account-server-target.ts";
import { DELETE_SUBJECTS, deleteAccounts } from "../../nats/delete-accounts.ts";
import { DRIFT_SUBJECTS, drift } from "../../nats/drift.ts";
import { listAccounts } from "../../nats/list-accounts.ts";
import { PRUNE_SUBJECTS, prune } from "../../nats/prune.ts";
import { PUSH_SUBJECTS, pushAsRead } from "../../nats/push.ts";
import type { PushGuard } from "../../nats/push-guards.ts";
import type { NatsOptions, NatsTarget } from "../../nats/target.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { pushFlags } from "../commands/push.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { accountServerFailure } from "../servers/account-server-failure.ts";
import { connectToServers } from "../servers/connection.ts";
import { askForPush } from "../servers/push-questions.ts";
import { type PushSelection, selectForPush } from "../servers/push-selection.ts";
import { reportPush } from "../servers/report-push.ts";
import { reportDrift, reportPrune, reportRemoval } from "../servers/report-servers.ts";
import { reportWouldPush } from "../servers/report-would-push.ts";
import { deletedData, driftData, prunedData, pushedData } from "../servers/server-data.ts";
import { systemUserOf } from "../servers/system-user.ts";
import { assertPushUrl, isResolverUrl, withoutPassword } from "../servers/urls.ts";
import { requestedSigner } from "../signing/signer.ts";
import { quote } from "../text/quote.ts";

type PushInvocation = Invocation<typeof pushFlags>;

/** What a command line asks for, checked. */
interface Plan {
  readonly operator: Operator;
  readonly url: string;
  readonly selection: PushSelection;
  /** The public key of the account that is to be deleted from servers. */
  readonly removal: string | undefined;
  readonly options: NatsOptions;
  readonly isForced: boolean;
}

/** Where a plan is carried out. */
interface Place {
  readonly target: NatsTarget | AccountServerTarget;
  /** The name of the system account; nothing for an account server. */
  readonly systemAccount: string | undefined;
}

export async function run(invocation: PushInvocation): Promise<void> {
  const { flags, output, report, tree } = invocation;
  const plan = await planOf(invocation);
  const { target, systemAccount } = await placeOf(invocation, plan);
  const data: Record<string, unknown> = {
    dry_run: output.isDryRun,
    url: withoutPassword(plan.url),
    system_account: systemAccount ?? null,
  };
  output.data(data);
  try {
    if (plan.selection.names.length > 0) {
      // What an interruption keeps from being sent is noted in the store.
      await tree.hold(pushSelected(invocation, plan, { target, systemAccount }, data));
    }
    if (flags.prune === true) await pruneServers(invocation, plan, target as NatsTarget, data);
    else if (plan.removal !== undefined) await removeAccount(invocation, plan, target as NatsTarget, data);
    else if (flags.diff === true) {
      const compared = await drift(target, plan.operator, plan.options);
      data["diff"] = driftData(compared);
      reportDrift(report, compared);
    }
    report.wantsSummary = true;
  } catch (error) {
    throw accountServerFailure(error);
  } finally {
    if ("close" in target) await target.close();
  }
}

async function planOf(invocation: PushInvocation): Promise<Plan> {
  const { tree, io, flags } = invocation;
  const { all = false, prune: isPrune = false, diff = false, force: isForced = false } = flags;
  if (all && flags.account) throw usageError("specify only one of --account or --all");
  const removed = flags["account-removal"] || undefined;
  if (removed !== undefined && (isPrune || diff)) {
    throw usageError("--prune/--diff and --account-removal <account> are mutually exclusive");
  }
  if (isPrune && diff) throw usageError("--prune and --diff are mutually exclusive");
  const operator = await tree.operator();
  const names = await tree.names([operator.name]);
  if (names.length === 0) throw usageError(`operator ${quote(operator.name)} has no accounts`);
  const named = flags.account ? await tree.accountName(flags.account) : undefined;
  const removal = removed === undefined ? undefined : await keyToRemove(operator, names, removed);
  const asked = await askForPush(invocation, operator);
  const url = asked.url ?? (flags["account-jwt-server-url"] || operator.claims.nats.account_server_url || "");
  if (url === "") {
    throw usageError(
      "no account server url or nats-server url was provided by the operator jwt",
      "say --account-jwt-server-url here, or once and for all with 'nsc edit operator --account-jwt-server-url'",
    );
  }
  assertPushUrl(url);
  if (!isResolverUrl(url) && isPrune) throw usageError("prune only works for nats based account resolver");
  if (!isResolverUrl(url) && removed !== undefined) {
    throw usageError("account removal only works for nats based account resolver");
  }
  const isAlone = isPrune || diff || removed !== undefined;
  const account = asked.account ?? named;
  const selected = all ? names : isAlone && account === undefined ? [] : [account ?? (await tree.accountName())];
  return {
    operator,
    url,
    selection: await selectForPush(operator, selected, { isForced, now: Math.floor(timeOf(io).getTime() / 1000) }),
    removal,
    options: { ...timeoutOf(invocation, flags.timeout), signal: io.signal },
    isForced,
  };
}

function usageError(message: string, hint?: string): CommandError {
  return new CommandError(message, { code: "ERR_USAGE", showsUsage: true, ...(hint !== undefined && { hint }) });
}

/** What servers are waited for is the library's matter where nothing is said: it does not wait for those that answered. */
function timeoutOf({ output }: Pick<Invocation, "output">, seconds: number | undefined): { readonly timeout?: string } {
  if (seconds === undefined) return {};
  const taken = Math.min(Math.max(seconds, 1), 60);
  if (taken !== seconds) output.note(`warning: servers are waited for 1 to 60 seconds, so --timeout is ${taken}`);
  return { timeout: `${taken}s` };
}

async function keyToRemove(operator: Operator, names: readonly string[], account: string): Promise<string> {
  const isKey = isPublicKey(account, "account");
  if (isKey || names.includes(account)) {
    const key = isKey ? account : (await operator.account(account)).publicKey;
    if (key !== operator.claims.nats.system_account) return key;
    throw new CommandError(`${account} is the system account, which can't be deleted from servers`, {
      code: "ERR_SYSTEM_ACCOUNT",
    });
  }
  throw usageError(
    `account ${account} does not exist in the current operator`,
    "one that is no longer in the store is removed by its public key",
  );
}

async function placeOf(invocation: PushInvocation, { operator, url }: Plan): Promise<Place> {
  if (!isResolverUrl(url)) return { target: { url: url.trim() }, systemAccount: undefined };
  const subjects = new Set([...PUSH_SUBJECTS, ...DRIFT_SUBJECTS, ...DELETE_SUBJECTS, ...PRUNE_SUBJECTS]);
  const user = await systemUserOf(invocation, operator, invocation.flags, [...subjects]);
  try {
    const target = await connectToServers(invocation, invocation.flags, {
      name: "nsc_push",
      servers: url,
      authenticator: user.authenticator,
      inboxPrefix: user.inboxPrefix,
      adviceIfRefused: user.adviceIfRefused,
      reconnect: { wait: 250, attempts: 20 },
    });
    return { target, systemAccount: user.account };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { code, hint, cause } = error;
    throw new CommandError(`failed to connect: ${error.message}`, { code, cause, ...(hint !== undefined && { hint }) });
  }
}

/** What was looked at before anything was sent. */
const CHECKED: readonly PushGuard[] = ["invalid", "expired", "foreign-issuer"];
/** What is left to look at with `--force`: it would lock everybody out, or can't be sent at all. */
const FORCED: readonly PushGuard[] = [...CHECKED, "untrusted-issuer", "older"];

async function pushSelected(
  { output, report }: PushInvocation,
  { operator, selection, options, isForced, url }: Plan,
  { target, systemAccount }: Place,
  data: Record<string, unknown>,
): Promise<void> {
  const { names: accounts, read } = selection;
  if (output.isDryRun) {
    const compared = await drift(target, operator, { ...options, accounts });
    data["would_push"] = driftData(compared);
    reportWouldPush(report, compared, isForced);
    return;
  }
  // An account server signs again what it is given, so that what it has is newer always.
  const isSignedThere = systemAccount === undefined && operator.isManaged;
  const checked = operator.isManaged ? CHECKED.filter((guard) => guard !== "foreign-issuer") : CHECKED;
  const progress = output.progress("pushing accounts", accounts.length);
  try {
    const pushed = await pushAsRead(
      target,
      operator,
      accounts.map((name) => [operator.name, name] as const),
      {
        ...options,
        resend: true,
        force: isForced ? FORCED : [...checked, ...(isSignedThere ? (["older"] as const) : [])],
        onProgress: ({ done, total }) => progress.report(done, total),
      },
      read,
    );
    data["push"] = pushedData(pushed);
    reportPush(report, pushed, { url, systemAccount });
  } finally {
    progress.end();
  }
}

async function pruneServers(
  invocation: PushInvocation,
  { operator, options, isForced }: Plan,
  target: NatsTarget,
  data: Record<string, unknown>,
): Promise<void> {
  const { output, report } = invocation;
  const settings = {
    ...options,
    ...(await requestedSigner(invocation, ["operator"])),
    force: isForced ? FORCED_DELETE : [],
  };
  const listing = await listAccounts(target, operator, options);
  if (!output.isDryRun && output.isTerminal && !isForced) {
    const { surplus } = await prune(target, operator, { ...settings, dryRun: true });
    for (const { publicKey, name } of surplus) output.note(`  ${publicKey} ${quote(name ?? "")}`);
    if (surplus.length > 0) {
      await confirmDestruction(invocation, `delete these ${surplus.length} accounts from the servers?`);
    }
  }
  const pruned = await prune(target, operator, { ...settings, dryRun: output.isDryRun });
  data["prune"] = prunedData(pruned);
  reportPrune(report, listing, pruned, output.isDryRun);
}

const FORCED_DELETE = ["foreign-issuer", "unheard-servers"] as const;

async function removeAccount(
  invocation: PushInvocation,
  { operator, options, isForced, removal }: Plan,
  target: NatsTarget,
  data: Record<string, unknown>,
): Promise<void> {
  const { output, report, flags } = invocation;
  const account = removal as string;
  if (output.isDryRun) {
    const { servers, unheard, accounts } = await listAccounts(target, operator, options);
    const holders = accounts.find(({ publicKey }) => publicKey === account)?.servers ?? [];
    data["removal"] = deletedData({
      servers,
      unheard,
      accounts: [],
      isComplete: true,
      assertComplete: () => undefined,
    });
    const names = holders.map(({ name }) => name).join(", ");
    report.ok(names === "" ? `no nats-server has account ${account}` : `would remove account ${account} from ${names}`);
    return;
  }
  await confirmDestruction(invocation, `delete account ${flags["account-removal"]} from the servers?`, {
    force: isForced,
  });
  const deleted = await deleteAccounts(target, operator, [account], {
    ...options,
    ...(await requestedSigner(invocation, ["operator"])),
    force: isForced ? ["unheard-servers"] : [],
  });
  data["removal"] = deletedData(deleted);
  reportRemoval(report, deleted);
}
