import type { OperatorClaims } from "../jwt/operator.ts";
import { CommandError } from "./command-error.ts";
import type { ClaimsReader } from "./stored-claims.ts";
import { quote } from "./text/quote.ts";

/**
 * The claims of an operator, as a reader reads them.
 *
 * @throws CommandError when they can't be read
 */
export async function storedOperator(reader: ClaimsReader, name: string): Promise<OperatorClaims> {
  const read = await reader.one<"operator", OperatorClaims>([name], (claims) => claims);
  const problem = read === undefined ? "there is none" : await read.problem;
  if (read?.value !== undefined && problem === undefined) return read.value;
  throw new CommandError(`the token of operator ${quote(name)} can't be read: ${problem}`, {
    code: "ERR_STORE_DAMAGED",
  });
}
