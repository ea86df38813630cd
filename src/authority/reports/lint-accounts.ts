/**
 * The accounts of a tree as their imports and exports need them: found by key, without comparing each with each.
 *
 * @module
 */

import type { AccountClaims } from "../../jwt/account.ts";
import type { Export } from "../../jwt/exports.ts";
import { type Import, importSubjects } from "../../jwt/imports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { isCoveredBy, resolveReferences } from "../../subjects/subject.ts";
import { SubjectIndex } from "../../subjects/subject-index.ts";
import { coveringExports } from "../covering-exports.ts";

/** The subject that an import has in its account, with wildcards in place of references. */
export function localSubject(entry: ReadonlyDeep<Import>): string {
  return resolveReferences(importSubjects(entry).local);
}

/** Accounts by their key. */
export class KnownAccounts {
  readonly #claims = new Map<string, ReadonlyDeep<AccountClaims>>();
  readonly #exports = new Map<string, SubjectIndex<ReadonlyDeep<Export>>>();
  /** The accounts from which requests may come back to where they began. */
  #cyclic: ReadonlySet<string> | undefined;

  /** The first account with a key is the one that is known. */
  add(claims: ReadonlyDeep<AccountClaims>): void {
    if (!this.#claims.has(claims.sub)) this.#claims.set(claims.sub, claims);
  }

  get(publicKey: string): ReadonlyDeep<AccountClaims> | undefined {
    return this.#claims.get(publicKey);
  }

  /** The exports of an account that cover what is imported from it. */
  exportsFor(entry: ReadonlyDeep<Import>): readonly ReadonlyDeep<Export>[] {
    const { remote } = importSubjects(entry);
    const found = this.#exportsOf(entry.account).containing(remote);
    return coveringExports(found, remote).filter(({ type }) => type === entry.type);
  }

  #exportsOf(publicKey: string): SubjectIndex<ReadonlyDeep<Export>> {
    let index = this.#exports.get(publicKey);
    if (index === undefined) {
      index = new SubjectIndex();
      for (const entry of this.get(publicKey)?.nats.exports ?? []) if (entry) index.add(entry.subject ?? "", entry);
      this.#exports.set(publicKey, index);
    }
    return index;
  }

  /** Whether requests to a service come back to the account that sends them. */
  leadsBack(origin: string, first: ReadonlyDeep<Import>): boolean {
    this.#cyclic ??= this.#findCyclic();
    if (!this.#cyclic.has(origin)) return false;
    const seen = new Set<string>();
    const ways: ReadonlyDeep<Import>[] = [first];
    for (let entry = ways.pop(); entry !== undefined; entry = ways.pop()) {
      const { account } = entry;
      const { remote } = importSubjects(entry);
      if (account === origin && entry !== first) return true;
      const key = `${account} ${remote}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const next of this.#servicesOf(account)) {
        const local = localSubject(next);
        if (isCoveredBy(remote, local) || isCoveredBy(local, remote)) ways.push(next);
      }
    }
    return false;
  }

  #servicesOf(publicKey: string): readonly ReadonlyDeep<Import>[] {
    const imports = this.get(publicKey)?.nats.imports ?? [];
    return imports.filter((each): each is ReadonlyDeep<Import> => each?.type === "service");
  }

  /** What is left once accounts that import services of nobody who is left are taken away, one after the other. */
  #findCyclic(): ReadonlySet<string> {
    const left = new Map<string, Set<string>>();
    const importers = new Map<string, string[]>();
    for (const publicKey of this.#claims.keys()) {
      const from = new Set(this.#servicesOf(publicKey).map(({ account }) => account));
      left.set(publicKey, new Set([...from].filter((account) => this.#claims.has(account))));
      for (const account of from) {
        const known = importers.get(account);
        if (known === undefined) importers.set(account, [publicKey]);
        else known.push(publicKey);
      }
    }
    const done = [...left].filter(([, from]) => from.size === 0).map(([publicKey]) => publicKey);
    for (let next = done.pop(); next !== undefined; next = done.pop()) {
      left.delete(next);
      for (const importer of importers.get(next) ?? []) {
        const from = left.get(importer);
        if (from?.delete(next) === true && from.size === 0) done.push(importer);
      }
    }
    return new Set(left.keys());
  }
}
