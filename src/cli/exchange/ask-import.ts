import type { Account } from "../../authority/account.ts";
import type { ImportInit } from "../../authority/import-verbs.ts";
import type { Operator } from "../../authority/operator.ts";
import { decode } from "../../jwt/decode.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import { hasWildcards } from "../../subjects/subject.ts";
import { askUntilRead } from "../asking/ask-until-read.ts";
import type { addImportFlags } from "../commands/imports.ts";
import type { Invocation } from "../invocation.ts";
import { askSigner } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";
import type { ChosenExport } from "./choose-export.ts";
import { accountHeading, exportLabel } from "./labels.ts";
import { accountKeyProblem, lengthProblem, subjectProblem } from "./problems.ts";

type AddImport = Invocation<typeof addImportFlags>;
type Named = ImportInit & { readonly type: ExportType; readonly subject: string };

/** Who imports, and where activations come from. */
export interface Importer {
  readonly operator: Operator;
  readonly account: Account;
  /** Reads the activation in a file or at an address. */
  readonly load: (source: string) => Promise<string>;
}

/** Asks what is imported. nsc: `AddImportParams.PreInteractive` and `PostInteractive`. */
export async function askImport(invocation: AddImport, importer: Importer): Promise<Named> {
  const { flags, prompts } = invocation;
  const source = (await askLocal(invocation, importer)) ?? (await askElsewhere(invocation, importer));
  const { subject, type } = source;
  const isService = type === "service";
  const share = isService && (await prompts.confirm("share information when tracking latency?", flags.share === true));
  const name = await prompts.text("name", { initial: flags.name || (source.name ?? subject), check: lengthProblem });
  const taken = (importer.account.claims.nats.imports ?? []).filter((entry) => isService && entry.type === "service");
  const local = await prompts.text("local subject", {
    initial: flags["local-subject"] || (source.localSubject ?? ""),
    check: (answer) => {
      if (answer === "") return undefined;
      if (taken.some((entry) => entry.subject === answer)) {
        return `${answer} is already in use by a different service import`;
      }
      return subjectProblem(answer);
    },
  });
  const trace = !isService && (await prompts.confirm("allow tracing", flags["allow-trace"] === true));
  const { localSubject: _, ...known } = source;
  return {
    ...known,
    name,
    ...(local === "" ? {} : { localSubject: local }),
    ...(share ? { share } : {}),
    ...(trace ? { allowTrace: trace } : {}),
  };
}

interface LocalExport {
  readonly exporter: Account;
  /** Nothing for the heading. */
  readonly entry?: ChosenExport;
}

/** Asks which export of the operator's other accounts is imported; nothing where it is none of them. */
async function askLocal(invocation: AddImport, { operator, account }: Importer): Promise<Named | undefined> {
  const { prompts, output } = invocation;
  const choices: { label: string; value: LocalExport }[] = [];
  for await (const exporter of operator.accounts()) {
    const exports = (exporter.claims.nats.exports ?? []) as readonly ChosenExport[];
    if (exporter.publicKey === account.publicKey || exports.length === 0) continue;
    choices.push({ label: accountHeading(exporter), value: { exporter } });
    for (const entry of exports) {
      choices.push({ label: exportLabel(exporter.name, entry), value: { exporter, entry } });
    }
  }
  if (choices.length === 0 || !(await prompts.confirm("pick from locally available exports", true))) return undefined;
  for (;;) {
    const { exporter, entry } = await prompts.select("select the export", choices);
    if (entry !== undefined) return await importOf(invocation, account, exporter, entry);
    output.note(`${quote(accountHeading(exporter))} is an account grouping not an export`);
  }
}

async function importOf(
  invocation: AddImport,
  account: Account,
  exporter: Account,
  entry: ChosenExport,
): Promise<Named> {
  const { prompts, tree } = invocation;
  const { subject: offered, local } = subjectsFor(entry, account.publicKey);
  const isService = entry.type === "service";
  const subject =
    isService && hasWildcards(entry.subject)
      ? await prompts.text("export subject", { initial: offered, check: subjectProblem })
      : offered;
  const signer =
    entry.token_req === true
      ? await askSigner(invocation, ["account"], {
          operator: await tree.operator(),
          account: exporter,
          label: `select the signing key for account ${quote(exporter.name)} [${exporter.publicKey}]`,
        })
      : undefined;
  const localSubject = local ?? (isService ? subject : undefined);
  return {
    from: exporter,
    subject,
    type: entry.type,
    ...(entry.name === undefined ? {} : { name: entry.name }),
    ...(localSubject === undefined ? {} : { localSubject }),
    ...(signer === undefined ? {} : { activationSigner: signer }),
  };
}

/** Where a wildcard stands for who imports, it is this account in the exporter's subject, and nothing in the local one. */
function subjectsFor(entry: ChosenExport, importer: string): { readonly subject: string; readonly local?: string } {
  const position = Number(entry.account_token_position ?? 0);
  const tokens = entry.subject.split(".");
  if (position === 0 || tokens[position - 1] !== "*") return { subject: entry.subject };
  return {
    subject: tokens.with(position - 1, importer).join("."),
    local: tokens.filter((_, index) => index !== position - 1).join("."),
  };
}

async function askElsewhere({ flags, prompts, output }: AddImport, { load }: Importer): Promise<Named> {
  if (await prompts.confirm("is the export public?", flags.token === undefined)) {
    const from = await prompts.text("src-account public key", {
      initial: flags["src-account"] ?? "",
      check: (answer) => accountKeyProblem(answer, "src-account"),
    });
    const subject = await prompts.text("remote subject", {
      initial: flags["remote-subject"] ?? "",
      check: subjectProblem,
    });
    const isService = await prompts.confirm("is import a service", flags.service ?? true);
    return { from, subject, type: isService ? "service" : "stream" };
  }
  const ask = () => prompts.text("token path or url", { initial: flags.token ?? "", check: lengthProblem });
  const { value: activation } = await askUntilRead(output, ask, load);
  const { name, nats, iss = "" } = decode(activation, { kind: "activation" });
  const type = nats.kind as ExportType;
  return {
    activation,
    from: nats.issuer_account || iss,
    subject: nats.subject,
    type,
    ...(name === undefined ? {} : { name }),
    ...(type === "service" ? { localSubject: nats.subject } : {}),
  };
}
