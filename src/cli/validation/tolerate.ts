import { isNscError, type NscError } from "../../errors.ts";
import { ClaimsError } from "../../jwt/issues.ts";
import type { Invocation } from "../invocation.ts";
import { withoutTitle } from "../output/say-issues.ts";

/** What is said of a problem that does not stop the work: nothing where it does, and an empty text where it was said before. */
export type Tolerance = (problem: NscError) => string | undefined;

/** Does what nsc does without a look at what it comes to, and says what that is. */
export async function tolerating<T>(
  { tree, report }: Pick<Invocation, "tree" | "report">,
  tolerance: Tolerance,
  work: () => Promise<T>,
): Promise<T> {
  const warnings = new Set<string>();
  const value = await tree.tolerating((problem) => {
    const warning = tolerance(problem);
    if (warning !== undefined && warning !== "") warnings.add(warning);
    return warning !== undefined;
  }, work);
  for (const warning of warnings) report.warn(warning);
  return value;
}

/** Claims that servers don't load: nsc looks at some of them, and never at these. */
export function invalidClaims(problem: NscError): string | undefined {
  return problem instanceof ClaimsError ? `${withoutTitle(problem.message)}: servers refuse that` : undefined;
}

/** Users and roles of which nobody has any use, or another one than was meant. */
export function unusableUsers(problem: NscError): string | undefined {
  const isMeant =
    isNscError(problem, "ERR_LIMITS") ||
    isNscError(problem, "ERR_ROLE_TEMPLATE") ||
    isNscError(problem, "ERR_BEARER_DISALLOWED");
  return isMeant ? problem.message : invalidClaims(problem);
}

/** More exports than the operator allows, or wildcards in them. */
export function exportsBeyondLimits(problem: NscError): string | undefined {
  const code = problem instanceof ClaimsError ? problem.issues[0]?.code : undefined;
  return code === "LIMITS_EXPORTS" || code === "LIMITS_WILDCARD_EXPORTS" ? invalidClaims(problem) : undefined;
}
