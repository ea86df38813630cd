import { parseDate } from "../encoding/dates.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { ActivationClaims } from "../jwt/activation.ts";
import { createActivationClaims } from "../jwt/create-claims.ts";
import { encode, signingInput } from "../jwt/encode.ts";
import { type Expires, expiryOf } from "../jwt/expiry.ts";
import type { ExportType } from "../jwt/export-type.ts";
import type { Export } from "../jwt/exports.ts";
import { ClaimsError } from "../jwt/issues.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { clearRevocation, revoke } from "../jwt/revocations.ts";
import { validate } from "../jwt/validate.ts";
import type { Signer } from "../nkeys/signer.ts";
import { AbsentSigner } from "./absent-signer.ts";
import { auditIssued } from "./audit.ts";
import { type Context, nowOf, refuse } from "./context.ts";
import { coveringExports } from "./covering-exports.ts";
import { request } from "./drafts.ts";
import { assertExportType, assertSubject, type ExportChoice, theExport } from "./export-verbs.ts";
import { issuedAtFor, revokedAt } from "./issued-at.ts";
import { publicKeyOf } from "./key-input.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, type OperatorPath, titleOf } from "./paths.ts";
import { type RotationState, readRotations } from "./rotation-state.ts";
import { chooseSigner, type SignerInput } from "./signer-choice.ts";
import type { Workspace } from "./workspace.ts";

/** What an activation allows, and to whom. */
export interface ActivationInit {
  /** The importing account: a handle, or its public key. */
  readonly to: { readonly publicKey: string } | string;
  /** The subject that may be imported, covered by a private export. */
  readonly subject: string;
  /** What may be imported; needed where both a stream and a service cover the subject. */
  readonly type?: ExportType;
  /** When it expires; never by default. */
  readonly expires?: Expires;
  /** When it becomes valid; at once by default. */
  readonly notBefore?: Date;
  /** Who signs: a public key of the account, a role, a key pair or a `Signer`. */
  readonly signer?: SignerInput;
}

const ACTIVATION = ["to", "subject", "type", "expires", "notBefore", "signer"];

/** The exporting account, and what signs for it. */
export interface Exporter {
  readonly context: Context;
  readonly path: AccountPath;
  readonly claims: ReadonlyDeep<AccountClaims>;
  readonly operator: ReadonlyDeep<OperatorClaims> | undefined;
  readonly rotations: readonly RotationState[];
  readonly find: (publicKey: string) => Promise<Signer | undefined>;
}

/** Signs an activation. */
export async function signActivation(exporter: Exporter, init: ActivationInit): Promise<string> {
  const { context, path } = exporter;
  const { claims, signer, issuedAt } = await drawUpActivation(exporter, init);
  const token = await encode(claims, signer, { issuedAt, engine: context.engine });
  await auditIssued(context, "activation", path, token);
  return token;
}

/** The activation of an import; where it has to be signed elsewhere, what stands for it until then. */
export async function activationFor(workspace: Workspace, path: AccountPath, init: ActivationInit): Promise<string> {
  const { context } = workspace;
  const { claims: activation, signer, issuedAt } = await drawUpActivation(await exporterIn(workspace, path), init);
  const options = { issuedAt, engine: context.engine };
  if (signer instanceof AbsentSigner) {
    return workspace.awaitActivation({ path, input: signingInput(activation, signer, options) });
  }
  const token = await encode(activation, signer, options);
  await auditIssued(context, "activation", path, token);
  return token;
}

/** An exporting account as it is among the changes of a workspace. */
export async function exporterIn(workspace: Workspace, path: AccountPath): Promise<Exporter> {
  const claims = await workspace.need(path);
  return {
    context: workspace.context,
    path,
    claims,
    operator: await workspace.need<OperatorPath>([path[0]]),
    rotations: await readRotations(workspace, path, claims.sub),
    find: (publicKey) => workspace.findIssuer(publicKey),
  };
}

/** An activation that is not signed yet. */
interface DrawnActivation {
  readonly claims: ActivationClaims;
  readonly signer: Signer;
  readonly issuedAt: number;
}

