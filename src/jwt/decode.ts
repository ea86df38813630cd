/**
 * Reading tokens.
 *
 * @module
 */

import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { assertString, decodeUtf8, utf8Length } from "../encoding/bytes.ts";
import { quoteGo, toGoLower, toGoUpper } from "../encoding/go-text.ts";
import { JsonReader } from "../encoding/json-reader.ts";
import { always, optional, StructCodec } from "../encoding/json-struct.ts";
import { list, seconds, text } from "../encoding/json-types.ts";
import { isNscError, NscError } from "../errors.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import type { KeyKind } from "../nkeys/kinds.ts";
import { type GenericClaims, version1GenericCodec } from "./generic.ts";
import { type ClaimKind, type Claims, type ClaimsByKind, isClaimKind, KINDS, type KindEntry } from "./kinds.ts";
import { verifySignature } from "./verify.ts";

/** The largest token that is read, in bytes. Go: `MaxTokenSize`. */
const MAX_TOKEN_SIZE: number = 1024 * 1024;

/** The version of the format that is written. Go: `libVersion`. */
export const FORMAT_VERSION = 2;

/** The header that every token of version 2 begins with, as base64url. */
export const HEADER = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ";

/** Options of {@link decode}. */
export interface DecodeOptions<Kind extends ClaimKind = ClaimKind> {
  /** The kind that the token must be of; any by default. */
  readonly kind?: Kind;
  /** What computes; found by itself by default. */
  readonly engine?: CryptoEngine;
}

/**
 * Reads a token and checks its signature. It proves only that `iss` signed: not that the issuer is trusted, nor that the
 * token is not expired or revoked. Tokens of version 1 are read into the layout of version 2. Go: `Decode`,
 * `DecodeAccountClaims` and its sisters.
 *
 * @param token - the token; at most 1 MiB
 * @param options - the kind that it must be of
 * @returns fresh claims, which may be changed. Members that are zero are absent; members that this version does not
 * know are kept, and written again by `encode` as they were
 * @throws NscError `ERR_JWT_SIZE`, `ERR_JWT_FORMAT`, `ERR_JWT_HEADER`, `ERR_JWT_VERSION`, `ERR_JWT_KIND`,
 * `ERR_JWT_SIGNATURE`, `ERR_JWT_ISSUER`, `ERR_JSON_SYNTAX`, `ERR_JSON_TYPE`, `ERR_JSON_DEPTH`, `ERR_CLAIMS_VALUE`
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, decode, encode } from "nsc.js";
 *
 * const account = createKeyPair("account");
 * const token = await encode(createAccountClaims(account.publicKey, { name: "APP" }), account);
 * const claims = decode(token, { kind: "account" });
 * claims.nats.limits.conn; // -1
 * ```
 */
export function decode<Kind extends ClaimKind = ClaimKind>(
  token: string,
  options: DecodeOptions<Kind> = {},
): ClaimsByKind[Kind] {
  const { kind: wanted, engine = defaultEngine } = options;
  if (wanted !== undefined && !isClaimKind(wanted)) {
    throw new NscError("ERR_ARGUMENT_INVALID", `the kind must be one of ${Object.keys(KINDS).join(", ")}`);
  }
  const { parts, version, ...read } = readToken(token, engine);
  verify(parts, version <= 1 ? 1 : 2, read.claims.iss ?? "", engine);
  return claimsOfKind(read, wanted);
}

/**
 * Reads a token whose signature is checked by whoever it is sent to. For everything else there is {@link decode}.
 *
 * @throws NscError as `decode` does, but for `ERR_JWT_SIGNATURE`
 */
export function decodeUnverified<Kind extends ClaimKind>(
  token: string,
  kind: Kind,
  engine: CryptoEngine = defaultEngine,
): ClaimsByKind[Kind] {
  return claimsOfKind(readToken(token, engine), kind);
}

