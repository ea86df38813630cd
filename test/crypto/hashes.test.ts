import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engines, toHex, utf8 } from "./engines.ts";

const TWO_BLOCKS_256 = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const TWO_BLOCKS_512 =
  "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

/** The examples of NIST for FIPS 180-4, and the digests of the empty message. */
const EXAMPLES = [
  ["sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["sha256", TWO_BLOCKS_256, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
  ["sha512t256", "", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"],
  ["sha512t256", "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"],
  ["sha512t256", TWO_BLOCKS_512, "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"],
] as const;

const ORACLE = { sha256: "sha256", sha512t256: "sha512-256" } as const;

describe.each(engines)("the $name engine", ({ engine }) => {
  test.each(EXAMPLES)("gives the published %s of %j", (name, message, digest) => {
    expect(toHex(engine[name](utf8(message)))).toBe(digest);
  });

  test("hashes a text as its UTF-8, lone surrogates as U+FFFD", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\ud800", "a\udc00", "\ufeff")), (text) => {
        expect(toHex(engine.sha512t256(text))).toBe(createHash("sha512-256").update(utf8(text)).digest("hex"));
      }),
    );
    expect(toHex(engine.sha512t256("abc"))).toBe("53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
  });

  describe.each(["sha256", "sha512t256"] as const)("%s", (name) => {
    test("equals that of node:crypto around every boundary of blocks and padding", () => {
      const data = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
      for (let length = 0; length <= data.length; length++) {
        const message = data.subarray(0, length);
        const expected = createHash(ORACLE[name]).update(message).digest("hex");
        expect(toHex(engine[name](message)), `${length} bytes`).toBe(expected);
      }
    });

    test("equals that of node:crypto for any bytes, given as a view", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(20), (data, skip) => {
          const view = data.subarray(Math.min(skip, data.length));
          expect(toHex(engine[name](view))).toBe(createHash(ORACLE[name]).update(view).digest("hex"));
        }),
      );
    });
  });
});
