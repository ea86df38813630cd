import type { Account } from "../../authority/account.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";

/** The names of an account's users, of which there must be one. */
export async function userNames(
  { tree }: Pick<Invocation, "tree">,
  account: Pick<Account, "name">,
): Promise<readonly string[]> {
  const names = await tree.names([await tree.operatorName(), account.name]);
  if (names.length > 0) return names;
  throw new CommandError(`account ${quote(account.name)} doesn't have any users - add one first`, {
    code: "ERR_NO_USER",
    hint: "make one with 'nsc add user'",
  });
}

/** The name of a user; it is picked where the account has more than one. nsc: `PickUser`. */
export async function askUser(
  invocation: Pick<Invocation, "prompts" | "tree">,
  account: Pick<Account, "name">,
): Promise<string> {
  const names = await userNames(invocation, account);
  if (names.length === 1) return names[0] as string;
  return await invocation.prompts.select(
    "select user",
    names.map((name) => ({ label: name, value: name })),
  );
}
