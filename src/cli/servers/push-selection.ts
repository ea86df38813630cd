import type { Operator } from "../../authority/operator.ts";
import type { AccountPath } from "../../authority/paths.ts";
import { isNscError } from "../../errors.ts";
import { trustedKeys } from "../../jwt/trusted-keys.ts";
import { validate } from "../../jwt/validate.ts";
import { readAccount, type StoredAccount } from "../../nats/accounts.ts";
import type { ReadAccount } from "../../nats/push.ts";
import { forEachLimited } from "../../store/for-each-limited.ts";
import { CommandError } from "../command-error.ts";
import { quote } from "../text/quote.ts";

/** Accounts that are to be pushed, read and found good. */
export interface PushSelection {
  readonly names: readonly string[];
  readonly read: ReadAccount;
}

/**
 * Reads accounts and looks whether all may be pushed, before any of them is. One that may not be keeps all from being pushed,
 * as in nsc.
 *
 * @param isForced - whether nothing is looked at
 * @throws CommandError with nsc's text for the first one, and all others in the hint
 */
export async function selectForPush(
  operator: Operator,
  names: readonly string[],
  { isForced, now }: { readonly isForced: boolean; readonly now: number },
): Promise<PushSelection> {
  const accounts = new Map<string, StoredAccount | undefined>();
  const problems = new Map<string, string>();
  await forEachLimited(names, async (name) => {
    const path: AccountPath = [operator.name, name];
    try {
      const account = await readAccount(operator, path);
      accounts.set(name, account);
      const problem = account === undefined || isForced ? undefined : problemOf(operator, account, now);
      if (problem !== undefined) problems.set(name, problem);
    } catch (error) {
      if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
      problems.set(name, `unable to push account ${quote(name)}: ${error.message}`);
    }
  });
  const texts = names.flatMap((name) => problems.get(name) ?? []);
  if (texts.length > 0 && !isForced) {
    throw new CommandError(texts[0] as string, { code: "ERR_PUSH_REFUSED", hint: hintOf(texts.slice(1)) });
  }
  // What could not be read is read again by the push, which reports it.
  const read: ReadAccount = async (path) =>
    accounts.has(path[1]) ? accounts.get(path[1]) : await readAccount(operator, path);
  return { names, read };
}

function problemOf(operator: Operator, { name, claims }: StoredAccount, now: number): string | undefined {
  const issue = validate(claims, { now }).find(({ level }) => level !== "warning");
  const title = `unable to push account ${quote(name)}`;
  if (issue !== undefined) return `${title} as it has validation issues: ${issue.message}`;
  if (operator.isManaged || trustedKeys(operator.claims).includes(claims.iss ?? "")) return undefined;
  return `${title} as it is not signed by the operator ${quote(operator.name)}`;
}

const MOST_SHOWN = 8;

function hintOf(others: readonly string[]): string {
  const more = others.length > MOST_SHOWN ? [`and ${others.length - MOST_SHOWN} more`] : [];
  return [...others.slice(0, MOST_SHOWN), ...more, "nothing was pushed; --force pushes all the same"].join("\n");
}
