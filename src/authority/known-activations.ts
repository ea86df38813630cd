import { isNscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { ActivationClaims } from "../jwt/activation.ts";
import { activationHashId } from "../jwt/activation-hash.ts";
import { decode } from "../jwt/decode.ts";
import { didSign } from "../jwt/did-sign.ts";
import type { ExportType } from "../jwt/export-type.ts";
import { type Import, importSubjects } from "../jwt/imports.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { areClaimsRevoked } from "../jwt/revocations.ts";
import { isCoveredBy } from "../subjects/subject.ts";
import type { Account } from "./account.ts";
import type { Cell } from "./cell.ts";
import { type Context, nowOf } from "./context.ts";
import { coveringExports } from "./covering-exports.ts";
import { cellsBelow, loadCell } from "./handle.ts";
import type { AccountPath } from "./paths.ts";

/** An activation that an account issued, as it was found in the import of another. */
export class KnownActivation {
  /** The account that imports by it. */
  readonly importer: Account;
  /** The subject that it allows, as the exporting account has it. */
  readonly subject: string;
  readonly type: ExportType;
  /** Its id, as account servers know it: see `activationHashId`. */
  readonly hash: string;
  readonly issuedAt: Date;
  /** When it expires; nothing for never. */
  readonly expires: Date | undefined;
  /** Whether the exporting account revoked it. */
  readonly revoked: boolean;
  /** Why servers don't let the import through by it, for people; nothing if they do. */
  readonly problem: string | undefined;
  readonly #token: string;

  /** @internal */
  constructor(importer: Account, found: FoundActivation, verdict: ActivationVerdict, context: Pick<Context, "engine">) {
    const { claims, token } = found;
    const { exp = 0, iat = 0, nats } = claims;
    this.importer = importer;
    this.subject = nats.subject;
    this.type = nats.kind as ExportType;
    this.hash = activationHashId(claims, context);
    this.issuedAt = new Date(iat * 1000);
    this.expires = exp > 0 ? new Date(exp * 1000) : undefined;
    this.revoked = verdict.revoked;
    this.problem = verdict.problem;
    this.#token = token;
  }

  /** The token; not among what is printed of this object. */
  get token(): string {
    return this.#token;
  }

  /** Whether servers let the import through by it. */
  get valid(): boolean {
    return this.problem === undefined;
  }
}

/** The activation of an import. */
export interface FoundActivation {
  readonly entry: ReadonlyDeep<Import>;
  readonly token: string;
  readonly claims: ActivationClaims;
}

/** The activations in the imports of an account. Tokens that can't be read give no right, and are passed over. */
export function activationsIn(
  { nats }: ReadonlyDeep<AccountClaims>,
  { engine }: Pick<Context, "engine">,
): FoundActivation[] {
  return (nats.imports ?? []).flatMap((entry) => {
    const { token = "" } = entry ?? {};
    if (token === "") return [];
    try {
      return [{ entry, token, claims: decode(token, { kind: "activation", engine }) }];
    } catch (error) {
      if (isNscError(error)) return [];
      throw error;
    }
  });
}

/** The activations for the exports of an account that the accounts of its operator import by. */
export async function* knownActivations(exporter: Cell): AsyncGenerator<KnownActivation, undefined> {
  const { session } = exporter;
  const [operatorName] = exporter.path as AccountPath;
  const operator = (await loadCell(exporter, [operatorName])).snapshot.claims as ReadonlyDeep<OperatorClaims>;
  const strict = operator.nats.strict_signing_key_usage === true;
  const claims = (await loadCell(exporter, exporter.path)).snapshot.claims as ReadonlyDeep<AccountClaims>;
  const now = nowOf(session.context);
  for await (const cell of cellsBelow(session, [operatorName])) {
    const importer = cell.snapshot.claims as ReadonlyDeep<AccountClaims>;
    for (const found of activationsIn(importer, session.context)) {
      if (found.entry.account !== claims.sub) continue;
      const verdict = verdictOn(found, importer, { claims, strict, now });
      yield new KnownActivation(session.handles.account(cell), found, verdict, session.context);
    }
  }
}

interface ActivationVerdict {
  readonly revoked: boolean;
  readonly problem: string | undefined;
}

interface Judge {
  readonly claims: ReadonlyDeep<AccountClaims>;
  readonly strict: boolean;
  readonly now: number;
}

/** Why servers don't let an import through by an activation; nothing if they do. */
export function activationProblem(
  token: string,
  entry: ReadonlyDeep<Import>,
  importer: ReadonlyDeep<AccountClaims>,
  { context, ...judge }: Judge & { readonly context: Pick<Context, "engine"> },
): string | undefined {
  const [found] = activationsIn({ ...importer, nats: { ...importer.nats, imports: [{ ...entry, token }] } }, context);
  return found === undefined ? "the activation can't be read" : verdictOn(found, importer, judge).problem;
}

function verdictOn(
  { claims, entry }: FoundActivation,
  importer: ReadonlyDeep<AccountClaims>,
  { claims: exporter, strict, now }: Judge,
): ActivationVerdict {
  const covering = coveringExports(exporter.nats.exports, importSubjects(entry).remote).filter(
    ({ type }) => type === entry.type,
  );
  const revoked = covering.some((each) => areClaimsRevoked(each, claims));
  const { exp = 0, nbf = 0 } = claims;
  const problem =
    activationMisfit(claims, importer, entry, exporter, strict) ??
    (covering.length === 0 ? "the subject is not exported any more" : undefined) ??
    (revoked ? "it was revoked" : undefined) ??
    (exp > 0 && exp <= now ? "it expired" : undefined) ??
    (nbf > now ? "it is not valid yet" : undefined);
  return { revoked, problem };
}

/** Why an activation does not give the right to an import, whatever the time; nothing if it does. */
export function activationMisfit(
  activation: ReadonlyDeep<ActivationClaims>,
  importer: ReadonlyDeep<AccountClaims>,
  entry: ReadonlyDeep<Import>,
  exporter: ReadonlyDeep<AccountClaims>,
  strict: boolean,
): string | undefined {
  const { sub, iss = "", nats } = activation;
  const { type } = entry;
  const { remote } = importSubjects(entry);
  if (sub !== importer.sub) return `the activation is for ${sub}, which is another account`;
  if (nats.kind !== type) return `the activation is for a ${nats.kind}, and not a ${type}`;
  if (!isCoveredBy(remote, nats.subject)) {
    return `the activation is for ${JSON.stringify(nats.subject)}, which does not cover ${JSON.stringify(remote)}`;
  }
  if ((nats.issuer_account ?? iss) !== exporter.sub) return "the activation is of another account than the import";
  if (!didSign(exporter, activation)) {
    return `the activation is signed by ${iss}, which is no key of the exporting account any more`;
  }
  // Servers don't ask which key it was when no account is named. nats-server: `isIssuerClaimTrusted`.
  if (strict && iss === exporter.sub && nats.issuer_account !== undefined) {
    return "the identity signed the activation for its account, and signing keys are demanded";
  }
  return undefined;
}
