import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  engines,
  fromHex,
  native,
  nodePublicKey,
  nodeSign,
  nodeVerify,
  portable,
  readVectors,
  toHex,
  utf8,
} from "./engines.ts";

interface Rfc8032 {
  readonly cases: readonly {
    readonly name: string;
    readonly seed: string;
    readonly publicKey: string;
    readonly message: string;
    readonly signature: string;
  }[];
}

interface EdgeCases {
  readonly cases: readonly {
    readonly comment: string;
    readonly message: string;
    readonly publicKey: string;
    readonly signature: string;
    readonly go: boolean;
  }[];
}

const rfc8032 = readVectors<Rfc8032>("ed25519-rfc8032.json").cases;
const edgeCases = readVectors<EdgeCases>("ed25519-edge-cases.json").cases;

const seed32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("the vectors are complete: five of RFC 8032, twelve edge cases of which Go accepts 0 to 3 and 11", () => {
  expect(rfc8032.map(({ message }) => message.length / 2)).toEqual([0, 1, 2, 1023, 64]);
  expect(edgeCases.flatMap(({ go }, index) => (go ? [index] : []))).toEqual([0, 1, 2, 3, 11]);
  expect(edgeCases).toHaveLength(12);
});

describe.each(engines)("the $name engine", ({ engine }) => {
  describe.each(rfc8032)("on $name of RFC 8032", (vector) => {
    const seed = fromHex(vector.seed);
    const message = fromHex(vector.message);

    test("derives the public key", () => {
      expect(toHex(engine.privateKey(seed).publicKey())).toBe(vector.publicKey);
    });

    test("signs", () => {
      expect(toHex(engine.privateKey(seed).sign(message))).toBe(vector.signature);
    });

    test("verifies, and rejects another message", () => {
      const key = engine.publicKey(fromHex(vector.publicKey));
      expect(key.verify(message, fromHex(vector.signature))).toBe(true);
      expect(key.verify(Uint8Array.of(...message, 0), fromHex(vector.signature))).toBe(false);
    });
  });

  test.each(edgeCases.map((edge, index) => ({ index, ...edge })))(
    "judges edge case $index as Go does: $comment",
    (edge) => {
      const key = engine.publicKey(fromHex(edge.publicKey));
      expect(key.verify(fromHex(edge.message), fromHex(edge.signature))).toBe(edge.go);
    },
  );

  test("rejects a signature in which any single bit is flipped", () => {
    const [vector] = rfc8032.slice(2);
    if (vector === undefined) throw new Error("no vector");
    const key = engine.publicKey(fromHex(vector.publicKey));
    const signature = fromHex(vector.signature);
    for (let bit = 0; bit < 512; bit++) {
      const flipped = signature.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(key.verify(fromHex(vector.message), flipped), `bit ${bit}`).toBe(false);
    }
  });

  test.each([0, 1, 32, 63, 65, 96, 128])("rejects a signature of %i bytes", (length) => {
    const seed = fromHex("01".repeat(32)); // made for tests
    const message = utf8("hello");
    const padded = new Uint8Array(128);
    padded.set(nodeSign(seed, message));
    const key = engine.publicKey(nodePublicKey(seed));
    expect(key.verify(message, padded.slice(0, 64))).toBe(true);
    expect(key.verify(message, padded.slice(0, length))).toBe(false);
  });

  test("takes views into larger buffers, and Buffers", () => {
    const seed = fromHex("02".repeat(32)); // made for tests
    const message = utf8("a view");
    const around = new Uint8Array(100).fill(0xee);
    around.set(seed, 5);
    around.set(message, 50);
    const key = engine.privateKey(around.subarray(5, 37));
    const signature = key.sign(around.subarray(50, 50 + message.length));
    expect(signature).toEqual(nodeSign(seed, message));
    expect(engine.publicKey(Buffer.from(key.publicKey())).verify(Buffer.from(message), Buffer.from(signature))).toBe(
      true,
    );
  });

  test("keeps no reference to the seed and the public key that it is given", () => {
    const seed = fromHex("03".repeat(32)); // made for tests
    const message = utf8("hello");
    const publicKey = nodePublicKey(seed);
    const signature = nodeSign(seed, message);
    const ownSeed = seed.slice();
    const ownPublicKey = publicKey.slice();
    const signing = engine.privateKey(ownSeed);
    const verifying = engine.publicKey(ownPublicKey);
    ownSeed.fill(0);
    ownPublicKey.fill(0);
    expect(signing.sign(message)).toEqual(signature);
    expect(verifying.verify(message, signature)).toBe(true);
  });

  test("gives the public key as a fresh copy", () => {
    const key = engine.privateKey(fromHex("04".repeat(32))); // made for tests
    const first = key.publicKey();
    const kept = first.slice();
    first.fill(0);
    expect(key.publicKey()).toEqual(kept);
    expect(key.sign(utf8("x"))).toEqual(nodeSign(fromHex("04".repeat(32)), utf8("x")));
  });

  test("leaves its input as it was", () => {
    const [seed, message] = [fromHex("05".repeat(32)), utf8("hello")]; // made for tests
    const signature = engine.privateKey(seed).sign(message);
    const [before, publicKey] = [signature.slice(), engine.privateKey(seed).publicKey()];
    const samePublicKey = publicKey.slice();
    engine.publicKey(publicKey).verify(message, signature);
    expect(toHex(seed)).toBe("05".repeat(32));
    expect(message).toEqual(utf8("hello"));
    expect(signature).toEqual(before);
    expect(publicKey).toEqual(samePublicKey);
  });
});

describe("both engines", () => {
  test("derive the keys and signatures that node:crypto gives for any seed and message", () => {
    fc.assert(
      fc.property(seed32, fc.uint8Array({ maxLength: 300 }), (seed, message) => {
        const [publicKey, signature] = [nodePublicKey(seed), nodeSign(seed, message)];
        for (const { engine } of engines) {
          const key = engine.privateKey(seed);
          expect(key.publicKey()).toEqual(publicKey);
          expect(key.sign(message)).toEqual(signature);
        }
      }),
    );
  });

  test("judge keys and signatures of random bytes as node:crypto does, and accept none", () => {
    const signature64 = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(seed32, fc.uint8Array({ maxLength: 100 }), signature64, (publicKey, message, signature) => {
        expect(nodeVerify(publicKey, message, signature)).toBe(false);
        expect(portable.publicKey(publicKey).verify(message, signature)).toBe(false);
        expect(native.publicKey(publicKey).verify(message, signature)).toBe(false);
      }),
    );
  });
});
