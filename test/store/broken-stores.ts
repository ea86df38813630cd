import {
  memoryStore,
  NscError,
  type Store,
  type StoreCommit,
  type StoredToken,
  type StorePath,
  type StorePrefix,
} from "nsc.js";
import type { StoreFixture } from "nsc.js/testing";
import { compareUtf8 } from "../../src/encoding/go-text.ts";
import { isNscError, type NscErrorCode } from "../../src/errors.ts";
import { assertCommittable, checkCommit } from "../../src/store/commit.ts";
import { subjectOf } from "../../src/store/subject-of.ts";

/** What a store does otherwise than the sound one below it. */
type Fault = (sound: Store) => Partial<Store>;

interface BrokenStore {
  readonly name: string;
  readonly fault: Fault;
  /** The other view has a fault of its own, over the same data. */
  readonly hasViews?: true;
  /** It shows in a large store only, so the check of one is run. */
  readonly isOfSize?: true;
  /** Names of the checks that find it out. */
  readonly fails: readonly string[];
}

const EMPTY = "an empty store has nothing";
const READ = "what was committed is read back as it was";
const VIEWS = "a commit is seen by another view of the store";
const LISTS = "names are listed directly below a prefix, sorted by their bytes";
const HOSTILE = "names that are hostile come back as they were, or are refused";
const SIMILAR = "names that differ in case or composition are kept apart, or refused";
const KEYS = "a key is found by public key and can be removed";
const FIND = "a token is found by its subject, also after it moved";
const META = "what is kept beside the tokens can be written, changed and removed";
const ALL = "all of a commit is made";
const NOTHING = "nothing of a refused commit is made";
const CONFLICTS = "a commit fails when something that was read has changed";
const PARENTS = "no token is left without the one above it";
const CONTRADICTIONS = "contradictions in a commit are refused";
const DELETES = "what is deleted is gone, and can be made again";
const ISOLATION = "data that was handed over or given out is the caller's";
const BEGUN = "a list that was begun goes on as it was, and can be given up";
const NO_PART = "no part of a commit is seen while it is made";
const RACES = "of commits that expect the same, one is made";
const INDEPENDENT = "commits at the same time that have nothing in common are all made";
const WATCH = "what others commit is heard of, if the store can be watched";
export const MANY = "ten thousand entities";

function withFault(sound: Store, fault: Fault): Store {
  return {
    read: (path) => sound.read(path),
    list: (prefix) => sound.list(prefix),
    find: (publicKey) => sound.find(publicKey),
    getKey: (publicKey) => sound.getKey(publicKey),
    listKeys: () => sound.listKeys(),
    readMeta: (operator) => sound.readMeta(operator),
    commit: (commit) => sound.commit(commit),
    ...fault(sound),
  };
}

export function openBroken({ fault, hasViews }: Pick<BrokenStore, "fault" | "hasViews">): () => Promise<StoreFixture> {
  return async () => {
    const sound = memoryStore();
    const store = withFault(sound, fault);
    return { store, other: hasViews ? withFault(sound, fault) : store };
  };
}

async function namesOf(store: Store, prefix: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for await (const name of store.list(prefix as StorePrefix)) names.push(name);
  return names;
}

async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.listKeys()) keys.push(key);
  return keys;
}

function relisted(change: (names: string[], prefix: readonly string[]) => Iterable<string>): Fault {
  return (sound) => ({
    async *list(prefix) {
      yield* change(await namesOf(sound, prefix), prefix);
    },
  });
}

function refound(change: (paths: StorePath[]) => StorePath[]): Fault {
  return (sound) => ({ find: async (publicKey) => change([...(await sound.find(publicKey))]) });
}

function recommitted(change: (commit: StoreCommit, sound: Store) => StoreCommit | Promise<StoreCommit>): Fault {
  return (sound) => ({
    async commit(commit) {
      await sound.commit(isObject(commit) ? await change(commit, sound) : commit);
    },
  });
}

function withoutExpected(part: keyof NonNullable<StoreCommit["expected"]>): Fault {
  return recommitted(({ expected = {}, ...commit }) => {
    const { [part]: _ignored, ...rest } = expected;
    return { ...commit, expected: rest };
  });
}

function swallowing(...codes: readonly NscErrorCode[]): Fault {
  return (sound) => ({
    async commit(commit) {
      try {
        await sound.commit(commit);
      } catch (error) {
        if (!isNscError(error) || !codes.includes(error.code)) throw error;
      }
    },
  });
}

function partly(part: (commit: StoreCommit) => StoreCommit): Fault {
  return (sound) => ({
    async commit(commit) {
      try {
        await sound.commit(commit);
      } catch (error) {
        if (isObject(commit)) await sound.commit(part(commit)).catch(() => undefined);
        throw error;
      }
    },
  });
}

