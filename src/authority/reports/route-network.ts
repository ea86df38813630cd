/**
 * The accounts of an operator, and the imports by which messages go from one to another.
 *
 * @module
 */

import { isNscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import { type Import, importSubjects } from "../../jwt/imports.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { intersectionOf } from "../../subjects/intersection.ts";
import { hasWildcards } from "../../subjects/subject.ts";
import { referencesTo, SubjectTransform } from "../../subjects/transform.ts";
import type { Cell } from "../cell.ts";
import type { Context } from "../context.ts";
import type { AccountPath } from "../paths.ts";
import { KnownAccounts, localSubject } from "./lint-accounts.ts";
import { lintAccountIssuer, lintClaims } from "./lint-entity.ts";
import { Findings, type LintFinding } from "./lint-findings.ts";
import { lintImports } from "./lint-imports.ts";
import type { LintCode } from "./lint-rules.ts";

/** Why servers don't let something through, as `lint` finds it. */
export interface RouteProblem {
  readonly code: LintCode;
  /** For people. */
  readonly message: string;
}

/** An account of a network. */
export interface NetworkAccount {
  readonly name: string;
  readonly claims: ReadonlyDeep<AccountClaims>;
  /** Why servers don't load it; nothing if they do. Found when it is asked for. */
  readonly problem: RouteProblem | undefined;
}

/** An import. */
export interface Link {
  readonly type: ExportType;
  readonly importer: NetworkAccount;
  /** Nothing where it is not in the store. */
  readonly exporter: NetworkAccount | undefined;
  readonly exporterKey: string;
  /** The subject there. */
  readonly remote: string;
  /** The subject here, with wildcards in place of references. */
  readonly local: string;
  /** The subject of the export. */
  readonly exported: string | undefined;
  /** Why servers let nothing through; nothing if they do. */
  readonly problem: RouteProblem | undefined;
  /** What becomes of a subject there: that here. Nothing for what is not imported. */
  readonly toLocal: (subject: string) => string | undefined;
  /** What becomes of a subject here: that there. */
  readonly toRemote: (subject: string) => string | undefined;
}

/** What `lint` finds of imports that work, and of those that may: which of two works is looked at here. */
const HARMLESS: readonly LintCode[] = ["IMPORT_OVERLAP", "EXPIRES_SOON", "IMPORT_TWICE"];

/** The time that is asked about, and by what tokens are read. */
export interface NetworkScope extends Pick<Context, "engine"> {
  readonly operator: ReadonlyDeep<OperatorClaims>;
  readonly now: number;
}

/** The accounts of an operator. Imports are looked at when they are asked for. */
export class Network {
  readonly #scope: NetworkScope;
  readonly #known = new KnownAccounts();
  readonly #accounts = new Map<string, NetworkAccount>();
  /** Those that import from an account, by its key. */
  readonly #importers = new Map<string, Set<string>>();
  readonly #links = new Map<string, readonly Link[]>();

  constructor(scope: NetworkScope) {
    this.#scope = scope;
  }

  add(path: AccountPath, { snapshot }: Cell): void {
    const claims = snapshot.claims as ReadonlyDeep<AccountClaims>;
    if (this.#accounts.has(claims.sub)) return;
    this.#known.add(claims);
    const find = () => this.#problemOf(path, claims);
    let found: { readonly problem: RouteProblem | undefined } | undefined;
    this.#accounts.set(claims.sub, {
      name: path[1],
      claims,
      get problem() {
        found ??= { problem: find() };
        return found.problem;
      },
    });
    for (const entry of claims.nats.imports ?? []) {
      if (!entry) continue;
      const importers = this.#importers.get(entry.account) ?? new Set();
      this.#importers.set(entry.account, importers.add(claims.sub));
    }
  }

  get(publicKey: string): NetworkAccount | undefined {
    return this.#accounts.get(publicKey);
  }

  /** The imports of an account. */
  importsOf({ claims }: NetworkAccount, type: ExportType): readonly Link[] {
    let links = this.#links.get(claims.sub);
    if (links === undefined) {
      links = this.#linksOf(claims);
      this.#links.set(claims.sub, links);
    }
    return links.filter((link) => link.type === type);
  }

  /** What others import from an account. */
  importsFrom({ claims }: NetworkAccount, type: ExportType): readonly Link[] {
    return [...(this.#importers.get(claims.sub) ?? [])].flatMap((importer) =>
      this.importsOf(this.#accounts.get(importer) as NetworkAccount, type).filter(
        ({ exporterKey }) => exporterKey === claims.sub,
      ),
    );
  }

  #problemOf(path: AccountPath, claims: ReadonlyDeep<AccountClaims>): RouteProblem | undefined {
    const { operator, now } = this.#scope;
    const found: LintFinding[] = [];
    const findings = new Findings(found, path, claims.sub);
    lintClaims(claims, { now, soon: now }, findings);
    lintAccountIssuer(claims, operator, findings);
    // Warnings are for people.
    const fatal = found.find(({ level }) => level !== "warning");
    return fatal && { code: fatal.code, message: fatal.message };
  }

  #linksOf(claims: ReadonlyDeep<AccountClaims>): readonly Link[] {
    const importer = this.#accounts.get(claims.sub) as NetworkAccount;
    const { operator, now, engine } = this.#scope;
    const found: LintFinding[] = [];
    const strict = operator.nats.strict_signing_key_usage === true;
    const scope = { accounts: this.#known, strict, times: { now, soon: now }, engine };
    lintImports(claims, scope, new Findings(found, [operator.name ?? "", importer.name], claims.sub));
    const broken = new Map<unknown, LintFinding>();
    for (const finding of found) {
      const [, , index] = finding.path;
      if (!HARMLESS.includes(finding.code) && !broken.has(index)) broken.set(index, finding);
    }
    const streams = new Set<string>();
    return (claims.nats.imports ?? []).flatMap((entry, index) => {
      if (entry?.type === undefined) return [];
      const link = this.#linkOf(importer, entry, broken.get(index));
      if (link.type === "service" || link.problem !== undefined) return [link];
      // Of two servers take the first that works.
      const key = `${link.exporterKey} ${link.remote}`;
      if (streams.has(key)) return [{ ...link, problem: TWICE }];
      streams.add(key);
      return [link];
    });
  }

  #linkOf(importer: NetworkAccount, entry: ReadonlyDeep<Import>, broken: LintFinding | undefined): Link {
    const exporter = this.#accounts.get(entry.account);
    const [chosen] = this.#known.exportsFor(entry);
    const unloaded = [importer, exporter].find((account) => account?.problem !== undefined);
    const transform = transformOf(entry);
    const problem =
      unloaded?.problem !== undefined
        ? { ...unloaded.problem, message: `servers don't load ${unloaded.name}: ${unloaded.problem.message}` }
        : (broken ?? (transform === undefined ? BAD_SUBJECTS : undefined));
    const { remote } = importSubjects(entry);
    const local = localSubject(entry);
    const through =
      (pattern: string, make: (tokens: readonly string[]) => string) =>
      (subject: string): string | undefined => {
        const common = intersectionOf(subject.split("."), pattern.split("."));
        return common && make(common);
      };
    return {
      type: entry.type as ExportType,
      importer,
      exporter,
      exporterKey: entry.account,
      remote,
      local,
      exported: chosen?.subject,
      problem: problem && { code: problem.code, message: problem.message },
      toLocal: through(remote, (tokens) => transform?.toLocal(tokens) ?? local),
      toRemote: through(local, (tokens) => transform?.toRemote(tokens) ?? remote),
    };
  }
}

const TWICE: RouteProblem = { code: "IMPORT_TWICE", message: "the same stream is imported before" };
const BAD_SUBJECTS: RouteProblem = { code: "CLAIMS", message: "its subjects don't lead from one to the other" };

/** What servers make of subjects on the way; nothing where they don't take the import. */
function transformOf(
  entry: ReadonlyDeep<Import>,
): { readonly [Way in "toLocal" | "toRemote"]: (tokens: readonly string[]) => string } | undefined {
  const { remote, local } = importSubjects(entry);
  if (local === remote) return { toLocal: (tokens) => tokens.join("."), toRemote: (tokens) => tokens.join(".") };
  // Without wildcards there is one subject, and no transform is made.
  if (!hasWildcards(remote)) return { toLocal: () => local, toRemote: () => remote };
  try {
    const transform = new SubjectTransform(remote, referencesTo(local), { reversible: true });
    const reversed = transform.reverse();
    return {
      toLocal: (tokens) => transform.applyTo(tokens),
      toRemote: (tokens) => reversed.applyTo(tokens),
    };
  } catch (error) {
    if (isNscError(error, "ERR_ARGUMENT_INVALID")) return undefined;
    throw error;
  }
}
