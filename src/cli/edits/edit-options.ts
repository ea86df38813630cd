import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";

/**
 * Refuses an edit that changes nothing, because no flag says what. Questions say it where they are asked, and a key to sign
 * with is something to do, too: it signs again.
 *
 * @param names - the flags that only say what is edited
 */
export function assertEditOptions(
  { flags, globals }: { readonly flags: object; readonly globals: Invocation["globals"] },
  names: readonly string[] = [],
): void {
  if (globals.interactive === true || globals["private-key"]) return;
  if (Object.entries(flags).some(([name, value]) => value !== undefined && !names.includes(name))) return;
  throw new CommandError("specify an edit option", { code: "ERR_NO_OPTION", showsUsage: true });
}
