import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase32, encodeBase32 } from "../../src/encoding/base32.ts";
import { encodeUtf8 } from "../../src/encoding/bytes.ts";

/** RFC 4648, section 10, without the padding. */
const RFC_4648: readonly (readonly [string, string])[] = [
  ["", ""],
  ["f", "MY"],
  ["fo", "MZXQ"],
  ["foo", "MZXW6"],
  ["foob", "MZXW6YQ"],
  ["fooba", "MZXW6YTB"],
  ["foobar", "MZXW6YTBOI"],
];

const ALPHABET = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"];

/** The definition of the encoding, by way of one large number. */
function decodeByArithmetic(text: string): string {
  const bits = [...text].map((char) => ALPHABET.indexOf(char).toString(2).padStart(5, "0")).join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return bytes.map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, "0")).join("");
}

function hex(result: Uint8Array | number): string | number {
  return typeof result === "number" ? result : Buffer.from(result).toString("hex");
}

describe("base32", () => {
  test.each(RFC_4648)("of %j is %j", (plain, encoded) => {
    expect(encodeBase32(encodeUtf8(plain))).toBe(encoded);
    expect(decodeBase32(encoded)).toEqual(encodeUtf8(plain));
  });

  // Specification, 7.3, with what Go 1.26 makes of them: line ends, left-over bits, short groups that give nothing.
  test.each([
    ["MZXW6\r\nYTB\n", "666f6f6261"],
    ["\r\n", ""],
    ["MZXW6YTBO", "666f6f6261"],
    ["MZXW6YTBOIA", "666f6f6261"],
    ["MZXW6YTBOI234Z", "666f6f6261"],
    ["MZXW6YTBOI234ZA", "666f6f62617235be64"],
    ["A", ""],
    ["AAA", ""],
    ["AAAAAA", ""],
    ["MZ", "66"],
    ["M7", "67"],
  ])("reads %j as Go does", (text, expected) => {
    expect(hex(decodeBase32(text))).toBe(expected);
  });

  test.each([
    ["mzxw6", 0],
    ["MZXw6", 3],
    ["MZ1", 2],
    ["0", 0],
    ["A8", 1],
    ["A9", 1],
    ["MY======", 2],
    ["MZ XW", 2],
    ["MZ\u00c9", 2],
    ["M\r\nZ=", 2],
    ["AAAAAAAA\u{1f600}", 8],
    // In the part that is dropped, too.
    ["AAAAAAAA!", 8],
    ["AAAAAAAAAA!", 10],
  ])("refuses %j at %d", (text, offset) => {
    expect(decodeBase32(text)).toBe(offset);
  });

  test("gives back what was encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
      }),
    );
  });

  test("reads groups of any length as the definition says", () => {
    const texts = fc.array(fc.constantFrom(...ALPHABET), { maxLength: 60 }).map((chars) => chars.join(""));
    fc.assert(
      fc.property(texts, (text) => {
        const dropped = { 1: 1, 3: 3, 6: 6 }[text.length % 8] ?? 0;
        expect(hex(decodeBase32(text))).toBe(decodeByArithmetic(text.slice(0, text.length - dropped)));
      }),
    );
  });
});
