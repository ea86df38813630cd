import type { Account } from "../../authority/account.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import { isCoveredBy } from "../../subjects/subject.ts";
import { CommandError } from "../command-error.ts";
import { type ChosenExport, exportsOf } from "../exchange/choose-export.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";

/** How it is said which export is meant. */
export interface RevokedExportFlags {
  readonly subject?: string | undefined;
  readonly service?: boolean | undefined;
}

/**
 * The export whose activations are meant: the first one that covers a subject, or the only one of its type.
 *
 * @throws CommandError
 */
export async function chooseRevokedExport(
  { globals, prompts }: Invocation,
  account: Account,
  flags: RevokedExportFlags,
): Promise<ChosenExport> {
  const all = exportsOf(account);
  const isAsking = globals.interactive === true;
  const { subject: given } = flags;
  if (isAsking && given && !all.some((entry) => isCoveredBy(given, entry.subject))) throw notFound(all);
  const isService = isAsking ? await prompts.confirm("is service", flags.service === true) : flags.service === true;
  const type: ExportType = isService ? "service" : "stream";
  const exports = all.filter((entry) => entry.type === type);
  if (exports.length === 0)
    throw new CommandError(`account ${quote(account.name)} doesn't have ${type} exports`, {
      code: "ERR_EXPORT_NOT_FOUND",
    });
  const subject = flags.subject || (exports.length === 1 ? exports[0]?.subject : undefined);
  const chosen = subject === undefined ? undefined : exports.find((entry) => isCoveredBy(subject, entry.subject));
  if (isAsking) {
    const choices = exports.map((entry) => ({ label: entry.subject, value: entry }));
    return await prompts.select(`select ${type} export`, choices, chosen);
  }
  if (subject === undefined) {
    throw new CommandError("a subject is required", {
      code: "ERR_FLAGS",
      showsUsage: true,
      hint: whatThereIs(exports),
    });
  }
  if (chosen === undefined) throw notFound(exports);
  return chosen;
}

function notFound(exports: readonly ChosenExport[]): CommandError {
  return new CommandError("unable to locate export", { code: "ERR_EXPORT_NOT_FOUND", hint: whatThereIs(exports) });
}

function whatThereIs(exports: readonly ChosenExport[]): string {
  return `there are ${exports.map((entry) => entry.subject).join(", ")}`;
}
