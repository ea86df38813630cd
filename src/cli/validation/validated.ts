import type { IssueLevel } from "../../jwt/issues.ts";

/** Something that is wrong with a token, or with two that go together. */
export interface FoundIssue {
  readonly level: IssueLevel;
  readonly message: string;
  readonly code?: string;
  /** The user that it is about. */
  readonly user?: string;
}

/** What was found about an operator or an account. */
export interface Validated {
  readonly name: string;
  readonly issues: readonly FoundIssue[];
}

/** Whether servers refuse what has such an issue. */
export function isFatal({ level }: Pick<FoundIssue, "level">): boolean {
  return level !== "warning";
}
