/**
 * The changes of one transaction over a store: claims that are read and changed, and nothing that is signed or written
 * before the commit.
 *
 * @module
 */

import { deepFreeze } from "../encoding/freeze.ts";
import { compareUtf8 } from "../encoding/go-text.ts";
import { isNscError, NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { copyClaims } from "../jwt/copy-claims.ts";
import { decode } from "../jwt/decode.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { toJson } from "../jwt/to-json.ts";
import type { UserClaims } from "../jwt/user.ts";
import type { KeyPair } from "../nkeys/key-pair.ts";
import type { Signer } from "../nkeys/signer.ts";
import { pathKey } from "../store/commit.ts";
import { comparePaths } from "../store/memory-store.ts";
import type { StoreDelete, StoreMeta, StoreMetaChange, StorePath, StorePrefix } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { EntityKey } from "./key-input.ts";
import type { EntityClaims } from "./managed-fields.ts";
import type { SignerInput } from "./signer-choice.ts";

/** The place of an operator. */
export type OperatorPath = readonly [operator: string];
/** The place of an account. */
export type AccountPath = readonly [operator: string, account: string];
/** The place of a user. */
export type UserPath = readonly [operator: string, account: string, user: string];

/** The claims of what is at a place. */
export type ClaimsAt<Path extends StorePath> = Path extends UserPath
  ? UserClaims
  : Path extends AccountPath
    ? AccountClaims
    : OperatorClaims;

const KINDS = ["operator", "account", "user"] as const;

/** The kind of what is at a place. */
export function kindAt(path: StorePath): (typeof KINDS)[number] {
  return KINDS[path.length - 1] as (typeof KINDS)[number];
}

/** The kind and name of what is at a place, for people. */
export function titleOf(path: StorePath): string {
  return `${kindAt(path)} ${JSON.stringify(path.at(-1))}`;
}

/** What was read at a place. */
export interface StoredEntity {
  readonly token: string;
  /** Frozen. */
  readonly claims: ReadonlyDeep<EntityClaims>;
}

/** An entity that is made, changed or moved. */
export interface Draft<Claims extends EntityClaims = EntityClaims> {
  readonly path: StorePath;
  claims: Claims;
  /** What it was read from; nothing for a new entity. */
  readonly before: StoredEntity | undefined;
  /** The JSON of the claims as they were read. */
  readonly beforeJson: string | undefined;
  /** Whether it came from another place. */
  readonly moved: boolean;
  /** Who was asked to sign. */
  requested: SignerInput | undefined;
  /** Whether it is signed again even if nothing changed. */
  resign: boolean;
  /** Whether permissions and limits may be dropped, where the signer's scope has them instead. */
  dropPermissions: boolean;
}

/** An entity that was brought to another place. */
export interface Move {
  readonly from: StorePath;
  readonly to: StorePath;
}

/** Claims that are known from before, so that a token need not be read and verified again. */
export type KnownClaims = (path: StorePath, token: string) => ReadonlyDeep<EntityClaims> | undefined;

/** What keeps the signers that were found. */
export interface SignerSource {
  find(publicKey: string): Promise<Signer | undefined>;
}

export class Workspace {
  readonly context: Context;
  readonly #signers: SignerSource;
  readonly #known: KnownClaims;
  readonly #reads = new Map<string, Promise<StoredEntity | undefined>>();
  /** What was found where, to be compared at the commit. */
  readonly #found = new Map<string, { readonly path: StorePath; readonly token: string | undefined }>();
  readonly #lists = new Map<string, Promise<readonly string[]>>();
  readonly #listed = new Map<string, { readonly prefix: StorePrefix; readonly names: readonly string[] }>();
  readonly #meta = new Map<string, Promise<StoreMeta>>();
  readonly #metaFound: StoreMetaChange[] = [];
  readonly #metaChanges = new Map<string, StoreMetaChange>();
  readonly #drafts = new Map<string, Draft>();
  readonly #deletes = new Map<string, StoreDelete>();
  readonly #keys = new Map<string, KeyPair>();
  readonly #outside = new Map<string, Signer>();
  readonly #deletedKeys = new Set<string>();
  readonly #released = new Set<string>();
  readonly #touched = new Map<string, StorePath>();
  readonly #moves: Move[] = [];
  #movesTaken = 0;

  constructor(context: Context, signers: SignerSource, known: KnownClaims) {
    this.context = context;
    this.#signers = signers;
    this.#known = known;
  }

  /** The claims at a place as they are now, or nothing. */
  async read<Path extends StorePath>(path: Path): Promise<ReadonlyDeep<ClaimsAt<Path>> | undefined> {
    const draft = this.#drafts.get(pathKey(path));
    if (draft !== undefined) return draft.claims as ReadonlyDeep<ClaimsAt<Path>>;
    if (this.#deletes.has(pathKey(path))) return undefined;
    const stored = await this.stored(path);
    return (this.#drafts.get(pathKey(path))?.claims ?? stored?.claims) as ReadonlyDeep<ClaimsAt<Path>> | undefined;
  }

  /** The claims at a place. */
  async need<Path extends StorePath>(path: Path): Promise<ReadonlyDeep<ClaimsAt<Path>>> {
    return (await this.read(path)) ?? notFound(path);
  }

  /** The claims at a place, or nothing where they can't be read: what is damaged must not be in the way of the rest. */
  async readSound<Path extends StorePath>(path: Path): Promise<ReadonlyDeep<ClaimsAt<Path>> | undefined> {
    try {
      return await this.read(path);
    } catch (error) {
      if (isNscError(error, "ERR_STORE_DAMAGED")) return undefined;
      throw error;
    }
  }

  /** What the store has at a place, whatever was changed since. */
  stored(path: StorePath): Promise<StoredEntity | undefined> {
    const key = pathKey(path);
    let read = this.#reads.get(key);
    if (read === undefined) {
      read = this.#readStored(path);
      this.#reads.set(key, read);
    }
    return read;
  }

  async #readStored(path: StorePath): Promise<StoredEntity | undefined> {
    const token = await this.context.store.read(path);
    this.#found.set(pathKey(path), { path, token });
    if (token === undefined) return undefined;
    return { token, claims: this.#known(path, token) ?? deepFreeze(decodeAt(path, token, this.context)) };
  }

  /** The names below a prefix as they are now, sorted as stores do. */
  async names(prefix: StorePrefix): Promise<readonly string[]> {
    const key = pathKey(prefix);
    let list = this.#lists.get(key);
    if (list === undefined) {
      list = this.#readList(prefix);
      this.#lists.set(key, list);
    }
    const names = new Set(await list);
    for (const { path } of this.#deletes.values()) if (isBelow(path, prefix)) names.delete(path.at(-1) as string);
    for (const { path } of this.#drafts.values()) if (isBelow(path, prefix)) names.add(path.at(-1) as string);
    return [...names].sort(compareUtf8);
  }

  async #readList(prefix: StorePrefix): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const name of this.context.store.list(prefix)) names.push(name);
    this.#listed.set(pathKey(prefix), { prefix, names });
    return names;
  }

  /** What the operator keeps beside its tokens under a name. */
  async meta(operator: string, name: string): Promise<string | undefined> {
    const changed = this.#metaChanges.get(JSON.stringify([operator, name]));
    if (changed !== undefined) return changed.value;
    let meta = this.#meta.get(operator);
    if (meta === undefined) {
      meta = this.context.store.readMeta(operator);
      this.#meta.set(operator, meta);
    }
    const value = (await meta).get(name);
    if (!this.#metaFound.some((found) => found.operator === operator && found.name === name)) {
      this.#metaFound.push({ operator, name, value });
    }
    return value;
  }

  /** Brings everything beside the tokens from one operator to another. */
  async moveMeta(from: string, to: string): Promise<void> {
    const changed = [...this.#metaChanges.values()].filter(({ operator }) => operator === from);
    const names = new Set([...(await this.context.store.readMeta(from)).keys(), ...changed.map(({ name }) => name)]);
    for (const name of names) {
      const value = await this.meta(from, name);
      if (value === undefined) continue;
      this.setMeta(to, name, value);
      this.setMeta(from, name, undefined);
    }
  }

  setMeta(operator: string, name: string, value: string | undefined): void {
    this.#metaChanges.set(JSON.stringify([operator, name]), { operator, name, value });
  }

  /** The claims at a place, to be changed. */
  async draft<Path extends StorePath>(path: Path): Promise<Draft<ClaimsAt<Path>>> {
    const key = pathKey(path);
    this.#touched.set(key, path);
    if (!this.#drafts.has(key)) {
      const stored = this.#deletes.has(key) ? undefined : await this.stored(path);
      if (stored === undefined) return notFound(path);
      if (!this.#drafts.has(key)) this.#drafts.set(key, draftOf(path, stored, false));
    }
    return this.#drafts.get(key) as Draft<ClaimsAt<Path>>;
  }

  /** A new entity. */
  async create<Path extends StorePath>(path: Path, claims: ClaimsAt<Path>): Promise<Draft<ClaimsAt<Path>>> {
    await this.assertFree(path);
    const draft = { ...BLANK, path, claims: claims as EntityClaims };
    this.#put(draft);
    return draft as unknown as Draft<ClaimsAt<Path>>;
  }

  /** Refuses a place where there is an entity already. */
  async assertFree(path: StorePath): Promise<void> {
    const parent = path.slice(0, -1) as unknown as StorePath;
    if (parent.length > 0) await this.need(parent);
    if ((await this.read(path)) === undefined) return;
    throw new NscError("ERR_ENTITY_EXISTS", `the ${titleOf(path)} already exists`);
  }

  #put(draft: Draft): void {
    const key = pathKey(draft.path);
    this.#drafts.set(key, draft);
    this.#touched.set(key, draft.path);
  }

  /** Puts a token that others signed in a place, as it is. */
  async adopt(path: StorePath, claims: EntityClaims, token: string): Promise<void> {
    await this.stored(path);
    this.#put(draftOf(path, { token, claims: deepFreeze(claims) }, true));
  }

  /** Removes an entity; what stands below it has to be removed, too. */
  delete(path: StorePath, keepCreds = false): void {
    const key = pathKey(path);
    this.#drafts.delete(key);
    this.#deletes.set(key, { path, ...(keepCreds && { keepCreds }) });
  }

  /** Moves an entity as it is. */
  async move(from: StorePath, to: StorePath): Promise<Draft> {
    const current = this.#drafts.get(pathKey(from));
    const stored = await this.stored(from);
    if (current === undefined && (stored === undefined || this.#deletes.has(pathKey(from)))) return notFound(from);
    const draft =
      current === undefined
        ? draftOf(to, stored as StoredEntity, true)
        : { ...current, path: to, moved: current.before !== undefined };
    // What was made in this very transaction is not in the store.
    if (stored === undefined) this.#drafts.delete(pathKey(from));
    else this.delete(from);
    this.#put(draft);
    this.#moves.push({ from, to });
    return draft;
  }

  /** Keeps a key, or remembers what signs for it. */
  addKey({ pair, signer }: EntityKey): void {
    if (pair !== undefined) this.#keys.set(pair.publicKey, pair);
    if (pair !== undefined) this.#deletedKeys.delete(pair.publicKey);
    if (signer !== undefined) this.#outside.set(signer.publicKey, signer);
  }

  deleteKey(publicKey: string): void {
    this.#keys.delete(publicKey);
    this.#deletedKeys.add(publicKey);
  }

  /** Lets go of a signing key although entities depend on it. */
  release(publicKey: string): void {
    this.#released.add(publicKey);
  }

  isReleased(publicKey: string): boolean {
    return this.#released.has(publicKey);
  }

  /** What signs for a public key, if it is at hand. */
  async findSigner(publicKey: string): Promise<Signer | undefined> {
    return this.#keys.get(publicKey) ?? this.#outside.get(publicKey) ?? (await this.#signers.find(publicKey));
  }

  /** The seed of a public key as text, if it is in the store or will be. */
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
    const moves = this.#moves.slice(this.#movesTaken);
    this.#movesTaken = this.#moves.length;
    return moves;
  }

  draftAt(path: StorePath): Draft | undefined {
    return this.#drafts.get(pathKey(path));
  }

  /** Forgets what was changed at a place since it was read. */
  discard(path: StorePath): void {
    this.#drafts.delete(pathKey(path));
  }

  /** The places of what has a public key as they are now. */
  async findKey(publicKey: string): Promise<readonly StorePath[]> {
    const stored = await this.context.store.find(publicKey);
    const untouched = stored.filter((path) => !this.#drafts.has(pathKey(path)) && !this.#deletes.has(pathKey(path)));
    const drafted = [...this.#drafts.values()].filter(({ claims }) => claims.sub === publicKey);
    return [...untouched, ...drafted.map(({ path }) => path)].sort(comparePaths);
  }

  /** All that was changed, and all that it was decided on. */
  changes(): WorkspaceChanges {
    return {
      drafts: [...this.#drafts.values()].filter(isChanged),
      deletes: [...this.#deletes.values()].filter(({ path }) => !this.#drafts.has(pathKey(path))),
      pairs: [...this.#keys.values()],
      outside: [...this.#outside.values()],
      deletedKeys: [...this.#deletedKeys],
      // What goes takes all of it along.
      meta: [...this.#metaChanges.values()].filter(
        ({ operator, value }) =>
          value !== undefined || this.#drafts.has(pathKey([operator])) || !this.#deletes.has(pathKey([operator])),
      ),
      moves: this.#moves,
      expected: {
        tokens: [...this.#found.values()],
        lists: [...this.#listed.values()],
        meta: this.#metaFound,
      },
    };
  }
}

export interface WorkspaceChanges {
  readonly drafts: readonly Draft[];
  readonly deletes: readonly StoreDelete[];
  readonly pairs: readonly KeyPair[];
  readonly outside: readonly Signer[];
  readonly deletedKeys: readonly string[];
  readonly meta: readonly StoreMetaChange[];
  readonly moves: readonly Move[];
  readonly expected: {
    readonly tokens: readonly { readonly path: StorePath; readonly token: string | undefined }[];
    readonly lists: readonly { readonly prefix: StorePrefix; readonly names: readonly string[] }[];
    readonly meta: readonly StoreMetaChange[];
  };
}

const BLANK = {
  before: undefined,
  beforeJson: undefined,
  moved: false,
  requested: undefined,
  resign: false,
  dropPermissions: false,
} as const;

/** Whether a draft is more than what it was read from. */
function isChanged(draft: Draft): boolean {
  return draft.moved || mustSign(draft);
}

export function mustSign({ before, beforeJson, resign, claims }: Draft): boolean {
  return before === undefined || resign || toJson(claims) !== beforeJson;
}

function draftOf(path: StorePath, before: StoredEntity, moved: boolean): Draft {
  const claims = copyClaims(before.claims as EntityClaims);
  return { ...BLANK, path, claims, before, beforeJson: toJson(before.claims), moved };
}

/** The claims of a stored token. */
export function decodeAt(path: StorePath, token: string, { engine }: Context): EntityClaims {
  try {
    return decode(token, { kind: kindAt(path), engine });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NscError("ERR_STORE_DAMAGED", `the token of the ${titleOf(path)} can't be read: ${why}`, { cause });
  }
}

function isBelow(path: StorePath, prefix: StorePrefix): boolean {
  return path.length === prefix.length + 1 && prefix.every((name, index) => name === path[index]);
}

function notFound(path: StorePath): never {
  throw new NscError(
    "ERR_ENTITY_NOT_FOUND",
    `there is no ${titleOf(path)}${path.length > 1 ? ` in ${titleOf(path.slice(0, -1) as unknown as StorePath)}` : ""}`,
  );
}
