/**
 * Credentials files: a user's token and seed, as the NATS tools and clients read them.
 *
 * @module
 */

import type { CryptoEngine } from "../crypto/engine.ts";
import { decodeUtf8, isBytes } from "../encoding/bytes.ts";
import { quoteGo, trimGoSpace } from "../encoding/go-text.ts";
import { isNscError, NscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import { type EncodeOptions, encode } from "../jwt/encode.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { UserClaims } from "../jwt/user.ts";
import { decodeSeed, keyText } from "../nkeys/codec.ts";
import { type KeyPair, keyPairFromSeed, ownSeedOf } from "../nkeys/key-pair.ts";
import type { ForeignKeyPair, Signer } from "../nkeys/signer.ts";
import {
  credsText,
  findDecorated,
  firstSeedLine,
  formatDecoratedSeed,
  formatDecoratedToken,
  seedRole,
} from "./decorated.ts";

/** What a creds file holds. */
export interface Creds {
  /** The user's token. */
  readonly token: string;
  /** The user's seed (`SU…`). */
  readonly seed: string;
  /** The claims of the token. */
  readonly claims: UserClaims;
}

/** Options of functions that compute. */
export interface CredsOptions {
  /** What computes; found by itself by default. */
  readonly engine?: CryptoEngine;
}

/**
 * The text of a creds file. The token's signature is checked, and that the seed is the one of its subject. Go:
 * `FormatUserConfig`.
 *
 * @param token - a user's token
 * @param seed - the user's seed, as text or as its ASCII bytes, or the key pair
 * @param options - what computes
 * @throws NscError `ERR_CREDS_KIND` for a token or seed that is not a user's, `ERR_CREDS_MISMATCH` when they don't belong
 * together, and those of `decode` and `keyPairFromSeed`
 *
 * @example
 * ```ts
 * import { createKeyPair, createUserClaims, encode, formatCreds } from "nsc.js";
 *
 * const account = createKeyPair("account");
 * const user = createKeyPair("user");
 * const token = await encode(createUserClaims(user.publicKey, { name: "alice" }), account);
 * const text = formatCreds(token, user.getSeed());
 * text.startsWith("-----BEGIN NATS USER JWT-----"); // true
 * ```
 */
export function formatCreds(
  token: string,
  seed: string | Uint8Array | ForeignSeedHolder,
  options: CredsOptions = {},
): string {
  const claims = decodeUserToken(token, options);
  const text = seedText(seed);
  assertUserSeed(text, claims.sub, options);
  // Line ends in a seed are skipped when it is read, but in the text they would end its line.
  return credsText(token, text.replace(/[\r\n]+/g, ""));
}

/**
 * Signs the claims of a user and gives the text of the creds file: `encode` and `formatCreds` in one. It does not verify
 * what it signed a moment ago, so it takes little more than the signature.
 *
 * @param claims - the user's claims
 * @param signer - the account's key pair, one of its signing keys, or anything that signs
 * @param user - the user's key pair, whose public key is the subject of the claims
 * @param options - the time of issue
 * @throws NscError `ERR_CREDS_KIND` for claims of another kind, `ERR_CREDS_MISMATCH` when the pair is not the subject's,
 * and those of `encode`
 *
 * @example
 * ```ts
 * import { createKeyPair, createUserClaims, encodeCreds } from "nsc.js";
 *
 * const account = createKeyPair("account");
 * const user = createKeyPair("user");
 * const text = await encodeCreds(createUserClaims(user.publicKey, { name: "alice" }), account, user);
 * ```
 */
export async function encodeCreds(
  claims: ReadonlyDeep<UserClaims>,
  signer: Signer | ForeignKeyPair,
  user: KeyPair,
  options: EncodeOptions = {},
): Promise<string> {
  if ((claims as Partial<UserClaims> | null | undefined)?.nats?.type !== "user") {
    throw new NscError("ERR_CREDS_KIND", "only the claims of a user make creds");
  }
  if (typeof (user as Partial<KeyPair> | null | undefined)?.getPublicKey !== "function") {
    throw new NscError("ERR_ARGUMENT_INVALID", "the user must be a key pair");
  }
  const seed = seedText(user);
  if (claims.sub !== user.getPublicKey()) throw mismatch();
  return credsText(await encode(claims, signer, options), seed);
}

/**
 * Reads the text of a creds file: the token is checked as `decode` does, and the seed must be the one of its subject.
 * Both LF and CRLF end lines. Go: `ParseDecoratedJWT`, `ParseDecoratedUserNKey`.
 *
 * @param text - the text or the bytes of the file
 * @param options - what computes
 * @throws NscError `ERR_CREDS_FORMAT` when a part is missing, `ERR_CREDS_KIND`, `ERR_CREDS_MISMATCH`, and those of
 * `decode` and `keyPairFromSeed`
 *
 * @example
 * ```ts
 * import { createKeyPair, createUserClaims, encodeCreds, parseCreds } from "nsc.js";
 *
 * const user = createKeyPair("user");
 * const text = await encodeCreds(createUserClaims(user.publicKey), createKeyPair("account"), user);
 * parseCreds(text).claims.sub === user.publicKey; // true
 * ```
 */
export function parseCreds(text: string | Uint8Array, options: CredsOptions = {}): Creds {
  const contents = contentsOf(text);
  const [token] = findDecorated(contents);
  // A seed alone is the first item of its file.
  if (token === undefined || seedRole(token) !== undefined) {
    throw new NscError("ERR_CREDS_FORMAT", "no token found: creds begin with a line -----BEGIN NATS USER JWT-----");
  }
  const seed = parseDecoratedSeed(contents);
  const claims = decodeUserToken(token, options);
  assertUserSeed(seed, claims.sub, options);
  return { token, seed, claims };
}

/**
 * A token between its two lines, as nsc writes it into files. Go: `DecorateJWT`.
 *
 * @param token - a token of any kind that NATS knows
 * @param options - what computes
 * @throws NscError those of `decode`
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, decorateToken, encode } from "nsc.js";
 *
 * const account = createKeyPair("account");
 * decorateToken(await encode(createAccountClaims(account.publicKey), account)); // "-----BEGIN NATS ACCOUNT JWT-----…"
 * ```
 */
export function decorateToken(token: string, options: CredsOptions = {}): string {
  return formatDecoratedToken(decode(token, options).nats.type, token);
}

/**
 * A seed between its two lines and the warning around them. Go: `DecorateSeed`.
 *
 * @param seed - the seed of an operator, account or user, as text or as its ASCII bytes
 * @throws NscError `ERR_CREDS_KIND` for any other seed; the seed is not checked beyond that
 *
 * @example
 * ```ts
 * import { createKeyPair, decorateSeed } from "nsc.js";
 *
 * decorateSeed(createKeyPair("account").getSeed());
 * ```
 */
export function decorateSeed(seed: string | Uint8Array): string {
  return formatDecoratedSeed(keyText(seed, "the seed"));
}

/**
 * The token in a file: the first item between lines of dashes, or the whole text when there is none. Nothing is
 * checked. Go: `ParseDecoratedJWT`.
 *
 * @param text - the text or the bytes of the file
 *
 * @example
 * ```ts
 * import { parseDecoratedToken } from "nsc.js";
 *
 * parseDecoratedToken("-----BEGIN NATS USER JWT-----\na.b.c\n------END NATS USER JWT------\n"); // "a.b.c"
 * ```
 */
export function parseDecoratedToken(text: string | Uint8Array): string {
  const contents = contentsOf(text);
  return findDecorated(contents)[0] ?? contents;
}

/**
 * The seed in a file: the second item between lines of dashes, or else the first line that begins like a seed. It is
 * checked to be a seed. Go: `ParseDecoratedNKey`.
 *
 * @param text - the text or the bytes of the file
 * @returns the seed of an operator, account or user
 * @throws NscError `ERR_CREDS_FORMAT` when there is none, and those of `keyPairFromSeed`
 *
 * @example
 * ```ts
 * import { createKeyPair, decorateSeed, parseDecoratedSeed } from "nsc.js";
 *
 * const seed = createKeyPair("account").getSeed();
 * parseDecoratedSeed(decorateSeed(seed)) === new TextDecoder().decode(seed); // true
 * ```
 */
export function parseDecoratedSeed(text: string | Uint8Array): string {
  const contents = contentsOf(text);
  const items = findDecorated(contents, 2);
  const candidate = items.length > 1 ? (items[1] as string) : firstSeedLine(contents);
  if (candidate === undefined) throw new NscError("ERR_CREDS_FORMAT", "no nkey seed found");
  if (seedRole(candidate) === undefined) throw new NscError("ERR_CREDS_FORMAT", "doesn't contain a seed nkey");
  decodeSeed(candidate);
  return candidate.replace(/[\r\n]/g, "");
}

/** The part of a key pair of any library of the NATS family that gives its seed. */
export interface ForeignSeedHolder {
  getPublicKey(): string;
  getSeed(): Uint8Array;
}

function contentsOf(text: string | Uint8Array): string {
  if (typeof text === "string") return text;
  if (isBytes(text)) return decodeUtf8(text);
  throw new NscError("ERR_ARGUMENT_INVALID", "the contents must be a string or bytes");
}

function seedText(seed: string | Uint8Array | ForeignSeedHolder): string {
  const holder = seed as Partial<ForeignSeedHolder> | null | undefined;
  if (typeof holder === "object" && typeof holder?.getSeed === "function") {
    return ownSeedOf(holder) ?? keyText(seedOf(holder), "the seed");
  }
  return keyText(seed as string | Uint8Array, "the seed");
}

/** The pairs of other libraries have errors of their own. */
function seedOf(holder: Partial<ForeignSeedHolder>): Uint8Array {
  try {
    return (holder as ForeignSeedHolder).getSeed();
  } catch (cause) {
    if (isNscError(cause)) throw cause;
    throw new NscError("ERR_ARGUMENT_INVALID", "the key pair gives no seed: it was cleared, or has none", { cause });
  }
}

function decodeUserToken(token: string, options: CredsOptions): UserClaims {
  const claims = decode(token, options);
  if (claims.nats.type === "user") return claims as UserClaims;
  throw new NscError("ERR_CREDS_KIND", `${quoteGo(claims.nats.type)} cannot be serialized as a user config`);
}

function assertUserSeed(seed: string, subject: string, options: CredsOptions): void {
  if (!trimGoSpace(seed).startsWith("SU")) throw new NscError("ERR_CREDS_KIND", "nkey seed is not an user seed");
  const pair = keyPairFromSeed(seed, options);
  const { publicKey } = pair;
  pair.clear();
  if (publicKey !== subject) throw mismatch();
}

function mismatch(): NscError {
  return new NscError("ERR_CREDS_MISMATCH", "nkey seed does not match the jwt subject");
}
