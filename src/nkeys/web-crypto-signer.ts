import { NscError } from "../errors.ts";
import { encodePublicKey } from "./codec.ts";
import { isKeyKind, type KeyKind } from "./kinds.ts";
import type { Signer } from "./signer.ts";

/** The part of a `CryptoKey` that is looked at. */
export interface WebCryptoKey {
  readonly type: string;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}

/** A `CryptoKeyPair`, as Web Crypto makes and browsers keep it. */
export interface WebCryptoKeyPair {
  readonly privateKey: WebCryptoKey;
  readonly publicKey: WebCryptoKey;
}

/** The part of `crypto.subtle` that is needed; the portable code knows no types of the DOM. */
interface Subtle {
  exportKey(format: "raw", key: object): Promise<ArrayBuffer>;
  sign(algorithm: "Ed25519", key: object, data: Uint8Array): Promise<ArrayBuffer>;
}

/**
 * A signer over an Ed25519 key pair of Web Crypto. The private key may be one that can't be extracted: then no code of the
 * page or the process gets at it, and it can only be used. Such a pair can be kept in IndexedDB. In Node, Deno, Bun and
 * current browsers.
 *
 * @param keyPair - of `crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])`
 * @param kind - what the key is for; any kind but `"curve"`, which does not sign
 * @throws NscError `ERR_ARGUMENT_INVALID` for another kind and for what is no pair of Ed25519 that signs;
 * `ERR_CRYPTO_UNSUPPORTED` where the platform has no Web Crypto (browsers have it in secure contexts alone) or no Ed25519
 * in it
 *
 * @example
 * ```ts
 * import { Nsc, webCryptoSigner } from "nsc.js";
 *
 * const pair = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
 * const signer = await webCryptoSigner(pair, "operator");
 * const operator = await new Nsc().addOperator("local", { key: signer });
 * operator.claims.iss === signer.publicKey; // true
 * ```
 */
export async function webCryptoSigner(keyPair: WebCryptoKeyPair, kind: Exclude<KeyKind, "curve">): Promise<Signer> {
  if (!isKeyKind(kind) || (kind as KeyKind) === "curve") {
    throw new NscError("ERR_ARGUMENT_INVALID", "the kind must be one of a key that signs, such as operator or account");
  }
  const { privateKey, publicKey } = assertPair(keyPair);
  const subtle = (globalThis.crypto as { readonly subtle?: unknown } | undefined)?.subtle as Subtle | undefined;
  if (typeof subtle?.sign !== "function") {
    throw new NscError("ERR_CRYPTO_UNSUPPORTED", "there is no crypto.subtle here: browsers have it in secure contexts");
  }
  let raw: ArrayBuffer;
  try {
    raw = await subtle.exportKey("raw", publicKey);
  } catch (cause) {
    throw new NscError("ERR_CRYPTO_UNSUPPORTED", "the Web Crypto of this platform does not give the public key", {
      cause,
    });
  }
  return Object.freeze({
    publicKey: encodePublicKey(kind, new Uint8Array(raw)),
    sign: async (bytes: Uint8Array) => new Uint8Array(await subtle.sign("Ed25519", privateKey, bytes)),
  });
}

function assertPair(keyPair: WebCryptoKeyPair): WebCryptoKeyPair {
  const { privateKey, publicKey } = (keyPair ?? {}) as Partial<WebCryptoKeyPair>;
  for (const [key, type] of [
    [privateKey, "private"],
    [publicKey, "public"],
  ] as const) {
    if (key?.type === type && key.algorithm?.name === "Ed25519") continue;
    throw new NscError(
      "ERR_ARGUMENT_INVALID",
      `the ${type} key of the pair must be one of Ed25519, made by Web Crypto`,
    );
  }
  if (privateKey?.usages?.includes("sign") !== true) {
    throw new NscError("ERR_ARGUMENT_INVALID", 'the private key must be one that may be used to "sign"');
  }
  return keyPair;
}