function renaming(rename: (name: string) => string): Fault {
  const renamed = <P extends readonly string[]>(path: P): P => path.map(rename) as unknown as P;
  return (sound) => ({
    read: (path) => sound.read(renamed(path)),
    list: (prefix) => sound.list(renamed(prefix)),
    async commit(commit) {
      if (!isWellFormed(commit)) return sound.commit(commit);
      const tokens = (commit.tokens ?? []).map((token) => ({ ...token, path: renamed(token.path) }));
      const deletes = (commit.deletes ?? []).map((change) => ({ ...change, path: renamed(change.path) }));
      await sound.commit({ ...commit, tokens, deletes });
    },
  });
}

/** As a file system does that keeps the first spelling of a name and takes all others for it. */
function merging(canonical: (name: string) => string, levels: readonly number[] = [1, 2, 3]): Fault {
  return (sound) => {
    const kept = async <P extends readonly string[]>(path: P): Promise<P> => {
      const out: string[] = [];
      for (const name of path) {
        const isMerged = levels.includes(out.length + 1);
        const names = isMerged ? await namesOf(sound, out) : [];
        out.push(names.find((other) => canonical(other) === canonical(name)) ?? name);
      }
      return out as unknown as P;
    };
    const keptAll = <T extends { readonly path: StorePath }>(items: readonly T[]): Promise<T[]> =>
      Promise.all(items.map(async (item) => ({ ...item, path: await kept(item.path) })));
    return {
      read: async (path) => sound.read(path.some((name) => name === "") ? path : await kept(path)),
      async commit(commit) {
        checkCommit(commit);
        const { tokens = [], deletes = [] } = commit;
        await sound.commit({ ...commit, tokens: await keptAll(tokens), deletes: await keptAll(deletes) });
      },
    };
  };
}

/** Reads are remembered until this view commits. */
function remembering(method: "read" | "find" | "getKey" | "readMeta" | "list" | "listKeys"): Fault {
  return (sound) => {
    const memory = new Map<string, Promise<unknown>>();
    const remembered = <T>(key: unknown, read: () => Promise<T>): Promise<T> => {
      const found = memory.get(JSON.stringify(key)) ?? read();
      memory.set(JSON.stringify(key), found);
      return found as Promise<T>;
    };
    const faults: Required<Omit<Store, "commit" | "watch">> = {
      read: (path) => remembered(path, () => sound.read(path)),
      find: (publicKey) => remembered(publicKey, () => sound.find(publicKey)),
      getKey: (publicKey) => remembered(publicKey, () => sound.getKey(publicKey)),
      readMeta: (operator) => remembered(operator, () => sound.readMeta(operator)),
      async *list(prefix) {
        yield* await remembered(prefix, () => namesOf(sound, prefix));
      },
      async *listKeys() {
        yield* await remembered("keys", () => keysOf(sound));
      },
    };
    return {
      [method]: faults[method],
      async commit(commit) {
        memory.clear();
        await sound.commit(commit);
        memory.clear();
      },
    };
  };
}

function isObject(commit: unknown): commit is StoreCommit {
  return typeof commit === "object" && commit !== null;
}

/** Whether a fault can look at it; the sound store refuses what is not. */
function isWellFormed(commit: unknown): commit is StoreCommit {
  if (!isObject(commit)) return false;
  const paths: readonly unknown[] = [...(commit.tokens ?? []), ...(commit.deletes ?? [])].map(({ path }) => path);
  return paths.every((path) => Array.isArray(path) && path.every((name) => typeof name === "string"));
}

function refuse(code: NscErrorCode): never {
  throw new NscError(code, "this store is broken");
}

async function aMoment(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
}

/** All that was ever committed, by the fault's own account. */
function withHistory(make: (sound: Store, history: StoredToken[]) => Partial<Store>): Fault {
  return (sound) => {
    const history: StoredToken[] = [];
    return {
      async commit(commit) {
        await sound.commit(commit);
        history.push(...(commit.tokens ?? []).map(({ path, token }) => ({ path: [...path] as never, token })));
      },
      ...make(sound, history),
    };
  };
}

function isBelow(path: readonly string[], prefix: readonly string[]): boolean {
  return path.length === prefix.length + 1 && prefix.every((name, index) => name === path[index]);
}

const key = (path: readonly string[]): string => JSON.stringify(path);
const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];

const READING: readonly BrokenStore[] = [
  {
    name: "throws where there is no token",
    fault: (sound) => ({ read: async (path) => (await sound.read(path)) ?? refuse("ERR_STORE_IO") }),
    fails: [EMPTY, READ, VIEWS, HOSTILE, CONFLICTS, PARENTS, DELETES],
  },
  {
    name: "gives an empty text where there is no token",
    fault: (sound) => ({ read: async (path) => (await sound.read(path)) ?? "" }),
    fails: [EMPTY, READ, VIEWS, HOSTILE, CONFLICTS, DELETES],
  },
  {
    name: "adds the end of a line to users' tokens",
    fault: (sound) => ({
      async read(path) {
        const token = await sound.read(path);
        return token !== undefined && path.length === 3 ? `${token}\n` : token;
      },
    }),
    fails: [READ, VIEWS, HOSTILE, SIMILAR, PARENTS],
  },
  {
    name: "keeps the first token of a place",
    fault: recommitted(async (commit, sound) => {
      const tokens: StoredToken[] = [];
      for (const token of commit.tokens ?? []) {
        if (!(await sound.read(token.path).catch(() => undefined))) tokens.push(token);
      }
      return { ...commit, tokens };
    }),
    fails: [READ, FIND, ALL, CONFLICTS, RACES],
  },
  {
    name: "throws where there is nothing beside the tokens",
    fault: (sound) => ({
      async readMeta(operator) {
        const meta = await sound.readMeta(operator);
        return meta.size === 0 ? refuse("ERR_STORE_IO") : meta;
      },
    }),
    fails: [EMPTY, VIEWS, META, NOTHING],
  },
  {
    name: "refuses a commit without changes",
    fault: (sound) => ({
      commit: async (commit) =>
        isObject(commit) && Object.keys(commit).length === 0 ? refuse("ERR_ARGUMENT_INVALID") : sound.commit(commit),
    }),
    fails: [EMPTY],
  },
];

