import type { Account } from "../../authority/account.ts";
import type { Operator } from "../../authority/operator.ts";
import { decorateToken } from "../../creds/creds.ts";
import { isNscError } from "../../errors.ts";
import { decode } from "../../jwt/decode.ts";
import { pushActivation } from "../../nats/push-activation.ts";
import { isCoveredBy } from "../../subjects/subject.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { generateActivationFlags } from "../commands/activation.ts";
import { askValidity } from "../edits/apply-validity.ts";
import { accountKey } from "../exchange/account-keys.ts";
import { type ChosenExport, exportsOf } from "../exchange/choose-export.ts";
import { exportLabel } from "../exchange/labels.ts";
import { accountKeyProblem, subjectProblem } from "../exchange/problems.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { formatReport } from "../output/format-report.ts";
import { Report } from "../output/report.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { formatDate } from "../text/dates.ts";
import { quote, quotePath } from "../text/quote.ts";
import { relativeDate } from "../text/relative-date.ts";
import { tolerating } from "../validation/tolerate.ts";
import { readValidity, type Validity } from "../values/validity.ts";

type GenerateActivation = Invocation<typeof generateActivationFlags>;

/** What the activation is to be. */
interface Wanted {
  readonly chosen: ChosenExport;
  readonly subject: string;
  readonly to: string;
  readonly validity: Validity;
}

export async function run(invocation: GenerateActivation): Promise<void> {
  const { flags, globals, io, output, tree } = invocation;
  const operator = await tree.operator();
  const account = await accountOrAsk(invocation, flags.account);
  const offered = privateExports(account);
  const wanted =
    globals.interactive === true ? await ask(invocation, account, offered) : await read(invocation, account, offered);
  const { chosen, subject, to, validity } = wanted;
  const signing = await signerOrAsk(invocation, ["account"], { operator, account });
  const pushes = flags.push === true || (globals.interactive === true && (await askPush(invocation, operator)));
  const expires = validity.expiry ? new Date(validity.expiry * 1000) : "never";
  const token = await tolerating(
    invocation,
    // It was said already.
    (problem) => (isNscError(problem, "ERR_ARGUMENT_INVALID") ? "" : undefined),
    () =>
      sayingIssues(() =>
        account.issueActivation({
          to,
          subject,
          type: chosen.type,
          expires,
          ...(validity.start ? { notBefore: new Date(validity.start * 1000) } : {}),
          ...signing,
        }),
      ),
  );
  const { iss = "", exp, nbf } = decode(token, { kind: "activation" });
  const file = flags["output-file"] || "--";
  const isPrinted = file === "--";
  // The token may go into a file, and the talk must not.
  const report = isPrinted ? new Report() : invocation.report;
  report.wantsSummary = true;
  const now = timeOf(io);
  report.ok(`generated ${quote(chosen.name || chosen.subject)} activation for account ${quote(to)}`);
  if (nbf !== undefined) report.ok(`token valid ${formatDate(nbf)} - ${relativeDate(nbf, now)}`);
  if (exp !== undefined) report.ok(`token expires ${formatDate(exp)} - ${relativeDate(exp, now)}`);
  const decorated = decorateToken(token);
  const written = isPrinted ? undefined : await output.writeFile(file, decorated, { overwrites: true });
  if (written === undefined) output.print(`${decorated}\n`);
  else if (!output.isDryRun) report.ok(`wrote activation token to ${quotePath(file)}`);
  const result = {
    token,
    account: account.publicKey,
    target_account: to,
    issuer: iss,
    type: chosen.type,
    subject,
    not_before: nbf,
    expires: exp,
    file: written,
  };
  output.data(result);
  try {
    if (pushes) output.data({ ...result, url: await push(invocation, operator, { report, token }) });
  } finally {
    if (isPrinted && !output.isJson) output.note(formatReport(report, { color: output.talkColor }));
  }
}

