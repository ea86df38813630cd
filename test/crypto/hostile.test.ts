import { Point } from "@noble/ed25519";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engines, fromHex, native, nodeVerify, portable, toHex, utf8 } from "./engines.ts";
import { encodings, forge, L, type Parts, type Recipe, smallOrderKeys } from "./hostile.ts";

const NONE: Parts = { scalar: 0n, torsion: 0, alias: 0 };
/** Two points of the group that signatures live in; their scalars are made for tests. */
const A: Parts = { scalar: 0x1234567890abcdefn, torsion: 0, alias: 0 };
const R: Parts = { scalar: 0xfedcba0987654321n, torsion: 0, alias: 0 };

const RECIPE: Recipe = { A, R, message: utf8("hostile"), addL: 0, cancel: true };

function verdicts(recipe: Recipe) {
  const { publicKey, message, signature, valid } = forge(recipe);
  return {
    valid,
    node: nodeVerify(publicKey, message, signature),
    portable: portable.publicKey(publicKey).verify(message, signature),
    native: native.publicKey(publicKey).verify(message, signature),
  };
}

const ACCEPTED = { valid: true, node: true, portable: true, native: true };
const REJECTED = { valid: false, node: false, portable: false, native: false };

test("there are fourteen encodings of points of small order, six of them not canonical", () => {
  const keys = smallOrderKeys();
  expect(new Set(keys.map(({ hex }) => hex)).size).toBe(14);
  expect(keys.filter(({ alias }) => alias > 0)).toHaveLength(6);
  for (const { hex, torsion } of keys) {
    const point = Point.fromHex(hex, true);
    expect(point.isSmallOrder()).toBe(true);
    expect(point.toHex()).toBe(encodings({ ...NONE, torsion })[0]);
  }
});

