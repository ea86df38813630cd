import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";

/**
 * Asks before something is destroyed, where somebody sits at a terminal. Scripts go on without a question, as with nsc, and
 * so does `--force`; a dry run destroys nothing.
 *
 * @param question - what is about to happen, ending in a question mark
 * @param refusal - what is said after a no
 * @throws CommandError after a no
 */
export async function confirmDestruction(
  { output, prompts }: Pick<Invocation, "output" | "prompts">,
  question: string,
  { force = false, refusal = "cancelled" }: { readonly force?: boolean | undefined; readonly refusal?: string } = {},
): Promise<void> {
  if (force || output.isDryRun || !output.isTerminal) return;
  if (!(await prompts.confirm(question, false))) throw new CommandError(refusal, { code: "ERR_CANCELLED" });
}
