import type { Account } from "../../authority/account.ts";
import type { User } from "../../authority/user.ts";
import { isNscError } from "../../errors.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";

/** How it is said whose tokens are meant. */
export interface UserFlags {
  readonly name?: string | undefined;
  readonly "user-public-key"?: string | undefined;
}

/** @throws CommandError */
export function assertOneUser(flags: UserFlags): void {
  if (!flags.name || !flags["user-public-key"]) return;
  throw new CommandError("user and user-public-key are mutually exclusive", { code: "ERR_FLAGS" });
}

/**
 * The user that is meant, or its key, or `*` for all: by a key or by a name, and by default the only user of the account.
 *
 * @throws CommandError
 */
export async function meantUser({ tree }: Invocation, account: Account, flags: UserFlags): Promise<User | string> {
  const { name = "", "user-public-key": given = "" } = flags;
  if (given === "*" || isPublicKey(given, "user")) return given;
  const names = await tree.names([await tree.operatorName(), account.name]);
  if (given !== "") {
    if (names.includes(given)) return await account.user(given);
    throw await tree.userNotFound(account.name, given);
  }
  if (name !== "") {
    const lower = name.toLowerCase();
    const found = names.find((other) => other === name) ?? names.find((other) => other.toLowerCase() === lower);
    if (found !== undefined) return await account.user(found);
    throw new CommandError(`user ${quote(name)} not found`, {
      code: "ERR_ENTITY_NOT_FOUND",
      hint: "a user that is gone is known by its key: say it with --user-public-key",
    });
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return await account.user(only);
  throw new CommandError(`no default user available for account ${account.name}`, {
    code: "ERR_NO_USER",
    hint: "say which with --name or --user-public-key; '*' stands for all",
  });
}

/** The names of the account's users by their keys; users that can't be read have none. */
export async function userNamesByKey(account: Account): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  try {
    for await (const { name, publicKey } of account.users()) names.set(publicKey, name);
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
  }
  return names;
}
