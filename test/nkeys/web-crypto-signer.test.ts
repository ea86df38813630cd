import type { webcrypto } from "node:crypto";
import {
  createUserClaims,
  decode,
  encode,
  type KeyKind,
  keyPairFromPublicKey,
  keyPrefix,
  webCryptoSigner,
} from "nsc.js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { nodeVerify } from "../crypto/engines.ts";
import { USER, utf8 } from "./fixtures.ts";

const USES: webcrypto.KeyUsage[] = ["sign", "verify"];

async function pairOf(
  algorithm: webcrypto.AlgorithmIdentifier | webcrypto.EcKeyGenParams = "Ed25519",
  extractable = false,
): Promise<webcrypto.CryptoKeyPair> {
  return (await crypto.subtle.generateKey(algorithm, extractable, USES)) as webcrypto.CryptoKeyPair;
}

/** RFC 8032, section 7.1, test 2. */
const RFC = {
  d: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
  x: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  message: "72",
  signature:
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
} as const;

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

afterEach(() => vi.unstubAllGlobals());

describe("a key pair of Web Crypto", () => {
  test("signs tokens although its private key can't be extracted", async () => {
    const pair = await pairOf();
    expect(pair.privateKey.extractable).toBe(false);
    const signer = await webCryptoSigner(pair, "account");
    const token = await encode(createUserClaims(USER.publicKey, { name: "u" }), signer);
    expect(decode(token).iss).toBe(signer.publicKey);
    await expect(crypto.subtle.exportKey("pkcs8", pair.privateKey)).rejects.toThrow();
  });

  test.each(["operator", "account", "user", "server", "cluster"] as const)(
    "is the nkey of a kind: %s",
    async (kind) => {
      const pair = await pairOf();
      const { publicKey, sign } = await webCryptoSigner(pair, kind);
      expect(keyPrefix(publicKey)).toBe(kind);
      const signature = await sign(utf8("hello"));
      expect(signature).toBeInstanceOf(Uint8Array);
      expect(keyPairFromPublicKey(publicKey).verify(utf8("hello"), signature)).toBe(true);
      const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
      expect(nodeVerify(raw, utf8("hello"), signature)).toBe(true);
    },
  );

  test("signs as RFC 8032 says", async () => {
    const text = (hex: string) => Buffer.from(hex, "hex").toString("base64url");
    const jwk = { kty: "OKP", crv: "Ed25519", x: text(RFC.x) };
    const signer = await webCryptoSigner(
      {
        privateKey: await crypto.subtle.importKey("jwk", { ...jwk, d: text(RFC.d) }, "Ed25519", false, ["sign"]),
        publicKey: await crypto.subtle.importKey("jwk", jwk, "Ed25519", true, ["verify"]),
      },
      "user",
    );
    expect(Buffer.from(await signer.sign(bytes(RFC.message))).toString("hex")).toBe(RFC.signature);
  });

  test("of which the halves don't belong together is found out when it signs", async () => {
    const [one, other] = await Promise.all([pairOf(), pairOf()]);
    const signer = await webCryptoSigner({ privateKey: one.privateKey, publicKey: other.publicKey }, "account");
    await expect(encode(createUserClaims(USER.publicKey), signer)).toThrowCode("ERR_SIGNER_FAILED");
  });
});

describe("what is refused", () => {
  test.each<[string, () => Promise<unknown>]>([
    ["nothing", async () => undefined],
    ["null", async () => null],
    ["an object without keys", async () => ({})],
    ["a pair of ECDSA", () => pairOf({ name: "ECDSA", namedCurve: "P-256" })],
    ["the halves the other way round", async () => swapped(await pairOf())],
    ["a private key alone", async () => ({ privateKey: (await pairOf()).privateKey })],
    ["a seed", async () => USER.seed],
    [
      "a private key that may not sign",
      async () => {
        const pair = await pairOf();
        return { ...pair, privateKey: { type: "private", algorithm: { name: "Ed25519" }, usages: [] } };
      },
    ],
  ])("%s", async (_, make) => {
    const pair = (await make()) as webcrypto.CryptoKeyPair;
    await expect(webCryptoSigner(pair, "account")).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test.each(["curve", "seed", "", undefined])("the kind %s", async (kind) => {
    const pair = await pairOf();
    await expect(webCryptoSigner(pair, kind as Exclude<KeyKind, "curve">)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("a platform without Web Crypto, or with one that does not know the key", async () => {
    const pair = await pairOf();
    const platforms = [
      undefined,
      {},
      { subtle: undefined },
      { subtle: { sign: () => 0, exportKey: () => Promise.reject(new Error("no")) } },
    ];
    for (const platform of platforms) {
      vi.stubGlobal("crypto", platform);
      await expect(webCryptoSigner(pair, "account")).toThrowCode("ERR_CRYPTO_UNSUPPORTED");
    }
  });
});

function swapped({ privateKey, publicKey }: webcrypto.CryptoKeyPair): webcrypto.CryptoKeyPair {
  return { privateKey: publicKey, publicKey: privateKey };
}
