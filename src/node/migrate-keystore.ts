import { randomBytes } from "node:crypto";
import { mkdir, readdir, readlink, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { trimGoSpace } from "../encoding/go-text.ts";
import { isNscError, NscError } from "../errors.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import { ioError, saysMissing } from "./io-error.ts";
import { GIT_IGNORE, GIT_IGNORE_TEXT, keyPath, parentPath } from "./layout.ts";
import { RootFolder } from "./root-folder.ts";
import type { Environment, Roots } from "./roots.ts";
import { publicKeyOf, withoutLineEnds } from "./tree.ts";
import { writeNewFile } from "./write-new-file.ts";

/** What came of one file of an old keystore. */
export interface KeystoreMigrationEntry {
  /** Where it was, from the keystore's folder on. */
  readonly path: string;
  /**
   * `moved`: it is where nsc looks for it now. `kept`: it is where it was. `left`: it could not be moved, and is only in
   * the old folder.
   */
  readonly outcome: "moved" | "kept" | "left";
  /** Where it is now, from the keystore's folder on. */
  readonly to?: string;
  /** Why it was left, for people. It holds no secret. */
  readonly message?: string;
}

/** What came of an old keystore. */
export interface KeystoreMigration {
  /** Where the old keystore is now; nothing if there was nothing to do. Remove it when all is well. */
  readonly oldDir: string | undefined;
  /** Every file of the old keystore, in the order of their paths; none if there was nothing to do. */
  readonly entries: readonly KeystoreMigrationEntry[];
}

/** A file that will be in the new keystore. */
interface Copy {
  readonly text: string;
  readonly from: string;
}

/** Deeper than anybody puts keys. */
const DEEPEST = 16;

/** Replaces a keystore by a copy in the layout of today. The caller has the lock. */
export class MigratingKeystore {
  readonly #roots: Roots;
  readonly #env: Environment;
  #old: RootFolder;
  readonly #copies = new Map<string, Copy>();
  readonly #entries: KeystoreMigrationEntry[] = [];

  constructor(keystore: RootFolder, roots: Roots, env: Environment) {
    this.#old = keystore;
    this.#roots = roots;
    this.#env = env;
  }

  async run(): Promise<KeystoreMigration> {
    await finishMigration(this.#old.path);
    const real = await this.#old.real();
    if (real === undefined) return { oldDir: undefined, entries: [] };
    this.#old = new RootFolder(real);
    const files = await this.#filesBelow("", DEEPEST);
    if (!files.some(isOld)) return { oldDir: undefined, entries: [] };
    await this.#assertAlone(real);
    // What is in its place already goes before what is moved there.
    for (const path of [...files.filter(isCurrent), ...files.filter((each) => !isCurrent(each))])
      await this.#take(path);
    const oldDir = await this.#swap(real);
    await this.#leaveLate(oldDir, new Set(files));
    const entries = this.#entries.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { oldDir, entries };
  }

  /** The folder takes everything with it, so it must hold nothing else. */
  async #assertAlone(real: string): Promise<void> {
    const { storesDir, keystoreDir, configDir } = this.#roots;
    for (const other of [storesDir, configDir]) {
      const path = relative(real, await realpath(other).catch(() => other));
      if (isAbsolute(path) || path.split(sep)[0] === "..") continue;
      throw new NscError(
        "ERR_ARGUMENT_INVALID",
        `${keystoreDir} holds ${other}, too, so it can't be replaced; import its keys with importKeys instead`,
      );
    }
  }

  async #take(path: string): Promise<void> {
    try {
      const text = await this.#old.read(path);
      if (text === undefined) return this.#leave(path, "is not there any more");
      // Written again it would be something else.
      if (text.includes("\ufffd")) return this.#leave(path, "is no text, as keys and creds are");
      if (isCurrent(path)) {
        this.#copies.set(path, { text, from: path });
        this.#entries.push({ path, outcome: "kept" });
      } else if (path.endsWith(".nk")) this.#takeKey(path, text);
      else if (path.endsWith(".creds")) this.#takeCreds(path, text);
      else this.#leave(path, "is neither a key nor creds");
    } catch (error) {
      if (!isNscError(error)) throw error;
      this.#leave(path, `can't be read: ${error.message}`);
    }
  }

  #takeKey(path: string, text: string): void {
    const seed = trimGoSpace(withoutLineEnds(text));
    const publicKey = publicKeyOf(seed);
    if (publicKey === undefined) this.#leave(path, "holds no seed");
    else this.#add(path, keyPath(publicKey), seed);
  }

  #takeCreds(path: string, text: string): void {
    const [operator, accounts, account, users, file, ...more] = path.split("/");
    if (accounts !== "accounts" || users !== "users" || file === undefined || more.length > 0) {
      this.#leave(path, "is not in {operator}/accounts/{account}/users, so nobody knows whose creds it holds");
      return;
    }
    this.#add(path, `creds/${operator}/${account}/${file}`, text);
  }

  #add(path: string, to: string, text: string): void {
    const other = this.#copies.get(to);
    if (other !== undefined && trimGoSpace(other.text) !== trimGoSpace(text)) {
      this.#leave(path, `differs from ${other.from}, which is ${to} now`);
      return;
    }
    if (other === undefined) this.#copies.set(to, { text, from: path });
    this.#entries.push({ path, outcome: "moved", to });
  }

  #leave(path: string, message: string): void {
    this.#entries.push({ path, outcome: "left", message });
  }

  /** Makes the new folder beside the old one, and lets them change places. */
  async #swap(real: string): Promise<string> {
    const id = randomBytes(8).toString("hex");
    const [made, oldDir] = [`${real}${NEW}${id}`, `${real}_${id}`];
    try {
      await this.#make(`${made}.part`);
      await rename(`${made}.part`, made);
    } catch (cause) {
      await rm(`${made}.part`, { recursive: true, force: true }).catch(() => undefined);
      throw ioError(`making ${made}`, cause);
    }
    try {
      await rename(real, oldDir);
    } catch (cause) {
      await rm(made, { recursive: true, force: true }).catch(() => undefined);
      throw ioError(`renaming ${real}`, cause);
    }
    try {
      await rename(made, real);
    } catch (cause) {
      // Somebody may have made another one there.
      const isBack = await rename(oldDir, real).then(
        () => true,
        () => false,
      );
      if (isBack) await rm(made, { recursive: true, force: true }).catch(() => undefined);
      throw ioError(isBack ? `renaming ${made}` : `the keystore is ${oldDir} now: renaming ${made} to ${real}`, cause);
    }
    return oldDir;
  }

  async #make(folder: string): Promise<void> {
    const hasIgnore = (await this.#old.kindOf(GIT_IGNORE)) !== undefined;
    if (!hasIgnore && this.#env["NSC_NO_GIT_IGNORE"] === undefined) {
      this.#copies.set(GIT_IGNORE, { text: GIT_IGNORE_TEXT, from: GIT_IGNORE });
    }
    const folders = new Set(["keys", "creds"].concat([...this.#copies.keys()].map(parentPath)));
    for (const path of folders) await mkdir(join(folder, path), { recursive: true, mode: 0o700 });
    await forEachLimited(this.#copies, async ([path, { text }]) => {
      await writeNewFile(join(folder, path), text);
    });
  }

  /** The lock is that of the stores, and others may use the same keystore with other stores. */
  async #leaveLate(oldDir: string, known: ReadonlySet<string>): Promise<void> {
    this.#old = new RootFolder(oldDir);
    for (const path of await this.#filesBelow("", DEEPEST)) {
      if (!known.has(path)) this.#leave(path, "was written while the others were moved");
    }
  }

  /** The paths of all files and of what is neither a file nor a folder. */
  async #filesBelow(path: string, depth: number): Promise<string[]> {
    const files: string[] = [];
    for (const entry of await this.#old.entries(path)) {
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (!entry.isDirectory()) files.push(below);
      else if (depth > 0) files.push(...(await this.#filesBelow(below, depth - 1)));
      else throw new NscError("ERR_STORE_DAMAGED", `${this.#old.at(below)} is deeper than any keystore of nsc`);
    }
    return files;
  }
}

const NEW = ".nscjs-new-";

/**
 * Between two renames a process may have ended: the new folder is complete then, and there is none in its place. The
 * caller has the lock.
 */
export async function finishMigration(path: string): Promise<void> {
  try {
    await realpath(path);
    return;
  } catch (cause) {
    if (!saysMissing(cause)) throw ioError(`looking at ${path}`, cause);
  }
  // The new folder is beside the old one, and so where a link leads to.
  const target = await readlink(path).catch(() => "");
  const real = resolve(dirname(path), target || path);
  const names = await readdir(dirname(real)).catch(() => []);
  const made = names.filter((name) => name.startsWith(`${basename(real)}${NEW}`) && !name.endsWith(".part"));
  const [only] = made;
  if (only === undefined || made.length > 1) return;
  try {
    await rename(join(dirname(real), only), real);
  } catch (cause) {
    throw ioError(`renaming ${only}`, cause);
  }
}

function isCurrent(path: string): boolean {
  return path.startsWith("keys/") || path.startsWith("creds/") || path === GIT_IGNORE;
}

/** Go: what nsc takes for a sign of an old keystore. */
function isOld(path: string): boolean {
  return !isCurrent(path) && /\.(?:nk|creds)$/.test(path);
}
