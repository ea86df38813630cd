import type { Operator } from "../authority/operator.ts";
import { AccountServer } from "./account-server.ts";
import { type AccountServerTarget, isAccountServerTarget } from "./account-server-target.ts";
import { discover } from "./discovery.ts";
import type { AccountKeepers } from "./keepers.ts";
import { Resolvers } from "./resolvers.ts";
import { type NatsOptions, type NatsTarget, talk } from "./target.ts";

/**
 * Finds out what keeps accounts, has the work done and lets go.
 *
 * @param subjects - what the work asks of servers, for the user that is signed for it
 * @param listed - whether servers have to say which accounts they keep
 */
export function withKeepers<T>(
  target: NatsTarget | AccountServerTarget,
  operator: Operator,
  subjects: readonly string[],
  options: NatsOptions,
  listed: boolean,
  work: (keepers: AccountKeepers) => Promise<T>,
): Promise<T> {
  if (isAccountServerTarget(target)) return AccountServer.use(target, options, work);
  return talk(target, operator, subjects, options, async (conversation) =>
    work(new Resolvers(conversation, await discover(conversation, listed))),
  );
}
