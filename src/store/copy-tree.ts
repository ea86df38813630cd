import { NscError } from "../errors.ts";
import { MANAGED } from "./meta-names.ts";
import { pathBelow, pathKey } from "./paths.ts";
import type { Store, StoredToken, StoreMetaChange, StorePath, StorePrefix } from "./store.ts";

/** How far a copy is. */
export interface CopyProgress {
  /** The tokens that are in the other store by now. */
  readonly tokens: number;
  /** The keys. */
  readonly keys: number;
}

/** Options of {@link copyTree}. */
export interface CopyTreeOptions {
  /** Names of operators; all by default. */
  readonly operators?: readonly string[];
  /** Whether seeds are copied, too; true by default. With `operators`, all keys are copied all the same. */
  readonly keys?: boolean;
  /** Whether what the other store has otherwise is replaced; false by default, which is an error then. */
  readonly overwrite?: boolean;
  /** Called after each commit. */
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** What was copied. */
export interface CopyReport extends CopyProgress {
  /** The tokens and keys that the other store had already. */
  readonly unchanged: number;
}

/** Tokens and keys of one commit. More would gain little, and less is lost when it is cut off. */
const BATCH = 500;

/**
 * Copies everything from one store to another: tokens, seeds, and what is kept beside them. Nothing is removed there. It is
 * made in several commits, from the operators down and keys first, so that a copy that was cut off leaves a sound tree, and
 * can be made again: what is there already is passed over.
 *
 * @param from - the store to read
 * @param to - the store to write
 * @param options - which operators, and what is replaced
 * @throws NscError `ERR_ENTITY_EXISTS` when the other store has another token or key in a place, `ERR_STORE_NAME` when it can't
 * keep a name, and those of both stores
 *
 * @example
 * ```ts
 * import { copyTree, memoryStore, Nsc } from "nsc.js";
 *
 * const [from, to] = [memoryStore(), memoryStore()];
 * await (await new Nsc({ store: from }).addOperator("local")).addAccount("APP");
 * await copyTree(from, to);
 * const operator = await new Nsc({ store: to }).operator("local");
 * (await operator.account("APP")).name; // "APP"
 * ```
 */
export async function copyTree(from: Store, to: Store, options: CopyTreeOptions = {}): Promise<CopyReport> {
  assertOptions(options);
  const copy = new Copy(from, to, options);
  if (options.keys !== false) await copy.keys();
  await copy.below([], options.operators);
  return copy.report();
}

const OPTIONS: readonly string[] = ["operators", "keys", "overwrite", "onProgress"];

function assertOptions(options: CopyTreeOptions): void {
  const invalid = (why: string): NscError => new NscError("ERR_ARGUMENT_INVALID", why);
  if (typeof options !== "object" || options === null) throw invalid("the options must be an object");
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw invalid(`there is no option ${unknown}`);
  const { operators = [] } = options;
  if (!Array.isArray(operators) || !operators.every((name) => typeof name === "string")) {
    throw invalid("operators must be a list of names");
  }
  for (const name of ["keys", "overwrite"] as const) {
    // A text such as "no" would be taken for true.
    if (!["undefined", "boolean"].includes(typeof options[name])) throw invalid(`${name} must be true or false`);
  }
}

class Copy {
  readonly #from: Store;
  readonly #to: Store;
  readonly #options: CopyTreeOptions;
  #tokens: StoredToken[] = [];
  #seeds: string[] = [];
  #expected: { readonly path: StorePath; readonly token: string | undefined }[] = [];
  #copied = { tokens: 0, keys: 0, unchanged: 0 };

  constructor(from: Store, to: Store, options: CopyTreeOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  report(): CopyReport {
    return { ...this.#copied };
  }

  async keys(): Promise<void> {
    for await (const publicKey of this.#from.listKeys()) {
      const seed = await this.#from.getKey(publicKey);
      // A file may hold only the public key.
      if (seed === undefined) continue;
      const present = await this.#to.getKey(publicKey);
      if (present === seed) this.#copied.unchanged += 1;
      else this.#seeds.push(seed);
      if (this.#seeds.length >= BATCH) await this.#commit();
    }
    await this.#commit();
  }

  /** Copies what is below a prefix, each token before those below it. */
  async below(prefix: StorePrefix, names?: readonly string[]): Promise<void> {
    for await (const name of names ?? this.#from.list(prefix)) {
      const path = pathBelow(prefix, name);
      const token = await this.#from.read(path);
      if (token === undefined) {
        if (names === undefined) continue;
        throw new NscError("ERR_ENTITY_NOT_FOUND", `there is no operator ${JSON.stringify(name)}`);
      }
      const isThere = await this.#token(path, token);
      if (path.length === 1) await this.#meta(path[0], isThere);
      if (path.length < 3) await this.below(path as StorePrefix);
      if (this.#tokens.length >= BATCH) await this.#commit();
    }
    if (prefix.length === 0) await this.#commit();
  }

  /** Copies a token, and tells whether there was one. */
  async #token(path: StorePath, token: string): Promise<boolean> {
    const present = await this.#to.read(path);
    if (present === token) this.#copied.unchanged += 1;
    else if (present === undefined || this.#options.overwrite === true) {
      this.#tokens.push({ path, token });
      this.#expected.push({ path, token: present });
    } else throw new NscError("ERR_ENTITY_EXISTS", `the other store has another token at ${pathKey(path)}`);
    return present !== undefined;
  }

  async #meta(operator: string, isThere: boolean): Promise<void> {
    const [ours, theirs] = [await this.#from.readMeta(operator), await this.#to.readMeta(operator)];
    const meta: StoreMetaChange[] = [...ours]
      .filter(([name, value]) => theirs.get(name) !== value)
      .map(([name, value]) => ({ operator, name, value }));
    const other = meta.find(({ name }) => theirs.has(name) || (isThere && name === MANAGED));
    if (other !== undefined && this.#options.overwrite !== true) {
      throw new NscError("ERR_ENTITY_EXISTS", `the other store has another value of ${JSON.stringify(other.name)}`);
    }
    if (meta.length > 0)
      await this.#commit({ meta, expected: meta.map((change) => ({ ...change, value: theirs.get(change.name) })) });
  }

  async #commit(
    { meta, expected }: { readonly meta: readonly StoreMetaChange[]; readonly expected: readonly StoreMetaChange[] } = {
      meta: [],
      expected: [],
    },
  ): Promise<void> {
    const [tokens, keys] = [this.#tokens, this.#seeds];
    if (tokens.length + keys.length + meta.length === 0) return;
    await this.#to.commit({ tokens, keys, meta, expected: { tokens: this.#expected, meta: expected } });
    this.#copied.tokens += tokens.length;
    this.#copied.keys += keys.length;
    this.#tokens = [];
    this.#seeds = [];
    this.#expected = [];
    this.#options.onProgress?.({ tokens: this.#copied.tokens, keys: this.#copied.keys });
  }
}
