import { isNscError, type NscError } from "../errors.ts";
import { didSign } from "../jwt/did-sign.ts";
import type { ClaimsByKind } from "../jwt/kinds.ts";
import { MANAGED } from "../store/meta-names.ts";
import { pathKey, prefixOf } from "../store/paths.ts";
import type { Store, StoreCommit, StoredToken, StorePath, StorePrefix } from "../store/store.ts";
import { assertBoolean, assertOptions, assertStore } from "./assert-arguments.ts";
import { allKeys, keysOfClaims } from "./public-keys.ts";
import { RebuildNames } from "./rebuild-names.ts";
import { type MissingSeed, RebuildNotes, type RebuildReport } from "./rebuild-report.ts";
import {
  assertSources,
  type Candidate,
  type EntityKind,
  FoundEntities,
  type RebuildSources,
} from "./rebuild-sources.ts";
import { type KnownEntity, StoredEntities } from "./rebuild-stored.ts";
import { strandedTokens } from "./stored-tokens.ts";

/** Options of {@link rebuildTree}. */
export interface RebuildOptions {
  /**
   * Whether an entity whose name is taken or can't be kept gets another one, with a part of its key in it; it is reported
   * all the same. False by default: then it is left out. The token keeps the name that it has.
   */
  readonly distinctNames?: boolean;
  /**
   * Whether operators that are new in the store are marked as managed elsewhere, so that accounts sign themselves. By
   * default those are of which there is no seed, as with nsc. Say false if a `resolveSigner` signs for them.
   */
  readonly managed?: boolean;
  /** Whether creds files in folders are looked into; true by default. */
  readonly folderCreds?: boolean;
}

/** What an operator's commit is made of. */
interface OperatorPart {
  readonly tokens: StoredToken[];
  /** What was there, where something is written. */
  readonly expected: { readonly path: StorePath; readonly token: string | undefined }[];
  readonly keys: Set<string>;
  isNew: boolean;
}

/** What the store refuses for one operator is no reason to give up the others. */
const REFUSALS = ["ERR_STORE_NAME", "ERR_STORE_DAMAGED", "ERR_STORE_CONFLICT", "ERR_STORE_PARENT"] as const;

/**
 * Makes a tree of what is left of one, or adds to it: a server's resolver folder, exported keys, creds files, nsc's own
 * folders, in any mixture. First come operators, then accounts that a known operator's key signed, then users that a key
 * of a known account signed; known is what the store has and what the sources have. Of several tokens of one subject that
 * are trusted in this way the newest is taken, also if it is that of the store. What is damaged in the store is replaced
 * by what bears its name; what a directory has below a missing token counts as found. Nothing is removed. All seeds are kept.
 *
 * Each operator, with what is below it, is one commit: all or nothing. Anybody can make an operator, so the sources must be
 * from where you trust. nsc: `fix`.
 *
 * @param store - any store, empty or not
 * @param sources - what the tree is made of
 * @param options - what is to be done about names, and whether operators are managed
 * @returns what was done, what was left out and why, and what is missing
 * @throws NscError `ERR_ARGUMENT_INVALID`; `ERR_STORE_IO` for a folder that can't be read, and the codes of the store
 *
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { memoryStore, Nsc } from "nsc.js";
 * import { rebuildTree } from "nsc.js/node";
 *
 * const operator = await new Nsc().addOperator("local");
 * const account = await operator.addAccount("APP");
 * const user = await account.addUser("alice");
 * const resolver = await mkdtemp(join(tmpdir(), "jwt-"));
 * await writeFile(join(resolver, `${account.publicKey}.jwt`), account.token);
 *
 * const store = memoryStore();
 * const sources = { folders: [resolver], tokens: [operator.token], creds: [await user.creds()] };
 * const { written, missingSeeds } = await rebuildTree(store, sources);
 * written.map((path) => path.join("/")).join(" "); // "local local/APP local/APP/alice"
 * missingSeeds.length; // 2
 * ```
 */
