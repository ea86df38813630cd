/**
 * Writing tokens.
 *
 * @module
 */

import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { encodeBase32 } from "../encoding/base32.ts";
import { encodeUtf8, isBytes } from "../encoding/bytes.ts";
import { assertPlainObject, JsonWriter, WrittenJson } from "../encoding/json-codec.ts";
import { joinMembers, type StructCodec } from "../encoding/json-struct.ts";
import { NscError } from "../errors.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { isKeyPair, type KeyPair } from "../nkeys/key-pair.ts";
import { type ForeignKeyPair, type Signer, toSigner } from "../nkeys/signer.ts";
import { assertIssuer, FORMAT_VERSION, HEADER } from "./decode.ts";
import { type GenericClaims, genericCodec } from "./generic.ts";
import { type Claims, isClaimKind, KINDS, type KindEntry } from "./kinds.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";
import { verifySignature } from "./verify.ts";

/** Options of {@link encode} and {@link encodeGeneric}. */
export interface EncodeOptions {
  /** The time of issue in seconds since 1970; now by default. */
  readonly issuedAt?: number;
  /** Whether members that NATS claims do not have are written, after the others, instead of refused. */
  readonly allowUnknown?: boolean;
  /** What computes; found by itself by default. */
  readonly engine?: CryptoEngine;
}

/**
 * Signs claims: the same bytes as Go gives for the same claims, key and time. `claims.nats.type` says the kind. The
 * members that `encode` sets (`iss`, `iat`, `jti`, `nats.version`) need not be there and are not looked at; the claims
 * are not changed. Nothing is validated but what Go checks when it encodes: see `validate`. Go: `Encode`,
 * `EncodeWithSigner`.
 *
 * @param claims - the claims, for example from `createUserClaims` or `decode`
 * @param signer - a key pair, or anything that signs
 * @param options - the time of issue
 * @throws NscError `ERR_CLAIMS_KIND`, `ERR_CLAIMS_SUBJECT`, `ERR_CLAIMS_TYPE`, `ERR_CLAIMS_INTEGER`, `ERR_CLAIMS_VALUE`,
 * `ERR_CLAIMS_UNKNOWN_FIELD`, `ERR_SIGNER_INVALID`, `ERR_SIGNER_KIND`, `ERR_SIGNER_FAILED`, and those of the signer's key pair
 *
 * @example
 * ```ts
 * import { createKeyPair, createUserClaims, encode } from "nsc.js";
 *
 * const account = createKeyPair("account");
 * const user = createKeyPair("user");
 * const claims = createUserClaims(user.publicKey, { name: "alice", nats: { pub: { allow: ["orders.>"] } } });
 * const token = await encode(claims, account);
 * ```
 */
export async function encode(
  claims: ReadonlyDeep<Claims>,
  signer: Signer | ForeignKeyPair,
  options: EncodeOptions = {},
): Promise<string> {
  const draft = drawUpClaims(claims, signer, options);
  return draft.pair === undefined ? signOutside(draft) : signWithPair(draft, draft.pair);
}

/**
 * What is to be signed for claims: the token but for its signature, of which the ASCII bytes are signed.
 *
 * @throws NscError as {@link encode} does before it signs
 */
export function signingInput(claims: ReadonlyDeep<Claims>, signer: Signer, options: EncodeOptions): string {
  return drawUpClaims(claims, signer, options).signed;
}

/**
 * The token of a signing input and a signature that comes from elsewhere.
 *
 * @throws NscError `ERR_SIGNER_FAILED` when it is not the signature of that key
 */
export function sealToken(input: string, publicKey: string, signature: unknown, engine: CryptoEngine): string {
  assertSignature(engine, publicKey, encodeUtf8(input), signature);
  return sealed({ signed: input, engine }, signature);
}

function drawUpClaims(claims: ReadonlyDeep<Claims>, signer: Signer | ForeignKeyPair, options: EncodeOptions): Draft {
  const kind: unknown = (claims as Partial<Claims> | null | undefined)?.nats?.type;
  if (!isClaimKind(kind)) {
    throw new NscError("ERR_CLAIMS_KIND", `claims.nats.type must be one of ${Object.keys(KINDS).join(", ")}`);
  }
  const entry = KINDS[kind] as KindEntry;
  if (entry.subject !== undefined && !isPublicKey(claims.sub, entry.subject.kind)) {
    throw new NscError("ERR_CLAIMS_SUBJECT", entry.subject.message);
  }
  const nats = claims.nats as Claims["nats"];
  const prepared = entry.prepare?.(nats) ?? {};
  return drawUp(entry.claims, claims, entry.issuers, signer, options, (writer) => {
    const write = (sorted: Partial<Claims["nats"]>): WrittenJson => {
      writer.path.splice(0, writer.path.length, "nats");
      const overrides = { ...sorted, type: kind, version: FORMAT_VERSION } as Partial<Claims["nats"]>;
      const { known, unknown } = entry.nats.writeMembers(nats, writer, overrides);
      writer.path.pop();
      return new WrittenJson(objectOf(joinMembers(known, 0, known.length), unknown));
    };
    try {
      return write(prepared);
    } catch (error) {
      // The message names a place in a list, and should name it where the caller has it.
      write({});
      throw error;
    }
  });
}