const WATCHING: readonly BrokenStore[] = [
  {
    name: "ends a watch by itself",
    hasViews: true,
    fault: () => ({
      async *watch() {
        yield { isAnything: true, paths: [], operators: [], publicKeys: [] };
      },
    }),
    fails: [WATCH],
  },
];

const LISTING: readonly BrokenStore[] = [
  { name: "lists names as JavaScript sorts them", fault: relisted((names) => names.sort()), fails: [LISTS] },
  {
    name: "lists names as people sort them",
    fault: relisted((names) => names.sort((a, b) => a.localeCompare(b, "en"))),
    fails: [LISTS],
  },
  {
    name: "lists operators in no order",
    fault: relisted((names, prefix) => (prefix.length === 0 ? names.reverse() : names)),
    fails: [LISTS],
  },
  {
    name: "lists accounts in no order",
    fault: relisted((names, prefix) => (prefix.length === 1 ? names.reverse() : names)),
    fails: [READ, LISTS, ALL, DELETES],
  },
  {
    name: "lists names twice",
    fault: relisted((names) => names.flatMap((name) => [name, name])),
    fails: [READ, VIEWS, LISTS, HOSTILE, ALL, CONFLICTS, DELETES, ISOLATION, BEGUN, NO_PART, RACES, INDEPENDENT],
  },
  {
    name: "lists a thousand names and no more",
    fault: relisted((names) => names.slice(0, 1000)),
    isOfSize: true,
    fails: [MANY],
  },
  {
    name: "lists names that were deleted",
    fault: withHistory((sound, history) => ({
      async *list(prefix) {
        const once = history.filter(({ path }) => isBelow(path, prefix)).map(({ path }) => path.at(-1) as string);
        yield* unique([...(await namesOf(sound, prefix)), ...once]).sort(compareUtf8);
      },
    })),
    fails: [VIEWS, HOSTILE, ALL, PARENTS, DELETES, BEGUN, NO_PART],
  },
  {
    name: "lists what is further below, too",
    fault: (sound) => ({
      async *list(prefix) {
        const names = await namesOf(sound, prefix);
        const below =
          prefix.length < 2 ? await Promise.all(names.map((name) => namesOf(sound, [...prefix, name]))) : [];
        yield* unique([...names, ...below.flat()]).sort(compareUtf8);
      },
    }),
    fails: [READ, LISTS, HOSTILE, ALL, DELETES],
  },
  {
    name: "lists what is below accounts whose names begin alike",
    fault: (sound) => ({
      async *list(prefix) {
        const [operator, account] = prefix;
        if (operator === undefined || account === undefined) return yield* sound.list(prefix);
        const alike = (await namesOf(sound, [operator])).filter((name) => name.startsWith(account));
        const names = await Promise.all(alike.map((name) => namesOf(sound, [operator, name])));
        yield* unique(names.flat()).sort(compareUtf8);
      },
    }),
    fails: [LISTS],
  },
  {
    name: "takes a percent sign for any name when it lists",
    fault: (sound) => ({
      async *list(prefix) {
        const [operator, account] = prefix;
        if (operator === undefined || account !== "%") return yield* sound.list(prefix);
        const names = await Promise.all(
          (await namesOf(sound, [operator])).map((name) => namesOf(sound, [operator, name])),
        );
        yield* names.flat();
      },
    }),
    fails: [HOSTILE],
  },
  {
    name: "looks again for each name that it lists",
    fault: (sound) => ({
      async *list(prefix) {
        for (let index = 0; ; index++) {
          const name = (await namesOf(sound, prefix))[index];
          if (name === undefined) return;
          yield name;
        }
      },
    }),
    fails: [BEGUN],
  },
  {
    name: "is locked while a list is read",
    fault: (sound) => {
      let open = 0;
      return {
        async *list(prefix) {
          open++;
          try {
            yield* sound.list(prefix);
          } finally {
            open--;
          }
        },
        commit: async (commit) => (open > 0 ? refuse("ERR_STORE_LOCKED") : sound.commit(commit)),
      };
    },
    fails: [BEGUN],
  },
  {
    name: "is locked once a list was given up",
    fault: (sound) => {
      let isStuck = false;
      return {
        async *list(prefix) {
          let isOver = false;
          try {
            yield* sound.list(prefix);
            isOver = true;
          } finally {
            isStuck ||= !isOver;
          }
        },
        commit: async (commit) => (isStuck ? refuse("ERR_STORE_LOCKED") : sound.commit(commit)),
      };
    },
    fails: [BEGUN],
  },
];

