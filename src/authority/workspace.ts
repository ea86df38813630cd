/**
 * The changes of one transaction over a store: claims that are read and changed, and nothing that is signed or written
 * before the commit.
 *
 * @module
 */

import { deepFreeze } from "../encoding/freeze.ts";
import { compareUtf8 } from "../encoding/go-text.ts";
import { isNscError, NscError } from "../errors.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { KeyPair } from "../nkeys/key-pair.ts";
import type { Signer } from "../nkeys/signer.ts";
import { comparePaths, parentOf, pathBelow, pathKey, prefixOf } from "../store/paths.ts";
import type { StoreDelete, StoreExpectations, StoreMetaChange, StorePath, StorePrefix } from "../store/store.ts";
import { AbsentSigner } from "./absent-signer.ts";
import type { Context } from "./context.ts";
import { copyDraft, type Draft, draftOf, isChanged, newDraft } from "./drafts.ts";
import type { EntityKey } from "./key-input.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { type ClaimsAt, notFound, titleOf } from "./paths.ts";
import { type PendingActivation, placeholderOf } from "./pending-activations.ts";
import { type KnownClaims, type StoredEntity, StoreReader } from "./store-reader.ts";

/** An entity that was brought to another place. */
export interface Move {
  readonly from: StorePath;
  readonly to: StorePath;
}

/** What finds signers. */
export interface SignerSource {
  find(publicKey: string): Promise<Signer | undefined>;
}

/** All that was changed besides the drafts, and all that it was decided on. */
export interface WorkspaceChanges {
  readonly deletes: readonly StoreDelete[];
  readonly pairs: readonly KeyPair[];
  readonly outside: readonly Signer[];
  readonly deletedKeys: readonly string[];
  readonly meta: readonly StoreMetaChange[];
  readonly moves: readonly Move[];
  readonly expected: Required<StoreExpectations>;
}

export class Workspace {
  readonly context: Context;
  readonly #signers: SignerSource;
  #elsewhere: ReadonlySet<string>;
  readonly #reader: StoreReader;
  readonly #metaChanges = new Map<string, StoreMetaChange>();
  readonly #drafts = new Map<string, Draft>();
  readonly #deletes = new Map<string, StoreDelete>();
  readonly #keys = new Map<string, KeyPair>();
  readonly #outside = new Map<string, Signer>();
  readonly #deletedKeys = new Map<string, true>();
  readonly #released = new Map<string, true>();
  readonly #moves = new Map<number, Move>();
  readonly #activations = new Map<string, PendingActivation>();
  readonly #touched = new Map<string, StorePath>();
  /** The names that drafts or deletions ever had below a prefix. */
  readonly #namesTouched = new Map<string, Set<string>>();
  #movesTaken = 0;
  /** What takes back the attempt that is being made, last step first. */
  #undo: (() => void)[] | undefined;
  /** The drafts that can be brought back as they were before it. */
  readonly #saved = new Set<string>();

  /** @param elsewhere - public keys whose signatures may be asked for elsewhere */
  constructor(context: Context, signers: SignerSource, known: KnownClaims, elsewhere: ReadonlySet<string>) {
    this.context = context;
    this.#signers = signers;
    this.#elsewhere = elsewhere;
    this.#reader = new StoreReader(context, known);
  }

