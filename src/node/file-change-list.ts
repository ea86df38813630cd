import type { FileChanges, FileWrite } from "./file-changes.ts";
import { damaged } from "./io-error.ts";
import { type Place, parentPath, type RootName } from "./layout.ts";
import { linked, type RootFolder } from "./root-folder.ts";

type Kind = Awaited<ReturnType<RootFolder["kindOf"]>>;

/** Collects what a commit changes on disk, leaves out what is so already, and refuses to leave the roots through links. */
export class FileChangeList {
  readonly #roots: Readonly<Record<RootName, RootFolder>>;
  readonly #writes = new Map<string, FileWrite>();
  readonly #deletes = new Map<string, Place>();
  readonly #missing = new Map<string, Place>();
  readonly #needed = new Set<string>();
  readonly #emptied = new Map<string, Place>();
  readonly #folders = new Map<string, Promise<Kind>>();

  constructor(roots: Readonly<Record<RootName, RootFolder>>) {
    this.#roots = roots;
  }

  /** Writes a file, also where its deletion was asked for. */
  async write(write: FileWrite): Promise<void> {
    const key = keyOf(write);
    await this.addFolder({ root: write.root, path: parentPath(write.path) });
    const isThere = await this.#isFile(write);
    this.#deletes.delete(key);
    if (isThere && (await this.#roots[write.root].read(write.path)) === write.text) return;
    this.#writes.set(key, write);
  }

  /** Removes a file, unless it is being written; false if there is none. */
  async delete(place: Place): Promise<boolean> {
    const folder = await this.#folder({ root: place.root, path: parentPath(place.path) });
    if (folder === undefined || !(await this.#isFile(place))) return false;
    if (!this.#writes.has(keyOf(place))) this.#deletes.set(keyOf(place), place);
    return true;
  }

  /** Makes a folder and those that it is in. */
  async addFolder(place: Place): Promise<void> {
    const key = keyOf(place);
    if (place.path === "" || this.#needed.has(key)) return;
    this.#needed.add(key);
    const above = { ...place, path: parentPath(place.path) };
    await this.addFolder(above);
    if ((await this.#folder(place)) === undefined) this.#missing.set(key, place);
  }

  /** Removes a folder if nothing will be left in it. */
  addEmptied(place: Place): void {
    this.#emptied.set(keyOf(place), place);
  }

  all(): FileChanges {
    const emptied = [...this.#emptied].filter(([key]) => !this.#needed.has(key)).map(([, place]) => place);
    return {
      // Those above have shorter paths.
      folders: [...this.#missing.values()].sort((a, b) => a.path.length - b.path.length),
      writes: [...this.#writes.values()],
      deletes: [...this.#deletes.values()],
      emptied,
    };
  }

  async #isFile({ root, path }: Place): Promise<boolean> {
    const kind = await this.#roots[root].kindOf(path);
    if (kind !== undefined && kind !== "file") throw damaged(this.#roots[root].at(path), "is no file");
    return kind === "file";
  }

  /** What is there, where a folder should be. Each is looked at once, from the root on, so that none is behind a link. */
  #folder(place: Place): Promise<Kind> {
    const key = keyOf(place);
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    const kind = this.#lookAt(place);
    this.#folders.set(key, kind);
    return kind;
  }

  async #lookAt({ root, path }: Place): Promise<Kind> {
    if (path === "") return "folder";
    if ((await this.#folder({ root, path: parentPath(path) })) === undefined) return undefined;
    const kind = await this.#roots[root].kindOf(path);
    if (kind === "other") throw linked(this.#roots[root].at(path));
    return kind;
  }
}

function keyOf({ root, path }: Place): string {
  return `${root}/${path}`;
}