const NAMING: readonly BrokenStore[] = [
  { name: "writes a slash as something else", fault: renaming((name) => name.replaceAll("/", "_")), fails: [HOSTILE] },
  { name: "cuts long names", fault: renaming((name) => name.slice(0, 255)), fails: [HOSTILE] },
  { name: "trims names", fault: renaming((name) => name.trim() || name), fails: [HOSTILE] },
  {
    name: "drops what nobody sees in a name",
    fault: renaming((name) => name.replace(/[\u200b\u202e\ufeff]/g, "") || "x"),
    fails: [HOSTILE, NOTHING],
  },
  {
    name: "takes halves of characters",
    fault: renaming((name) => name.replace(/\p{Surrogate}/gu, "\ufffd")),
    fails: [HOSTILE],
  },
  { name: "takes an empty name for another", fault: renaming((name) => name || "default"), fails: [HOSTILE, NOTHING] },
  {
    name: "takes names for the same that differ in case",
    fault: merging((name) => name.toLowerCase()),
    fails: [SIMILAR],
  },
  {
    name: "takes names of operators for the same that differ in case",
    fault: merging((name) => name.toLowerCase(), [1]),
    fails: [SIMILAR],
  },
  {
    name: "takes names for the same that differ in composition",
    fault: merging((name) => name.normalize()),
    fails: [SIMILAR],
  },
  {
    name: "keeps one of two similar names in one commit",
    fault: recommitted((commit) => {
      if (!isWellFormed(commit)) return commit;
      const tokens = new Map<string, StoredToken[]>();
      for (const token of commit.tokens ?? []) {
        const similar = tokens.get(key(token.path).toLowerCase()) ?? [];
        const isTwice = similar.some(({ path }) => key(path) === key(token.path));
        tokens.set(key(token.path).toLowerCase(), isTwice ? [...similar, token] : [token]);
      }
      return { ...commit, tokens: [...tokens.values()].flat() };
    }),
    fails: [SIMILAR],
  },
  {
    name: "fails at a name that it can't keep, as if its medium had",
    fault: (sound) => ({
      commit: async (commit) =>
        commit?.tokens?.some(({ path }) => path.includes("..")) ? refuse("ERR_STORE_IO") : sound.commit(commit),
    }),
    fails: [HOSTILE],
  },
];

