import fc from "fast-check";

/** Any character but lone surrogates. The unit `binary` of fast-check would do, but takes seconds to set up. */
const character = fc
  .oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x10ffff }))
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));

/** Characters that mean something in a configuration. */
const meaningful = fc.constantFrom(..."\\\"'nrtx0$#/{}[]()<>,;:=%+- \n\r\t\0\u0085\u2028");

/** Text that an emitter of configuration might stumble over. */
export const hostileText = fc.oneof(
  fc.string({ unit: character, maxLength: 30 }),
  fc.string({ unit: meaningful, maxLength: 30 }),
  fc.constantFrom("true", "OFF", "42", "2m", "-1.5", "$HOME", "include a.conf", "2026-01-01T00:00:00Z", "(\n)\n"),
);

/** Names that the format can hold. */
export const memberName = fc
  .oneof(hostileText, fc.constantFrom("include", "INCLUDE", "a.b"))
  .filter((name) => name !== "" && !/[\0-\x1f\x7f]/.test(name) && !(name.includes('"') && name.includes("'")));
