import type { webcrypto } from "node:crypto";
import type * as nkeys from "@nats-io/nkeys";
import { expectTypeOf, test } from "vitest";
import type { CryptoEngine } from "../../src/crypto/engine.ts";
import { isPublicKey, keyPrefix } from "../../src/nkeys/codec.ts";
import {
  type CreateKeyPairOptions,
  createKeyPair,
  type KeyPair,
  type KeyPairOptions,
  keyPairFromPublicKey,
  keyPairFromRawSeed,
  keyPairFromSeed,
} from "../../src/nkeys/key-pair.ts";
import type { KeyKind, KeyPrefix } from "../../src/nkeys/kinds.ts";
import { type ForeignKeyPair, type Signer, toSigner } from "../../src/nkeys/signer.ts";
import { type WebCryptoKey, type WebCryptoKeyPair, webCryptoSigner } from "../../src/nkeys/web-crypto-signer.ts";

declare const ours: KeyPair;
declare const theirs: nkeys.KeyPair;

test("the kinds are six, and what a text can be are three more", () => {
  expectTypeOf<KeyKind>().toEqualTypeOf<"operator" | "account" | "user" | "server" | "cluster" | "curve">();
  expectTypeOf<KeyPrefix>().toEqualTypeOf<KeyKind | "seed" | "private" | "unknown">();
});

test("our pairs go wherever those of @nats-io/nkeys go, and are signers", () => {
  expectTypeOf<KeyPair>().toExtend<nkeys.KeyPair>();
  expectTypeOf<KeyPair>().toExtend<Signer>();
  const asTheirs: nkeys.KeyPair = ours;
  const asSigner: Signer = ours;
  expectTypeOf(asTheirs.getSeed()).toEqualTypeOf<Uint8Array>();
  expectTypeOf(asSigner.publicKey).toBeString();
  expectTypeOf<KeyPair>().not.toBeAny();
});

test("what theirs leave open, ours say: no promise, no null", () => {
  expectTypeOf(ours.sign).returns.toEqualTypeOf<Uint8Array>();
  expectTypeOf(ours.open).returns.toEqualTypeOf<Uint8Array>();
  expectTypeOf(theirs.open).returns.toEqualTypeOf<Uint8Array | null>();
  expectTypeOf(ours.kind).toEqualTypeOf<KeyKind>();
  expectTypeOf(ours.seal).parameters.toEqualTypeOf<
    [input: Uint8Array, recipient: string, nonce?: Uint8Array | undefined]
  >();
});

test("a pair's kind and public key can't be assigned", () => {
  // @ts-expect-error: it is read-only
  ours.kind = "user";
  // @ts-expect-error: it is read-only
  ours.publicKey = "U";
});

test("their pairs are no signers yet: toSigner takes both", () => {
  expectTypeOf<nkeys.KeyPair>().not.toExtend<Signer>();
  expectTypeOf<nkeys.KeyPair>().toExtend<ForeignKeyPair>();
  expectTypeOf(toSigner).parameter(0).toEqualTypeOf<Signer | ForeignKeyPair>();
  expectTypeOf(toSigner).returns.toEqualTypeOf<Signer>();
  toSigner(ours);
  toSigner(theirs);
  toSigner({ publicKey: "A", sign: async (bytes) => bytes });
  // @ts-expect-error: a seed is no signer
  toSigner("SA");
  // @ts-expect-error: what signs text is no signer
  toSigner({ publicKey: "A", sign: (text: string) => text });
});

test("a signer may wait", () => {
  expectTypeOf<Signer["sign"]>().returns.toEqualTypeOf<Uint8Array | Promise<Uint8Array>>();
  expectTypeOf<Signer["publicKey"]>().toBeString();
});

test("the functions that make pairs", () => {
  expectTypeOf(createKeyPair).parameters.toEqualTypeOf<[kind: KeyKind, options?: CreateKeyPairOptions | undefined]>();
  expectTypeOf(keyPairFromSeed).parameters.toEqualTypeOf<
    [seed: string | Uint8Array, options?: KeyPairOptions | undefined]
  >();
  expectTypeOf(keyPairFromRawSeed).parameters.toEqualTypeOf<
    [kind: KeyKind, raw: Uint8Array, options?: KeyPairOptions | undefined]
  >();
  expectTypeOf(keyPairFromPublicKey).parameters.toEqualTypeOf<
    [publicKey: string, options?: KeyPairOptions | undefined]
  >();
  for (const make of [createKeyPair, keyPairFromSeed, keyPairFromRawSeed, keyPairFromPublicKey]) {
    expectTypeOf(make).returns.toEqualTypeOf<KeyPair>();
  }
  expectTypeOf<KeyPairOptions>().toEqualTypeOf<{ readonly engine?: CryptoEngine }>();
  expectTypeOf<CreateKeyPairOptions["random"]>().toEqualTypeOf<((length: number) => Uint8Array) | undefined>();
  createKeyPair("curve", { random: (length) => new Uint8Array(length) });
  // @ts-expect-error: no such kind
  createKeyPair("seed");
  // @ts-expect-error: randomness does not wait
  createKeyPair("user", { random: async (length: number) => new Uint8Array(length) });
});

test("the functions that look at a text", () => {
  expectTypeOf(keyPrefix).toEqualTypeOf<(text: string) => KeyPrefix>();
  expectTypeOf(isPublicKey).toEqualTypeOf<(text: unknown, kind: KeyKind) => boolean>();
  // @ts-expect-error: no kind of public key
  isPublicKey("S", "seed");
});

test("a key pair of the platform's Web Crypto is one, for every kind that signs", () => {
  expectTypeOf<webcrypto.CryptoKeyPair>().toExtend<WebCryptoKeyPair>();
  expectTypeOf<webcrypto.CryptoKey>().toExtend<WebCryptoKey>();
  expectTypeOf(webCryptoSigner).parameter(1).toEqualTypeOf<Exclude<KeyKind, "curve">>();
  expectTypeOf(webCryptoSigner).returns.toEqualTypeOf<Promise<Signer>>();
});
