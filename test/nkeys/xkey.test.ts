import { createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import fc from "fast-check";
import nacl from "tweetnacl";
import { describe, expect, test } from "vitest";
import type { CryptoEngine } from "../../src/crypto/engine.ts";
import {
  createKeyPair,
  type KeyPair,
  keyPairFromPublicKey,
  keyPairFromRawSeed,
  keyPairFromSeed,
} from "../../src/nkeys/key-pair.ts";
import { engines, native } from "../crypto/engines.ts";
import {
  ascii,
  BYTE,
  CURVE,
  CURVE_PRIVATE,
  encodeByHand,
  KEYS,
  ofAnotherRealm,
  RECIPIENT,
  rawSeed,
  USER,
  USER_PRIVATE,
  utf8,
} from "./fixtures.ts";

const NONCE = new Uint8Array(24).fill(7);
/** What Go seals with that nonce begins with this: claims.md, section 8.2. */
const HEADER = `786b7631${"07".repeat(24)}`;
const MESSAGE = utf8("Hello xkeys!");
const ZERO_KEY = encodeByHand([BYTE.curve, ...new Uint8Array(32)]);

const curve = keyPairFromSeed(CURVE.seed);
const recipient = keyPairFromSeed(RECIPIENT.seed);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

describe("the bytes that Go seals", () => {
  test.each([
    ["a message", MESSAGE, RECIPIENT.publicKey, "9b983a3f41fe55489c0f31cb4546546441218432e27da4f2ce0b55de"],
    ["the empty message", new Uint8Array(), RECIPIENT.publicKey, "52eab89f28448d2789bbba16c59691e8"],
    ["a message for the key of small order", utf8("x"), ZERO_KEY, "86f9d2ca3b2aacfd6a74ca4d824c579013"],
  ])("are sealed: %s", (_, message, publicKey, box) => {
    expect(hex(curve.seal(message, publicKey, NONCE))).toBe(HEADER + box);
  });

  test("are opened", () => {
    const sealed = (box: string) => new Uint8Array(Buffer.from(HEADER + box, "hex"));
    const message = sealed("9b983a3f41fe55489c0f31cb4546546441218432e27da4f2ce0b55de");
    expect(ascii(recipient.open(message, CURVE.publicKey))).toBe("Hello xkeys!");
    expect(recipient.open(sealed("52eab89f28448d2789bbba16c59691e8"), CURVE.publicKey)).toEqual(new Uint8Array());
    // The shared point is zero whoever computes it, so the sender can open this one itself.
    expect(ascii(curve.open(sealed("86f9d2ca3b2aacfd6a74ca4d824c579013"), ZERO_KEY))).toBe("x");
  });
});

test("the public key is X25519 of the seed, by node:crypto", () => {
  const base = createPublicKey({
    key: Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), Uint8Array.of(9), new Uint8Array(31)]),
    format: "der",
    type: "spki",
  });
  for (const start of [0, 0x11, 0xc0, 0xe0]) {
    const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), rawSeed(start)]);
    const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    const expected = encodeByHand([BYTE.curve, ...diffieHellman({ privateKey, publicKey: base })]);
    expect(keyPairFromRawSeed("curve", rawSeed(start)).publicKey).toBe(expected);
  }
});

