import { NscError } from "../errors.ts";

/** Go's limit, `maxNestingDepth` in encoding/json. */
const MAX_DEPTH = 10_000;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const LOWER_U = 0x75;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const SIMPLE_ESCAPES: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [QUOTE, '"'],
  [BACKSLASH, "\\"],
  [0x2f, "/"],
  [0x62, "\b"],
  [LOWER_F, "\f"],
  [LOWER_N, "\n"],
  [0x72, "\r"],
  [LOWER_T, "\t"],
]);

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/** What kind of value comes next. */
export type JsonKind = "string" | "number" | "bool" | "null" | "object" | "array";

/**
 * Reads one JSON text as Go's `encoding/json` reads it, value by value, so that a schema decides what each one becomes.
 *
 * A syntax error anywhere wins over a value of the wrong type; of several of the latter the first counts. So
 * {@link JsonReader.mismatch} notes the error and reading goes on; {@link JsonReader.end} throws it.
 */
export class JsonReader {
  readonly text: string;
  /** Where the reader stands: members and indexes, for messages. */
  readonly path: (string | number)[] = [];
  /** What lists have held, where a repeated key has made them shorter: Go goes on with that if they grow again. */
  readonly backing: WeakMap<object, unknown[]> = new WeakMap();
  #at = 0;
  #depth = 0;
  #firstMismatch: NscError | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Skips white space and tells what comes next. */
  peek(): JsonKind {
    const unit = this.#skipSpace();
    switch (unit) {
      case QUOTE:
        return "string";
      case OPEN_BRACE:
        return "object";
      case OPEN_BRACKET:
        return "array";
      case LOWER_N:
        return "null";
      case LOWER_T:
      case LOWER_F:
        return "bool";
      default:
        if (unit === MINUS || (unit >= ZERO && unit <= NINE)) return "number";
        throw this.#syntaxError();
    }
  }

