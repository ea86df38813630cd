import { NscError } from "../errors.ts";

/** Go: `unicode.IsSpace`. */
export const ANY_SPACE: RegExp = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const SPACES = new RegExp(`${ANY_SPACE.source}*`, "y");
const BLANKS = /[\t ]*/y;
const COMMENT = /(?:#|\/\/)[^\r\n\0]*/y;

/** A place in the text of a configuration. */
export class Cursor {
  pos = 0;
  readonly text: string;
  /** The included file that the text is of. */
  readonly file: string | undefined;
  private readonly title: string;

  constructor(text: string, file?: string, title: string = fileTitle(file)) {
    this.text = text;
    this.file = file;
    this.title = title;
  }

  get isAtEnd(): boolean {
    return this.pos >= this.text.length;
  }

  /** The next character; nothing at the end. To the server a NUL is the end, where it does not look closer. */
  peek(): string {
    const char = this.text[this.pos] ?? "";
    return char === "\0" ? "" : char;
  }

  /** What a pattern, which must be sticky, matches here, and goes over it. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.pos;
    const found = pattern.exec(this.text)?.[0];
    this.pos += found?.length ?? 0;
    return found;
  }

  /** The whole character here, of which `peek` may give the first half; nothing at the end. */
  character(): string {
    const code = this.text.codePointAt(this.pos);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  /** Goes over one whole character. */
  skipOne(): void {
    this.pos += this.character().length;
  }

  /** Goes over a certain character, if it is the next one. */
  skip(char: string): boolean {
    if (this.text[this.pos] !== char) return false;
    this.pos += 1;
    return true;
  }

  skipSpaces(): void {
    this.take(SPACES);
  }

  skipBlanks(): void {
    this.take(BLANKS);
  }

  /** Goes over a comment up to the end of its line, if there is one. */
  skipComment(): boolean {
    return this.take(COMMENT) !== undefined;
  }

  /** Goes over what may stand before names and items. */
  skipSpacesAndComments(): void {
    do this.skipSpaces();
    while (this.skipComment());
  }

  /** What is wrong with the text, which is not shown: it may hold passwords. */
  refusal(what: string, pos: number = this.pos): NscError {
    const lines = this.text.slice(0, pos).split("\n");
    const place = `line ${lines.length}, column ${[...(lines.at(-1) as string)].length + 1}`;
    return new NscError("ERR_CONFIG_SYNTAX", `${this.title} is malformed at ${place}: ${what}`);
  }
}

function fileTitle(file: string | undefined): string {
  return file === undefined ? "the configuration" : `the included file ${JSON.stringify(file)}`;
}
