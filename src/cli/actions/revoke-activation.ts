import { revoke } from "../../jwt/revocations.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import type { revokeActivationFlags } from "../commands/revocations.ts";
import { accountKey } from "../exchange/account-keys.ts";
import { accountKeyProblem } from "../exchange/problems.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { askTime } from "../revocations/ask-time.ts";
import { chooseRevokedExport } from "../revocations/choose-revoked-export.ts";
import { reportKept } from "../revocations/kept-revocation.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { formatGoTime } from "../text/dates.ts";
import { quote } from "../text/quote.ts";

const WHAT = { what: "target-account", takesAll: true } as const;

export async function run(invocation: Invocation<typeof revokeActivationFlags>): Promise<void> {
  const { flags, globals, io, prompts, report, tree } = invocation;
  report.wantsSummary = true;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const isAsking = globals.interactive === true;
  const { subject, type, name = subject, token_req: isPrivate } = await chooseRevokedExport(invocation, account, flags);
  const to = isAsking
    ? await prompts.text("target-account public key or '*' to match any target-account", {
        initial: flags["target-account"] ?? "",
        check: (answer) => accountKeyProblem(answer, WHAT.what, WHAT.takesAll),
      })
    : await accountKey(invocation, flags["target-account"], WHAT);
  const at = isAsking && !flags.at ? await askTime(prompts) : flags.at;
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  const options = { type, ...signing };
  const time = at ? new Date(at * 1000) : timeOf(io);
  await sayingIssues(() =>
    isPrivate === true
      ? account.revokeActivation(subject, to, { ...options, at: time })
      : account.editExport(subject, (entry) => revoke(entry, to, time), options),
  );
  await afterAccountChange(invocation, operator, account);
  const present =
    account.activationRevocations(subject, { type }).find(({ publicKey }) => publicKey === to)?.at ?? time;
  const before = formatGoTime(Math.floor(present.getTime() / 1000));
  if (to === "*") report.ok(`revoked all activations for ${quote(name)} issued before ${before}`);
  else report.ok(`revoked activation ${quote(name)} for account ${to}`);
  reportKept(report, at, present);
  if (isPrivate !== true) report.warn(`${type} ${subject} is public: it is imported without an activation`);
}
