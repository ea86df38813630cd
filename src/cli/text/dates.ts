import type { Int64 } from "../../encoding/json-types.ts";

const DAYS: readonly string[] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: readonly string[] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Locales whose short names of zones are those of the tz database, each for the zones where it is spoken. */
const ZONE_LOCALES: readonly string[] = ["en-US", "en-GB", "en-AU", "en-NZ", "en-IN", "en-ZA", "en-CA"];

/** A time in seconds since 1970 as nsc has it, such as `2030-12-31 00:00:00 UTC`; nothing for 0. nsc: `UnixToDate`. */
export function formatDate(seconds: Int64): string {
  const date = dateOf(seconds);
  if (date === undefined) return Number(seconds) === 0 ? "" : `${seconds} s after 1970`;
  return `${utcText(date)} UTC`;
}

/** A time as Go prints it, in the zone of the machine: `2021-01-01 00:00:00 +0000 UTC`. Go: `Time.String`. */
export function formatGoTime(seconds: Int64): string {
  const date = dateOf(seconds) ?? new Date(0);
  return `${utcText(atZone(date))} ${offsetText(date, "")} ${zoneName(date)}`;
}

/** A time in the zone of the machine: `2030-12-31T00:00:00+01:00`. */
export function formatRfc3339(seconds: Int64): string {
  const date = dateOf(seconds) ?? new Date(0);
  const offset = date.getTimezoneOffset() === 0 ? "Z" : offsetText(date, ":");
  return `${utcText(atZone(date)).replace(" ", "T")}${offset}`;
}

/** A time in the zone of the machine: `Tue, 31 Dec 2030 00:00:00 CET`. */
export function formatRfc1123(seconds: Int64): string {
  const date = dateOf(seconds) ?? new Date(0);
  const local = atZone(date);
  const [year, time] = [/^[+-]?[0-9]+/.exec(utcText(local))?.[0], utcText(local).slice(-8)];
  const day = `${DAYS[local.getUTCDay()]}, ${two(local.getUTCDate())} ${MONTHS[local.getUTCMonth()]} ${year}`;
  return `${day} ${time} ${zoneName(date)}`;
}

/** Seconds since 1970 as a date, unless a `Date` can't hold them. The epoch stands for no time in claims. */
function dateOf(seconds: Int64): Date | undefined {
  const date = new Date(Number(seconds) * 1000);
  return Number(seconds) === 0 || Number.isNaN(date.getTime()) ? undefined : date;
}

/** The date whose time in UTC is that of the given one in the zone of the machine. */
function atZone(date: Date): Date {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
}

function utcText(date: Date): string {
  const year = date.getUTCFullYear();
  const day = `${year < 0 ? "-" : ""}${String(Math.abs(year)).padStart(4, "0")}-${two(date.getUTCMonth() + 1)}`;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(":");
  return `${day}-${two(date.getUTCDate())} ${time}`;
}

function offsetText(date: Date, between: string): string {
  const minutes = -date.getTimezoneOffset();
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(absolute / 60))}${between}${two(absolute % 60)}`;
}

/** What the tz database calls the zone at that time, such as `CET`; its offset where it has no name, such as `+03`. */
function zoneName(date: Date): string {
  for (const locale of ZONE_LOCALES) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(date);
    const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]+$/.test(name)) return name;
  }
  return offsetText(date, "").replace(/00$/, "");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
