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
import { SubjectIndex } from "../../subjects/subject-index.ts";
import { activationMisfit } from "../known-activations.ts";
import { expiryIn } from "./explanation.ts";
import { type KnownAccounts, localSubject } from "./lint-accounts.ts";
import type { LintTimes } from "./lint-entity.ts";
import type { Findings, LintFinding } from "./lint-findings.ts";

/** Looks at what an account imports. */
export function lintImports(
  importer: ReadonlyDeep<AccountClaims>,
  accounts: KnownAccounts,
  strict: boolean,
  times: LintTimes,
  findings: Findings,
): void {
  const imports = importer.nats.imports ?? [];
  const overlaps = new Overlaps();
  for (const [index, entry] of imports.entries()) {
    if (entry === null || entry === undefined) continue;
    const path = ["nats", "imports", index];
    const exporter = accounts.get(entry.account);
    if (exporter === undefined) {
      const message = `the account ${entry.account} that it imports ${titleOf(entry)} from is not in the store`;
      findings.add("IMPORT_UNKNOWN", "info", path, message, "nothing, if it is elsewhere; otherwise remove the import");
    } else {
      lintImport(importer, entry, exporter, { accounts, strict, times, findings, path });
      if (entry.type === "service" && accounts.leadsBack(importer.sub, entry)) {
        const message = `${titleOf(entry)} leads back to this account, and servers answer nobody`;
        findings.add("IMPORT_CYCLE", "error", path, message, "remove one of the imports");
      }
    }
    overlaps.lint(entry, path, findings);
  }
}

interface ImportScope {
  readonly accounts: KnownAccounts;
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
  const { accounts, findings, path } = scope;
  const name = JSON.stringify(exporter.name ?? exporter.sub);
  const { remote } = importSubjects(entry);
  const covering = accounts.exportsFor(entry);
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
  const { nbf = 0 } = activation;
  if (nbf > times.now) {
    findings.add(
      "NOT_YET_VALID",
      "info",
      at,
      `the activation is valid from ${formatSeconds(nbf)} on`,
      "wait, or issue another",
    );
  }
  if (isRevoked(chosen, importer.sub, activation.iat ?? 0)) {
    findings.add("ACTIVATION_REVOKED", "error", at, "the exporting account revoked the activation", fix);
  }
}

/** What two imports both bring is delivered twice, or answered by one of them. */
class Overlaps {
  readonly #indexes = {
    stream: new SubjectIndex<ReadonlyDeep<Import>>(),
    service: new SubjectIndex<ReadonlyDeep<Import>>(),
  };

  /** Compares an import with those before it. */
  lint(entry: ReadonlyDeep<Import>, path: LintFinding["path"], findings: Findings): void {
    const { type } = entry;
    if (type === undefined) return;
    const index = this.#indexes[type];
    const local = localSubject(entry);
    for (const other of new Set([...index.containedIn(local), ...index.containing(local)])) {
      // Services of one account are for validation, which refuses them.
      if (other.account === entry.account && type === "service") continue;
      const theirs = localSubject(other);
      const message = `${JSON.stringify(local)} overlaps ${JSON.stringify(theirs)} of the import of ${titleOf(other)}`;
      findings.add("IMPORT_OVERLAP", "warning", path, message, "give one of them another localSubject");
    }
    index.add(local, entry);
  }
}

function titleOf({ type, subject }: ReadonlyDeep<Import>): string {
  return `${type} ${JSON.stringify(subject)}`;
}
