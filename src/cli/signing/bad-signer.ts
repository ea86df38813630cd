import { isNscError } from "../../errors.ts";
import { CommandError } from "../command-error.ts";

/** Has it said in nsc's words that a key may not sign accounts: the same of every such key, with the reason as a hint. */
export async function sayingBadSigner<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isRefused =
      isNscError(cause, "ERR_SIGNER_UNTRUSTED") ||
      isNscError(cause, "ERR_SIGNER_UNKNOWN") ||
      isNscError(cause, "ERR_SIGNER_STRICT") ||
      (cause instanceof CommandError && cause.code === "ERR_SIGNER_KIND");
    if (!isRefused) throw cause;
    throw new CommandError("invalid account signer", { code: cause.code, hint: cause.message, cause });
  }
}
