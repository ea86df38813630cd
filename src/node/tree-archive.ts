import { isBytes } from "../encoding/bytes.ts";
import { isNscError, NscError } from "../errors.ts";
import { MANAGED } from "../store/meta-names.ts";
import type { Store, StoreCommit, StoredToken, StoreMetaChange, StorePath } from "../store/store.ts";
import { subjectOf } from "../store/subject-of.ts";
import { type AgeKey, type AgeLock, decryptAge, encryptAge } from "./age.ts";
import { assertBoolean, assertOptions, assertStore, invalid } from "./assert-arguments.ts";
import { describePath } from "./describe-path.ts";
import { storedTokens } from "./stored-tokens.ts";
import { publicKeyOf } from "./tree.ts";
import { assertToken, formatTree, parseTree } from "./tree-file.ts";

/** Options of {@link exportTree}: either a passphrase or recipients. */
export interface ExportTreeOptions {
  /** What opens the file. Whoever has the file can try passphrases for as long as they like: four random words or more. */
  readonly passphrase?: string;
  /** The public keys (`age1…`) of those who can open the file. */
  readonly recipients?: readonly string[];
  /** Whether the file is text, a third larger; false by default. */
  readonly armor?: boolean;
  /** What trying a passphrase costs, as a power of two, from 10 to 20; 18 by default, about a second. */
  readonly workFactor?: number;
}

/** Options of {@link importTree}: either the passphrase or identities. */
export interface ImportTreeOptions {
  /** The passphrase that the file was made with. */
  readonly passphrase?: string;
  /** Private keys (`AGE-SECRET-KEY-1…`), of which one opens the file. */
  readonly identities?: readonly string[];
  /** Whether what is in the store under the same names is replaced, also if it is damaged; false by default. Nothing else is removed. */
  readonly overwrite?: boolean;
}

/** What came of a file with a tree. */
export interface ImportedTree {
  /** Where tokens were written. */
  readonly written: readonly StorePath[];
  /** Where the store had the tokens already. */
  readonly unchanged: readonly StorePath[];
  /** The public keys of the seeds that were added. */
  readonly keys: readonly string[];
}

const WORK_FACTOR = 18;

/**
 * All of a store in one encrypted file: every token, every seed, and what operators keep beside their tokens. The file is
 * in the format of age (https://age-encryption.org), so that `age --decrypt` opens it, too; what is in it is JSON. It
 * needs the package `age-encryption`, which is an optional peer. With a passphrase the process is busy for the time that
 * the work factor takes.
 *
 * Not in it are the files of nsc that are derived or not of an operator: creds, `nsc.json`, and members of `.nsc` that we
 * don't know. Commits that are made meanwhile may be in it in part.
 *
 * @param store - any store
 * @param options - who can open the file
 * @returns the content of the file
 * @throws NscError `ERR_ARGUMENT_INVALID`; `ERR_DEPENDENCY_MISSING` without the package; `ERR_STORE_DAMAGED` for a token or
 * seed that can't be read, since what is not whole is no backup; the codes of the store
 *
 * @example
 * ```ts
 * import { memoryStore, Nsc } from "nsc.js";
 * import { exportTree, importTree } from "nsc.js/node";
 *
 * const store = memoryStore();
 * await (await new Nsc({ store }).addOperator("local")).addAccount("APP");
 * const file = await exportTree(store, { passphrase: "correct horse battery staple", workFactor: 10 });
 *
 * const restored = memoryStore();
 * const { written } = await importTree(restored, file, { passphrase: "correct horse battery staple" });
 * written.length; // 2
 * ```
 */
export async function exportTree(store: Store, options: ExportTreeOptions): Promise<Uint8Array> {
  assertStore(store);
  assertOptions(options, ["passphrase", "recipients", "armor", "workFactor"]);
  const { armor = false, workFactor = WORK_FACTOR } = options;
  assertBoolean(armor, "armor");
  if (!Number.isInteger(workFactor) || workFactor < 10 || workFactor > 20) {
    throw invalid("workFactor must be a whole number from 10 to 20");
  }
  const lock = lockOf(options, workFactor);
  const tokens: StoredToken[] = [];
  const meta: StoreMetaChange[] = [];
  for await (const stored of storedTokens(store, [])) {
    const { path, token } = stored;
    assertToken(path, token, "ERR_STORE_DAMAGED");
    tokens.push(stored);
    if (path.length > 1) continue;
    for (const [name, value] of await store.readMeta(path[0])) meta.push({ operator: path[0], name, value });
  }
  const seeds: string[] = [];
  for await (const publicKey of store.listKeys()) {
    const seed = await store.getKey(publicKey);
    if (seed !== undefined) seeds.push(seed);
  }
  return await encryptAge(new TextEncoder().encode(formatTree({ tokens, meta, seeds })), lock, armor);
}

/**
 * Puts what {@link exportTree} has written into a store, in one commit. What the store has under other names stays, and
 * what it has under the same names and is different is an error, unless `overwrite` says that it is to be replaced.
 * Armored files are known by themselves.
 *
 * @param store - any store, empty or not
 * @param file - the content of the file
 * @param options - what opens it, and whether it wins
 * @returns what was done
 * @throws NscError `ERR_ARCHIVE_KEY` for a wrong passphrase or identities that are not those of a recipient;
 * `ERR_ARCHIVE_FORMAT` for a file that was changed, is cut off, of an unknown version, or holds something else;
 * `ERR_ENTITY_EXISTS` for what is there and different, and, also with `overwrite`, for what is there under another name; `ERR_DEPENDENCY_MISSING`, `ERR_ARGUMENT_INVALID`, and the codes of
 * `commit`
 *
 * @example
 * ```ts
 * import { isNscError, memoryStore, Nsc } from "nsc.js";
 * import { exportTree, importTree } from "nsc.js/node";
 *
 * const store = memoryStore();
 * await new Nsc({ store }).addOperator("local");
 * const file = await exportTree(store, { passphrase: "correct horse battery staple", workFactor: 10 });
 *
 * const refused = await importTree(memoryStore(), file, { passphrase: "a guess" }).catch((error: unknown) => error);
 * isNscError(refused, "ERR_ARCHIVE_KEY"); // true
 * ```
 */
