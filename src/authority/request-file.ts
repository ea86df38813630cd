/** The file that asks for signatures, and goes to whoever holds the keys. */

import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { encodeBase32 } from "../encoding/base32.ts";
import { encodeUtf8 } from "../encoding/bytes.ts";
import { deepFreeze } from "../encoding/freeze.ts";
import { indentJson } from "../encoding/json-string.ts";
import { isNscError } from "../errors.ts";
import type { ActivationClaims } from "../jwt/activation.ts";
import { decodeUnverified } from "../jwt/decode.ts";
import { signingInput } from "../jwt/encode.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { toJson } from "../jwt/to-json.ts";
import { pathKey } from "../store/paths.ts";
import type { StorePath } from "../store/store.ts";
import { AbsentSigner } from "./absent-signer.ts";
import type { EntityClaims } from "./managed-fields.ts";
import { assertKnownOptions } from "./options.ts";
import { kindAt, titleOf } from "./paths.ts";
import { headOf, listOf, malformed, objectOf, parseFile, pathOf, textOf } from "./signature-file.ts";

/** A token that waits for its signature. */
export interface RequestedToken {
  /** The public key that has to sign it. */
  readonly signer: string;
  readonly kind: "operator" | "account" | "user" | "activation";
  /** The names from the operator down to the entity; of an activation those of the account that imports by it. */
  readonly path: readonly string[];
  /** What is to be signed, as it will be read once it is; frozen. */
  readonly claims: ReadonlyDeep<EntityClaims | ActivationClaims>;
  /**
   * The token but for its signature. Its ASCII bytes are what is signed; of an account that imports by an activation which is
   * asked for, too, it is signed after that, with the signature at the end of the import's `token`.
   */
  readonly input: string;
}

/** What a request for signatures asks for. */
export interface RequestedSignatures {
  /** A digest of all that is to be signed, which the response names. */
  readonly id: string;
  readonly tokens: readonly RequestedToken[];
}

/** Options of {@link readSignatureRequest}. */
export interface ReadRequestOptions {
  /** What computes; found by itself by default. */
  readonly engine?: CryptoEngine;
}

/** A token in a request: all else that stands there follows from these. */
export interface UnsignedToken {
  readonly kind: RequestedToken["kind"];
  readonly path: StorePath;
  readonly input: string;
}

const FORMAT = "nsc.js signature request";

/** The request for the signatures of some tokens. */
export function requestedSignatures(tokens: readonly UnsignedToken[], engine: CryptoEngine): RequestedSignatures {
  const places = new Set(tokens.map(({ kind, path, input }) => (kind === "activation" ? input : pathKey(path))));
  if (places.size < tokens.length) throw malformed(FORMAT, "it asks for two signatures of one token");
  const digest = engine.sha512t256(encodeUtf8(tokens.map(({ input }) => input).join("\n")));
  return deepFreeze({ id: encodeBase32(digest), tokens: tokens.map((token) => requestedToken(token, engine)) });
}

function requestedToken(token: UnsignedToken, engine: CryptoEngine): RequestedToken {
  const { kind, path, input } = token;
  try {
    const claims: EntityClaims | ActivationClaims = decodeUnverified(`${input}.`, kind, engine);
    const { iss: signer = "", iat: issuedAt = 0 } = claims;
    // What is not as it would be written can be read in more than one way: names that occur twice, another header or id.
    if (signingInput(claims, new AbsentSigner(signer), { issuedAt, engine }) === input) {
      return { signer, kind, path: [...path], claims, input };
    }
  } catch (error) {
    if (!isNscError(error)) throw error;
    throw malformed(FORMAT, `what is to be signed for the ${titleOfToken(token)} can't be read: ${error.message}`);
  }
  throw malformed(FORMAT, `what is to be signed for the ${titleOfToken(token)} is not written as tokens are`);
}

/** What a token is of, for people. */
export function titleOfToken({ kind, path }: Pick<RequestedToken, "kind" | "path">): string {
  const title = titleOf(path as StorePath);
  return kind === "activation" ? `activation that the ${title} imports by` : title;
}

/** The text of a request. */
export function formatRequest({ id, tokens }: RequestedSignatures): string {
  const head = JSON.stringify({ ...headOf(FORMAT), id }).slice(0, -1);
  const entries = tokens.map(({ signer, kind, path, claims, input }) => {
    const entry = JSON.stringify({ signer, kind, path, subject: claims.sub }).slice(0, -1);
    return `${entry},"claims":${toJson(claims)},"input":${JSON.stringify(input)}}`;
  });
  return `${indentJson(`${head},"tokens":[${entries.join(",")}]}`, 2)}\n`;
}

/**
 * Reads the text of a request for signatures, to be looked at before it is signed. What is shown is what would be signed:
 * the claims are read from the very bytes, and a file that shows anything else is refused.
 *
 * @param text - `toSign` of a `SignatureRequest`
 * @param options - what computes
 * @throws NscError `ERR_REQUEST_FORMAT` for what is no request, was altered, or is of another version;
 * `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { createKeyPair, Nsc, readSignatureRequest } from "nsc.js";
 *
 * const { publicKey } = createKeyPair("operator"); // held elsewhere
 * const { toSign } = await new Nsc().requestSignatures((tx) => tx.addOperator("local", { key: publicKey }), { keys: [publicKey] });
 * const [token] = readSignatureRequest(toSign).tokens;
 * token?.kind; // "operator"
 * token?.signer === publicKey; // true
 * ```
 */
export function readSignatureRequest(text: string, options: ReadRequestOptions = {}): RequestedSignatures {
  assertKnownOptions(options, ["engine"]);
  const { engine = defaultEngine } = options;
  const request = parseFile(text, FORMAT, ({ tokens }) => {
    const unsigned = listOf(tokens, readToken);
    return unsigned && requestedSignatures(unsigned, engine);
  });
  if (withoutSpace(formatRequest(request)) === withoutSpace(text)) return request;
  throw malformed(FORMAT, "what it shows is not what would be signed");
}

function readToken(value: unknown): UnsignedToken | undefined {
  const entry = objectOf(value);
  const path = pathOf(entry?.["path"]);
  const input = textOf(entry?.["input"]);
  if (path === undefined || input === undefined) return undefined;
  const isActivation = entry?.["kind"] === "activation" && path.length === 2;
  return { kind: isActivation ? "activation" : kindAt(path), path, input };
}

/** Without the white space between what JSON consists of, which means nothing and changes in mails and editors. */
function withoutSpace(json: string): string {
  return json.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|\s+/gs, "$1");
}
