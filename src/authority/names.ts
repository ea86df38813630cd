import { assertString, utf8Length } from "../encoding/bytes.ts";
import { NscError } from "../errors.ts";

/** Longer ones don't fit into the file names that nsc makes of them. */
const MAX_NAME_BYTES = 240;

/**
 * Refuses names that nsc refuses or no file system keeps: empty ones, those with slashes, backslashes, control characters
 * or white space around them, `.` and `..`, and very long ones. A store may refuse more: see `nscDirectory`.
 */
export function assertEntityName(name: unknown, title: string): asserts name is string {
  assertString(name, title);
  const problem = nameProblem(name);
  if (problem !== undefined) throw new NscError("ERR_NAME_INVALID", `${title} ${problem}`);
}

/** Whether an entity may have a name. */
export function isEntityName(name: string): boolean {
  return nameProblem(name) === undefined;
}

function nameProblem(name: string): string | undefined {
  if (name === "") return "must not be empty";
  if (name === "." || name === "..") return "must not be . or ..";
  if (/[/\\]/.test(name)) return "cannot contain '/' or '\\'";
  if (/[\p{Cc}\p{Surrogate}\p{Zl}\p{Zp}]/u.test(name)) return "cannot contain control characters or half characters";
  if (name.trim() !== name) return "cannot begin or end with white space";
  if (utf8Length(name) > MAX_NAME_BYTES) return `cannot be longer than ${MAX_NAME_BYTES} bytes`;
  return undefined;
}

/** Refuses names that even a token that is never stored should not have. */
export function assertIssuedName(name: unknown): asserts name is string {
  assertString(name, "the name of the user");
  if (name === "") throw new NscError("ERR_NAME_INVALID", "the name of the user must not be empty");
  if (/[\p{Cc}\p{Surrogate}]/u.test(name)) {
    throw new NscError("ERR_NAME_INVALID", "the name of the user cannot contain control characters or half characters");
  }
}
