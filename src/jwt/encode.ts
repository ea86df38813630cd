/**
 * Writing tokens.
 *
 * @module
 */

import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { encodeBase32 } from "../encoding/base32.ts";
import { isBytes } from "../encoding/bytes.ts";
import { JsonWriter, WrittenJson } from "../encoding/json-codec.ts";
import type { StructCodec } from "../encoding/json-struct.ts";
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
  return sign(entry.claims, claims, entry.issuers, signer, options, (writer) => {
    writer.path.push("nats");
    const overrides = { ...prepared, type: kind, version: FORMAT_VERSION } as Partial<Claims["nats"]>;
    const members = entry.nats.writeMembers(nats, writer, overrides);
    writer.path.pop();
    return new WrittenJson(joinMembers(members));
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
  return sign(genericCodec, claims, undefined, signer, options, () => {
    const data: unknown = claims.nats;
    if (typeof data !== "object" || data === null) return data as undefined;
    return { ...data, version: FORMAT_VERSION } as NonNullable<GenericClaims["nats"]>;
  });
}

async function sign<C extends Claims | GenericClaims>(
  codec: StructCodec<C>,
  claims: ReadonlyDeep<Claims | GenericClaims>,
  issuers: KindEntry["issuers"] | undefined,
  signerOrPair: Signer | ForeignKeyPair,
  options: EncodeOptions,
  natsOf: (writer: JsonWriter) => WrittenJson | C["nats"] | undefined,
): Promise<string> {
  const { issuedAt = Math.floor(Date.now() / 1000), allowUnknown = false, engine = defaultEngine } = options;
  const signer = toSigner(signerOrPair);
  if (typeof (claims as Partial<Claims> | null | undefined)?.sub !== "string" || claims.sub === "") {
    throw new NscError("ERR_CLAIMS_SUBJECT", "subject is not set");
  }
  if (!Number.isSafeInteger(issuedAt)) {
    throw new NscError("ERR_ARGUMENT_INVALID", "issuedAt must be whole seconds since 1970");
  }
  const own: KeyPair | undefined = isKeyPair(signer) ? signer : undefined;
  if (issuers !== undefined && (own === undefined || !issuers.includes(own.kind))) {
    assertIssuer(signer.publicKey, issuers, "ERR_SIGNER_KIND");
  }
  const writer = new JsonWriter(allowUnknown);
  const overrides = { iss: signer.publicKey, iat: issuedAt, jti: undefined, nats: natsOf(writer) };
  const members = codec.writeMembers(claims, writer, overrides as never);

  // The id is a hash over the common claims alone, written without it.
  const common = members.known.slice(0, NATS_INDEX);
  const hashed = `{${common.filter((member) => member !== undefined).join(",")}}`;
  common[JTI_INDEX] = `"jti":"${encodeBase32(engine.sha512t256(engine.encodeUtf8(hashed)))}"`;
  const payload = joinMembers({ known: [...common, members.known[NATS_INDEX]], unknown: members.unknown });

  const signed = `${HEADER}.${engine.encodeBase64Url(engine.encodeUtf8(payload))}`;
  const message = engine.encodeUtf8(signed);
  const signature = own === undefined ? await signOutside(signer, message, engine) : own.sign(message);
  return `${signed}.${engine.encodeBase64Url(signature)}`;
}

/** Where these stand in the tables of all kinds. */
const JTI_INDEX: number = genericCodec.names.indexOf("jti");
const NATS_INDEX: number = genericCodec.names.indexOf("nats");

function joinMembers({
  known,
  unknown,
}: {
  known: readonly (string | undefined)[];
  unknown: readonly string[];
}): string {
  return `{${[...known.filter((member) => member !== undefined), ...unknown].join(",")}}`;
}

/** What comes from elsewhere is checked: a token with a wrong signature would only be refused by the server. */
async function signOutside(signer: Signer, message: Uint8Array, engine: CryptoEngine): Promise<Uint8Array> {
  let signature: unknown;
  try {
    signature = await signer.sign(message.slice());
  } catch (cause) {
    throw new NscError("ERR_SIGNER_FAILED", `the signer of ${signer.publicKey} failed`, { cause });
  }
  if (!isBytes(signature) || signature.length !== 64) {
    throw new NscError(
      "ERR_SIGNER_FAILED",
      `the signer of ${signer.publicKey} did not return the 64 bytes of a signature`,
    );
  }
  if (!verifySignature(engine, signer.publicKey, message, signature)) {
    throw new NscError("ERR_SIGNER_FAILED", `what the signer of ${signer.publicKey} returned is not its signature`);
  }
  return signature;
}
