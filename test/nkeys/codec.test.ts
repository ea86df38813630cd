import { describe, expect, test } from "vitest";
import { isPublicKey, keyPrefix } from "../../src/nkeys/codec.ts";
import { keyPairFromPublicKey, keyPairFromRawSeed, keyPairFromSeed } from "../../src/nkeys/key-pair.ts";
import type { KeyKind } from "../../src/nkeys/kinds.ts";
import {
  ACCOUNT,
  ascii,
  BYTE,
  CURVE,
  CURVE_PRIVATE,
  crc16ByHand,
  encodeByHand,
  KEYS,
  KINDS,
  rawSeed,
  seedByHand,
  USER,
  USER_PRIVATE,
  utf8,
} from "./fixtures.ts";

const K = ACCOUNT.publicKey;
const S = USER.seed;
const RAW = rawSeed(0x60);

/** All single insertions of `text` into `key`. */
function insertions(key: string, text: string): string[] {
  return Array.from({ length: key.length + 1 }, (_, at) => key.slice(0, at) + text + key.slice(at));
}

test("the encoder of these tests agrees with the published check value and with Go's keys", () => {
  expect(crc16ByHand(utf8("123456789"))).toBe(0x31c3);
  for (const { kind, start, seed } of KEYS) expect(seedByHand(BYTE[kind], rawSeed(start))).toBe(seed);
});

describe("Go's keys", () => {
  test.each(KEYS)("$name: the raw seed gives the seed and the public key", ({ kind, start, seed, publicKey }) => {
    const pair = keyPairFromRawSeed(kind, rawSeed(start));
    expect(ascii(pair.getSeed())).toBe(seed);
    expect(pair.publicKey).toBe(publicKey);
  });

  test.each(KEYS)("$name: the seed gives the kind and the public key", ({ kind, seed, publicKey }) => {
    const pair = keyPairFromSeed(seed);
    expect(pair.kind).toBe(kind);
    expect(pair.publicKey).toBe(publicKey);
    expect(pair.getPublicKey()).toBe(publicKey);
    expect(ascii(pair.getSeed())).toBe(seed);
  });

  test.each(KEYS)("$name: the public key gives a pair of its kind", ({ kind, publicKey }) => {
    const pair = keyPairFromPublicKey(publicKey);
    expect(pair.kind).toBe(kind);
    expect(pair.publicKey).toBe(publicKey);
  });

  test("the private keys are the seed and the public key, or a curve key's scalar alone", () => {
    expect(ascii(keyPairFromSeed(S).getPrivateKey())).toBe(USER_PRIVATE);
    expect(ascii(keyPairFromSeed(CURVE.seed).getPrivateKey())).toBe(CURVE_PRIVATE);
  });
});

