/** ASCII characters that are written as they are. A table and a loop take half the time of regular expressions here. */
const PLAIN: Uint8Array = /* @__PURE__ */ plainTable();
const SHORT_ESCAPES: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [0x22, '\\"'],
  [0x5c, "\\\\"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
  [0x3c, "\\u003c"],
  [0x3e, "\\u003e"],
  [0x26, "\\u0026"],
]);

/**
 * A JSON string as Go writes it: `<`, `>`, `&`, U+2028 and U+2029 are escaped as well, and a lone surrogate, which Go
 * can't hold, becomes the escape of U+FFFD.
 */
export function quoteJson(text: string): string {
  let out = '"';
  let plainFrom = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      if (PLAIN[unit] === 1) continue;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      if (unit !== 0x2028 && unit !== 0x2029) continue;
    } else if (unit < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) {
        i += 1;
        continue;
      }
    }
    out += text.slice(plainFrom, i) + escapeUnit(unit);
    plainFrom = i + 1;
  }
  return plainFrom === 0 ? `"${text}"` : `${out}${text.slice(plainFrom)}"`;
}

function escapeUnit(unit: number): string {
  if (unit >= 0xd800 && unit < 0xe000) return "\\ufffd";
  return SHORT_ESCAPES.get(unit) ?? `\\u${unit.toString(16).padStart(4, "0")}`;
}

function plainTable(): Uint8Array {
  const table = new Uint8Array(0x80).fill(1, 0x20);
  for (const char of '"\\<>&') table[char.charCodeAt(0)] = 0;
  return table;
}

/** JSON without white space, spread over lines as Go's `MarshalIndent` does. */
export function indentJson(json: string, spaces: number): string {
  let out = "";
  let depth = 0;
  const newLine = (): string => `\n${" ".repeat(depth * spaces)}`;
  for (const token of json.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[{[][}\]]|[{}[\]:,]|[^{}[\]:,"]+/g) ?? []) {
    if (token === "{" || token === "[") {
      depth += 1;
      out += token + newLine();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      out += newLine() + token;
    } else if (token === ",") out += token + newLine();
    else out += token === ":" ? ": " : token;
  }
  return out;
}
