/**
 * The configuration format of nats-server, read: Go's package `conf`.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import { ANY_SPACE, Cursor } from "./cursor.ts";
import type { ConfigMap, ConfigValue } from "./format.ts";
import { readBlock, readDoubleQuoted, readNumber, readQuoted, readWord, Variable } from "./parse-scalars.ts";

/** Options of {@link parseServerConfig}. */
export interface ParseServerConfigOptions {
  /**
   * Gives the text of an included file. The path is relative to the folder of the configuration itself, also where an
   * included file includes another, and never absolute: that is how the server has it. Without this, an include is an error.
   */
  readonly include?: (path: string) => string;
  /** The environment of the server: variables that the configuration does not define itself; none by default. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the text of a configuration of nats-server, as the server reads it: comments, `:`, `=` or a space after names, `{}`,
 * `[]` and `( )`, quotes and escapes, variables and their scopes, includes, suffixes such as in `4k`. Of two equal names the last
 * one counts. Dates are given as text, integers beyond 2^53 as `bigint`.
 *
 * @param text - the text
 * @param options - included files and the environment
 * @returns the members by the names that they have in the text
 * @throws NscError `ERR_CONFIG_SYNTAX` with line and column where the server refuses the text, and in three cases where it loses
 * something without a word: a quote at the very end that is not closed, a name without a value, an unknown suffix of a
 * number; `ERR_CONFIG_VALUE` for files that can't be included; `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { parseServerConfig } from "nsc.js";
 *
 * const config = parseServerConfig("size = 2k; JWT: $TOKEN\ncluster { name: east } # a comment", {
 *   variables: { TOKEN: "eyJ…" },
 * });
 * config.size; // 2000
 * JSON.stringify(config.cluster); // "{\"name\":\"east\"}"
 * ```
 */
export function parseServerConfig(text: string, options: ParseServerConfigOptions = {}): ConfigMap {
  if (typeof text !== "string")
    throw new NscError("ERR_ARGUMENT_INVALID", "the text of a configuration must be a string");
  return new Parser(new Cursor(text), options, []).document();
}

type Members = Map<string, ConfigValue>;

/** Nothing real is nested that deeply, and text that includes itself ends here. */
const DEEPEST = 500;
const MOST_INCLUDES = 50;

class Parser {
  private readonly cursor: Cursor;
  private readonly options: ParseServerConfigOptions;
  /** Included files that lead here, or variables of the environment that are being read. */
  private readonly trail: readonly string[];
  /** The maps around what is read, in which variables are looked up. */
  private readonly scopes: Members[] = [];
  private depth = 0;

  constructor(cursor: Cursor, options: ParseServerConfigOptions, trail: readonly string[]) {
    this.cursor = cursor;
    this.options = options;
    this.trail = trail;
  }

  document(): ConfigMap {
    const { cursor } = this;
    const members: Members = new Map();
    this.scopes.push(members);
    for (;;) {
      cursor.skipSpacesAndComments();
      if (cursor.isAtEnd) return Object.fromEntries(members);
      if (cursor.skip("{")) {
        if (!this.braces(members)) return Object.fromEntries(members);
        continue;
      }
      if (!this.member(members)) return Object.fromEntries(members);
      this.endOfValue(/[\n\r;,}\0]/, false);
    }
  }

