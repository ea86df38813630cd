import { describe } from "../../authority/reports/describe.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import type { describeAccountFlags } from "../commands/describe.ts";
import type { Invocation } from "../invocation.ts";
import { describeToken } from "../showing/describe-token.ts";

export async function run(invocation: Invocation<typeof describeAccountFlags>): Promise<void> {
  const { flags, args } = invocation;
  const account = await accountOrAsk(invocation, flags.name || args[0]);
  await describeToken(invocation, { kind: "account", token: account.token, describe: () => describe(account) });
}
