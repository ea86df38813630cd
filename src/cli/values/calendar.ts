import { quote } from "../text/quote.ts";

/**
 * Reads the day that a text begins with. Go: `time.Parse` with the layout `2006-01-02`.
 *
 * @returns the seconds since 1970 of its beginning in UTC, and what follows; or what is wrong, in Go's words
 */
export function parseDay(text: string): { readonly seconds: number; readonly rest: string } | string {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})(.*)$/s.exec(text);
  if (match === null) return `parsing time ${quote(text)} as "2006-01-02": cannot parse ${quote(text)} as "2006"`;
  const [year, month, day] = match.slice(1, 4).map(Number) as [number, number, number];
  if (month < 1 || month > 12) return `parsing time ${quote(text)}: month out of range`;
  // `Date.UTC` takes years below 100 for those of the last century.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1) return `parsing time ${quote(text)}: day out of range`;
  return { seconds: date.getTime() / 1000, rest: match[4] as string };
}

/**
 * Reads the ` 15:04:05 UTC` that follows the day in nsc's own dates.
 *
 * @returns the seconds since midnight, or nothing if it is none
 */
export function parseTimeOfDay(text: string): number | undefined {
  const match = /^ ([0-9]{1,2}):([0-9]{2}):([0-9]{2}) UTC$/.exec(text);
  if (match === null) return undefined;
  const [hours, minutes, seconds] = match.slice(1).map(Number) as [number, number, number];
  return hours > 23 || minutes > 59 || seconds > 59 ? undefined : hours * 3600 + minutes * 60 + seconds;
}