const KEEPING: readonly BrokenStore[] = [
  {
    name: "drops keys",
    fault: recommitted(({ keys: _, ...commit }) => commit),
    fails: [READ, VIEWS, KEYS, ALL, CONTRADICTIONS, DELETES, INDEPENDENT],
  },
  {
    name: "keeps keys that are to be removed",
    fault: recommitted(({ deletedKeys: _, ...commit }) => commit),
    fails: [KEYS, ALL, CONTRADICTIONS],
  },
  {
    name: "removes the key of an entity with it",
    fault: recommitted(async (commit, sound) => {
      const deletedKeys = [...(commit.deletedKeys ?? [])];
      for (const { path } of commit.deletes ?? []) {
        const token = await sound.read(path).catch(() => undefined);
        const subject = token === undefined ? undefined : subjectOf(token);
        if (subject !== undefined) deletedKeys.push(subject);
      }
      return { ...commit, deletedKeys };
    }),
    fails: [DELETES],
  },
  {
    name: "refuses to remove a key that it does not have",
    fault: recommitted(async (commit, sound) => {
      for (const publicKey of commit.deletedKeys ?? []) {
        if ((await sound.getKey(publicKey)) === undefined) refuse("ERR_ARGUMENT_INVALID");
      }
      return commit;
    }),
    fails: [KEYS],
  },
  {
    name: "lists no keys",
    fault: () => ({ listKeys: () => memoryStore().listKeys() }),
    fails: [READ, KEYS],
  },
  {
    name: "lists keys in no order",
    fault: (sound) => ({
      async *listKeys() {
        yield* (await keysOf(sound)).reverse();
      },
    }),
    fails: [READ, KEYS],
  },
  {
    name: "lists keys that were removed",
    fault: (sound) => {
      const seen = new Set<string>();
      return {
        async *listKeys() {
          for (const key of await keysOf(sound)) seen.add(key);
          yield* [...seen].sort();
        },
        async commit(commit) {
          await sound.commit(commit);
          for (const key of await keysOf(sound)) seen.add(key);
        },
      };
    },
    fails: [KEYS],
  },
  {
    name: "keeps no curve keys",
    fault: recommitted((commit) => ({ ...commit, keys: (commit.keys ?? []).filter((seed) => !seed.startsWith("SX")) })),
    fails: [KEYS],
  },
  {
    name: "passes over texts that are no seeds",
    fault: swallowing("ERR_NKEY_SEED", "ERR_NKEY_LENGTH", "ERR_NKEY_CHECKSUM", "ERR_NKEY_PREFIX", "ERR_NKEY_CHARACTER"),
    fails: [CONTRADICTIONS],
  },
  {
    name: "drops what is beside the tokens",
    fault: recommitted(({ meta: _, ...commit }) => commit),
    fails: [VIEWS, META, ALL, CONFLICTS, CONTRADICTIONS, ISOLATION, NO_PART, RACES, INDEPENDENT],
  },
  {
    name: "removes all that is beside the tokens at once",
    fault: recommitted(async (commit, sound) => {
      const meta = [...(commit.meta ?? [])];
      for (const { operator, value } of commit.meta ?? []) {
        if (value !== undefined) continue;
        for (const name of (await sound.readMeta(operator)).keys()) meta.push({ operator, name, value: undefined });
      }
      return { ...commit, meta };
    }),
    fails: [META],
  },
  {
    name: "takes an empty text beside the tokens for none",
    fault: (sound) => ({
      readMeta: async (operator) => new Map([...(await sound.readMeta(operator))].filter(([, value]) => value !== "")),
    }),
    fails: [META],
  },
  {
    name: "keeps what is beside the tokens in a plain object",
    fault: (sound) => ({
      async readMeta(operator) {
        const plain: Record<string, string> = {};
        for (const [name, value] of await sound.readMeta(operator)) plain[name] = value;
        return new Map(Object.entries(plain));
      },
    }),
    fails: [META],
  },
  {
    name: "takes names beside the tokens for the same that differ in case",
    fault: (sound) => ({
      async readMeta(operator) {
        const meta = new Map<string, [string, string]>();
        for (const [name, value] of await sound.readMeta(operator)) meta.set(name.toLowerCase(), [name, value]);
        return new Map(meta.values());
      },
    }),
    fails: [META],
  },
  {
    name: "keeps what is beside the tokens without an operator",
    fault: recommitted(async (commit, sound) => {
      const meta = commit.meta ?? [];
      const has = await Promise.all(meta.map(async ({ operator }) => (await namesOf(sound, [])).includes(operator)));
      const isMade = (operator: string): boolean => (commit.tokens ?? []).some(({ path }) => path[0] === operator);
      return { ...commit, meta: meta.filter((change, index) => has[index] || isMade(change.operator)) };
    }),
    fails: [META, CONTRADICTIONS],
  },
  {
    name: "gives an operator what another of the same name had",
    fault: (sound) => {
      const ever = new Map<string, Map<string, string>>();
      return {
        async readMeta(operator) {
          const isThere = (await sound.read([operator])) !== undefined;
          return isThere ? new Map(ever.get(operator)) : new Map();
        },
        async commit(commit) {
          await sound.commit(commit);
          for (const { operator, name, value } of commit.meta ?? []) {
            const meta = ever.get(operator) ?? new Map<string, string>();
            if (value === undefined) meta.delete(name);
            else meta.set(name, value);
            ever.set(operator, meta);
          }
        },
      };
    },
    fails: [META],
  },
];

const FINDING: readonly BrokenStore[] = [
  { name: "finds the last place first", fault: refound((paths) => paths.reverse()), fails: [FIND, NO_PART] },
  { name: "finds one place only", fault: refound((paths) => paths.slice(0, 1)), fails: [FIND, NO_PART] },
  {
    name: "finds a thousand places and no more",
    fault: refound((paths) => paths.slice(0, 1000)),
    isOfSize: true,
    fails: [MANY],
  },
  {
    name: "finds what was deleted",
    fault: withHistory((_, history) => ({
      find: async (publicKey) => {
        const current = new Map(history.map(({ path, token }) => [key(path), { path, token }]));
        return [...current.values()]
          .filter(({ token }) => subjectOf(token) === publicKey)
          .map(({ path }) => path)
          .sort((a, b) => (key(a) < key(b) ? -1 : 1));
      },
    })),
    fails: [VIEWS, HOSTILE, FIND, DELETES, ISOLATION, NO_PART],
  },
  {
    name: "finds what was written over",
    fault: withHistory((sound, history) => ({
      async find(publicKey) {
        const places = new Map(
          history.filter(({ token }) => subjectOf(token) === publicKey).map(({ path }) => [key(path), path]),
        );
        const there: StorePath[] = [];
        for (const path of places.values()) if ((await sound.read(path)) !== undefined) there.push(path);
        return there.sort((a, b) => (key(a) < key(b) ? -1 : 1));
      },
    })),
    fails: [FIND, ISOLATION, NO_PART],
  },
  {
    name: "finds no operators",
    fault: refound((paths) => paths.filter((path) => path.length > 1)),
    fails: [HOSTILE, SIMILAR, FIND],
  },
];

