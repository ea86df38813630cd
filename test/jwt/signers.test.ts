import * as nkeys from "@nats-io/nkeys";
import {
  createKeyPair,
  createUserClaims,
  decode,
  decodeGeneric,
  encode,
  encodeGeneric,
  type KeyPair,
  keyPairFromPublicKey,
  keyPairFromSeed,
  type NscError,
  type Signer,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { engines, nodeVerify } from "../crypto/engines.ts";
import { ACCOUNT, BYTE, CURVE, encodeByHand, keyNamed, ofAnotherRealm, USER, utf8 } from "../nkeys/fixtures.ts";

const claims = createUserClaims(USER.publicKey, { name: "u" });
const pair = keyPairFromSeed(ACCOUNT.seed);
const options = { issuedAt: 1700000000 };
const token = await encode(claims, pair, options);

async function refusal(signer: unknown): Promise<NscError> {
  return encode(claims, signer as Signer).then(
    () => {
      throw new Error("it was not refused");
    },
    (reason: NscError) => reason,
  );
}

/** The account's key, held by something else than a key pair of ours. */
function held(sign: (bytes: Uint8Array) => unknown, publicKey = ACCOUNT.publicKey): Signer {
  return { publicKey, sign: sign as Signer["sign"] };
}

describe.each(engines)("on the $name engine", ({ engine }) => {
  const own = keyPairFromSeed(ACCOUNT.seed, { engine });

  test.each<[string, () => Signer | nkeys.KeyPair]>([
    ["a key pair of ours", () => own],
    ["a key pair of the other engine", () => pair],
    ["a key pair of @nats-io/nkeys", () => nkeys.fromSeed(utf8(ACCOUNT.seed))],
    ["a signer that signs at once", () => held((bytes) => own.sign(bytes))],
    ["a signer that lets wait", () => held(async (bytes) => own.sign(bytes))],
    ["a signer that returns a Buffer", () => held((bytes) => Buffer.from(own.sign(bytes)))],
    ["a signer that returns the bytes of another realm", () => held((bytes) => ofAnotherRealm(own.sign(bytes)))],
    ["a signer that returns a view", () => held((bytes) => Uint8Array.of(0, ...own.sign(bytes), 0).subarray(1, 65))],
    ["a signer with a then", () => held((bytes) => thenable(own.sign(bytes)))],
  ])("%s gives the same token", async (_, signer) => {
    expect(await encode(claims, signer(), { ...options, engine })).toBe(token);
  });

  test("what is signed is the text of the first two chunks", async () => {
    let seen: Uint8Array = new Uint8Array();
    const signer = held((bytes) => {
      seen = Uint8Array.from(bytes);
      return own.sign(bytes);
    });
    await encode(claims, signer, { ...options, engine });
    expect(Buffer.from(seen).toString()).toBe(token.slice(0, token.lastIndexOf(".")));
    const signature = Buffer.from(token.slice(token.lastIndexOf(".") + 1), "base64url");
    expect(nkeys.fromPublic(ACCOUNT.publicKey).verify(seen, signature)).toBe(true);
    expect(nodeVerify(rawKey(ACCOUNT.publicKey), seen, signature)).toBe(true);
  });

  test("a signer may wipe or keep the bytes it is given: they are a copy of its own", async () => {
    let kept: Uint8Array = new Uint8Array();
    const wiping = held((bytes) => {
      kept = bytes;
      const signature = own.sign(bytes);
      bytes.fill(0);
      return signature;
    });
    expect(await encode(claims, wiping, { ...options, engine })).toBe(token);
    // Nothing else shares their memory.
    expect(kept.buffer.byteLength).toBe(kept.length);
    expect(kept.length).toBe(token.lastIndexOf("."));
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "signature"],
    ["an array", Array.from({ length: 64 }, () => 1)],
    ["an ArrayBuffer", new ArrayBuffer(64)],
    ["63 bytes", new Uint8Array(63)],
    ["65 bytes", new Uint8Array(65)],
    ["no bytes", new Uint8Array()],
    ["64 zeros", new Uint8Array(64)],
    ["16 words", new Uint32Array(16)],
    [
      "another's signature",
      keyPairFromSeed(keyNamed("account2").seed).sign(utf8(token.slice(0, token.lastIndexOf(".")))),
    ],
    ["the signature of something else", keyPairFromSeed(ACCOUNT.seed).sign(utf8("something else"))],
  ])("a signer that returns %s has failed", async (_, result) => {
    for (const sign of [() => result, async () => result]) {
      await expect(encode(claims, held(sign), { ...options, engine })).toThrowCode("ERR_SIGNER_FAILED");
      await expect(encodeGeneric({ sub: "x" }, held(sign), { ...options, engine })).toThrowCode("ERR_SIGNER_FAILED");
    }
  });
});

describe("a signer that fails", () => {
  test.each<[string, (cause: unknown) => unknown]>([
    [
      "throws",
      (cause) => {
        throw cause;
      },
    ],
    ["rejects", (cause) => Promise.reject(cause)],
  ])("and %s is the cause, whatever it throws", async (_, sign) => {
    for (const cause of [new Error("the key is away"), "text", undefined, { code: 5 }]) {
      const error = await refusal(held(() => sign(cause)));
      expect(error.code).toBe("ERR_SIGNER_FAILED");
      expect(error).toHaveProperty("cause", cause);
      expect(error.message).toContain(ACCOUNT.publicKey);
      expect(error.message).not.toContain("the key is away");
    }
  });

  test("is not asked before the claims are known to be good", async () => {
    let asked = 0;
    const signer = held(() => {
      asked += 1;
      return new Uint8Array(64);
    });
    const wrong = { ...claims, name: 5 as unknown as string };
    await expect(encode(wrong, signer)).toThrowCode("ERR_CLAIMS_TYPE");
    expect(asked).toBe(0);
  });
});

