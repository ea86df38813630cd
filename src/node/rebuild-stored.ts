import { isNscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import type { ClaimsByKind } from "../jwt/kinds.ts";
import type { Store, StorePath } from "../store/store.ts";
import { describePath } from "./describe-path.ts";
import type { RebuildNotes } from "./rebuild-report.ts";
import type { EntityKind } from "./rebuild-sources.ts";

/** An entity that is in the store, or will be. */
export interface KnownEntity<Kind extends EntityKind> {
  readonly path: StorePath;
  readonly token: string;
  readonly claims: ClaimsByKind[Kind];
}

/** What the store had before. What can't be read there is reported, and is not known. */
export class StoredEntities {
  /** By subject. */
  readonly operators: Map<string, KnownEntity<"operator">> = new Map();
  /** By subject. */
  readonly accounts: Map<string, KnownEntity<"account">> = new Map();
  #hasAccounts = false;
  readonly #store: Store;
  readonly #notes: RebuildNotes;

  constructor(store: Store, notes: RebuildNotes) {
    this.#store = store;
    this.#notes = notes;
  }

  /** Reads operators and accounts. */
  async load(): Promise<void> {
    for await (const operator of this.#store.list([])) {
      const entity = await this.#read([operator], "operator");
      if (entity !== undefined) this.operators.set(entity.claims.sub, entity);
      for await (const account of this.#store.list([operator])) {
        this.#hasAccounts = true;
        const known = await this.#read([operator, account], "account");
        if (known !== undefined) this.accounts.set(known.claims.sub, known);
      }
    }
  }

  async user(subject: string): Promise<KnownEntity<"user"> | undefined> {
    // Where there was nothing there is nothing to look for; below what is damaged there may be something.
    if (!this.#hasAccounts) return undefined;
    const [path] = await this.#store.find(subject);
    return path && (await this.#read(path, "user"));
  }

  async #read<Kind extends EntityKind>(path: StorePath, kind: Kind): Promise<KnownEntity<Kind> | undefined> {
    try {
      const token = await this.#store.read(path);
      return token === undefined ? undefined : { path, token, claims: decode(token, { kind }) };
    } catch (error) {
      if (!isNscError(error) || error.code === "ERR_STORE_IO" || error.code === "ERR_STORE_LOCKED") throw error;
      this.#notes.add("UNREADABLE", describePath(path), error.message);
      return undefined;
    }
  }
}
