/**
 * Strings and numbers of a configuration, as nats-server's `conf/lex.go` and `conf/parse.go` read them.
 *
 * @module
 */

import { concatBytes, decodeUtf8, encodeUtf8 } from "../encoding/bytes.ts";
import type { Cursor } from "./cursor.ts";
import type { ConfigValue } from "./format.ts";

/** A reference to a variable. */
export class Variable {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  yes: true,
  false: false,
  off: false,
  no: false,
};

/** Text in quotes of which neither can be escaped: of a key, or in single quotes. */
export function readQuoted(cursor: Cursor, what: string): string {
  const { pos: start } = cursor;
  const quote = cursor.peek();
  const pattern = quote === '"' ? /"([^"\0]*)"/y : /'([^'\0]*)'/y;
  const found = cursor.take(pattern);
  if (found === undefined) throw cursor.refusal(`the ${what} that begins here has no closing quote`, start);
  return found.slice(1, -1);
}

export function readDoubleQuoted(cursor: Cursor): string {
  const { pos: start } = cursor;
  const parts: (string | number)[] = [];
  cursor.pos += 1;
  for (;;) {
    parts.push(cursor.take(/[^"\\\0]*/y) ?? "");
    if (cursor.skip('"')) return joinBytes(parts);
    if (cursor.peek() !== "\\") throw cursor.refusal("the string that begins here has no closing quote", start);
    parts.push(readEscape(cursor));
  }
}

/** What ends a word. */
const WORD = /[^\\\n\r\0;,\]}\t ']*/y;

/** A word without quotes: a string, a boolean, or a variable. Nothing is a word, too. */
export function readWord(cursor: Cursor, start: number): string | boolean | Variable {
  const first = cursor.text.slice(start, cursor.pos);
  const word = first + (cursor.take(WORD) ?? "");
  const parts: (string | number)[] = [word];
  while (cursor.peek() === "\\") parts.push(readEscape(cursor), cursor.take(WORD) ?? "");
  const isQuoted = cursor.skip("'");
  if (parts.length > 1 || isQuoted) return joinBytes(parts);
  if (Object.hasOwn(BOOLEANS, word.toLowerCase())) return BOOLEANS[word.toLowerCase()] as boolean;
  return word.startsWith("$") ? new Variable(word.slice(1)) : word;
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", '"': '"', "\\": "\\" };

/** What an escape stands for: a character, or a byte that can be a part of one. */
function readEscape(cursor: Cursor): string | number {
  const { pos: start } = cursor;
  const hex = cursor.take(/\\x[\da-fA-F]{2}/y);
  if (hex !== undefined) return Number.parseInt(hex.slice(2), 16);
  const found = cursor.take(/\\[tnr"\\]/y);
  if (found !== undefined) return ESCAPES[found.slice(1)] as string;
  throw cursor.refusal('there are no escapes but \\xHH, \\t, \\n, \\r, \\" and \\\\', start);
}

/** Several bytes can be one character. */
function joinBytes(parts: readonly (string | number)[]): string {
  if (parts.every((part) => typeof part === "string")) return parts.join("");
  return decodeUtf8(
    concatBytes(...parts.map((part) => (typeof part === "string" ? encodeUtf8(part) : Uint8Array.of(part)))),
  );
}

/** Lines between `(` and a `)` that stands alone on its line. */
export function readBlock(cursor: Cursor): string {
  const { pos: start, text } = cursor;
  for (let end = text.indexOf(")", start); end >= 0; end = text.indexOf(")", end + 1)) {
    const after = text[end + 1];
    if (text[end - 1] !== "\n" || (after !== "\n" && after !== undefined)) continue;
    // At the end of the text the server takes the parenthesis for a part of the value.
    const content = text.slice(start + 1, after === undefined ? end + 1 : end);
    if (content.includes("\0")) break;
    cursor.pos = end + 1;
    return content;
  }
  throw cursor.refusal("the lines that begin with this parenthesis end with none that stands alone on its line", start);
}

const KILO = 1000n;
const KIBI = 1024n;

/** Factors by suffix. */
const SUFFIXES: ReadonlyMap<string, bigint> = new Map([
  ["", 1n],
  ...[..."kmgtpe"].flatMap((letter, i): [string, bigint][] => [
    [letter, KILO ** BigInt(i + 1)],
    ...["b", "i", "ib"].map((rest): [string, bigint] => [letter + rest, KIBI ** BigInt(i + 1)]),
  ]),
]);

/** What ends a number; else it is the beginning of a word. */
const ENDS_NUMBER = /[\n\r};,\t ]/;

/** What begins with a digit or a minus: an integer, maybe with a suffix; a float; a date; or a word, such as an IP address. */
export function readNumber(cursor: Cursor): ConfigValue | Variable {
  const { pos: start } = cursor;
  const isNegative = cursor.peek() === "-";
  if (cursor.take(/-?\p{Nd}+/uy) === undefined) throw cursor.refusal("expected a digit after the minus");
  const next = cursor.peek();
  if (next === ".") return readFloat(cursor, start);
  if (next === "-" && !isNegative) return readDate(cursor, start);
  if (/[kmgtpe]/i.test(next)) {
    cursor.take(/[kmgtpe][bi]*/iy);
    const after = cursor.peek();
    if (after !== "" && !ENDS_NUMBER.test(after) && !/\p{Nd}/u.test(after)) return readWord(cursor, start);
  } else if (!isNegative && next !== "" && !ENDS_NUMBER.test(next)) {
    // The server does not look at this character again, so that it ends no word, not even the bracket of [1].
    cursor.skipOne();
    return readWord(cursor, start);
  }
  return integerOf(cursor, start);
}

function integerOf(cursor: Cursor, start: number): number | bigint {
  const text = cursor.text.slice(start, cursor.pos);
  const [, digits = "", suffix = ""] = /^(-?\d+)([a-z]*)$/i.exec(text) ?? [];
  const factor = SUFFIXES.get(suffix.toLowerCase());
  if (digits === "") throw cursor.refusal("expected digits of ASCII", start);
  // The server passes over such a number, and the next value gets the wrong name.
  if (factor === undefined) throw cursor.refusal("a number can't have this suffix", start);
  const count = BigInt(digits);
  if (count !== BigInt.asIntN(64, count)) throw cursor.refusal("an integer is beyond 64 bits", start);
  const product = BigInt.asIntN(64, count * factor);
  return Number.isSafeInteger(Number(product)) ? Number(product) : product;
}

function readFloat(cursor: Cursor, start: number): number | string {
  cursor.pos += 1;
  if (cursor.take(/\p{Nd}+/uy) === undefined) throw cursor.refusal("expected a digit after the point");
  if (cursor.peek() === ".") {
    cursor.take(/[\p{Nd}.:-]*/uy);
    return cursor.text.slice(start, cursor.pos);
  }
  const text = cursor.text.slice(start, cursor.pos);
  const value = /^-?[\d.]+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw cursor.refusal("a number is out of range, or has digits of other scripts", start);
  return value;
}

/** A time in the one form that the server knows; it stays text, since the server has no option for it. */
function readDate(cursor: Cursor, start: number): string {
  cursor.pos = start;
  const text = cursor.take(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/y);
  const date = new Date(text ?? Number.NaN);
  if (text === undefined || Number.isNaN(date.getTime()) || date.toISOString() !== text.replace("Z", ".000Z")) {
    throw cursor.refusal("expected a date and time as in 2026-01-31T00:00:00Z", start);
  }
  return text;
}
