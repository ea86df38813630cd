import { describe } from "../../authority/reports/describe.ts";
import { accountOrAsk } from "../ask-account.ts";
import type { describeUserFlags } from "../commands/describe.ts";
import { describeToken } from "../describe-token.ts";
import type { Invocation } from "../invocation.ts";

export async function run(invocation: Invocation<typeof describeUserFlags>): Promise<void> {
  const { tree, flags, args, globals, prompts } = invocation;
  const account = await accountOrAsk(invocation, flags.account);
  let given = flags.name || args[0];
  if (!given && globals.interactive === true) {
    const names = await tree.names([await tree.operatorName(), account.name]);
    given = await prompts.select(
      "select user",
      names.map((name) => ({ label: name, value: name })),
    );
  }
  const user = await tree.user(account, given);
  await describeToken(invocation, { kind: "user", token: user.token, describe: () => describe(user) });
}
