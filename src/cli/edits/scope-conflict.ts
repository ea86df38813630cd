import { isNscError } from "../../errors.ts";
import type { Report } from "../output/report.ts";

/** Says in nsc's words that users of a role can't have permissions or limits of their own, where that stops the work. */
export async function reportScopeConflict<T>(report: Report, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isNscError(error, "ERR_USER_SCOPED")) {
      report.error("scoped users require no permissions or limits set");
      report.warn("user was NOT edited as the edits conflict with signing key scope");
    }
    throw error;
  }
}
