import { parseDecoratedSeed } from "../creds/creds.ts";
import { credsText } from "../creds/decorated.ts";
import { isNscError, NscError } from "../errors.ts";
import type { CheckedCommit, CheckedKey, CheckedToken } from "../store/commit.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import { MANAGED } from "../store/meta-names.ts";
import { pathKey } from "../store/paths.ts";
import type { StoreDelete, StorePath } from "../store/store.ts";
import { subjectOf } from "../store/subject-of.ts";
import { type Descriptor, formatDescriptor, formatMeta } from "./descriptor.ts";
import { FileChangeList } from "./file-change-list.ts";
import type { FileChanges } from "./file-changes.ts";
import { damaged } from "./io-error.ts";
import {
  accountFolder,
  credsPath,
  DESCRIPTOR,
  GIT_IGNORE,
  GIT_IGNORE_TEXT,
  jwtName,
  keyPath,
  META,
  type Place,
  parentPath,
  usersFolder,
} from "./layout.ts";
import { NewNames } from "./new-names.ts";
import type { Environment, Roots } from "./roots.ts";
import { type NscTree, publicKeyOf, withoutLineEnds } from "./tree.ts";

type UserPath = readonly [operator: string, account: string, user: string];

/**
 * What a commit changes on disk: its tokens, its keys, and what nsc derives from them.
 *
 * @throws NscError `ERR_STORE_NAME`, `ERR_STORE_DAMAGED`, `ERR_STORE_IO`, `ERR_ARGUMENT_INVALID`
 */
export async function planCommit(
  commit: CheckedCommit,
  tree: NscTree,
  roots: Roots,
  env: Environment,
): Promise<FileChanges> {
  return await new CommitPlan(commit, tree, roots, env).make();
}

class CommitPlan {
  readonly #commit: CheckedCommit;
  readonly #tree: NscTree;
  readonly #roots: Roots;
  readonly #env: Environment;
  readonly #changes: FileChangeList;
  readonly #descriptors = new Map<string, Promise<Pick<Descriptor, "name"> | undefined>>();
  readonly #newKeys: ReadonlyMap<string, string>;
  readonly #deletedKeys: ReadonlySet<string>;
  readonly #gone: ReadonlySet<string>;

  constructor(commit: CheckedCommit, tree: NscTree, roots: Roots, env: Environment) {
    this.#commit = commit;
    this.#tree = tree;
    this.#roots = roots;
    this.#env = env;
    this.#changes = new FileChangeList({ stores: tree.stores, keystore: tree.keystore });
    this.#newKeys = new Map(commit.keys.map(({ publicKey, seed }) => [publicKey, seed]));
    this.#deletedKeys = new Set(commit.deletedKeys);
    this.#gone = new Set(commit.deletes.map(({ path }) => pathKey(path)));
  }

