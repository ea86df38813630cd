import { accountOrAsk } from "../asking/ask-account.ts";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { deleteExportFlags } from "../commands/exports.ts";
import { chooseExport } from "../exchange/choose-export.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";

export async function run(invocation: Invocation<typeof deleteExportFlags>): Promise<void> {
  const { flags, report, tree } = invocation;
  report.wantsSummary = true;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const { subject, type } = await chooseExport(
    invocation,
    account,
    { subject: flags.subject, type: flags.type },
    {
      question: "select export to delete",
      missing: new CommandError("subject is required", { code: "ERR_FLAGS" }),
      notFound: (given) =>
        new CommandError(`no export matching ${quote(given)} found`, { code: "ERR_EXPORT_NOT_FOUND" }),
    },
  );
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  await confirmDestruction(invocation, `delete ${type} export ${quote(subject)}?`, { force: flags.force });
  await sayingIssues(() => account.removeExport(subject, { type, ...signing }));
  report.ok(`deleted ${type} export ${quote(subject)}`);
  await afterAccountChange(invocation, operator, account);
}
