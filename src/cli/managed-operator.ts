import { CommandError } from "./command-error.ts";
import type { addOperatorFlags } from "./commands/operator.ts";
import type { FlagValues } from "./flags/flag.ts";
import type { Invocation } from "./invocation.ts";

/** What is imported, and how. */
export type ManagedOperatorRequest = FlagValues<typeof addOperatorFlags> & {
  /** A URL, a file, or the name of a well known operator. */
  readonly url: string;
};

/** Adopts an operator whose keys are elsewhere, and makes it the current one. nsc: `add operator -u`. */
export async function importManagedOperator(_invocation: Invocation, _request: ManagedOperatorRequest): Promise<void> {
  throw new CommandError("operators can't be imported yet", { code: "ERR_NOT_IMPLEMENTED" });
}
