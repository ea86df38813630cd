import { isNscError, NscError } from "../errors.ts";
import { decode } from "../jwt/decode.ts";
import { sealToken } from "../jwt/encode.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import type { Signer } from "../nkeys/signer.ts";
import { pathKey } from "../store/paths.ts";
import { type CommitOutcome, commitSigned, restOf } from "./commit-changes.ts";
import type { Context } from "./context.ts";
import { formatKept, type KeptRequest, parseKept } from "./kept-request.ts";
import { kindAt, titleOf } from "./paths.ts";
import { formatRequest, type RequestedSignatures, type RequestedToken, requestedSignatures } from "./request-file.ts";
import type { RootSession } from "./root-session.ts";
import { type SignedEntity, signWorkspace } from "./sign-changes.ts";
import { describeAwaited, parseResponse } from "./sign-request.ts";
import type { Workspace } from "./workspace.ts";

/** Options of `Nsc.requestSignatures`. */
export interface RequestSignaturesOptions {
  /**
   * The public keys that are held elsewhere. What one of these has to sign, and is not signed here, is asked for; any other
   * key that is missing is an error, as always.
   */
  readonly keys: readonly string[];
}

/** Changes that wait for signatures: a text that travels to whoever holds the keys, and one that stays. */
export class SignatureRequest {
  readonly #requested: RequestedSignatures;
  readonly #toCommit: string;

  /** @internal */
  constructor(requested: RequestedSignatures, toCommit: string) {
    this.#requested = requested;
    this.#toCommit = toCommit;
  }

  /** A digest of all that is to be signed, which the response names. */
  get id(): string {
    return this.#requested.id;
  }

  /** What has to be signed elsewhere; nothing where all keys were at hand. */
  get tokens(): readonly RequestedToken[] {
    return this.#requested.tokens;
  }

  /** The text for whoever holds the keys, to be signed with `signRequest`. There is no secret in it. */
  get toSign(): string {
    return formatRequest(this.#requested);
  }

  /**
   * The text that stays here, for `applySignatures`. It holds the tokens that were signed here already, so it is to be kept
   * like these, but no seed.
   */
  get toCommit(): string {
    return this.#toCommit;
  }
}

/** Refuses what are no public keys. */
export function assertKeysElsewhere(keys: unknown): asserts keys is readonly string[] {
  const isKey = (key: unknown) => typeof key === "string" && ["operator", "account"].includes(keyPrefix(key));
  if (Array.isArray(keys) && keys.every(isKey)) return;
  throw new NscError("ERR_ARGUMENT_INVALID", "keys must be a list of public keys of operators and accounts");
}

/** Signs what can be signed here, keeps the seeds of new keys in the store, and asks for the rest. */
export async function requestOf(workspace: Workspace, remember: (signer: Signer) => void): Promise<SignatureRequest> {
  const { context } = workspace;
  const signed = await signWorkspace(workspace);
  const awaited = signed.filter(({ awaits }) => awaits !== undefined);
  const unsigned = awaited.map(({ path, token }) => ({ path, input: token }));
  const requested = requestedSignatures(unsigned, context.engine);
  const { keys, outside, ...rest } = restOf(workspace);
  const kept: KeptRequest = {
    id: requested.id,
    tokens: signed.map(({ publicKey: _, issuedAt: __, ...entity }) => entity),
    ...rest,
    keys: workspace.changes().pairs.map(({ publicKey }) => publicKey),
  };
  const request = new SignatureRequest(requested, formatKept(kept));
  if (keys.length > 0) await context.store.commit({ keys });
  for (const signer of outside) remember(signer);
  return request;
}

/** Commits a request, all of whose signatures are there. */
export async function applyResponses(
  session: RootSession,
  toCommit: string,
  responses: string | readonly string[],
): Promise<void> {
  const kept = parseKept(toCommit);
  const signed = joinSignatures(kept, Array.isArray(responses) ? responses : [responses], session.context);
  const places = [...kept.tokens, ...kept.deletes].map(({ path }) => path);
  await session.commit(places, (workspace) => commitKept(workspace, kept, signed));
}

async function commitKept(
  workspace: Workspace,
  { keys, tokens: _, id: __, ...rest }: KeptRequest,
  signed: readonly SignedEntity[],
): Promise<CommitOutcome> {
  for (const publicKey of keys) {
    if ((await workspace.context.store.getKey(publicKey)) !== undefined) continue;
    const why = "its seed was kept in the store for this request, and was removed since: make another request";
    throw new NscError("ERR_STORE_CONFLICT", `${publicKey} can't be used any more: ${why}`);
  }
  for (const { operator, name, value } of rest.meta) workspace.setMeta(operator, name, value);
  return commitSigned(workspace, signed, () => ({ ...rest, keys: [], outside: [] }));
}

/** The tokens of a request with the signatures of all responses. */
function joinSignatures(kept: KeptRequest, responses: readonly string[], { engine }: Context): readonly SignedEntity[] {
  const entities = new Map(kept.tokens.map((entity) => [pathKey(entity.path), entity]));
  const sealed = new Map<string, string>();
  for (const { request, signatures } of responses.map(parseResponse)) {
    if (request !== kept.id) {
      throw new NscError("ERR_REQUEST_MISMATCH", "the response is to another request for signatures than this one");
    }
    for (const { path, signer, signature } of signatures) {
      const entity = entities.get(pathKey(path));
      if (entity?.awaits === undefined || entity.awaits !== signer) {
        const what = `the response signs the ${titleOf(path)} with another key than was asked for, or unasked`;
        throw new NscError("ERR_REQUEST_MISMATCH", what);
      }
      try {
        sealed.set(pathKey(path), sealToken(entity.token, signer, engine.decodeBase64Url(signature), engine));
      } catch (cause) {
        if (!isNscError(cause, "ERR_SIGNER_FAILED")) throw cause;
        throw new NscError("ERR_SIGNER_FAILED", `the ${titleOf(path)} is not signed: ${cause.message}`, { cause });
      }
    }
  }
  const missing = kept.tokens.flatMap(({ path, awaits }) => {
    return awaits === undefined || sealed.has(pathKey(path)) ? [] : [{ path, signer: awaits }];
  });
  if (missing.length > 0) {
    throw new NscError("ERR_SIGNER_MISSING", `signatures are missing of ${describeAwaited(missing)}`);
  }
  return kept.tokens.map(({ path, signed, replacedKeys, ...entity }) => {
    const token = sealed.get(pathKey(path)) ?? entity.token;
    const { sub, iat = 0 } = decode(token, { kind: kindAt(path), engine });
    return { path, publicKey: sub, token, issuedAt: iat, signed, replacedKeys };
  });
}
