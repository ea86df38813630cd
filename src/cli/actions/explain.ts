import { explain } from "../../authority/reports/explain.ts";
import { parseDecoratedToken } from "../../creds/creds.ts";
import { refusal } from "../asking/refusal.ts";
import { CommandError } from "../command-error.ts";
import type { explainFlags } from "../commands/questions.ts";
import { readInput } from "../files/read-data.ts";
import type { Invocation } from "../invocation.ts";
import { formatDate } from "../text/dates.ts";
import { escapeLine } from "../text/escape-line.ts";

export async function run(invocation: Invocation<typeof explainFlags>): Promise<void> {
  const { tree, output } = invocation;
  const operator = await tree.operator();
  const answer = await explain(await tokenOf(invocation), operator);
  const { accepted, decision, checks, chain, expires, revoked } = answer;
  output.data({
    accepted,
    rule: decision.rule,
    message: decision.message,
    checks,
    chain: chain.map(({ kind, name, publicKey, issuer, signedWith, role, expires }) => ({
      kind,
      name,
      public_key: publicKey,
      issuer,
      signed_with: signedWith,
      role,
      expires,
    })),
    expires,
    revoked,
  });
  output.print(`${accepted ? "accepted" : "refused"}: ${escapeLine(decision.message)} (${decision.rule})\n`);
  for (const { rule, passed, message } of checks) {
    output.print(`  ${passed ? "ok  " : "FAIL"} ${rule}: ${escapeLine(message)}\n`);
  }
  for (const { kind, name = "", publicKey, signedWith, role } of chain) {
    const by =
      signedWith === undefined ? "a key of nobody there" : role ? `the role ${role}` : `its issuer's ${signedWith}`;
    output.print(escapeLine(`  ${kind} ${name} ${publicKey}, signed by ${by}`));
    output.print("\n");
  }
  if (expires !== undefined) output.print(`  valid until ${formatDate(expires)}\n`);
  if (!accepted) throw refusal("servers would refuse it", "ERR_REFUSED");
}

/** The token that is asked about: a stored one, or one from elsewhere. */
async function tokenOf({ args, flags, tree, output, io }: Invocation<typeof explainFlags>): Promise<string> {
  const [source] = args;
  if (source === undefined) {
    const account = await tree.account(flags.account);
    return flags.user === undefined ? account.token : (await tree.user(account, flags.user)).token;
  }
  if (flags.account !== undefined || flags.user !== undefined) {
    throw new CommandError("a token says itself whose it is: --account and --user are for stored ones", {
      code: "ERR_USAGE",
      showsUsage: true,
    });
  }
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(source)) return source;
  return parseDecoratedToken(await readInput({ io, output }, source));
}
