import { deepFreeze } from "../encoding/freeze.ts";
import { NscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { pathKey } from "../store/paths.ts";
import type { StoreExpectations, StoreMeta, StoreMetaChange, StorePath, StorePrefix } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { kindAt, titleOf } from "./paths.ts";

/** What was read at a place. */
export interface StoredEntity {
  readonly token: string;
  /** Frozen. */
  readonly claims: ReadonlyDeep<EntityClaims>;
}

/** Claims that are known from before, so that a token need not be read and verified again. */
export type KnownClaims = (path: StorePath, token: string) => ReadonlyDeep<EntityClaims> | undefined;

/** Reads everything once, and remembers what was found, to be compared when what was decided on it is committed. */
export class StoreReader {
  readonly #context: Context;
  readonly #known: KnownClaims;
  readonly #entities = new Map<string, Promise<StoredEntity | undefined>>();
  readonly #tokens = new Map<string, { readonly path: StorePath; readonly token: string | undefined }>();
  readonly #names = new Map<string, Promise<readonly string[]>>();
  readonly #lists = new Map<string, { readonly prefix: StorePrefix; readonly names: readonly string[] }>();
  readonly #meta = new Map<string, Promise<StoreMeta>>();
  readonly #values = new Map<string, StoreMetaChange>();

  constructor(context: Context, known: KnownClaims) {
    this.#context = context;
    this.#known = known;
  }

  /**
   * The entity at a place, or nothing.
   *
   * @throws NscError `ERR_STORE_DAMAGED`, and those of the store
   */
  entity(path: StorePath): Promise<StoredEntity | undefined> {
    return once(this.#entities, pathKey(path), async () => {
      const token = await this.#context.store.read(path);
      this.#tokens.set(pathKey(path), { path, token });
      if (token === undefined) return undefined;
      return { token, claims: this.#known(path, token) ?? deepFreeze(decodeAt(path, token, this.#context)) };
    });
  }

  names(prefix: StorePrefix): Promise<readonly string[]> {
    return once(this.#names, pathKey(prefix), async () => {
      const names: string[] = [];
      for await (const name of this.#context.store.list(prefix)) names.push(name);
      this.#lists.set(pathKey(prefix), { prefix, names });
      return names;
    });
  }

  /** What an operator keeps beside its tokens under a name. */
  async metaValue(operator: string, name: string): Promise<string | undefined> {
    const value = (await this.#metaOf(operator)).get(name);
    this.#values.set(JSON.stringify([operator, name]), { operator, name, value });
    return value;
  }

  /** Such a value, if it was read. */
  knownMeta(operator: string, name: string): StoreMetaChange | undefined {
    return this.#values.get(JSON.stringify([operator, name]));
  }

  async metaNames(operator: string): Promise<readonly string[]> {
    return [...(await this.#metaOf(operator)).keys()];
  }

  #metaOf(operator: string): Promise<StoreMeta> {
    return once(this.#meta, operator, () => this.#context.store.readMeta(operator));
  }

  /** The entities that were read. */
  async read(): Promise<readonly (StoredEntity & { readonly path: StorePath })[]> {
    const found = await Promise.all(
      [...this.#tokens.values()].map(async ({ path }) => {
        const entity = await this.#entities.get(pathKey(path));
        return entity && { ...entity, path };
      }),
    );
    return found.filter((entity) => entity !== undefined);
  }

  /** What must still be so. */
  expectations(): Required<StoreExpectations> {
    return { tokens: [...this.#tokens.values()], lists: [...this.#lists.values()], meta: [...this.#values.values()] };
  }
}

/** Reads something once; what failed is tried again the next time. */
function once<T>(reads: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const begun = reads.get(key);
  if (begun !== undefined) return begun;
  const reading = read();
  reads.set(key, reading);
  reading.catch(() => reads.delete(key));
  return reading;
}

/** The claims of a stored token. */
export function decodeAt(path: StorePath, token: string, { engine }: Pick<Context, "engine">): EntityClaims {
  try {
    return decode(token, { kind: kindAt(path), engine });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NscError("ERR_STORE_DAMAGED", `the token of the ${titleOf(path)} can't be read: ${why}`, { cause });
  }
}
