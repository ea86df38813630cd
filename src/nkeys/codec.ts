/**
 * The text form of keys: prefix, content and checksum in base32.
 *
 * @module
 */

import { decodeBase32, encodeBase32 } from "../encoding/base32.ts";
import { decodeUtf8, encodeUtf8, isBytes } from "../encoding/bytes.ts";
import { crc16 } from "../encoding/crc16.ts";
import { NscError } from "../errors.ts";
import { isKeyKind, type KeyKind, type KeyPrefix, kindOfByte, PREFIXES, prefixOfByte } from "./kinds.ts";

/** Every encoded key begins with one of these bytes in its upper five bits. */
const PREFIX_MASK = 0xf8;

/** The bytes of an encoded key without its checksum. Go: `decode` of nkeys, with its leniency. */
function decodeNkey(text: string): Uint8Array {
  const bytes = decodeBase32(text);
  if (typeof bytes === "number") throw characterError(text, bytes);
  if (bytes.length < 4) {
    throw new NscError(
      "ERR_NKEY_LENGTH",
      `nkeys: invalid encoded key: ${text.length} characters are too few for a key`,
    );
  }
  const end = bytes.length - 2;
  const checksum = (bytes[end] as number) | ((bytes[end + 1] as number) << 8);
  if (crc16(bytes, end) !== checksum) {
    throw new NscError(
      "ERR_NKEY_CHECKSUM",
      "nkeys: invalid checksum: a character of the key is wrong, missing or added",
    );
  }
  return bytes.subarray(0, end);
}

function characterError(text: string, offset: number): NscError {
  const go = `illegal base32 data at input byte ${offset}`;
  if (text !== text.toUpperCase() && typeof decodeBase32(text.toUpperCase()) !== "number") {
    return new NscError("ERR_NKEY_CASE", `${go}: nkeys are written in upper case`);
  }
  return new NscError("ERR_NKEY_CHARACTER", `${go}: nkeys consist of the letters A to Z and the digits 2 to 7`);
}

export function encodePublicKey(kind: KeyKind, publicKey: Uint8Array): string {
  return encodeWithChecksum([PREFIXES[kind].byte], publicKey);
}

/** The text of a private key: `P…` over the seed and the public key, or over a curve key's scalar alone. */
export function encodePrivateKey(content: Uint8Array): string {
  return encodeWithChecksum([PREFIXES.private.byte], content);
}

export function encodeSeed(kind: KeyKind, seed: Uint8Array): string {
  const { byte } = PREFIXES[kind];
  return encodeWithChecksum([PREFIXES.seed.byte | (byte >> 5), (byte & 31) << 3], seed);
}

function encodeWithChecksum(header: readonly number[], content: Uint8Array): string {
  const end = header.length + content.length;
  const bytes = new Uint8Array(end + 2);
  bytes.set(header);
  bytes.set(content, header.length);
  const checksum = crc16(bytes, end);
  bytes[end] = checksum;
  bytes[end + 1] = checksum >> 8;
  return encodeBase32(bytes);
}

/** Go: `FromPublicKey`. */
export function decodePublicKey(text: string): { readonly kind: KeyKind; readonly publicKey: Uint8Array } {
  const bytes = decodeNkey(text);
  const kind = kindOfByte(bytes[0] as number);
  if (kind === undefined) {
    throw new NscError(
      "ERR_NKEY_PREFIX",
      `nkeys: invalid public key: this is ${describePrefix(text)}, not a public key`,
    );
  }
  if (bytes.length !== 33) {
    throw new NscError(
      "ERR_NKEY_LENGTH",
      `nkeys: invalid public key: it holds ${bytes.length - 1} bytes instead of 32`,
    );
  }
  return { kind, publicKey: bytes.slice(1) };
}

/** Go: `DecodeSeed`. */
export function decodeSeed(text: string): { readonly kind: KeyKind; readonly seed: Uint8Array } {
  const bytes = decodeNkey(text);
  const [first, second] = bytes as unknown as [number, number];
  if ((first & PREFIX_MASK) !== PREFIXES.seed.byte) {
    throw new NscError("ERR_NKEY_SEED", `nkeys: invalid seed: this is ${describePrefix(text)}, and seeds begin with S`);
  }
  const kind = kindOfByte(((first & 7) << 5) | ((second & PREFIX_MASK) >> 3));
  if (kind === undefined) throw new NscError("ERR_NKEY_SEED", "nkeys: invalid seed: it is of no known kind of key");
  if (bytes.length !== 34) {
    throw new NscError("ERR_NKEY_SEED", `nkeys: invalid seed: it holds ${bytes.length - 2} bytes instead of 32`);
  }
  return { kind, seed: bytes.slice(2) };
}

/**
 * Tells what a text is by its prefix, if it is an encoded key at all. Go: `Prefix`.
 *
 * @param text - a public key, seed or private key
 * @returns the kind of a public key, `"seed"`, `"private"`, or `"unknown"` for anything else
 *
 * @example
 * ```ts
 * import { keyPrefix } from "nsc.js";
 *
 * keyPrefix("UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3"); // "user"
 * keyPrefix("hello"); // "unknown"
 * ```
 */
export function keyPrefix(text: string): KeyPrefix {
  const bytes = tryDecode(text);
  if (bytes === undefined) return "unknown";
  const first = bytes[0] as number;
  const exact = prefixOfByte(first);
  return exact === "unknown" && (first & PREFIX_MASK) === PREFIXES.seed.byte ? "seed" : exact;
}

/**
 * Tells whether a text is a public key of a kind, by the rule that Go and the server use everywhere:
 * `IsValidPublicUserKey` and its sisters look neither at the length nor at the low bits of the prefix byte.
 *
 * @param text - anything
 * @param kind - the kind of key
 *
 * @example
 * ```ts
 * import { isPublicKey } from "nsc.js";
 *
 * isPublicKey("UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3", "user"); // true
 * isPublicKey("UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3", "account"); // false
 * ```
 */
export function isPublicKey(text: unknown, kind: KeyKind): boolean {
  if (!isKeyKind(kind)) throw new NscError("ERR_ARGUMENT_INVALID", "the kind must be one of those that key pairs have");
  if (typeof text !== "string") return false;
  const bytes = tryDecode(text);
  return bytes !== undefined && ((bytes[0] as number) & PREFIX_MASK) === PREFIXES[kind].byte;
}

/** Seeds and keys come as text, or as the ASCII bytes that nkeys.js uses. */
export function keyText(value: string | Uint8Array, title: string): string {
  if (typeof value === "string") return value;
  if (isBytes(value)) return decodeUtf8(value);
  throw new NscError("ERR_ARGUMENT_INVALID", `${title} must be a string or its bytes`);
}

/** The ASCII bytes of an encoded key. */
export function keyBytes(text: string): Uint8Array {
  return encodeUtf8(text);
}

/** What an encoded key is, with its article, for messages. */
function describePrefix(text: string): string {
  const prefix = keyPrefix(text);
  if (prefix === "unknown") return "a key of an unknown kind";
  if (prefix === "seed") return "a seed";
  if (prefix === "private") return "a private key";
  return `the public key of ${prefix === "account" || prefix === "operator" ? "an" : "a"} ${prefix}`;
}

function tryDecode(text: string): Uint8Array | undefined {
  try {
    return decodeNkey(text);
  } catch {
    // The question is only whether it can be decoded.
    return undefined;
  }
}
