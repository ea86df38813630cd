import { addTimeSpan, parseTimeSpan } from "../../encoding/duration.ts";
import { CommandError } from "../command-error.ts";
import { parseRfc3339 } from "../flags/parse-time.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";
import { relativeDate } from "../text/relative-date.ts";
import { parseDay, parseTimeOfDay } from "./calendar.ts";

const HINT =
  "give a date (2030-12-31, 2030-12-31T12:00:00Z), a time from now on (90m, 12h, 30d, 2w, 6M, 1y, 1w2d), or 0 for none";

/** From when until when a token is valid, in seconds since 1970; 0 for no bound, nothing for what was not given. */
export interface Validity {
  readonly start: number | undefined;
  readonly expiry: number | undefined;
}

/** What a validity is read for. */
export interface ValidityContext {
  readonly now: Date;
  /** Where it is said that an expiry is in the past. */
  readonly report?: Report;
}

/**
 * Reads `--start` and `--expiry`.
 *
 * @throws CommandError
 */
export function readValidity(
  flags: { readonly start?: string | undefined; readonly expiry?: string | undefined },
  { now, report }: ValidityContext,
): Validity {
  const read = (name: "start" | "expiry") => {
    const text = flags[name];
    if (text === undefined || text === "") return undefined;
    return readTimeBound(text, now, { what: name, isStart: name === "start" });
  };
  const start = read("start");
  const expiry = read("expiry");
  if (expiry === undefined || expiry === 0) return { start, expiry };
  const seconds = Math.floor(now.getTime() / 1000);
  if (expiry <= seconds) {
    report?.warn(`expiry ${quote(flags.expiry ?? "")} is in the past (${relativeDate(expiry, now, "lower")})`);
  } else if (start !== undefined && expiry <= start) {
    report?.warn(`expiry ${quote(flags.expiry ?? "")} is not after the start`);
  }
  return { start, expiry };
}

/** What a time is read for. */
export interface TimeBoundUse {
  /** What it is called in errors, which say nothing but what is wrong by default. */
  readonly what?: string;
  /** Whether it is when something begins, so that a time before 1970 is as good as none. */
  readonly isStart?: boolean;
}

/**
 * Reads a date, or a time span from now on. Days and longer units are counted on the calendar of the machine's zone, a
 * day that a month does not have running over into the next, as nsc does. nsc: `ParseExpiry`.
 *
 * @returns seconds since 1970; 0 for no bound
 * @throws CommandError
 */
export function readTimeBound(text: string, now: Date, { what, isStart = false }: TimeBoundUse = {}): number {
  const fail = (problem: string) =>
    new CommandError(what === undefined ? problem : `${what} ${quote(text)} is invalid: ${problem}`, {
      code: "ERR_TIME_INVALID",
      hint: HINT,
    });
  const bound = parseTimeBound(text, now);
  if (typeof bound === "string") throw fail(bound);
  if (bound === undefined) return 0;
  // In claims 0 is no bound: an end that early would never come.
  if (bound <= 0 && !isStart) throw fail("times before 1970 can't be in a token");
  return Math.max(0, bound);
}

/** The seconds since 1970, nothing for no bound, or what is wrong with the text. */
function parseTimeBound(text: string, now: Date): number | undefined | string {
  if (text === "" || text === "0") return undefined;
  if (text.includes(".")) return `start/expiry must be an integer value: ${text}`;
  return /[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text) ? parseInstant(text) : parseFromNow(text, now);
}

function parseInstant(text: string): number | string {
  const day = parseDay(text);
  if (typeof day === "string") return day;
  const { seconds, rest } = day;
  if (rest === "") return seconds;
  const timeOfDay = parseTimeOfDay(rest);
  if (timeOfDay !== undefined) return seconds + timeOfDay;
  return parseRfc3339(text) ?? `parsing time ${quote(text)}: extra text: ${quote(rest)}`;
}

function parseFromNow(text: string, now: Date): number | undefined | string {
  const [, sign, length = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const span = parseTimeSpan(length);
  if (span === undefined) return `couldn't parse expiry: ${text}`;
  const direction = sign === "-" ? -1 : 1;
  const [months, days, seconds] = [span.months, span.days, span.seconds].map((count) => direction * count) as [
    number,
    number,
    number,
  ];
  if (months === 0 && days === 0 && seconds === 0) return undefined;
  const time = addTimeSpan(now, { months, days, seconds }, "local");
  return time === undefined ? `${text} is too far away` : Math.floor(time.getTime() / 1000);
}
