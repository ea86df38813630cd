import { createHash, randomBytes } from "node:crypto";
import { lstat, mkdir, open, rename, rmdir, unlink } from "node:fs/promises";
import { NscError } from "../errors.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import type { FileChanges } from "./file-changes.ts";
import { damaged, hasSystemCode, ioError, tolerating } from "./io-error.ts";
import { INTENT, LOG, MARKER, markerPath, type Place, parentPath, type RootName } from "./layout.ts";
import { linked, type RootFolder } from "./root-folder.ts";
import { formatLog, type LoggedChanges, type LoggedWrite, parseLog } from "./transaction-log.ts";
import { writeNewFile } from "./write-new-file.ts";

const STORES: Place = { root: "stores", path: "" };

/** What may be wrong when a folder is removed that someone else removed, or put something into. */
const STILL_IN_USE = ["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"];

/**
 * Changes files all together or not at all, also if the process or the machine ends at any moment. What is about to be
 * done is written down first; then everything is made ready beside its place and flushed to the disk; then the note gets
 * another name, which decides it; then files are renamed and removed. Whoever finds a note undoes what was not decided
 * and finishes what was. The caller holds the lock, except for {@link FileTransactions.isUnfinished}.
 */
export class FileTransactions {
  readonly #roots: Readonly<Record<RootName, RootFolder>>;

  constructor(roots: Readonly<Record<RootName, RootFolder>>) {
    this.#roots = roots;
  }

