import type { DesiredState } from "../../authority/plan/desired-state.ts";
import { apply, assertPlan, formatPlan, type Plan, plan } from "../../authority/plan/plan.ts";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { applyFlags } from "../commands/declarative.ts";
import { readData } from "../files/read-data.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChanges } from "../managed/managed.ts";
import { quote } from "../text/quote.ts";

export async function run(invocation: Invocation<typeof applyFlags>): Promise<void> {
  const { args, flags, globals, tree, output, report } = invocation;
  if (globals["private-key"]) {
    throw new CommandError("-K has no effect here: each entity is signed by the key that signed it before", {
      code: "ERR_USAGE",
      hint: "a description names the roles that sign users",
    });
  }
  const operator = await tree.operator();
  const data = await readData(invocation, args[0] as string);
  const isPlan = "desired" in data && "changes" in data;
  if (isPlan && flags.remove !== undefined) {
    throw new CommandError("a plan says itself whether anything is removed", { code: "ERR_USAGE" });
  }
  const planned = isPlan
    ? (data as Plan)
    : await plan(operator, data as DesiredState, { remove: flags.remove === true });
  assertPlan(planned);
  const text = formatPlan(planned);
  if (text !== "") output.print(`${text}\n`);
  const removed = planned.changes.filter(({ action }) => action === "removed");
  if (removed.length > 0) {
    const what = removed.length === 1 ? "one account or user" : `${removed.length} accounts and users`;
    await confirmDestruction(invocation, `remove ${what}?`, { force: flags.force, refusal: "nothing was applied" });
  }
  await apply(operator, planned);
  output.data(planned);
  await afterAccountChanges(invocation, operator);
  const { length } = planned.changes;
  if (length + planned.activations.length === 0) report.ok("the tree is as it is described");
  else report.ok(`applied ${length} ${length === 1 ? "change" : "changes"} to operator ${quote(operator.name)}`);
}
