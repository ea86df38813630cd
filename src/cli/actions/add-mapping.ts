import type { Account } from "../../authority/account.ts";
import type { EditOptions } from "../../authority/edit-claims.ts";
import type { WeightedMapping } from "../../jwt/account.ts";
import { ClaimsError } from "../../jwt/issues.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { addMappingFlags } from "../commands/mappings.ts";
import { setMapping } from "../exchange/mappings.ts";
import { subjectProblem } from "../exchange/problems.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";

type AddMapping = Invocation<typeof addMappingFlags>;

export async function run(invocation: AddMapping): Promise<void> {
  const { flags, report, tree } = invocation;
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const from = await subjectOrAsk(invocation, "from");
  const to = await subjectOrAsk(invocation, "to");
  if (from === "") throw new CommandError("from subject is required", { code: "ERR_FLAGS", showsUsage: true });
  if (to === "") throw new CommandError("to subject is required", { code: "ERR_FLAGS" });
  const { weight = 0, cluster = "" } = flags;
  const added = { subject: to, ...(weight === 0 ? {} : { weight }), ...(cluster === "" ? {} : { cluster }) };
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  await sayingIssues(() => setIn(account, from, added, signing));
  await afterAccountChange(invocation, operator, account);
  report.ok(`added mapping ${from} -> ${to}, weight ${weight || 100}%`);
}

async function setIn(account: Account, from: string, added: WeightedMapping, options: EditOptions): Promise<void> {
  try {
    await account.edit(({ nats }) => setMapping(nats, from, added), options);
  } catch (cause) {
    if (!(cause instanceof ClaimsError)) throw cause;
    const texts = cause.issues.filter(({ level }) => level === "error").map(({ message }) => message);
    throw new CommandError(`mapping validation failed: [${texts.join(" ")}]`, { code: cause.code, cause });
  }
}

async function subjectOrAsk({ flags, globals, prompts }: AddMapping, end: "from" | "to"): Promise<string> {
  const given = flags[end] ?? "";
  if (given !== "" || globals.interactive !== true) return given;
  return await prompts.text(`${end} subject`, { check: subjectProblem });
}