  /** Whether something was decided that is not done. */
  async isUnfinished(): Promise<boolean> {
    return (await this.#roots.stores.kindOf(LOG)) !== undefined;
  }

  /** Finishes or undoes what others have left. */
  async recover(): Promise<void> {
    const { stores } = this.#roots;
    const log = await stores.read(LOG);
    if (log !== undefined) {
      const changes = parseLog(log);
      if (changes === undefined) {
        throw new NscError(
          "ERR_STORE_DAMAGED",
          `${stores.at(LOG)} is no log of an unfinished commit; restore the folder from a copy, or remove that file`,
        );
      }
      await this.#assertSameKeystore(changes);
      await this.#assertPlain(changes);
      await this.#apply(changes);
    }
    const intent = await stores.read(INTENT);
    if (intent === undefined) return;
    // What is cut off was not yet acted on.
    const changes = parseLog(intent);
    if (changes !== undefined) {
      await this.#assertSameKeystore(changes, false);
      await this.#assertPlain(changes);
      await this.#undo(changes);
    } else await this.#remove({ root: "stores", path: INTENT });
  }

  /**
   * Makes changes.
   *
   * @param confirm - looks right before it is decided whether what it was decided on is still so
   * @throws NscError `ERR_STORE_IO`; nothing is changed then, unless the message says that it will be
   */
  async make({ folders, writes, deletes, emptied }: FileChanges, confirm: () => Promise<void>): Promise<void> {
    const id = randomBytes(8).toString("hex");
    const beside = (folder: string, index: number): string => `${folder && `${folder}/`}.nscjs-${id}-${index}`;
    const logged = writes.map(({ root, path, text }, index): LoggedWrite => {
      return { root, path, temporary: beside(parentPath(path), index), digest: digestOf(text) };
    });
    // Where something is written, something can be removed, too.
    const written = new Set(writes.map(parentKey));
    const removing = new Map(
      deletes.filter((place) => !written.has(parentKey(place))).map((each) => [parentKey(each), each]),
    );
    const probes = [...removing.values()].map(({ root, path }, index): Place => {
      return { root, path: beside(parentPath(path), writes.length + index) };
    });
    const changes = { id, keystore: await this.#keystorePath(), folders, writes: logged, probes, deletes, emptied };
    try {
      await this.#write(INTENT, formatLog(changes));
      await this.#flush([STORES]);
      await this.#prepare(changes, writes);
      await confirm();
      await this.#decide();
    } catch (error) {
      // The first failure is the one to hear of. What can't be undone now is undone by the next commit.
      if (!(error instanceof Undecided)) await this.#undo(changes).catch(() => undefined);
      throw error instanceof Undecided ? error.reason : error;
    }
    await this.#begin(changes);
    try {
      await this.#apply(changes);
    } catch (cause) {
      const message =
        "the commit is made, but not all files are in their places; the next use of the store puts them there";
      throw new NscError("ERR_STORE_IO", `${message}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Makes the decision last, and puts the first file in its place. As long as nothing is, it can be taken back. */
  async #begin(changes: LoggedChanges): Promise<void> {
    const { stores } = this.#roots;
    const [first] = stagesOf(changes.writes).flat();
    try {
      await this.#flush([STORES]);
      if (first !== undefined) await rename(this.#roots[first.root].at(first.temporary), this.#at(first));
    } catch (cause) {
      try {
        await rename(stores.at(LOG), stores.at(INTENT));
      } catch {
        // Then it stays as it was decided, and is tried again.
        return;
      }
      await this.#flush([STORES]).catch(() => undefined);
      await this.#undo(changes).catch(() => undefined);
      throw ioError(first === undefined ? `writing ${stores.at(LOG)}` : `writing ${this.#at(first)}`, cause);
    }
  }

  async #prepare(changes: LoggedChanges, writes: FileChanges["writes"]): Promise<void> {
    for (const folder of changes.folders) {
      const path = this.#at(folder);
      await tolerating(["EEXIST"], `making ${path}`, mkdir(path, { mode: 0o700 }));
    }
    if (concernsKeystore(changes)) {
      await this.#sweepMarkers();
      await this.#write(markerPath(changes.id), "", "keystore");
    }
    await forEachLimited(changes.writes.entries(), async ([index, write]) => {
      await this.#write(write.temporary, (writes[index] as { text: string }).text, write.root);
      // Of a name that is too long for this system one hears here, and not when it is too late.
      const path = this.#at(write);
      await tolerating(["ENOENT"], `looking at ${path}`, lstat(path));
    });
    await forEachLimited(changes.probes, async (probe) => {
      await this.#write(probe.path, "", probe.root);
      await this.#remove(probe);
    });
    await this.#flush([...parentsOf(changes.writes), ...parentsOf(changes.folders)]);
  }

  async #decide(): Promise<void> {
    const { stores } = this.#roots;
    try {
      await rename(stores.at(INTENT), stores.at(LOG));
    } catch (cause) {
      const reason = ioError(`writing ${stores.at(LOG)}`, cause);
      // Some file systems report as failed what they have done. Then nothing may be undone.
      const outcome = await this.isUnfinished().catch(() => undefined);
      if (outcome === true) return;
      if (outcome === undefined) throw new Undecided(reason);
      throw reason;
    }
  }

  /** Can be done again and again, and from any point on. */
  async #apply(changes: LoggedChanges): Promise<void> {
    const changed: Place[] = [];
    for (const stage of stagesOf(changes.writes)) {
      await forEachLimited(stage, async (write) => {
        const [from, to] = [this.#roots[write.root].at(write.temporary), this.#at(write)];
        if (!(await tolerating(["ENOENT"], `writing ${to}`, rename(from, to)))) await this.#assertInPlace(write);
        changed.push(write);
      });
    }
    await forEachLimited(changes.deletes, async (place) => {
      if (await this.#remove(place)) changed.push(place);
    });
    for (const place of changes.emptied) {
      // Nothing depends on it.
      if (
        await rmdir(this.#at(place)).then(
          () => true,
          () => false,
        )
      )
        changed.push(place);
    }
    await this.#flush(parentsOf(changed));
    await this.#remove({ root: "stores", path: LOG });
    if (concernsKeystore(changes)) await this.#remove({ root: "keystore", path: markerPath(changes.id) });
  }

  /** What is not beside its place must be in it already; nothing is removed before that is certain. */
  async #assertInPlace(write: LoggedWrite): Promise<void> {
    const text = await this.#roots[write.root].read(write.path);
    if (text !== undefined && digestOf(text) === write.digest) return;
    const problem = `is missing, though a commit that was decided has written it; restore ${write.temporary} beside it`;
    throw damaged(this.#at(write), problem);
  }

  async #undo(changes: LoggedChanges): Promise<void> {
    const temporaries = changes.writes.map(({ root, temporary }): Place => ({ root, path: temporary }));
    await forEachLimited([...temporaries, ...changes.probes], (place) => this.#remove(place));
    for (const folder of changes.folders.toReversed()) {
      const path = this.#at(folder);
      await tolerating(STILL_IN_USE, `removing ${path}`, rmdir(path));
    }
    if (concernsKeystore(changes)) await this.#remove({ root: "keystore", path: markerPath(changes.id) });
    await this.#remove({ root: "stores", path: INTENT });
  }

  /** Those of commits that are over, cut off at their very end. */
  async #sweepMarkers(): Promise<void> {
    for (const { name } of await this.#roots.keystore.entries("")) {
      if (MARKER.test(name)) await this.#remove({ root: "keystore", path: name });
    }
  }

  async #write(path: string, text: string, root: RootName = "stores"): Promise<void> {
    const file = this.#roots[root].at(path);
    try {
      await writeNewFile(file, text);
    } catch (cause) {
      throw ioError(`writing ${file}`, cause);
    }
  }

  async #remove(place: Place): Promise<boolean> {
    const path = this.#at(place);
    return await tolerating(["ENOENT", "ENOTDIR"], `removing ${path}`, unlink(path));
  }

