import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { NscError } from "../errors.ts";
import { encode } from "../jwt/encode.ts";
import { type ForeignKeyPair, type Signer, toSigner } from "../nkeys/signer.ts";
import type { StorePath } from "../store/store.ts";
import { titleOf } from "./paths.ts";
import { type RequestedToken, readSignatureRequest, type SignRequestOptions } from "./request-file.ts";
import { headOf, listOf, objectOf, parseFile, pathOf, textOf } from "./signature-file.ts";

/** What answers a request for signatures. */
export interface SignatureResponse {
  /** The id of the request. */
  readonly request: string;
  readonly signatures: readonly TokenSignature[];
}

interface TokenSignature {
  readonly signer: string;
  readonly path: StorePath;
  /** As base64url. */
  readonly signature: string;
}

const FORMAT = "nsc.js signature response";

/**
 * Signs a request for signatures, on a machine that needs neither network nor store. Whatever waits for one of the keys is
 * signed; the rest is for others, whose responses are handed to `applySignatures` together. Nothing is signed of a file
 * that does not show what would be signed: see `readSignatureRequest`, which is for looking before.
 *
 * @param text - `toSign` of a `SignatureRequest`
 * @param signers - what signs: key pairs, or anything else that does
 * @param options - what computes
 * @returns the text of the response: public keys, names and signatures
 * @throws NscError `ERR_SIGNER_MISSING` when nothing waits for any of the keys; `ERR_REQUEST_FORMAT`,
 * `ERR_SIGNER_INVALID`, `ERR_SIGNER_FAILED`, `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { createKeyPair, Nsc, signRequest } from "nsc.js";
 *
 * const offline = createKeyPair("operator"); // only its public key leaves the machine
 * const nsc = new Nsc();
 * const keys = [offline.publicKey];
 * const request = await nsc.requestSignatures((tx) => tx.addOperator("local", { key: offline.publicKey }), { keys });
 *
 * const response = await signRequest(request.toSign, [offline]); // there
 * await nsc.applySignatures(request.toCommit, response); // and here again
 * (await nsc.operator("local")).publicKey === offline.publicKey; // true
 * ```
 */
export async function signRequest(
  text: string,
  signers: readonly (Signer | ForeignKeyPair)[],
  options: SignRequestOptions = {},
): Promise<string> {
  const { engine = defaultEngine } = options;
  const { id, tokens } = readSignatureRequest(text, options);
  if (!Array.isArray(signers)) throw new NscError("ERR_ARGUMENT_INVALID", "the signers must be a list");
  const byKey = new Map(signers.map((each) => toSigner(each)).map((signer) => [signer.publicKey, signer]));
  const mine = tokens.filter(({ signer }) => byKey.has(signer));
  if (mine.length === 0) {
    throw new NscError("ERR_SIGNER_MISSING", `the request is for other keys than these: ${describeAwaited(tokens)}`);
  }
  const signatures = await Promise.all(
    mine.map(async (token) => {
      const { signer, path } = token;
      return { signer, path, signature: await signatureOf(token, byKey.get(signer) as Signer, engine) };
    }),
  );
  return `${JSON.stringify({ ...headOf(FORMAT), request: id, signatures }, undefined, 2)}\n`;
}

async function signatureOf({ claims }: RequestedToken, signer: Signer, engine: CryptoEngine): Promise<string> {
  // Encoded again they are what was asked for, as reading the request has made sure.
  const token = await encode(claims, signer, { issuedAt: claims.iat ?? 0, engine });
  return token.slice(token.lastIndexOf(".") + 1);
}

/** Which keys have to sign what, for people. */
export function describeAwaited(tokens: readonly Pick<RequestedToken, "signer" | "path">[]): string {
  const titles = new Map<string, string[]>();
  for (const { signer, path } of tokens) {
    titles.set(signer, [...(titles.get(signer) ?? []), titleOf(path)]);
  }
  return [...titles].map(([signer, each]) => `${signer} for the ${each.join(", the ")}`).join("; ") || "none";
}

/**
 * Reads the text of a response.
 *
 * @throws NscError `ERR_REQUEST_FORMAT`, `ERR_ARGUMENT_INVALID`
 */
export function parseResponse(text: string): SignatureResponse {
  return parseFile(text, FORMAT, (content) => {
    const request = textOf(content["request"]);
    const signatures = listOf(content["signatures"], readSignature);
    return request !== undefined && signatures ? { request, signatures } : undefined;
  });
}

function readSignature(value: unknown): TokenSignature | undefined {
  const entry = objectOf(value);
  const [signer, signature] = [textOf(entry?.["signer"]), textOf(entry?.["signature"])];
  const path = pathOf(entry?.["path"]);
  return signer !== undefined && signature !== undefined && path ? { signer, path, signature } : undefined;
}
