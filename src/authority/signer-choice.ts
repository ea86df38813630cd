import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { signingKeyOf, type UserScope } from "../jwt/signing-keys.ts";
import { type ForeignKeyPair, type Signer, toSigner } from "../nkeys/signer.ts";
import type { SignerPolicy } from "./context.ts";
import { isOfIdentity, type RotationState } from "./rotation-state.ts";

/** Who is to sign: the public key of one of the issuer's keys, the name of a role, a key pair, or anything that signs. */
export type SignerInput = string | Signer | ForeignKeyPair;

/** Who was asked to sign; of a role nobody but its keys. */
export type RequestedSigner = SignerInput | RoleRequest;

interface RoleRequest {
  readonly role: string;
}

/** What signs, and the scope of its key if it has one. */
export interface SignerChoice {
  readonly signer: Signer;
  readonly scope?: ReadonlyDeep<UserScope>;
}

/** A key that may issue. */
interface Candidate {
  readonly publicKey: string;
  readonly scope?: ReadonlyDeep<UserScope>;
}

/** The issuer of a token: an operator for accounts, an account for users and activations. */
export interface Issuer {
  /** Its kind and name, for people. */
  readonly title: string;
  readonly claims: ReadonlyDeep<OperatorClaims | AccountClaims>;
  /** Whether the operator demands signing keys. */
  readonly strict: boolean;
  /** The rotations of its signing keys that are under way. */
  readonly rotations: readonly RotationState[];
}

/** What {@link chooseSigner} decides on. */
export interface SignerQuestion {
  /** What is to be signed, for people. */
  readonly what: string;
  readonly issuer: Issuer;
  /** Who was asked for. */
  readonly requested: RequestedSigner | undefined;
  /** The issuer of the token that is replaced. */
  readonly current: string | undefined;
  readonly policy: SignerPolicy;
  /** What signs for a key, if it is at hand. */
  readonly find: (publicKey: string) => Promise<Signer | undefined>;
}

/**
 * THE choice of who signs. Who was asked for wins; then the issuer that the token has, if it may still issue; then the
 * policy. A scoped key signs only when it was asked for or is the present issuer. No other key steps in for one whose key
 * is missing: the error names those that would do. Of the two keys of a rotation only one is chosen: the old one until
 * servers trust the new one, and then that, also in place of an issuer that is the old one.
 */
export async function chooseSigner(question: SignerQuestion): Promise<SignerChoice> {
  const { issuer, requested, current, policy } = question;
  const candidates = candidatesOf(issuer);
  const replaced = replacedKeys(issuer, candidates);
  const chosen = candidates.filter(({ publicKey }) => !replaced.has(publicKey));
  if (requested !== undefined) return requestedSigner(question, candidates, chosen, requested);
  const present = presentIssuer(issuer, candidates, replaced, current);
  if (present !== undefined && (policy === "signing-key-first" || present.scope !== undefined)) {
    return atHand(question, candidates, present);
  }
  const unscoped = chosen.filter(({ scope }) => scope === undefined);
  if (policy === "identity-first") {
    const others = unscoped.filter((candidate) => candidate !== present);
    return firstAtHand(question, candidates, present === undefined ? others : [present, ...others]);
  }
  const identities = identitiesOf(issuer);
  const signingKeys = unscoped.filter(({ publicKey }) => !identities.includes(publicKey));
  if (signingKeys.length === 0) {
    const identity = unscoped[0];
    if (identity !== undefined) return atHand(question, candidates, identity);
    throw noSigningKey(question, candidates);
  }
  const found = await allAtHand(question, signingKeys);
  if (found.length === 1) return found[0] as SignerChoice;
  if (found.length === 0) throw await missing(question, candidates, signingKeys);
  throw ambiguous(question, found);
}