  /** Makes the names in folders last, on systems on which folders can be opened. */
  async #flush(folders: readonly Place[]): Promise<void> {
    if (process.platform === "win32") return;
    const paths = new Set(folders.map((folder) => this.#at(folder)));
    await forEachLimited(paths, async (path) => {
      try {
        const handle = await open(path, "r");
        try {
          await handle.sync();
        } finally {
          await handle.close();
        }
      } catch (cause) {
        // A folder that is gone has nothing to keep; some file systems don't know how to flush one.
        if (!hasSystemCode(cause, "ENOENT", "EINVAL", "ENOTSUP")) throw ioError(`flushing ${path}`, cause);
      }
    });
  }

  /** Where the keystore is from the stores on, so that both can be moved together. */
  async #keystorePath(): Promise<string> {
    const { stores, keystore } = this.#roots;
    return await keystore.pathFrom(stores);
  }

  /** A commit that someone else left is about one keystore, which may not be the one that is there. */
  async #assertSameKeystore(changes: LoggedChanges, isDecided = true): Promise<void> {
    if (!concernsKeystore(changes)) return;
    // Before it was decided there may be no mark yet, and nothing else either.
    const isMarked = !isDecided || (await this.#roots.keystore.kindOf(markerPath(changes.id))) === "file";
    if (isMarked && changes.keystore === (await this.#keystorePath())) return;
    const [stores, keystore] = [this.#roots.stores.path, this.#roots.keystore.path];
    throw new NscError(
      "ERR_STORE_DAMAGED",
      `a commit to ${stores} and another keystore than ${keystore} was not finished; open both to have that done`,
    );
  }

  /** A note may come from anywhere, and no link leads out of the roots. */
  async #assertPlain({ folders, writes, deletes, emptied, probes }: LoggedChanges): Promise<void> {
    const seen = new Set<string>();
    const look = async (place: Place): Promise<void> => {
      const key = `${place.root}/${place.path}`;
      if (place.path === "" || seen.has(key)) return;
      seen.add(key);
      await look({ root: place.root, path: parentPath(place.path) });
      const kind = await this.#roots[place.root].kindOf(place.path);
      if (kind === "other") throw linked(this.#at(place));
    };
    for (const place of [...folders, ...emptied]) await look(place);
    for (const place of parentsOf([...writes, ...deletes, ...probes])) await look(place);
  }

  #at({ root, path }: Place): string {
    return this.#roots[root].at(path);
  }
}

function parentsOf(places: readonly Place[]): Place[] {
  // The root itself lies in a folder that is not ours to flush, and may not be ours to open.
  return places.filter(({ path }) => path !== "").map(({ root, path }) => ({ root, path: parentPath(path) }));
}

function parentKey({ root, path }: Place): string {
  return `${root}/${parentPath(path)}`;
}

/** Keys come before the tokens that need them, and creds come last. */
function stagesOf(writes: readonly LoggedWrite[]): LoggedWrite[][] {
  const stages: [LoggedWrite[], LoggedWrite[], LoggedWrite[]] = [[], [], []];
  for (const write of writes) {
    const stage = write.root === "stores" ? 1 : write.path.startsWith("creds/") ? 2 : 0;
    stages[stage].push(write);
  }
  return stages;
}

/** Thrown when it can't be told whether a commit was decided. */
class Undecided {
  readonly reason: NscError;

  constructor(reason: NscError) {
    this.reason = reason;
  }
}

/** Folders that are left empty are nothing that matters. */
function concernsKeystore({ folders, writes, deletes, probes }: LoggedChanges): boolean {
  return [folders, writes, deletes, probes].some((places) => places.some(({ root }) => root === "keystore"));
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
