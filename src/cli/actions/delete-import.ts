import type { Account } from "../../authority/account.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import type { Import } from "../../jwt/imports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { deleteImportFlags } from "../commands/imports.ts";
import { accountNames } from "../exchange/account-keys.ts";
import { importLabel } from "../exchange/labels.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";

type DeleteImport = Invocation<typeof deleteImportFlags>;
type Chosen = ReadonlyDeep<Import> & { readonly type: ExportType };

export async function run(invocation: DeleteImport): Promise<void> {
  const { flags, report, tree } = invocation;
  report.wantsSummary = true;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const { subject, type, account: from } = await choose(invocation, account);
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  await confirmDestruction(invocation, `delete ${type} import ${quote(subject)}?`, { force: flags.force });
  await sayingIssues(() => account.removeImport(subject, { type, from, ...signing }));
  report.ok(`deleted ${type} import ${quote(subject)}`);
  await afterAccountChange(invocation, operator, account);
}

async function choose(invocation: DeleteImport, account: Account): Promise<Chosen> {
  const { flags, globals, prompts, report } = invocation;
  const imports = (account.claims.nats.imports ?? []) as readonly Chosen[];
  if (imports.length === 0)
    throw new CommandError(`account ${quote(account.name)} doesn't have imports`, { code: "ERR_IMPORT_NOT_FOUND" });
  const { subject = "", type, "src-account": source = "" } = flags;
  const names = await accountNames(invocation);
  const isOf = (entry: Chosen) => entry.account === source || names.get(entry.account) === source;
  const found = imports.filter(
    (entry) =>
      (subject === "" || entry.subject === subject) &&
      (type === undefined || entry.type === type) &&
      (source === "" || isOf(entry)),
  );
  if (found.length === 0 && (subject !== "" || source !== "")) {
    const what = subject === "" ? "" : ` matching ${quote(subject)}`;
    const from = source === "" ? "" : ` from account ${source}`;
    throw new CommandError(`no import${what} found${from}`, { code: "ERR_IMPORT_NOT_FOUND" });
  }
  if (globals.interactive === true) {
    const choices = imports.map((entry) => ({
      label: importLabel(entry, names.get(entry.account) ?? entry.account),
      value: entry,
    }));
    return await prompts.select("select import to delete", choices, found[0]);
  }
  const [chosen, other] = found;
  if (chosen === undefined || (subject === "" && other !== undefined))
    throw new CommandError("subject is required", { code: "ERR_FLAGS" });
  if (other === undefined) return chosen;
  const sources = [...new Set(found.map((entry) => entry.account))];
  if (sources.length > 1) {
    throw new CommandError(
      `more than one import ${quote(subject)} found - specify --src-account with one of ${sources.join(", ")}`,
      { code: "ERR_IMPORT_AMBIGUOUS" },
    );
  }
  if (source === "") {
    throw new CommandError(`account ${quote(account.name)} imports both a stream and a service ${quote(subject)}`, {
      code: "ERR_IMPORT_AMBIGUOUS",
      hint: "say which with --type stream or --type service",
    });
  }
  report.warn(`there is also a ${other.type} import ${quote(subject)}: --type says which is meant`);
  return chosen;
}
