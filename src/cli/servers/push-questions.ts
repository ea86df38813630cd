import type { Operator } from "../../authority/operator.ts";
import { askAccount } from "../asking/ask-account.ts";
import type { pushFlags } from "../commands/push.ts";
import type { Invocation } from "../invocation.ts";
import { wrongWithPushUrl } from "./urls.ts";

/** What was answered, with `--interactive`. */
export interface PushAnswers {
  readonly account?: string;
  readonly url?: string;
}

/** Asks for the account and the servers. The system account and its user are known, or made for the purpose. */
export async function askForPush(invocation: Invocation<typeof pushFlags>, operator: Operator): Promise<PushAnswers> {
  const { globals, flags, prompts } = invocation;
  if (globals.interactive !== true) return {};
  // With what is done without accounts, one that is named is pushed before.
  const isAlone = flags.prune === true || flags.diff === true || Boolean(flags["account-removal"]);
  const needsAccount = flags.all !== true && !isAlone && !flags.account;
  const account = needsAccount ? await askAccount(invocation) : undefined;
  const known = flags["account-jwt-server-url"] || operator.claims.nats.account_server_url;
  const url = await prompts.text("Account Server URL or nats-resolver enabled nats-server URL", {
    ...(known && { initial: known }),
    check: wrongWithPushUrl,
  });
  return { ...(account !== undefined && { account }), url };
}
