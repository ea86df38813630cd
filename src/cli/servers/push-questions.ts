import type { Operator } from "../../authority/operator.ts";
import { CommandError } from "../command-error.ts";
import type { pushFlags } from "../commands/push.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";
import { wrongWithPushUrl } from "./urls.ts";

/** What was answered, with `--interactive`. */
export interface PushAnswers {
  readonly account?: string;
  readonly url?: string;
}

/** Asks for the account and the servers. The system account and its user are known, or made for the purpose. */
export async function askForPush(
  { globals, flags, prompts, tree }: Invocation<typeof pushFlags>,
  operator: Operator,
): Promise<PushAnswers> {
  if (globals.interactive !== true) return {};
  const needsAccount = flags.all !== true && flags.prune !== true && !flags.account;
  const account = needsAccount ? await pickAccount({ prompts, tree }, operator) : undefined;
  const known = flags["account-jwt-server-url"] || operator.claims.nats.account_server_url;
  const url = await prompts.text("Account Server URL or nats-resolver enabled nats-server URL", {
    ...(known && { initial: known }),
    check: wrongWithPushUrl,
  });
  return { ...(account !== undefined && { account }), url };
}

/** Asks for one of the accounts, where there are several. nsc: `PickAccount`. */
export async function pickAccount(
  { prompts, tree }: Pick<Invocation, "prompts" | "tree">,
  operator: Operator,
): Promise<string> {
  const names = await tree.names([operator.name]);
  const [only] = names;
  if (only === undefined) {
    throw new CommandError("no accounts defined - add one first", { code: "ERR_NO_ACCOUNT" });
  }
  if (names.length === 1) return only;
  const { account } = await tree.context();
  const choices = names.map((name) => ({ label: name, value: name }));
  return await prompts.select("select account", choices, account);
}

/** Asks for one of the users of an account, where there are several. nsc: `PickUser`. */
export async function pickUser(
  { prompts, tree }: Pick<Invocation, "prompts" | "tree">,
  operator: string,
  account: string,
): Promise<string> {
  const names = await tree.names([operator, account]);
  const [only] = names;
  if (only === undefined) {
    const message = `account ${quote(account)} doesn't have any users - add one first`;
    throw new CommandError(message, { code: "ERR_NO_USER" });
  }
  if (names.length === 1) return only;
  return await prompts.select(
    "select user",
    names.map((name) => ({ label: name, value: name })),
  );
}
