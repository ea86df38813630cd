import { isNscError } from "../errors.ts";
import type { StoreChange, StorePath } from "../store/store.ts";
import type { KvBucket } from "./kv-bucket.ts";
import { Deadline, sleep } from "./kv-deadline.ts";
import type { Head } from "./kv-head.ts";
import { HEAD_KEY, meaningOf } from "./kv-keys.ts";
import type { KvLog } from "./kv-log.ts";
import { failureOf } from "./requests.ts";

/** A message may be lost with the connection, and a server may be slower to keep a message than to pass it on. */
const POLL_MS = 5000;
const SOON_MS: readonly number[] = [2, 20, 200];

const ANYTHING: StoreChange = Object.freeze({
  isAnything: true,
  paths: Object.freeze([]),
  operators: Object.freeze([]),
  publicKeys: Object.freeze([]),
});

/** Wakes up one who waits. */
class Bell {
  #isRung = false;
  #wake: (() => void) | undefined;

  readonly ring = (): void => {
    this.#isRung = true;
    this.#wake?.();
  };

  async wait(milliseconds: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, milliseconds);
      });
    }
    clearTimeout(timer);
    const wasRung = this.#isRung;
    this.#isRung = false;
    return wasRung;
  }
}

/**
 * The commits of others. That there is something new, the messages to the key `head` say, which every subscriber hears; what it
 * is, the key says.
 *
 * @param isOwn - whether a commit is one that need not be heard of
 */
export async function* watchLog(
  bucket: KvBucket,
  log: KvLog,
  isOwn: (id: string) => boolean,
  signal: AbortSignal | undefined,
  timeout: number,
): AsyncGenerator<StoreChange, undefined> {
  if (signal?.aborted) return;
  const { connection } = bucket;
  const bell = new Bell();
  let failure: unknown;
  const subscription = connection.subscribe(bucket.subjectOf(HEAD_KEY), {
    callback: (error) => {
      if (error !== null) failure ??= error;
      bell.ring();
    },
  });
  // A reconnect needs no word: the next look is not far, and the client subscribes again.
  connection.closed().then(bell.ring, bell.ring);
  signal?.addEventListener("abort", bell.ring, { once: true });
  const deadline = (): Deadline => new Deadline(`watch the bucket ${JSON.stringify(bucket.name)}`, timeout);
  try {
    await connection.flush().catch(() => undefined);
    let seen = await log.head(deadline());
    let soon = 0;
    if (!signal?.aborted) yield ANYTHING;
    while (!signal?.aborted) {
      if (failure !== undefined)
        throw deadline().failure(failureOf(failure, "the bucket can't be watched").message, failure);
      const now = await lookAgain(() => log.head(deadline()), connection);
      const change = now && changeBetween(seen, now, isOwn);
      if (now !== undefined && now.count !== seen.count) soon = SOON_MS.length;
      if (now !== undefined) seen = now;
      if (signal?.aborted) return;
      if (change !== undefined) yield change;
      else if (await bell.wait(SOON_MS[soon] ?? POLL_MS)) soon = 0;
      else soon += 1;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", bell.ring);
    if (!connection.isClosed()) subscription.unsubscribe();
  }
}

/** Nothing as long as the connection is away. */
async function lookAgain(look: () => Promise<Head>, connection: KvBucket["connection"]): Promise<Head | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_IO") || connection.isClosed()) throw error;
    await sleep(100);
    return undefined;
  }
}

function changeBetween(before: Head, after: Head, isOwn: (id: string) => boolean): StoreChange | undefined {
  const count = after.count - before.count;
  if (count === 0) return undefined;
  if (count > after.recent.length) return ANYTHING;
  const commits = after.recent.slice(-count).filter(({ id }) => !isOwn(id));
  if (commits.some(({ keys }) => keys === undefined)) return ANYTHING;
  const paths: StorePath[] = [];
  const operators = new Set<string>();
  const publicKeys = new Set<string>();
  for (const key of new Set(commits.flatMap(({ keys = [] }) => keys))) {
    const meaning = meaningOf(key);
    if (meaning?.kind === "token") paths.push(meaning.path);
    else if (meaning?.kind === "meta") operators.add(meaning.operator);
    else if (meaning?.kind === "seed") publicKeys.add(meaning.publicKey);
  }
  if (commits.length === 0) return undefined;
  return { isAnything: false, paths, operators: [...operators], publicKeys: [...publicKeys] };
}
