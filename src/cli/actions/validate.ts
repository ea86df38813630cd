import { askAccount } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { validateFlags } from "../commands/validate.ts";
import { readSource } from "../files/load-text.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { printTables } from "../output/print-table.ts";
import { Table } from "../output/table.ts";
import { quote } from "../text/quote.ts";
import { summarizeIssues, validateTokens } from "../validation/validate-tokens.ts";
import { validateTree } from "../validation/validate-tree.ts";
import { type FoundIssue, isFatal, type Validated } from "../validation/validated.ts";

type Call = Invocation<typeof validateFlags>;

export async function run(invocation: Call): Promise<void> {
  const { output } = invocation;
  const { operator, accounts, summary } = await validated(invocation);
  const valid = [operator, ...accounts].every(({ issues }) => !issues.some(isFatal));
  output.data({ valid, operator: data(operator), accounts: accounts.map(data) });
  printTables(output, [
    issuesTable(`Operator ${quote(operator.name)}`, operator.issues),
    ...accounts.map(({ name, issues }) => issuesTable(`Account ${quote(name)}`, issues)),
    ...(summary === undefined ? [] : [issuesTable("Summary of all accounts", summary)]),
  ]);
  if (!valid) throw new CommandError("validation found errors", { code: "ERR_CLAIMS_INVALID", showsUsage: false });
}

interface Findings {
  readonly operator: Validated;
  readonly accounts: readonly Validated[];
  readonly summary?: readonly FoundIssue[];
}

async function validated(invocation: Call): Promise<Findings> {
  const { tree, flags, globals, output, io } = invocation;
  const { account = "", file = "" } = flags;
  const isAll = flags["all-accounts"] === true;
  if (isAll && account !== "") throw exclusive("--account or --all-accounts");
  if (file !== "" && (isAll || account !== "")) throw exclusive("--account or --all-accounts or --file");
  const operator = await tree.operatorName();
  const now = timeOf(io);
  if (file !== "") {
    const accounts = validateTokens(await readSource({ io, output }, file), now);
    const findings = { operator: { name: operator, issues: [] }, accounts };
    return accounts.length > 1 ? { ...findings, summary: summarizeIssues(accounts) } : findings;
  }
  if (isAll) return await validateTree(invocation, operator, "all", now);
  if (globals.interactive === true) {
    return await validateTree(invocation, operator, [await askAccount(invocation, account)], now);
  }
  const name = account === "" ? (await tree.context()).account : await tree.accountName(account);
  return await validateTree(invocation, operator, name === undefined ? [] : [name], now);
}

function exclusive(flags: string): CommandError {
  return new CommandError(`specify only one of ${flags}`, { code: "ERR_FLAGS" });
}

function issuesTable(title: string, issues: readonly FoundIssue[]): Table {
  if (issues.length === 0) return new Table({ title }).row("No issues found");
  const table = new Table({ title, headers: ["#", " ", "Description"] });
  for (const [i, issue] of issues.entries()) table.row(String(i + 1), isFatal(issue) ? "!" : "", issue.message);
  return table;
}

function data({ name, issues }: Validated): unknown {
  return { name, issues: issues.map(({ level, message, code, user }) => ({ level, message, code, user })) };
}