  /** Reads `null` if it comes next. */
  tryNull(): boolean {
    if (this.#skipSpace() !== LOWER_N) return false;
    this.#literal("null");
    return true;
  }

  readBool(): boolean {
    if (this.#skipSpace() === LOWER_T) {
      this.#literal("true");
      return true;
    }
    this.#literal("false");
    return false;
  }

  /** Reads a number and returns its text. */
  readNumber(): string {
    this.#skipSpace();
    NUMBER.lastIndex = this.#at;
    if (!NUMBER.test(this.text)) throw this.#syntaxError();
    const from = this.#at;
    this.#at = NUMBER.lastIndex;
    return this.text.slice(from, this.#at);
  }

  readString(): string {
    if (this.#skipSpace() !== QUOTE) throw this.#syntaxError();
    const { text } = this;
    const from = this.#at + 1;
    for (let i = from; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === QUOTE) {
        this.#at = i + 1;
        return text.slice(from, i);
      }
      if (unit === BACKSLASH) return this.#readEscapedString(from, i);
      if (unit < SPACE) {
        this.#at = i;
        throw this.#syntaxError();
      }
    }
    throw this.#endOfText();
  }

  enterObject(): void {
    this.#enter(OPEN_BRACE);
  }

  /** Inside an object: reads the next key and the colon, or the end of the object. */
  nextKey(first: boolean): string | undefined {
    let unit = this.#skipSpace();
    if (unit === CLOSE_BRACE) {
      this.#leave();
      return undefined;
    }
    if (!first) {
      if (unit !== COMMA) throw this.#syntaxError();
      this.#at += 1;
      unit = this.#skipSpace();
    }
    if (unit !== QUOTE) throw this.#syntaxError();
    const key = this.readString();
    if (this.#skipSpace() !== COLON) throw this.#syntaxError();
    this.#at += 1;
    return key;
  }

  enterArray(): void {
    this.#enter(OPEN_BRACKET);
  }

  /** Inside an array: tells whether another element comes, or reads the end of the array. */
  nextElement(first: boolean): boolean {
    const unit = this.#skipSpace();
    if (unit === CLOSE_BRACKET) {
      this.#leave();
      return false;
    }
    if (!first) {
      if (unit !== COMMA) throw this.#syntaxError();
      this.#at += 1;
    }
    return true;
  }

  /** Reads a value of any kind without keeping it and returns its text. Does not recurse. */
  skipValue(): string {
    this.#skipSpace();
    const from = this.#at;
    const outside = this.#depth;
    const closers: number[] = [];
    for (;;) {
      let opened = false;
      switch (this.peek()) {
        case "string":
          this.readString();
          break;
        case "number":
          this.readNumber();
          break;
        case "bool":
          this.readBool();
          break;
        case "null":
          this.#literal("null");
          break;
        case "object":
          this.enterObject();
          closers.push(CLOSE_BRACE);
          opened = true;
          break;
        case "array":
          this.enterArray();
          closers.push(CLOSE_BRACKET);
          opened = true;
          break;
      }
      // Closes what ends here, and stops where the next value begins.
      while (this.#depth > outside) {
        const isObject = closers[closers.length - 1] === CLOSE_BRACE;
        if (isObject ? this.nextKey(opened) !== undefined : this.nextElement(opened)) break;
        closers.pop();
        opened = false;
      }
      if (this.#depth === outside) return this.text.slice(from, this.#at);
    }
  }

  /** Notes that the next value is not of the type needed, and skips it. */
  mismatch(needed: string): void {
    const kind = this.peek();
    this.note(new NscError("ERR_JSON_TYPE", `${describePath(this.path)} must be ${needed}, not ${describeKind(kind)}`));
    this.skipValue();
  }

  /** Notes that the value just read is not what is needed. */
  noteWrong(needed: string): void {
    this.note(new NscError("ERR_JSON_TYPE", `${describePath(this.path)} must be ${needed}`));
  }

  /** Notes an error about the value just read; the first one noted is thrown at the end. */
  note(error: NscError): void {
    this.#firstMismatch ??= error;
  }

  /** Throws `error` now, unless the rest of the text is malformed, which is thrown instead. */
  fail(error: NscError): never {
    const check = new JsonReader(this.text);
    check.skipValue();
    check.end();
    throw error;
  }

  /** Reads the end of the text and throws the first error noted. */
  end(): void {
    this.#skipSpace(true);
    if (this.#at < this.text.length) throw this.#syntaxError();
    if (this.#firstMismatch !== undefined) throw this.#firstMismatch;
  }

  #skipSpace(mayEnd = false): number {
    const { text } = this;
    for (;;) {
      const unit = text.charCodeAt(this.#at);
      if (unit > SPACE) return unit;
      if (unit !== SPACE && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) {
        if (this.#at < text.length) throw this.#syntaxError();
        if (mayEnd) return 0;
        throw this.#endOfText();
      }
      this.#at += 1;
    }
  }

  #enter(opener: number): void {
    if (this.#skipSpace() !== opener) throw this.#syntaxError();
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      throw new NscError("ERR_JSON_DEPTH", `the JSON text is nested more than ${MAX_DEPTH} levels deep`);
    }
  }

  #leave(): void {
    this.#at += 1;
    this.#depth -= 1;
  }

  #literal(word: string): void {
    if (!this.text.startsWith(word, this.#at)) {
      let same = 0;
      while (this.text[this.#at + same] === word[same]) same += 1;
      this.#at += same;
      throw this.#at < this.text.length ? this.#syntaxError() : this.#endOfText();
    }
    this.#at += word.length;
  }

  #readEscapedString(from: number, firstEscape: number): string {
    const { text } = this;
    let out = text.slice(from, firstEscape);
    let plainFrom = firstEscape;
    for (let i = firstEscape; i < text.length; ) {
      const unit = text.charCodeAt(i);
      if (unit === QUOTE) {
        this.#at = i + 1;
        return out + text.slice(plainFrom, i);
      }
      if (unit < SPACE) {
        this.#at = i;
        throw this.#syntaxError();
      }
      if (unit !== BACKSLASH) {
        i += 1;
        continue;
      }
      out += text.slice(plainFrom, i);
      const simple = SIMPLE_ESCAPES.get(text.charCodeAt(i + 1));
      if (simple !== undefined) {
        out += simple;
        i += 2;
      } else {
        const code = this.#unicodeEscape(i);
        const low = code >= 0xd800 && code < 0xdc00 ? this.#lowSurrogate(i + 6) : 0;
        if (low !== 0) out += String.fromCharCode(code, low);
        else out += code >= 0xd800 && code < 0xe000 ? "\ufffd" : String.fromCharCode(code);
        i += low === 0 ? 6 : 12;
      }
      plainFrom = i;
    }
    throw this.#endOfText();
  }

  /** The code of the escape at `at`; anything but `\u` and four hexadecimal digits is a syntax error. */
  #unicodeEscape(at: number): number {
    const digits = this.text.slice(at + 2, at + 6);
    if (this.text.charCodeAt(at + 1) === LOWER_U && /^[0-9a-fA-F]{4}$/.test(digits)) return Number.parseInt(digits, 16);
    this.#at = at;
    throw at + 6 > this.text.length ? this.#endOfText() : this.#syntaxError();
  }

  #lowSurrogate(at: number): number {
    const match = /^\\u([dD][c-fC-F][0-9a-fA-F]{2})$/.exec(this.text.slice(at, at + 6));
    return match === null ? 0 : Number.parseInt(match[1] as string, 16);
  }

  #syntaxError(): NscError {
    return new NscError("ERR_JSON_SYNTAX", `invalid JSON: unexpected character at offset ${this.#at}`);
  }

  #endOfText(): NscError {
    return new NscError("ERR_JSON_SYNTAX", "unexpected end of JSON input");
  }
}

/** A path as people write it: `nats.exports[2].subject`. */
export function describePath(path: readonly (string | number)[]): string {
  let out = "";
  for (const part of path) {
    if (typeof part === "number") out += `[${part}]`;
    else if (/^[A-Za-z_][\w-]{0,79}$/.test(part)) out += out === "" ? part : `.${part}`;
    else out += `[${JSON.stringify(part.length > 80 ? `${part.slice(0, 80)}…` : part)}]`;
  }
  return out === "" ? "the value" : out;
}

function describeKind(kind: JsonKind): string {
  return kind === "null" || kind === "bool" ? kind : kind === "array" || kind === "object" ? `an ${kind}` : `a ${kind}`;
}
