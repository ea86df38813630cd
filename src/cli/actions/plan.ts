import { currentState } from "../../authority/plan/current-state.ts";
import type { DesiredState } from "../../authority/plan/desired-state.ts";
import { formatPlan, plan } from "../../authority/plan/plan.ts";
import { refusal } from "../asking/refusal.ts";
import { CommandError } from "../command-error.ts";
import type { planFlags } from "../commands/declarative.ts";
import { readData } from "../files/read-data.ts";
import type { Invocation } from "../invocation.ts";
import { writeAndSay } from "../output/write-and-say.ts";

export async function run(invocation: Invocation<typeof planFlags>): Promise<void> {
  const { args, flags, tree, output } = invocation;
  const [source] = args;
  const operator = await tree.operator();
  const file = flags["output-file"];
  if (source === undefined) {
    if (flags.remove !== undefined || flags["exit-code"] !== undefined) {
      throw new CommandError("a description is needed to plan anything", { code: "ERR_USAGE", showsUsage: true });
    }
    const state = await currentState(operator);
    output.data(state);
    const text = `${JSON.stringify(state, undefined, 2)}\n`;
    if (file === undefined) output.print(text);
    else await writeAndSay(invocation, "the description", file, text);
    return;
  }
  const desired = (await readData(invocation, source)) as DesiredState;
  const planned = await plan(operator, desired, { remove: flags.remove === true });
  output.data(planned);
  const text = formatPlan(planned);
  if (text !== "") output.print(`${text}\n`);
  if (file !== undefined) {
    const json = `${JSON.stringify(planned, undefined, 2)}\n`;
    await writeAndSay(invocation, "the plan", file, json);
  }
  const isDone = planned.changes.length === 0 && planned.activations.length === 0;
  if (isDone) output.note("the tree is as it is described");
  else if (flags["exit-code"] === true) throw refusal("the tree is not as it is described", "ERR_DIFFERENT");
}
