import { escapeUnprintable } from "../../encoding/go-text.ts";
import { formatDiff } from "../../jwt/diff.ts";
import type { DeleteReport } from "../../nats/delete-accounts.ts";
import type { ComparedAccount, DriftReport } from "../../nats/drift-report.ts";
import type { AccountListing } from "../../nats/list-accounts.ts";
import type { PruneReport } from "../../nats/prune.ts";
import type { Report } from "../output/report.ts";

const ENTRY = "nats-server with nats account resolver";

/** Says which accounts servers have, as nsc does before it prunes. */
function reportListing(report: Report, { servers, accounts }: AccountListing): void {
  for (const { id, name } of servers) {
    const listed = accounts.filter((account) => account.servers.some((server) => server.id === id));
    reportListed(report, name, listed);
  }
  report.ok(`listed accounts from a total of ${servers.length} nats-server`);
}

interface Listed {
  readonly publicKey: string;
  /** Nothing where the store does not have it. */
  readonly name: string | undefined;
}

function reportListed(report: Report, server: string, accounts: readonly Listed[]): void {
  const entry = report.ok(`list ${accounts.length} accounts from nats-server ${server}`);
  for (const { publicKey, name } of accounts) {
    entry.ok(
      name === undefined ? `account ${publicKey} only exists in server` : `account ${publicKey} named ${name} exists`,
    );
  }
}

/** Says what came of pruning. */
export function reportPrune(report: Report, listing: AccountListing, pruned: PruneReport, isDryRun: boolean): void {
  const group = report.group(`prune ${ENTRY}`);
  reportListing(group, listing);
  for (const { publicKey, name, issuer } of pruned.foreign) {
    const title = `account ${publicKey}${name ? ` named ${escapeUnprintable(name)}` : ""}`;
    const why =
      issuer === undefined ? "it is not known who signed it" : `${issuer} signed it, which is no key of the operator`;
    group.warn(`${title} is kept: ${why} (--force prunes it, too)`);
  }
  if (pruned.surplus.length === 0) group.ok("nothing to prune");
  else if (isDryRun) {
    for (const { publicKey, name } of pruned.surplus) {
      group.ok(`would prune account ${publicKey}${name ? ` named ${escapeUnprintable(name)}` : ""}`);
    }
  } else report.jobs.push(...reportDeleted(group, pruned, listing.servers.length));
}

/** Says what came of the removal of accounts. */
export function reportRemoval(report: Report, deleted: DeleteReport): void {
  report.jobs.push(...reportDeleted(report.group(`prune ${ENTRY}`), deleted, undefined));
}

/**
 * What servers said: the same to all accounts of one request.
 *
 * @param listed - how many servers said before which accounts they have
 * @returns an entry for each server
 */
function reportDeleted(
  report: Report,
  { servers, accounts, unheard }: DeleteReport,
  listed: number | undefined,
): readonly Report[] {
  const entries = servers.map((server) => {
    const outcomes = accounts.flatMap((account) => account.servers.filter(({ server: at }) => at.id === server.id));
    const asked = outcomes.filter(({ outcome }) => outcome !== "absent");
    const failed = asked.find(({ outcome }) => outcome === "failed");
    if (asked.length === 0) return report.warn(`nats-server ${server.name} has none of it`);
    if (failed !== undefined) return report.error(`server ${server.name} responded with error: ${failed.message}`);
    if (asked.some(({ outcome }) => outcome === "missing")) return report.error(`server ${server.name} did not answer`);
    return report.ok(`pruned nats-server ${server.name}: ${asked[0]?.message}`);
  });
  if (unheard.length > 0) report.warn(`not heard of: ${unheard.join(", ")}, which may bring the accounts back`);
  const count = entries.filter(({ severity }) => severity !== "error").length;
  if (listed !== undefined && count < listed) {
    report.error(
      `Fewer server responded to 'prune' (${count}) than to 'list' (${listed}). Accounts may not be completely pruned.`,
    );
  }
  return entries;
}

/** Says what servers have otherwise than the store; that is no failure. */
export function reportDrift(report: Report, { servers, accounts, drifted, unheard, warnings }: DriftReport): void {
  const group = report.group(`diff ${ENTRY}`);
  for (const { id, name } of servers) {
    const listed = accounts.filter((account) =>
      account.servers.some(({ server, isListed }) => server.id === id && isListed !== false),
    );
    const named = listed.map((account) => ({
      publicKey: account.publicKey,
      name: account.status === "unknown" ? undefined : account.name,
    }));
    reportListed(group, name, named);
  }
  group.ok(`listed accounts from a total of ${servers.length} nats-server`);
  for (const account of drifted) if (account.status !== "unknown") reportDrifted(group, account);
  if (unheard.length > 0) group.warn(`not heard of: ${unheard.join(", ")}`);
  for (const warning of warnings) group.warn(warning);
}

function reportDrifted(report: Report, { name, publicKey, message, versions }: ComparedAccount): void {
  const changes = versions.flatMap((version) =>
    version.changes.length === 0 ? [] : formatDiff(version.changes).split("\n"),
  );
  const entry = report.warn(`account ${publicKey} named ${name} differs from the store: ${message}`);
  for (const change of changes) entry.ok(change);
}
