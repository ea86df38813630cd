import { format, inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { isNscError } from "../../src/errors.ts";
import { isPublicKey } from "../../src/nkeys/codec.ts";
import {
  createKeyPair,
  type KeyPair,
  keyPairFromPublicKey,
  keyPairFromRawSeed,
  keyPairFromSeed,
} from "../../src/nkeys/key-pair.ts";
import type { KeyKind } from "../../src/nkeys/kinds.ts";
import { type Signer, toSigner } from "../../src/nkeys/signer.ts";
import { engines } from "../crypto/engines.ts";
import { ACCOUNT, CURVE, CURVE_PRIVATE, KEYS, RECIPIENT, rawSeed, USER, USER_PRIVATE, utf8 } from "./fixtures.ts";

const SECRETS = [...KEYS.map(({ seed }) => seed), USER_PRIVATE, CURVE_PRIVATE];

/** All that people and loggers do with a value. */
function showings(value: unknown): string {
  const shown = [
    String(value),
    inspect(value),
    inspect(value, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true }),
    format("%s %o %O %j", value, value, value, value),
    JSON.stringify(value),
    JSON.stringify(structuredClone(value)),
    ...Object.entries(Object.getOwnPropertyDescriptors(value)).map((entry) => inspect(entry)),
  ];
  if (value instanceof Error) {
    shown.push(value.message, value.stack ?? "", value.cause === undefined ? "" : showings(value.cause));
  }
  return shown.join("\n");
}

/** Fails if `text` holds eight characters of `secret` in a row, in whatever case. */
function expectNothingOf(secret: string, text: string): void {
  const upper = text.toUpperCase();
  for (let at = 0; at + 8 <= secret.length; at++) {
    const piece = secret.slice(at, at + 8).toUpperCase();
    if (upper.includes(piece)) expect.fail(`shows the piece ${piece} of a secret in: ${text}`);
  }
}

function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (isNscError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Texts that hold a secret and are damaged or out of place. */
function damaged(secret: string): string[] {
  return [
    ...Array.from({ length: secret.length }, (_, length) => secret.slice(0, length)),
    ...Array.from({ length: secret.length }, (_, at) => `${secret.slice(0, at)}!${secret.slice(at)}`),
    secret.toLowerCase(),
    ` ${secret}`,
    `${secret} `,
    `"${secret}"`,
    `seed: ${secret}`,
    secret + secret,
    `-----BEGIN USER NKEY SEED-----\n${secret}\n------END USER NKEY SEED------`,
  ];
}

test("the check finds a secret that is shown", () => {
  const shown = showings(new Error(`bad seed ${USER.seed.slice(10, 20).toLowerCase()}`));
  expect(() => expectNothingOf(USER.seed, shown)).toThrow("shows the piece");
});

describe("errors show nothing of a secret", () => {
  test.each(SECRETS.map((secret, index) => [index, secret] as const))("that is damaged (%i)", (_, secret) => {
    for (const text of damaged(secret)) {
      for (const read of [
        () => keyPairFromSeed(text),
        () => keyPairFromSeed(utf8(text)),
        () => keyPairFromPublicKey(text),
      ]) {
        expectNothingOf(secret, showings(errorOf(read)));
      }
    }
  });

  test.each(SECRETS.map((secret, index) => [index, secret] as const))("that is out of place (%i)", (_, secret) => {
    const curve = keyPairFromSeed(RECIPIENT.seed);
    const sealed = curve.seal(utf8("x"), RECIPIENT.publicKey);
    for (const use of [
      () => keyPairFromPublicKey(secret),
      () => curve.seal(utf8("x"), secret),
      () => curve.seal(utf8("x"), secret.toLowerCase()),
      () => curve.open(sealed, secret),
      () => curve.open(utf8(secret), RECIPIENT.publicKey),
      () => curve.open(utf8(`xkv1${secret}`), RECIPIENT.publicKey),
      () => curve.seal(utf8("x"), RECIPIENT.publicKey, utf8(secret)),
      () => createKeyPair(secret as KeyKind),
      () => createKeyPair("user", { random: () => utf8(secret) }),
      () => keyPairFromRawSeed("user", utf8(secret)),
      () => isPublicKey(ACCOUNT.publicKey, secret as KeyKind),
      () => toSigner(secret as unknown as Signer),
      () => toSigner({ seed: secret } as unknown as Signer),
    ]) {
      expectNothingOf(secret, showings(errorOf(use)));
    }
  });

  test("of a private key that is taken for a seed", () => {
    for (const secret of [USER_PRIVATE, CURVE_PRIVATE]) {
      expectNothingOf(secret, showings(errorOf(() => keyPairFromSeed(secret))));
    }
  });

  test("of a pair whose operation fails", () => {
    const pairs = [keyPairFromSeed(USER.seed), keyPairFromSeed(CURVE.seed)];
    const failing = (pair: KeyPair) => [
      () => pair.sign("no bytes" as unknown as Uint8Array),
      () => pair.verify(utf8("x"), "no bytes" as unknown as Uint8Array),
      () => pair.seal(utf8("x"), "nobody"),
      () => pair.open(new Uint8Array(50), CURVE.publicKey),
    ];
    for (const pair of pairs) {
      for (const use of failing(pair)) {
        for (const secret of SECRETS) expectNothingOf(secret, showings(errorOf(use)));
      }
      pair.clear();
      for (const secret of SECRETS) expectNothingOf(secret, showings(errorOf(() => pair.getSeed())));
    }
  });
});

describe.each(engines)("key pairs of the $name engine", ({ engine }) => {
  test.each(KEYS)(
    "show their kind and public key, and nothing of the secret: $name",
    ({ kind, start, seed, publicKey }) => {
      const fromSeed = keyPairFromSeed(seed, { engine });
      const used = keyPairFromRawSeed(kind, rawSeed(start), { engine });
      if (kind !== "curve") used.verify(utf8("x"), used.sign(utf8("x")));
      const privateKey = Buffer.from(used.getPrivateKey()).toString();
      for (const pair of [fromSeed, used]) {
        const shown = showings(pair);
        expect(shown).toContain(publicKey);
        for (const secret of [seed, privateKey]) expectNothingOf(secret, shown);
        const raw = Buffer.from(rawSeed(start));
        for (const form of [raw.toString("hex"), raw.toString("base64"), raw.join(","), raw.join(", ")]) {
          expectNothingOf(form, shown.replaceAll(/\s+/g, " "));
        }
        expect(JSON.parse(JSON.stringify(pair))).toEqual({ kind, publicKey });
        expect(Reflect.ownKeys(pair).sort()).toEqual(["kind", "publicKey"]);
        expect(structuredClone(pair)).toEqual({ kind, publicKey });
      }
    },
  );
});
