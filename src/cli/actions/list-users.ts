import { CommandError } from "../command-error.ts";
import type { listUsersFlags } from "../commands/list.ts";
import type { Invocation } from "../invocation.ts";
import { listEntries } from "../showing/list-entries.ts";
import { listedOperator } from "../showing/listed-operator.ts";

export async function run(invocation: Invocation<typeof listUsersFlags>): Promise<void> {
  const { operator, account: current } = await listedOperator(invocation, "nsc env --operator <name>");
  const given = invocation.flags.account;
  const account = given === undefined || given === "" ? current : await accountBelow(invocation, operator, given);
  if (account === undefined) {
    throw new CommandError("no account set - `nsc env --account <name>`", { code: "ERR_NO_ACCOUNT" });
  }
  await listEntries(invocation, [operator, account], undefined);
}

/** The name of an account by its name or public key. */
async function accountBelow({ tree }: Invocation, operator: string, given: string): Promise<string> {
  const names = await tree.names([operator]);
  if (names.includes(given)) return given;
  const path = (await tree.store.find(given)).find((place) => place[0] === operator && place.length === 2);
  if (path?.[1] !== undefined) return path[1];
  throw tree.accountNotFound(operator, given);
}
