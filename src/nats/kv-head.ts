import { utf8Length } from "../encoding/bytes.ts";
import { NscError } from "../errors.ts";

/** A change of a key: its new text, or nothing when it goes, and its revision before as far as that is known. */
export interface KeyChange {
  readonly key: string;
  readonly text: string | undefined;
  readonly revision: number;
}

/** A commit that was decided not long ago. */
export interface RecentCommit {
  readonly id: string;
  /** The keys that it changed; nothing when there were too many. */
  readonly keys?: readonly string[];
}

/** The last commit, as the key `head` has it. */
export interface Head {
  /** How many commits there were. */
  readonly count: number;
  /** The revision of the key `head`. */
  readonly revision: number;
  /** Whether keys may be without the commit's changes still. */
  readonly isPending: boolean;
  /** The public key for which seeds are sealed; nothing as long as there are none. */
  readonly sealedFor: string | undefined;
  /** The last commits, the newest last. */
  readonly recent: readonly RecentCommit[];
  /** What a pending commit changes, if it is small; else in how many parts that is kept. */
  readonly changes: readonly KeyChange[] | number;
}

/** The first head. */
export function noHead(revision: number): Head {
  return { count: 0, revision, isPending: false, sealedFor: undefined, recent: [], changes: [] };
}

/** The id of the last commit. */
export function lastId({ recent }: Head): string {
  return recent.at(-1)?.id ?? "";
}

type ChangeTuple = readonly [key: string, text: string | null, revision: number];

interface HeadText {
  readonly version: number;
  readonly count: number;
  readonly state: "pending" | "applied";
  readonly sealedFor?: string | undefined;
  readonly recent: readonly RecentCommit[];
  readonly changes?: readonly ChangeTuple[] | undefined;
  readonly chunks?: number | undefined;
}

const VERSION = 1;
/** So much is kept of what the last commits changed, in characters. */
const RECENT_SIZE = 4096;
const RECENT_COUNT = 32;

/** The text of a head. */
export function headText({ count, isPending, sealedFor, recent, changes }: Omit<Head, "revision">): string {
  const text: HeadText = {
    version: VERSION,
    count,
    state: isPending ? "pending" : "applied",
    sealedFor,
    recent,
    ...(isPending && (typeof changes === "number" ? { chunks: changes } : { changes: changes.map(tupleOf) })),
  };
  return JSON.stringify(text);
}

/** The text of changes, to be kept in parts. */
export function changesText(changes: readonly KeyChange[]): string {
  return JSON.stringify(changes.map(tupleOf));
}

function tupleOf({ key, text, revision }: KeyChange): ChangeTuple {
  return [key, text ?? null, revision];
}

/**
 * The head that a text is of.
 *
 * @throws NscError `ERR_STORE_DAMAGED`
 */
export function parseHead(text: string, revision: number): Head {
  const { version, count, state, sealedFor, recent, changes, chunks } = parsed(text, "head") as Partial<HeadText>;
  if (version !== undefined && version !== VERSION) {
    throw damaged(`head is of version ${String(version)}, which a newer release of this library has written`);
  }
  const isSound =
    version === VERSION &&
    Number.isSafeInteger(count) &&
    (state === "pending" || state === "applied") &&
    Array.isArray(recent) &&
    recent.every((commit) => typeof (commit as Partial<RecentCommit> | null)?.id === "string");
  if (!isSound) throw damaged("head is none");
  const isPending = state === "pending";
  return {
    count: count as number,
    revision,
    isPending,
    sealedFor,
    recent,
    changes: isPending ? (chunks ?? changesOf(changes)) : [],
  };
}

/**
 * The changes of a text that was kept in parts.
 *
 * @throws NscError `ERR_STORE_DAMAGED`
 */
export function parseChanges(text: string): readonly KeyChange[] {
  return changesOf(parsed(text, "a commit"));
}

function changesOf(tuples: unknown): readonly KeyChange[] {
  if (!Array.isArray(tuples)) throw damaged("a commit has no changes");
  return tuples.map((tuple: unknown) => {
    const [key, text, revision] = Array.isArray(tuple) ? (tuple as unknown[]) : [];
    if (typeof key !== "string" || (text !== null && typeof text !== "string") || !Number.isSafeInteger(revision)) {
      throw damaged("a change of a commit is none");
    }
    return { key, text: text ?? undefined, revision: revision as number };
  });
}

/** The last commits with one more. */
export function withRecent(
  recent: readonly RecentCommit[],
  id: string,
  keys: readonly string[],
): readonly RecentCommit[] {
  const all = [...recent.slice(1 - RECENT_COUNT), { id, keys }];
  let size = 0;
  return all
    .reverse()
    .map((commit) => {
      size += (commit.keys ?? []).reduce((sum, key) => sum + utf8Length(key) + 3, 0);
      return size > RECENT_SIZE ? { id: commit.id } : commit;
    })
    .reverse();
}

/** The keys that changed between two heads; nothing if that is not known any more. */
export function changedBetween(before: Head, after: Head): ReadonlySet<string> | undefined {
  const missed = after.count - before.count;
  if (missed < 0 || missed > after.recent.length) return undefined;
  const commits = missed === 0 ? [] : after.recent.slice(-missed);
  if (commits.some(({ keys }) => keys === undefined)) return undefined;
  return new Set(commits.flatMap(({ keys = [] }) => keys));
}

function parsed(text: string, what: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // The error would quote it.
  }
  throw damaged(`${what} is no JSON`);
}

function damaged(what: string): NscError {
  return new NscError("ERR_STORE_DAMAGED", `the bucket can't be read: ${what}`);
}
