import { lstatSync, readFileSync, type Stats } from "node:fs";
import { isNscError } from "../errors.ts";
import { mapLimited } from "../store/for-each-limited.ts";
import { comparePaths, copyPath } from "../store/paths.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import { subjectOf } from "../store/subject-of.ts";
import { READ_PLAINLY } from "./file-reads.ts";
import { tokenPath, usersFolder } from "./layout.ts";
import { type NscTree, withoutLineEnds } from "./tree.ts";
import { Turns } from "./turns.ts";

/** The coarsest times of file systems. Whatever was changed less than that before it was read may have changed since. */
const COARSEST_TIME_MS = 2000;
/** How often files are looked at that were neither added nor replaced: only nsc writes into them. */
const REWRITE_CHECK_MS = 1000;
/** How long those who found something may miss a further place of it, which no tree in order has. */
const FURTHER_PLACES_MS = 1000;
/** How long the event loop is kept from other work at a time. */
const TURN_MS = 5;

/** What tells whether a file or folder has changed since. */
interface Stamp {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly seenAt: number;
}

interface IndexedFile {
  readonly path: StorePath;
  readonly stamp: Stamp;
  readonly subject: string | undefined;
  walk: number;
}

/**
 * Where each subject is. Made when it is first asked for; afterwards only what has changed is read again. What can't be
 * read is passed over.
 *
 * It works synchronously in short turns, which for ten thousand small files takes a tenth of the time.
 */
export class SubjectIndex {
  readonly #tree: NscTree;
  readonly #files = new Map<string, IndexedFile>();
  readonly #folders = new Map<string, { readonly stamp: Stamp; readonly names: readonly string[] }>();
  readonly #bySubject = new Map<string, Set<string>>();
  #walk = 0;
  #walkedAt = 0;
  #changedAt = 0;
  #filesCheckedAt = 0;
  #turns = new Turns(TURN_MS);
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(tree: NscTree) {
    this.#tree = tree;
  }

  async find(publicKey: string): Promise<readonly StorePath[]> {
    if (this.#walkedAt > this.#changedAt && Date.now() - this.#walkedAt < FURTHER_PLACES_MS) {
      const found = await this.#verified(publicKey);
      if (found.length > 0) return found;
    }
    await this.#refresh();
    return await this.#verified(publicKey);
  }

  /** Says that this store has changed something. */
  invalidate(): void {
    this.#changedAt = Date.now();
  }

  async #verified(publicKey: string): Promise<readonly StorePath[]> {
    const paths = [...(this.#bySubject.get(publicKey) ?? [])].map(
      (file) => (this.#files.get(file) as IndexedFile).path,
    );
    const kept = await mapLimited(paths, async (path) => {
      try {
        const token = await this.#tree.read(path);
        return token !== undefined && subjectOf(token) === publicKey;
      } catch (error) {
        if (isNscError(error)) return false;
        throw error;
      }
    });
    return paths
      .filter((_, index) => kept[index])
      .sort(comparePaths)
      .map(copyPath);
  }

  /** Walks once after now, together with all others who ask before it begins. */
  #refresh(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#walkTree();
    });
    this.#running = this.#next.catch(() => undefined);
    return this.#next;
  }

  async #walkTree(): Promise<void> {
    const walk = this.#walk + 1;
    const now = Date.now();
    const checkFiles = now - this.#filesCheckedAt >= REWRITE_CHECK_MS;
    this.#turns = new Turns(TURN_MS);
    for (const operator of await this.#namesIn("", [])) {
      const file = await this.#tree.tokenFile([operator]);
      if (file !== undefined) await this.#look(file, [operator], walk, true);
      for (const account of await this.#namesIn(`${operator}/accounts`, [operator])) {
        const path = [operator, account] as const;
        if (!(await this.#look(tokenPath(path), path, walk, true))) continue;
        const folder = usersFolder(operator, account);
        const before = this.#folders.get(folder);
        const names = await this.#namesIn(folder, path);
        const check = checkFiles || this.#folders.get(folder) !== before;
        for (const user of names) await this.#look(tokenPath([...path, user]), [...path, user], walk, check);
      }
    }
    for (const [file, { walk: last }] of this.#files) if (last !== walk) this.#forget(file);
    if (checkFiles) this.#filesCheckedAt = now;
    this.#walk = walk;
    this.#walkedAt = now;
  }

  /** What may have tokens below a prefix. */
  async #namesIn(folder: string, prefix: StorePrefix): Promise<readonly string[]> {
    const seenAt = Date.now();
    const stats = await this.#stat(folder);
    if (!stats?.isDirectory()) {
      this.#folders.delete(folder);
      return [];
    }
    const known = this.#folders.get(folder);
    if (known !== undefined && isUnchanged(known.stamp, stats)) return known.names;
    const names = await this.#tree.candidates(prefix).catch((error: unknown) => {
      if (isNscError(error)) return undefined;
      throw error;
    });
    if (names === undefined) this.#folders.delete(folder);
    else this.#folders.set(folder, { stamp: stampOf(stats, seenAt), names });
    return names ?? [];
  }

  /** Looks at a file, and reads it if need be; false if there is none. */
  async #look(file: string, path: StorePath, walk: number, check: boolean): Promise<boolean> {
    const known = this.#files.get(file);
    if (known !== undefined && !check) {
      known.walk = walk;
      return true;
    }
    const seenAt = Date.now();
    const stats = await this.#stat(file);
    if (!stats?.isFile()) return false;
    if (known !== undefined && isUnchanged(known.stamp, stats)) {
      known.walk = walk;
      return true;
    }
    this.#forget(file);
    const subject = this.#subjectIn(file);
    this.#files.set(file, { path, stamp: stampOf(stats, seenAt), subject, walk });
    if (subject === undefined) return true;
    const places = this.#bySubject.get(subject);
    if (places === undefined) this.#bySubject.set(subject, new Set([file]));
    else places.add(file);
    return true;
  }

  #forget(file: string): void {
    const subject = this.#files.get(file)?.subject;
    this.#files.delete(file);
    if (subject === undefined) return;
    const places = this.#bySubject.get(subject);
    if (places?.delete(file) && places.size === 0) this.#bySubject.delete(subject);
  }

  #subjectIn(file: string): string | undefined {
    try {
      const text = readFileSync(this.#tree.stores.at(file), {
        encoding: "utf8",
        flag: READ_PLAINLY as unknown as string,
      });
      return subjectOf(withoutLineEnds(text));
    } catch {
      return undefined;
    }
  }

  async #stat(path: string): Promise<Stats | undefined> {
    if (this.#turns.isOver) await this.#turns.next();
    try {
      return lstatSync(this.#tree.stores.at(path), { throwIfNoEntry: false });
    } catch {
      return undefined;
    }
  }
}

function stampOf({ ino, size, mtimeMs }: Stats, seenAt: number): Stamp {
  return { ino, size, mtimeMs, seenAt };
}

function isUnchanged({ ino, size, mtimeMs, seenAt }: Stamp, stats: Stats): boolean {
  const isSame = ino === stats.ino && size === stats.size && mtimeMs === stats.mtimeMs;
  return isSame && mtimeMs < seenAt - COARSEST_TIME_MS;
}