/** The signing keys without a role that may issue, in the order of the claims; of the two of a rotation one. */
export function unscopedKeys(issuer: Issuer): readonly string[] {
  const candidates = candidatesOf(issuer);
  const [replaced, identities] = [replacedKeys(issuer, candidates), identitiesOf(issuer)];
  return candidates
    .filter(
      ({ publicKey, scope }) => scope === undefined && !replaced.has(publicKey) && !identities.includes(publicKey),
    )
    .map(({ publicKey }) => publicKey);
}

/** The identity, unless signing keys are demanded, and the signing keys in the order of the claims. */
function candidatesOf(issuer: Issuer): Candidate[] {
  const { claims, strict } = issuer;
  const keys = (claims.nats.signing_keys ?? []).map((key): Candidate => {
    return typeof key === "string" ? { publicKey: key } : { publicKey: signingKeyOf(key), scope: key };
  });
  if (strict) return keys;
  const identities = identitiesOf(issuer);
  const isIdentity = ({ publicKey }: Candidate): boolean => identities.includes(publicKey);
  return [{ publicKey: claims.sub }, ...keys.filter(isIdentity), ...keys.filter((key) => !isIdentity(key))];
}

/** The identity, and the one whose place it takes in a rotation: among the signing keys, but for its trust no other than before. */
function identitiesOf({ claims, rotations }: Issuer): readonly string[] {
  const former = rotations.filter((rotation) => isOfIdentity(rotation, claims.sub));
  return [claims.sub, ...former.map(({ from }) => from)];
}

/** The keys that are passed over for the other one of their rotation, each with that one. */
function replacedKeys({ rotations }: Issuer, candidates: readonly Candidate[]): ReadonlyMap<string, string> {
  const replaced = new Map<string, string>();
  for (const { from, to, stage } of rotations) {
    const pair = [from, to].map((key) => candidates.find(({ publicKey }) => publicKey === key));
    // Others may have removed one of them, or made it a key for something else.
    if (pair.includes(undefined) || pair[0]?.scope?.role !== pair[1]?.scope?.role) continue;
    if (stage === "prepared") replaced.set(to, from);
    else replaced.set(from, to);
  }
  return replaced;
}

/** The issuer of the token that is replaced, or the key that replaces it. Whoever was asked to sign with a new key stays. */
function presentIssuer(
  { rotations }: Issuer,
  candidates: readonly Candidate[],
  replaced: ReadonlyMap<string, string>,
  current: string | undefined,
): Candidate | undefined {
  const isOld = rotations.some(({ from }) => from === current);
  const key = (isOld ? replaced.get(current ?? "") : undefined) ?? current;
  return candidates.find(({ publicKey }) => publicKey === key);
}

async function requestedSigner(
  question: SignerQuestion,
  candidates: readonly Candidate[],
  chosen: readonly Candidate[],
  requested: RequestedSigner,
): Promise<SignerChoice> {
  const { issuer } = question;
  if (isRoleRequest(requested)) {
    const meant = chosen.filter(({ scope }) => scope?.role === requested.role);
    return oneOf(question, candidates, meant, requested.role);
  }
  if (typeof requested !== "string") {
    const signer = toSigner(requested);
    assertNotStrict(question, signer.publicKey);
    const candidate = candidates.find(({ publicKey }) => publicKey === signer.publicKey);
    if (candidate !== undefined) return { signer, ...(candidate.scope && { scope: candidate.scope }) };
    throw new NscError(
      "ERR_SIGNER_UNTRUSTED",
      `${signer.publicKey} is no key of ${issuer.title}, so nobody would trust what it signs`,
    );
  }
  assertNotStrict(question, requested);
  const key = candidates.filter(({ publicKey }) => publicKey === requested);
  const meant = key.length > 0 ? key : chosen.filter(({ scope }) => scope?.role === requested);
  return oneOf(question, candidates, meant, requested);
}

function isRoleRequest(requested: RequestedSigner): requested is RoleRequest {
  return typeof requested === "object" && requested !== null && !("sign" in requested) && "role" in requested;
}

