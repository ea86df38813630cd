import type { Nsc } from "../../authority/nsc.ts";
import type { Invocation } from "../invocation.ts";
import { Report } from "../output/report.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { type Tolerance, tolerating } from "../validation/tolerate.ts";

/**
 * Makes changes together or not at all. What they say of themselves is reported once they are made.
 *
 * @param work - makes the changes, and reports them to what it is given
 * @param tolerance - which problems are no more than a warning
 * @throws CommandError with nsc's words, where it has some; else what the library throws
 */
export async function changeTree<T>(
  { tree, report }: Pick<Invocation, "tree" | "report">,
  work: (tx: Nsc, changes: Report) => Promise<T>,
  tolerance: Tolerance = () => undefined,
): Promise<T> {
  const changes = new Report();
  const warnings = new Report();
  const value = await tolerating({ tree, report: warnings }, tolerance, () =>
    sayingIssues(() => tree.nsc.transaction((tx) => work(tx, changes))),
  );
  report.append(changes);
  report.append(warnings);
  return value;
}
