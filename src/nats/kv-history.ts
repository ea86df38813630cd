import type { StorePath } from "../store/store.ts";
import type { KvBucket } from "./kv-bucket.ts";
import type { Deadline } from "./kv-deadline.ts";
import { isKeepable, tokenKey } from "./kv-keys.ts";

/** A token that is or was at a path, or its deletion. */
export interface FormerToken {
  /** The token; nothing where it was deleted. */
  readonly token: string | undefined;
  /** When it was written, as the server's clock has it. */
  readonly time: Date;
  /** Its revision in the bucket; later ones are larger. */
  readonly revision: number;
}

/** What was at a path, the oldest first. */
export async function historyOf(bucket: KvBucket, path: StorePath, deadline: Deadline): Promise<FormerToken[]> {
  const found: FormerToken[] = [];
  if (!isKeepable(path)) return found;
  const key = tokenKey(path);
  for (let from = 1; ; ) {
    const { revision, text, time } = await bucket.next(key, from, deadline);
    if (revision === 0) return found;
    found.push({ token: text, time: new Date(time), revision });
    from = revision + 1;
  }
}
