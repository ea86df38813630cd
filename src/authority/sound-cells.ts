import { isNscError, type NscError } from "../errors.ts";
import { pathBelow } from "../store/paths.ts";
import type { StorePath, StorePrefix } from "../store/store.ts";
import type { Cell } from "./cell.ts";
import type { AccountPath, OperatorPath, UserPath } from "./paths.ts";
import type { Session } from "./session.ts";

/** The paths below a prefix. */
type PathsBelow<Prefix extends StorePrefix> = Prefix extends AccountPath
  ? UserPath
  : Prefix extends OperatorPath
    ? AccountPath
    : OperatorPath;

/** Is told of what can't be read. */
type OnDamaged = (path: StorePath, error: NscError) => void;

/** The cells below a prefix, one after the other. What can't be read is told of, and in the way of nothing else. */
export async function* soundCells<Prefix extends StorePrefix>(
  session: Session,
  prefix: Prefix,
  onDamaged: OnDamaged,
): AsyncGenerator<readonly [path: PathsBelow<Prefix>, cell: Cell], undefined> {
  for await (const name of session.names(prefix)) {
    const path = pathBelow(prefix, name) as PathsBelow<Prefix>;
    try {
      const cell = await session.find(path, true);
      if (cell !== undefined) yield [path, cell];
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      onDamaged(path, error);
    }
  }
}

/** The cells of all that is below an operator: each account, and its users after it. */
export async function* soundTree(
  session: Session,
  operator: OperatorPath,
  onDamaged: OnDamaged,
): AsyncGenerator<readonly [path: AccountPath | UserPath, cell: Cell], undefined> {
  for await (const account of soundCells(session, operator, onDamaged)) {
    yield account;
    yield* soundCells(session, account[0], onDamaged);
  }
}
