import { decodeBase64Url } from "../encoding/base64url.ts";
import type { CryptoEngine, PrivateKey, PublicKey } from "./engine.ts";
import { portableX25519 } from "./portable-engine.ts";
import { PublicKeyMemo } from "./public-key-memo.ts";

/**
 * The engine on `node:crypto`, for Node, Deno and Bun. It is reached at run time, so that bundles for other platforms
 * hold no import of it.
 *
 * @returns the engine, or `undefined` where the platform has no `node:crypto`
 *
 * @example
 * ```ts
 * import { createNativeEngine, createPortableEngine } from "nsc.js";
 *
 * const engine = createNativeEngine() ?? createPortableEngine();
 * engine.name; // "native" on Node
 * ```
 */
export function createNativeEngine(): CryptoEngine | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  if (typeof process?.getBuiltinModule !== "function") return undefined;
  const crypto = process.getBuiltinModule("node:crypto") as NodeCrypto | undefined;
  const buffer = process.getBuiltinModule("node:buffer") as { Buffer: NodeBuffer } | undefined;
  if (typeof crypto?.createPrivateKey !== "function" || typeof crypto.hash !== "function" || buffer === undefined) {
    return undefined;
  }
  const { Buffer } = buffer;
  // Not by way of a Buffer: seeds would stay behind in the memory that small buffers share.
  const bytesOf = (text: string): Uint8Array => decodeBase64Url(text) as Uint8Array;
  const hash = (algorithm: string, data: Uint8Array | string): Uint8Array => {
    // As text, since a Buffer of its own costs half as much as the hash.
    const digest = crypto.hash(algorithm, data, "latin1");
    const bytes = new Uint8Array(digest.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = digest.charCodeAt(i);
    return bytes;
  };
  const textOf = (bytes: Uint8Array): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");

  // Node makes buffers by cutting up blocks of 8 KiB, and a new block costs as much as all the rest of encoding a token;
  // so what is needed for a moment goes through buffers that stay. No secret does.
  const encoded = Buffer.allocUnsafeSlow(SCRATCH_SIZE);
  const lent = Buffer.allocUnsafeSlow(SCRATCH_SIZE);
  let isLent = false;
  const encodeBase64Url = (data: Uint8Array | string): string => {
    if (typeof data === "string") {
      if (data.length * 3 > SCRATCH_SIZE) return Buffer.from(data, "utf8").toString("base64url");
      return encoded.toString("base64url", 0, encoded.write(data, "utf8"));
    }
    if (data.length > SCRATCH_SIZE) return textOf(data);
    encoded.set(data);
    return encoded.toString("base64url", 0, data.length);
  };
  const withUtf8 = <T>(text: string, use: (bytes: Uint8Array) => T): T => {
    if (isLent || text.length * 3 > SCRATCH_SIZE) return use(Buffer.from(text, "utf8"));
    isLent = true;
    try {
      return use(lent.subarray(0, lent.write(text, "utf8")));
    } finally {
      isLent = false;
    }
  };

  // Keys go in and out as JWK: importing takes 10 to 40 us, as DER 80 to 390. Exporting a generated key object can
  // deadlock on Node 20, so both halves are asked for in that form at once.
  const jwk = { format: "jwk" } as const;

  return {
    name: "native",
    randomBytes: (length) => new Uint8Array(crypto.randomBytes(length)),
    generateKey() {
      const { privateKey } = crypto.generateKeyPairSync("ed25519", { publicKeyEncoding: jwk, privateKeyEncoding: jwk });
      return { seed: bytesOf(privateKey.d), publicKey: bytesOf(privateKey.x) };
    },
    privateKey(seed): PrivateKey {
      // The member x has to be there; what the key is depends on d alone.
      const key = crypto.createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d: textOf(seed), x: "" }, ...jwk });
      return {
        publicKey: () => bytesOf(crypto.createPublicKey(key).export(jwk).x),
        sign: (message) => new Uint8Array(crypto.sign(null, message, key)),
      };
    },
    publicKey(publicKey): PublicKey {
      const key = crypto.createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: textOf(publicKey) }, ...jwk });
      return {
        verify: (message, signature) => signature.length === 64 && crypto.verify(null, message, key, signature),
      };
    },
    publicKeys: new PublicKeyMemo(),
    x25519(scalar, point) {
      try {
        const jwkOf = (key: Partial<Jwk>): Jwk => ({ kty: "OKP", crv: "X25519", ...key }) as Jwk;
        const privateKey = crypto.createPrivateKey({ key: jwkOf({ d: textOf(scalar), x: "" }), ...jwk });
        const publicKey = crypto.createPublicKey({ key: jwkOf({ x: textOf(point) }), ...jwk });
        return new Uint8Array(crypto.diffieHellman({ privateKey, publicKey }));
      } catch {
        // OpenSSL refuses to give zero, and others that have Ed25519 may not have this.
        return portableX25519(scalar, point);
      }
    },
    sha256: (data) => hash("sha256", data),
    sha512t256: (data) => hash("sha512-256", data),
    withUtf8,
    encodeBase64Url,
    // Node skips whatever is not base64url; only text without anything of that kind is left to it.
    decodeBase64Url: (text) =>
      text.length % 4 !== 1 && /^[\w-]*$/.test(text) ? Buffer.from(text, "base64url") : decodeBase64Url(text),
  };
}

/** Tokens of users and most accounts fit; a unit of UTF-16 takes three bytes at most. */
const SCRATCH_SIZE = 16 * 1024;

interface Jwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519" | "X25519";
  readonly x: string;
  readonly d: string;
}

interface KeyObject {
  export(options: { readonly format: "jwk" }): Jwk;
}

/** The part of `node:crypto` that is needed; the portable code knows no types of Node. */
interface NodeCrypto {
  randomBytes(length: number): Uint8Array;
  hash(algorithm: string, data: Uint8Array | string, encoding: "latin1"): string;
  sign(algorithm: null, data: Uint8Array, key: KeyObject): Uint8Array;
  verify(algorithm: null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean;
  createPrivateKey(options: { key: Jwk; format: "jwk" }): KeyObject;
  diffieHellman(keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): Uint8Array;
  createPublicKey(key: KeyObject | { key: Omit<Jwk, "d">; format: "jwk" }): KeyObject;
  generateKeyPairSync(
    type: "ed25519",
    options: { publicKeyEncoding: { format: "jwk" }; privateKeyEncoding: { format: "jwk" } },
  ): { publicKey: Omit<Jwk, "d">; privateKey: Jwk };
}

interface NodeBytes extends Uint8Array {
  toString(encoding?: string, from?: number, to?: number): string;
  write(text: string, encoding: "utf8"): number;
}

interface NodeBuffer {
  allocUnsafeSlow(length: number): NodeBytes;
  from(bytes: ArrayBufferLike, offset: number, length: number): NodeBytes;
  from(text: string, encoding: string): NodeBytes;
}
