import { relative, sep } from "node:path";
import type { CheckedCommit } from "../store/commit.ts";
import { pathKey, prefixOf } from "../store/paths.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import { accountFolder, GIT_IGNORE, tokenPath } from "./layout.ts";
import { assertNewName, foldName, refusedName } from "./names.ts";
import type { Roots } from "./roots.ts";
import type { NscTree } from "./tree.ts";

/** The names of a commit that are not on disk yet. */
export class NewNames {
  readonly #commit: CheckedCommit;
  readonly #tree: NscTree;
  readonly #roots: Roots;

  constructor(commit: CheckedCommit, tree: NscTree, roots: Roots) {
    this.#commit = commit;
    this.#tree = tree;
    this.#roots = roots;
  }

  /** @throws NscError `ERR_STORE_NAME` */
  async assertAll(): Promise<void> {
    const byParent = new Map<string, StorePath[]>();
    for (const { path } of this.#commit.tokens) {
      const key = pathKey(prefixOf(path));
      const siblings = byParent.get(key);
      if (siblings === undefined) byParent.set(key, [path]);
      else siblings.push(path);
    }
    for (const paths of byParent.values()) await this.#assertSiblings(paths);
  }

  async #assertSiblings(paths: readonly StorePath[]): Promise<void> {
    const prefix = prefixOf(paths[0] as StorePath);
    const there = await this.#namesOnDisk(prefix);
    const gone = this.#goneFrom(prefix);
    const taken = new Map<string, string>();
    const leaving = new Set<string>();
    for (const name of there) {
      if (gone.has(name)) leaving.add(foldName(name));
      else taken.set(foldName(name), name);
    }
    for (const path of paths) {
      const name = path.at(-1) as string;
      if (there.has(name) && (await this.#hasToken(path))) continue;
      assertNewName(name);
      if (path.length === 1) {
        this.#assertNoRoot(name);
        await this.#assertNobodyElses(name, there);
      }
      const folded = foldName(name);
      const twin = taken.get(folded);
      if (twin !== undefined && twin !== name) {
        throw refusedName(name, `some file systems take it for ${JSON.stringify(twin)}, which is there`);
      }
      taken.set(folded, name);
      if (leaving.has(folded) && !there.has(name)) await this.#assertNotThere(path);
    }
  }

  /** What is in the folder: also what is not nsc's is in the way. */
  async #namesOnDisk(prefix: StorePrefix): Promise<ReadonlySet<string>> {
    if (prefix.length === 2) return new Set(await this.#tree.candidates(prefix));
    const [operator] = prefix;
    const entries = await this.#tree.stores.entries(operator === undefined ? "" : `${operator}/accounts`);
    return new Set(entries.map(({ name }) => name));
  }

  #goneFrom(prefix: StorePrefix): ReadonlySet<string> {
    const key = pathKey(prefix);
    const gone = this.#commit.deletes.filter(
      ({ path }) => path.length === prefix.length + 1 && pathKey(prefixOf(path)) === key,
    );
    return new Set(gone.map(({ path }) => path.at(-1) as string));
  }

  async #hasToken(path: StorePath): Promise<boolean> {
    const file = await this.#tree.tokenFile(path);
    return file !== undefined && (await this.#tree.stores.kindOf(file)) !== undefined;
  }

  /** Where the file system itself takes two names for one, the old one must go in a commit before. */
  async #assertNotThere(path: StorePath): Promise<void> {
    const [operator, account, user] = path;
    let place: string = operator;
    if (account !== undefined) place = accountFolder(operator, account);
    if (account !== undefined && user !== undefined) place = tokenPath([operator, account, user]);
    if ((await this.#tree.stores.kindOf(place)) === undefined) return;
    throw refusedName(
      path.at(-1) as string,
      "this file system takes it for another that is there; delete that one first",
    );
  }

  /** Files are named after what nsc's descriptor says, which stays when a folder gets another name. */
  async #assertNobodyElses(name: string, folders: ReadonlySet<string>): Promise<void> {
    for (const folder of folders) {
      const descriptor = folder === name ? undefined : await this.#tree.descriptorOrNamed(folder);
      if (descriptor?.name !== name) continue;
      throw refusedName(name, `the operator in the folder ${JSON.stringify(folder)} bears it`);
    }
  }

  /** Where all is in one folder, nsc's own names are in it, too. */
  #assertNoRoot(name: string): void {
    const { storesDir, keystoreDir, configDir } = this.#roots;
    const own: string[] = [];
    if (storesDir === keystoreDir) own.push("keys", "creds", GIT_IGNORE);
    if (storesDir === configDir) own.push("nsc.json");
    for (const other of [keystoreDir, configDir]) {
      const [first] = relative(storesDir, other).split(sep);
      if (first && first !== "..") own.push(first);
    }
    const folded = foldName(name);
    const isTaken = own.some((each) => folded === foldName(each)) || folded.startsWith(".nscjs-");
    if (isTaken) throw refusedName(name, "the folder holds something else of that name");
  }
}
