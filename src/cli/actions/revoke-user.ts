import type { Account } from "../../authority/account.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import type { revokeUserFlags } from "../commands/revocations.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { askTime } from "../revocations/ask-time.ts";
import { reportKept } from "../revocations/kept-revocation.ts";
import { assertOneUser, meantUser, userNamesByKey } from "../revocations/meant-user.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { formatGoTime } from "../text/dates.ts";
import { quote } from "../text/quote.ts";

type RevokeUser = Invocation<typeof revokeUserFlags>;

export async function run(invocation: RevokeUser): Promise<void> {
  const { flags, globals, prompts, report, tree } = invocation;
  assertOneUser(flags);
  report.wantsSummary = true;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const isAsking = globals.interactive === true;
  const who = isAsking ? await ask(invocation, account) : await meantUser(invocation, account, flags);
  const key = typeof who === "string" ? who : who.publicKey;
  const at = isAsking && !flags.at ? await askTime(prompts) : flags.at;
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  const options = { ...(at ? { at: new Date(at * 1000) } : {}), ...signing };
  const revocation = await sayingIssues(() => account.revoke(who, options));
  await afterAccountChange(invocation, operator, account);
  if (key === "*") report.ok(`revoked all users issued before ${formatGoTime(revocation.at.getTime() / 1000)}`);
  else report.ok(`revoked user ${quote(key)}`);
  reportKept(report, at, revocation.at);
}

async function ask(invocation: RevokeUser, account: Account): Promise<string> {
  const { flags, prompts } = invocation;
  // Whoever is named must be there before anything is asked.
  const meant = flags.name || flags["user-public-key"] ? await meantUser(invocation, account, flags) : undefined;
  const given = typeof meant === "object" ? meant.publicKey : meant;
  const names = await userNamesByKey(account);
  if (names.size > 0 && (await prompts.confirm("Revoke a user by name", true))) {
    const choices = [...names].map(([value, label]) => ({ label, value }));
    return await prompts.select("Select the user to revoke", choices, given);
  }
  return await prompts.text("user-public-key public key or '*' to match any user-public-key", {
    initial: given ?? "",
    check: (answer) => {
      if (answer === "") return "user-public-key cannot be empty";
      if (answer === "*" || isPublicKey(answer, "user")) return undefined;
      return `${answer} is not a valid "user" public key`;
    },
  });
}
