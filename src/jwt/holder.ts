import { NscError } from "../errors.ts";

/**
 * Refuses what can't hold members. JavaScript's own error for setting a member on a text quotes the text, and a text that is
 * given instead of claims is most likely a token or a seed.
 */
export function assertHolder(value: unknown, title: string): void {
  if (typeof value !== "object" || value === null)
    throw new NscError("ERR_ARGUMENT_INVALID", `${title} must be an object`);
}
