import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { listUsersFlags } from "../commands/revocations.ts";
import type { Invocation } from "../invocation.ts";
import { userNamesByKey } from "../revocations/meant-user.ts";
import { printRevocations } from "../revocations/print-revocations.ts";

export async function run(invocation: Invocation<typeof listUsersFlags>): Promise<void> {
  const { flags, output } = invocation;
  const account = await accountOrAsk(invocation, flags.account);
  // Programs get the empty list that it is; nsc, which has no JSON here, fails.
  if (account.revocations.length === 0 && !output.isJson) {
    throw new CommandError(`account ${account.name} does not have revoked users`, { code: "ERR_ENTITY_NOT_FOUND" });
  }
  printRevocations(invocation, account.revocations, {
    title: `Revoked Users for ${account.name}`,
    all: "All Users",
    names: await userNamesByKey(account),
  });
}
