/**
 * What says that a push of an account did not reach all servers, so that a later one can finish it.
 *
 * @module
 */

import { pushName } from "../authority/meta.ts";
import type { Operator } from "../authority/operator.ts";
import { isNscError } from "../errors.ts";
import type { StoreExpectations, StoreMetaChange } from "../store/store.ts";
import type { StoredAccount } from "./accounts.ts";

const MAX_ATTEMPTS = 20;

/** Marks the accounts that failed, and takes the marks of those that did not. */
export async function settlePending(
  operator: Operator,
  failed: readonly StoredAccount[],
  done: readonly StoredAccount[],
): Promise<void> {
  const { store } = operator.cell.session.context;
  for (let attempt = 1; ; attempt++) {
    const marks = await store.readMeta(operator.name);
    const changes: StoreMetaChange[] = [];
    const tokens: NonNullable<StoreExpectations["tokens"]>[number][] = [];
    for (const { publicKey, claims } of failed) {
      const name = pushName(publicKey);
      const value = claims.jti ?? "";
      if (marks.get(name) !== value) changes.push({ operator: operator.name, name, value });
    }
    for (const { publicKey, path, token } of done) {
      const name = pushName(publicKey);
      // What was changed since is not on the servers.
      if (!marks.has(name) || (await store.read(path)) !== token) continue;
      changes.push({ operator: operator.name, name, value: undefined });
      tokens.push({ path, token });
    }
    if (changes.length === 0) return;
    const meta = changes.map((change) => ({ ...change, value: marks.get(change.name) }));
    try {
      return await store.commit({ meta: changes, expected: { tokens, meta } });
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_CONFLICT") || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