const COMMITTING: readonly BrokenStore[] = [
  {
    name: "drops deletes",
    fault: recommitted(({ deletes: _, ...commit }) => commit),
    fails: [VIEWS, HOSTILE, FIND, META, ALL, NOTHING, PARENTS, CONTRADICTIONS, DELETES, BEGUN, NO_PART],
  },
  {
    name: "drops deletes beside tokens",
    fault: recommitted(({ deletes = [], ...commit }) => (commit.tokens?.length ? commit : { ...commit, deletes })),
    fails: [FIND, ALL, NOTHING, PARENTS, CONTRADICTIONS, NO_PART],
  },
  {
    name: "removes keys before it compares what is expected",
    fault: (sound) => ({
      async commit(commit) {
        checkCommit(commit);
        await sound.commit({ deletedKeys: commit.deletedKeys ?? [] });
        await sound.commit(commit);
      },
    }),
    fails: [NOTHING],
  },
  { name: "keeps keys of a refused commit", fault: partly(({ keys = [] }) => ({ keys })), fails: [NOTHING] },
  {
    name: "keeps tokens of a refused commit",
    fault: partly(({ tokens = [] }) => ({ tokens: tokens.slice(0, 1) })),
    fails: [NOTHING, CONFLICTS, PARENTS, CONTRADICTIONS, RACES],
  },
  {
    name: "makes deletes of a refused commit",
    fault: partly(({ deletes = [] }) => ({ deletes: deletes.slice(0, 1) })),
    fails: [NOTHING],
  },
  {
    name: "keeps what a refused commit had beside the tokens",
    fault: partly(({ meta = [] }) => ({ meta })),
    fails: [NOTHING],
  },
  {
    name: "makes no commit after one that it refused",
    fault: (sound) => {
      let isStuck = false;
      return {
        async commit(commit) {
          if (isStuck) refuse("ERR_STORE_LOCKED");
          try {
            await sound.commit(commit);
          } catch (error) {
            isStuck = true;
            throw error;
          }
        },
      };
    },
    fails: [HOSTILE, META, NOTHING, CONFLICTS, PARENTS, CONTRADICTIONS, RACES],
  },
  {
    name: "makes commits in spite of tokens that were changed",
    fault: withoutExpected("tokens"),
    fails: [NOTHING, CONFLICTS, RACES],
  },
  {
    name: "makes commits in spite of lists that were changed",
    fault: withoutExpected("lists"),
    fails: [NOTHING, CONFLICTS, RACES],
  },
  {
    name: "makes commits in spite of changes beside the tokens",
    fault: withoutExpected("meta"),
    fails: [NOTHING, CONFLICTS, RACES],
  },
  {
    name: "compares how long lists are, not what they hold",
    fault: recommitted(async (commit, sound) => {
      const lists: { readonly prefix: StorePrefix; readonly names: readonly string[] }[] = [];
      for (const { prefix, names } of commit.expected?.lists ?? []) {
        const found = await namesOf(sound, prefix);
        lists.push({ prefix, names: found.length === names.length ? found : names });
      }
      return commit.expected ? { ...commit, expected: { ...commit.expected, lists } } : commit;
    }),
    fails: [CONFLICTS],
  },
  {
    name: "takes a token that is expected not to be there for one that may be",
    fault: recommitted((commit) => {
      if (!commit.expected?.tokens) return commit;
      const tokens = commit.expected.tokens.filter(({ token }) => token !== undefined);
      return { ...commit, expected: { ...commit.expected, tokens } };
    }),
    fails: [NOTHING, CONFLICTS],
  },
  {
    name: "says that it made commits which leave tokens without one above",
    fault: swallowing("ERR_STORE_PARENT"),
    fails: [META, NOTHING, PARENTS],
  },
  {
    name: "deletes what is below with it",
    fault: recommitted(async (commit, sound) => {
      const deletes = [...(commit.deletes ?? [])];
      for (const { path } of commit.deletes ?? []) {
        if (path.length === 3) continue;
        for (const name of await namesOf(sound, path)) {
          const below = [...path, name] as unknown as StorePath;
          deletes.push({ path: below });
          if (below.length === 3) continue;
          for (const user of await namesOf(sound, below)) deletes.push({ path: [...below, user] as never });
        }
      }
      return { ...commit, deletes: [...new Map(deletes.map((change) => [key(change.path), change])).values()] };
    }),
    fails: [NOTHING, PARENTS, CONTRADICTIONS],
  },
  {
    name: "wants tokens from the operator down",
    fault: recommitted((commit) => {
      const seen = new Set((commit.tokens ?? []).map(({ path }) => key(path)));
      for (const { path } of commit.tokens ?? []) {
        if (seen.has(key(path.slice(0, -1)))) refuse("ERR_STORE_PARENT");
        seen.delete(key(path));
      }
      return commit;
    }),
    fails: [ALL, NOTHING, PARENTS, CONTRADICTIONS],
  },
  {
    name: "says that it made commits with contradictions",
    fault: swallowing("ERR_ARGUMENT_INVALID"),
    fails: [NOTHING, CONTRADICTIONS],
  },
  {
    name: "takes the last of two tokens for one place",
    fault: recommitted((commit) =>
      isWellFormed(commit) && commit.tokens
        ? { ...commit, tokens: [...new Map(commit.tokens.map((token) => [key(token.path), token])).values()] }
        : commit,
    ),
    fails: [CONTRADICTIONS],
  },
  {
    name: "never makes again what was deleted",
    fault: (sound) => {
      const gone = new Set<string>();
      return {
        async commit(commit) {
          if (!isObject(commit)) return sound.commit(commit);
          const tokens = (commit.tokens ?? []).filter(({ path }) => !gone.has(key(path)));
          await sound.commit(commit.tokens ? { ...commit, tokens } : commit);
          for (const { path } of commit.deletes ?? []) gone.add(key(path));
        },
      };
    },
    fails: [SIMILAR, META, PARENTS, DELETES, NO_PART],
  },
  {
    name: "refuses to delete what is not there",
    fault: recommitted(async (commit, sound) => {
      for (const { path } of commit.deletes ?? []) {
        if ((await sound.read(path)) === undefined) refuse("ERR_STORE_IO");
      }
      return commit;
    }),
    fails: [CONTRADICTIONS, DELETES, NO_PART],
  },
  {
    name: "deletes users whose names begin alike",
    fault: recommitted(async (commit, sound) => {
      const deletes = [...(commit.deletes ?? [])];
      for (const { path } of commit.deletes ?? []) {
        const [operator, account, user] = path;
        if (account === undefined || user === undefined) continue;
        for (const name of await namesOf(sound, [operator, account])) {
          const isNew = !deletes.some((change) => key(change.path) === key([operator, account, name]));
          if (isNew && name.startsWith(user)) deletes.push({ path: [operator, account, name] });
        }
      }
      return { ...commit, deletes };
    }),
    fails: [DELETES],
  },
  {
    name: "keeps five thousand tokens of a commit and no more",
    fault: recommitted((commit) => (commit.tokens ? { ...commit, tokens: commit.tokens.slice(0, 5000) } : commit)),
    isOfSize: true,
    fails: [MANY],
  },
];

