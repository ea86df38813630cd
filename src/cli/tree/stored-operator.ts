import type { OperatorClaims } from "../../jwt/operator.ts";
import { CommandError } from "../command-error.ts";
import { quote } from "../text/quote.ts";
import type { ClaimsReader } from "./stored-claims.ts";

/** An operator as it is stored. */
export interface StoredOperator {
  readonly name: string;
  readonly token: string;
  readonly claims: OperatorClaims;
}

/**
 * An operator, as a reader reads it.
 *
 * @throws CommandError when it can't be read
 */
export async function storedOperator(reader: ClaimsReader, name: string): Promise<StoredOperator> {
  const entry = await reader.token([name]);
  const read = entry && reader.read<"operator", OperatorClaims>(entry, (claims) => claims);
  await reader.settled();
  if (read?.value !== undefined && read.problem === undefined) return { name, token: read.token, claims: read.value };
  const problem = read?.problem ?? "there is none";
  throw new CommandError(`the token of operator ${quote(name)} can't be read: ${problem}`, {
    code: "ERR_STORE_DAMAGED",
  });
}
