import type { CheckedCommit } from "../store/commit.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import { parentOf, pathKey, prefixOf } from "../store/paths.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import { subjectOf } from "../store/subject-of.ts";
import { editCatalog } from "./kv-catalog.ts";
import type { KeyChange } from "./kv-head.ts";
import { isKeepable, KEY_CATALOG, metaCatalog, namesCatalog, placesCatalog, seedKey, tokenKey } from "./kv-keys.ts";
import { PIPELINE } from "./kv-log.ts";
import type { Sealer } from "./kv-seal.ts";
import { type KvView, placeName } from "./kv-view.ts";

/** From so many tokens below one prefix on it is looked up first which of them are there. */
const MANY = 16;

/** Looks at all that a commit will be compared with, many keys at a time. */
export async function prefetch(commit: CheckedCommit, view: KvView): Promise<void> {
  const written = [...commit.tokens, ...commit.deletes].map(({ path }) => path).filter(isKeepable);
  await markAbsent(written, view);
  const parents = commit.tokens.map(({ path }) => path).filter(({ length }) => length > 1);
  const paths = [...written, ...commit.expected.tokens.map(({ path }) => path), ...parents.map(parentOf)];
  const unique = new Map(paths.map((path) => [pathKey(path), path]));
  const below = commit.deletes.map(({ path }) => path).filter((path) => path.length < 3);
  const prefixes = [...commit.expected.lists.map(({ prefix }) => prefix), ...(below as unknown as StorePrefix[])];
  const operators = [...commit.meta, ...commit.expected.meta].map(({ operator }) => operator);
  await Promise.all([
    forEachLimited(unique.values(), (path) => view.read(path), PIPELINE),
    forEachLimited(prefixes, (prefix) => view.names(prefix), PIPELINE),
    forEachLimited(new Set(operators), (operator) => view.readMeta(operator)),
    forEachLimited(commit.keys, ({ publicKey }) => view.sealedSeed(publicKey), PIPELINE),
  ]);
}

async function markAbsent(paths: readonly StorePath[], view: KvView): Promise<void> {
  const below = new Map<string, StorePath[]>();
  for (const path of paths) {
    const key = pathKey(prefixOf(path));
    const siblings = below.get(key);
    if (siblings === undefined) below.set(key, [path]);
    else siblings.push(path);
  }
  const large = [...below.values()].filter(({ length }) => length >= MANY);
  await forEachLimited(large, async (siblings) => {
    const names = new Set(await view.names(prefixOf(siblings[0] as StorePath)));
    for (const path of siblings) if (!names.has(path.at(-1) as string)) view.setAbsent(tokenKey(path));
  });
}

/** The keys that a commit changes, of those of a view, which is of its time. */
export async function planChanges(commit: CheckedCommit, view: KvView, sealer: Sealer): Promise<readonly KeyChange[]> {
  const texts = new Map<string, string | undefined>();
  const catalogs = new Map<string, Map<string, string | undefined>>();
  const edit = (catalog: string, name: string, text: string | undefined): void => {
    const edits = catalogs.get(catalog) ?? new Map<string, string | undefined>();
    catalogs.set(catalog, edits.set(name, text));
  };
  for (const { path, token, subject } of commit.tokens) {
    const before = await view.read(path);
    texts.set(tokenKey(path), token);
    const old = before === undefined ? undefined : subjectOf(before);
    if (before === undefined) edit(namesCatalog(prefixOf(path)), path.at(-1) as string, "");
    if (old === subject) continue;
    if (old !== undefined) edit(placesCatalog(old), placeName(path), undefined);
    edit(placesCatalog(subject), placeName(path), "");
  }
  for (const { path } of commit.deletes) {
    const before = await view.read(path);
    if (before === undefined) continue;
    texts.set(tokenKey(path), undefined);
    edit(namesCatalog(prefixOf(path)), path.at(-1) as string, undefined);
    const subject = subjectOf(before);
    if (subject !== undefined) edit(placesCatalog(subject), placeName(path), undefined);
    if (path.length > 1) continue;
    for (const name of (await view.readMeta(path[0])).keys()) edit(metaCatalog(path[0]), name, undefined);
  }
  for (const { operator, name, value } of commit.meta) {
    if (isKeepable([operator])) edit(metaCatalog(operator), name, value);
  }
  for (const { publicKey, seed } of commit.keys) {
    const sealed = await view.sealedSeed(publicKey);
    // It may be there already, sealed with another nonce.
    if (sealed !== undefined && isSealed(sealer, publicKey, sealed, seed)) continue;
    texts.set(seedKey(publicKey), sealer.seal(seed));
    edit(KEY_CATALOG, publicKey, "");
  }
  for (const publicKey of commit.deletedKeys) {
    texts.set(seedKey(publicKey), undefined);
    edit(KEY_CATALOG, publicKey, undefined);
  }
  await forEachLimited(
    catalogs,
    async ([catalog, edits]) => {
      for (const [key, text] of await editCatalog(catalog, edits, view.text)) texts.set(key, text);
    },
    PIPELINE,
  );
  return changesOf(texts, view);
}

/** Texts of keys as changes; those that a key holds already are none. */
export async function changesOf(
  texts: ReadonlyMap<string, string | undefined>,
  view: KvView,
): Promise<readonly KeyChange[]> {
  const changes: KeyChange[] = [];
  await forEachLimited(
    texts,
    async ([key, text]) => {
      const entry = await view.entry(key);
      if (entry.text !== text) changes.push({ key, text, revision: entry.revision });
    },
    PIPELINE,
  );
  return changes;
}

function isSealed(sealer: Sealer, publicKey: string, sealed: string, seed: string): boolean {
  if (sealer.keyOf(sealed) !== sealer.publicKey) return false;
  try {
    return sealer.open(publicKey, sealed) === seed;
  } catch {
    // It is damaged, and mended by this.
    return false;
  }
}
