/**
 * The accounts of a tree as their imports and exports need them: found by key, without comparing each with each.
 *
 * @module
 */

import type { AccountClaims } from "../../jwt/account.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import type { Export } from "../../jwt/exports.ts";
import { type Import, importSubjects } from "../../jwt/imports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { CollidingSubjects } from "../../subjects/colliding-subjects.ts";
import { hasWildcards, isCoveredBy, resolveReferences } from "../../subjects/subject.ts";
import { SubjectIndex } from "../../subjects/subject-index.ts";
import { coveringExports } from "../covering-exports.ts";

/** The subject that an import has in its account, with wildcards in place of references. */
export function localSubject(entry: ReadonlyDeep<Import>): string {
  return resolveReferences(importSubjects(entry).local);
}

/** Whether an import has the deprecated prefix, and servers can't put it before subjects. */
export function hasWildPrefix({ type, to = "", local_subject: local = "" }: ReadonlyDeep<Import>): boolean {
  return type === "stream" && local === "" && hasWildcards(to);
}

/** How many accounts servers follow imports through. nats-server: `MaxAccountCycleSearchDepth`. */
const MOST_ACCOUNTS = 1024;

/** An import, and its place among those of its account. */
export interface PlacedImport {
  readonly entry: ReadonlyDeep<Import>;
  readonly index: number;
}

type ImportsByType = { readonly [Type in ExportType]: CollidingSubjects<PlacedImport> };

/** A walk from account to account, as servers do it before they take an import. */
interface Walk {
  readonly type: ExportType;
  /** The account whose import is asked about, and the place of that: it is not there yet, and neither are those after it. */
  readonly importer: string;
  readonly index: number;
  /** Where it has been, and imports were followed. */
  readonly visited: Set<string>;
}

/** Accounts by their key. */
export class KnownAccounts {
  readonly #claims = new Map<string, ReadonlyDeep<AccountClaims>>();
  readonly #exports = new Map<string, SubjectIndex<ReadonlyDeep<Export>>>();
  readonly #imports = new Map<string, ImportsByType>();

  /** The first account with a key is the one that is known. */
  add(claims: ReadonlyDeep<AccountClaims>): void {
    if (!this.#claims.has(claims.sub)) this.#claims.set(claims.sub, claims);
  }

  get(publicKey: string): ReadonlyDeep<AccountClaims> | undefined {
    return this.#claims.get(publicKey);
  }

  /** The exports of an account that cover what is imported from it. */
  exportsFor(entry: ReadonlyDeep<Import>): readonly ReadonlyDeep<Export>[] {
    return this.#exportsOf(entry.account, importSubjects(entry).remote, entry.type);
  }

  /**
   * Whether servers take an import for one that leads back to its account, when all others are there. They look at subjects
   * less closely than messages go, and take two ways to one account for a circle, too. nats-server: `serviceImportFormsCycle`,
   * `streamImportFormsCycle`.
   */
  leadsBack(importer: string, { entry, index }: PlacedImport): boolean {
    const { type, account } = entry;
    if (type === undefined) return false;
    const { local, remote } = importSubjects(entry);
    // Of a stream they take references for what they are written as.
    const subjects = type === "service" ? [localSubject(entry)] : new Set([local, remote]);
    return [...subjects].some((subject) =>
      this.#meets(account, subject, { type, importer, index, visited: new Set([importer]) }),
    );
  }

  #meets(publicKey: string, subject: string, walk: Walk): boolean {
    const { type, importer, index, visited } = walk;
    if (visited.size >= MOST_ACCOUNTS) return true;
    if (type === "stream" && this.#exportsOf(publicKey, subject, type).length === 0) return false;
    for (const { entry: next, index: place } of this.#importsOf(publicKey)[type].find(subject)) {
      if (publicKey === importer && place >= index) continue;
      if (visited.has(next.account)) return true;
      visited.add(publicKey);
      const local = localSubject(next);
      if (this.#meets(next.account, isCoveredBy(local, subject) ? local : subject, walk)) return true;
    }
    return false;
  }

  #exportsOf(publicKey: string, subject: string, type: ExportType | undefined): readonly ReadonlyDeep<Export>[] {
    let index = this.#exports.get(publicKey);
    if (index === undefined) {
      index = new SubjectIndex();
      for (const entry of this.get(publicKey)?.nats.exports ?? []) if (entry) index.add(entry.subject ?? "", entry);
      this.#exports.set(publicKey, index);
    }
    return coveringExports(index.containing(subject), subject).filter((entry) => entry.type === type);
  }

  /** What an account imports, by the subjects that servers compare: those there of services, and those here of streams. */
  #importsOf(publicKey: string): ImportsByType {
    let indexes = this.#imports.get(publicKey);
    if (indexes === undefined) {
      indexes = { stream: new CollidingSubjects(), service: new CollidingSubjects() };
      this.#imports.set(publicKey, indexes);
      for (const [index, entry] of (this.get(publicKey)?.nats.imports ?? []).entries()) {
        // These are not taken.
        if (!entry?.type || hasWildPrefix(entry) || this.exportsFor(entry).length === 0) continue;
        const subject = entry.type === "service" ? importSubjects(entry).remote : localSubject(entry);
        indexes[entry.type].add(subject, { entry, index });
      }
    }
    return indexes;
  }
}