describe("seal", () => {
  test("takes a fresh nonce each time, so that equal messages differ", () => {
    const sealed = Array.from({ length: 20 }, () => hex(curve.seal(MESSAGE, RECIPIENT.publicKey)));
    expect(new Set(sealed.map((text) => text.slice(8, 56))).size).toBe(20);
    expect(new Set(sealed.map((text) => text.slice(56))).size).toBe(20);
    for (const text of sealed) expect(text.startsWith("786b7631")).toBe(true);
  });

  test("takes that nonce from the engine of the pair", () => {
    const asked: number[] = [];
    const engine = {
      ...native,
      randomBytes(length: number) {
        asked.push(length);
        return new Uint8Array(length).fill(7);
      },
    };
    const pair = keyPairFromSeed(CURVE.seed, { engine });
    expect(hex(pair.seal(MESSAGE, RECIPIENT.publicKey))).toBe(hex(curve.seal(MESSAGE, RECIPIENT.publicKey, NONCE)));
    expect(asked).toEqual([24]);
  });

  test("depends on the recipient: CVE-2023-46129 was that it did not", () => {
    const other = createKeyPair("curve");
    const [a, b] = [RECIPIENT.publicKey, other.publicKey].map((key) => hex(curve.seal(MESSAGE, key, NONCE)));
    expect(a?.slice(0, 56)).toBe(b?.slice(0, 56));
    expect(a?.slice(56)).not.toBe(b?.slice(56));
    const sealed = curve.seal(MESSAGE, RECIPIENT.publicKey);
    expect(ascii(recipient.open(sealed, CURVE.publicKey))).toBe("Hello xkeys!");
    expect(() => other.open(sealed, CURVE.publicKey)).toThrowCode("ERR_NKEY_SEALED");
  });

  test("depends on the sender", () => {
    const [a, b] = [curve, createKeyPair("curve")].map((pair) => hex(pair.seal(MESSAGE, RECIPIENT.publicKey, NONCE)));
    expect(a?.slice(56)).not.toBe(b?.slice(56));
  });

  test("adds 44 bytes, and leaves the message and the nonce as they were", () => {
    for (const length of [0, 1, 100, 65536]) {
      const message = new Uint8Array(length).fill(0x61);
      const nonce = NONCE.slice();
      const sealed = curve.seal(message, RECIPIENT.publicKey, nonce);
      expect(sealed).toHaveLength(44 + length);
      expect(message).toEqual(new Uint8Array(length).fill(0x61));
      expect(nonce).toEqual(NONCE);
      expect(recipient.open(sealed, CURVE.publicKey)).toEqual(message);
    }
  });

  test("works again and again with one pair, and for the pair itself", () => {
    const pair = createKeyPair("curve");
    for (let round = 0; round < 3; round++) {
      expect(pair.open(pair.seal(MESSAGE, pair.publicKey), pair.publicKey)).toEqual(MESSAGE);
    }
    expect(keyPairFromSeed(pair.getSeed()).publicKey).toBe(pair.publicKey);
  });

  test("takes Buffers, views and bytes of another realm", () => {
    const expected = hex(curve.seal(MESSAGE, RECIPIENT.publicKey, NONCE));
    const view = utf8("??Hello xkeys!??").subarray(2, -2);
    for (const message of [Buffer.from(MESSAGE), view, ofAnotherRealm(MESSAGE)]) {
      expect(hex(curve.seal(message, RECIPIENT.publicKey, NONCE))).toBe(expected);
    }
    expect(hex(curve.seal(MESSAGE, RECIPIENT.publicKey, ofAnotherRealm(NONCE)))).toBe(expected);
    const sealed = Buffer.from(expected, "hex");
    for (const message of [
      sealed,
      Buffer.concat([sealed, sealed]).subarray(0, sealed.length),
      ofAnotherRealm(sealed),
    ]) {
      expect(ascii(recipient.open(message, CURVE.publicKey))).toBe("Hello xkeys!");
    }
  });

  test.each([0, 23, 25, 32])("refuses a nonce of %i bytes", (length) => {
    expect(() => curve.seal(MESSAGE, RECIPIENT.publicKey, new Uint8Array(length))).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test.each([undefined, null, "text", [1, 2]])("refuses a message that is no bytes: %s", (value) => {
    const bytes = value as unknown as Uint8Array;
    expect(() => curve.seal(bytes, RECIPIENT.publicKey)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => curve.open(bytes, RECIPIENT.publicKey)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

/** What is no public curve key, by what is wrong with it. */
const NO_CURVE_KEYS = [
  ...KEYS.filter(({ kind }) => kind !== "curve").map(
    ({ name, publicKey }) => ["ERR_NKEY_PREFIX", name, publicKey] as const,
  ),
  ["ERR_NKEY_PREFIX", "a curve seed", RECIPIENT.seed],
  ["ERR_NKEY_PREFIX", "a user seed", USER.seed],
  ["ERR_NKEY_PREFIX", "a private curve key", CURVE_PRIVATE],
  ["ERR_NKEY_PREFIX", "a private key", USER_PRIVATE],
  ["ERR_NKEY_PREFIX", "low bits in the prefix", encodeByHand([BYTE.curve | 1, ...rawSeed(0)])],
  ["ERR_NKEY_LENGTH", "one byte more", encodeByHand([BYTE.curve, ...rawSeed(0), 0])],
  ["ERR_NKEY_LENGTH", "many bytes more", encodeByHand([BYTE.curve, ...rawSeed(0), ...rawSeed(32), ...rawSeed(64)])],
  ["ERR_NKEY_LENGTH", "one byte less", encodeByHand([BYTE.curve, ...rawSeed(0).slice(1)])],
  ["ERR_NKEY_LENGTH", "nothing in it", ""],
  ["ERR_NKEY_CHECKSUM", "a wrong character", RECIPIENT.publicKey.replace("Z", "Y")],
  ["ERR_NKEY_CHECKSUM", "a character missing", RECIPIENT.publicKey.slice(0, -1)],
  ["ERR_NKEY_CHECKSUM", "the key twice", RECIPIENT.publicKey + RECIPIENT.publicKey],
  ["ERR_NKEY_CASE", "lower case", RECIPIENT.publicKey.toLowerCase()],
  ["ERR_NKEY_CHARACTER", "a space", `${RECIPIENT.publicKey} `],
] as const;

describe("a recipient or sender", () => {
  const sealed = recipient.seal(MESSAGE, CURVE.publicKey);

  test.each(NO_CURVE_KEYS)("is refused (%s): %s", (code, _, publicKey) => {
    expect(() => curve.seal(MESSAGE, publicKey)).toThrowCode(code);
    expect(() => curve.open(sealed, publicKey)).toThrowCode(code);
  });

  test.each([undefined, null, 5, {}])("is refused when it is no text: %s", (value) => {
    expect(() => curve.seal(MESSAGE, value as unknown as string)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => curve.open(sealed, value as unknown as string)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("keeps Go's text in the message when it is a key of another kind", () => {
    expect(() => curve.seal(MESSAGE, USER.publicKey)).toThrow("nkeys: not a valid recipient public curve key");
    expect(() => curve.open(sealed, USER.publicKey)).toThrow("nkeys: not a valid sender public curve key");
  });

  test("is read with line ends and dropped characters, as keys are everywhere", () => {
    const expected = hex(curve.seal(MESSAGE, RECIPIENT.publicKey, NONCE));
    for (const text of [`${RECIPIENT.publicKey}\r\n`, `${RECIPIENT.publicKey}A`]) {
      expect(hex(curve.seal(MESSAGE, text, NONCE))).toBe(expected);
    }
  });
});

describe("open", () => {
  const sealed = curve.seal(MESSAGE, RECIPIENT.publicKey);
  const emptySealed = curve.seal(new Uint8Array(), RECIPIENT.publicKey);

  test("refuses every truncation, down to nothing", () => {
    for (let length = 0; length < sealed.length; length++) {
      expect(() => recipient.open(sealed.slice(0, length), CURVE.publicKey)).toThrowCode("ERR_NKEY_SEALED");
    }
    for (let length = 0; length < 44; length++) {
      expect(() => recipient.open(emptySealed.slice(0, length), CURVE.publicKey)).toThrowCode("ERR_NKEY_SEALED");
    }
    expect(recipient.open(emptySealed, CURVE.publicKey)).toEqual(new Uint8Array());
  });

  test("refuses a message with any single bit changed", () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => recipient.open(changed, CURVE.publicKey)).toThrowCode("ERR_NKEY_SEALED");
    }
  });

  test("refuses a byte more", () => {
    expect(() => recipient.open(Uint8Array.of(...sealed, 0), CURVE.publicKey)).toThrowCode("ERR_NKEY_SEALED");
  });

  test.each(["xkv2", "xkv0", "XKV1", "xkv", "xkv1xkv1", "\0\0\0\0", ""])("refuses the version %j", (version) => {
    const message = Uint8Array.of(...utf8(version), ...sealed.slice(4));
    expect(() => recipient.open(message, CURVE.publicKey)).toThrowCode("ERR_NKEY_SEALED");
  });

  test("refuses what was sealed for another, and what another sealed", () => {
    const other = createKeyPair("curve");
    expect(() => other.open(sealed, CURVE.publicKey)).toThrowCode("ERR_NKEY_SEALED");
    expect(() => recipient.open(sealed, other.publicKey)).toThrowCode("ERR_NKEY_SEALED");
    expect(() => recipient.open(sealed, RECIPIENT.publicKey)).toThrowCode("ERR_NKEY_SEALED");
    expect(() => recipient.open(other.seal(MESSAGE, RECIPIENT.publicKey), CURVE.publicKey)).toThrowCode(
      "ERR_NKEY_SEALED",
    );
  });

  test.each([
    ["nkeys: encrypted input is not valid", new Uint8Array(28)],
    ["nkeys: encrypted input wrong version", new Uint8Array(29)],
    ["nkeys: could not decrypt input", sealed.slice(0, 29)],
    ["nkeys: could not decrypt input", sealed.slice(0, -1)],
  ])("keeps Go's text in the message: %s", (go, message) => {
    expect(() => recipient.open(message, CURVE.publicKey)).toThrow(go);
  });

  test("works for a pair of a key that was also read as public only, which itself can't", () => {
    expect(ascii(recipient.open(sealed, CURVE.publicKey))).toBe("Hello xkeys!");
    expect(() => keyPairFromPublicKey(RECIPIENT.publicKey).open(sealed, CURVE.publicKey)).toThrowCode(
      "ERR_NKEY_PUBLIC_ONLY",
    );
    expect(() => keyPairFromPublicKey(CURVE.publicKey).seal(MESSAGE, RECIPIENT.publicKey)).toThrowCode(
      "ERR_NKEY_PUBLIC_ONLY",
    );
  });
});

describe.each(engines)("with the $name engine", ({ engine }) => {
  test("boxes are those of tweetnacl, which is what nkeys.js seals with", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        fc.uint8Array({ maxLength: 300 }),
        (scalar, other, nonce, message) => {
          const pair = keyPairFromRawSeed("curve", scalar, { engine });
          const partner = keyPairFromRawSeed("curve", other, { engine });
          const theirs = nacl.box(message, nonce, nacl.scalarMult.base(other), scalar);
          expect(hex(pair.seal(message, partner.publicKey, nonce)).slice(56)).toBe(hex(theirs));
          expect(partner.open(pair.seal(message, partner.publicKey), pair.publicKey)).toEqual(message);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("points that are no canonical coordinates agree on what tweetnacl agrees on", () => {
    const pair = keyPairFromRawSeed("curve", rawSeed(0x11), { engine });
    for (const point of [
      new Uint8Array(32).fill(0xff),
      Uint8Array.of(...new Uint8Array(31), 0x80),
      Uint8Array.of(1, ...new Uint8Array(31)),
      Uint8Array.of(0xee, ...new Uint8Array(30).fill(0xff), 0x7f),
    ]) {
      const theirs = nacl.box(MESSAGE, NONCE, point, rawSeed(0x11));
      expect(hex(pair.seal(MESSAGE, encodeByHand([BYTE.curve, ...point]), NONCE)).slice(56)).toBe(hex(theirs));
    }
  });

  test("what is agreed on with a partner is computed once, for as many partners as servers have", () => {
    let count = 0;
    const counting: CryptoEngine = {
      ...engine,
      x25519(scalar, point) {
        count += 1;
        return engine.x25519(scalar, point);
      },
    };
    const pair = keyPairFromRawSeed("curve", rawSeed(0), { engine: counting });
    const partners = Array.from({ length: 65 }, (_, index) => keyPairFromRawSeed("curve", rawSeed(index), { engine }));
    count = 0;
    const [first, second] = partners as [KeyPair, KeyPair];
    for (let round = 0; round < 3; round++) {
      const sealed = first.seal(MESSAGE, pair.publicKey);
      expect(pair.open(sealed, first.publicKey)).toEqual(MESSAGE);
      pair.seal(MESSAGE, first.publicKey);
      pair.seal(MESSAGE, second.publicKey);
    }
    expect(count).toBe(2);
    for (const { publicKey } of partners.slice(2)) {
      pair.seal(MESSAGE, publicKey);
      pair.seal(MESSAGE, first.publicKey);
    }
    expect(count).toBe(65);
    // The one that was not used for longest is the one that was forgotten.
    pair.seal(MESSAGE, first.publicKey);
    expect(count).toBe(65);
    expect(hex(pair.seal(MESSAGE, second.publicKey, NONCE))).toBe(
      hex(keyPairFromRawSeed("curve", rawSeed(0), { engine }).seal(MESSAGE, second.publicKey, NONCE)),
    );
    expect(count).toBe(66);
  });

  test("a pair that was cleared knows nothing that it agreed on", () => {
    const pair = keyPairFromRawSeed("curve", rawSeed(0), { engine });
    const sealed = pair.seal(MESSAGE, RECIPIENT.publicKey);
    pair.clear();
    expect(() => pair.seal(MESSAGE, RECIPIENT.publicKey)).toThrowCode("ERR_NKEY_CLEARED");
    expect(() => pair.open(sealed, RECIPIENT.publicKey)).toThrowCode("ERR_NKEY_CLEARED");
  });
});
