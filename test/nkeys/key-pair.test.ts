import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fromSeed } from "@nats-io/nkeys";
import { describe, expect, test, vi } from "vitest";
import type { CryptoEngine, PrivateKey } from "../../src/crypto/engine.ts";
import {
  createKeyPair,
  isKeyPair,
  type KeyPair,
  keyPairFromPublicKey,
  keyPairFromRawSeed,
  keyPairFromSeed,
  ownSeedOf,
} from "../../src/nkeys/key-pair.ts";
import { engines, native, nodePublicKey, nodeSign } from "../crypto/engines.ts";
import {
  ascii,
  BYTE,
  CURVE,
  encodeByHand,
  KEYS,
  KINDS,
  ofAnotherRealm,
  rawSeed,
  SIGNING_KEYS,
  USER,
  utf8,
} from "./fixtures.ts";

const HELLO = utf8("hello");
/** What Go's nkeys signs with the test key `user`: claims.md, section 8.1. */
const HELLO_SIGNATURE = Buffer.from(
  "96e819f7600f20641170a270e965181155852dbe48b7fe9431be51f140a1c5042a568af525be5ad94a45693501276029828224fcf9aca368e6633e6d48230d0a",
  "hex",
);

const SIGNING_KINDS = KINDS.filter((kind) => kind !== "curve");

/** The private operations of a pair; each must fail once there is no secret. */
const PRIVATE: Readonly<Record<string, (pair: KeyPair) => unknown>> = {
  sign: (pair) => pair.sign(HELLO),
  getSeed: (pair) => pair.getSeed(),
  getPrivateKey: (pair) => pair.getPrivateKey(),
};
const PRIVATE_CURVE: typeof PRIVATE = {
  seal: (pair) => pair.seal(HELLO, CURVE.publicKey),
  "open a message": (pair) => pair.open(keyPairFromSeed(CURVE.seed).seal(HELLO, pair.publicKey), CURVE.publicKey),
  "open something too short": (pair) => pair.open(new Uint8Array(), CURVE.publicKey),
  "seal for nobody": (pair) => pair.seal(HELLO, "nobody"),
  getSeed: (pair) => pair.getSeed(),
  getPrivateKey: (pair) => pair.getPrivateKey(),
};

describe.each(engines)("with the $name engine", ({ engine }) => {
  test("a pair signs as Go does, and verifies that", () => {
    for (const pair of [
      keyPairFromSeed(USER.seed, { engine }),
      keyPairFromRawSeed("user", rawSeed(0x60), { engine }),
    ]) {
      expect(pair.sign(HELLO)).toEqual(new Uint8Array(HELLO_SIGNATURE));
      expect(pair.verify(HELLO, HELLO_SIGNATURE)).toBe(true);
    }
  });

  test("a public key verifies what Go signed, and nothing else", () => {
    const pair = keyPairFromPublicKey(USER.publicKey, { engine });
    expect(pair.verify(HELLO, HELLO_SIGNATURE)).toBe(true);
    expect(pair.verify(utf8("hello!"), HELLO_SIGNATURE)).toBe(false);
    expect(pair.verify(HELLO, HELLO_SIGNATURE.subarray(1))).toBe(false);
    expect(pair.verify(HELLO, new Uint8Array(64))).toBe(false);
    expect(keyPairFromPublicKey(SIGNING_KEYS[0]?.publicKey ?? "", { engine }).verify(HELLO, HELLO_SIGNATURE)).toBe(
      false,
    );
  });

  test.each(SIGNING_KEYS)("the pair of $name signs what its public key verifies", ({ kind, start, publicKey }) => {
    const signature = keyPairFromRawSeed(kind, rawSeed(start), { engine }).sign(HELLO);
    expect(signature).toEqual(nodeSign(rawSeed(start), HELLO));
    expect(keyPairFromPublicKey(publicKey, { engine }).verify(HELLO, signature)).toBe(true);
  });

  test.each(SIGNING_KINDS)("a fresh pair of kind %s has a public key that belongs to its seed", (kind) => {
    const pair = createKeyPair(kind, { engine });
    const again = keyPairFromSeed(pair.getSeed());
    expect(again.kind).toBe(kind);
    expect(again.publicKey).toBe(pair.publicKey);
    expect(pair.verify(HELLO, again.sign(HELLO))).toBe(true);
    expect(again.verify(HELLO, pair.sign(HELLO))).toBe(true);
  });

  test.each(KINDS)("no two fresh pairs of kind %s are alike", (kind) => {
    const pairs = Array.from({ length: 5 }, () => createKeyPair(kind, { engine }));
    expect(new Set(pairs.map(({ publicKey }) => publicKey)).size).toBe(5);
  });

  test("a public key that is no point of the curve makes a pair that verifies nothing", () => {
    const pair = keyPairFromPublicKey(encodeByHand([BYTE.user, 2, ...new Uint8Array(31)]), { engine });
    expect(pair.verify(HELLO, HELLO_SIGNATURE)).toBe(false);
  });

  test("a pair signs and verifies bytes of another realm", () => {
    const pair = keyPairFromSeed(USER.seed, { engine });
    const signature = pair.sign(ofAnotherRealm(HELLO));
    expect(ascii(signature)).toBe(ascii(HELLO_SIGNATURE));
    expect(pair.verify(ofAnotherRealm(HELLO), ofAnotherRealm(signature))).toBe(true);
  });
});

