/** Text rules of Go's standard library that differ from JavaScript's. */

const GO_SPACE = "\\u0009-\\u000d\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LEADING_SPACE: RegExp = /* @__PURE__ */ new RegExp(`^[${GO_SPACE}]+`);
const TRAILING_SPACE: RegExp = /* @__PURE__ */ new RegExp(`[${GO_SPACE}]$`);
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const SHORT_ESCAPES: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
  [0x0b, "\\v"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

/** Go: `strings.TrimSpace`. */
export function trimGoSpace(text: string): string {
  const from = LEADING_SPACE.exec(text)?.[0].length ?? 0;
  let to = text.length;
  while (to > from && TRAILING_SPACE.test(text[to - 1] as string)) to -= 1;
  return text.slice(from, to);
}

/** Go: `strings.ToLower`, which maps each code point on its own. */
export function toGoLower(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  let out = "";
  for (const char of text) out += char === "\u0130" ? "i" : char === "\u03a3" ? "\u03c3" : char.toLowerCase();
  return out;
}

/** Go: `strings.ToUpper`, which maps each code point on its own and only to a single one. */
export function toGoUpper(text: string): string {
  let out = "";
  for (const char of text) {
    const upper = char.toUpperCase();
    if ([...upper].length === 1) out += upper;
    // Greek letters with a small iota have one capital too, but JavaScript spells it with two letters.
    else if (/[\u1f80-\u1faf]/.test(char)) out += String.fromCharCode(char.charCodeAt(0) | 8);
    else if (/[\u1fb3\u1fc3\u1ff3]/.test(char)) out += String.fromCharCode(char.charCodeAt(0) + 9);
    else out += char;
  }
  return out;
}

/** Go: `strconv.Quote`, the verb `%q`. A lone surrogate stands for bytes that are no UTF-8. */
export function quoteGo(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    const short = SHORT_ESCAPES.get(code);
    if (short !== undefined) out += short;
    else if (code < 0x20 || code === 0x7f) out += `\\x${hex(code, 2)}`;
    else if (code >= 0xd800 && code < 0xe000) out += "\ufffd";
    else if (PRINTABLE.test(char)) out += char;
    else out += code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  }
  return `${out}"`;
}

/** What terminals would obey, and what would turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The text with escapes, as Go has them, in place of what is not to be seen or would do something. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => quoteGo(char).slice(1, -1));
}

/** Orders as Go orders strings: by UTF-8 bytes, which is by code point and not by UTF-16 unit. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates encode code points above all of the basic plane. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}
