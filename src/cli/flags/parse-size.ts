import { toGoLower, trimGoSpace } from "../../encoding/go-text.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import { quote } from "../text/quote.ts";
import { FlagError } from "./flag.ts";
import { toInt64 } from "./go-integer.ts";

const MOST = 2n ** 63n - 1n;

/**
 * A count or a number of bytes such as "-1", "1k", "1.5GiB" or "1,000". Unlike nsc, which counts in floating point, whole
 * numbers are exact, and what does not fit is refused instead of turned negative.
 *
 * @throws FlagError if it is none
 */
export function parseSize(text: string): Int64 {
  if (text === "") return 0;
  const isNegative = text.startsWith("-");
  const unsigned = isNegative ? text.slice(1) : text;
  const count = /^[0-9.,]*/.exec(unsigned)?.[0] ?? "";
  const digits = count.replaceAll(",", "");
  if (!/^(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/.test(digits)) {
    throw new FlagError(`strconv.ParseFloat: parsing ${quote(digits)}: invalid syntax`);
  }
  if (Number(digits) === Number.POSITIVE_INFINITY) {
    throw new FlagError(`strconv.ParseFloat: parsing ${quote(digits)}: value out of range`);
  }
  const factor = factorOf(toGoLower(trimGoSpace(unsigned.slice(count.length))));
  const isWhole = /^[0-9]+\.?$/.test(digits);
  const value = isWhole
    ? BigInt(digits.replace(".", "")) * factor
    : BigInt(Math.trunc(Number(digits) * Number(factor)));
  if (value > MOST) throw new FlagError(`too large: ${unsigned}`);
  return toInt64(isNegative ? -value : value);
}

function factorOf(unit: string): bigint {
  const match = /^([kmgtpe]?)(i?)(b?)$/.exec(unit);
  const [, power = "", binary] = match ?? [];
  if (match === null || (power === "" && binary === "i")) throw new FlagError(`unhandled size name: ${unit}`);
  return (binary === "i" ? 1024n : 1000n) ** BigInt(power === "" ? 0 : "kmgtpe".indexOf(power) + 1);
}
