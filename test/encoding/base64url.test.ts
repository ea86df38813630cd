import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "../../src/encoding/base64url.ts";
import { anyCodePoint } from "./arbitraries.ts";

const ALPHABET = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"];
const significant: fc.Arbitrary<string> = fc.constantFrom(...ALPHABET);
const lineEnd: fc.Arbitrary<string> = fc.constantFrom("\n", "\r");

describe("base64url", () => {
  test("is written as Node writes it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(encodeBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
      }),
    );
  });

  test("is read as Node reads it, with line ends anywhere", () => {
    const texts = fc.array(fc.oneof({ weight: 9, arbitrary: significant }, { weight: 1, arbitrary: lineEnd }));
    fc.assert(
      fc.property(texts, (chars) => {
        const kept = chars.filter((char) => ALPHABET.includes(char));
        fc.pre(kept.length % 4 !== 1);
        expect(decodeBase64Url(chars.join(""))).toEqual(new Uint8Array(Buffer.from(kept.join(""), "base64url")));
      }),
    );
  });

  test("refuses a character that is left over, and says where it is", () => {
    fc.assert(
      fc.property(fc.array(significant, { maxLength: 40 }), (chars) => {
        const text = chars.slice(0, chars.length - (chars.length % 4)).join("");
        expect(decodeBase64Url(`${text}A`)).toBe(text.length);
      }),
    );
  });

  test("refuses whatever is not in the alphabet, and says where it is", () => {
    fc.assert(
      fc.property(fc.array(significant), anyCodePoint, fc.string(), (chars, bad, rest) => {
        fc.pre(!ALPHABET.includes(bad) && bad !== "\n" && bad !== "\r");
        expect(decodeBase64Url(chars.join("") + bad + rest)).toBe(chars.length);
      }),
    );
  });
});