describe("what is no signer", () => {
  test.each([undefined, null])("%s is refused in Go's words", async (signer) => {
    const error = await refusal(signer);
    expect([error.code, error.message]).toEqual(["ERR_SIGNER_INVALID", "keypair is required"]);
    await expect(encodeGeneric({ sub: "x" }, signer as unknown as Signer)).toThrowCode("ERR_SIGNER_INVALID");
  });

  test.each<[string, unknown]>([
    ["a seed", ACCOUNT.seed],
    ["a public key", ACCOUNT.publicKey],
    ["bytes", utf8(ACCOUNT.seed)],
    ["an empty object", {}],
    ["a public key without a function", { publicKey: ACCOUNT.publicKey }],
    ["a function without a public key", { sign: () => new Uint8Array(64) }],
    ["a public key that is no text", { publicKey: 5, sign: () => new Uint8Array(64) }],
    ["a function", () => new Uint8Array(64)],
  ])("%s is refused", async (_, signer) => {
    expect((await refusal(signer)).code).toBe("ERR_SIGNER_INVALID");
  });

  test("a public key of another kind, or none, is refused before anything is signed", async () => {
    for (const publicKey of [USER.publicKey, "", "hello", ACCOUNT.seed, ACCOUNT.publicKey.toLowerCase()]) {
      expect((await refusal(held((bytes) => pair.sign(bytes), publicKey))).code).toBe("ERR_SIGNER_KIND");
    }
  });

  test("a public key that Go takes for one, but that is none, does not verify", async () => {
    // One byte after the prefix is enough for Go's check of the kind.
    const short = encodeByHand([BYTE.account, 1]);
    expect((await refusal(held((bytes) => pair.sign(bytes), short))).code).toBe("ERR_SIGNER_FAILED");
    // Generic claims have any issuer, and it still has to be the one that signed.
    for (const publicKey of ["hello", "", USER.publicKey]) {
      await expect(
        encodeGeneric(
          { sub: "x" },
          held((bytes) => pair.sign(bytes), publicKey),
        ),
      ).toThrowCode("ERR_SIGNER_FAILED");
    }
  });
});

describe("key pairs that can't sign", () => {
  test("because only the public key is known", async () => {
    const error = await refusal(keyPairFromPublicKey(ACCOUNT.publicKey));
    expect([error.code, error.message]).toEqual([
      "ERR_NKEY_PUBLIC_ONLY",
      expect.stringMatching(/can not sign, no private key available/),
    ]);
    const foreign = await refusal(nkeys.fromPublic(ACCOUNT.publicKey));
    expect(foreign.code).toBe("ERR_SIGNER_FAILED");
    expect(foreign.cause).toBeInstanceOf(Error);
  });

  test("because they were cleared", async () => {
    const cleared = keyPairFromSeed(ACCOUNT.seed);
    cleared.clear();
    expect((await refusal(cleared)).code).toBe("ERR_NKEY_CLEARED");
    const theirs = nkeys.fromSeed(utf8(ACCOUNT.seed));
    theirs.clear();
    expect((await refusal(theirs)).code).toBe("ERR_SIGNER_FAILED");
  });

  test("because they are curve keys", async () => {
    const curve = keyPairFromSeed(CURVE.seed);
    expect((await refusal(curve)).code).toBe("ERR_SIGNER_KIND");
    await expect(encodeGeneric({ sub: "x" }, curve)).toThrowCode("ERR_NKEY_OPERATION");
    await expect(encodeGeneric({ sub: "x" }, curve)).rejects.toThrow("nkeys: curve key is not valid for sign/verify");
  });
});

describe("fresh keys", () => {
  test.each(engines)("sign tokens that either engine reads: $name", async ({ engine }) => {
    const account = createKeyPair("account", { engine });
    const user = createKeyPair("user", { engine });
    const made = await encode(createUserClaims(user.publicKey), account, { engine });
    for (const other of engines) {
      expect(decode(made, { engine: other.engine })).toMatchObject({ iss: account.publicKey, sub: user.publicKey });
      expect(decodeGeneric(made, { engine: other.engine }).iss).toBe(account.publicKey);
    }
  });

  test("many at a time don't get mixed up", async () => {
    const accounts: readonly KeyPair[] = Array.from({ length: 20 }, () => createKeyPair("account"));
    const tokens = await Promise.all(
      accounts.map((account) =>
        encode(
          claims,
          held(async (bytes) => account.sign(bytes), account.publicKey),
        ),
      ),
    );
    expect(tokens.map((made) => decode(made).iss)).toEqual(accounts.map(({ publicKey }) => publicKey));
  });
});

/** A promise of another library. */
function thenable(value: unknown): unknown {
  // biome-ignore lint/suspicious/noThenProperty: that is what makes it one
  return { then: (resolve: (result: unknown) => void) => resolve(value) };
}

/** The 32 bytes of a public key: base32 without prefix and checksum, bit by bit. */
function rawKey(publicKey: string): Uint8Array {
  const bits = [...publicKey].map((char) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(char).toString(2).padStart(5, "0"),
  );
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes.map((byte) => Number.parseInt(byte, 2))).slice(1, 33);
}
