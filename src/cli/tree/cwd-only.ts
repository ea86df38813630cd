import { CommandError } from "../command-error.ts";
import type { Io } from "../io.ts";

/**
 * Refuses to change a context that the working directory alone says.
 *
 * @throws CommandError
 */
export function assertContextCanChange({ env }: Io): void {
  if (env["NSC_CWD_ONLY"] === undefined) return;
  throw new CommandError("$NSC_CWD_ONLY is set - change your cwd to change context", { code: "ERR_CWD_ONLY" });
}