  /** Braces around members of the top, as in JSON. False at the end of the text, which may come before they are closed. */
  private braces(members: Members): boolean {
    const { cursor } = this;
    this.enter();
    for (;;) {
      cursor.skipSpacesAndComments();
      if (cursor.isAtEnd) return false;
      if (cursor.skip("}")) break;
      if (cursor.skip("{")) {
        if (!this.braces(members)) return false;
        if (this.endOfBraces()) break;
        continue;
      }
      if (!this.member(members)) return false;
      if (this.endOfValue(/[\n\r;,}]/, true) === "}") break;
    }
    this.depth -= 1;
    return true;
  }

  /** After inner braces: whether the outer ones are closed next, and goes over that. */
  private endOfBraces(): boolean {
    const { cursor } = this;
    for (;;) {
      cursor.take(/[\t \n\r]*/y);
      if (cursor.skipComment()) return false;
      if (cursor.skip("}")) return true;
      if (cursor.skip(";") || cursor.skip(",")) return false;
      if (!cursor.skip("/")) throw cursor.refusal("expected the closing brace");
    }
  }

  /** A member of the top, or an include. False where the text ends with a brace, as in JSON. */
  private member(members: Members): boolean {
    const { cursor } = this;
    const first = cursor.peek();
    if (first === "") throw cursor.refusal("unexpected NUL");
    if (first === "/") throw cursor.refusal("expected a name, or a comment with two slashes");
    const name = this.name();
    if (name === undefined) {
      this.include(members);
      return true;
    }
    const start = cursor.pos;
    cursor.skipSpaces();
    if (cursor.isAtEnd && name === "}") return false;
    if (cursor.peek() === "") throw cursor.refusal("expected a value", start);
    cursor.take(/[:=]/y);
    members.set(name, this.value());
    return true;
  }

  /** A name; nothing where it is the word `include`. */
  private name(): string | undefined {
    const { cursor } = this;
    const first = cursor.peek();
    if (first === ":" || first === "=") throw cursor.refusal("expected a name");
    if (first === '"' || first === "'") return readQuoted(cursor, "name");
    return this.bareName();
  }

  /** Its first character may be any. */
  private bareName(): string | undefined {
    const { cursor } = this;
    const { pos: start } = cursor;
    cursor.skipOne();
    while (!cursor.isAtEnd && !/[:=\0]/.test(cursor.text[cursor.pos] as string) && !this.isAtSpace()) cursor.pos += 1;
    const name = cursor.text.slice(start, cursor.pos);
    return name.toLowerCase() === "include" && this.isAtSpace() ? undefined : name;
  }

  private isAtSpace(): boolean {
    return ANY_SPACE.test(this.cursor.peek());
  }

  /** Ends a value and gives what did. A slash that begins no comment is passed over, or ends it, as the server has it. */
  private endOfValue(ends: RegExp, isInside: boolean, slashEnds = false): string {
    const { cursor } = this;
    for (;;) {
      cursor.skipBlanks();
      if (cursor.skipComment()) {
        if (!isInside) return "";
        continue;
      }
      const char = cursor.text[cursor.pos];
      if (char === undefined && !isInside) return "";
      if (char === "/" || (char !== undefined && ends.test(char))) {
        cursor.pos += 1;
        if (char !== "/" || slashEnds) return char;
        continue;
      }
      throw cursor.refusal("expected the end of the value: a new line, a comma or what closes the braces or brackets");
    }
  }

  private value(): ConfigValue {
    const { cursor } = this;
    cursor.skipBlanks();
    const { pos: start } = cursor;
    const read = this.scalarOrMore();
    return read instanceof Variable ? this.lookUp(read.name, start) : read;
  }

  private scalarOrMore(): ConfigValue | Variable {
    const { cursor } = this;
    const first = cursor.peek();
    switch (first) {
      case "[":
        return this.array();
      case "{":
        return this.map();
      case "'":
        return readQuoted(cursor, "string");
      case '"':
        return readDoubleQuoted(cursor);
      case "(":
        return readBlock(cursor);
      case ".":
        throw cursor.refusal("a number must begin with a digit");
      case "\n":
      case "\r":
        throw cursor.refusal("expected a value before the end of the line");
      default:
        return first === "-" || this.isAtDigit() ? readNumber(cursor) : readWord(cursor, cursor.pos);
    }
  }

  private isAtDigit(): boolean {
    return /\p{Nd}/u.test(this.cursor.character());
  }

  private array(): readonly ConfigValue[] {
    const { cursor } = this;
    const items: ConfigValue[] = [];
    this.enter();
    cursor.pos += 1;
    for (;;) {
      cursor.skipSpacesAndComments();
      if (cursor.skip("]")) break;
      if (cursor.peek() === "," || cursor.peek() === "/") throw cursor.refusal("expected an item");
      items.push(this.value());
      if (this.endOfValue(/[\n\r,\]]/, true, true) === "]") break;
    }
    this.depth -= 1;
    return items;
  }

  private map(): ConfigMap {
    const { cursor } = this;
    const members: Members = new Map();
    this.enter();
    this.scopes.push(members);
    cursor.pos += 1;
    for (;;) {
      cursor.skipSpacesAndComments();
      if (cursor.skip("}") || this.mapMember(members) === "}") break;
    }
    this.scopes.pop();
    this.depth -= 1;
    return Object.fromEntries(members);
  }

  /** A member of a map, and what ends it. */
  private mapMember(members: Members): string {
    const { cursor } = this;
    const first = cursor.peek();
    if (first === "") throw cursor.refusal("expected the brace that closes the map");
    if (first === "]") throw cursor.refusal("expected a name, not the end of an array");
    // The server drops the slash, and takes whatever follows for a part of the name.
    const name = cursor.skip("/") ? this.bareName() : this.name();
    if (name === undefined) {
      this.include(members);
    } else {
      cursor.skipSpaces();
      cursor.take(/[:=]/y);
      cursor.skipSpaces();
      if (/^[,}]?$/.test(cursor.peek())) throw cursor.refusal("expected a value");
      members.set(name, this.value());
    }
    return this.endOfValue(/[\n\r;,}]/, true, true);
  }

  private enter(): void {
    this.depth += 1;
    if (this.depth > DEEPEST) throw this.cursor.refusal("the configuration is nested too deeply");
  }

  private include(members: Members): void {
    const { cursor } = this;
    const { pos: start } = cursor;
    cursor.skipBlanks();
    const first = cursor.peek();
    if (first === "\n" || first === "\r" || /[[{(\\-]/.test(first) || this.isAtDigit()) {
      throw cursor.refusal("expected the path of the file to include; put it in quotes");
    }
    const isQuoted = first === '"' || first === "'";
    const path = isQuoted ? readQuoted(cursor, "path") : (cursor.take(/[^\n\r\0;}\t ']*/y) ?? "");
    if (!isQuoted) cursor.skip("'");
    for (const [name, value] of Object.entries(this.included(path, start))) members.set(name, value as ConfigValue);
  }

  private included(path: string, at: number): ConfigMap {
    const { cursor, options, trail } = this;
    const joined = joinPaths(cursor.file, path);
    const title = `the file ${JSON.stringify(joined)}`;
    if (trail.length >= MOST_INCLUDES) throw cursor.refusal("files include each other without end", at);
    if (options.include === undefined) {
      throw new NscError("ERR_CONFIG_VALUE", `the configuration includes ${title}: pass include, which gives its text`);
    }
    let text: unknown;
    try {
      text = options.include(joined);
    } catch (cause) {
      throw new NscError("ERR_CONFIG_VALUE", `${title}, which is included, can't be read`, { cause });
    }
    if (typeof text !== "string") throw new NscError("ERR_CONFIG_VALUE", `include gave no text for ${title}`);
    return new Parser(new Cursor(text, joined), options, [...trail, joined]).document();
  }

  private lookUp(name: string, at: number): ConfigValue {
    // A hash of bcrypt, which the server spares people to quote.
    if (name.startsWith("2a$")) return `$${name}`;
    for (const scope of this.scopes.toReversed()) {
      const value = scope.get(name);
      if (value !== undefined) return value;
    }
    const { variables = {} } = this.options;
    const text = Object.hasOwn(variables, name) ? variables[name] : undefined;
    const variable = `$${name}`;
    const value =
      text === undefined || this.trail.includes(variable) ? undefined : this.fromEnvironment(variable, text);
    if (value === undefined) throw this.cursor.refusal("there is no variable of this name, or it refers to itself", at);
    return value;
  }

  /** Its text is read as that of a value is. */
  private fromEnvironment(variable: string, text: string): ConfigValue | undefined {
    const cursor = new Cursor(`pk=${text}`, undefined, `the value of ${variable}`);
    return new Parser(cursor, this.options, [...this.trail, variable]).document()["pk"];
  }
}

/** Go: `filepath.Join` of the folder of one file and the path of another. */
function joinPaths(from: string | undefined, path: string): string {
  const folder = from?.includes("/") ? from.slice(0, from.lastIndexOf("/")).split("/") : [];
  const parts: string[] = [];
  for (const part of [...folder, ...path.split("/")]) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/") || ".";
}
