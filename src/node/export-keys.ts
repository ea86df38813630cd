import { resolve } from "node:path";
import { isNscError } from "../errors.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import { isKeyKind, type KeyKind } from "../nkeys/kinds.ts";
import { mapLimited } from "../store/for-each-limited.ts";
import type { Store, StoredToken } from "../store/store.ts";
import { subjectOf } from "../store/subject-of.ts";
import { assertBoolean, assertFolder, assertOptions, assertStore, invalid } from "./assert-arguments.ts";
import { makeFolder } from "./make-folder.ts";
import { createFile } from "./replace-file.ts";
import { RootFolder } from "./root-folder.ts";
import { namedKeys, operatorTokens, storedTokens } from "./stored-tokens.ts";
import { withoutLineEnds } from "./tree.ts";

/** Options of {@link exportKeys}. */
export interface ExportKeysOptions {
  /** The kinds of keys; all by default. Signing keys are of the kind of what they sign for: operator or account. */
  readonly kinds?: readonly KeyKind[];
  /** The name of an operator, whose keys and those below it are exported; by default all keys of the store are. */
  readonly operator?: string;
  /** Whether the tokens of which the keys are the subjects are exported, too, also those without a seed; false by default. */
  readonly tokens?: boolean;
}

/** What came of one file. */
export interface ExportedKeyFile {
  /** The absolute path. */
  readonly path: string;
  readonly publicKey: string;
  /**
   * `written`; `unchanged` where the file was there already; `refused` where another one is there, which stays; `missing`
   * where the store has no seed of a key; `failed` where what it has is damaged.
   */
  readonly outcome: "written" | "unchanged" | "refused" | "missing" | "failed";
  /** Why it was not written, for people. It holds no secret. */
  readonly message?: string;
}

/** One file that is to be written. */
interface KeyFile {
  readonly publicKey: string;
  readonly name: string;
  read(): Promise<string | undefined>;
}

/** What is done at a time. */
const BATCH = 256;

/**
 * Writes the seeds of a store into one folder, as files `{public key}.nk` that `importKeys`, `rebuildTree` and nsc read,
 * and the tokens as `{public key}.jwt` if they are asked for. Files of other content are not replaced. Whatever goes
 * wrong with one key stops none of the others. nsc: `export keys`.
 *
 * @param store - any store
 * @param folder - where to, made if need be; the files, and the folder if it is made, are for their owner alone
 * @param options - which keys
 * @returns one entry for each file, in the order of the keys
 * @throws NscError `ERR_ARGUMENT_INVALID`; `ERR_ENTITY_NOT_FOUND` for an operator that there is not; `ERR_STORE_DAMAGED`
 * when tokens can't be read that have to be known; `ERR_STORE_IO` when the folder can't be written, and the codes of the
 * store
 *
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { extname, join } from "node:path";
 * import { memoryStore, Nsc } from "nsc.js";
 * import { exportKeys } from "nsc.js/node";
 *
 * const store = memoryStore();
 * await (await new Nsc({ store }).addOperator("local")).addAccount("APP");
 * const folder = join(await mkdtemp(join(tmpdir(), "nsc-")), "keys");
 * const files = await exportKeys(store, folder, { kinds: ["account"], tokens: true });
 * files.map(({ path }) => extname(path)).join(); // ".nk,.jwt"
 * ```
 */
export async function exportKeys(
  store: Store,
  folder: string,
  options: ExportKeysOptions = {},
): Promise<readonly ExportedKeyFile[]> {
  assertStore(store);
  assertFolder(folder, "the folder");
  assertOptions(options, ["kinds", "operator", "tokens"]);
  const { kinds, operator, tokens = false } = options;
  assertBoolean(tokens, "tokens");
  if (kinds !== undefined && !(Array.isArray(kinds) && kinds.every(isKeyKind))) {
    throw invalid("kinds must be a list of kinds of keys, such as operator, account and user");
  }
  if (operator !== undefined && (typeof operator !== "string" || operator === "")) {
    throw invalid("the operator must be the name of one");
  }
  const isWanted = (publicKey: string): boolean =>
    kinds === undefined || kinds.includes(keyPrefix(publicKey) as KeyKind);
  const target = new RootFolder(resolve(folder));
  await makeFolder(target.path);
  const entries: ExportedKeyFile[] = [];
  let batch: KeyFile[] = [];
  const flush = async (): Promise<void> => {
    entries.push(...(await mapLimited(batch, (file) => exported(target, file))));
    batch = [];
  };
  for await (const file of filesOf(store, operator, tokens)) {
    if (!isWanted(file.publicKey)) continue;
    batch.push(file);
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  return entries.sort((a, b) => compare(a.publicKey, b.publicKey));
}

async function* filesOf(
  store: Store,
  operator: string | undefined,
  tokens: boolean,
): AsyncGenerator<KeyFile, undefined> {
  const all = (): AsyncIterable<StoredToken> =>
    operator === undefined ? storedTokens(store, []) : operatorTokens(store, operator);
  const keys = operator === undefined ? store.listKeys() : await namedKeys(all());
  for await (const publicKey of keys) {
    yield { publicKey, name: `${publicKey}.nk`, read: () => store.getKey(publicKey) };
  }
  if (!tokens) return undefined;
  for await (const { token } of all()) {
    const publicKey = subjectOf(token);
    if (publicKey === undefined || !isKeyKind(keyPrefix(publicKey))) continue;
    yield { publicKey, name: `${publicKey}.jwt`, read: async () => token };
  }
}

async function exported(target: RootFolder, { publicKey, name, read }: KeyFile): Promise<ExportedKeyFile> {
  const path = target.at(name);
  let text: string | undefined;
  try {
    text = await read();
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
    return { path, publicKey, outcome: "failed", message: error.message };
  }
  if (text === undefined) {
    return { path, publicKey, outcome: "missing", message: `the store has no seed of ${publicKey}` };
  }
  const isFree = (await target.kindOf(name)) === undefined;
  if (isFree && (await createFile(path, text))) return { path, publicKey, outcome: "written" };
  const message = `${path} is there already and is different; move it away first`;
  try {
    const isSame = withoutLineEnds((await target.read(name)) ?? "") === text;
    return isSame ? { path, publicKey, outcome: "unchanged" } : { path, publicKey, outcome: "refused", message };
  } catch (error) {
    if (!isNscError(error)) throw error;
    return { path, publicKey, outcome: "refused", message };
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