export async function rebuildTree(
  store: Store,
  sources: RebuildSources,
  options: RebuildOptions = {},
): Promise<RebuildReport> {
  assertStore(store);
  assertSources(sources);
  assertOptions(options, ["distinctNames", "managed", "folderCreds"]);
  const { distinctNames = false, managed, folderCreds = true } = options;
  assertBoolean(distinctNames, "distinctNames");
  assertBoolean(folderCreds, "folderCreds");
  if (managed !== undefined) assertBoolean(managed, "managed");
  const notes = new RebuildNotes();
  const found = new FoundEntities(notes);
  await found.add(sources, folderCreds);
  for await (const stranded of strandedTokens(store)) found.addStranded(stranded);
  return await new Rebuilding(store, found, notes, distinctNames, managed).run();
}

class Rebuilding {
  readonly #store: Store;
  readonly #found: FoundEntities;
  readonly #notes: RebuildNotes;
  readonly #managed: boolean | undefined;
  readonly #names: RebuildNames;
  readonly #stored: StoredEntities;
  readonly #parts = new Map<string, OperatorPart>();
  readonly #unchanged: StorePath[] = [];
  /** What is in the tree afterwards, of what was in the sources. */
  readonly #kept: { readonly path: StorePath; readonly claims: ClaimsByKind[EntityKind] }[] = [];
  readonly #missingOperators = new Set<string>();
  readonly #missingAccounts = new Set<string>();

  constructor(
    store: Store,
    found: FoundEntities,
    notes: RebuildNotes,
    distinctNames: boolean,
    managed: boolean | undefined,
  ) {
    this.#store = store;
    this.#found = found;
    this.#notes = notes;
    this.#managed = managed;
    this.#names = new RebuildNames(store, notes, distinctNames);
    this.#stored = new StoredEntities(store, notes);
  }

