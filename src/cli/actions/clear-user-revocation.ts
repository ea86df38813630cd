import type { Account } from "../../authority/account.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { clearUserFlags } from "../commands/revocations.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { assertOneUser, meantUser, userNamesByKey } from "../revocations/meant-user.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";

type ClearUser = Invocation<typeof clearUserFlags>;

export async function run(invocation: ClearUser): Promise<void> {
  const { flags, globals, report, tree } = invocation;
  assertOneUser(flags);
  report.wantsSummary = true;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const isAsking = globals.interactive === true && account.revocations.length > 0;
  const who = isAsking ? await ask(invocation, account) : await meantUser(invocation, account, flags);
  const key = typeof who === "string" ? who : who.publicKey;
  if (account.revocations.length === 0) {
    throw new CommandError(`no user revocations set in account ${account.name}`, { code: "ERR_ENTITY_NOT_FOUND" });
  }
  if (!account.revocations.some(({ publicKey }) => publicKey === key)) {
    throw new CommandError(`user with public key ${key} is not revoked`, {
      code: "ERR_ENTITY_NOT_FOUND",
      hint: "'nsc revocations list-users' shows what is",
    });
  }
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  await sayingIssues(() => account.clearRevocation(key, signing));
  await afterAccountChange(invocation, operator, account);
  report.ok(key === "*" ? "deleted all user revocation" : `deleted user revocation for ${quote(key)}`);
}

async function ask({ prompts }: ClearUser, account: Account): Promise<string> {
  const names = await userNamesByKey(account);
  const choices = account.revocations.map(({ publicKey: value }) => {
    const name = value === "*" ? "All Users" : (names.get(value) ?? "[Unknown User]");
    return { label: `${value}: ${name}`, value };
  });
  return await prompts.select("select revoked user to clear", choices);
}
