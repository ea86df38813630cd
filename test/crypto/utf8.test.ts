import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engines, toHex } from "./engines.ts";

describe.each(engines)("UTF-8 of the $name engine", ({ engine }) => {
  test.each([
    ["", ""],
    ["aé€", "61c3a9e282ac"],
    ["\u{1f600}", "f09f9880"],
    ["\ufeff", "efbbbf"],
    ["\0", "00"],
    // Lone surrogates have no bytes of their own: each is U+FFFD.
    ["\ud800", "efbfbd"],
    ["\udc00\ud800", "efbfbdefbfbd"],
    ["x\ud83dy", "78efbfbd79"],
  ])("of %j is %s", (text, hex) => {
    expect(engine.withUtf8(text, toHex)).toBe(hex);
  });

  test("is that of TextEncoder for any text, lone surrogates included", () => {
    const units = fc.array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd700, max: 0xe100 })), { maxLength: 100 });
    fc.assert(
      fc.property(units, (codes) => {
        const text = String.fromCharCode(...codes);
        expect(engine.withUtf8(text, toHex)).toBe(toHex(new TextEncoder().encode(text)));
      }),
    );
  });
});
