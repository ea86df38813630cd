import fc from "fast-check";

/** Any code point but the surrogates; fast-check's own strings of these take two seconds to set up. */
export const anyCodePoint: fc.Arbitrary<string> = fc
  .oneof(fc.nat(0x10ffff), fc.nat(0x7f), fc.constantFrom(0x7ff, 0x800, 0x2028, 0x2029, 0xfffd, 0xffff, 0x10000))
  .map((code) => String.fromCodePoint(code >= 0xd800 && code < 0xe000 ? 0xfffd : code));

/** Texts without lone surrogates. */
export const anyText: fc.Arbitrary<string> = fc.array(anyCodePoint, { maxLength: 12 }).map((chars) => chars.join(""));

/** Texts of any UTF-16 units, lone surrogates among them. */
export const anyUnits: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd7f0, max: 0xe010 }), fc.nat(0x7f)), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