/** A token that was read, and what its signature is to be checked with. */
export interface UncheckedToken<Kind extends ClaimKind = ClaimKind> {
  readonly claims: ClaimsByKind[Kind];
  readonly issuer: string;
  /** What was signed, in ASCII unless the token is bad. */
  readonly signed: string;
  readonly signature: Uint8Array;
  /** What to say when the signature is not the issuer's. */
  readonly refusal: string;
}

/**
 * Reads a token whose signature the caller checks, such as on another thread.
 *
 * @throws NscError as `decode` does, but for `ERR_JWT_SIGNATURE`
 */
export function decodeUnchecked<Kind extends ClaimKind>(
  token: string,
  kind: Kind,
  engine: CryptoEngine = defaultEngine,
): UncheckedToken<Kind> {
  const { parts, version, ...read } = readToken(token, engine);
  const scheme = version <= 1 ? 1 : 2;
  const signature = decodeChunk(parts.signatureChunk, engine);
  const claims = claimsOfKind(read, kind);
  const signed = scheme === 1 ? parts.payloadChunk : parts.signed;
  return { claims, issuer: claims.iss ?? "", signed, signature, refusal: signatureRefusal(scheme) };
}

function signatureRefusal(scheme: 1 | 2): string {
  return `claim failed V${scheme} signature verification`;
}

function readToken(token: string, engine: CryptoEngine): LoadedClaims & { readonly parts: TokenParts } {
  assertString(token, "the token");
  assertSize(token);
  const parts = splitToken(token, engine);
  return { parts, ...readClaims(parts.payload) };
}

function claimsOfKind<Kind extends ClaimKind>(
  { kind, claims }: Pick<LoadedClaims, "kind" | "claims">,
  wanted: Kind | undefined,
): ClaimsByKind[Kind] {
  if (!isClaimKind(kind)) {
    throw new NscError("ERR_JWT_KIND", `the token's claims are generic, of type ${quoteGo(kind)}: use decodeGeneric`);
  }
  assertIssuer(claims.iss ?? "", KINDS[kind].issuers, "ERR_JWT_ISSUER");
  if (wanted !== undefined && kind !== wanted) throw new NscError("ERR_JWT_KIND", KINDS[wanted].notOfKind);
  return claims as ClaimsByKind[Kind];
}

/**
 * Reads a token of any kind as free data and checks its signature. Numbers of the data are floats, as in Go; so nothing
 * that has to be exact should be read in this way. As in Go there is no limit of size. Go: `DecodeGeneric`.
 *
 * @param token - the token
 * @param options - what computes
 * @throws NscError `ERR_JWT_FORMAT`, `ERR_JWT_HEADER`, `ERR_JWT_SIGNATURE`, `ERR_JSON_SYNTAX`, `ERR_JSON_TYPE`,
 * `ERR_JSON_DEPTH`
 *
 * @example
 * ```ts
 * import { createKeyPair, decodeGeneric, encodeGeneric } from "nsc.js";
 *
 * const user = createKeyPair("user");
 * const token = await encodeGeneric({ sub: "anything", nats: { type: "my-type", answer: 42 } }, user);
 * decodeGeneric(token).nats?.["answer"]; // 42
 * ```
 */
export function decodeGeneric(token: string, options: Pick<DecodeOptions, "engine"> = {}): GenericClaims {
  const { engine = defaultEngine } = options;
  assertString(token, "the token");
  const parts = splitToken(token, engine);
  const reader = new JsonReader(parts.payload);
  const {
    tags,
    type,
    version: _,
    ...claims
  } = version1GenericCodec.read(reader, undefined) ?? version1GenericCodec.zero();
  reader.end();
  const isVersion1 = parts.algorithm === "ed25519";
  verify(parts, isVersion1 ? 1 : 2, claims.iss ?? "", engine);
  if (isVersion1 && (type !== undefined || tags !== undefined)) {
    claims.nats = { ...claims.nats, ...(type && { type }), ...(tags && { tags }) };
  }
  return claims;
}

