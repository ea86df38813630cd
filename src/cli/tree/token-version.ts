import { isNscError } from "../../errors.ts";
import { CommandError } from "../command-error.ts";
import { payloadOf } from "../showing/payload.ts";

/** The version of the format that a token is in; nothing for what is no token. Go: `identifier.Version`. */
export function tokenVersion(token: string): number | undefined {
  try {
    const { type, nats } = payloadOf(token);
    if (typeof type === "string") return 1;
    const version = typeof nats === "object" && nats !== null && !Array.isArray(nats) ? nats["version"] : undefined;
    return typeof version === "number" ? version : 0;
  } catch (error) {
    if (error instanceof CommandError || isNscError(error)) return undefined;
    throw error;
  }
}