describe("like Go, both engines", () => {
  test("accept a signature built from two known scalars", () => {
    expect(verdicts(RECIPE)).toEqual(ACCEPTED);
  });

  describe.each(smallOrderKeys())("with the public key of small order $hex", ({ torsion, alias }) => {
    const small: Parts = { scalar: 0n, torsion, alias };

    test("accept S = 0 and an R of small order when the torsion cancels", () => {
      const minus = { scalar: 0n, torsion: (8 - torsion) % 8, alias: 0 };
      for (const r of [NONE, minus]) expect(verdicts({ ...RECIPE, A: small, R: r })).toEqual(ACCEPTED);
    });

    test("accept S > 0 when the torsion cancels", () => {
      expect(verdicts({ ...RECIPE, A: small })).toEqual(ACCEPTED);
    });

    test("reject S + L", () => {
      expect(verdicts({ ...RECIPE, A: small, R: NONE, addL: 1 })).toEqual(REJECTED);
    });

    test("judge it as R: accepted if canonical, rejected if not", () => {
      const mixed = { ...A, torsion: 1 };
      const expected = alias === 0 ? ACCEPTED : REJECTED;
      expect(verdicts({ ...RECIPE, A: mixed, R: small })).toEqual(expected);
    });
  });

  test.each(smallOrderKeys().filter(({ torsion }) => torsion !== 0))(
    "reject the public key of small order $hex when the torsion does not cancel",
    ({ torsion, alias }) => {
      const small: Parts = { scalar: 0n, torsion, alias };
      for (const r of [NONE, R]) expect(verdicts({ ...RECIPE, A: small, R: r, cancel: false })).toEqual(REJECTED);
    },
  );

  test("accept a mixed key and a mixed R when the torsion cancels, and reject them when only the cofactor would hide it", () => {
    const recipe = { ...RECIPE, A: { ...A, torsion: 3 }, R: { ...R, torsion: 5 } };
    expect(verdicts(recipe)).toEqual(ACCEPTED);
    expect(verdicts({ ...recipe, cancel: false })).toEqual(REJECTED);
    expect(verdicts({ ...RECIPE, R: { ...R, torsion: 4 } })).toEqual(REJECTED);
  });

  // 16 L is more than 256 bits hold.
  test.each(Array.from({ length: 15 }, (_, index) => index + 1))("reject S + %i L", (addL) => {
    expect(verdicts({ ...RECIPE, addL })).toEqual(REJECTED);
  });

  test("reject S = L, and accept S = 0 and S = L - 1", () => {
    const signature = (s: bigint) =>
      toHex(forge({ ...RECIPE, A: NONE, R: { ...NONE, scalar: s } }).signature).slice(64);
    expect(signature(L - 1n)).toBe("ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    const recipe = (scalar: bigint) => ({ ...RECIPE, A: NONE, R: { ...NONE, scalar } });
    expect(verdicts(recipe(0n))).toEqual(ACCEPTED);
    expect(verdicts(recipe(L - 1n))).toEqual(ACCEPTED);
    expect(verdicts({ ...recipe(0n), addL: 1 })).toEqual(REJECTED);
  });

  test("reject S of all ones", () => {
    const { publicKey, message, signature } = forge(RECIPE);
    signature.fill(0xff, 32);
    expect(nodeVerify(publicKey, message, signature)).toBe(false);
    for (const { engine } of engines) expect(engine.publicKey(publicKey).verify(message, signature)).toBe(false);
  });
});

describe.each(engines)("the $name engine", ({ engine }) => {
  // The points of y = p + 2, 7, 8 … do not exist; all others do, and nobody knows the scalars of most of them.
  test.each(Array.from({ length: 19 }, (_, index) => index))(
    "neither fails on nor believes the key of y = p + %i",
    (y) => {
      const publicKey = fromHex(`${(0xed + y).toString(16)}${"f".repeat(60)}7f`);
      const { message, signature } = forge(RECIPE);
      expect(engine.publicKey(publicKey).verify(message, signature)).toBe(false);
      expect(nodeVerify(publicKey, message, signature)).toBe(false);
    },
  );

  test.each(["02".padEnd(64, "0"), "02".padEnd(62, "0").concat("80"), `ef${"f".repeat(60)}7f`])(
    "verifies nothing with the key %s, which is no point of the curve",
    (hex) => {
      const publicKey = fromHex(hex);
      expect(() => Point.fromBytes(publicKey, true)).toThrow("not sqrt");
      const { message, signature } = forge({ ...RECIPE, A: NONE });
      const key = engine.publicKey(publicKey);
      expect(key.verify(message, signature)).toBe(false);
      expect(key.verify(message, new Uint8Array(64))).toBe(false);
    },
  );

  test("rejects an R that is no point of the curve", () => {
    const { publicKey, message, signature } = forge(RECIPE);
    signature.set(fromHex("02".padEnd(64, "0")));
    expect(engine.publicKey(publicKey).verify(message, signature)).toBe(false);
  });
});

/** Mostly the corners, where implementations differ. */
const scalar = fc.oneof(fc.constant(0n), fc.constantFrom(1n, 8n, L - 1n), fc.bigInt({ min: 1n, max: L - 1n }));
const parts: fc.Arbitrary<Parts> = fc.record({ scalar, torsion: fc.nat(7), alias: fc.nat(3) });
/** One more, and S would not always fit into its 32 bytes. */
const MOST_L = 14;
const recipe: fc.Arbitrary<Recipe> = fc.record({
  A: parts,
  R: parts,
  message: fc.uint8Array({ maxLength: 40 }),
  addL: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: MOST_L }) },
  ),
  cancel: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
});

describe("on signatures built to be doubtful, both engines", () => {
  test("give the verdict of the group law, and of node:crypto", () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(recipe, (built) => {
        const { valid, ...given } = verdicts(built);
        expect(given).toEqual({ node: valid, portable: valid, native: valid });
        seen.add(valid);
      }),
    );
    expect(seen).toEqual(new Set([true, false]));
  });

  test("agree with node:crypto when a bit of the key, the message or the signature is flipped", () => {
    fc.assert(
      fc.property(recipe, fc.constantFrom("publicKey", "message", "signature"), fc.nat(511), (built, part, bit) => {
        const { publicKey, message, signature } = forge(built);
        const flipped = { publicKey, message, signature }[part];
        const at = (bit >> 3) % flipped.length;
        flipped[at] = (flipped[at] as number) ^ (1 << (bit & 7));
        const verdict = nodeVerify(publicKey, message, signature);
        expect(portable.publicKey(publicKey).verify(message, signature)).toBe(verdict);
        expect(native.publicKey(publicKey).verify(message, signature)).toBe(verdict);
      }),
    );
  });
});
