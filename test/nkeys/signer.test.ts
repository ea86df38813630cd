import { createAccount, fromSeed } from "@nats-io/nkeys";
import { describe, expect, test } from "vitest";
import { createKeyPair, keyPairFromPublicKey, keyPairFromSeed } from "../../src/nkeys/key-pair.ts";
import { type Signer, toSigner } from "../../src/nkeys/signer.ts";
import { ACCOUNT, ascii, utf8 } from "./fixtures.ts";

const HELLO = utf8("hello");

describe("toSigner", () => {
  test("takes our pairs as they are", () => {
    const pair = createKeyPair("account");
    expect(toSigner(pair)).toBe(pair);
  });

  test("takes any signer as it is, one that waits included", async () => {
    const held = keyPairFromSeed(ACCOUNT.seed);
    const remote: Signer = { publicKey: held.publicKey, sign: async (bytes) => held.sign(bytes) };
    expect(toSigner(remote)).toBe(remote);
    expect(held.verify(HELLO, await toSigner(remote).sign(HELLO))).toBe(true);
  });

  test("takes a signer whose members are inherited, and calls it on itself", async () => {
    class Vault {
      readonly #pair = keyPairFromSeed(ACCOUNT.seed);
      get publicKey(): string {
        return this.#pair.publicKey;
      }
      sign(bytes: Uint8Array): Uint8Array {
        return this.#pair.sign(bytes);
      }
    }
    const signer = toSigner(new Vault());
    expect(signer.publicKey).toBe(ACCOUNT.publicKey);
    expect(keyPairFromPublicKey(ACCOUNT.publicKey).verify(HELLO, await signer.sign(HELLO))).toBe(true);
  });

  test("takes pairs of @nats-io/nkeys by their shape", async () => {
    const theirs = fromSeed(utf8(ACCOUNT.seed));
    const signer = toSigner(theirs);
    expect(signer.publicKey).toBe(ACCOUNT.publicKey);
    expect(ascii(await signer.sign(HELLO))).toBe(ascii(keyPairFromSeed(ACCOUNT.seed).sign(HELLO)));
    expect(theirs.verify(HELLO, await toSigner(theirs).sign(HELLO))).toBe(true);
  });

  test("takes each pair for itself", async () => {
    const [a, b] = [createAccount(), createAccount()];
    const [signerA, signerB] = [toSigner(a), toSigner(b)];
    expect(signerA.publicKey).toBe(a.getPublicKey());
    expect(signerB.publicKey).toBe(b.getPublicKey());
    expect(a.verify(HELLO, await signerA.sign(HELLO))).toBe(true);
    expect(a.verify(HELLO, await signerB.sign(HELLO))).toBe(false);
  });

  test.each([undefined, null])("says what Go says when there is none: %s", (value) => {
    expect(() => toSigner(value as unknown as Signer)).toThrowCode("ERR_SIGNER_INVALID");
    expect(() => toSigner(value as unknown as Signer)).toThrow("keypair is required");
  });

  test.each([
    ["a seed", ACCOUNT.seed],
    ["a number", 5],
    ["a function", () => new Uint8Array(64)],
    ["an empty object", {}],
    ["no sign", { publicKey: ACCOUNT.publicKey }],
    ["no public key", { sign: () => new Uint8Array(64) }],
    ["a sign that is no function", { publicKey: ACCOUNT.publicKey, sign: "sign" }],
    ["a public key that is no text", { publicKey: utf8(ACCOUNT.publicKey), sign: () => new Uint8Array(64) }],
  ])("refuses what is no signer: %s", (_, value) => {
    expect(() => toSigner(value as unknown as Signer)).toThrowCode("ERR_SIGNER_INVALID");
  });
});
