import { ClaimsError } from "../jwt/issues.ts";
import { CommandError } from "./command-error.ts";

/** What the library says before an issue: whose it is, which the command line says already. */
const TITLE = /^the (?:account|operator|user) "(?:[^"\\]|\\.)*": /;

/**
 * Does what may be refused for what is wrong with claims, and has that said in nsc's words.
 *
 * @throws CommandError in place of the library's `ERR_CLAIMS_INVALID`
 */
export async function sayingIssues<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof ClaimsError)) throw cause;
    throw new CommandError(cause.message.replace(TITLE, ""), { code: cause.code, cause });
  }
}
