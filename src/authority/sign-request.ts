import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { isNscError, NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { encode, sealToken } from "../jwt/encode.ts";
import { type ForeignKeyPair, type Signer, toSigner } from "../nkeys/signer.ts";
import type { StorePath } from "../store/store.ts";
import { assertKnownOptions } from "./options.ts";
import { pendingIn, withActivations } from "./pending-activations.ts";
import { type ReadRequestOptions, type RequestedToken, readSignatureRequest, titleOfToken } from "./request-file.ts";
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
  /** Of an activation: the token but for its signature. */
  readonly activation?: string;
  /** As base64url. */
  readonly signature: string;
}

/** Options of {@link signRequest}. */
export interface SignRequestOptions extends ReadRequestOptions {
  /**
   * The responses of other holders to the same request. Needed where an account imports by an activation that waits for a key of
   * theirs, which has to sign first.
   */
  readonly responses?: readonly string[];
}

const FORMAT = "nsc.js signature response";

/**
 * Signs a request for signatures, on a machine that needs neither network nor store. Whatever waits for one of the keys is
 * signed; the rest is for others, whose responses are handed to `applySignatures` together. Nothing is signed of a file
 * that does not show what would be signed: see `readSignatureRequest`, which is for looking before.
 *
 * @param text - `toSign` of a `SignatureRequest`
 * @param signers - what signs: key pairs, or anything else that does
 * @param options - what others have signed, and what computes
 * @returns the text of the response: public keys, names and signatures
 * @throws NscError `ERR_SIGNER_MISSING` when nothing waits for any of the keys, or an activation has to be signed by others before;
 * `ERR_REQUEST_MISMATCH` for the response to another request; `ERR_REQUEST_FORMAT`, `ERR_SIGNER_INVALID`, `ERR_SIGNER_FAILED`,
 * `ERR_ARGUMENT_INVALID`
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
  assertKnownOptions(options, ["engine", "responses"]);
  const { engine = defaultEngine, responses = [] } = options;
  const { id, tokens } = readSignatureRequest(text, { engine });
  if (!Array.isArray(signers)) throw new NscError("ERR_ARGUMENT_INVALID", "the signers must be a list");
  if (!Array.isArray(responses)) throw new NscError("ERR_ARGUMENT_INVALID", "the responses must be a list of texts");
  const byKey = new Map(signers.map((each) => toSigner(each)).map((signer) => [signer.publicKey, signer]));
  const mine = tokens.filter(({ signer }) => byKey.has(signer));
  if (mine.length === 0) {
    throw new NscError("ERR_SIGNER_MISSING", `the request is for other keys than these: ${describeAwaited(tokens)}`);
  }
  const sign = (token: RequestedToken, claims: RequestedToken["claims"] = token.claims): Promise<string> => {
    // Encoded again they are what was asked for, as reading the request has made sure.
    return encode(claims, byKey.get(token.signer) as Signer, { issuedAt: token.claims.iat ?? 0, engine });
  };
  const activations = tokens.filter(({ kind }) => kind === "activation");
  const sealed = new Map(sealActivations(activations, responses.map(parseResponse), id, engine));
  for (const token of activations.filter((each) => mine.includes(each))) sealed.set(token.input, await sign(token));
  const signatures = await Promise.all(
    mine.map(async (token): Promise<TokenSignature> => {
      const { kind, signer, path, input } = token;
      const entry = { signer, path: path as StorePath };
      if (kind === "activation") return { ...entry, activation: input, signature: signatureIn(sealed.get(input)) };
      const waits = kind === "account" ? waitsOf(token, activations) : [];
      const missing = waits.filter((each) => !sealed.has(each.input));
      if (missing.length > 0) {
        const what = `the ${titleOfToken(token)} is signed after what it imports by: pass the response of ${describeAwaited(missing)}`;
        throw new NscError("ERR_SIGNER_MISSING", what);
      }
      const claims = waits.length === 0 ? token.claims : withActivations(token.claims as AccountClaims, sealed);
      return { ...entry, signature: signatureIn(await sign(token, claims)) };
    }),
  );
  return `${JSON.stringify({ ...headOf(FORMAT), request: id, signatures }, undefined, 2)}\n`;
}

/** The activations of a request that an account in it waits for. */
function waitsOf({ claims }: RequestedToken, activations: readonly RequestedToken[]): readonly RequestedToken[] {
  const byInput = new Map(activations.map((token) => [token.input, token]));
  return pendingIn(claims as AccountClaims, byInput).map((input) => byInput.get(input) as RequestedToken);
}

function signatureIn(token = ""): string {
  return token.slice(token.lastIndexOf(".") + 1);
}

/**
 * The tokens of activations whose signatures are in responses, by their inputs.
 *
 * @throws NscError `ERR_REQUEST_MISMATCH` for what was not asked for, `ERR_SIGNER_FAILED`
 */
export function sealActivations(
  activations: readonly Pick<RequestedToken, "input" | "signer">[],
  responses: readonly SignatureResponse[],
  id: string,
  engine: CryptoEngine,
): ReadonlyMap<string, string> {
  const sealed = new Map<string, string>();
  for (const { request, signatures } of responses) {
    if (request !== id) {
      throw new NscError("ERR_REQUEST_MISMATCH", "the response is to another request for signatures than this one");
    }
    for (const { activation, signer, path, signature } of signatures) {
      if (activation === undefined) continue;
      const title = titleOfToken({ kind: "activation", path });
      if (!activations.some((each) => each.input === activation && each.signer === signer)) {
        const what = `the response signs the ${title} with another key than was asked for, or unasked`;
        throw new NscError("ERR_REQUEST_MISMATCH", what);
      }
      sealed.set(activation, seal(title, activation, signer, signature, engine));
    }
  }
  return sealed;
}

/**
 * The token of an input and a signature of a response.
 *
 * @throws NscError `ERR_SIGNER_FAILED`
 */
export function seal(title: string, input: string, signer: string, signature: string, engine: CryptoEngine): string {
  try {
    return sealToken(input, signer, engine.decodeBase64Url(signature), engine);
  } catch (cause) {
    if (!isNscError(cause, "ERR_SIGNER_FAILED")) throw cause;
    throw new NscError("ERR_SIGNER_FAILED", `the ${title} is not signed: ${cause.message}`, { cause });
  }
}

/** Which keys have to sign what, for people. */
export function describeAwaited(tokens: readonly Pick<RequestedToken, "signer" | "kind" | "path">[]): string {
  const titles = new Map<string, string[]>();
  for (const token of tokens) {
    titles.set(token.signer, [...(titles.get(token.signer) ?? []), titleOfToken(token)]);
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
  if (signer === undefined || signature === undefined || path === undefined) return undefined;
  const { activation } = entry ?? {};
  if (activation === undefined) return { signer, path, signature };
  return typeof activation === "string" ? { signer, path, activation, signature } : undefined;
}
