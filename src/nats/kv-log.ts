import { utf8Length } from "../encoding/bytes.ts";
import { isNscError, NscError } from "../errors.ts";
import { forEachLimited, mapLimited } from "../store/for-each-limited.ts";
import type { KvBucket } from "./kv-bucket.ts";
import { type Deadline, sleep, Unclear } from "./kv-deadline.ts";
import {
  changesText,
  type Head,
  headText,
  type KeyChange,
  lastId,
  noHead,
  parseChanges,
  parseHead,
  withRecent,
} from "./kv-head.ts";
import { chunkKey, HEAD_KEY, meaningOf } from "./kv-keys.ts";
import { randomId } from "./random-id.ts";

/** Requests under way at a time. */
export const PIPELINE = 256;
/** Commits up to this size are a part of the head. */
const INLINE_SIZE = 128 * 1024;
/** In characters, each of which may have three bytes. */
const CHUNK_SIZE = 160 * 1024;
/** How long whoever decided a commit is left alone with it, and how much longer for each of its changes. */
const GRACE_MS = 60;
const GRACE_PER_CHANGE_MS = 1;

/** What came of a decision: its head, at revision -1 when it is applied already; nothing when another commit was first. */
export type Decision = Head | undefined;

/**
 * The commits of a bucket, one after the other. A commit is decided by one message: the key `head`, written on condition that
 * it is at the revision at which everything was read that the commit was decided on. From then on it counts, also where its
 * keys are not written yet. Whoever comes next finishes it.
 */
export class KvLog {
  readonly #bucket: KvBucket;
  /** The changes of the last pending commit that is kept in parts. */
  #parts: { readonly id: string; readonly changes: readonly KeyChange[] } | undefined;
  /** Nobody is shown what is older than what was shown. */
  #newest = 0;

  constructor(bucket: KvBucket) {
    this.#bucket = bucket;
  }

  /** The last commit. */
  async head(deadline: Deadline): Promise<Head> {
    for (;;) {
      const { text, revision } = await this.#bucket.get(HEAD_KEY, deadline);
      const head = text === undefined ? noHead(revision) : parseHead(text, revision);
      if (head.count >= this.#newest) {
        this.#newest = head.count;
        return head;
      }
      await deadline.pause("a server answered with an older state than was read before; was the bucket made anew?");
    }
  }

  /** The last commit, with all that it changes as long as it is pending. */
  async headWithChanges(deadline: Deadline): Promise<{ readonly head: Head; readonly changes: readonly KeyChange[] }> {
    for (;;) {
      const head = await this.head(deadline);
      const changes = await this.#changesOf(head, deadline);
      if (changes !== undefined) return { head, changes };
    }
  }