  /** Makes a change as a whole: when it fails halfway, and whoever asked for it goes on, nothing of it is left. */
  async attempt<T>(change: () => Promise<T>): Promise<T> {
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      return await change();
    } catch (error) {
      for (const step of undo.reverse()) step();
      throw error;
    } finally {
      this.#undo = undefined;
      this.#saved.clear();
    }
  }

  /** Makes a change of which nothing is left. */
  async rehearse<T>(change: () => Promise<T>, elsewhere: readonly string[]): Promise<T> {
    const before = this.#elsewhere;
    const end = Symbol();
    let value: T | undefined;
    this.#elsewhere = new Set([...before, ...elsewhere]);
    try {
      await this.attempt(async () => {
        // All that is to be signed is looked at, and may be changed by that.
        for (const { path } of this.changedDrafts()) await this.draft(path);
        value = await change();
        throw end;
      });
    } catch (error) {
      if (error !== end) throw error;
    } finally {
      this.#elsewhere = before;
      this.#touched.clear();
    }
    return value as T;
  }

  #set<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
    const before = map.get(key);
    this.#undo?.push(() => put(map, key, before));
    put(map, key, value);
  }

  /** The claims at a place as they are now, or nothing. */
  async read<Path extends StorePath>(path: Path): Promise<ReadonlyDeep<ClaimsAt<Path>> | undefined> {
    const key = pathKey(path);
    if (!this.#drafts.has(key) && this.#deletes.has(key)) return undefined;
    const stored = this.#drafts.has(key) ? undefined : await this.stored(path);
    return (this.#drafts.get(key) ?? stored)?.claims as ReadonlyDeep<ClaimsAt<Path>> | undefined;
  }

  /** The claims at a place. */
  async need<Path extends StorePath>(path: Path): Promise<ReadonlyDeep<ClaimsAt<Path>>> {
    const claims = await this.read(path);
    if (claims === undefined) throw notFound(path);
    return claims;
  }

  /** The claims at a place, or nothing where they can't be read: what is damaged must not be in the way of the rest. */
  async readSound<Path extends StorePath>(
    path: Path,
    onDamaged?: (error: NscError) => void,
  ): Promise<ReadonlyDeep<ClaimsAt<Path>> | undefined> {
    try {
      return await this.read(path);
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      onDamaged?.(error);
      return undefined;
    }
  }

  /** What the store has at a place, whatever was changed since. */
  stored(path: StorePath): Promise<StoredEntity | undefined> {
    return this.#reader.entity(path);
  }

  /** All that was read of the store. */
  storedEntities(): Promise<readonly (StoredEntity & { readonly path: StorePath })[]> {
    return this.#reader.read();
  }

  /** The names below a prefix as they are now, sorted as stores do. */
  async names(prefix: StorePrefix): Promise<readonly string[]> {
    const names = new Set(await this.#reader.names(prefix));
    for (const name of this.#namesTouched.get(pathKey(prefix)) ?? []) {
      const key = pathKey(pathBelow(prefix, name));
      if (this.#drafts.has(key)) names.add(name);
      else if (this.#deletes.has(key)) names.delete(name);
    }
    return [...names].sort(compareUtf8);
  }

  /** What the operator keeps beside its tokens under a name. */
  async meta(operator: string, name: string): Promise<string | undefined> {
    const changed = this.#metaChanges.get(JSON.stringify([operator, name]));
    return changed === undefined ? this.#reader.metaValue(operator, name) : changed.value;
  }

  /** What is known of that by now without looking. */
  knownMeta(operator: string, name: string): { readonly value: string | undefined } | undefined {
    return this.#metaChanges.get(JSON.stringify([operator, name])) ?? this.#reader.knownMeta(operator, name);
  }

  setMeta(operator: string, name: string, value: string | undefined): void {
    this.#set(this.#metaChanges, JSON.stringify([operator, name]), { operator, name, value });
  }

  /** Brings everything beside the tokens from one operator to another. */
  async moveMeta(from: string, to: string): Promise<void> {
    const changed = [...this.#metaChanges.values()].filter(({ operator }) => operator === from);
    const names = new Set([...(await this.#reader.metaNames(from)), ...changed.map(({ name }) => name)]);
    for (const name of names) {
      const value = await this.meta(from, name);
      if (value === undefined) continue;
      this.setMeta(to, name, value);
      this.setMeta(from, name, undefined);
    }
  }

  /** The claims at a place, to be changed. */
  async draft<Path extends StorePath>(path: Path): Promise<Draft<ClaimsAt<Path>>> {
    const key = pathKey(path);
    if (!this.#drafts.has(key)) {
      const stored = this.#deletes.has(key) ? undefined : await this.stored(path);
      if (stored === undefined) throw notFound(path);
      if (!this.#drafts.has(key)) this.#put(draftOf(path, stored, false));
    } else if (this.#undo !== undefined && !this.#saved.has(key)) {
      const saved = copyDraft(this.#drafts.get(key) as Draft);
      this.#undo.push(() => this.#drafts.set(key, saved));
    }
    this.#saved.add(key);
    this.#touched.set(key, path);
    return this.#drafts.get(key) as Draft<ClaimsAt<Path>>;
  }

  /** A new entity. */
  async create<Path extends StorePath>(path: Path, claims: ClaimsAt<Path>): Promise<Draft<ClaimsAt<Path>>> {
    await this.assertFree(path);
    const draft = newDraft(path, claims);
    this.#put(draft);
    return draft as unknown as Draft<ClaimsAt<Path>>;
  }

  /** Refuses a place where there is an entity already. */
  async assertFree(path: StorePath): Promise<void> {
    if (path.length > 1) await this.need(parentOf(path));
    if ((await this.read(path)) === undefined) return;
    throw new NscError("ERR_ENTITY_EXISTS", `the ${titleOf(path)} already exists`);
  }

  #put(draft: Draft): void {
    this.#set(this.#drafts, pathKey(draft.path), draft);
    this.#touch(draft.path);
  }

  #touch(path: StorePath): void {
    this.#touched.set(pathKey(path), path);
    const above = pathKey(prefixOf(path));
    const names = this.#namesTouched.get(above) ?? new Set();
    this.#namesTouched.set(above, names.add(path[path.length - 1] as string));
  }

  /** Puts a token that others signed in a place, as it is. */
  async adopt(path: StorePath, claims: EntityClaims, token: string): Promise<void> {
    await this.stored(path);
    this.#put(draftOf(path, { token, claims: deepFreeze(claims) }, true));
  }

  /** Removes an entity; what stands below it has to be removed, too. */
  delete(path: StorePath, keepCreds = false): void {
    const key = pathKey(path);
    this.#set(this.#drafts, key, undefined);
    this.#set(this.#deletes, key, { path, ...(keepCreds && { keepCreds }) });
    this.#touch(path);
  }

  /** Moves an entity as it is. */
  async move(from: StorePath, to: StorePath): Promise<Draft> {
    const stored = await this.stored(from);
    const current = this.#drafts.get(pathKey(from));
    if (current === undefined && (stored === undefined || this.#deletes.has(pathKey(from)))) throw notFound(from);
    const draft =
      current === undefined
        ? draftOf(to, stored as StoredEntity, true)
        : { ...copyDraft(current), path: to, moved: current.before !== undefined };
    // What was made in this very transaction is not in the store.
    if (stored === undefined) this.#set(this.#drafts, pathKey(from), undefined);
    else this.delete(from);
    this.#put(draft);
    this.#set(this.#moves, this.#moves.size, { from, to });
    return draft;
  }

  /** Keeps a key, or remembers what signs for it. */
  addKey({ pair, signer }: EntityKey): void {
    if (pair !== undefined) {
      this.#set(this.#keys, pair.publicKey, pair);
      this.#set(this.#deletedKeys, pair.publicKey, undefined);
    }
    if (signer !== undefined) this.#set(this.#outside, signer.publicKey, signer);
  }

  deleteKey(publicKey: string): void {
    this.#set(this.#keys, publicKey, undefined);
    this.#set(this.#deletedKeys, publicKey, true);
  }

  /** Lets go of a signing key although entities depend on it. */
  release(publicKey: string): void {
    this.#set(this.#released, publicKey, true);
  }

  isReleased(publicKey: string): boolean {
    return this.#released.has(publicKey);
  }

  /** What signs for a public key, if it is at hand. */
  async findSigner(publicKey: string): Promise<Signer | undefined> {
    return this.#keys.get(publicKey) ?? this.#outside.get(publicKey) ?? (await this.#signers.find(publicKey));
  }

  /** What signs for a public key, or stands for one whose signature may be asked for elsewhere. */
  async findIssuer(publicKey: string): Promise<Signer | undefined> {
    const signer = await this.findSigner(publicKey);
    return signer ?? (this.#elsewhere.has(publicKey) ? new AbsentSigner(publicKey) : undefined);
  }

  /**
   * Has an activation signed elsewhere before the account that imports by it.
   *
   * @returns what stands in the import until then
   */
  awaitActivation(activation: PendingActivation): string {
    this.#set(this.#activations, activation.input, activation);
    return placeholderOf(activation);
  }

  /** The activations that wait for a signature from elsewhere, by their inputs; maybe some whose imports are gone again. */
  get activations(): ReadonlyMap<string, PendingActivation> {
    return this.#activations;
  }

  /** Whether the seed of a public key is in the store or will be. */
  async hasSeed(publicKey: string): Promise<boolean> {
    if (this.#keys.has(publicKey)) return true;
    return !this.#deletedKeys.has(publicKey) && (await this.context.store.getKey(publicKey)) !== undefined;
  }

  /** The places that changed since this was asked last. */
  takeTouched(): StorePath[] {
    const touched = [...this.#touched.values()];
    this.#touched.clear();
    return touched;
  }

  /** What moved since this was asked last. */
  takeMoves(): readonly Move[] {
    const moves = [...this.#moves.values()].slice(this.#movesTaken);
    this.#movesTaken = this.#moves.size;
    return moves;
  }

  draftAt(path: StorePath): Draft | undefined {
    return this.#drafts.get(pathKey(path));
  }

  /** The places of what has a public key as they are now. */
  async findKey(publicKey: string): Promise<readonly StorePath[]> {
    const stored = await this.context.store.find(publicKey);
    const untouched = stored.filter((path) => !this.#drafts.has(pathKey(path)) && !this.#deletes.has(pathKey(path)));
    const drafted = [...this.#drafts.values()].filter(({ claims }) => claims.sub === publicKey);
    return [...untouched, ...drafted.map(({ path }) => path)].sort(comparePaths);
  }

  /** What is made, changed or moved. */
  changedDrafts(): readonly Draft[] {
    return [...this.#drafts.values()].filter(isChanged);
  }

  changes(): WorkspaceChanges {
    return {
      deletes: [...this.#deletes.values()].filter(({ path }) => !this.#drafts.has(pathKey(path))),
      pairs: [...this.#keys.values()],
      outside: [...this.#outside.values()],
      deletedKeys: [...this.#deletedKeys.keys()],
      // What goes takes all of it along.
      meta: [...this.#metaChanges.values()].filter(
        ({ operator, value }) =>
          value !== undefined || this.#drafts.has(pathKey([operator])) || !this.#deletes.has(pathKey([operator])),
      ),
      moves: [...this.#moves.values()],
      expected: this.#reader.expectations(),
    };
  }
}

function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
