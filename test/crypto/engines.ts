import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import type { CryptoEngine } from "../../src/crypto/engine.ts";
import { createNativeEngine } from "../../src/crypto/native-engine.ts";
import { createPortableEngine } from "../../src/crypto/portable-engine.ts";

export const portable: CryptoEngine = createPortableEngine();
export const native: CryptoEngine = required(createNativeEngine());

/** Both engines, for `describe.each`. */
export const engines: readonly { readonly name: string; readonly engine: CryptoEngine }[] = [
  { name: "portable", engine: portable },
  { name: "native", engine: native },
];

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the tests need a platform with node:crypto");
  return value;
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8")) as T;
}

// The oracle: node:crypto with keys as DER (RFC 8410), a way that no engine takes.

export function nodePublicKey(seed: Uint8Array): Uint8Array {
  return new Uint8Array(createPublicKey(nodePrivateKey(seed)).export({ format: "der", type: "spki" }).subarray(-32));
}

export function nodeSign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, nodePrivateKey(seed)));
}

export function nodeVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKey]);
  return verify(null, message, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
}

function nodePrivateKey(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}
