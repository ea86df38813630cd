import { quote } from "../text/quote.ts";
import { FlagError } from "./flag.ts";

const PREFIXES: ReadonlyMap<string, number> = new Map([
  ["0b", 2],
  ["0o", 8],
  ["0x", 16],
]);

/**
 * Go: `strconv.ParseInt(text, 0, bits)`, with its errors.
 *
 * @throws FlagError if it is no such number, or does not fit
 */
export function parseInteger(text: string, bits: number): bigint {
  const isNegative = text.startsWith("-");
  const most = 2n ** BigInt(bits - 1) - (isNegative ? 0n : 1n);
  const value = parseDigits(text, text.replace(/^[+-]/, ""), most, "ParseInt");
  return isNegative ? -value : value;
}

/**
 * Go: `strconv.ParseUint(text, 0, bits)`, with its errors.
 *
 * @throws FlagError if it is no such number, or does not fit
 */
export function parseUnsigned(text: string, bits: number): bigint {
  return parseDigits(text, text, 2n ** BigInt(bits) - 1n, "ParseUint");
}

/** A number where that is exact, as claims hold it. */
export function toInt64(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function parseDigits(text: string, unsigned: string, most: bigint, call: string): bigint {
  const fail = (reason: string) => new FlagError(`strconv.${call}: parsing ${quote(text)}: ${reason}`);
  const prefix = unsigned.length > 2 ? PREFIXES.get(unsigned.slice(0, 2).toLowerCase()) : undefined;
  const base = prefix ?? (unsigned.startsWith("0") ? 8 : 10);
  const digits = prefix !== undefined ? unsigned.slice(2) : base === 8 ? unsigned.slice(1) : unsigned;
  if (unsigned === "") throw fail("invalid syntax");
  let value = 0n;
  for (const char of digits) {
    if (char === "_") continue;
    const digit = /[0-9a-z]/i.test(char) ? Number.parseInt(char, 36) : base;
    if (digit >= base) throw fail("invalid syntax");
    value = value * BigInt(base) + BigInt(digit);
    // Go does not look at what comes after a number that is too large.
    if (value > most) throw fail("value out of range");
  }
  // Underscores stand between digits; a prefix counts as one, and so does the leading 0 of an octal number.
  if (/_$|__/.test(digits) || (base === 10 && digits.startsWith("_"))) throw fail("invalid syntax");
  return value;
}
