import * as nkeys from "@nats-io/nkeys";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isNscError, type NscErrorCode } from "../../src/errors.ts";
import { isPublicKey, keyPrefix } from "../../src/nkeys/codec.ts";
import { keyPairFromPublicKey, keyPairFromRawSeed, keyPairFromSeed } from "../../src/nkeys/key-pair.ts";
import type { KeyKind, KeyPrefix } from "../../src/nkeys/kinds.ts";
import { ascii, BYTE, CURVE, encodeByHand, KEYS, KINDS, seedByHand, USER, USER_PRIVATE, utf8 } from "./fixtures.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const raw32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const kind = fc.constantFrom(...KINDS);
const character = fc.constantFrom(...ALPHABET);
const base32 = fc.array(character, { maxLength: 130 }).map((characters) => characters.join(""));
const known = fc.constantFrom(...KEYS.flatMap(({ seed, publicKey }) => [seed, publicKey]), USER_PRIVATE);

/** A known key with a piece cut out and another put in. */
const spliced = fc
  .tuple(known, fc.nat(110), fc.nat(20), fc.oneof(base32, fc.string({ unit: "binary", maxLength: 20 })))
  .map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));

/** Any content with its checksum, so that what comes after the checksum is reached. */
const checksummed = fc
  .tuple(fc.oneof(fc.constantFrom(...Object.values(BYTE)), fc.nat(255)), fc.uint8Array({ minLength: 1, maxLength: 70 }))
  .map(([first, rest]) => encodeByHand([first, ...rest]));

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string(), base32, spliced, checksummed);

/** The code that `run` fails with, or what it gives; whatever else is thrown fails the test. */
function outcome<T>(run: () => T): T | NscErrorCode {
  try {
    return run();
  } catch (error) {
    if (isNscError(error)) return error.code;
    throw error;
  }
}

const READING_CODES: ReadonlySet<unknown> = new Set<NscErrorCode>([
  "ERR_NKEY_CHARACTER",
  "ERR_NKEY_CASE",
  "ERR_NKEY_LENGTH",
  "ERR_NKEY_CHECKSUM",
  "ERR_NKEY_PREFIX",
  "ERR_NKEY_SEED",
]);

