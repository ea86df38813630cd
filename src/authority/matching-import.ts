import { NscError } from "../errors.ts";
import type { ExportType } from "../jwt/export-type.ts";
import { type ActivationInit, type Exporter, importerKey, signActivation } from "./activation-verbs.ts";
import { offeredTo } from "./covering-exports.ts";
import type { ImportInit } from "./import-verbs.ts";
import { assertKnownOptions } from "./options.ts";
import { titleOf } from "./paths.ts";

/** For whom an import is made, and of what. */
export interface MatchingImportInit extends Omit<ActivationInit, "subject"> {
  /**
   * The subject, as this account has it: that of an export, or a narrower one; that of its only export by default. Where the token
   * is a wildcard that stands for who imports (`accountTokenPosition`), it is replaced by that account's key.
   */
  readonly subject?: string;
}

const OPTIONS = ["to", "subject", "type", "expires", "notBefore", "signer"];

/** What another account has to import to get what an export offers. */
export async function matchingImport(exporter: Exporter, init: MatchingImportInit): Promise<ImportInit> {
  assertKnownOptions(init, OPTIONS);
  const { path, claims } = exporter;
  const to = importerKey(init.to);
  const { chosen, subject } = offeredTo(path, claims.nats.exports ?? [], init, to);
  const type = chosen.type as ExportType;
  const found = { from: claims.sub, subject, type, ...(chosen.name !== undefined && { name: chosen.name }) };
  if (chosen.token_req === true)
    return { ...found, activation: await signActivation(exporter, { ...init, to, subject, type }) };
  if (init.expires === undefined && init.notBefore === undefined && init.signer === undefined) return found;
  throw invalid(
    `the ${type} ${JSON.stringify(subject)} of the ${titleOf(path)} is public: there is no activation that could be signed or expire`,
  );
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