const SHARING: readonly BrokenStore[] = [
  {
    name: "keeps the path that it was given",
    fault: (sound) => {
      const given = new Map<string, StorePath>();
      return {
        find: async (publicKey) => (await sound.find(publicKey)).map((path) => given.get(key(path)) ?? path),
        async commit(commit) {
          await sound.commit(commit);
          for (const { path } of commit.tokens ?? []) given.set(key(path), path);
        },
      };
    },
    fails: [ISOLATION],
  },
  {
    name: "gives out its own list of places",
    fault: (sound) => {
      const own = new Map<string, readonly StorePath[]>();
      return {
        async find(publicKey) {
          const paths = own.get(publicKey) ?? (await sound.find(publicKey)).map((path) => Object.freeze(path));
          own.set(publicKey, paths);
          return paths;
        },
        async commit(commit) {
          await sound.commit(commit);
          own.clear();
        },
      };
    },
    fails: [ISOLATION],
  },
  {
    name: "gives out its own map of what is beside the tokens",
    fault: (sound) => {
      const own = new Map<string, ReadonlyMap<string, string>>();
      return {
        async readMeta(operator) {
          const meta = own.get(operator) ?? (await sound.readMeta(operator));
          own.set(operator, meta);
          return meta;
        },
        async commit(commit) {
          await sound.commit(commit);
          own.clear();
        },
      };
    },
    fails: [ISOLATION],
  },
  {
    name: "empties the commit that it was given",
    fault: (sound) => ({
      async commit(commit) {
        await sound.commit(commit);
        if (Array.isArray(commit.keys)) commit.keys.length = 0;
      },
    }),
    fails: [ISOLATION],
  },
];

const SAME_TIME: readonly BrokenStore[] = [
  {
    name: "compares before others are done",
    fault: (sound) => ({
      async commit(commit) {
        await assertCommittable(checkCommit(commit), sound);
        await aMoment();
        const { expected: _, ...rest } = commit;
        await sound.commit(rest);
      },
    }),
    fails: [RACES],
  },
  {
    name: "compares lists before others are done",
    fault: (sound) => ({
      async commit(commit) {
        await assertCommittable(checkCommit(commit), sound);
        await aMoment();
        const { expected: { lists: _, ...expected } = {}, ...rest } = commit;
        await sound.commit({ ...rest, expected });
      },
    }),
    fails: [RACES],
  },
  {
    name: "looks for the ones above before others are done",
    fault: (sound) => ({
      async commit(commit) {
        await assertCommittable(checkCommit(commit), sound);
        await aMoment();
        await swallowing("ERR_STORE_PARENT")(sound).commit?.(commit);
      },
    }),
    fails: [PARENTS],
  },
  {
    name: "loses commits while it makes one",
    fault: (sound) => {
      let isBusy = false;
      return {
        async commit(commit) {
          checkCommit(commit);
          if (isBusy) return;
          isBusy = true;
          try {
            await aMoment();
            await sound.commit(commit);
          } finally {
            isBusy = false;
          }
        },
      };
    },
    fails: [PARENTS, RACES, INDEPENDENT],
  },
  {
    name: "refuses commits while it makes one",
    fault: (sound) => {
      let isBusy = false;
      return {
        async commit(commit) {
          if (isBusy) refuse("ERR_STORE_LOCKED");
          isBusy = true;
          try {
            await sound.commit(commit);
          } finally {
            isBusy = false;
          }
        },
      };
    },
    fails: [PARENTS, RACES, INDEPENDENT],
  },
  {
    name: "writes over what others wrote beside the tokens meanwhile",
    fault: (sound) => ({
      async commit(commit) {
        if (!isObject(commit) || !commit.meta?.length) return sound.commit(commit);
        const before = await sound.readMeta("O");
        await aMoment();
        await sound.commit(commit);
        const changed = new Set(commit.meta.map(({ name }) => name));
        const others = [...(await sound.readMeta("O")).keys()].filter(
          (name) => !before.has(name) && !changed.has(name),
        );
        await sound.commit({ meta: others.map((name) => ({ operator: "O", name, value: undefined })) });
      },
    }),
    fails: [INDEPENDENT],
  },
  {
    name: "makes the parts of a commit one after the other",
    fault: (sound) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        async commit(commit) {
          checkCommit(commit);
          const { tokens = [], keys = [], deletes = [], deletedKeys = [], meta = [] } = commit;
          const made = last.then(async () => {
            await assertCommittable(checkCommit(commit), sound);
            for (const token of [...tokens].sort((a, b) => a.path.length - b.path.length)) {
              await sound.commit({ tokens: [token] });
            }
            for (const change of [...deletes].sort((a, b) => b.path.length - a.path.length)) {
              await sound.commit({ deletes: [change] });
            }
            for (const change of meta) await sound.commit({ meta: [change] });
            await sound.commit({ keys, deletedKeys });
          });
          last = made.catch(() => undefined);
          await made;
        },
      };
    },
    fails: [NO_PART],
  },
];