/** The one of the keys that were meant that is at hand. */
async function oneOf(
  question: SignerQuestion,
  candidates: readonly Candidate[],
  meant: readonly Candidate[],
  requested: string,
): Promise<SignerChoice> {
  const { issuer } = question;
  if (meant.length === 1) return atHand(question, candidates, meant[0] as Candidate);
  if (meant.length === 0) {
    throw new NscError(
      "ERR_SIGNER_UNKNOWN",
      `${issuer.title} has no key and no role ${JSON.stringify(requested)}; it has ${describe(candidates)}`,
    );
  }
  const found = await allAtHand(question, meant);
  if (found.length === 1) return found[0] as SignerChoice;
  if (found.length === 0) throw await missing(question, candidates, meant);
  throw ambiguous(question, found);
}

function assertNotStrict({ issuer, what }: SignerQuestion, publicKey: string): void {
  if (!issuer.strict || publicKey !== issuer.claims.sub) return;
  throw new NscError(
    "ERR_SIGNER_STRICT",
    `the operator demands signing keys, so the identity of ${issuer.title} can't sign ${what}`,
  );
}

async function atHand(
  question: SignerQuestion,
  candidates: readonly Candidate[],
  candidate: Candidate,
): Promise<SignerChoice> {
  const [found] = await allAtHand(question, [candidate]);
  if (found !== undefined) return found;
  throw await missing(question, candidates, [candidate]);
}

async function firstAtHand(
  question: SignerQuestion,
  candidates: readonly Candidate[],
  wanted: readonly Candidate[],
): Promise<SignerChoice> {
  for (const candidate of wanted) {
    const [found] = await allAtHand(question, [candidate]);
    if (found !== undefined) return found;
  }
  if (wanted.length === 0) throw noSigningKey(question, candidates);
  throw await missing(question, candidates, wanted);
}

async function allAtHand({ find }: SignerQuestion, candidates: readonly Candidate[]): Promise<SignerChoice[]> {
  const found = await Promise.all(
    candidates.map(async ({ publicKey, scope }): Promise<SignerChoice | undefined> => {
      const signer = await find(publicKey);
      return signer && { signer, ...(scope && { scope }) };
    }),
  );
  return found.filter((choice) => choice !== undefined);
}

async function missing(
  question: SignerQuestion,
  candidates: readonly Candidate[],
  wanted: readonly Candidate[],
): Promise<NscError> {
  const others = candidates.filter((candidate) => !wanted.includes(candidate));
  const found = (await allAtHand(question, others)).map(({ signer, scope }) => ({
    publicKey: signer.publicKey,
    ...(scope && { scope }),
  }));
  const instead = found.length === 0 ? "" : `; at hand is ${describe(found)}, which has to be asked for as signer`;
  return new NscError(
    "ERR_SIGNER_MISSING",
    `the private key that would sign ${question.what} is not at hand: ${describe(wanted)}${instead}`,
  );
}

function ambiguous({ what, issuer }: SignerQuestion, found: readonly SignerChoice[]): NscError {
  const keys = found.map(({ signer, scope }) => ({ publicKey: signer.publicKey, ...(scope && { scope }) }));
  return new NscError(
    "ERR_SIGNER_AMBIGUOUS",
    `several keys of ${issuer.title} could sign ${what}, so one has to be asked for as signer: ${describe(keys)}`,
  );
}

function noSigningKey({ what, issuer }: SignerQuestion, candidates: readonly Candidate[]): NscError {
  const roles = candidates.length === 0 ? "" : `; of its roles, one has to be asked for: ${describe(candidates)}`;
  return new NscError(
    "ERR_SIGNING_KEY_REQUIRED",
    `the operator demands signing keys, and ${issuer.title} has none that could sign ${what}: add one${roles}`,
  );
}

function describe(candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return "none";
  return candidates
    .map(({ publicKey, scope }) =>
      scope === undefined ? publicKey : `${publicKey} (role ${JSON.stringify(scope.role)})`,
    )
    .join(", ");
}
