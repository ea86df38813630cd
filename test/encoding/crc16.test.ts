import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeUtf8 } from "../../src/encoding/bytes.ts";
import { crc16 } from "../../src/encoding/crc16.ts";

/** Division of polynomials, bit by bit. */
function remainder(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const carry = ((crc >> 15) ^ (byte >> bit)) & 1;
      crc = ((crc << 1) & 0xffff) ^ (carry === 1 ? 0x1021 : 0);
    }
  }
  return crc;
}

describe("CRC-16", () => {
  // The check value of CRC-16/XMODEM in the catalogue of parametrised CRC algorithms.
  test.each([
    ["123456789", 0x31c3],
    ["", 0],
    ["\0", 0],
    ["A", 0x58e5],
  ])("of %j", (text, expected) => {
    expect(crc16(encodeUtf8(text))).toBe(expected);
  });

  test("is the remainder of the division", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(crc16(bytes)).toBe(remainder(bytes));
      }),
    );
  });
});