const VIEWING: readonly BrokenStore[] = [
  { name: "remembers tokens in each view", fault: remembering("read"), hasViews: true, fails: [VIEWS] },
  { name: "remembers lists in each view", fault: remembering("list"), hasViews: true, fails: [VIEWS] },
  { name: "remembers places in each view", fault: remembering("find"), hasViews: true, fails: [VIEWS, ISOLATION] },
  {
    name: "remembers lists of keys in each view",
    fault: remembering("listKeys"),
    hasViews: true,
    fails: [VIEWS],
  },
  { name: "remembers keys in each view", fault: remembering("getKey"), hasViews: true, fails: [VIEWS, KEYS] },
  {
    name: "remembers in each view what is beside the tokens",
    fault: remembering("readMeta"),
    hasViews: true,
    fails: [VIEWS, META, ISOLATION],
  },
  {
    name: "has other data in the other view",
    fault: () => withFault(memoryStore(), () => ({})),
    hasViews: true,
    fails: [VIEWS, KEYS, META, ALL, NOTHING, CONFLICTS, PARENTS, BEGUN, NO_PART, RACES, INDEPENDENT],
  },
];

export const BROKEN_STORES: readonly BrokenStore[] = [
  ...READING,
  ...LISTING,
  ...NAMING,
  ...KEEPING,
  ...FINDING,
  ...COMMITTING,
  ...SHARING,
  ...SAME_TIME,
  ...VIEWING,
  ...WATCHING,
];

const UNFIT = /[\p{Cc}<>:"/\\|?*]|^\.*$|[. ]$|^(?:con|nul)(?:\.|$)/iu;

function refusingNames(isRefused: (path: StorePath, sound: Store, commit: StoreCommit) => Promise<boolean>): Fault {
  return (sound) => ({
    async commit(commit) {
      checkCommit(commit);
      for (const { path } of commit.tokens ?? []) {
        if (await isRefused(path, sound, commit)) refuse("ERR_STORE_NAME");
      }
      await sound.commit(commit);
    },
  });
}

/** Stores that do otherwise than the one in memory what a store may do otherwise. */
export const SOUND_STORES: readonly Omit<BrokenStore, "fails">[] = [
  { name: "is the one in memory", fault: () => ({}) },
  { name: "has two views of the same data", fault: () => ({}), hasViews: true },
  {
    name: "refuses names that file systems don't take",
    fault: refusingNames(async (path) => path.some((name) => UNFIT.test(name) || name.length > 80)),
  },
  {
    name: "refuses names that are similar to others",
    fault: refusingNames(async (path, sound, { tokens = [] }) => {
      const name = path.at(-1) as string;
      const prefix = path.slice(0, -1);
      const made =
        tokens.length > 100 ? [] : tokens.map((token) => token.path).filter((other) => isBelow(other, prefix));
      const names = [...(await namesOf(sound, prefix)), ...made.map((other) => other.at(-1) as string)];
      return names.some((other) => other !== name && fold(other) === fold(name));
    }),
  },
  {
    name: "freezes what it gives out",
    fault: (sound) => ({
      find: async (publicKey) => Object.freeze((await sound.find(publicKey)).map((path) => Object.freeze(path))),
    }),
  },
  {
    name: "takes a moment for each commit",
    fault: (sound) => ({
      async commit(commit) {
        await aMoment();
        await sound.commit(commit);
      },
    }),
  },
];

function fold(name: string): string {
  return name.normalize().toLowerCase();
}
