import { isNscError } from "../../errors.ts";
import type { NscContextChange } from "../../node/context.ts";
import type { Invocation } from "../invocation.ts";

/**
 * Makes what was added or renamed the current one. What the folders of this call say is not saved: with NSC_CWD_ONLY the
 * working directory alone says the context, and stores that `nsc.json` does not name get no context there.
 */
export async function makeCurrent({ io, output, tree }: Invocation, change: NscContextChange): Promise<void> {
  if (io.env["NSC_CWD_ONLY"] !== undefined) return;
  try {
    await tree.select(change);
  } catch (error) {
    if (!isNscError(error, "ERR_ARGUMENT_INVALID")) throw error;
    output.note(
      `the context is still that of other stores; nsc env --store ${tree.directory.storesDir} makes these the current ones`,
    );
  }
}
