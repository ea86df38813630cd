/**
 * Reads many tokens fast, for commands that show what is there.
 *
 * A handle of `Nsc` verifies each signature and looks for the user's seed, which for a thousand accounts with a user each
 * takes over a second; this takes a fifth of that. Use it for lists and look-ups of names. What one entity is shown of,
 * and all that is changed or given to servers, goes through handles.
 *
 * @module
 */

import { isNscError, type NscError } from "../errors.ts";
import { decodeUnverified } from "../jwt/decode.ts";
import type { ClaimsByKind } from "../jwt/kinds.ts";
import type { NscDirectory } from "../node/directory.ts";
import { keysOfToken } from "../node/public-keys.ts";
import { assertNoneDamaged } from "../store/none-damaged.ts";
import { pathBelow } from "../store/paths.ts";
import type { Store, StoredToken, StorePath, StorePrefix } from "../store/store.ts";
import { subjectOf } from "../store/subject-of.ts";

const KINDS = ["operator", "account", "user"] as const;
type Kind = (typeof KINDS)[number];

/** The kind of what is stored directly below a prefix. */
type KindBelow<Prefix extends StorePrefix> = (typeof KINDS)[Prefix["length"]];

/** What is stored at a place. Nobody verified it. */
export interface Entry<K extends Kind> {
  readonly path: StorePath;
  readonly name: string;
  readonly token: string;
  /** Nothing where the token can't be read. */
  readonly publicKey: string | undefined;
  /**
   * Its claims, read when they are asked for.
   *
   * @throws NscError what `decode` throws, but for the signature
   */
  readonly claims: ClaimsByKind[K];
}

/** What is directly below a prefix. */
export interface Entries<K extends Kind> {
  /** Sorted by name. */
  readonly entries: readonly Entry<K>[];
  /** Says what can't be read. */
  readonly damaged: NscError | undefined;
}

/** Reads the operators, an operator's accounts, or an account's users. What is damaged is in the way of nothing else. */
export async function readEntries<const Prefix extends StorePrefix>(
  store: Store,
  prefix: Prefix,
): Promise<Entries<KindBelow<Prefix>>> {
  const kind = KINDS[prefix.length] as KindBelow<Prefix>;
  const entries: Entry<KindBelow<Prefix>>[] = [];
  let damaged: NscError | undefined;
  try {
    for await (const { path, token } of tokensBelow(store, prefix)) entries.push(new TokenEntry(kind, path, token));
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
    damaged = error;
  }
  return { entries, damaged };
}

/** The names of the operators and accounts by their public keys and those of their signing keys, as nsc shows them. */
export async function friendlyNames(store: Store, current: string | undefined): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const { entries: operators } = await readEntries(store, []);
  for (const operator of operators) {
    nameKeys(names, operator.token, operator.name);
    const { entries: accounts } = await readEntries(store, [operator.name]);
    const prefix = operators.length > 1 && operator.name !== current ? `${operator.name}/` : "";
    for (const { token, name } of accounts) nameKeys(names, token, `${prefix}${name}`);
  }
  return names;
}

function nameKeys(names: Map<string, string>, token: string, name: string): void {
  const keys = keysOfToken(token);
  if (keys === undefined) return;
  for (const key of keys.signingKeys) names.set(key, name);
  if (keys.identity !== undefined) names.set(keys.identity, name);
}

/** The tokens directly below a prefix: fast where the store can do so. */
function tokensBelow(store: Store, prefix: StorePrefix): AsyncIterable<StoredToken> {
  const { tokens } = store as Partial<NscDirectory>;
  return typeof tokens === "function" ? tokens.call(store, prefix) : oneByOne(store, prefix);
}

async function* oneByOne(store: Store, prefix: StorePrefix): AsyncGenerator<StoredToken, undefined> {
  const damaged: NscError[] = [];
  for await (const name of store.list(prefix)) {
    const path = pathBelow(prefix, name);
    try {
      const token = await store.read(path);
      if (token !== undefined) yield { path, token };
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      damaged.push(error);
    }
  }
  assertNoneDamaged(damaged);
}

class TokenEntry<K extends Kind> implements Entry<K> {
  readonly path: StorePath;
  readonly token: string;
  readonly #kind: K;
  #claims: ClaimsByKind[K] | undefined;

  constructor(kind: K, path: StorePath, token: string) {
    this.#kind = kind;
    this.path = path;
    this.token = token;
  }

  get name(): string {
    return this.path.at(-1) as string;
  }

  get publicKey(): string | undefined {
    return subjectOf(this.token);
  }

  get claims(): ClaimsByKind[K] {
    this.#claims ??= decodeUnverified(this.token, this.#kind);
    return this.#claims;
  }
}
