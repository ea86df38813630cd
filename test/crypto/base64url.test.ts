import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CryptoEngine } from "../../src/crypto/engine.ts";
import { engines, fromHex, native, portable, toHex } from "./engines.ts";

/** What Go's `base64.RawURLEncoding` makes of a text: bytes as hex, or the offset in its error. */
const AS_GO_READS: readonly (readonly [text: string, result: string | number])[] = [
  ["", ""],
  ["\n", ""],
  ["\r\n\r\n", ""],
  ["AA", "00"],
  ["AAA", "0000"],
  ["AAAA", "000000"],
  ["_-8", "ffef"],
  // Unused bits of the last character are not looked at.
  ["AB", "00"],
  ["Af", "01"],
  ["AAB", "0000"],
  ["AAD", "0000"],
  // Line ends are skipped wherever they are, and count in offsets.
  ["A\nA", "00"],
  ["AA\r\nAA\n", "000000"],
  ["\nAA", "00"],
  ["AA\n=", 3],
  // One character that is left over.
  ["A", 0],
  ["AAAAA", 4],
  ["AAAA\nA", 5],
  // Padding, white space and the other alphabet.
  ["AA==", 2],
  ["AAA=", 3],
  ["=", 0],
  [" AA", 0],
  ["AA ", 2],
  ["A A", 1],
  ["AA\tAA", 2],
  ["AA+A", 2],
  ["/AAA", 0],
  ["AA.AA", 2],
  ["AA\0", 2],
  ["AAé", 2],
  ["A\u0141", 1],
  ["AA\u{1f600}", 2],
  // The first character at fault counts, not what is left over.
  ["A=AAA", 1],
];

/** The bytes as hex, since one engine gives Buffers, or the offset. */
function decoded(engine: CryptoEngine, text: string): string | number {
  const result = engine.decodeBase64Url(text);
  return typeof result === "number" ? result : toHex(result);
}

describe.each(engines)("base64url of the $name engine", ({ engine }) => {
  test.each(AS_GO_READS)("reads %j as Go does", (text, expected) => {
    expect(decoded(engine, text)).toBe(expected);
  });

  test("encodes as Buffer does, and decodes what it encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(5), (bytes, skip) => {
        const view = bytes.subarray(Math.min(skip, bytes.length));
        const text = engine.encodeBase64Url(view);
        expect(text).toBe(Buffer.from(view).toString("base64url"));
        expect(decoded(engine, text)).toBe(toHex(view));
      }),
    );
  });

  test("encodes every byte at every place of a group", () => {
    for (let byte = 0; byte < 256; byte++) {
      for (const bytes of [[byte], [0, byte], [0, 0, byte], [0xff, 0xff, 0xff, byte]]) {
        expect(engine.encodeBase64Url(Uint8Array.from(bytes))).toBe(Buffer.from(bytes).toString("base64url"));
      }
    }
  });

  test("has no padding", () => {
    expect(engine.encodeBase64Url(fromHex("00"))).toBe("AA");
    expect(engine.encodeBase64Url(fromHex("fbff"))).toBe("-_8");
  });
});

describe.each(engines)("base64url of texts by the $name engine", ({ engine }) => {
  const oracle = (text: string) => Buffer.from(new TextEncoder().encode(text)).toString("base64url");

  test.each([
    ["", ""],
    ["hello", "aGVsbG8"],
    ["é€\u{1f600}", "w6nigqzwn5iA"],
    ["\ud800", "77-9"],
    ["x\udc00y", "eO-_vXk"],
  ])("encodes %j as UTF-8 first", (text, expected) => {
    expect(engine.encodeBase64Url(text)).toBe(expected);
  });

  test("is that of the text's bytes for every length, short after long", () => {
    for (const unit of ["a", "é", "€", "\u{1f600}", "\ud800"]) {
      // Around 16 KiB, whether counted in bytes, in units or in units of three bytes.
      for (const length of [70_000, 16_385, 16_384, 16_383, 8192, 5462, 5461, 5460, 2731, 2730, 3, 2, 1, 0]) {
        const text = unit.repeat(length);
        expect(engine.encodeBase64Url(text), `${length} times ${JSON.stringify(unit)}`).toBe(oracle(text));
      }
    }
  });

  test("is that of the text's bytes for any text", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 60 }), (units) => {
        const text = String.fromCharCode(...units);
        expect(engine.encodeBase64Url(text)).toBe(oracle(text));
      }),
    );
  });
});

describe("base64url of both engines", () => {
  const significant = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"];
  const doubtful = [
    "\n",
    "\r",
    "=",
    "+",
    "/",
    " ",
    ".",
    "\t",
    "\0",
    "\u0080",
    "\u00e9",
    "\u212a",
    "\u{1f600}",
    "\ud800",
  ];
  const character = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...significant) },
    { weight: 1, arbitrary: fc.constantFrom("\n", "\r") },
  );
  const lenient = fc.array(character, { maxLength: 60 }).map((characters) => characters.join(""));
  const broken = fc.tuple(lenient, fc.constantFrom(...doubtful), lenient).map((texts) => texts.join(""));

  test("agree on every text, down to the offset of the error", () => {
    fc.assert(
      fc.property(fc.oneof(lenient, broken, fc.string({ unit: "binary" })), (text) => {
        expect(decoded(native, text)).toBe(decoded(portable, text));
      }),
    );
  });

  test("give what Buffer gives for texts without anything doubtful but line ends and slack bits", () => {
    fc.assert(
      fc.property(lenient, (text) => {
        const stripped = text.replace(/[\r\n]/g, "");
        fc.pre(stripped.length % 4 !== 1);
        const expected = Buffer.from(stripped, "base64url").toString("hex");
        for (const { engine } of engines) expect(decoded(engine, text)).toBe(expected);
      }),
    );
  });
});
