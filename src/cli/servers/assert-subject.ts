import { CommandError } from "../command-error.ts";
import { quote } from "../text/quote.ts";

/**
 * Refuses a subject that servers refuse without an answer.
 *
 * @param isPattern - whether it may have wildcards
 * @throws CommandError `ERR_USAGE`
 */
export function assertSubject(subject: string, isPattern: boolean): void {
  const tokens = subject.split(".");
  const isGood = tokens.every((token, i) => {
    if (token === "" || /\s/.test(token)) return false;
    return !isPattern || token !== ">" || i === tokens.length - 1;
  });
  if (!isGood) throw new CommandError(`invalid subject ${quote(subject)}`, { code: "ERR_USAGE" });
}
