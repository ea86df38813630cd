import type { Nsc } from "../authority/nsc.ts";
import { isNscError } from "../errors.ts";
import { ClaimsError } from "../jwt/issues.ts";
import { CommandError } from "./command-error.ts";
import type { Invocation } from "./invocation.ts";
import { Report } from "./report.ts";

/**
 * Makes changes together or not at all. What they say of themselves is reported once they are made.
 *
 * @param work - makes the changes, and reports them to what it is given
 * @throws CommandError with nsc's words, where it has some; else what the library throws
 */
export async function changeTree<T>(
  { tree, report }: Pick<Invocation, "tree" | "report">,
  work: (tx: Nsc, changes: Report) => Promise<T>,
): Promise<T> {
  const changes = new Report();
  let value: T;
  try {
    value = await tree.nsc.transaction((tx) => work(tx, changes));
  } catch (error) {
    throw inWordsOfNsc(error);
  }
  report.append(changes);
  return value;
}

function inWordsOfNsc(cause: unknown): unknown {
  if (cause instanceof ClaimsError) {
    const issue = cause.issues.find(({ level }) => level === "error");
    return new CommandError(issue?.message ?? cause.message, { code: cause.code, cause });
  }
  if (!isNscError(cause, "ERR_SIGNER_MISSING")) return cause;
  const keys = cause.message.match(/\b[OA][A-Z2-7]{55}\b/g) ?? [];
  return new CommandError(
    `unable to resolve any of the following signing keys in the keystore: ${[...new Set(keys)].join(", ")}`,
    { code: cause.code, hint: cause.message, cause },
  );
}
