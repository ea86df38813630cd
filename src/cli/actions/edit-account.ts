import type { Account } from "../../authority/account.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { askEditAccount } from "../asking/ask-edit-account.ts";
import { CommandError } from "../command-error.ts";
import type { editAccountFlags } from "../commands/account.ts";
import { applyAccountLimits } from "../edits/apply-account-limits.ts";
import { applyJetStream, assertJetStreamFlags } from "../edits/apply-jetstream.ts";
import { applyPermissions, assertPermissionFlags } from "../edits/apply-permissions.ts";
import { applyTags } from "../edits/apply-tags.ts";
import { applyTrace } from "../edits/apply-trace.ts";
import { applyValidity } from "../edits/apply-validity.ts";
import { assertEditOptions } from "../edits/edit-options.ts";
import { applySigningKeys, readSigningKeyChanges } from "../edits/signing-key-changes.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { afterAccountChange } from "../managed/managed.ts";
import type { Report } from "../output/report.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { sayInvalidated } from "../validation/invalidated.ts";
import { unusableUsers } from "../validation/tolerate.ts";
import { readValidity, type Validity } from "../values/validity.ts";

type EditAccountValues = FlagValues<typeof editAccountFlags>;

export async function run(invocation: Invocation<typeof editAccountFlags>): Promise<void> {
  const { args, globals, io, output, report, tree } = invocation;
  assertJetStreamFlags(invocation.flags);
  assertEditOptions(invocation, ["name"]);
  const account = await accountOrAsk(invocation, invocation.flags.name || args[0]);
  const operator = await tree.operator();
  const flags = globals.interactive === true ? await askEditAccount(invocation, account) : invocation.flags;
  const now = timeOf(io);
  const validity = readValidity(flags, { now, report });
  assertPermissionFlags(flags);
  const keys = await readSigningKeyChanges(account, flags, output);
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account, keepsIssuer: true });
  if (flags["disallow-bearer"] === true) await assertNoBearer(account);
  const isSystemAccount = operator.claims.nats.system_account === account.publicKey;
  const invalidated = await changeTree(
    invocation,
    async (tx, changes) => {
      const edited = await (await tx.operator(operator.name)).account(account.name);
      const gone = await applySigningKeys(edited, [operator.name, account.name], keys, changes);
      await edited.edit(
        (claims) => applyEdit(claims, flags, { validity, now, isSystemAccount, report: changes }),
        signing,
      );
      return gone;
    },
    unusableUsers,
  );
  sayInvalidated(invocation, invalidated);
  await afterAccountChange(invocation, operator, await operator.account(account.name));
  report.ok(`edited account ${quote(account.name)}`);
}

interface EditContext {
  readonly validity: Validity;
  readonly now: Date;
  readonly isSystemAccount: boolean;
  readonly report: Report;
}

/** Changes what flags name, in nsc's order. */
function applyEdit(
  claims: AccountClaims,
  flags: EditAccountValues,
  { validity, now, isSystemAccount, report }: EditContext,
): void {
  const { nats } = claims;
  applyValidity(claims, validity, { now, report });
  applyTags(nats, flags, report);
  applyAccountLimits(nats.limits, flags, report);
  applyJetStream(nats.limits, flags, { isSystemAccount, report });
  const { description, "info-url": infoUrl, "host-cluster-traffic": hostsTraffic } = flags;
  if (description !== undefined) {
    if (description === "") delete nats.description;
    else nats.description = description;
    report.ok(`changed description to ${quote(description)}`);
  }
  if (infoUrl !== undefined) {
    if (infoUrl === "") delete nats.info_url;
    else nats.info_url = infoUrl;
    report.ok(`changed info url to ${quote(infoUrl)}`);
  }
  applyPermissions(nats.default_permissions, flags, report);
  applyTrace(nats, flags, report);
  if (hostsTraffic === undefined) return;
  if (hostsTraffic) nats.cluster_traffic = "owner";
  else delete nats.cluster_traffic;
  const done = hostsTraffic ? "enabled" : "disabled";
  report.ok(`${done} routing of JetStream cluster traffic through this account`);
}

async function assertNoBearer(account: Account): Promise<void> {
  for await (const { name, claims } of account.users()) {
    if (claims.nats.bearer_token !== true) continue;
    throw new CommandError(
      `user ${quote(name)} in account ${quote(account.name)} uses bearer token (needs to be deleted/changed first)`,
      { code: "ERR_BEARER_DISALLOWED", hint: `nsc edit user --account ${account.name} ${name} --bearer=false` },
    );
  }
}