/** Refuses an issuer of a kind that may not issue such claims. */
export function assertIssuer(
  issuer: string,
  kinds: readonly KeyKind[],
  code: "ERR_JWT_ISSUER" | "ERR_SIGNER_KIND",
): void {
  if (kinds.some((kind) => isPublicKey(issuer, kind))) return;
  throw new NscError(code, `unable to validate expected prefixes - [${kinds.join(" ")}]`);
}

function assertSize(token: string): void {
  const size = token.length > MAX_TOKEN_SIZE / 3 ? utf8Length(token) : 0;
  if (size > MAX_TOKEN_SIZE) {
    throw new NscError(
      "ERR_JWT_SIZE",
      `token size ${size} exceeds maximum of ${MAX_TOKEN_SIZE} bytes: token too large`,
    );
  }
}

interface TokenParts {
  readonly algorithm: string;
  readonly payload: string;
  /** What a version 1 signature is made over: the payload as it stands in the token. */
  readonly payloadChunk: string;
  /** What a version 2 signature is made over. */
  readonly signed: string;
  readonly signatureChunk: string;
}

function splitToken(token: string, engine: CryptoEngine): TokenParts {
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  if (first < 0 || second < 0 || token.indexOf(".", second + 1) >= 0) {
    throw new NscError("ERR_JWT_FORMAT", "expected 3 chunks");
  }
  const headerChunk = token.slice(0, first);
  const algorithm = headerChunk === HEADER ? "ed25519-nkey" : readHeader(decodeChunk(headerChunk, engine));
  const payloadChunk = token.slice(first + 1, second);
  return {
    algorithm,
    payload: decodeUtf8(decodeChunk(payloadChunk, engine)),
    payloadChunk,
    signed: token.slice(0, second),
    signatureChunk: token.slice(second + 1),
  };
}

function decodeChunk(chunk: string, engine: CryptoEngine): Uint8Array {
  const bytes = engine.decodeBase64Url(chunk);
  if (typeof bytes !== "number") return bytes;
  throw new NscError("ERR_JWT_FORMAT", `illegal base64 data at input byte ${bytes}`);
}

const headerCodec = new StructCodec<{ typ: string; alg: string }>(
  { typ: always(text), alg: always(text) },
  { dropUnknown: true },
);

/** The algorithm that a header names, as it is written there. */
function readHeader(bytes: Uint8Array): string {
  const reader = new JsonReader(decodeUtf8(bytes));
  const { typ, alg } = headerCodec.read(reader, undefined) ?? headerCodec.zero();
  reader.end();
  if (toGoUpper(typ) !== "JWT") throw new NscError("ERR_JWT_HEADER", `not supported type ${quoteGo(typ)}`);
  const lower = toGoLower(alg);
  if (lower !== "ed25519" && lower !== "ed25519-nkey") {
    throw new NscError("ERR_JWT_HEADER", `unexpected ${quoteGo(alg)} algorithm`);
  }
  return alg;
}

interface Identifier {
  type?: string;
  nats: { tags?: string[]; type?: string; version?: number };
}

/** What decides how claims are read. Go: `identifier`. */
const identifierCodec = new StructCodec<Identifier>(
  {
    type: optional(text),
    nats: always(
      new StructCodec<Identifier["nats"]>(
        { tags: optional(list(text)), type: optional(text), version: optional(seconds) },
        { dropUnknown: true },
      ),
    ),
  },
  { dropUnknown: true },
);

interface LoadedClaims {
  readonly kind: string;
  /** What decides about the scheme of the signature; generic claims have -1, as in Go. */
  readonly version: number;
  readonly claims: Claims | GenericClaims;
}

/** Go: `loadClaims`. */
function readClaims(payload: string): LoadedClaims {
  return readAsWritten(payload) ?? readInTwoPasses(payload);
}

/** What is written after the kind of claims. */
const AFTER_KIND = '","version":2}}';

