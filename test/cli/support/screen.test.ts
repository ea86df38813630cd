import { expect, test } from "vitest";
import { screenOf } from "./screen.ts";

test.each([
  ["lines", "one\r\ntwo\r\n", "one\ntwo"],
  ["a line that is written anew", "one\rtwo", "two"],
  ["a shorter one, with the rest erased", "three\r\x1b[Kone", "one"],
  ["colours", "\x1b[31mred\x1b[39m \x1b[?25lhidden", "red hidden"],
  ["what is wider than it", "12345678901234567890ab", "12345678901234567890\nab"],
  ["a line that is just as wide", "12345678901234567890\r\nab", "12345678901234567890\nab"],
  ["lines that are gone back to", "a\r\nb\r\nc\x1b[2A\x1b[1G\x1b[JX", "X"],
  ["places that are gone to", "\x1b[2;3Hx\x1b[1;1Hy\x1b[2Cz", "y  z\n  x"],
  ["titles of windows", "\x1b]0;title\x07text", "text"],
  ["characters beyond the basic plane", "🔑 key", "🔑 key"],
])("a screen shows %s", (_, output, text) => {
  expect(screenOf(output, 20)).toBe(text);
});
