import type { Authenticator } from "@nats-io/nats-core";
import type { Account } from "../../authority/account.ts";
import type { Operator } from "../../authority/operator.ts";
import { isNscError } from "../../errors.ts";
import { randomId } from "../../nats/random-id.ts";
import { authenticatorOf, issueSystemUser } from "../../nats/system-user.ts";
import { keyPairFromSeed } from "../../nkeys/key-pair.ts";
import { CommandError } from "../command-error.ts";
import type { systemUserFlags } from "../flags/client-flags.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";

/** Who asks servers. */
export interface SystemUser {
  /** The name of the system account. */
  readonly account: string;
  readonly authenticator: Authenticator;
  readonly inboxPrefix: string;
}

/**
 * The user of the system account that asks servers: the one that was named, or else one that is signed for the purpose and may do
 * nothing else.
 *
 * @param subjects - what is asked
 */
export async function systemUserOf(
  { tree }: Pick<Invocation, "tree">,
  operator: Operator,
  flags: FlagValues<typeof systemUserFlags>,
  subjects: readonly string[],
): Promise<SystemUser> {
  const given = flags["system-account"];
  const account = given ? await operator.account(await tree.accountName(given)) : await systemAccountOf(tree, operator);
  const user = flags["system-user"];
  if (user) {
    const stored = await storedUser({ tree }, account, user);
    return { account: account.name, authenticator: stored, inboxPrefix: "_INBOX" };
  }
  const inboxPrefix = `_INBOX.${randomId()}`;
  try {
    const authenticator = await issueSystemUser(operator, subjects, inboxPrefix, account);
    return { account: account.name, authenticator, inboxPrefix };
  } catch (error) {
    if (!isNscError(error)) throw error;
    // What a program would be told to give.
    const message = error.message.replace(/[:;] (?:add one, or )?give creds of .*$/s, "");
    throw noUser(message, error.code, "name a stored user of it with --system-user");
  }
}

async function systemAccountOf(tree: Invocation["tree"], operator: Operator): Promise<Account> {
  const { system_account: key = "" } = operator.claims.nats;
  const name = key === "" ? undefined : await tree.nameOf(key, [operator.name]);
  if (name !== undefined) return await operator.account(name);
  throw noUser(
    `system account ${quote(key)} not found`,
    "ERR_SYSTEM_ACCOUNT",
    key === ""
      ? `the operator ${quote(operator.name)} names none: set one with 'nsc edit operator --system-account'`
      : "name an account of the store with --system-account",
  );
}

async function storedUser({ tree }: Pick<Invocation, "tree">, account: Account, name: string): Promise<Authenticator> {
  const user = await tree.user(account, name).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    return undefined;
  });
  const seed = user === undefined ? undefined : await tree.store.getKey(user.publicKey);
  if (user !== undefined && seed !== undefined) return authenticatorOf(user.token, keyPairFromSeed(seed));
  throw noUser(
    "no system account user with corresponding nkey found",
    "ERR_SYSTEM_USER",
    user === undefined
      ? `the account ${quote(account.name)} has no user ${quote(name)}`
      : `the keystore has no private key of ${user.publicKey}`,
  );
}

function noUser(message: string, code: string, hint: string): CommandError {
  return new CommandError(`error obtaining system account user: ${message}`, { code, hint });
}
