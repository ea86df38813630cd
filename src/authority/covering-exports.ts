import { NscError } from "../errors.ts";
import type { ExportType } from "../jwt/export-type.ts";
import type { Export } from "../jwt/exports.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { isCoveredBy } from "../subjects/subject.ts";
import { assertExportType } from "./export-verbs.ts";
import { type AccountPath, titleOf } from "./paths.ts";

/** The exports that offer a subject, streams and services. */
export function coveringExports(
  exports: readonly ReadonlyDeep<Export>[] | undefined,
  subject: string,
): readonly ReadonlyDeep<Export>[] {
  return (exports ?? []).filter((entry) => isCoveredBy(subject, entry?.subject ?? ""));
}

/** The export that covers a subject; of several the private one, for which an import has to be made. */
export function coveringExport(
  path: AccountPath,
  exports: readonly ReadonlyDeep<Export>[],
  subject: string,
  type: ExportType | undefined,
): ReadonlyDeep<Export> {
  if (type !== undefined) assertExportType(type);
  const covering = coveringExports(exports, subject).filter((entry) => type === undefined || entry.type === type);
  const [chosen] = covering;
  if (chosen === undefined) {
    const title = `${type ?? "stream or service"} ${JSON.stringify(subject)}`;
    throw new NscError("ERR_ENTITY_NOT_FOUND", `the ${titleOf(path)} exports no ${title}`);
  }
  if (covering.every((entry) => entry.type === chosen.type)) return chosen;
  throw invalid(`the ${titleOf(path)} exports both a stream and a service that cover it: say type`);
}

/** The export that is meant, and the subject by which an account imports it. */
export function offeredTo(
  path: AccountPath,
  exports: readonly ReadonlyDeep<Export>[],
  { subject, type }: { readonly subject?: string | undefined; readonly type?: ExportType | undefined },
  importer: string,
): { readonly chosen: ReadonlyDeep<Export>; readonly subject: string } {
  const chosen = subject === undefined ? onlyExport(path, exports, type) : coveringExport(path, exports, subject, type);
  const tokens = (subject ?? chosen.subject).split(".");
  const index = Number(chosen.account_token_position ?? 0) - 1;
  if (tokens[index] === "*") tokens[index] = importer;
  return { chosen, subject: tokens.join(".") };
}

function onlyExport(
  path: AccountPath,
  exports: readonly ReadonlyDeep<Export>[],
  type: ExportType | undefined,
): ReadonlyDeep<Export> {
  if (type !== undefined) assertExportType(type);
  const meant = exports.filter((entry) => type === undefined || entry?.type === type);
  const [chosen] = meant;
  if (chosen === undefined) {
    throw new NscError("ERR_ENTITY_NOT_FOUND", `the ${titleOf(path)} exports no ${type ?? "stream or service"}`);
  }
  if (meant.length === 1) return chosen;
  throw invalid(`the ${titleOf(path)} exports more than one ${type ?? "stream or service"}: say subject`);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