describe("a public key", () => {
  test.each([
    ["one dropped character", `${K}A`],
    ["three dropped characters", `${K}AAA`],
    ["six dropped characters", `${K}AAAAAA`],
    ["six other dropped characters", `${K}Z7QX2B`],
    ["a line end in the middle", `${K.slice(0, 5)}\r\n${K.slice(5)}`],
    ["line ends around it", `\n\n${K}\r\n`],
  ])("is read in spite of %s, as Go does, and written without", (_, text) => {
    expect(keyPairFromPublicKey(text).publicKey).toBe(K);
    expect(isPublicKey(text, "account")).toBe(true);
    expect(keyPrefix(text)).toBe("account");
  });

  test.each(["\n", "\r", "\r\n"])("is read with %j at any place", (lineEnd) => {
    for (const text of insertions(K, lineEnd)) expect(keyPairFromPublicKey(text).publicKey).toBe(K);
  });

  test.each([
    ["ERR_NKEY_CHECKSUM", "two added characters", `${K}AA`],
    ["ERR_NKEY_CHECKSUM", "a wrong character", `${K.slice(0, 9)}${K[9] === "B" ? "C" : "B"}${K.slice(10)}`],
    ["ERR_NKEY_CHECKSUM", "two characters swapped", `AUA${K.slice(3)}`],
    ["ERR_NKEY_CHECKSUM", "its last character missing", K.slice(0, -1)],
    ["ERR_NKEY_CHECKSUM", "its second half missing", K.slice(0, 28)],
    ["ERR_NKEY_CHECKSUM", "its first character missing", K.slice(1)],
    ["ERR_NKEY_CHECKSUM", "another key of its kind after it", K + K],
    ["ERR_NKEY_CASE", "lower case", K.toLowerCase()],
    ["ERR_NKEY_CASE", "one lower-case character", K.slice(0, 20) + K.slice(20, 21).toLowerCase() + K.slice(21)],
    ["ERR_NKEY_CASE", "lower case and a line end", `${K.toLowerCase()}\n`],
    ["ERR_NKEY_CHARACTER", "lower case and another stray character", `${K.toLowerCase()} `],
    ["ERR_NKEY_CHARACTER", "a space after it", `${K} `],
    ["ERR_NKEY_CHARACTER", "a space before it", ` ${K}`],
    ["ERR_NKEY_CHARACTER", "a tab after it", `${K}\t`],
    ["ERR_NKEY_CHARACTER", "padding", `${K}=`],
    ["ERR_NKEY_CHARACTER", "a 0 in place of an O", K.replace("O", "0")],
    ["ERR_NKEY_CHARACTER", "a 1 in place of an I", K.replace("I", "1")],
    ["ERR_NKEY_CHARACTER", "an 8", K.replace("U", "8")],
    ["ERR_NKEY_CHARACTER", "a 9", K.replace("U", "9")],
    ["ERR_NKEY_CHARACTER", "a letter beyond ASCII", K.replace("U", "Ü")],
    ["ERR_NKEY_CHARACTER", "a character whose code ends like that of a letter", K.replace("A", "\u0141")],
    ["ERR_NKEY_CHARACTER", "an emoji", `${K}\u{1f511}`],
    ["ERR_NKEY_CHARACTER", "a NUL", `${K}\0`],
    ["ERR_NKEY_CHARACTER", "a byte order mark", `\ufeff${K}`],
    ["ERR_NKEY_LENGTH", "nothing in it", ""],
    ["ERR_NKEY_LENGTH", "line ends only", "\r\n"],
    ["ERR_NKEY_LENGTH", "two characters", "OK"],
    ["ERR_NKEY_LENGTH", "six characters, which hold no byte", "AAAAAA"],
    ["ERR_NKEY_LENGTH", "no content", encodeByHand([BYTE.user, 0])],
    ["ERR_NKEY_LENGTH", "31 bytes", encodeByHand([BYTE.user, ...RAW.slice(1)])],
    ["ERR_NKEY_LENGTH", "33 bytes", encodeByHand([BYTE.user, ...RAW, 0])],
    ["ERR_NKEY_LENGTH", "64 bytes", encodeByHand([BYTE.user, ...RAW, ...RAW])],
    ["ERR_NKEY_PREFIX", "an unknown prefix", encodeByHand([BYTE.unknown, ...RAW])],
    ["ERR_NKEY_PREFIX", "a prefix that is almost that of users", encodeByHand([BYTE.user | 1, ...RAW])],
    ["ERR_NKEY_PREFIX", "a seed", S],
    ["ERR_NKEY_PREFIX", "a curve seed", CURVE.seed],
    ["ERR_NKEY_PREFIX", "a private key", USER_PRIVATE],
    ["ERR_NKEY_PREFIX", "a private curve key", CURVE_PRIVATE],
  ] as const)("is refused with %s: %s", (code, _, text) => {
    expect(() => keyPairFromPublicKey(text)).toThrowCode(code);
  });

  test.each([undefined, null, 5, true, {}, [K], Symbol("key")])("is refused when it is no text: %s", (value) => {
    expect(() => keyPairFromPublicKey(value as unknown as string)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  // For programs that look for these texts: claims.md, sections 7.7 and 8.1.
  test.each([
    [`${K} `, "illegal base32 data at input byte 56"],
    [`${K}=`, "illegal base32 data at input byte 56"],
    [K.toLowerCase(), "illegal base32 data at input byte 0"],
    [`\n\r${K} `, "illegal base32 data at input byte 56"],
    [`${K}AA`, "nkeys: invalid checksum"],
    ["", "nkeys: invalid encoded key"],
    ["OK", "nkeys: invalid encoded key"],
    [S, "nkeys: invalid public key"],
    [encodeByHand([BYTE.user, 1]), "nkeys: invalid public key"],
  ])("keeps Go's text in the message: %j, %s", (text, go) => {
    expect(() => keyPairFromPublicKey(text)).toThrow(go);
  });

  test.each([
    [S, "this is a seed"],
    [USER_PRIVATE, "this is a private key"],
    [encodeByHand([BYTE.unknown, ...RAW]), "this is a key of an unknown kind"],
  ])("is told what it is instead", (text, what) => {
    expect(() => keyPairFromPublicKey(text)).toThrow(what);
  });
});

describe("a seed", () => {
  test.each(["\n", "\r", "\r\n"])("is read with %j at any place, and written without", (lineEnd) => {
    for (const text of insertions(S, lineEnd)) {
      const pair = keyPairFromSeed(text);
      expect(pair.publicKey).toBe(USER.publicKey);
      expect(ascii(pair.getSeed())).toBe(S);
    }
  });

  test.each(["Y", "Z", "2", "3"])("is read with the last character %s, whose low bits are not looked at", (last) => {
    const pair = keyPairFromSeed(S.slice(0, -1) + last);
    expect(pair.publicKey).toBe(USER.publicKey);
    expect(ascii(pair.getSeed())).toBe(S);
  });

  test("is read with the low bits of its second byte set, which say nothing", () => {
    const pair = keyPairFromSeed(encodeByHand([0x95, 0x07, ...RAW]));
    expect(pair.kind).toBe("user");
    expect(ascii(pair.getSeed())).toBe(S);
  });

  test.each([
    ["its ASCII bytes, as nkeys.js has them", utf8(S)],
    ["a Buffer", Buffer.from(S)],
    ["its bytes with a line end", utf8(`${S}\n`)],
    ["a view of a larger buffer", utf8(`??${S}??`).subarray(2, -2)],
  ])("is read from %s", (_, bytes) => {
    expect(keyPairFromSeed(bytes).publicKey).toBe(USER.publicKey);
  });

  test.each([
    ["ERR_NKEY_CHECKSUM", "a wrong character", `${S.slice(0, 9)}${S[9] === "B" ? "C" : "B"}${S.slice(10)}`],
    ["ERR_NKEY_CHECKSUM", "the letter of another kind", S.replace("SU", "SA")],
    ["ERR_NKEY_CHECKSUM", "its last character missing", S.slice(0, -1)],
    ["ERR_NKEY_CHECKSUM", "its last two characters missing", S.slice(0, -2)],
    ["ERR_NKEY_CHECKSUM", "its first character missing", S.slice(1)],
    ["ERR_NKEY_CHECKSUM", "its second half missing", S.slice(0, 29)],
    ["ERR_NKEY_CHECKSUM", "characters added", `${S}AAAAAA`],
    ["ERR_NKEY_CASE", "lower case", S.toLowerCase()],
    ["ERR_NKEY_CHARACTER", "a space after it", `${S} `],
    ["ERR_NKEY_CHARACTER", "a space before it", ` ${S}`],
    ["ERR_NKEY_CHARACTER", "a space inside", `${S.slice(0, 20)} ${S.slice(20)}`],
    ["ERR_NKEY_CHARACTER", "quotes", `"${S}"`],
    ["ERR_NKEY_CHARACTER", "a whole line of a creds file", `-----BEGIN USER NKEY SEED-----\n${S}`],
    ["ERR_NKEY_LENGTH", "nothing in it", ""],
    ["ERR_NKEY_LENGTH", "two characters", "SU"],
    ["ERR_NKEY_SEED", "31 bytes", seedByHand(BYTE.user, RAW.slice(1))],
    ["ERR_NKEY_SEED", "33 bytes", seedByHand(BYTE.user, [...RAW, 0])],
    ["ERR_NKEY_SEED", "no bytes", seedByHand(BYTE.user, [])],
    ["ERR_NKEY_SEED", "an unknown kind", seedByHand(BYTE.unknown, RAW)],
    ["ERR_NKEY_SEED", "the kind of seeds", seedByHand(BYTE.seed, RAW)],
    ["ERR_NKEY_SEED", "the kind of private keys", seedByHand(BYTE.private, RAW)],
    ["ERR_NKEY_SEED", "the public key of a user", USER.publicKey],
    ["ERR_NKEY_SEED", "the public key of a curve key", CURVE.publicKey],
    ["ERR_NKEY_SEED", "a private key", USER_PRIVATE],
    ["ERR_NKEY_SEED", "a private curve key", CURVE_PRIVATE],
    ["ERR_NKEY_SEED", "a key of an unknown kind", encodeByHand([BYTE.unknown, ...RAW])],
  ] as const)("is refused with %s: %s", (code, _, text) => {
    expect(() => keyPairFromSeed(text)).toThrowCode(code);
    expect(() => keyPairFromSeed(utf8(text))).toThrowCode(code);
  });

  test("is refused when its bytes are no UTF-8, or wiped", () => {
    expect(() => keyPairFromSeed(Uint8Array.of(0xff, 0xfe, 0xfd))).toThrowCode("ERR_NKEY_CHARACTER");
    expect(() => keyPairFromSeed(new Uint8Array(58))).toThrowCode("ERR_NKEY_CHARACTER");
  });

  test.each([undefined, null, 5, {}, [S], new ArrayBuffer(58)])(
    "is refused when it is neither text nor bytes: %s",
    (value) => {
      expect(() => keyPairFromSeed(value as unknown as string)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );

  test.each([
    [USER.publicKey, "this is the public key of a user"],
    [ACCOUNT.publicKey, "this is the public key of an account"],
    [USER_PRIVATE, "this is a private key"],
    [encodeByHand([BYTE.unknown, ...RAW]), "this is a key of an unknown kind"],
  ])("is told what it is instead", (text, what) => {
    expect(() => keyPairFromSeed(text)).toThrow(what);
  });
});

describe("a raw seed", () => {
  test.each([0, 31, 33, 64])("of %i bytes is refused", (length) => {
    expect(() => keyPairFromRawSeed("user", new Uint8Array(length))).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test.each([undefined, null, S, Array.from(RAW), RAW.buffer])("that is no Uint8Array is refused", (value) => {
    expect(() => keyPairFromRawSeed("user", value as unknown as Uint8Array)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test.each(["seed", "private", "unknown", "U", "User", "", "toString", "__proto__", undefined, null, 20])(
    "of the kind %j is refused",
    (kind) => {
      expect(() => keyPairFromRawSeed(kind as unknown as KeyKind, RAW)).toThrowCode("ERR_ARGUMENT_INVALID");
    },
  );
});

describe("keyPrefix", () => {
  test.each(KEYS)("names the kind of the public key of $name, and its seed", ({ kind, seed, publicKey }) => {
    expect(keyPrefix(publicKey)).toBe(kind);
    expect(keyPrefix(seed)).toBe("seed");
  });

  test.each([
    ["private", USER_PRIVATE],
    ["private", CURVE_PRIVATE],
    ["seed", encodeByHand([BYTE.seed | 7, 1])],
    ["account", encodeByHand([BYTE.account, 1])],
    // Only seeds are recognised by the upper five bits; anything else by the whole byte.
    ["unknown", encodeByHand([BYTE.account | 1, ...RAW])],
    ["unknown", encodeByHand([BYTE.private | 1, ...RAW])],
    ["unknown", encodeByHand([BYTE.unknown, ...RAW])],
    ["unknown", `${K}AA`],
    ["unknown", `${K} `],
    ["unknown", K.toLowerCase()],
    ["unknown", ""],
    ["unknown", "hello"],
    ["unknown", encodeByHand([BYTE.user])],
  ])("is %s for %j", (prefix, text) => {
    expect(keyPrefix(text)).toBe(prefix);
  });

  test.each([undefined, null, 5, {}, [K]])("is unknown for what is no text: %s", (value) => {
    expect(keyPrefix(value as unknown as string)).toBe("unknown");
  });
});

describe("isPublicKey", () => {
  test.each(KEYS)("is true for $name and its own kind only", ({ kind, seed, publicKey }) => {
    for (const other of KINDS) {
      expect(isPublicKey(publicKey, other)).toBe(other === kind);
      expect(isPublicKey(seed, other)).toBe(false);
    }
  });

  test.each(KINDS)("looks neither at the length nor at the low bits of the prefix, as Go: %s", (kind) => {
    for (let low = 0; low < 8; low++) {
      for (const content of [[1], [...RAW], [...RAW, ...RAW]]) {
        const text = encodeByHand([BYTE[kind] | low, ...content]);
        expect(KINDS.filter((candidate) => isPublicKey(text, candidate))).toEqual([kind]);
      }
    }
  });

  test.each([
    ["a private key", USER_PRIVATE],
    ["an unknown prefix", encodeByHand([BYTE.unknown, ...RAW])],
    ["a wrong checksum", `${K}AA`],
    ["lower case", K.toLowerCase()],
    ["a space", `${K} `],
    ["nothing", ""],
    ["too few characters", "AAAAAA"],
    ["three bytes, of which the checksum fits", encodeByHand([BYTE.account])],
    ["no text", undefined],
    ["bytes", utf8(K)],
    ["a list", [K]],
    ["null", null],
  ])("is false for every kind: %s", (_, text) => {
    expect(KINDS.filter((kind) => isPublicKey(text, kind))).toEqual([]);
  });

  test("is true for seven characters of which the checksum fits, as in Go", () => {
    expect(isPublicKey("AAAAAAA", "account")).toBe(true);
    expect(() => keyPairFromPublicKey("AAAAAAA")).toThrowCode("ERR_NKEY_LENGTH");
  });

  test.each(["seed", "private", "unknown", "", undefined])("refuses the kind %j", (kind) => {
    expect(() => isPublicKey(K, kind as unknown as KeyKind)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
