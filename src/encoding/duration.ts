import type { Int64 } from "./json-types.ts";

const MICROSECOND = 1_000n;
const MILLISECOND: bigint = 1_000_000n;
const SECOND: bigint = 1_000_000_000n;
const MINUTE: bigint = 60n * SECOND;
const HOUR: bigint = 60n * MINUTE;

/** Nanoseconds, by Go's names; micro has two characters that look alike. */
const GO_UNITS: ReadonlyMap<string, bigint> = /* @__PURE__ */ new Map([
  ["ns", 1n],
  ["us", MICROSECOND],
  ["\u00b5s", MICROSECOND],
  ["\u03bcs", MICROSECOND],
  ["ms", MILLISECOND],
  ["s", SECOND],
  ["m", MINUTE],
  ["h", HOUR],
]);

/** Go counts without sign up to here, one more than the largest positive duration. */
const LARGEST: bigint = 2n ** 63n;

/**
 * Go: `time.ParseDuration`.
 *
 * @returns nanoseconds, or nothing if the text is no duration or too long a one
 */
export function parseGoDuration(text: string): bigint | undefined {
  const unsigned = text.replace(/^[+-]/, "");
  if (unsigned === "0") return 0n;
  if (unsigned === "") return undefined;
  const part = /([0-9]*)(?:\.([0-9]*))?([^0-9.]+)/y;
  let total = 0n;
  while (part.lastIndex < unsigned.length) {
    const [, whole, fraction = "", name] = (part.exec(unsigned) ?? []) as (string | undefined)[];
    if (whole === undefined || name === undefined || whole + fraction === "") return undefined;
    const unit = GO_UNITS.get(name);
    const digits = whole.replace(/^0+/, "");
    if (unit === undefined || digits.length > 19) return undefined;
    const count = BigInt(digits);
    if (count > LARGEST / unit) return undefined;
    const value = count * unit + fractionOf(fraction, unit);
    if (value > LARGEST) return undefined;
    // Go adds modulo 2^64 here, so that twice the largest value is nothing.
    total = BigInt.asUintN(64, total + value);
    if (total > LARGEST) return undefined;
  }
  if (text.startsWith("-")) return -total;
  return total < LARGEST ? total : undefined;
}

/**
 * The nanoseconds of an option such as "5s", as claims hold them.
 *
 * @returns nothing if it is no duration of Go
 */
export function parseNanoseconds(text: unknown): Int64 | undefined {
  const nanoseconds = typeof text === "string" ? parseGoDuration(text) : undefined;
  return Number.isSafeInteger(Number(nanoseconds)) ? Number(nanoseconds) : nanoseconds;
}

/** Go: `Duration.String`. */
export function formatGoDuration(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? "-" : "";
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (value === 0n) return "0s";
  if (value < MICROSECOND) return `${sign}${value}ns`;
  if (value < MILLISECOND) return `${sign}${decimal(value, 3)}\u00b5s`;
  if (value < SECOND) return `${sign}${decimal(value, 6)}ms`;
  const seconds = `${decimal(value % MINUTE, 9)}s`;
  if (value < MINUTE) return sign + seconds;
  const minutes = `${(value / MINUTE) % 60n}m${seconds}`;
  return value < HOUR ? sign + minutes : `${sign}${value / HOUR}h${minutes}`;
}

/**
 * A length of time as this library's options write it. Months and days are calendar arithmetic, so how long they are
 * depends on where they begin.
 */
export interface TimeSpan {
  readonly months: number;
  readonly days: number;
  readonly seconds: number;
}

/**
 * Reads a time span such as `30d`, `1h30m` or `1y6M`: counts with a unit each, from the largest unit to the smallest, no
 * unit twice. The units are `y` years, `M` months, `w` weeks, `d` days, `h` hours, `m` minutes and `s` seconds. nsc knows
 * them too, except `s`, but takes only one and overlooks whatever stands around it.
 *
 * @returns the span, which may be zero, or nothing if the text is none
 */
export function parseTimeSpan(text: string): TimeSpan | undefined {
  const match =
    /^(?=.)(?:([0-9]+)y)?(?:([0-9]+)M)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const count = (group: number) => Number(match[group] ?? 0);
  const span = {
    months: count(1) * 12 + count(2),
    days: count(3) * 7 + count(4),
    seconds: count(5) * 3600 + count(6) * 60 + count(7),
  };
  return Object.values(span).every(Number.isSafeInteger) ? span : undefined;
}

/**
 * Adds a time span as nsc does (Go: `Time.AddDate`, then `Time.Add`): first months and days on the calendar, a day that
 * the month does not have running over into the next, so that 31 January and one month are 2 or 3 March; then seconds.
 *
 * @param calendar - whose days count. The library says `utc`, so that a token depends on nothing but its inputs; nsc
 *   uses the zone of the machine, where a day may have 23 or 25 hours
 * @returns the time, or nothing if a `Date` can't hold it
 */
export function addTimeSpan(start: Date, span: TimeSpan, calendar: "utc" | "local" = "utc"): Date | undefined {
  const date = new Date(start);
  if (calendar === "utc") date.setUTCMonth(date.getUTCMonth() + span.months, date.getUTCDate() + span.days);
  // Where no day passes, an hour that the clock runs through twice must stay what it is.
  else if (span.months !== 0 || span.days !== 0) {
    date.setMonth(date.getMonth() + span.months, date.getDate() + span.days);
  }
  date.setTime(date.getTime() + span.seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** What a fraction of a unit adds, in floating point as in Go and with the same digits left out. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (value > (LARGEST - 1n) / 10n || next > LARGEST) break;
    value = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

/** `value` / 10^`places`, without zeros at the end. */
function decimal(value: bigint, places: number): string {
  const digits = String(value).padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return digits.slice(0, -places) + (fraction === "" ? "" : `.${fraction}`);
}
