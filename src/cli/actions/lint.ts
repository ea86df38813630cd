import type { Operator } from "../../authority/operator.ts";
import { lint } from "../../authority/reports/lint.ts";
import type { LintFinding } from "../../authority/reports/lint-findings.ts";
import type { LintLevel } from "../../authority/reports/lint-rules.ts";
import { isNscError } from "../../errors.ts";
import { refusal } from "../asking/refusal.ts";
import { CommandError } from "../command-error.ts";
import type { lintFlags } from "../commands/questions.ts";
import type { Invocation } from "../invocation.ts";
import { escapeLine } from "../text/escape-line.ts";
import { paint } from "../text/paint.ts";
import { quote } from "../text/quote.ts";
import { fixOf } from "../validation/lint-fix.ts";

const LEVELS: readonly LintLevel[] = ["error", "warning", "info"];
const COLORS = { error: "red", warning: "yellow", info: "cyan" } as const;

export async function run({ flags, tree, output }: Invocation<typeof lintFlags>): Promise<void> {
  const level = flags.level ?? "info";
  const shown = LEVELS.slice(0, LEVELS.indexOf(level as LintLevel) + 1);
  if (shown.length === 0) {
    throw new CommandError(`there is no level ${quote(level)}`, {
      code: "ERR_USAGE",
      hint: `it is one of ${LEVELS.join(", ")}`,
    });
  }
  const operator = await tree.operator();
  const accounts = await Promise.all((flags.account ?? []).map((account) => tree.accountName(account)));
  const all = await lintWithin(operator, flags.within);
  const findings = all
    .filter(
      ({ level, entity }) =>
        shown.includes(level) && (accounts.length === 0 || accounts.includes(entity.path[1] ?? "")),
    )
    .map((finding) => ({ ...finding, fix: fixOf(finding) }));
  output.data(
    findings.map(({ code, level, entity, path, message, fix }) => ({
      code,
      level,
      kind: entity.kind,
      entity: entity.path,
      public_key: entity.publicKey,
      path,
      message,
      fix,
    })),
  );
  for (const { code, level, entity, message, fix } of findings) {
    const name = entity.path.join("/") || (entity.publicKey ?? "");
    const title = level.padEnd(7);
    output.print(`${output.color ? paint(title, COLORS[level]) : title} ${entity.kind} ${escapeLine(name)}: `);
    output.print(`${escapeLine(message)} (${code})\n        ${escapeLine(fix)}\n`);
  }
  const count = (level: LintLevel): number => findings.filter((finding) => finding.level === level).length;
  output.note(
    findings.length === 0
      ? `nothing was found in operator ${escapeLine(operator.name)}`
      : `${counted(count("error"), "error")}, ${counted(count("warning"), "warning")}, ${count("info")} more`,
  );
  if (count("error") > 0) throw refusal("something does not work", "ERR_LINT");
  if (flags.strict === true && count("warning") > 0) throw refusal("there are warnings", "ERR_LINT");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

async function lintWithin(operator: Operator, within: string | undefined): Promise<readonly LintFinding[]> {
  try {
    return await lint(operator, within === undefined ? {} : { within });
  } catch (cause) {
    if (within === undefined || !isNscError(cause, "ERR_ARGUMENT_INVALID")) throw cause;
    throw new CommandError(cause.message.replace(/^\w+ must/, "--within must"), { code: cause.code, cause });
  }
}
