import { type Account, Nsc, type Operator } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import type { CommandHome } from "./run-command.ts";

/** What the library sees of a home folder, as it is now. */
export function storedTree(home: CommandHome): Nsc {
  return new Nsc({ store: nscDirectory({ env: { HOME: home.path }, cwd: home.path }) });
}

/** Adds the operator "local" with accounts, the first of which is the current one. */
export async function plantTree(home: CommandHome, accounts: readonly string[]): Promise<Operator> {
  const directory = nscDirectory({ env: { HOME: home.path }, cwd: home.path });
  const operator = await new Nsc({ store: directory }).addOperator("local");
  for (const name of accounts) await operator.addAccount(name);
  await directory.setContext({ operator: "local", ...(accounts[0] === undefined ? {} : { account: accounts[0] }) });
  return operator;
}

/** An operator with two accounts that exchange something. */
export interface Exchange {
  readonly operator: Operator;
  readonly exporter: Account;
  readonly importer: Account;
}

/** Adds the operator "local" with the accounts `EXP` and `IMP`, one of which is the current one. */
export async function plantExchange(home: CommandHome, current: "EXP" | "IMP"): Promise<Exchange> {
  const operator = await plantTree(home, current === "EXP" ? ["EXP", "IMP"] : ["IMP", "EXP"]);
  return { operator, exporter: await operator.account("EXP"), importer: await operator.account("IMP") };
}
