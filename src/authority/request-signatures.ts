import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import type { Signer } from "../nkeys/signer.ts";
import { auditIssued } from "./audit.ts";
import { type CommitOutcome, commitSigned, restOf } from "./commit-changes.ts";
import { joinSignatures } from "./join-signatures.ts";
import { formatKept, type KeptRequest, parseKept } from "./kept-request.ts";
import { kindAt } from "./paths.ts";
import { type PendingActivation, pendingIn } from "./pending-activations.ts";
import {
  formatRequest,
  type RequestedSignatures,
  type RequestedToken,
  requestedSignatures,
  type UnsignedToken,
} from "./request-file.ts";
import type { RootSession } from "./root-session.ts";
import { type SignedEntity, signWorkspace } from "./sign-changes.ts";
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
  const activations = pendingActivations(workspace);
  const unsigned: UnsignedToken[] = [];
  for (const { path, token, awaits } of signed) {
    // What only waits for an activation is signed here, once that is signed.
    if (awaits === undefined || (await workspace.findSigner(awaits)) !== undefined) continue;
    unsigned.push({ kind: kindAt(path), path, input: token });
  }
  const requested = requestedSignatures([...activations, ...unsigned], context.engine);
  const { keys, outside, ...rest } = restOf(workspace);
  const kept: KeptRequest = {
    id: requested.id,
    tokens: signed.map(({ publicKey: _, issuedAt: __, ...entity }) => entity),
    activations: activations.map(({ input }) => workspace.activations.get(input) as PendingActivation),
    ...rest,
    keys: workspace.changes().pairs.map(({ publicKey }) => publicKey),
  };
  const request = new SignatureRequest(requested, formatKept(kept));
  if (keys.length > 0) await context.store.commit({ keys });
  for (const signer of outside) remember(signer);
  return request;
}

/** The activations that accounts wait for, each with the place of its account. */
function pendingActivations(workspace: Workspace): readonly UnsignedToken[] {
  const found = new Map<string, UnsignedToken>();
  for (const { path, claims } of workspace.changedDrafts()) {
    if (path.length !== 2) continue;
    for (const input of pendingIn(claims as AccountClaims, workspace.activations)) {
      found.set(input, { kind: "activation", path, input });
    }
  }
  return [...found.values()];
}

/** Commits a request, all of whose signatures are there. */
export async function applyResponses(
  session: RootSession,
  toCommit: string,
  responses: string | readonly string[],
): Promise<void> {
  const kept = parseKept(toCommit);
  const texts = Array.isArray(responses) ? responses : [responses];
  const { context, signers } = session;
  const { signed, activations } = await joinSignatures(kept, texts, signers, context.engine);
  const places = [...kept.tokens, ...kept.deletes].map(({ path }) => path);
  await session.commit(places, (workspace) => commitKept(workspace, kept, signed));
  for (const { path, token } of activations) await auditIssued(context, "activation", path, token);
}

async function commitKept(
  workspace: Workspace,
  { keys, tokens: _, id: __, activations: ___, ...rest }: KeptRequest,
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
