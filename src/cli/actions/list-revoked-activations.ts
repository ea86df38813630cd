import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { listActivationsFlags } from "../commands/revocations.ts";
import { accountNames } from "../exchange/account-keys.ts";
import type { Invocation } from "../invocation.ts";
import { chooseRevokedExport } from "../revocations/choose-revoked-export.ts";
import { printRevocations } from "../revocations/print-revocations.ts";

export async function run(invocation: Invocation<typeof listActivationsFlags>): Promise<void> {
  const { flags, output } = invocation;
  const account = await accountOrAsk(invocation, flags.account);
  const { subject, type, name = subject } = await chooseRevokedExport(invocation, account, flags);
  const revocations = account.activationRevocations(subject, { type });
  if (revocations.length === 0 && !output.isJson) {
    throw new CommandError(`${type} ${name} has no revocations`, { code: "ERR_ENTITY_NOT_FOUND" });
  }
  printRevocations(invocation, revocations, {
    title: `Revoked Accounts for ${type} ${name}`,
    all: "All Accounts",
    names: await accountNames(invocation),
  });
}
