/**
 * What can be wrong between accounts: imports, exports and activations.
 *
 * @module
 */

import type { CryptoEngine } from "../../crypto/engine.ts";
import { formatSeconds } from "../../encoding/dates.ts";
import { isNscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { ActivationClaims } from "../../jwt/activation.ts";
import { decode } from "../../jwt/decode.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import type { Export } from "../../jwt/exports.ts";
import { type Import, importSubjects } from "../../jwt/imports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { isRevoked } from "../../jwt/revocations.ts";
import { CollidingSubjects } from "../../subjects/colliding-subjects.ts";
import { intersectionOf } from "../../subjects/intersection.ts";
import { activationMisfit } from "../known-activations.ts";
import { expiryIn } from "./explanation.ts";
import { hasWildPrefix, type KnownAccounts, localSubject, type PlacedImport } from "./lint-accounts.ts";
import type { LintTimes } from "./lint-entity.ts";
import type { Findings, LintFinding } from "./lint-findings.ts";

/** What imports are looked at with. */
export interface ImportScope {
  readonly accounts: KnownAccounts;
  /** Whether signing keys are demanded. */
  readonly strict: boolean;
  readonly times: LintTimes;
  readonly engine: CryptoEngine;
}

/** Looks at what an account imports. */
export function lintImports(importer: ReadonlyDeep<AccountClaims>, scope: ImportScope, findings: Findings): void {
  const overlaps = new Overlaps();
  for (const [index, entry] of (importer.nats.imports ?? []).entries()) {
    if (entry === null || entry === undefined) continue;
    const path = ["nats", "imports", index];
    if (lintImport(importer, { entry, index }, { ...scope, findings, path })) overlaps.lint(entry, path, findings);
  }
}

interface Place extends ImportScope {
  readonly findings: Findings;
  readonly path: readonly (string | number)[];
}

/** Looks at one of them, and tells whether there may be something to import. */
function lintImport(importer: ReadonlyDeep<AccountClaims>, { entry, index }: PlacedImport, place: Place): boolean {
  const { accounts, findings, path } = place;
  if (hasWildPrefix(entry)) {
    const message = `${JSON.stringify(entry.to)} has wildcards, and can't be put before the subjects of ${titleOf(entry)}`;
    findings.add("IMPORT_PREFIX", [...path, "to"], message);
    return false;
  }
  const exporter = accounts.get(entry.account);
  if (exporter === undefined) {
    const message = `the account ${entry.account} that it imports ${titleOf(entry)} from is not in the store`;
    findings.add("IMPORT_UNKNOWN", path, message);
    return true;
  }
  const { remote } = importSubjects(entry);
  const covering = accounts.exportsFor(entry);
  const [chosen] = covering;
  if (chosen === undefined) {
    const message = `the account ${JSON.stringify(exporter.name ?? exporter.sub)} exports no ${titleOf(entry)}`;
    findings.add("IMPORT_UNMATCHED", path, message);
    return false;
  }
  const position = Number(chosen.account_token_position ?? 0);
  if (position > 0) {
    // Where the subject says who imports, servers ask for nothing else. nats-server: `checkAuth`.
    if (remote.split(".")[position - 1] !== importer.sub) {
      const message = `token ${position} of ${JSON.stringify(remote)} must be the key of this account`;
      findings.add("IMPORT_ACCOUNT_TOKEN", [...path, "subject"], message, { fix: `put ${importer.sub} there` });
    }
  } else if (covering.every((each) => each.token_req === true)) {
    // A public export that covers it asks for nothing.
    lintActivation(importer, entry, exporter, chosen, place);
  }
  if (accounts.leadsBack(importer.sub, { entry, index })) {
    const message = `servers find that ${titleOf(entry)} leads back to where they have been, and drop it or another of that circle, by what they read first`;
    findings.add("IMPORT_CYCLE", path, message);
  }
  return true;
}

function lintActivation(
  importer: ReadonlyDeep<AccountClaims>,
  entry: ReadonlyDeep<Import>,
  exporter: ReadonlyDeep<AccountClaims>,
  chosen: ReadonlyDeep<Export>,
  { strict, times, engine, findings, path }: Place,
): void {
  const at = [...path, "token"];
  const { token = "" } = entry;
  if (token === "") {
    findings.add("ACTIVATION_MISSING", at, `${titleOf(entry)} is private, and there is no activation`);
    return;
  }
  let activation: ActivationClaims;
  try {
    activation = decode(token, { kind: "activation", engine });
  } catch (error) {
    if (!isNscError(error)) throw error;
    findings.add("ACTIVATION_INVALID", at, `the activation can't be read: ${error.message}`);
    return;
  }
  const problem = activationMisfit(activation, importer, entry, exporter, strict);
  if (problem !== undefined) findings.add("ACTIVATION_INVALID", at, problem);
  const expires = expiryIn(activation);
  if (expires !== undefined && expires <= times.now) {
    findings.add("ACTIVATION_EXPIRED", at, `the activation expired at ${formatSeconds(expires)}`);
  } else if (expires !== undefined && expires <= times.soon) {
    const fix = "issue another activation in time, and import again";
    findings.add("EXPIRES_SOON", at, `the activation expires at ${formatSeconds(expires)}`, { fix });
  }
  const { nbf = 0 } = activation;
  if (nbf > times.now) {
    const message = `the activation is valid from ${formatSeconds(nbf)} on`;
    findings.add("NOT_YET_VALID", at, message, { fix: "wait, or issue another" });
  }
  if (isRevoked(chosen, importer.sub, activation.iat ?? 0)) {
    findings.add("ACTIVATION_REVOKED", at, "the exporting account revoked the activation");
  }
}

/** The imports of an account so far, by their subjects in it. */
class Overlaps {
  readonly #local = {
    stream: new CollidingSubjects<ReadonlyDeep<Import>>(),
    service: new CollidingSubjects<ReadonlyDeep<Import>>(),
  };
  /** The streams, by account and subject there. */
  readonly #streams = new Set<string>();
  /** The streams by account, by their subjects there. */
  readonly #remote = new Map<string, CollidingSubjects<ReadonlyDeep<Import>>>();

  /** Compares an import with those before it. */
  lint(entry: ReadonlyDeep<Import>, path: LintFinding["path"], findings: Findings): void {
    const { type, account } = entry;
    if (type === undefined) return;
    const { remote } = importSubjects(entry);
    const key = `${account} ${remote}`;
    if (type === "stream" && this.#streams.has(key)) {
      findings.add("IMPORT_TWICE", path, `${titleOf(entry)} is imported before, and servers take that import only`);
      return;
    }
    this.#lintOverlap(type, entry, path, findings);
    this.#local[type].add(localSubject(entry), entry);
    if (type !== "stream") return;
    this.#streams.add(key);
    this.#remoteOf(account).add(remote, entry);
  }

  /** One of the others is enough to tell. */
  #lintOverlap(type: ExportType, entry: ReadonlyDeep<Import>, path: LintFinding["path"], findings: Findings): void {
    const local = localSubject(entry);
    // Services of one account are for validation, which refuses them.
    const first = this.#local[type].first(local, ({ account }) => type === "stream" || account !== entry.account);
    if (first === undefined) return;
    const tokens = local.split(".");
    const same = type === "stream" ? this.#remoteOf(entry.account).find(importSubjects(entry).remote) : [];
    const doubled = same.find((other) => intersectionOf(localSubject(other).split("."), tokens) !== undefined);
    const other = doubled ?? first;
    const title = `${JSON.stringify(local)} overlaps ${JSON.stringify(localSubject(other))} of the import of ${titleOf(other)}`;
    if (type === "service") findings.add("IMPORT_OVERLAP", path, `${title}: both answer`);
    else if (doubled) findings.add("IMPORT_OVERLAP", path, `${title}: messages come twice`);
    else findings.add("IMPORT_OVERLAP", path, `${title}: subjects don't tell whose messages come`, { level: "info" });
  }

  #remoteOf(account: string): CollidingSubjects<ReadonlyDeep<Import>> {
    const found = this.#remote.get(account) ?? new CollidingSubjects<ReadonlyDeep<Import>>();
    this.#remote.set(account, found);
    return found;
  }
}

function titleOf({ type, subject }: ReadonlyDeep<Import>): string {
  return `${type} ${JSON.stringify(subject)}`;
}
