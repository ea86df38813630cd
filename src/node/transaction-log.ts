import { isInside, isOwnFile, type Place, parentPath, type RootName, TEMPORARY } from "./layout.ts";

/** A file that is ready beside its place. */
export interface LoggedWrite extends Place {
  readonly temporary: string;
  /** SHA-256 of the content in hexadecimal digits, by which it is known once it is in its place. */
  readonly digest: string;
}

/** A commit on disk as others need it to finish or undo it. No content: that could be a secret. */
export interface LoggedChanges {
  /** What tells this commit from all others; part of the names of all files that are made for it. */
  readonly id: string;
  /** Where the keystore is, from the stores on. */
  readonly keystore: string;
  readonly folders: readonly Place[];
  readonly writes: readonly LoggedWrite[];
  /** Empty files that show, before it is decided, that files can be removed beside them. */
  readonly probes: readonly Place[];
  readonly deletes: readonly Place[];
  readonly emptied: readonly Place[];
}

export function formatLog(changes: LoggedChanges): string {
  return JSON.stringify({ version: 1, ...changes });
}

/**
 * Reads what {@link formatLog} has written; nothing for anything else. A folder may come from anywhere, so nothing is
 * taken that would replace or remove a file that is none of nsc's.
 */
export function parseLog(text: string): LoggedChanges | undefined {
  let value: Partial<Record<keyof LoggedChanges | "version", unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (value?.version !== 1 || typeof value.keystore !== "string") return undefined;
  if (typeof value.id !== "string" || !/^[0-9a-f]{16}$/.test(value.id)) return undefined;
  const folders = placesOf(value.folders, isFolder);
  const writes = placesOf(value.writes, isOwnFile);
  const probes = placesOf(value.probes, ({ path }) => isInside(path) && isTemporary(path));
  const deletes = placesOf(value.deletes, isOwnFile);
  const emptied = placesOf(value.emptied, isFolder);
  if (!folders || !writes || !probes || !deletes || !emptied) return undefined;
  if (!writes.every(isLoggedWrite)) return undefined;
  return { id: value.id, keystore: value.keystore, folders, writes, probes, deletes, emptied };
}

function placesOf(value: unknown, isRight: (place: Place) => boolean): Place[] | undefined {
  return Array.isArray(value) && value.every((each) => isPlace(each) && isRight(each)) ? value : undefined;
}

function isPlace(value: unknown): value is Place {
  const place = value as Partial<Place> | null | undefined;
  const roots: readonly unknown[] = ["stores", "keystore"] satisfies RootName[];
  return typeof place?.path === "string" && roots.includes(place.root);
}

function isFolder({ path }: Place): boolean {
  return path === "" || isInside(path);
}

function isLoggedWrite(place: Place): place is LoggedWrite {
  const { temporary, digest } = place as Partial<LoggedWrite>;
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest)) return false;
  return typeof temporary === "string" && parentPath(temporary) === parentPath(place.path) && isTemporary(temporary);
}

function isTemporary(path: string): boolean {
  return TEMPORARY.test(path.slice(path.lastIndexOf("/") + 1));
}