/**
 * Claims of the kind that stands where Go and we write it, read in one pass; nothing where they turn out to be of another
 * kind, or bad.
 */
function readAsWritten(payload: string): LoadedClaims | undefined {
  if (!payload.endsWith(AFTER_KIND)) return undefined;
  const to = payload.length - AFTER_KIND.length;
  const from = payload.lastIndexOf('"', to - 1) + 1;
  const kind = payload.slice(from, to);
  if (!payload.endsWith('"type":"', from) || !isClaimKind(kind)) return undefined;
  const entry: KindEntry = KINDS[kind] as KindEntry;
  const claims = readWith(entry, payload);
  if (claims?.nats.type !== kind || claims.nats.version !== FORMAT_VERSION) return undefined;
  // One at the top makes it a token of version 1. With both flags the case is folded as Go folds it.
  if (Object.keys(claims).some((name) => name.length === 4 && /^type$/iu.test(name))) return undefined;
  entry.settle?.(claims);
  return { kind, version: FORMAT_VERSION, claims };
}

function readWith({ claims: codec }: KindEntry, payload: string): Claims | undefined {
  try {
    const reader = new JsonReader(payload);
    const claims = codec.read(reader, undefined);
    reader.end();
    return claims;
  } catch (error) {
    // Which error it is depends on what decides how claims are read.
    if (isNscError(error)) return undefined;
    throw error;
  }
}

function readInTwoPasses(payload: string): LoadedClaims {
  const first = new JsonReader(payload);
  const identifier = identifierCodec.read(first, undefined) ?? identifierCodec.zero();
  first.end();
  const isVersion1 = identifier.type !== undefined;
  const kind = identifier.type ?? identifier.nats.type ?? "";
  const version = isVersion1 ? 1 : (identifier.nats.version ?? 0);
  if (version > FORMAT_VERSION) throw new NscError("ERR_JWT_VERSION", "JWT was generated by a newer version ");
  if (kind === "cluster" || kind === "server") {
    const name = kind === "cluster" ? "ClusterClaims" : "ServerClaims";
    throw new NscError("ERR_JWT_KIND", `${name} are not supported`);
  }
  const reader = new JsonReader(payload);
  if (!isClaimKind(kind)) {
    const claims = version1GenericCodec.read(reader, undefined) ?? version1GenericCodec.zero();
    reader.end();
    return { kind, version: -1, claims };
  }
  const entry: KindEntry = KINDS[kind] as KindEntry;
  if (entry.readVersion1 !== undefined && version !== 1 && version !== FORMAT_VERSION) {
    throw new NscError("ERR_JWT_VERSION", `library supports version 2 or less - received ${version}`);
  }
  const claims =
    entry.readVersion1 !== undefined && version === 1
      ? entry.readVersion1(reader)
      : (entry.claims.read(reader, undefined) ?? entry.claims.zero());
  reader.end();
  if (isVersion1 && entry.readVersion1 === undefined) dropVersion1Members(claims);
  entry.settle?.(claims);
  // A token that names its kind elsewhere, or in none of the places that this layout has.
  claims.nats.type = kind;
  return { kind, version, claims };
}

/** Go loses them. Kept as unknown members, they would make a token of version 1 of these claims when they are encoded. */
function dropVersion1Members(claims: Claims): void {
  for (const name of Object.keys(claims)) {
    // With both flags the case is folded as Go folds it.
    if (/^(?:tags|type)$/iu.test(name)) delete (claims as unknown as Record<string, unknown>)[name];
  }
}

function verify(parts: TokenParts, scheme: 1 | 2, issuer: string, engine: CryptoEngine): void {
  const signature = decodeChunk(parts.signatureChunk, engine);
  const verifies = engine.withUtf8(scheme === 1 ? parts.payloadChunk : parts.signed, (message) =>
    verifySignature(engine, issuer, message, signature),
  );
  if (verifies) return;
  throw new NscError("ERR_JWT_SIGNATURE", signatureRefusal(scheme));
}
