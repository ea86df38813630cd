import { parseNanoseconds } from "../../encoding/duration.ts";
import { isTimeOfDay, parseGoInteger } from "../../encoding/go-time.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import type { TimeRange } from "../../jwt/limits.ts";
import { quote } from "../text/quote.ts";
import { FlagError } from "./flag.ts";

const TIME_OF_DAY = "15:04:05";

/** The last one that a date can be. */
const LAST_SECOND = 8_640_000_000_000;

/**
 * Nanoseconds of a duration such as "1m30s", with the errors of Go's `time.ParseDuration`.
 *
 * @throws FlagError if it is none
 */
export function parseDuration(text: string): Int64 {
  const value = parseNanoseconds(text);
  if (value === undefined) throw new FlagError(durationError(text));
  return value;
}

function durationError(text: string): string {
  let rest = text.replace(/^[+-]/, "");
  while (rest !== "") {
    const [all = "", count = "", unit = ""] = /^([0-9]*\.?[0-9]*)([^0-9.]*)/.exec(rest) ?? [];
    if (!/[0-9]/.test(count)) break;
    if (unit === "") return `time: missing unit in duration ${quoteTime(text)}`;
    if (parseNanoseconds(`0${unit}`) === undefined) {
      return `time: unknown unit ${quoteTime(unit)} in duration ${quoteTime(text)}`;
    }
    // What is too long comes before what is misspelt later on.
    if (parseNanoseconds(all) === undefined) break;
    rest = rest.slice(all.length);
  }
  return `time: invalid duration ${quoteTime(text)}`;
}

/** Go's package time has a way of its own to quote. */
function quoteTime(text: string): string {
  let out = "";
  for (const char of text) {
    if (char < " " || char > "\x7f") {
      for (const byte of new TextEncoder().encode(char)) out += `\\x${byte.toString(16).padStart(2, "0")}`;
    } else out += char === '"' || char === "\\" ? `\\${char}` : char;
  }
  return `"${out}"`;
}

/**
 * Seconds since 1970 of a date as RFC 3339 or seconds have it; 0 is the time of the command.
 *
 * @throws FlagError if it is none
 */
export function parseSeconds(text: string): number {
  if (text.trim() === "0") return 0;
  const seconds = parseRfc3339(text) ?? parseGoInteger(text);
  if (seconds === undefined) {
    throw new FlagError(`provided value ${quote(text)} is not a number nor parsable as RFC3339`);
  }
  if (seconds < 0) throw new FlagError(`the time ${text} is before 1970, when there were no tokens`);
  if (seconds > LAST_SECOND) throw new FlagError(`the time ${text} is too far away: it is counted in seconds`);
  return Number(seconds);
}

/** Go: `time.Parse(time.RFC3339, text)`, which takes an hour of one digit too. */
export function parseRfc3339(text: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:Z|([+-])(\d{2}):(\d{2}))$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [offsetHours, offsetMinutes] = [Number(match[8] ?? 0), Number(match[9] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 24 || offsetMinutes > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (match[7] === "-" ? -60 : 60);
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset;
}

/**
 * A time range such as "08:00:00-17:00:00".
 *
 * @throws FlagError if it is none
 */
export function parseTimeRange(text: string): Required<TimeRange> {
  const format = `require format: "${TIME_OF_DAY}-${TIME_OF_DAY}"`;
  const [start = "", end = "", ...more] = text.split("-");
  if (!text.includes("-") || more.length > 0) throw new FlagError(`${format} got "${text}"`);
  if (!isTimeOfDay(start)) throw new FlagError(`${format} could not parse start time "${start}"`);
  if (!isTimeOfDay(end)) throw new FlagError(`${format} could not parse end time "${end}"`);
  return { start, end };
}
