import { can } from "../../authority/reports/can.ts";
import { refusal } from "../asking/refusal.ts";
import { CommandError } from "../command-error.ts";
import type { canFlags } from "../commands/questions.ts";
import type { Invocation } from "../invocation.ts";
import { escapeLine } from "../text/escape-line.ts";
import { quote } from "../text/quote.ts";

const ACTIONS: Readonly<Record<string, "publish" | "subscribe">> = {
  publish: "publish",
  pub: "publish",
  subscribe: "subscribe",
  sub: "subscribe",
};

const ACTION_OF = { publish: "publish to", subscribe: "subscribe to" } as const;

export async function run({ args, flags, tree, output }: Invocation<typeof canFlags>): Promise<void> {
  const [word, subject] = args as readonly [string, string];
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined) {
    throw new CommandError(`nobody can ${quote(word)}`, {
      code: "ERR_USAGE",
      hint: "say publish or subscribe, and a subject",
      showsUsage: true,
    });
  }
  const account = await tree.account(flags.account);
  const user = await tree.user(account, flags.user);
  const { queue, cluster, reply, "server-version": serverVersion } = flags;
  if (serverVersion !== undefined && !/^2\.(?:9|\d\d)\.\d+/.test(serverVersion)) {
    throw new CommandError(`there is no nats-server ${quote(serverVersion)} to go by`, {
      code: "ERR_USAGE",
      hint: "--server-version takes 2.9.0 or later, such as 2.10.27",
    });
  }
  const answer = can(user, action, subject, {
    ...(queue === undefined ? {} : { queue }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(reply === undefined ? {} : { reply }),
    ...(serverVersion === undefined ? {} : { serverVersion }),
  });
  output.data(answer);
  output.print(`${escapeLine(answer.message)}\n`);
  for (const subject of answer.withheld) output.print(`  it does not get ${escapeLine(subject)}\n`);
  for (const { source, subject, share, allowed } of answer.mapped ?? []) {
    const text = `${source} sends ${share}% to ${subject}, which is ${allowed ? "allowed" : "denied"}`;
    output.print(`  ${escapeLine(text)}\n`);
  }
  if (!answer.allowed)
    throw refusal(`user ${quote(user.name)} may not ${ACTION_OF[action]} ${escapeLine(subject)}`, "ERR_DENIED");
}
