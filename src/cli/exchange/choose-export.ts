import type { Account } from "../../authority/account.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import type { Export } from "../../jwt/exports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";
import { exportLabel } from "./labels.ts";

/** An export that a command is about. */
export type ChosenExport = ReadonlyDeep<Export> & { readonly type: ExportType };

/** How it is said which export is meant. */
export interface ExportChoice {
  readonly subject: string | undefined;
  readonly type: string | undefined;
}

/** What is said where nothing is found. */
export interface ExportTexts {
  /** How it is asked with `-i`. */
  readonly question: string;
  readonly missing: CommandError;
  readonly notFound: (subject: string) => CommandError;
}

/**
 * The export that is meant: by its subject, or the only one; with `-i` it is picked.
 *
 * @throws CommandError
 */
export async function chooseExport(
  { globals, prompts, report }: Invocation,
  account: Account,
  { subject, type }: ExportChoice,
  { question, missing, notFound }: ExportTexts,
): Promise<ChosenExport> {
  const exports = exportsOf(account);
  if (type !== undefined && type !== "stream" && type !== "service") {
    throw new CommandError(`an export is a "stream" or a "service", and no ${quote(type)}`, { code: "ERR_FLAGS" });
  }
  const meant = exports.filter(
    (entry) => (!subject || entry.subject === subject) && (type === undefined || entry.type === type),
  );
  if (subject && meant.length === 0) throw notFound(subject);
  if (globals.interactive === true) {
    const choices = exports.map((entry) => ({ label: exportLabel(account.name, entry), value: entry }));
    return await prompts.select(question, choices, meant[0]);
  }
  const [chosen, other] = meant;
  if (chosen === undefined || (!subject && other !== undefined)) throw missing;
  if (other !== undefined) {
    report.warn(`there is also a ${other.type} export ${quote(other.subject)}: --type says which is meant`);
  }
  return chosen;
}

/**
 * What an account exports.
 *
 * @throws CommandError when that is nothing
 */
export function exportsOf(account: Account): readonly ChosenExport[] {
  const exports = account.claims.nats.exports ?? [];
  if (exports.length > 0) return exports as readonly ChosenExport[];
  throw new CommandError(`account ${quote(account.name)} doesn't have exports`, {
    code: "ERR_EXPORT_NOT_FOUND",
    hint: "make one with 'nsc add export'",
  });
}
