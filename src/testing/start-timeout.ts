import { parseGoDuration } from "../encoding/duration.ts";
import { NscError } from "../errors.ts";

/** Timers of Node hold 31 bits of milliseconds; nobody waits an hour for a server. */
const LONGEST = 60n * 60n * 1_000_000_000n;

/** The milliseconds of a text such as "500ms", "10s" or "2m". */
export function parseStartTimeout(text: string): number {
  const nanoseconds = typeof text === "string" ? parseGoDuration(text) : undefined;
  if (nanoseconds === undefined || nanoseconds <= 0n || nanoseconds > LONGEST) {
    throw new NscError("ERR_ARGUMENT_INVALID", 'startTimeout must be a duration such as "10s", up to an hour');
  }
  return Number(nanoseconds) / 1_000_000;
}
