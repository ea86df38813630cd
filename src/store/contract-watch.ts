/** What a store must do that can be watched. */

import { failed, makeTree, type StoreFixture, same, seedOf } from "./contract-support.ts";
import { pathKey } from "./paths.ts";
import type { StoreChange, StorePath } from "./store.ts";

export async function watched({ store, other }: StoreFixture): Promise<void> {
  const before = await makeTree({});
  await other.commit({ tokens: before.tokens });
  // A store need not tell what it did itself.
  if (store.watch === undefined || store === other) return;
  const aborting = new AbortController();
  const changes = store.watch({ signal: aborting.signal })[Symbol.asyncIterator]();
  const next = async (): Promise<StoreChange> => {
    const { done, value } = await changes.next();
    if (done) throw failed("a watch ended before it was aborted");
    return value;
  };
  /** Waits until all of it was heard of; it may come in pieces, or as anything. */
  const hear = async (expected: readonly string[]): Promise<void> => {
    const missing = new Set(expected);
    while (missing.size > 0) {
      const { isAnything, paths, operators, publicKeys } = await next();
      if (isAnything) return;
      for (const name of [...paths.map(pathKey), ...operators, ...publicKeys]) missing.delete(name);
    }
  };
  try {
    same((await next()).isAnything, true, "whether a watch begins with a change that may be anything");
    const tree = await makeTree({ A: ["u"] });
    await other.commit({
      tokens: tree.tokens,
      keys: [seedOf(tree.operator)],
      meta: [{ operator: "O", name: "m", value: "1" }],
    });
    const user: StorePath = ["O", "A", "u"];
    await hear([...tree.tokens.map(({ path }) => pathKey(path)), "O", tree.operator.publicKey]);
    same(await store.read(user), tree.tokens.at(-1)?.token, "a token that was heard of");
    await other.commit({ deletes: [{ path: user }], deletedKeys: [tree.operator.publicKey] });
    await hear([pathKey(user), tree.operator.publicKey]);
    same(await store.read(user), undefined, "a token whose deletion was heard of");
  } finally {
    aborting.abort();
    await changes.return?.();
  }
}
