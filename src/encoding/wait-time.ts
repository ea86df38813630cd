import { NscError } from "../errors.ts";
import { parseGoDuration } from "./duration.ts";

/** Timers of Node hold 31 bits of milliseconds; nobody waits an hour for a server or a lock. */
const LONGEST = 60n * 60n * 1_000_000_000n;

/**
 * The milliseconds of an option such as "500ms", "10s" or "2m".
 *
 * @param text - the option
 * @param name - its name, for people
 * @param shortest - whether `none` may be asked for, too, as "0s"; `some` by default
 * @throws NscError `ERR_ARGUMENT_INVALID`
 */
export function parseWaitTime(text: unknown, name: string, shortest: "some" | "none" = "some"): number {
  const least = shortest === "none" ? 0n : 1n;
  const nanoseconds = typeof text === "string" ? parseGoDuration(text) : undefined;
  if (nanoseconds === undefined || nanoseconds < least || nanoseconds > LONGEST) {
    throw new NscError("ERR_ARGUMENT_INVALID", `${name} must be a duration such as "10s", up to an hour`);
  }
  return Number(nanoseconds) / 1_000_000;
}
