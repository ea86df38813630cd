/** Puts the signatures of responses to the tokens that were kept for them. */

import type { CryptoEngine } from "../crypto/engine.ts";
import { NscError } from "../errors.ts";
import { decode, decodeUnverified } from "../jwt/decode.ts";
import { encode, signingInput } from "../jwt/encode.ts";
import { pathKey } from "../store/paths.ts";
import { AbsentSigner } from "./absent-signer.ts";
import type { KeptRequest } from "./kept-request.ts";
import { type AccountPath, kindAt, titleOf } from "./paths.ts";
import { pendingIn, waitingAccount, withActivations } from "./pending-activations.ts";
import type { SignedEntity } from "./sign-changes.ts";
import { describeAwaited, parseResponse, type SignatureResponse, seal, sealActivations } from "./sign-request.ts";
import type { SignerSource } from "./workspace.ts";

/** All tokens of a request, signed. */
export interface JoinedTokens {
  readonly signed: readonly SignedEntity[];
  /** The activations in them, with the path of the account that issued each. */
  readonly activations: readonly { readonly path: AccountPath; readonly token: string }[];
}

type KeptToken = KeptRequest["tokens"][number];

/**
 * The tokens of a request with the signatures of all responses. What had to wait for an activation, and no longer, is signed here
 * where its key is at hand.
 *
 * @throws NscError `ERR_REQUEST_MISMATCH`, `ERR_REQUEST_FORMAT`, `ERR_SIGNER_MISSING`, `ERR_SIGNER_FAILED`
 */
export async function joinSignatures(
  kept: KeptRequest,
  texts: readonly string[],
  signers: SignerSource,
  engine: CryptoEngine,
): Promise<JoinedTokens> {
  const responses = texts.map(parseResponse);
  const issuerOf = (input: string) => decodeUnverified(`${input}.`, "activation", engine).iss ?? "";
  const asked = new Map(kept.activations.map(({ input }) => [input, { input, signer: issuerOf(input) }]));
  const activations = sealActivations([...asked.values()], responses, kept.id, engine);
  const signatures = signaturesIn(kept, responses);
  const missing: Parameters<typeof describeAwaited>[0][number][] = [];
  const signed: SignedEntity[] = [];
  for (const entity of kept.tokens) {
    const { path, replacedKeys, awaits } = entity;
    const waits =
      awaits === undefined || path.length !== 2 ? [] : pendingIn(waitingAccount(entity.token, engine), asked);
    const unsigned = waits.filter((input) => !activations.has(input));
    for (const input of unsigned) missing.push({ kind: "activation", path, signer: issuerOf(input) });
    if (unsigned.length > 0) continue;
    const parts = { signature: signatures.get(pathKey(path)), activations, isWaiting: waits.length > 0 };
    const token = awaits === undefined ? entity.token : await tokenOf(entity, awaits, parts, signers, engine);
    if (token === undefined) {
      missing.push({ kind: kindAt(path), path, signer: awaits as string });
      continue;
    }
    const { sub, iat = 0 } = decode(token, { kind: kindAt(path), engine });
    signed.push({ path, publicKey: sub, token, issuedAt: iat, signed: entity.signed, replacedKeys });
  }
  if (missing.length > 0) {
    throw new NscError("ERR_SIGNER_MISSING", `signatures are missing of ${describeAwaited(missing)}`);
  }
  const issued = kept.activations.map(({ path, input }) => ({ path, token: activations.get(input) as string }));
  return { signed, activations: issued };
}

/** The signatures of entities in responses, by the keys of their places. */
function signaturesIn({ tokens }: KeptRequest, responses: readonly SignatureResponse[]): ReadonlyMap<string, string> {
  const awaited = new Map(tokens.map(({ path, awaits }) => [pathKey(path), awaits]));
  const signatures = new Map<string, string>();
  for (const { path, signer, activation, signature } of responses.flatMap((response) => response.signatures)) {
    if (activation !== undefined) continue;
    if (awaited.get(pathKey(path)) !== signer) {
      const what = `the response signs the ${titleOf(path)} with another key than was asked for, or unasked`;
      throw new NscError("ERR_REQUEST_MISMATCH", what);
    }
    signatures.set(pathKey(path), signature);
  }
  return signatures;
}

/** What is known of a token that awaits a signature. */
interface TokenParts {
  readonly signature: string | undefined;
  readonly activations: ReadonlyMap<string, string>;
  /** Whether there are activations in it that it had to wait for. */
  readonly isWaiting: boolean;
}

async function tokenOf(
  { path, token: input }: KeptToken,
  awaits: string,
  { signature, activations, isWaiting }: TokenParts,
  signers: SignerSource,
  engine: CryptoEngine,
): Promise<string | undefined> {
  if (!isWaiting) return signature === undefined ? undefined : seal(titleOf(path), input, awaits, signature, engine);
  const claims = withActivations(waitingAccount(input, engine), activations);
  const options = { issuedAt: claims.iat ?? 0, engine };
  if (signature !== undefined) {
    return seal(titleOf(path), signingInput(claims, new AbsentSigner(awaits), options), awaits, signature, engine);
  }
  const signer = await signers.find(awaits);
  return signer && encode(claims, signer, options);
}