  async run(): Promise<RebuildReport> {
    await this.#stored.load();
    const operators = await this.#addOperators();
    const accounts = await this.#addAccounts(operators);
    await this.#addUsers(accounts);
    const { written, keys } = await this.#commitAll();
    return {
      written,
      unchanged: this.#unchanged,
      keys,
      problems: this.#notes.problems,
      missingOperators: [...this.#missingOperators].sort(),
      missingAccounts: [...this.#missingAccounts].sort(),
      missingSeeds: await this.#missingSeeds(),
    };
  }

  /** The known operators by each of their keys. */
  async #addOperators(): Promise<ReadonlyMap<string, KnownEntity<"operator">>> {
    const trusted = this.#found.operators.filter(({ source, claims }) => {
      if (claims.iss === claims.sub) return true;
      this.#notes.add("WRONG_ISSUER", source, `${claims.sub} is not signed by itself, as operators are`, claims.sub);
      return false;
    });
    const known = new Map([...this.#stored.operators].map(([subject, entity]) => [subject, entity]));
    for (const candidate of newestOfEach(trusted, this.#notes)) {
      const kept = await this.#keep(candidate, [], this.#stored.operators.get(candidate.claims.sub));
      if (kept !== undefined) known.set(candidate.claims.sub, kept);
    }
    const byKey = new Map<string, KnownEntity<"operator">>();
    for (const entity of known.values()) byKey.set(entity.claims.sub, entity);
    // Anybody can name anybody's key as theirs: who was there first has it.
    for (const entity of known.values()) {
      for (const key of allKeys(keysOfClaims(entity.claims))) if (!byKey.has(key)) byKey.set(key, entity);
    }
    return byKey;
  }

  /** The known accounts by their subjects. */
  async #addAccounts(
    operators: ReadonlyMap<string, KnownEntity<"operator">>,
  ): Promise<ReadonlyMap<string, KnownEntity<"account">>> {
    const trusted = this.#found.accounts.filter(({ source, claims }) => {
      const issuer = claims.iss ?? "";
      if (operators.has(issuer)) return true;
      if (issuer !== claims.sub) this.#missingOperators.add(issuer);
      this.#notes.add(
        "NO_OPERATOR",
        source,
        `${claims.sub} is signed by ${issuer}, a key of no known operator`,
        claims.sub,
      );
      return false;
    });
    const known = new Map(this.#stored.accounts);
    for (const candidate of newestOfEach(trusted, this.#notes)) {
      const { iss = "", sub } = candidate.claims;
      const { path } = operators.get(iss) as KnownEntity<"operator">;
      const kept = await this.#keep(candidate, path as StorePrefix, this.#stored.accounts.get(sub));
      if (kept !== undefined) known.set(sub, kept);
    }
    return known;
  }

  async #addUsers(accounts: ReadonlyMap<string, KnownEntity<"account">>): Promise<void> {
    const accountOf = ({ claims }: Candidate<"user">): string => claims.nats.issuer_account ?? claims.iss ?? "";
    const trusted = this.#found.users.filter((candidate) => {
      const { source, claims } = candidate;
      const account = accounts.get(accountOf(candidate));
      if (account === undefined) {
        this.#missingAccounts.add(accountOf(candidate));
        this.#notes.add(
          "NO_ACCOUNT",
          source,
          `${claims.sub} is of the account ${accountOf(candidate)}, which is not known`,
          claims.sub,
        );
        return false;
      }
      if (didSign(account.claims, claims)) return true;
      this.#notes.add("WRONG_ISSUER", source, `${claims.sub} is signed by no key of its account`, claims.sub);
      return false;
    });
    for (const candidate of newestOfEach(trusted, this.#notes)) {
      const { path } = accounts.get(accountOf(candidate)) as KnownEntity<"account">;
      await this.#keep(candidate, path as StorePrefix, await this.#stored.user(candidate.claims.sub));
    }
  }

  /** Finds a place for a token, if it is newer than what is there. */
  async #keep<Kind extends EntityKind>(
    candidate: Candidate<Kind>,
    prefix: StorePrefix,
    stored: KnownEntity<Kind> | undefined,
  ): Promise<KnownEntity<Kind> | undefined> {
    const { source, token, claims } = candidate;
    if (stored === undefined) {
      const place = await this.#names.place(prefix, candidate);
      if (place === undefined) return undefined;
      const { path } = place;
      this.#write(path, token, place.isEmpty || place.token !== undefined ? place : undefined);
      this.#kept.push({ path, claims });
      return { path, token, claims };
    }
    if (pathKey(prefixOf(stored.path)) !== pathKey(prefix)) {
      this.#notes.add(
        "WRONG_PLACE",
        source,
        `${claims.sub} is in the store, but not where it belongs by its issuer`,
        claims.sub,
      );
      return stored;
    }
    const kept = isNewer(candidate, stored, this.#notes) ? candidate : stored;
    this.#kept.push({ path: stored.path, claims: kept.claims });
    if (kept === candidate) this.#write(stored.path, token, { token: stored.token });
    else if (token === stored.token) this.#unchanged.push(stored.path);
    return { path: stored.path, token: kept.token, claims: kept.claims };
  }

  /** @param before - what is there, if it is known */
  #write(path: StorePath, token: string, before: { readonly token: string | undefined } | undefined): void {
    const [operator] = path;
    const part = this.#parts.get(operator) ?? { tokens: [], expected: [], keys: new Set<string>(), isNew: false };
    this.#parts.set(operator, part);
    part.tokens.push({ path, token });
    if (before !== undefined) part.expected.push({ path, token: before.token });
    if (path.length === 1 && before !== undefined && before.token === undefined) part.isNew = true;
  }

  async #commitAll(): Promise<{ readonly written: StorePath[]; readonly keys: string[] }> {
    const seeds = await this.#newSeeds();
    const written: StorePath[] = [];
    const added = new Set<string>();
    for (const { path, claims } of this.#kept) {
      const part = this.#parts.get(path[0]);
      for (const key of allKeys(keysOfClaims(claims))) if (seeds.has(key)) part?.keys.add(key);
    }
    for (const [operator, part] of this.#parts) {
      const keys = [...part.keys].filter((key) => !added.has(key));
      const commit: StoreCommit = {
        tokens: part.tokens,
        keys: keys.map((key) => seeds.get(key) as string),
        expected: { tokens: part.expected },
        meta: (await this.#isManaged(operator, part)) ? [{ operator, name: MANAGED, value: "true" }] : [],
      };
      if (!(await this.#commit(commit, operator))) continue;
      written.push(...part.tokens.map(({ path }) => path));
      for (const key of keys) added.add(key);
    }
    const others = [...seeds].filter(([key]) => !added.has(key));
    const isKept = others.length > 0 && (await this.#commit({ keys: others.map(([, seed]) => seed) }, "seeds"));
    if (isKept) for (const [key] of others) added.add(key);
    return { written, keys: [...added].sort() };
  }

  async #commit(commit: StoreCommit, source: string): Promise<boolean> {
    try {
      await this.#store.commit(commit);
      return true;
    } catch (error) {
      if (!REFUSALS.some((code) => isNscError(error, code))) throw error;
      this.#notes.add("REFUSED", source, (error as NscError).message);
      return false;
    }
  }

  /** The seeds that the store does not have; what is in the place of one that is damaged stays there. */
  async #newSeeds(): Promise<Map<string, string>> {
    const seeds = new Map<string, string>();
    for (const [publicKey, seed] of this.#found.seeds) {
      try {
        if ((await this.#store.getKey(publicKey)) === undefined) seeds.set(publicKey, seed);
      } catch (error) {
        if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
        this.#notes.add("REFUSED", "seeds", error.message, publicKey);
      }
    }
    return seeds;
  }

  async #isManaged(operator: string, part: OperatorPart): Promise<boolean> {
    if (!part.isNew) return false;
    if (this.#managed !== undefined) return this.#managed;
    const claims = this.#kept.find(({ path }) => path.length === 1 && path[0] === operator)?.claims;
    for (const key of claims === undefined ? [] : allKeys(keysOfClaims(claims))) {
      if (this.#found.seeds.has(key) || (await this.#hasSeed(key))) return false;
    }
    return true;
  }

  async #missingSeeds(): Promise<MissingSeed[]> {
    const missing: MissingSeed[] = [];
    for (const { path, claims } of this.#kept) {
      const { identity, signingKeys } = keysOfClaims(claims);
      for (const publicKey of new Set([identity, ...signingKeys].filter((key) => key !== undefined))) {
        if (!(await this.#hasSeed(publicKey))) missing.push({ publicKey, path });
      }
    }
    return missing;
  }

  async #hasSeed(publicKey: string): Promise<boolean> {
    try {
      return (await this.#store.getKey(publicKey)) !== undefined;
    } catch (error) {
      if (isNscError(error, "ERR_STORE_DAMAGED")) return false;
      throw error;
    }
  }
}

/** The newest token of each subject; of those, who are newest comes first, so that it gets its name. */
function newestOfEach<Kind extends EntityKind>(
  candidates: readonly Candidate<Kind>[],
  notes: RebuildNotes,
): Candidate<Kind>[] {
  const newest = new Map<string, Candidate<Kind>>();
  for (const candidate of candidates) {
    const { sub } = candidate.claims;
    const other = newest.get(sub);
    if (other === undefined || isNewer(candidate, other, notes)) {
      if (other !== undefined) noteOlder(other, notes);
      newest.set(sub, candidate);
    }
  }
  return [...newest.values()].sort((a, b) => timeOf(b) - timeOf(a) || (a.claims.sub < b.claims.sub ? -1 : 1));
}

/** Whether a token takes the place of another one; reports it if not. */
function isNewer(
  candidate: Candidate,
  other: { readonly token: string; readonly claims: Candidate["claims"] },
  notes: RebuildNotes,
): boolean {
  const { source, claims } = candidate;
  if (timeOf(candidate) > timeOf(other)) return true;
  if (timeOf(candidate) < timeOf(other)) noteOlder(candidate, notes);
  else if (candidate.token !== other.token) {
    notes.add("SAME_TIME", source, `there is another token of ${claims.sub}, issued in the same second`, claims.sub);
  }
  return false;
}

function noteOlder({ source, claims }: Candidate, notes: RebuildNotes): void {
  notes.add("OLDER", source, `there is a newer token of ${claims.sub}`, claims.sub);
}

function timeOf({ claims }: { readonly claims: Candidate["claims"] }): number {
  return claims.iat ?? 0;
}