/**
 * Signs claims of a kind that NATS does not know. Go: `GenericClaims.Encode`.
 *
 * @param claims - the claims; `nats` is free data, in which `version` is set
 * @param signer - a key pair of any kind, or anything that signs
 * @param options - the time of issue
 * @throws NscError as {@link encode} does
 *
 * @example
 * ```ts
 * import { createKeyPair, encodeGeneric } from "nsc.js";
 *
 * await encodeGeneric({ sub: "anything", nats: { type: "my-type" } }, createKeyPair("account"));
 * ```
 */
export async function encodeGeneric(
  claims: ReadonlyDeep<GenericClaims>,
  signer: Signer | ForeignKeyPair,
  options: EncodeOptions = {},
): Promise<string> {
  const draft = drawUp(genericCodec, claims, undefined, signer, options, (writer) => {
    const data: unknown = claims.nats;
    if (data === undefined || data === null) return undefined;
    writer.path.push("nats");
    assertPlainObject(data, writer);
    writer.path.pop();
    return { ...data, version: FORMAT_VERSION } as NonNullable<GenericClaims["nats"]>;
  });
  return draft.pair === undefined ? signOutside(draft) : signWithPair(draft, draft.pair);
}

/** A token but for its signature, and what is needed to sign it. */
interface Draft {
  /** Header and payload. */
  readonly signed: string;
  readonly signer: Signer;
  /** The signer, if it is a key pair of this library, which signs at once. */
  readonly pair: KeyPair | undefined;
  readonly engine: CryptoEngine;
}

/** All of encoding that does not wait, in the order of Go's checks. */
function drawUp<C extends Claims | GenericClaims>(
  codec: StructCodec<C>,
  claims: ReadonlyDeep<Claims | GenericClaims>,
  issuers: KindEntry["issuers"] | undefined,
  signerOrPair: Signer | ForeignKeyPair,
  options: EncodeOptions,
  natsOf: (writer: JsonWriter) => WrittenJson | C["nats"] | undefined,
): Draft {
  const { issuedAt = Math.floor(Date.now() / 1000), allowUnknown = false, engine = defaultEngine } = options;
  const signer = toSigner(signerOrPair);
  if (typeof (claims as Partial<Claims> | null | undefined)?.sub !== "string" || claims.sub === "") {
    throw new NscError("ERR_CLAIMS_SUBJECT", "subject is not set");
  }
  if (!Number.isSafeInteger(issuedAt)) {
    throw new NscError("ERR_ARGUMENT_INVALID", "issuedAt must be whole seconds since 1970");
  }
  const pair: KeyPair | undefined = isKeyPair(signer) ? signer : undefined;
  if (issuers !== undefined && (pair === undefined || !issuers.includes(pair.kind))) {
    assertIssuer(signer.publicKey, issuers, "ERR_SIGNER_KIND");
  }
  const writer = new JsonWriter(allowUnknown);
  const overrides = { iss: signer.publicKey, iat: issuedAt, jti: undefined, nats: natsOf(writer) };
  const { known, unknown } = codec.writeMembers(claims, writer, overrides as never);

  // The id is a hash over the common claims alone, written without it.
  const id = encodeBase32(engine.sha512t256(`{${joinMembers(known, 0, NATS_INDEX)}}`));
  known[JTI_INDEX] = `"jti":"${id}"`;
  const payload = objectOf(joinMembers(known, 0, known.length), unknown);

  const signed = `${HEADER}.${engine.encodeBase64Url(payload)}`;
  return { signed, signer, pair, engine };
}

function objectOf(known: string, unknown: string): string {
  return unknown === "" || known === "" ? `{${known}${unknown}}` : `{${known},${unknown}}`;
}

function signWithPair(draft: Draft, pair: KeyPair): string {
  return sealed(
    draft,
    draft.engine.withUtf8(draft.signed, (message) => pair.sign(message)),
  );
}

function sealed({ signed, engine }: Pick<Draft, "signed" | "engine">, signature: Uint8Array): string {
  return `${signed}.${engine.encodeBase64Url(signature)}`;
}

/** Where these stand in the tables of all kinds. */
const JTI_INDEX: number = genericCodec.names.indexOf("jti");
const NATS_INDEX: number = genericCodec.names.indexOf("nats");

/** What comes from elsewhere is checked: a token with a wrong signature would only be refused by the server. */
async function signOutside(draft: Draft): Promise<string> {
  const { signed, signer, engine } = draft;
  const message = encodeUtf8(signed);
  let signature: unknown;
  try {
    // A copy, and not by slice(): that of a Buffer is a view of memory that holds other things too.
    signature = await signer.sign(new Uint8Array(message));
  } catch (cause) {
    throw new NscError("ERR_SIGNER_FAILED", `the signer of ${signer.publicKey} failed`, { cause });
  }
  assertSignature(engine, signer.publicKey, message, signature);
  return sealed(draft, signature);
}

function assertSignature(
  engine: CryptoEngine,
  publicKey: string,
  message: Uint8Array,
  signature: unknown,
): asserts signature is Uint8Array {
  if (!isBytes(signature) || signature.length !== 64) {
    throw new NscError("ERR_SIGNER_FAILED", `the signer of ${publicKey} did not return the 64 bytes of a signature`);
  }
  if (!verifySignature(engine, publicKey, message, signature)) {
    throw new NscError("ERR_SIGNER_FAILED", `what the signer of ${publicKey} returned is not its signature`);
  }
}
