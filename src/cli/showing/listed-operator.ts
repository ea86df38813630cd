import { CommandError } from "../command-error.ts";
import type { listAccountsFlags } from "../commands/list.ts";
import type { Invocation } from "../invocation.ts";

/** Whose accounts or users are listed: by `--operator`, which does not change the context as it does in nsc. */
export async function listedOperator(
  { tree, flags }: Invocation<typeof listAccountsFlags>,
  hint: string,
): Promise<{ readonly operator: string; readonly account: string | undefined }> {
  const context = await tree.context();
  const given = flags.operator;
  if (given === undefined || given === "" || given === context.operator) {
    const { operator, account } = context;
    if (operator !== undefined) return { operator, account };
    throw new CommandError(`no operator set - \`${hint}\``, { code: "ERR_NO_OPERATOR" });
  }
  await tree.assertOperator(given);
  const names = await tree.names([given]);
  // The current account is one of another operator; as everywhere, an only account is the current one.
  return { operator: given, account: names.length === 1 ? names[0] : undefined };
}