export async function importTree(store: Store, file: Uint8Array, options: ImportTreeOptions): Promise<ImportedTree> {
  assertStore(store);
  if (!isBytes(file)) throw invalid("the file must be bytes");
  assertOptions(options, ["passphrase", "identities", "overwrite"]);
  const { overwrite = false } = options;
  assertBoolean(overwrite, "overwrite");
  const content = parseTree(new TextDecoder().decode(await decryptAge(file, keyOf(options))));

  const written: StoredToken[] = [];
  const unchanged: StorePath[] = [];
  const expected: { path: StorePath; token: string | undefined }[] = [];
  for (const { path, token } of content.tokens) {
    const before = await readOr(store, path, overwrite);
    // Nobody can say of what is damaged that it is still so.
    if (before !== DAMAGED) expected.push({ path, token: before });
    if (before === token) {
      unchanged.push(path);
      continue;
    }
    if (before !== undefined && !overwrite) throw different(describePath(path));
    await assertNowhereElse(store, path, token);
    written.push({ path, token });
  }
  const present = new Set(expected.filter(({ path, token }) => path.length === 1 && token !== undefined).map(nameOf));
  const meta = await metaChanges(store, content.meta, present, overwrite);
  const seeds = new Map<string, string>();
  for (const seed of content.seeds) {
    const publicKey = publicKeyOf(seed) as string;
    if ((await store.getKey(publicKey)) === undefined) seeds.set(publicKey, seed);
  }
  const commit: StoreCommit = { tokens: written, keys: [...seeds.values()], meta: meta.changes };
  await store.commit({ ...commit, expected: { tokens: expected, meta: meta.expected } });
  return { written: written.map(({ path }) => path), unchanged, keys: [...seeds.keys()].sort() };
}

const DAMAGED = Symbol("damaged");

/** What is there; who overwrites it may have come for the very reason that it is damaged. */
async function readOr(store: Store, path: StorePath, overwrite: boolean): Promise<string | undefined | typeof DAMAGED> {
  try {
    return await store.read(path);
  } catch (error) {
    if (overwrite && isNscError(error, "ERR_STORE_DAMAGED")) return DAMAGED;
    throw error;
  }
}

/** One subject in two places is none that could be found. */
async function assertNowhereElse(store: Store, path: StorePath, token: string): Promise<void> {
  const subject = subjectOf(token) ?? "";
  const other = (await store.find(subject)).find((place) => describePath(place) !== describePath(path));
  if (other !== undefined) {
    throw exists(
      `${subject} is ${describePath(other)} in the store, and ${describePath(path)} in the file; rename it or import into another store`,
    );
  }
}

function nameOf({ path: [operator] }: { readonly path: StorePath }): string {
  return operator;
}

async function metaChanges(
  store: Store,
  meta: readonly StoreMetaChange[],
  present: ReadonlySet<string>,
  overwrite: boolean,
): Promise<{ readonly changes: StoreMetaChange[]; readonly expected: StoreMetaChange[] }> {
  const changes: StoreMetaChange[] = [];
  const expected: StoreMetaChange[] = [];
  for (const change of meta) {
    const { operator, name, value } = change;
    const before = (await store.readMeta(operator)).get(name);
    expected.push({ operator, name, value: before });
    if (before === value) continue;
    const says = before !== undefined || (name === MANAGED && present.has(operator));
    if (says && !overwrite) {
      throw different(`${JSON.stringify(name)} of the operator ${JSON.stringify(operator)}`);
    }
    changes.push(change);
  }
  return { changes, expected };
}

function lockOf({ passphrase, recipients }: ExportTreeOptions, workFactor: number): AgeLock {
  assertOneOf(passphrase, recipients, "recipients");
  return passphrase === undefined ? { recipients: [...(recipients ?? [])] } : { passphrase, workFactor };
}

function keyOf({ passphrase, identities }: ImportTreeOptions): AgeKey {
  assertOneOf(passphrase, identities, "identities");
  return passphrase === undefined ? { identities: [...(identities ?? [])] } : { passphrase };
}

function assertOneOf(passphrase: unknown, keys: unknown, title: string): void {
  if ((passphrase === undefined) === (keys === undefined)) throw invalid(`either a passphrase or ${title} are needed`);
  if (passphrase !== undefined && (typeof passphrase !== "string" || passphrase === "")) {
    throw invalid("the passphrase must be a text that is not empty");
  }
  if (keys === undefined) return;
  if (!Array.isArray(keys) || keys.length === 0 || keys.some((key) => typeof key !== "string")) {
    throw invalid(`${title} must be a list of texts, at least one`);
  }
}

function exists(problem: string): NscError {
  return new NscError("ERR_ENTITY_EXISTS", problem);
}

function different(what: string): NscError {
  return exists(`${what} is there already and is different; pass { overwrite: true } or import into another store`);
}
