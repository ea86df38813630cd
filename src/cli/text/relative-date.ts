import type { Int64 } from "../../encoding/json-types.ts";

const SECOND = 1000;
const MINUTE: number = 60 * SECOND;
const HOUR: number = 60 * MINUTE;
const DAY: number = 24 * HOUR;
const WEEK: number = 7 * DAY;
const MONTH: number = 30 * DAY;
const YEAR: number = 12 * MONTH;

/** What a distance below a length is called; a unit says how many of them it is. Go: `humanize.RelTime`. */
const NAMES: readonly (readonly [below: number, name: string, unit?: number])[] = [
  [SECOND, "now"],
  [2 * SECOND, "1 second"],
  [MINUTE, "seconds", SECOND],
  [2 * MINUTE, "1 minute"],
  [HOUR, "minutes", MINUTE],
  [2 * HOUR, "1 hour"],
  [DAY, "hours", HOUR],
  [2 * DAY, "1 day"],
  [WEEK, "days", DAY],
  [2 * WEEK, "1 week"],
  [MONTH, "weeks", WEEK],
  [2 * MONTH, "1 month"],
  [YEAR, "months", MONTH],
  [18 * MONTH, "1 year"],
  [2 * YEAR, "2 years"],
  [37 * YEAR, "years", YEAR],
];

/**
 * How far away a time is: `In 3 Days`, `1 Week Ago`, `Now`; nothing for 0. nsc: `HumanizedDate`, which says "In Now".
 *
 * @param seconds - since 1970
 * @param letters - `title` as tables have it, or `lower` as the messages of edits do
 */
export function relativeDate(seconds: Int64, now: Date, letters: "title" | "lower" = "title"): string {
  if (Number(seconds) === 0) return "";
  const away = Number(seconds) * 1000 - now.getTime();
  const name = distance(Math.abs(away));
  const text = name === "now" ? name : away < 0 ? `${name} ago` : `in ${name}`;
  return letters === "lower" ? text : text.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

function distance(milliseconds: number): string {
  const entry = NAMES.find(([below]) => milliseconds < below);
  if (entry === undefined) return "a long while";
  const [, name, unit] = entry;
  return unit === undefined ? name : `${Math.floor(milliseconds / unit)} ${name}`;
}
