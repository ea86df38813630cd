import type { Account } from "../../authority/account.ts";
import type { User } from "../../authority/user.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";

/**
 * The user that something is generated for: the one that is named, or the only one.
 *
 * @throws CommandError with nsc's words
 */
export async function userToUse({ tree }: Pick<Invocation, "tree">, account: Account, given?: string): Promise<User> {
  const names = await tree.names([await tree.operatorName(), account.name]);
  if (!given && names.length === 0) {
    throw new CommandError(`account ${quote(account.name)} has no users`, { code: "ERR_NO_USER" });
  }
  try {
    return await tree.user(account, given);
  } catch (error) {
    if (!given || !(error instanceof CommandError)) throw error;
    throw new CommandError(`user ${quote(given)} not found in ${quote(account.name)}`, { code: error.code });
  }
}
