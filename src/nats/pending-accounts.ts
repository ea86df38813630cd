import type { Account } from "../authority/account.ts";
import type { Operator } from "../authority/operator.ts";
import { compareUtf8 } from "../encoding/go-text.ts";
import { assertOperator, pendingPlaces } from "./accounts.ts";

/**
 * The accounts that a push did not bring to all servers, sorted by name. A push of `pending` accounts finishes them, and so
 * does one of all.
 *
 * @param operator - the operator
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_TRANSACTION`, and those of the store
 *
 * @example
 * ```ts
 * import { Nsc } from "nsc.js";
 * import { pendingAccounts } from "nsc.js/nats";
 *
 * const operator = await new Nsc().addOperator("local");
 * (await pendingAccounts(operator)).length; // 0
 * ```
 */
export async function pendingAccounts(operator: Operator): Promise<readonly Account[]> {
  await assertOperator(operator);
  const places = await pendingPlaces(operator);
  const names = places.map((path) => path[1]).sort(compareUtf8);
  return Promise.all(names.map((name) => operator.account(name)));
}
