import { accountOrAsk } from "../asking/ask-account.ts";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { deleteMappingFlags } from "../commands/mappings.ts";
import { destinationsOf, removeMappings } from "../exchange/mappings.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";

export async function run(invocation: Invocation<typeof deleteMappingFlags>): Promise<void> {
  const { flags, report, tree } = invocation;
  report.wantsSummary = true;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const { from = "" } = flags;
  if (from === "") throw new CommandError("from subject is required", { code: "ERR_FLAGS" });
  const [to, cluster] = [flags.to || undefined, flags.cluster || undefined];
  const place = cluster === undefined ? "" : ` in cluster ${cluster}`;
  if (destinationsOf(account.claims.nats, { from, to, cluster }).length === 0) {
    const others = [...new Set(destinationsOf(account.claims.nats, { from }).map((entry) => describe(from, entry)))];
    const hint = others.length === 0 ? "" : `: there are ${others.join(", ")}`;
    report.warn(`no mapping ${to === undefined ? `for ${from}` : `${from} -> ${to}`}${place}${hint}`);
    return;
  }
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  const what = to === undefined ? `all mapping${place} for ${from}` : `mapping ${from} -> ${to}${place}`;
  await confirmDestruction(invocation, `delete ${what}?`, { force: flags.force });
  await sayingIssues(() => account.edit(({ nats }) => removeMappings(nats, { from, to, cluster }), signing));
  report.ok(`deleted ${what}`);
  await afterAccountChange(invocation, operator, account);
}

function describe(from: string, { subject, cluster = "" }: { subject: string; cluster?: string }): string {
  return `${from} -> ${subject}${cluster === "" ? "" : ` in cluster ${cluster}`}`;
}
