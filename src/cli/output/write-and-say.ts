import type { Invocation } from "../invocation.ts";

/**
 * Writes the file that was asked for, replacing one that is there, and says so.
 *
 * @param what - what is in it, as in "the plan"
 */
export async function writeAndSay(
  { output, report }: Pick<Invocation, "output" | "report">,
  what: string,
  file: string,
  text: string,
): Promise<void> {
  const path = await output.writeFile(file, text, { overwrites: true });
  if (!output.isDryRun) report.ok(`wrote ${what} to ${path}`);
}
