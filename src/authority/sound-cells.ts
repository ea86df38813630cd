import { isNscError, type NscError } from "../errors.ts";
import { pathBelow } from "../store/paths.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import type { Cell } from "./cell.ts";
import type { Session } from "./session.ts";

/** The cells below a prefix, one after the other. What can't be read is told of, and in the way of nothing else. */
export async function* soundCells(
  session: Session,
  prefix: StorePrefix,
  onDamaged: (path: StorePath, error: NscError) => void,
): AsyncGenerator<readonly [path: StorePath, cell: Cell], undefined> {
  for await (const name of session.names(prefix)) {
    const path = pathBelow(prefix, name);
    try {
      const cell = await session.find(path, true);
      if (cell !== undefined) yield [path, cell];
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      onDamaged(path, error);
    }
  }
}
