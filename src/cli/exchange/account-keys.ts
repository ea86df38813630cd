import { isNscError } from "../../errors.ts";
import { keyPrefix } from "../../nkeys/codec.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { accountKeyProblem } from "./problems.ts";

/** The names of the operator's accounts by their keys; accounts that can't be read have none. */
export async function accountNames({ tree }: Pick<Invocation, "tree">): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  try {
    for await (const { name, publicKey } of (await tree.operator()).accounts()) names.set(publicKey, name);
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
  }
  return names;
}

/**
 * The key of an account: as it was given, or that of the operator's account of that name.
 *
 * @param what - the flag, for errors
 * @param takesAll - whether "*" stands for all accounts
 * @throws CommandError
 */
export async function accountKey(
  { tree }: Pick<Invocation, "tree">,
  given: string | undefined,
  { what, takesAll = false }: { readonly what: string; readonly takesAll?: boolean },
): Promise<string> {
  const problem = accountKeyProblem(given ?? "", what, takesAll);
  if (problem === undefined) return given as string;
  if (!given || given === "*" || keyPrefix(given) !== "unknown") {
    throw new CommandError(problem, { code: "ERR_KEY_INVALID" });
  }
  const operator = await tree.operator();
  if (!(await tree.names([operator.name])).includes(given)) {
    throw new CommandError(`account ${given} does not exist in the current operator`, {
      code: "ERR_ENTITY_NOT_FOUND",
    });
  }
  return (await operator.account(given)).publicKey;
}
