import { nkeyAuthenticator } from "@nats-io/nats-core";
import * as nkeys from "@nats-io/nkeys";
import { describe, expect, test } from "vitest";
import { createKeyPair, keyPairFromPublicKey, keyPairFromSeed } from "../../src/nkeys/key-pair.ts";
import { engines } from "../crypto/engines.ts";
import { ascii, CURVE, RECIPIENT, SIGNING_KEYS, utf8 } from "./fixtures.ts";

const HELLO = utf8("hello");

const THEIR_KINDS = [
  ["operator", nkeys.createOperator],
  ["account", nkeys.createAccount],
  ["user", nkeys.createUser],
  ["server", nkeys.createServer],
  ["cluster", nkeys.createCluster],
] as const;

describe.each(engines)("@nats-io/nkeys and the $name engine", ({ engine }) => {
  test.each(THEIR_KINDS)("read and check each other's keys of kind %s", (kind, create) => {
    const theirs = create();
    const ours = keyPairFromSeed(theirs.getSeed(), { engine });
    expect(ours.kind).toBe(kind);
    expect(ours.publicKey).toBe(theirs.getPublicKey());
    expect(ascii(ours.getSeed())).toBe(ascii(theirs.getSeed()));
    expect(ascii(ours.getPrivateKey())).toBe(ascii(theirs.getPrivateKey()));
    expect(ascii(ours.sign(HELLO))).toBe(ascii(theirs.sign(HELLO)));

    expect(keyPairFromPublicKey(theirs.getPublicKey(), { engine }).verify(HELLO, theirs.sign(HELLO))).toBe(true);
    expect(keyPairFromPublicKey(theirs.getPublicKey(), { engine }).verify(HELLO, create().sign(HELLO))).toBe(false);
  });

  test.each(THEIR_KINDS)("agree on keys of kind %s that we made", (kind) => {
    const ours = createKeyPair(kind, { engine });
    const theirs = nkeys.fromSeed(ours.getSeed());
    expect(theirs.getPublicKey()).toBe(ours.publicKey);
    expect(nkeys.fromPublic(ours.publicKey).verify(HELLO, ours.sign(HELLO))).toBe(true);
    expect(nkeys.fromPublic(ours.publicKey).verify(utf8("other"), ours.sign(HELLO))).toBe(false);
  });

  test.each(SIGNING_KEYS)("derive the same from the seed of $name", ({ seed, publicKey }) => {
    const theirs = nkeys.fromSeed(utf8(seed));
    expect(theirs.getPublicKey()).toBe(publicKey);
    expect(ascii(keyPairFromSeed(seed, { engine }).sign(HELLO))).toBe(ascii(theirs.sign(HELLO)));
  });
});

describe("our pairs in the other library's hands", () => {
  test("keep their secret when the other pair is cleared, and the other way round", () => {
    const ours = keyPairFromSeed(SIGNING_KEYS[0]?.seed ?? "");
    const theirs = nkeys.fromSeed(ours.getSeed());
    theirs.clear();
    expect(ascii(ours.getSeed())).toBe(SIGNING_KEYS[0]?.seed);

    const again = nkeys.fromSeed(ours.getSeed());
    ours.clear();
    expect(again.getPublicKey()).toBe(ours.publicKey);
  });

  test("authenticate with nats.js", () => {
    const user = createKeyPair("user");
    const auth = nkeyAuthenticator(user.getSeed())("a nonce of the server") as { nkey: string; sig: string };
    expect(auth.nkey).toBe(user.publicKey);
    expect(user.verify(utf8("a nonce of the server"), Buffer.from(auth.sig, "base64url"))).toBe(true);
  });
});

describe("xkeys of both libraries", () => {
  test("are the same for the same seed", () => {
    for (const { seed, publicKey } of [CURVE, RECIPIENT]) {
      const theirs = nkeys.fromCurveSeed(utf8(seed));
      expect(theirs.getPublicKey()).toBe(publicKey);
      expect(ascii(keyPairFromSeed(seed).getPrivateKey())).toBe(ascii(theirs.getPrivateKey()));
    }
  });

  test("open what the other sealed, with keys that either made", () => {
    const ours = createKeyPair("curve");
    const theirs = nkeys.createCurve();
    const message = utf8("for the other library");
    expect(theirs.open(ours.seal(message, theirs.getPublicKey()), ours.publicKey)).toEqual(message);
    expect(ours.open(theirs.seal(message, ours.publicKey), theirs.getPublicKey())).toEqual(message);
    expect(theirs.open(ours.seal(message, theirs.getPublicKey()), CURVE.publicKey)).toBeNull();

    const sameAsTheirs = keyPairFromSeed(theirs.getSeed());
    const sameAsOurs = nkeys.fromCurveSeed(ours.getSeed());
    expect(sameAsOurs.open(sameAsTheirs.seal(message, ours.publicKey), theirs.getPublicKey())).toEqual(message);
  });

  test("seal alike with the same nonce", () => {
    const nonce = new Uint8Array(24).fill(9);
    const theirs = nkeys.fromCurveSeed(utf8(CURVE.seed));
    for (const length of [0, 1, 31, 32, 33, 1000]) {
      const message = new Uint8Array(length).fill(0x61);
      expect(keyPairFromSeed(CURVE.seed).seal(message, RECIPIENT.publicKey, nonce)).toEqual(
        theirs.seal(message, RECIPIENT.publicKey, nonce),
      );
    }
  });
});