describe("whatever text or bytes are read", () => {
  test("a seed or an error with its code comes out", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.uint8Array({ maxLength: 130 })), (input) => {
        const pair = outcome(() => keyPairFromSeed(input));
        if (typeof pair === "string") {
          expect(READING_CODES).toContain(pair);
          expect(pair).not.toBe("ERR_NKEY_PREFIX");
        } else {
          expect(keyPairFromSeed(pair.getSeed()).publicKey).toBe(pair.publicKey);
        }
      }),
    );
  });

  test("a public key or an error with its code comes out, and both agree with isPublicKey and keyPrefix", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const pair = outcome(() => keyPairFromPublicKey(text));
        if (typeof pair === "string") {
          expect(READING_CODES).toContain(pair);
          expect(pair).not.toBe("ERR_NKEY_SEED");
        } else {
          expect(keyPairFromPublicKey(pair.publicKey).kind).toBe(pair.kind);
          expect(keyPrefix(text)).toBe(pair.kind);
          expect(KINDS.filter((candidate) => isPublicKey(text, candidate))).toEqual([pair.kind]);
        }
      }),
    );
  });

  test("sealing for it, and opening it, gives a result or an error with its code", () => {
    const curve = keyPairFromSeed(CURVE.seed);
    const sealed = curve.seal(utf8("x"), CURVE.publicKey);
    fc.assert(
      fc.property(anyText, fc.uint8Array({ maxLength: 100 }), (text, bytes) => {
        outcome(() => curve.seal(bytes, text));
        outcome(() => curve.open(sealed, text));
        expect(outcome(() => curve.open(bytes, CURVE.publicKey))).toBe("ERR_NKEY_SEALED");
        const changed = Uint8Array.of(...utf8("xkv1"), ...bytes);
        expect(outcome(() => curve.open(changed, CURVE.publicKey))).toBe("ERR_NKEY_SEALED");
      }),
    );
  });

  test.each([
    ["letters", "A"],
    ["lower case", "a"],
    ["line ends", "\r\n"],
    ["spaces", " "],
    ["letters beyond ASCII", "Ä"],
    ["a key again and again", USER.publicKey],
    ["a seed with line ends", `${USER.seed}\n`],
    ["characters that JWTs have", "eyJ."],
  ])("a megabyte of it is read in bounded time: %s", (_, piece) => {
    const text = piece.repeat(Math.ceil(2 ** 20 / piece.length));
    const started = performance.now();
    expect(READING_CODES).toContain(outcome(() => keyPairFromSeed(text)));
    expect(READING_CODES).toContain(outcome(() => keyPairFromSeed(utf8(text))));
    expect(READING_CODES).toContain(outcome(() => keyPairFromPublicKey(text)));
    keyPrefix(text);
    // Some 100 ms; anything quadratic takes minutes.
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("any content with its checksum", () => {
  /** What sections 7.1, 7.4 and 7.5 of claims.md say of a content. */
  const names = Object.entries(BYTE).filter(([name]) => name !== "unknown") as [KeyPrefix, number][];
  const isPublic = (name: KeyPrefix | undefined): name is KeyKind => KINDS.includes(name as KeyKind);
  const nameOf = (byte: number) => names.find(([, value]) => value === byte)?.[0];

  const content = fc
    .tuple(
      fc.oneof(fc.constantFrom(...Object.values(BYTE)), fc.constantFrom(0x90, 0x93, 0x95), fc.nat(255)),
      fc.oneof(fc.constantFrom(0x00, 0x40, 0x80, 0xc0), fc.nat(255)),
      fc.oneof(
        raw32,
        fc.constantFrom(30, 31, 33).map((length) => new Uint8Array(length)),
        fc.uint8Array({ maxLength: 70 }),
      ),
    )
    .map(([first, second, rest]) => Uint8Array.of(first, second, ...rest));

  test("is read as a public key if, and only if, its first byte is that of a kind and 32 bytes follow", () => {
    // One byte less than a seed has is what a public key has.
    const anyLength = fc
      .tuple(content, fc.constantFrom(0, 1, 1, 2))
      .map(([bytes, cut]) => bytes.subarray(0, Math.max(2, bytes.length - cut)));
    fc.assert(
      fc.property(anyLength, (bytes) => {
        const name = nameOf(bytes[0] as number);
        const expected = !isPublic(name) ? "ERR_NKEY_PREFIX" : bytes.length === 33 ? name : "ERR_NKEY_LENGTH";
        const text = encodeByHand(bytes);
        const pair = outcome(() => keyPairFromPublicKey(text));
        expect(typeof pair === "string" ? pair : pair.kind).toBe(expected);
        if (typeof pair !== "string") expect(pair.publicKey).toBe(text);
      }),
    );
  });

  test("is read as a seed if, and only if, its first two bytes say so and 32 bytes follow", () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const [first, second] = [bytes[0] as number, bytes[1] as number];
        const name = nameOf(((first & 7) << 5) | (second >> 3));
        const isSeed = (first & 0xf8) === 0x90 && isPublic(name) && bytes.length === 34;
        const pair = outcome(() => keyPairFromSeed(encodeByHand(bytes)));
        expect(typeof pair === "string" ? pair : pair.kind).toBe(isSeed ? name : "ERR_NKEY_SEED");
        if (typeof pair !== "string") {
          expect(ascii(pair.getSeed())).toBe(seedByHand(BYTE[pair.kind], bytes.subarray(2)));
        }
      }),
    );
  });

  test("has the prefix of its first byte, and is valid for the kind of that byte's upper bits", () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const first = bytes[0] as number;
        const text = encodeByHand(bytes);
        const exact = nameOf(first);
        expect(keyPrefix(text)).toBe(exact ?? ((first & 0xf8) === 0x90 ? "seed" : "unknown"));
        const valid = KINDS.filter((candidate) => BYTE[candidate] === (first & 0xf8));
        expect(KINDS.filter((candidate) => isPublicKey(text, candidate))).toEqual(valid);
      }),
    );
  });
});

