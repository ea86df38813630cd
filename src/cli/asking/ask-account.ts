import type { Account } from "../../authority/account.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";

/**
 * The account that a command is about; with `-i` it is picked where the operator has more than one. nsc: `PickAccount`.
 *
 * @param given - a name or a public key; the current account by default
 */
export async function accountOrAsk(invocation: Invocation, given?: string): Promise<Account> {
  const { globals, tree } = invocation;
  return await tree.account(globals.interactive === true ? await askAccount(invocation, given) : given);
}

/** Asks for an account of the current operator, where it has more than one. @returns its name */
export async function askAccount(
  { prompts, tree }: Pick<Invocation, "prompts" | "tree">,
  given?: string,
): Promise<string> {
  const operator = await tree.operatorName();
  const names = await tree.names([operator]);
  const [first] = names;
  if (first === undefined) {
    throw new CommandError("no accounts defined - add one first", {
      code: "ERR_NO_ACCOUNT",
      hint: "make one with 'nsc add account'",
    });
  }
  const initial = given ? await tree.accountName(given) : (await tree.context()).account;
  if (names.length === 1) return first;
  return await prompts.select(
    "select account",
    names.map((name) => ({ label: name, value: name })),
    initial,
  );
}
