import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assertBytes,
  assertString,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  equalBytes,
  isBytes,
  utf8Length,
} from "../../src/encoding/bytes.ts";
import { anyText, anyUnits } from "./arbitraries.ts";

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

describe("decodeUtf8", () => {
  // What `string([]rune(s))` makes of the bytes in Go 1.26.
  test.each([
    ["", ""],
    ["41c3a9e282acf09f9880", "Aé€😀"],
    ["efbbbf41", "\ufeffA"],
    ["00", "\0"],
    ["80", "\ufffd"],
    ["c3", "\ufffd"],
    ["c328", "\ufffd("],
    ["c0af", "\ufffd\ufffd"],
    ["c180", "\ufffd\ufffd"],
    ["e28228", "\ufffd\ufffd("],
    ["e282", "\ufffd\ufffd"],
    ["e08080", "\ufffd\ufffd\ufffd"],
    ["e0a080", "\u0800"],
    ["ed9fbf", "\ud7ff"],
    ["eda080", "\ufffd\ufffd\ufffd"],
    ["edb080", "\ufffd\ufffd\ufffd"],
    ["ee8080", "\ue000"],
    ["f0808080", "\ufffd\ufffd\ufffd\ufffd"],
    ["f0908080", "\u{10000}"],
    ["f09f98", "\ufffd\ufffd\ufffd"],
    ["f48fbfbf", "\u{10ffff}"],
    ["f4908080", "\ufffd\ufffd\ufffd\ufffd"],
    ["f5808080", "\ufffd\ufffd\ufffd\ufffd"],
    ["fffe", "\ufffd\ufffd"],
    ["41ff42c343", "A\ufffdB\ufffdC"],
    ["efbfbd", "\ufffd"],
  ])("reads %s as Go does", (hex, expected) => {
    expect(decodeUtf8(fromHex(hex))).toBe(expected);
  });

  test("reads valid UTF-8 as Node does, also between broken bytes", () => {
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        expect(decodeUtf8(new Uint8Array(Buffer.from(before)))).toBe(before);
        const broken = Buffer.concat([Buffer.from(before), Buffer.of(0xff), Buffer.from(after)]);
        expect(decodeUtf8(new Uint8Array(broken))).toBe(`${before}\ufffd${after}`);
      }),
    );
  });

  test("agrees with Node on which bytes are broken", () => {
    const bytes = fc.array(fc.oneof(fc.nat(0xff), fc.constantFrom(0x80, 0xa0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4)), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(bytes, (codes) => {
        const text = decodeUtf8(Uint8Array.from(codes));
        // Node puts one U+FFFD where Go puts one for each byte.
        const joined = (value: string) => value.replace(/\ufffd+/g, "\ufffd");
        expect(joined(text)).toBe(joined(Buffer.from(codes).toString()));
        const replaced = [...text].filter((char) => char === "\ufffd").length;
        const kept = Buffer.byteLength(text.replaceAll("\ufffd", ""));
        fc.pre(!Buffer.from(codes).includes(Buffer.from("\ufffd")));
        expect(kept + replaced).toBe(codes.length);
      }),
    );
  });
});

describe("UTF-8 of texts", () => {
  test("is that of Node, and so is its length", () => {
    fc.assert(
      fc.property(anyUnits, (text) => {
        expect(encodeUtf8(text)).toEqual(new Uint8Array(Buffer.from(text)));
        expect(utf8Length(text)).toBe(Buffer.byteLength(text));
      }),
    );
  });
});

describe("bytes", () => {
  test("are put together and compared", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 4 }), fc.uint8Array(), (parts, other) => {
        const whole = concatBytes(...parts);
        expect(Buffer.concat(parts).equals(whole)).toBe(true);
        expect(equalBytes(whole, Uint8Array.from(whole))).toBe(true);
        expect(equalBytes(whole, other)).toBe(Buffer.compare(whole, other) === 0);
        expect(equalBytes(whole, concatBytes(whole, Uint8Array.of(0)))).toBe(false);
      }),
    );
  });

  test("are Uint8Arrays of any kind and nothing else", () => {
    expect(isBytes(Buffer.of(1))).toBe(true);
    for (const value of [undefined, null, "abc", [1], new ArrayBuffer(1), new DataView(new ArrayBuffer(1))]) {
      expect(isBytes(value)).toBe(false);
      expect(() => assertBytes(value, "the seed")).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    expect(isBytes(new Uint8ClampedArray(1))).toBe(false);
    expect(isBytes(new Int8Array(1))).toBe(false);
  });

  test("have the length asked for, or the message says both", () => {
    expect(() => assertBytes(new Uint8Array(3), "the seed", 3)).not.toThrow();
    expect(() => assertBytes(new Uint8Array(2), "the seed", 3)).toThrow("the seed must have 3 bytes, not 2");
    expect(() => assertString(1, "the name")).toThrow("the name must be a string");
    expect(() => assertString("", "the name")).not.toThrow();
  });
});