  async make(): Promise<FileChanges> {
    const { tokens, deletes, keys, deletedKeys } = this.#commit;
    await new NewNames(this.#commit, this.#tree, this.#roots).assertAll();
    for (const { path } of tokens) if (path.length === 1) await this.#describe(path[0]);
    await this.#changeMeta();
    await forEachLimited(tokens, (token) => this.#writeToken(token));
    await forEachLimited(keys, (key) => this.#writeKey(key));
    if (keys.length > 0) await this.#prepareKeystore();
    await forEachLimited(deletedKeys, (publicKey) => this.#deleteKey(publicKey));
    // From the users up, so that folders are emptied from the bottom up.
    for (const length of [3, 2, 1]) {
      const level = deletes.filter(({ path }) => path.length === length);
      await forEachLimited(level, (each) => this.#delete(each));
    }
    await this.#writeCreds();
    return this.#changes.all();
  }

  /** Gives an operator its folder as nsc does. */
  async #describe(operator: string): Promise<void> {
    if ((await this.#descriptorOf(operator)) !== undefined) return;
    await this.#changes.addFolder({ root: "stores", path: `${operator}/accounts` });
    this.#descriptors.set(operator, Promise.resolve({ name: operator }));
    const managed = this.#changesOf(operator).get(MANAGED) !== undefined;
    await this.#writeText(`${operator}/${DESCRIPTOR}`, formatDescriptor({ name: operator, managed, others: {} }));
    // Nobody's, left behind by an operator that is gone.
    if (!this.#changesOf(operator).size) await this.#changes.delete({ root: "stores", path: `${operator}/${META}` });
  }

  /** What the commit changes beside the tokens of an operator; of several changes of one name the last counts. */
  #changesOf(operator: string): Map<string, string | undefined> {
    const own = this.#commit.meta.filter((change) => change.operator === operator);
    return new Map(own.map(({ name, value }) => [name, value]));
  }

  async #changeMeta(): Promise<void> {
    for (const operator of new Set(this.#commit.meta.map((change) => change.operator))) {
      if (this.#gone.has(pathKey([operator]))) continue;
      const changes = this.#changesOf(operator);
      if (![undefined, "true"].includes(changes.get(MANAGED))) {
        throw new NscError(
          "ERR_ARGUMENT_INVALID",
          'nsc knows of "managed" only that it is so: the value must be "true"',
        );
      }
      if ((await this.#descriptorOf(operator)) === undefined) continue;
      if (changes.has(MANAGED)) await this.#changeManaged(operator, changes.get(MANAGED) !== undefined);
      changes.delete(MANAGED);
      if (changes.size > 0) await this.#changeOtherMeta(operator, changes);
    }
  }

  async #changeManaged(operator: string, managed: boolean): Promise<void> {
    const descriptor = await this.#tree.descriptor(operator);
    // A new operator's is being written.
    if (descriptor === undefined || descriptor.managed === managed) return;
    await this.#writeText(`${operator}/${DESCRIPTOR}`, formatDescriptor({ ...descriptor, managed }));
  }

  async #changeOtherMeta(operator: string, changes: ReadonlyMap<string, string | undefined>): Promise<void> {
    const isNew = (await this.#tree.descriptorOrNamed(operator)) === undefined;
    const meta = isNew ? new Map<string, string>() : await this.#tree.otherMeta(operator);
    for (const [name, value] of changes) {
      if (value === undefined) meta.delete(name);
      else meta.set(name, value);
    }
    const place = { root: "stores", path: `${operator}/${META}` } as const;
    if (meta.size === 0) await this.#changes.delete(place);
    else await this.#writeText(place.path, formatMeta(meta));
  }

  async #writeToken({ path, token }: CheckedToken): Promise<void> {
    const file = await this.#tokenFile(path);
    if (file !== undefined) await this.#writeText(file, withoutLineEnds(token));
  }

  /** Like the tree's, and operators that are being made have one, too. */
  async #tokenFile(path: StorePath): Promise<string | undefined> {
    if (path.length > 1) return await this.#tree.tokenFile(path);
    const descriptor = await this.#descriptorOf(path[0]);
    return descriptor && `${path[0]}/${jwtName(descriptor.name)}`;
  }

  async #writeKey({ publicKey, seed }: CheckedKey): Promise<void> {
    // Over the seed of another key, which may be the only copy, nothing is written.
    if ((await this.#tree.getKey(publicKey)) === seed) return;
    await this.#changes.write({ root: "keystore", path: keyPath(publicKey), text: seed });
  }

  /** What nsc makes with the first key. */
  async #prepareKeystore(): Promise<void> {
    for (const path of ["keys", "creds"]) await this.#changes.addFolder({ root: "keystore", path });
    if (this.#env["NSC_NO_GIT_IGNORE"] !== undefined) return;
    if ((await this.#tree.keystore.kindOf(GIT_IGNORE)) !== undefined) return;
    await this.#changes.write({ root: "keystore", path: GIT_IGNORE, text: GIT_IGNORE_TEXT });
  }

  async #deleteKey(publicKey: string): Promise<void> {
    const place = { root: "keystore", path: keyPath(publicKey) } as const;
    // One that holds another key is reported instead.
    await this.#tree.getKey(publicKey);
    if (await this.#changes.delete(place)) this.#changes.addEmptied({ root: "keystore", path: parentPath(place.path) });
  }

  async #delete({ path, keepCreds = false }: StoreDelete): Promise<void> {
    const file = await this.#tokenFile(path);
    if (file === undefined) return;
    const [operator, account, user] = path;
    const hasToken = await this.#changes.delete({ root: "stores", path: file });
    // What has no token is nobody's for nsc, and not ours to remove. An operator may still wait for its token.
    if (!hasToken && path.length > 1) return;
    const owner = (await this.#descriptorOf(operator))?.name ?? operator;
    if (user !== undefined && account !== undefined) {
      const creds = { root: "keystore", path: credsPath(owner, account, user) } as const;
      if (!keepCreds) await this.#changes.delete(creds);
    } else if (account !== undefined) {
      for (const folder of [usersFolder(operator, account), accountFolder(operator, account)]) {
        this.#changes.addEmptied({ root: "stores", path: folder });
      }
      this.#changes.addEmptied({ root: "keystore", path: `creds/${owner}/${account}` });
    } else {
      for (const name of [DESCRIPTOR, META])
        await this.#changes.delete({ root: "stores", path: `${operator}/${name}` });
      for (const folder of [`${operator}/accounts`, operator])
        this.#changes.addEmptied({ root: "stores", path: folder });
      this.#changes.addEmptied({ root: "keystore", path: `creds/${owner}` });
    }
  }

  async #writeCreds(): Promise<void> {
    const users = this.#commit.tokens.filter(({ path, subject }) => path.length === 3 && subject.startsWith("U"));
    const left = await this.#leftCreds();
    await forEachLimited(users, async ({ path, token, subject, withoutCreds }) => {
      if (withoutCreds === true) return;
      const place = { root: "keystore", path: await this.#credsPath(path as UserPath) } as const;
      const seed = await this.#seedOf(subject);
      const text = seed === undefined ? left.get(subject) : credsText(token, seed);
      if (text === undefined) return await this.#deleteReplaced(place, subject);
      await this.#assertReplaceable(place, subject);
      await this.#writeTextAt(place, text);
    });
  }

  /** Creds that somebody else left may be the only place that has his seed. */
  async #assertReplaceable(place: Place, subject: string): Promise<void> {
    const owner = await this.#otherOwner(place, subject);
    if (owner === undefined || (await this.#isDispensable(owner))) return;
    const problem = `holds the only copy of the seed of ${owner}, and would be replaced; move it away first`;
    throw damaged(this.#tree.keystore.at(place.path), problem);
  }

  /** Removes creds of the key that a user had before. */
  async #deleteReplaced(place: Place, subject: string): Promise<void> {
    const owner = await this.#otherOwner(place, subject);
    if (owner !== undefined && (await this.#isDispensable(owner))) await this.#changes.delete(place);
  }

  /** The key whose creds are at a place, if it is another one than the user's. */
  async #otherOwner(place: Place, subject: string): Promise<string | undefined> {
    const creds = await this.#tree.keystore.read(place.path);
    const owner = creds === undefined ? undefined : ownerOf(creds);
    return owner === subject ? undefined : owner;
  }

  /** Whether the seed of a key is kept beside creds, or is meant to be gone after the commit. */
  async #isDispensable(publicKey: string): Promise<boolean> {
    return this.#deletedKeys.has(publicKey) || (await this.#seedOf(publicKey)) !== undefined;
  }

  /** The creds of users that are deleted, by subject: who moves takes them along. */
  async #leftCreds(): Promise<ReadonlyMap<string, string>> {
    const left = new Map<string, string>();
    const written = new Set(this.#commit.tokens.map(({ subject }) => subject));
    const users = this.#commit.deletes.filter(({ path, keepCreds }) => path.length === 3 && !keepCreds);
    await forEachLimited(users, async ({ path }) => {
      const file = await this.#tree.tokenFile(path);
      const token = file && (await this.#tree.stores.read(file));
      const subject = token && subjectOf(withoutLineEnds(token));
      if (!subject || !written.has(subject)) return;
      const creds = await this.#tree.keystore.read(await this.#credsPath(path as UserPath));
      if (creds !== undefined) left.set(subject, creds);
    });
    return left;
  }

  async #credsPath([operator, account, user]: UserPath): Promise<string> {
    return credsPath((await this.#descriptorOf(operator))?.name ?? operator, account, user);
  }

  /** The seed as the commit leaves it. A damaged file is no obstacle to a token. */
  async #seedOf(publicKey: string): Promise<string | undefined> {
    const added = this.#newKeys.get(publicKey);
    if (added !== undefined || this.#deletedKeys.has(publicKey)) return added;
    try {
      return await this.#tree.getKey(publicKey);
    } catch (error) {
      if (isNscError(error, "ERR_STORE_DAMAGED")) return undefined;
      throw error;
    }
  }

  #descriptorOf(operator: string): Promise<Pick<Descriptor, "name"> | undefined> {
    const known = this.#descriptors.get(operator);
    if (known !== undefined) return known;
    const read = this.#tree.descriptorOrNamed(operator);
    this.#descriptors.set(operator, read);
    return read;
  }

  #writeText(path: string, text: string): Promise<void> {
    return this.#writeTextAt({ root: "stores", path }, text);
  }

  async #writeTextAt(place: Place, text: string): Promise<void> {
    await this.#changes.write({ ...place, text });
  }
}

/** The public key of the seed in creds; nothing if there is none. */
function ownerOf(creds: string): string | undefined {
  try {
    return publicKeyOf(parseDecoratedSeed(creds));
  } catch {
    return undefined;
  }
}
