import { secondsOf } from "../encoding/dates.ts";
import { addTimeSpan, parseTimeSpan } from "../encoding/duration.ts";
import { NscError } from "../errors.ts";

/**
 * When something expires: a date, a time span from now on such as `30d` or `1h30m` (units `s m h d w M y`, from the largest
 * to the smallest), or `never`.
 */
export type Expires = Date | string;

/** The `exp` of claims that expire then: seconds since 1970, or nothing for never. */
export function expiryOf(expires: Expires, from: Date): number | undefined {
  if (expires === "never") return undefined;
  const span = typeof expires === "string" ? parseTimeSpan(expires) : undefined;
  const seconds = secondsOf(span === undefined ? expires : addTimeSpan(from, span));
  if (seconds !== undefined) return seconds;
  throw new NscError(
    "ERR_ARGUMENT_INVALID",
    'expires must be a date, a time span such as "30d" or "1h30m", or "never"',
  );
}
