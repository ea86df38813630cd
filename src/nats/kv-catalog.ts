import { NscError } from "../errors.ts";

/**
 * Catalogues: sorts of maps from names to texts that are kept under one key as long as they are small, and in pages of that
 * key when they are large. What is in one is known from a look at keys alone: a listing of keys would be answered by a
 * replica that lags behind, or would hold what was deleted.
 */

/** What a key holds, as a text. */
export type ReadText = (key: string) => Promise<string | undefined>;

/** In characters: the size of a page that is neither split nor merged. */
const PAGE_SIZE = 4096;
const MAX_BITS = 12;

type EntryTuple = readonly [name: string, value?: string];

interface Paged {
  /** So many bits of the hash of a name say on which page it is. */
  readonly bits: number;
  /** The size of all entries, in characters. */
  readonly size: number;
}

type Root = readonly EntryTuple[] | Paged;

/** Everything that is in a catalogue. */
export async function readCatalog(root: string, read: ReadText): Promise<Map<string, string>> {
  const content = parseRoot(root, await read(root));
  if (!isPaged(content)) return mapOf(content);
  const pages = Array.from({ length: 2 ** content.bits }, (_, page) => page);
  const entries = await Promise.all(pages.map((page) => readPage(root, page, read)));
  return mapOf(entries.flat());
}

/**
 * Changes a catalogue.
 *
 * @param edits - the new texts by name; nothing for those that go
 * @returns the texts of the keys that change; nothing for those that go
 */
export async function editCatalog(
  root: string,
  edits: ReadonlyMap<string, string | undefined>,
  read: ReadText,
): Promise<Map<string, string | undefined>> {
  const content = parseRoot(root, await read(root));
  if (!isPaged(content)) return layOut(root, edited(mapOf(content), edits), 0);
  const touched = grouped(edits, (name) => pageOf(name, content.bits));
  const out = new Map<string, string | undefined>();
  let { size } = content;
  await Promise.all(
    [...touched].map(async ([page, changes]) => {
      const before = mapOf(await readPage(root, page, read));
      size -= sizeOf(before);
      const after = edited(before, new Map(changes));
      size += sizeOf(after);
      out.set(pageKey(root, page), textOf(after));
    }),
  );
  const bits = bitsFor(size, content.bits);
  if (bits !== content.bits) return layOut(root, edited(await readCatalog(root, read), edits), content.bits);
  return out.set(root, JSON.stringify({ bits, size }));
}

/** The texts of all keys of a catalogue that had so many bits before. */
function layOut(root: string, entries: ReadonlyMap<string, string>, before: number): Map<string, string | undefined> {
  const out = new Map<string, string | undefined>();
  const size = sizeOf(entries);
  const bits = bitsFor(size, before);
  const pages = grouped(entries, (name) => (bits === 0 ? -1 : pageOf(name, bits)));
  const count = before === 0 && bits === 0 ? 0 : 2 ** Math.max(before, bits);
  for (let page = 0; page < count; page++) out.set(pageKey(root, page), textOf(new Map(pages.get(page))));
  return out.set(root, bits === 0 ? textOf(new Map(pages.get(-1))) : JSON.stringify({ bits, size }));
}

/** It is left as it is until pages are twice as large as they should be, or a quarter of that. */
function bitsFor(size: number, before: number): number {
  const pages = size / PAGE_SIZE;
  if (pages <= 2 ** (before + 1) && (before === 0 || pages >= 2 ** (before - 2))) return before;
  return pages <= 2 ? 0 : Math.min(MAX_BITS, Math.ceil(Math.log2(pages)));
}

function edited(entries: Map<string, string>, edits: ReadonlyMap<string, string | undefined>): Map<string, string> {
  for (const [name, value] of edits) {
    if (value === undefined) entries.delete(name);
    else entries.set(name, value);
  }
  return entries;
}

function grouped<V>(entries: ReadonlyMap<string, V>, pageFor: (name: string) => number): Map<number, [string, V][]> {
  const groups = new Map<number, [string, V][]>();
  for (const entry of entries) {
    const page = pageFor(entry[0]);
    const group = groups.get(page);
    if (group === undefined) groups.set(page, [entry]);
    else group.push(entry);
  }
  return groups;
}

function sizeOf(entries: ReadonlyMap<string, string>): number {
  let size = 0;
  for (const [name, value] of entries) size += name.length + value.length + 5;
  return size;
}

function textOf(entries: ReadonlyMap<string, string>): string | undefined {
  if (entries.size === 0) return undefined;
  return JSON.stringify([...entries].map(([name, value]) => (value === "" ? [name] : [name, value])));
}

function pageKey(root: string, page: number): string {
  return `${root}.${page.toString(16)}`;
}

async function readPage(root: string, page: number, read: ReadText): Promise<readonly EntryTuple[]> {
  const key = pageKey(root, page);
  const entries = parseRoot(key, await read(key));
  if (isPaged(entries)) throw damaged(key);
  return entries;
}

function mapOf(entries: readonly EntryTuple[]): Map<string, string> {
  return new Map(entries.map(([name, value = ""]) => [name, value]));
}

function isPaged(root: Root): root is Paged {
  return "bits" in root;
}

function parseRoot(key: string, text: string | undefined): Root {
  if (text === undefined) return [];
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) {
      if (value.every(isEntry)) return value;
    } else {
      const { bits, size } = value as Partial<Paged>;
      if (isCount(bits) && bits >= 1 && bits <= MAX_BITS && isCount(size)) return { bits, size };
    }
  } catch {
    // The error would quote it.
  }
  throw damaged(key);
}

function isEntry(entry: unknown): entry is EntryTuple {
  if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2) return false;
  return entry.every((part) => typeof part === "string");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function damaged(key: string): NscError {
  return new NscError("ERR_STORE_DAMAGED", `the bucket can't be read: the catalogue ${key} is none`);
}

/** The same in every version: FNV-1a, mixed so that its lowest bits do. */
function pageOf(name: string, bits: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 12;
  return (hash >>> 0) & (2 ** bits - 1);
}
