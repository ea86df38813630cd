import type { User } from "../../authority/user.ts";
import { isNscError } from "../../errors.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { askUser } from "../asking/ask-user.ts";
import { CommandError } from "../command-error.ts";
import type { generateCredsFlags } from "../commands/generate-access.ts";
import { userToUse } from "../edits/only-user.ts";
import type { Invocation } from "../invocation.ts";
import { quoteHomePath } from "../text/home-path.ts";
import { quotePath } from "../text/quote.ts";

export async function run(invocation: Invocation<typeof generateCredsFlags>): Promise<void> {
  const { flags, globals, io, output, report } = invocation;
  const account = await accountOrAsk(invocation, flags.account);
  const isAsking = globals.interactive === true && !flags.name;
  const user = await userToUse(invocation, account, isAsking ? await askUser(invocation, account) : flags.name);
  const creds = await credsOf(user);
  const file = flags["output-file"] ?? "--";
  const data = { account: account.name, user: user.name, public_key: user.publicKey };
  if (file === "--") {
    output.data({ ...data, creds });
    output.print(`${creds}\n`);
    return;
  }
  const path = await output.writeFile(file, creds, { overwrites: true });
  output.data({ ...data, path });
  if (output.isDryRun) return;
  report.ok(`wrote credentials to ${quoteHomePath(file, io)}`);
  output.note(`Success!! - generated ${quotePath(file)}`);
}

async function credsOf(user: User): Promise<string> {
  try {
    return await user.creds();
  } catch (cause) {
    if (!isNscError(cause, "ERR_CREDS_KEY_MISSING")) throw cause;
    throw new CommandError("user was not found - please specify it", {
      code: cause.code,
      hint: `the seed of ${user.publicKey} is not in the keystore: creds can be made where it is, or after 'nsc import keys'`,
      cause,
    });
  }
}
