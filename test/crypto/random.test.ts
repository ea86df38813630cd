import { describe, expect, test } from "vitest";
import { engines, nodePublicKey, nodeSign, toHex, utf8 } from "./engines.ts";

describe.each(engines)("randomness of the $name engine", ({ engine }) => {
  test.each([0, 1, 24, 32, 1000, 65536])("gives %i bytes when asked for them", (length) => {
    expect(engine.randomBytes(length)).toHaveLength(length);
  });

  test("differs each time", () => {
    const drawn = Array.from({ length: 50 }, () => engine.randomBytes(32).join());
    expect(new Set(drawn).size).toBe(50);
  });

  test("reaches every byte and all of its values", () => {
    // 4096 draws: that a value of a byte is never drawn has a chance of 2^-23, for any of 256 a chance of 2^-15.
    const seen = Array.from({ length: 4 }, () => new Set<number>());
    for (let draw = 0; draw < 4096; draw++) {
      const bytes = engine.randomBytes(4);
      for (const [index, values] of seen.entries()) values.add(bytes[index] as number);
    }
    for (const values of seen) expect(values.size).toBeGreaterThan(250);
  });

  test("makes a key of which the public key belongs to the seed", () => {
    for (let round = 0; round < 20; round++) {
      const { seed, publicKey } = engine.generateKey();
      expect(seed).toHaveLength(32);
      expect(toHex(publicKey)).toBe(toHex(nodePublicKey(seed)));
      expect(engine.privateKey(seed).sign(utf8("x"))).toEqual(nodeSign(seed, utf8("x")));
    }
  });

  test("makes another key each time", () => {
    const keys = Array.from({ length: 20 }, () => engine.generateKey());
    expect(new Set(keys.map(({ seed }) => seed.join())).size).toBe(20);
    expect(new Set(keys.map(({ publicKey }) => publicKey.join())).size).toBe(20);
  });
});

describe.each(engines)("whatever secret, signature or digest the $name engine gives", ({ engine }) => {
  const { seed } = engine.generateKey();
  const key = engine.privateKey(seed);
  const results: Readonly<Record<string, () => Uint8Array>> = {
    randomBytes: () => engine.randomBytes(32),
    "generateKey().seed": () => seed,
    publicKey: () => key.publicKey(),
    sign: () => key.sign(utf8("x")),
    sha256: () => engine.sha256(utf8("x")),
    sha512t256: () => engine.sha512t256(utf8("x")),
  };

  test.each(Object.entries(results))("is a plain Uint8Array that shares its memory with nothing: %s", (_, result) => {
    const bytes = result();
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    // A view of Buffer's pool would be a view of 8 KiB.
    expect(bytes.buffer.byteLength).toBeLessThan(80);
  });
});
