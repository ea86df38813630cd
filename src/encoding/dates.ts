import { NscError } from "../errors.ts";

/**
 * The whole seconds since 1970 of a date as claims can hold it. The epoch, which a date column without a value becomes, would
 * be no time at all there.
 *
 * @returns nothing if it is no such date
 */
export function secondsOf(date: unknown): number | undefined {
  return date instanceof Date && date.getTime() >= 1000 ? Math.floor(date.getTime() / 1000) : undefined;
}

/**
 * The whole seconds since 1970 of an option that is a date.
 *
 * @param date - the option
 * @param name - its name, for people
 * @throws NscError `ERR_ARGUMENT_INVALID`
 */
export function parseDate(date: unknown, name: string): number {
  const seconds = secondsOf(date);
  if (seconds !== undefined) return seconds;
  throw new NscError("ERR_ARGUMENT_INVALID", `${name} must be a date after 1970`);
}

/** A time in seconds since 1970, for people. */
export function formatSeconds(seconds: number): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString();
}
