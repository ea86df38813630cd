/**
 * What can be wrong between accounts: imports, exports and activations.
 *
 * @module
 */

import { formatSeconds } from "../../encoding/dates.ts";
import { isNscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { ActivationClaims } from "../../jwt/activation.ts";
import { decode } from "../../jwt/decode.ts";
import type { Export } from "../../jwt/exports.ts";
import { type Import, importSubjects } from "../../jwt/imports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { isRevoked } from "../../jwt/revocations.ts";
import { isCoveredBy, resolveReferences } from "../../subjects/subject.ts";
import { coveringExports } from "../covering-exports.ts";
import { activationMisfit } from "../known-activations.ts";
import { expiryIn } from "./explanation.ts";
import type { LintTimes } from "./lint-entity.ts";
import type { Findings } from "./lint-findings.ts";

/** Claims of accounts by public key. */
export type AccountsByKey = ReadonlyMap<string, ReadonlyDeep<AccountClaims>>;

/** Looks at what an account imports. */
export function lintImports(
  importer: ReadonlyDeep<AccountClaims>,
  accounts: AccountsByKey,
  strict: boolean,
  times: LintTimes,
  findings: Findings,
): void {
  const imports = importer.nats.imports ?? [];
  for (const [index, entry] of imports.entries()) {
    if (entry === null || entry === undefined) continue;
    const path = ["nats", "imports", index];
    const exporter = accounts.get(entry.account);
    if (exporter === undefined) {
      const message = `the account ${entry.account} that it imports ${titleOf(entry)} from is not in the store`;
      findings.add("IMPORT_UNKNOWN", "info", path, message, "nothing, if it is elsewhere; otherwise remove the import");
    } else {
      lintImport(importer, entry, exporter, { strict, times, findings, path });
      if (entry.type === "service" && leadsBack(importer.sub, entry, accounts)) {
        const message = `${titleOf(entry)} leads back to this account, and servers answer nobody`;
        findings.add("IMPORT_CYCLE", "error", path, message, "remove one of the imports");
      }
    }
    lintOverlap(imports, index, entry, path, findings);
  }
}

interface ImportScope {
  readonly strict: boolean;
  readonly times: LintTimes;
  readonly findings: Findings;
  readonly path: readonly (string | number)[];
}

function lintImport(
  importer: ReadonlyDeep<AccountClaims>,
  entry: ReadonlyDeep<Import>,
  exporter: ReadonlyDeep<AccountClaims>,
  scope: ImportScope,
): void {
  const { findings, path } = scope;
  const name = JSON.stringify(exporter.name ?? exporter.sub);
  const { remote } = importSubjects(entry);
  const covering = coveringExports(exporter.nats.exports, remote).filter(({ type }) => type === entry.type);
  const [chosen] = covering;
  if (chosen === undefined) {
    const message = `the account ${name} exports no ${titleOf(entry)}`;
    findings.add("IMPORT_UNMATCHED", "error", path, message, "remove the import, or have it exported");
    return;
  }
  const position = Number(chosen.account_token_position ?? 0);
  if (position > 0 && remote.split(".")[position - 1] !== importer.sub) {
    const message = `token ${position} of ${JSON.stringify(remote)} must be the key of this account`;
    findings.add("IMPORT_ACCOUNT_TOKEN", "error", [...path, "subject"], message, `put ${importer.sub} there`);
  }
  // A public export that covers it asks for nothing.
  if (covering.every((each) => each.token_req === true)) lintActivation(importer, entry, exporter, chosen, scope);
}

function lintActivation(
  importer: ReadonlyDeep<AccountClaims>,
  entry: ReadonlyDeep<Import>,
  exporter: ReadonlyDeep<AccountClaims>,
  chosen: ReadonlyDeep<Export>,
  { strict, times, findings, path }: ImportScope,
): void {
  const at = [...path, "token"];
  const fix = "issue another activation and import again";
  const { token = "" } = entry;
  if (token === "") {
    const message = `${titleOf(entry)} is private, and there is no activation`;
    findings.add("ACTIVATION_MISSING", "error", at, message, fix);
    return;
  }
  let activation: ActivationClaims;
  try {
    activation = decode(token, { kind: "activation" });
  } catch (error) {
    if (!isNscError(error)) throw error;
    findings.add("ACTIVATION_INVALID", "error", at, `the activation can't be read: ${error.message}`, fix);
    return;
  }
  const problem = activationMisfit(activation, importer, entry, exporter, strict);
  if (problem !== undefined) findings.add("ACTIVATION_INVALID", "error", at, problem, fix);
  const expires = expiryIn(activation);
  if (expires !== undefined && expires <= times.now) {
    findings.add("ACTIVATION_EXPIRED", "error", at, `the activation expired at ${formatSeconds(expires)}`, fix);
  } else if (expires !== undefined && expires <= times.soon) {
    findings.add("EXPIRES_SOON", "warning", at, `the activation expires at ${formatSeconds(expires)}`, fix);
  }
  if (isRevoked(chosen, importer.sub, activation.iat ?? 0)) {
    findings.add("ACTIVATION_REVOKED", "error", at, "the exporting account revoked the activation", fix);
  }
}

/** The subject that an import has in its account, with wildcards in place of references. */
function localSubject(entry: ReadonlyDeep<Import>): string {
  return resolveReferences(importSubjects(entry).local);
}

/** What two imports both bring is delivered twice, or answered by one of them. */
function lintOverlap(
  imports: readonly (ReadonlyDeep<Import> | null)[],
  index: number,
  entry: ReadonlyDeep<Import>,
  path: readonly (string | number)[],
  findings: Findings,
): void {
  const local = localSubject(entry);
  for (const other of imports.slice(0, index)) {
    // Services of one account are for validation, which refuses them.
    if (other === null || other.type !== entry.type) continue;
    if (other.account === entry.account && entry.type === "service") continue;
    const theirs = localSubject(other);
    if (!isCoveredBy(local, theirs) && !isCoveredBy(theirs, local)) continue;
    const message = `${JSON.stringify(local)} overlaps ${JSON.stringify(theirs)} of the import of ${titleOf(other)}`;
    findings.add("IMPORT_OVERLAP", "warning", path, message, "give one of them another localSubject");
  }
}

/** Whether requests to a service come back to the account that sends them. */
function leadsBack(origin: string, first: ReadonlyDeep<Import>, accounts: AccountsByKey): boolean {
  const seen = new Set<string>();
  const ways: ReadonlyDeep<Import>[] = [first];
  for (let entry = ways.pop(); entry !== undefined; entry = ways.pop()) {
    const { account } = entry;
    const subject = importSubjects(entry).remote;
    if (account === origin && entry !== first) return true;
    const key = `${account} ${subject}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const next of accounts.get(account)?.nats.imports ?? []) {
      if (next?.type !== "service") continue;
      const local = localSubject(next);
      if (isCoveredBy(subject, local) || isCoveredBy(local, subject)) ways.push(next);
    }
  }
  return false;
}

function titleOf({ type, subject }: ReadonlyDeep<Import>): string {
  return `${type} ${JSON.stringify(subject)}`;
}
