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
import { adviceForUser } from "./refused-user.ts";

/** Who asks servers. */
export interface SystemUser {
  /** The name of the system account. */
  readonly account: string;
  readonly authenticator: Authenticator;
  readonly inboxPrefix: string;
  /** What to do where servers don't let it in. */
  readonly adviceIfRefused: () => Promise<string>;
}

/**
 * The user of the system account that asks servers: the one that was named, or else one that is signed for the purpose and may do
 * nothing else.
 *
 * @param subjects - what is asked
 */
export async function systemUserOf(
  { tree, io }: Pick<Invocation, "tree" | "io">,
  operator: Operator,
  flags: FlagValues<typeof systemUserFlags>,
  subjects: readonly string[],
): Promise<SystemUser> {
  const given = flags["system-account"];
  const account = given ? await operator.account(await tree.accountName(given)) : await systemAccountOf(tree, operator);
  const user = flags["system-user"];
  if (user) {
    const stored = await storedUser({ tree }, account, user);
    const { token } = stored;
    return {
      account: account.name,
      authenticator: authenticatorOf(token, keyPairFromSeed(stored.seed)),
      inboxPrefix: "_INBOX",
      adviceIfRefused: async () => adviceForUser(io, { operator, account, user, token }),
    };
  }
  const inboxPrefix = `_INBOX.${randomId()}`;
  try {
    const authenticator = await issueSystemUser(operator, subjects, inboxPrefix, account);
    const adviceIfRefused = async (): Promise<string> =>
      `the servers may trust another operator than ${quote(operator.name)}, or have another system account than ${quote(account.name)}: compare their configuration with 'nsc generate config --nats-resolver', and their clocks with this one`;
    return { account: account.name, authenticator, inboxPrefix, adviceIfRefused };
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

async function storedUser(
  { tree }: Pick<Invocation, "tree">,
  account: Account,
  name: string,
): Promise<{ readonly token: string; readonly seed: string }> {
  const user = await tree.user(account, name).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    return undefined;
  });
  const seed = user === undefined ? undefined : await tree.store.getKey(user.publicKey);
  if (user !== undefined && seed !== undefined) return { token: user.token, seed };
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
