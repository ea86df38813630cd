import type { AccountClaims } from "../../jwt/account.ts";
import type { UserClaims } from "../../jwt/user.ts";
import { validate } from "../../jwt/validate.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { readSource } from "./load-text.ts";

/**
 * The text of a file that is imported.
 *
 * @param endings - what its name must end in
 * @throws CommandError
 */
export async function readImportFile(
  invocation: Pick<Invocation, "io" | "output">,
  file: string | undefined,
  endings: readonly string[],
): Promise<string> {
  if (file === undefined || file === "") {
    throw new CommandError("specify a file with --file", { code: "ERR_FLAGS" });
  }
  const text = await readSource(invocation, file);
  if (endings.some((ending) => file.endsWith(ending))) return text;
  throw new CommandError(`expected these file endings: [${endings.join(" ")}]`, { code: "ERR_FILE_NAME" });
}

/**
 * Reports what is wrong with claims that are imported. nsc: `validateAndReport`.
 *
 * @returns whether they can be imported
 */
export function reportValidation(
  { io, report }: Pick<Invocation, "io" | "report">,
  claims: AccountClaims | UserClaims,
  skips: boolean,
): boolean {
  const issues = validate(claims, { now: timeOf(io) });
  for (const { level, message } of issues) {
    const line = `validation resulted in: ${message}`;
    if (level === "error" && !skips) report.error(line);
    else report.warn(line);
  }
  if (skips || issues.every(({ level }) => level === "warning")) return true;
  report.error("validation is blocking, skip with --skip");
  return false;
}

/** What speaks against an entity of that name that is there already. */
export function collisionOf(kind: "Account" | "User", present: string, imported: string): string {
  return `existing ${kind} has a name collision only and does not reference the same entity (Subject is ${present} and differs from ${imported}). This problem needs to be resolved manually.`;
}