describe("a key pair", () => {
  test.each([undefined, null, "hello", [1], new ArrayBuffer(5), new Uint16Array(3)])(
    "signs and verifies bytes only, not %s",
    (value) => {
      const pair = keyPairFromSeed(USER.seed);
      const bytes = value as unknown as Uint8Array;
      expect(() => pair.sign(bytes)).toThrowCode("ERR_ARGUMENT_INVALID");
      expect(() => pair.verify(bytes, HELLO_SIGNATURE)).toThrowCode("ERR_ARGUMENT_INVALID");
      expect(() => pair.verify(HELLO, bytes)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );

  test.each(["getSeed", "getPrivateKey"] as const)("gives a fresh copy on %s, which may be wiped", (method) => {
    for (const { seed } of [USER, CURVE]) {
      const pair = keyPairFromSeed(seed);
      const before = ascii(pair[method]());
      pair[method]().fill(0);
      expect(ascii(pair[method]())).toBe(before);
      expect(ascii(pair.getSeed())).toBe(seed);
    }
    const pair = keyPairFromSeed(USER.seed);
    pair[method]().fill(0);
    expect(pair.sign(HELLO)).toEqual(new Uint8Array(HELLO_SIGNATURE));
  });

  test.each([
    ["a Uint8Array", (bytes: Uint8Array) => bytes],
    ["a Buffer", (bytes: Uint8Array) => Buffer.from(bytes)],
  ])("keeps nothing of the seed that it is given as %s", (_, as) => {
    for (const { kind, start, seed, publicKey } of [USER, CURVE]) {
      const text = as(utf8(seed));
      const raw = as(rawSeed(start));
      const pairs = [keyPairFromSeed(text), keyPairFromRawSeed(kind, raw), createKeyPair(kind, { random: () => raw })];
      text.fill(0);
      raw.fill(0);
      for (const pair of pairs) {
        expect(ascii(pair.getSeed())).toBe(seed);
        expect(keyPairFromSeed(pair.getSeed()).publicKey).toBe(publicKey);
      }
    }
  });

  test("wipes nothing of the caller's", () => {
    for (const { kind, start, seed } of [USER, CURVE]) {
      const text = Buffer.from(seed);
      const raw = Buffer.from(rawSeed(start));
      for (const pair of [
        keyPairFromSeed(text),
        keyPairFromRawSeed(kind, raw),
        createKeyPair(kind, { random: () => raw }),
      ]) {
        pair.clear();
      }
      expect(text.toString()).toBe(seed);
      expect(new Uint8Array(raw)).toEqual(rawSeed(start));
    }
  });

  test.each(SIGNING_KEYS)("of kind $kind neither seals nor opens", ({ seed, publicKey }) => {
    for (const pair of [keyPairFromSeed(seed), keyPairFromPublicKey(publicKey)]) {
      expect(() => pair.seal(HELLO, CURVE.publicKey)).toThrowCode("ERR_NKEY_OPERATION");
      expect(() => pair.open(new Uint8Array(50), CURVE.publicKey)).toThrowCode("ERR_NKEY_OPERATION");
      expect(() => pair.seal(HELLO, CURVE.publicKey)).toThrow("nkeys: only curve key can seal/open");
    }
  });

  test("of kind curve neither signs nor verifies", () => {
    for (const pair of [keyPairFromSeed(CURVE.seed), keyPairFromPublicKey(CURVE.publicKey)]) {
      expect(() => pair.sign(HELLO)).toThrowCode("ERR_NKEY_OPERATION");
      expect(() => pair.verify(HELLO, HELLO_SIGNATURE)).toThrowCode("ERR_NKEY_OPERATION");
      expect(() => pair.sign(HELLO)).toThrow("nkeys: curve key is not valid for sign/verify");
    }
  });
});

describe("what other rooms ask of a pair", () => {
  const theirs = fromSeed(utf8(USER.seed));

  test("isKeyPair is true for our pairs, and for nothing that looks like one", () => {
    const pairs = [
      createKeyPair("user"),
      createKeyPair("curve"),
      ...KEYS.flatMap(({ seed, publicKey }) => [keyPairFromSeed(seed), keyPairFromPublicKey(publicKey)]),
    ];
    for (const pair of pairs) {
      expect(isKeyPair(pair)).toBe(true);
      expect(isKeyPair({ kind: pair.kind, publicKey: pair.publicKey, sign: () => new Uint8Array(64) })).toBe(false);
      expect(isKeyPair({ ...pair })).toBe(false);
      expect(isKeyPair(structuredClone(pair))).toBe(false);
    }
    expect(isKeyPair(theirs)).toBe(false);
    expect(isKeyPair({})).toBe(false);
  });

  test("ownSeedOf gives the seed of ours that sign, and nothing of others", () => {
    for (const { seed } of SIGNING_KEYS) expect(ownSeedOf(keyPairFromSeed(seed))).toBe(seed);
    expect(ownSeedOf(theirs)).toBeUndefined();
    expect(ownSeedOf({ publicKey: USER.publicKey })).toBeUndefined();
  });

  test("ownSeedOf fails as getSeed does when there is no seed", () => {
    const pair = keyPairFromSeed(USER.seed);
    pair.clear();
    expect(() => ownSeedOf(pair)).toThrowCode("ERR_NKEY_CLEARED");
    expect(() => ownSeedOf(keyPairFromPublicKey(USER.publicKey))).toThrowCode("ERR_NKEY_PUBLIC_ONLY");
  });
});

describe("a pair of which only the public key is known", () => {
  test.each(Object.keys(PRIVATE))("refuses %s", (name) => {
    expect(() => PRIVATE[name]?.(keyPairFromPublicKey(USER.publicKey))).toThrowCode("ERR_NKEY_PUBLIC_ONLY");
  });

  test.each(Object.keys(PRIVATE_CURVE))("of kind curve refuses to %s", (name) => {
    expect(() => PRIVATE_CURVE[name]?.(keyPairFromPublicKey(CURVE.publicKey))).toThrowCode("ERR_NKEY_PUBLIC_ONLY");
  });

  test("says so, and not that it was cleared, after clear()", () => {
    const pair = keyPairFromPublicKey(USER.publicKey);
    pair.clear();
    expect(() => pair.sign(HELLO)).toThrowCode("ERR_NKEY_PUBLIC_ONLY");
    expect(pair.verify(HELLO, HELLO_SIGNATURE)).toBe(true);
  });

  test.each([
    ["can not sign, no private key available", (pair: KeyPair) => pair.sign(HELLO), USER],
    ["no seed or private key available", (pair: KeyPair) => pair.getSeed(), USER],
    ["no seed or private key available", (pair: KeyPair) => pair.getPrivateKey(), USER],
    ["cannot seal no private curve key available", (pair: KeyPair) => pair.seal(HELLO, CURVE.publicKey), CURVE],
    ["cannot open no private curve key available", (pair: KeyPair) => pair.open(HELLO, CURVE.publicKey), CURVE],
  ] as const)("keeps Go's text in the message: %s", (go, use, { publicKey }) => {
    expect(() => use(keyPairFromPublicKey(publicKey))).toThrow(`nkeys: ${go}`);
  });
});

describe("after clear()", () => {
  const made: readonly (readonly [string, () => KeyPair, () => KeyPair])[] = [
    ["a seed", () => keyPairFromSeed(USER.seed), () => keyPairFromSeed(CURVE.seed)],
    ["a raw seed", () => keyPairFromRawSeed("user", rawSeed(1)), () => keyPairFromRawSeed("curve", rawSeed(1))],
    ["nothing", () => createKeyPair("user"), () => createKeyPair("curve")],
  ];

  describe.each(made)("a pair made from %s", (_, signing, curve) => {
    test.each(Object.keys(PRIVATE))("refuses %s, also when it was used before and when it is cleared twice", (name) => {
      const pair = signing();
      PRIVATE[name]?.(pair);
      pair.clear();
      expect(() => PRIVATE[name]?.(pair)).toThrowCode("ERR_NKEY_CLEARED");
      pair.clear();
      expect(() => PRIVATE[name]?.(pair)).toThrowCode("ERR_NKEY_CLEARED");
    });

    test.each(Object.keys(PRIVATE_CURVE))("of kind curve refuses to %s", (name) => {
      const pair = curve();
      pair.clear();
      expect(() => PRIVATE_CURVE[name]?.(pair)).toThrowCode("ERR_NKEY_CLEARED");
    });

    test("keeps its public key and verifies, also what it never verified before", () => {
      const pair = signing();
      const publicKey = pair.publicKey;
      const signature = pair.sign(HELLO);
      pair.clear();
      expect(pair.publicKey).toBe(publicKey);
      expect(pair.getPublicKey()).toBe(publicKey);
      expect(pair.verify(HELLO, signature)).toBe(true);
      expect(pair.verify(utf8("other"), signature)).toBe(false);
    });

    test("other pairs of the same key work", () => {
      const pair = signing();
      const other = keyPairFromSeed(pair.getSeed());
      pair.clear();
      expect(other.verify(HELLO, other.sign(HELLO))).toBe(true);
    });
  });

  test("the bytes of the seed are overwritten", () => {
    const seed = rawSeed(0x60);
    const engine: CryptoEngine = { ...native, generateKey: () => ({ seed, publicKey: nodePublicKey(seed) }) };
    const pair = createKeyPair("user", { engine });
    expect(ascii(pair.getSeed())).toBe(USER.seed);
    expect(seed).toEqual(rawSeed(0x60));
    pair.clear();
    expect(seed).toEqual(new Uint8Array(32));
  });

  test("nothing holds the private key of the engine, so that it can be collected", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    let made: WeakRef<PrivateKey> | undefined;
    const engine: CryptoEngine = {
      ...native,
      privateKey(seed) {
        const key = native.privateKey(seed);
        made = new WeakRef(key);
        return key;
      },
    };
    const pair = keyPairFromSeed(USER.seed, { engine });
    const isHeld = async () => {
      // What a WeakRef gave stays until the task ends.
      await setImmediate();
      collect();
      return made?.deref() !== undefined;
    };
    expect(await isHeld()).toBe(true);
    pair.clear();
    expect(await isHeld()).toBe(false);
    expect(pair.publicKey).toBe(USER.publicKey);
  });
});

describe("injected randomness", () => {
  test.each(KEYS)("makes the key of $name, and is asked once, for 32 bytes", ({ kind, start, seed, publicKey }) => {
    const random = vi.fn(() => rawSeed(start));
    const pair = createKeyPair(kind, { random });
    expect(pair.publicKey).toBe(publicKey);
    expect(ascii(pair.getSeed())).toBe(seed);
    expect(random.mock.calls).toEqual([[32]]);
  });

  test("may be of another realm", () => {
    expect(createKeyPair("user", { random: () => ofAnotherRealm(rawSeed(0x60)) }).publicKey).toBe(USER.publicKey);
  });

  test.each(KINDS)("is an error when it is no 32 bytes: %s", (kind) => {
    const wrong = [0, 1, 31, 33, 64].map((length) => new Uint8Array(length));
    for (const value of [...wrong, undefined, null, "x".repeat(32), Array.from(rawSeed(0)), new Uint16Array(32)]) {
      expect(() => createKeyPair(kind, { random: () => value as Uint8Array })).toThrowCode("ERR_CRYPTO_RANDOM");
    }
  });

  test("is an error of its own when it throws", () => {
    const failure = new Error("the device is gone");
    const random = () => {
      throw failure;
    };
    expect(() => createKeyPair("user", { random })).toThrow(failure);
  });
});

test.each(["seed", "private", "unknown", "OPERATOR", "", "constructor", undefined, null, 0])(
  "a pair of kind %j is not made",
  (kind) => {
    expect(() => createKeyPair(kind as unknown as "user")).toThrowCode("ERR_ARGUMENT_INVALID");
  },
);

describe("keys are imported once", () => {
  /** An engine that counts what is asked of it. */
  function counting() {
    const calls = { generateKey: 0, privateKey: 0, publicKey: 0, sign: 0, verify: 0 };
    const engine: CryptoEngine = {
      ...native,
      generateKey() {
        calls.generateKey += 1;
        return native.generateKey();
      },
      privateKey(seed) {
        calls.privateKey += 1;
        const key = native.privateKey(seed);
        const sign = (message: Uint8Array) => {
          calls.sign += 1;
          return key.sign(message);
        };
        return { publicKey: () => key.publicKey(), sign };
      },
      publicKey(bytes) {
        calls.publicKey += 1;
        const key = native.publicKey(bytes);
        const verify = (message: Uint8Array, signature: Uint8Array) => {
          calls.verify += 1;
          return key.verify(message, signature);
        };
        return { verify };
      },
    };
    return { engine, calls };
  }

  function useManyTimes(pair: KeyPair): void {
    const signatures = Array.from({ length: 50 }, (_, index) => pair.sign(Uint8Array.of(index)));
    for (const [index, signature] of signatures.entries())
      expect(pair.verify(Uint8Array.of(index), signature)).toBe(true);
  }

  test("for 50 signatures and 50 verifications of a fresh pair", () => {
    const { engine, calls } = counting();
    useManyTimes(createKeyPair("user", { engine }));
    expect(calls).toEqual({ generateKey: 1, privateKey: 1, publicKey: 1, sign: 50, verify: 50 });
  });

  test("for 50 signatures and 50 verifications of a pair from a seed", () => {
    const { engine, calls } = counting();
    useManyTimes(keyPairFromSeed(USER.seed, { engine }));
    expect(calls).toEqual({ generateKey: 0, privateKey: 1, publicKey: 1, sign: 50, verify: 50 });
  });

  test("for 50 verifications with a public key", () => {
    const { engine, calls } = counting();
    const pair = keyPairFromPublicKey(USER.publicKey, { engine });
    for (let round = 0; round < 50; round++) expect(pair.verify(HELLO, HELLO_SIGNATURE)).toBe(true);
    expect(calls).toEqual({ generateKey: 0, privateKey: 0, publicKey: 1, sign: 0, verify: 50 });
  });

  test("and not at all for a pair that only creates and shows its key", () => {
    const { engine, calls } = counting();
    const pair = createKeyPair("user", { engine });
    expect(ascii(pair.getSeed())).toHaveLength(58);
    expect(calls).toEqual({ generateKey: 1, privateKey: 0, publicKey: 0, sign: 0, verify: 0 });
  });
});
