/**
 * A second opinion on text: reads the configuration format of nats-server as the server's own lexer and parser do
 * (`conf/lex.go`, `conf/parse.go` of 2.15), and refuses what they refuse, or would take for something else than it looks
 * like: variables, includes, suffixes of numbers, keys that stand there twice. It knows nothing of how we write. That the
 * server reads the same text in the same way is shown in `test/server/config.server.test.ts`.
 */

/** Integers are `bigint`, so that they differ from floats, as in Go. */
export type Parsed = string | bigint | number | boolean | readonly Parsed[] | ParsedMap;
export type ParsedMap = ReadonlyMap<string, Parsed>;

export interface Conf {
  readonly map: ParsedMap;
  /** The comments, without `#` or `//`, in the order in which they stand. */
  readonly comments: readonly string[];
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", '"': '"', "\\": "\\" };
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "on", "yes"].map((word) => [word, true] as const),
  ...["false", "off", "no"].map((word) => [word, false] as const),
]);

/** Go: `unicode.IsSpace`. */
const ANY_SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*/;
const LINE_SPACE = /[ \t]*/;

export function parseConf(text: string): Conf {
  const comments: string[] = [];
  let pos = 0;

  // Go: the lexer takes a NUL for the end of the text.
  const peek = (): string => (text[pos] === "\0" ? "" : (text[pos] ?? ""));
  function fail(what: string): never {
    throw new SyntaxError(`${what} at ${pos}, before ${JSON.stringify(text.slice(pos, pos + 20))}`);
  }
  const take = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(pattern.source, `${pattern.flags}y`);
    sticky.lastIndex = pos;
    const found = sticky.exec(text)?.[0];
    pos += found?.length ?? 0;
    return found;
  };
  /** White space, and comments up to the end of their line. */
  const skip = (space: RegExp): void => {
    for (;;) {
      take(space);
      const comment = take(/(?:#|\/\/)[^\r\n\0]*/);
      if (comment === undefined) return;
      comments.push(comment.replace(/^#|^\/\//, ""));
    }
  };
  function members(isTop: boolean): ParsedMap {
    const map = new Map<string, Parsed>();
    for (;;) {
      skip(ANY_SPACE);
      if (peek() === "") {
        if (!isTop || pos < text.length) fail("unexpected end");
        return map;
      }
      if (!isTop && peek() === "}") {
        pos += 1;
        return map;
      }
      const name = key();
      if (map.has(name)) fail(`the key ${JSON.stringify(name)} stands there twice`);
      map.set(name, value());
      skip(LINE_SPACE);
      if (!isTop && peek() === "}") continue;
      if (peek() !== "" && take(/[\n\r,;]/) === undefined) fail("expected the end of the value");
    }
  }

  function key(): string {
    const quote = peek();
    let name: string;
    if (quote === '"' || quote === "'") {
      name = quoted(quote);
    } else {
      name = take(/[^\s=:\0]+/) ?? fail("expected a key");
      if (name.toLowerCase() === "include" && /\s/.test(peek())) fail("an include");
    }
    take(ANY_SPACE);
    take(/[:=]?/);
    return name;
  }

  /** Keys and strings in single quotes know no escapes. */
  function quoted(quote: string): string {
    pos += 1;
    const content = take(quote === '"' ? /[^"\0]*/ : /[^'\0]*/) ?? "";
    if (peek() !== quote) fail("expected the closing quote");
    pos += 1;
    return content;
  }

  function value(): Parsed {
    take(LINE_SPACE);
    const first = peek();
    if (first === "[") return array();
    if (first === "{") {
      pos += 1;
      return members(false);
    }
    if (first === "'") return quoted("'");
    if (first === '"') return escaped();
    if (/^[-\d]$/.test(first)) return number();
    // Blocks in parentheses, values on the next line, floats without a digit.
    if (first === "" || /^[\n\r(.]$/.test(first)) fail("expected a value");
    return word(take(/[^\s,;\]}'\0]+/) ?? fail("expected a value"));
  }

  function array(): readonly Parsed[] {
    const items: Parsed[] = [];
    pos += 1;
    for (;;) {
      skip(ANY_SPACE);
      if (peek() === "]") {
        pos += 1;
        return items;
      }
      items.push(value());
      skip(LINE_SPACE);
      if (peek() !== "]" && take(/[\n\r,]/) === undefined) fail("expected the end of the item");
    }
  }

  function escaped(): string {
    let out = "";
    pos += 1;
    for (;;) {
      out += take(/[^"\\\0]*/) ?? "";
      if (peek() === '"') {
        pos += 1;
        return out;
      }
      if (peek() !== "\\") fail("expected the closing quote");
      pos += 1;
      const hex = take(/x[\da-fA-F]{2}/);
      if (hex === undefined) out += ESCAPES[take(/[tnr"\\]/) ?? fail("an unknown escape")];
      else out += String.fromCharCode(Number.parseInt(hex.slice(1), 16));
    }
  }

  function number(): bigint | number {
    const digits = take(/-?\d+(?:\.\d+)?/) ?? fail("expected a digit");
    // A suffix would multiply, a dash make a date, anything else a string.
    if (peek() !== "" && !/[\n\r\t ,;}]/.test(peek())) fail("expected the end of the number");
    if (digits.includes(".")) return Number(digits);
    const integer = BigInt(digits);
    if (integer !== BigInt.asIntN(64, integer)) fail("an integer out of range");
    return integer;
  }

  function word(bare: string): string | boolean {
    if (bare.startsWith("$")) fail("a variable");
    if (bare.includes("\\")) fail("an escape");
    return BOOLEANS.get(bare.toLowerCase()) ?? bare;
  }

  return { map: members(true), comments };
}

/** What the server should read of data: text as it comes out of UTF-8, integers, and nothing that is `undefined`. */
export function asParsed(value: unknown): Parsed {
  switch (typeof value) {
    case "string":
      return asUtf8(value);
    case "number":
      return Number.isInteger(value) ? BigInt(value) : value;
    case "bigint":
    case "boolean":
      return value;
    default:
      if (Array.isArray(value)) return value.map(asParsed);
      return new Map(
        Object.entries(value as object)
          .filter(([, member]) => member !== undefined)
          .map(([name, member]) => [asUtf8(name), asParsed(member)]),
      );
  }
}

/** A lone surrogate has no bytes in UTF-8; what takes its place is the sign for that. */
export function asUtf8(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
