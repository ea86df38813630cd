import { quoteGo } from "../../encoding/go-text.ts";

/** What Go does not put between backquotes: control characters but tab, the backquote, a byte order mark, lone surrogates. */
const NEEDS_QUOTES = /[\u0000-\u0008\u000a-\u001f`\u007f\ufeff\p{Cs}]/u;

/** The text in quotes with escapes. Go: the verb `%q`. */
export function quote(text: string): string {
  return quoteGo(text);
}

/** A path between backquotes, or in quotes where that can't be. Go: the verb `%#q`. */
export function quotePath(path: string): string {
  return NEEDS_QUOTES.test(path) ? quoteGo(path) : `\`${path}\``;
}
