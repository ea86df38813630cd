import type { Int64 } from "../../encoding/json-types.ts";
import { zoneError } from "../../encoding/zones.ts";
import type { TimeRange } from "../../jwt/limits.ts";
import { quote } from "../text/quote.ts";
import { readCsvRecord } from "./csv-record.ts";
import { type Flag, FlagError, type FlagOptions } from "./flag.ts";
import { parseInteger, parseUnsigned, toInt64 } from "./go-integer.ts";
import { parseSize } from "./parse-size.ts";
import { parseDuration, parseSeconds, parseTimeRange } from "./parse-time.ts";

/** Any text. */
export function text(help: string, options: FlagOptions = {}): Flag<string> {
  return { help, type: "string", parse: (value) => value, ...options };
}

/** On without a value; `--flag=false` is off. */
export function bool(help: string, options: FlagOptions = {}): Flag<boolean> {
  return { help, type: "", parse: parseBool, bare: "true", ...options };
}

/** Texts separated by commas, with quotes where a text has one itself; each occurrence adds to those before it. */
export function list(help: string, options: FlagOptions = {}): Flag<readonly string[]> {
  const parse = (value: string, before: readonly string[] = []) => [...before, ...readCsvRecord(value)];
  return { help, type: "strings", parse, ...options };
}

/** A whole number, which may also be written as 0x1f, 0b101 or 0o17. */
export function int(help: string, options: FlagOptions = {}): Flag<number> {
  return { help, type: "int", parse: (value) => toSafe(parseInteger(value, 64)), ...options };
}

/** A whole number that is 1 where the flag stands without one; another one only after `=`. */
export function optionalInt(help: string, options: FlagOptions = {}): Flag<number> {
  return { ...int(help, options), bare: "1" };
}

/** A whole number that is not negative. */
export function uint(help: string, options: FlagOptions = {}): Flag<number> {
  return { help, type: "uint", parse: (value) => toSafe(parseUnsigned(value, 64)), ...options };
}

/** A whole number from 0 to 255. */
export function uint8(help: string, options: FlagOptions = {}): Flag<number> {
  return { help, type: "uint8", parse: (value) => Number(parseUnsigned(value, 8)), ...options };
}

/** A whole number as claims hold it. */
export function int64(help: string, options: FlagOptions = {}): Flag<Int64> {
  return { help, type: "int", parse: (value) => toInt64(parseInteger(value, 64)), ...options };
}

/** A count or a number of bytes, with a unit such as k, MB or GiB. */
export function size(help: string, options: FlagOptions = {}): Flag<Int64> {
  return { help, type: "number", parse: parseSize, ...options };
}

/** A length of time such as 1m30s, in nanoseconds. */
export function duration(help: string, options: FlagOptions = {}): Flag<Int64> {
  return { help, type: "duration", parse: parseDuration, ...options };
}

/** A time, in seconds since 1970; 0 is the time of the command. */
export function date(help: string, options: FlagOptions = {}): Flag<number> {
  return { help, type: "date-time", parse: parseSeconds, ...options };
}

/** Time ranges of a day, one each time the flag is given. */
export function ranges(help: string, options: FlagOptions = {}): Flag<readonly Required<TimeRange>[]> {
  const parse = (value: string, before: readonly Required<TimeRange>[] = []) => [...before, parseTimeRange(value)];
  return { help, type: "time-ranges", parse, ...options };
}

/** A time zone by its name in the tz database. */
export function zone(help: string, options: FlagOptions = {}): Flag<string> {
  return { help, type: "time-locale", parse: parseZone, ...options };
}

function parseBool(value: string): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(value)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(value)) return false;
  throw new FlagError(`strconv.ParseBool: parsing ${quote(value)}: invalid syntax`);
}

function parseZone(value: string): string {
  const error = zoneError(value);
  if (error !== undefined) throw new FlagError(error);
  // Go names the zone that an empty text stands for.
  return value === "" ? "UTC" : value;
}

function toSafe(value: bigint): number {
  if (Number.isSafeInteger(Number(value))) return Number(value);
  throw new FlagError(`${value} is too large`);
}