  /** Nothing if it is not pending any more, so that its parts are gone. */
  async #changesOf(head: Head, deadline: Deadline): Promise<readonly KeyChange[] | undefined> {
    const { changes } = head;
    if (typeof changes !== "number") return changes;
    const id = lastId(head);
    if (this.#parts?.id === id) return this.#parts.changes;
    const indexes = Array.from({ length: changes }, (_, index) => index);
    const parts = await mapLimited(
      indexes,
      async (index) => (await this.#bucket.get(chunkKey(id, index), deadline)).text,
    );
    if (parts.includes(undefined)) {
      const now = await this.head(deadline);
      if (now.revision !== head.revision) return undefined;
      throw new NscError("ERR_STORE_DAMAGED", "the bucket can't be read: a part of the last commit is missing");
    }
    this.#parts = { id, changes: parseChanges(parts.join("")) };
    return this.#parts.changes;
  }

  /** The last commit, once its keys are written: by whoever decided it, or else by us. */
  async settled(deadline: Deadline): Promise<Head> {
    let seen = { revision: -1, since: 0 };
    for (;;) {
      const { head, changes } = await this.headWithChanges(deadline);
      if (!head.isPending) return head;
      const now = performance.now();
      if (seen.revision !== head.revision) seen = { revision: head.revision, since: now };
      if (now - seen.since < GRACE_MS + GRACE_PER_CHANGE_MS * changes.length) await sleep(1 + Math.random() * 4);
      else await this.apply(head, changes, deadline);
    }
  }

  /**
   * Decides a commit.
   *
   * @param before - the head on which it is based
   * @throws NscError `ERR_STORE_IO` when it can't be or, as the message says then, when it is not known
   */
  async decide(
    before: Head,
    changes: readonly KeyChange[],
    sealedFor: string | undefined,
    deadline: Deadline,
  ): Promise<Decision> {
    this.#assertFits(changes, deadline);
    const id = randomId();
    const recent = withRecent(
      before.recent,
      id,
      changes.map(({ key }) => key),
    );
    const head = { count: before.count + 1, isPending: true, sealedFor, recent, changes };
    const whole = headText(head);
    if (whole.length <= Math.min(INLINE_SIZE, this.#bucket.largest / 3)) {
      return this.#decide(before, { ...head, revision: 0 }, whole, deadline);
    }
    const parts = await this.#writeParts(id, changes, deadline);
    this.#parts = { id, changes };
    const inParts = { ...head, revision: 0, changes: parts };
    return this.#decide(before, inParts, headText(inParts), deadline);
  }

  /** What can't be written must not be decided. */
  #assertFits(changes: readonly KeyChange[], deadline: Deadline): void {
    const { largest } = this.#bucket;
    const large = changes.find(({ text = "" }) => text.length * 3 > largest && utf8Length(text) > largest);
    if (large !== undefined) throw deadline.failure(`the server takes no more than ${largest} bytes for ${large.key}`);
  }

  async #decide(before: Head, head: Head, text: string, deadline: Deadline): Promise<Decision> {
    const id = lastId(head);
    let isUnclear = false;
    for (;;) {
      try {
        const revision = await this.#bucket.put(HEAD_KEY, text, before.revision, true, deadline);
        if (revision !== undefined) return { ...head, revision };
        // Somebody was first, which may be we: an answer got lost, or came after it was asked again.
        const now = await this.head(deadline);
        const known = now.recent.find((commit) => commit.id === id);
        if (known !== undefined) return { ...head, revision: now.isPending && lastId(now) === id ? now.revision : -1 };
        if (now.count - head.count < now.recent.length) {
          if (now.revision !== before.revision) return undefined;
        } else if (isUnclear) {
          throw deadline.failure("whether it was made is not known: too many commits were made since");
        } else return undefined;
        // In a cluster another message of that condition is on its way, and may come to nothing.
        await deadline.pause("another commit is being decided");
      } catch (error) {
        if (!(error instanceof Unclear)) {
          // With a cause it is of the connection, which broke when the message was sent already.
          const isLost = isNscError(error, "ERR_STORE_IO") && (isUnclear || error.cause !== undefined);
          throw isLost ? notKnown(deadline, error) : error;
        }
        isUnclear = true;
        if (deadline.isOver) throw notKnown(deadline, error.cause ?? error);
        await deadline.pause(error.cause ?? error).catch((cause: unknown) => Promise.reject(notKnown(deadline, cause)));
      }
    }
  }

  async #writeParts(id: string, changes: readonly KeyChange[], deadline: Deadline): Promise<number> {
    const text = changesText(changes);
    const size = Math.min(CHUNK_SIZE, Math.floor(this.#bucket.largest / 3));
    const parts: string[] = [];
    for (let at = 0; at < text.length; ) {
      // Half a character can't be sent.
      const isSplit = /[\ud800-\udbff]/.test(text[at + size - 1] ?? "");
      const end = at + size + (isSplit ? 1 : 0);
      parts.push(text.slice(at, end));
      at = end;
    }
    // That one is there already is our own, of which we did not hear.
    await forEachLimited(parts.entries(), ([index, part]) =>
      deadline.retry(() => this.#bucket.put(chunkKey(id, index), part, 0, false, deadline)),
    );
    return parts.length;
  }

  /**
   * Writes the keys of a decided commit, and says so in the head. A key that is at a later revision than the head has its
   * change already; so whoever comes too late changes nothing.
   */
  async apply(head: Head, changes: readonly KeyChange[], deadline: Deadline): Promise<Head> {
    await forEachLimited(changes, (change) => this.#write(change, head.revision, deadline), PIPELINE);
    const applied = { ...head, isPending: false, changes: [] };
    const revision = await deadline.retry(() =>
      this.#bucket.put(HEAD_KEY, headText(applied), head.revision, true, deadline),
    );
    if (typeof head.changes === "number") {
      this.#parts = undefined;
      // Also those of commits that came to nothing: what was written before this one was decided can't be decided any more.
      await this.#bucket.purge("c.>", head.revision, deadline);
    }
    return { ...applied, revision: revision ?? -1 };
  }

  async #write({ key, text, revision }: KeyChange, decided: number, deadline: Deadline): Promise<void> {
    const isAlone = meaningOf(key)?.kind !== "token";
    let expected = revision;
    for (;;) {
      const written = await deadline.retry(() => this.#bucket.put(key, text, expected, isAlone, deadline));
      if (written !== undefined) return;
      const now = await this.#bucket.get(key, deadline);
      if (now.revision > decided) return;
      if (now.revision === expected) await deadline.pause(`the key ${key} is being written`);
      expected = now.revision;
    }
  }
}

function notKnown(deadline: Deadline, cause: unknown): NscError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return deadline.failure(`whether it was made is not known, read it again: ${why}`, cause);
}
