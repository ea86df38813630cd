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
 * Reads what follows the day in RFC 3339, or the ` 15:04:05 UTC` of nsc's own dates.
 *
 * @returns the seconds since midnight in UTC, or nothing if it is neither
 */
export function parseTimeOfDay(text: string): number | undefined {
  const match =
    /^(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:Z|([+-])([0-9]{2}):([0-9]{2}))| ([0-9]{2}):([0-9]{2}):([0-9]{2}) UTC)$/.exec(
      text,
    );
  if (match === null) return undefined;
  const part = (group: number) => Number(match[group] ?? 0);
  const [hours, minutes, seconds] = [part(1) + part(7), part(2) + part(8), part(3) + part(9)];
  const [zoneHours, zoneMinutes] = [part(5), part(6)];
  if (hours > 23 || minutes > 59 || seconds > 59 || zoneHours > 23 || zoneMinutes > 59) return undefined;
  const offset = (match[4] === "-" ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60);
  return hours * 3600 + minutes * 60 + seconds - offset;
}