describe("any 32 bytes, as a key of any kind", () => {
  test("are encoded as by hand, and read back", () => {
    fc.assert(
      fc.property(kind, raw32, (name, raw) => {
        const pair = keyPairFromRawSeed(name, raw);
        const seed = seedByHand(BYTE[name], raw);
        expect(ascii(pair.getSeed())).toBe(seed);
        const again = keyPairFromSeed(seed);
        expect([again.kind, again.publicKey]).toEqual([name, pair.publicKey]);
        expect(keyPairFromPublicKey(pair.publicKey).kind).toBe(name);
        expect(ascii(again.getPrivateKey())).toBe(ascii(pair.getPrivateKey()));
      }),
    );
  });

  test("are what @nats-io/nkeys makes of them", () => {
    fc.assert(
      fc.property(kind, raw32, (name, raw) => {
        const pair = keyPairFromRawSeed(name, raw);
        const theirs = nkeys.fromSeed(utf8(seedByHand(BYTE[name], raw)));
        expect(pair.publicKey).toBe(theirs.getPublicKey());
        expect(ascii(pair.getPrivateKey())).toBe(ascii(theirs.getPrivateKey()));
      }),
    );
  });

  test("seal what the other key opens, any message", () => {
    fc.assert(
      fc.property(raw32, raw32, fc.uint8Array({ maxLength: 300 }), (a, b, message) => {
        const [sender, recipient] = [keyPairFromRawSeed("curve", a), keyPairFromRawSeed("curve", b)];
        const sealed = sender.seal(message, recipient.publicKey);
        expect(sealed).toHaveLength(message.length + 44);
        expect(recipient.open(sealed, sender.publicKey)).toEqual(message);
      }),
    );
  });
});

describe("every change of a single character", () => {
  const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));
  const replacements = [...printable, "\t", "\0", "\u007f", "Ä", "\u0141", "\u{1f511}"];
  const oneOfEachKind = KINDS.flatMap((name) => KEYS.find((key) => key.kind === name) ?? []);

  function expectedCode(replacement: string): NscErrorCode {
    if (ALPHABET.includes(replacement)) return "ERR_NKEY_CHECKSUM";
    return /^[a-z]$/.test(replacement) ? "ERR_NKEY_CASE" : "ERR_NKEY_CHARACTER";
  }

  /** All changes of `text` of which `read` gives something else than the code that is right for them. */
  function surprises(text: string, read: (changed: string) => unknown): { changed: string; result: unknown }[] {
    const found: { changed: string; result: unknown }[] = [];
    for (let at = 0; at < text.length; at++) {
      for (const replacement of replacements) {
        if (replacement === text[at]) continue;
        const changed = text.slice(0, at) + replacement + text.slice(at + 1);
        const result = read(changed);
        if (result !== expectedCode(replacement)) found.push({ changed, result });
      }
    }
    return found;
  }

  test.each(oneOfEachKind)("of the public key of $name is refused, with the code of the change", (key) => {
    const read = (changed: string) =>
      isPublicKey(changed, key.kind) ? "valid" : outcome(() => keyPairFromPublicKey(changed));
    expect(surprises(key.publicKey, read)).toEqual([]);
  });

  test.each(oneOfEachKind)("of the seed of $name is refused, but for the two unused bits at its end", (key) => {
    const read = (changed: string) => {
      const pair = outcome(() => keyPairFromSeed(changed));
      return typeof pair === "string" ? pair : pair.publicKey;
    };
    const last = ALPHABET.indexOf(key.seed.slice(-1));
    const sameKey = [...ALPHABET].filter((_, value) => value !== last && value >> 2 === last >> 2);
    expect(sameKey).toHaveLength(3);
    expect(surprises(key.seed, read)).toEqual(
      sameKey.sort().map((end) => ({ changed: key.seed.slice(0, -1) + end, result: key.publicKey })),
    );
  });
});
