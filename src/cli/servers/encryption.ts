import { CommandError } from "../command-error.ts";

/** A flag that nsc had once, and refuses since. */
export function assertNotEncrypted(isEncrypted: boolean | undefined): void {
  if (isEncrypted !== true) return;
  throw new CommandError("the experimental --encrypt option is no longer supported", { code: "ERR_USAGE" });
}
