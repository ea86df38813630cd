import type { Account } from "../../authority/account.ts";
import type { ImportInit } from "../../authority/import-verbs.ts";
import { parseDecoratedToken } from "../../creds/creds.ts";
import type { ActivationClaims } from "../../jwt/activation.ts";
import { decode } from "../../jwt/decode.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { addImportFlags } from "../commands/imports.ts";
import { accountKey } from "../exchange/account-keys.ts";
import { askImport } from "../exchange/ask-import.ts";
import { reportIgnored } from "../exchange/ignored-flags.ts";
import { subjectProblem } from "../exchange/problems.ts";
import { isUrl, loadText } from "../files/load-text.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";

type AddImport = Invocation<typeof addImportFlags>;

/** What is imported, as far as the report says it. */
type Named = ImportInit & { readonly type: ExportType; readonly subject: string };

export async function run(invocation: AddImport): Promise<void> {
  const { flags, globals, report, tree } = invocation;
  if (globals.interactive !== true) assertShape(flags);
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const load = (source: string) => loadActivation(invocation, source);
  const init =
    globals.interactive === true
      ? await askImport(invocation, { operator, account, load })
      : flags.token
        ? await activated(invocation, account, await load(flags.token))
        : await announced(invocation);
  if (init.from === account.publicKey) throw new CommandError("export issuer is this account", { code: "ERR_FLAGS" });
  if (init.type === "stream" && init.share === true) {
    throw new CommandError("only services can set the share property", { code: "ERR_FLAGS" });
  }
  assertNew(account, init);
  if (init.type === "service") reportIgnored(report, flags, ["allow-trace"], "it is for streams");
  else if (flags.token) reportIgnored(report, flags, ["service"], "the activation is for a stream");
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  await sayingIssues(() => account.addImport(init, signing));
  await afterAccountChange(invocation, operator, account);
  report.ok(`added ${init.type} import ${quote(init.subject)}`);
}

/** There are two shapes: with an activation, which says all, and of what everybody may import. */
function assertShape(flags: AddImport["flags"]): void {
  const { token, "src-account": source, "remote-subject": remote } = flags;
  const fail = (message: string) => new CommandError(message, { code: "ERR_FLAGS", showsUsage: true });
  if (token !== undefined && (source !== undefined || remote !== undefined)) {
    throw fail("private imports require src-account, remote-subject and service to be unset");
  }
  if (token === undefined && (source === undefined || remote === undefined)) {
    throw fail("public imports require src-account, remote-subject");
  }
}

async function announced(invocation: AddImport): Promise<Named> {
  const { flags } = invocation;
  const { "remote-subject": subject = "" } = flags;
  const from = await accountKey(invocation, flags["src-account"], { what: "src-account" });
  const problem = subjectProblem(subject);
  if (problem !== undefined) throw new CommandError(problem, { code: "ERR_FLAGS" });
  return { from, subject, type: flags.service === true ? "service" : "stream", ...rest(flags) };
}

async function activated({ flags }: AddImport, account: Account, token: string): Promise<Named> {
  const claims = decode(token, { kind: "activation" });
  const { subject, kind } = claims.nats;
  assertFor(account, claims);
  const type = kind as ExportType;
  const local = flags["local-subject"] || (type === "service" ? subject : undefined);
  return {
    from: exporterOf(claims),
    subject,
    type,
    activation: token,
    ...rest({ ...flags, service: type === "service" }),
    ...(local === undefined ? {} : { localSubject: local }),
  };
}

/** What both shapes may have. */
function rest(flags: AddImport["flags"]): Omit<ImportInit, "from" | "type" | "subject"> {
  const { name, share, "local-subject": local, "allow-trace": trace, service } = flags;
  return {
    ...(name ? { name } : {}),
    ...(local ? { localSubject: local } : {}),
    ...(share === undefined ? {} : { share }),
    ...(trace === true && service !== true ? { allowTrace: true } : {}),
  };
}

async function loadActivation(invocation: AddImport, source: string): Promise<string> {
  const token = parseDecoratedToken((await loadText(invocation, source)).trim());
  try {
    decode(token, { kind: "activation" });
  } catch (cause) {
    const where = isUrl(source) ? "what is there" : "the file";
    throw new CommandError(`${where} holds no activation: ${(cause as Error).message}`, {
      code: "ERR_ACTIVATION_INVALID",
      hint: "'nsc generate activation' makes one, in the account that exports",
      cause,
    });
  }
  return token;
}

function assertFor({ publicKey }: Account, { sub }: ActivationClaims): void {
  if (sub === publicKey) return;
  throw new CommandError(`activation is not intended for this account - it is for ${quote(sub)}`, {
    code: "ERR_CLAIMS_INVALID",
  });
}

function exporterOf({ iss = "", nats }: ActivationClaims): string {
  return nats.issuer_account || iss;
}

function assertNew(account: Account, { from, subject, type }: Named): void {
  const key = typeof from === "string" ? from : from?.publicKey;
  const isThere = (account.claims.nats.imports ?? []).some(
    (entry) => entry.account === key && entry.subject === subject && entry.type === type,
  );
  if (isThere)
    throw new CommandError(`account already imports ${type} ${quote(subject)} from ${key}`, {
      code: "ERR_ENTITY_EXISTS",
    });
}