async function drawUpActivation(exporter: Exporter, init: ActivationInit): Promise<DrawnActivation> {
  assertKnownOptions(init, ACTIVATION);
  const { context, path, claims: account } = exporter;
  const { subject, type, expires = "never", notBefore, signer: requested } = init;
  assertSubject(subject);
  if (type !== undefined) assertExportType(type);
  const to = importerKey(init.to);
  const chosen = privateExport(path, account.nats.exports ?? [], subject, type);
  const now = nowOf(context);
  const what = titleOfActivation(chosen.type, subject);
  const signer = await signerOfActivation(exporter, what, requested);
  const claims = createActivationClaims(to, { name: subject, nats: { subject, kind: chosen.type as ExportType } });
  if (signer.publicKey !== account.sub) claims.nats.issuer_account = account.sub;
  const exp = expiryOf(expires, new Date(now * 1000));
  if (exp !== undefined && exp <= now) refuse(context, invalid("expires is in the past"));
  if (exp !== undefined) claims.exp = exp;
  if (notBefore !== undefined) claims.nbf = parseDate(notBefore, "notBefore");
  const issues = validate(claims, { now });
  const error = issues.find(({ level }) => level === "error");
  if (error !== undefined) throw new ClaimsError(`${what}: ${error.message}`, issues);
  return { claims, signer, issuedAt: issuedAtFor(what, now, revokedAt(chosen, to)) };
}

/** What is signed, for people. */
export function titleOfActivation(type: ExportType | undefined, subject: string): string {
  return `the activation of the ${type} ${JSON.stringify(subject)}`;
}

/** Who signs an activation. */
export async function signerOfActivation(
  { context, path, claims, operator, rotations, find }: Exporter,
  what: string,
  requested: SignerInput | undefined,
): Promise<Signer> {
  const strict = operator?.nats.strict_signing_key_usage === true;
  const issuer = { title: `the ${titleOf(path)}`, claims, strict, rotations };
  const { signer } = await chooseSigner({
    what,
    issuer,
    requested,
    current: undefined,
    policy: context.signerPolicy,
    find,
  });
  return signer;
}

/** The private export that covers a subject. */
function privateExport(
  path: AccountPath,
  exports: readonly ReadonlyDeep<Export>[],
  subject: string,
  type: ExportType | undefined,
): ReadonlyDeep<Export> {
  const covering = coveringExports(exports, subject).filter((entry) => type === undefined || entry.type === type);
  const [chosen, other] = covering.filter((entry) => entry.token_req === true);
  const title = `${type ?? "stream or service"} ${JSON.stringify(subject)}`;
  if (chosen === undefined) {
    const why = covering.length > 0 ? "needs no activation: the export is public" : "is not exported";
    throw new NscError("ERR_ENTITY_NOT_FOUND", `the ${title} of the ${titleOf(path)} ${why}`);
  }
  if (other !== undefined && other.type !== chosen.type) {
    throw invalid(`the ${titleOf(path)} exports both a stream and a service that cover it: say type`);
  }
  return chosen;
}

/** The public key of an importing account. */
export function importerKey(given: unknown): string {
  const key = publicKeyOf("account", given);
  if (key !== undefined) return key;
  throw new NscError("ERR_KEY_KIND", "the importing account must be an Account, or the public key of one");
}

/** Options of `Account.revokeActivation`. */
export interface RevokeActivationOptions extends ExportChoice {
  /** The time up to which activations are revoked, that second included; now by default. */
  readonly at?: Date;
}

/** Revokes the activations of an account for an export, or those of all. */
export async function revokeActivation(
  workspace: Workspace,
  path: AccountPath,
  subject: string,
  to: { readonly publicKey: string } | string,
  options: RevokeActivationOptions,
): Promise<void> {
  assertKnownOptions(options, ["type", "signer", "at"]);
  const { type, signer, at } = options;
  const key = to === "*" ? to : importerKey(to);
  const draft = await workspace.draft(path);
  const chosen = theExport(path, draft.claims.nats.exports ?? [], subject, type);
  if (chosen.token_req !== true) throw invalid("a public export has no activations that could be revoked");
  revoke(chosen, key, at === undefined ? nowOf(workspace.context) : parseDate(at, "at"));
  request(draft, signer);
}

/** Takes the revocation of activations back. */
export async function clearActivationRevocation(
  workspace: Workspace,
  path: AccountPath,
  subject: string,
  to: { readonly publicKey: string } | string,
  options: ExportChoice,
): Promise<void> {
  assertKnownOptions(options, ["type", "signer"]);
  const key = to === "*" ? to : importerKey(to);
  const draft = await workspace.draft(path);
  const chosen = theExport(path, draft.claims.nats.exports ?? [], subject, options.type);
  if (!Object.hasOwn(chosen.revocations ?? {}, key)) {
    throw new NscError(
      "ERR_ENTITY_NOT_FOUND",
      `the export ${JSON.stringify(subject)} of the ${titleOf(path)} has no revocation of ${key}`,
    );
  }
  clearRevocation(chosen, key);
  if (Object.keys(chosen.revocations ?? {}).length === 0) delete chosen.revocations;
  request(draft, options.signer);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