function privateExports(account: Account): readonly ChosenExport[] {
  const found = exportsOf(account).filter((entry) => entry.token_req === true);
  if (found.length > 0) return found;
  throw new CommandError(`account ${quote(account.name)} doesn't have exports that require an activation token`, {
    code: "ERR_EXPORT_NOT_FOUND",
    hint: "'nsc edit export --private' makes an export one of these",
  });
}

/** @throws CommandError */
async function read(
  invocation: GenerateActivation,
  account: Account,
  offered: readonly ChosenExport[],
): Promise<Wanted> {
  const { flags, io, report } = invocation;
  const subject = flags.subject || (offered.length === 1 ? offered[0]?.subject : undefined);
  if (subject === undefined) {
    throw new CommandError("a subject is required", {
      code: "ERR_FLAGS",
      showsUsage: true,
      hint: `there are ${offered.map((entry) => entry.subject).join(", ")}`,
    });
  }
  const validity = readValidity(flags, { now: timeOf(io), report });
  const to = await accountKey(invocation, flags["target-account"], { what: "target-account" });
  const problem = subjectProblem(subject);
  if (problem !== undefined) throw new CommandError(problem, { code: "ERR_FLAGS" });
  const chosen = offered.find((entry) => isCoveredBy(subject, entry.subject));
  if (chosen !== undefined) return { chosen, subject, to, validity };
  throw new CommandError(`a private export for ${quote(subject)} was not found in account ${quote(account.name)}`, {
    code: "ERR_EXPORT_NOT_FOUND",
    hint: `there are ${offered.map((entry) => entry.subject).join(", ")}`,
  });
}

async function ask(
  { flags, io, prompts, report }: GenerateActivation,
  account: Account,
  offered: readonly ChosenExport[],
): Promise<Wanted> {
  const now = timeOf(io);
  const chosen = await prompts.select(
    "select the export",
    offered.map((entry) => ({ label: exportLabel(account.name, entry), value: entry })),
  );
  const subject = await prompts.text("subject", {
    initial: flags.subject || chosen.subject,
    check: (answer) => {
      const problem = subjectProblem(answer);
      if (problem !== undefined || isCoveredBy(answer, chosen.subject)) return problem;
      return `${quote(chosen.subject)} doesn't contain ${quote(answer)}`;
    },
  });
  const to = await prompts.text("target-account public key", {
    initial: flags["target-account"] ?? "",
    check: (answer) => accountKeyProblem(answer, "target-account"),
  });
  const bounds = await askValidity(prompts, { start: flags.start || "0", expiry: flags.expiry || "0" }, {}, now);
  return { chosen, subject, to, validity: readValidity(bounds, { now, report }) };
}

async function askPush({ prompts }: GenerateActivation, { claims }: Operator): Promise<boolean> {
  const { account_server_url: url = "" } = claims.nats;
  return /^https?:/i.test(url) && (await prompts.confirm(`push the activation to ${quote(url)}`, false));
}

/** @returns where the account server has it; nothing in a dry run */
async function push(
  { io, output }: GenerateActivation,
  { name, claims }: Operator,
  { report, token }: { readonly report: Report; readonly token: string },
): Promise<string | undefined> {
  const { account_server_url: url = "" } = claims.nats;
  if (url === "") {
    throw new CommandError(`operator ${name} doesn't have an account server url configured`, {
      code: "ERR_SERVER_URL",
      hint: "'nsc edit operator --account-jwt-server-url' says where it is",
    });
  }
  if (!/^https?:/i.test(url)) {
    throw new CommandError(
      "activation push is only supported for http base account server not nats-resover enabled nats-server",
      {
        code: "ERR_SERVER_URL",
        hint: "hand the activation to whoever imports: 'nsc add import --token' takes the file",
      },
    );
  }
  if (output.isDryRun) {
    output.note(`would push the activation to ${url}`);
    return undefined;
  }
  const { url: place, message } = await pushActivation({ url }, token, { signal: io.signal });
  const entry = report.group("push jwt to account server");
  entry.ok("pushed account jwt to the account server");
  if (message !== "") entry.serverSaid(message);
  report.ok(`activation accessible at ${quote(place)}`);
  return place;
}
