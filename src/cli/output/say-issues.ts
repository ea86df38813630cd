import { isNscError } from "../../errors.ts";
import { ClaimsError } from "../../jwt/issues.ts";
import { CommandError } from "../command-error.ts";

/** What the library says before an issue: whose it is, which the command line says already. */
const TITLE = /^the (?:account|operator|user) "(?:[^"\\]|\\.)*": /;

/**
 * Does what may be refused for what is wrong with claims, or for want of a key, and has that said in nsc's words.
 *
 * @throws CommandError with nsc's words, where it has some; else what the library throws
 */
export async function sayingIssues<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inWordsOfNsc(error);
  }
}

/** What is wrong, without whose it is. */
export function withoutTitle(message: string): string {
  return message.replace(TITLE, "");
}

function inWordsOfNsc(cause: unknown): unknown {
  if (cause instanceof ClaimsError) {
    return new CommandError(withoutTitle(cause.message), { code: cause.code, cause });
  }
  if (!isNscError(cause, "ERR_SIGNER_MISSING")) return cause;
  const keys = cause.message.match(/\b[OA][A-Z2-7]{55}\b/g) ?? [];
  return new CommandError(
    `unable to resolve any of the following signing keys in the keystore: ${[...new Set(keys)].join(", ")}`,
    { code: cause.code, hint: cause.message, cause },
  );
}
