import { describe } from "../../authority/reports/describe.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { askUser } from "../asking/ask-user.ts";
import type { describeUserFlags } from "../commands/describe.ts";
import type { Invocation } from "../invocation.ts";
import { describeToken } from "../showing/describe-token.ts";

export async function run(invocation: Invocation<typeof describeUserFlags>): Promise<void> {
  const { tree, flags, args, globals } = invocation;
  const account = await accountOrAsk(invocation, flags.account);
  const given = flags.name || args[0];
  const isAsking = !given && globals.interactive === true;
  const user = await tree.user(account, isAsking ? await askUser(invocation, account) : given);
  await describeToken(invocation, { kind: "user", token: user.token, describe: () => describe(user) });
}
