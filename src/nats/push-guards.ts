import { nowOf } from "../authority/context.ts";
import type { Operator } from "../authority/operator.ts";
import { hasJetStream, VITAL_LIMITS } from "../jwt/limits.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { trustedKeys } from "../jwt/trusted-keys.ts";
import { validate } from "../jwt/validate.ts";
import type { StoredAccount } from "./accounts.ts";
import type { FoundServer } from "./discovery.ts";

/**
 * What is not pushed, since servers would store it and break on it. `foreign-issuer`: it is signed by a key that the operator
 * does not have, or by its identity where signing keys are demanded. `untrusted-issuer`: by a key that a running server does
 * not trust, since it was not restarted with the operator's newest token. `expired`: it has expired. `invalid`: servers would
 * refuse it when they load it. `older`: servers have a newer token. `system-account`: it would lock everybody out of the
 * system account, or keep servers from starting. `too-large`: it is larger than what the server takes at once.
 */
export type PushGuard =
  | "foreign-issuer"
  | "untrusted-issuer"
  | "expired"
  | "invalid"
  | "older"
  | "system-account"
  | "too-large";

export const PUSH_GUARDS: readonly PushGuard[] = [
  "foreign-issuer",
  "untrusted-issuer",
  "expired",
  "invalid",
  "older",
  "system-account",
  "too-large",
];

/** A guard that speaks up, and why. */
export interface Violation {
  readonly guard: PushGuard;
  readonly message: string;
}

/** What an account is checked against. */
export interface GuardScope {
  readonly operator: ReadonlyDeep<OperatorClaims>;
  readonly resolvers: readonly FoundServer[];
  /** In seconds since 1970. */
  readonly now: number;
  readonly maxPayload: number;
  /** Whether an account that signed itself is taken to be signed. */
  readonly takesUnsigned: boolean;
  readonly overridden: ReadonlySet<PushGuard>;
}

/** The first guard that speaks up against an account, whatever servers have of it. */
export function violationOf(account: StoredAccount, scope: GuardScope): Violation | undefined {
  const checks: Readonly<Record<Exclude<PushGuard, "older">, () => string | undefined>> = {
    "foreign-issuer": () => foreignIssuer(account, scope),
    "untrusted-issuer": () => untrustedIssuer(account, scope),
    expired: () => expired(account, scope),
    invalid: () => validate(account.claims, { now: scope.now }).find(({ level }) => level === "error")?.message,
    "system-account": () => systemAccount(account, scope),
    "too-large": () => tooLarge(account, scope),
  };
  for (const [guard, check] of Object.entries(checks) as [PushGuard, () => string | undefined][]) {
    const message = scope.overridden.has(guard) ? undefined : check();
    if (message !== undefined) return { guard, message };
  }
  return undefined;
}

/** Why servers would not take an account from whoever serves accounts, whatever they have of it. */
export function unservable(account: StoredAccount, operator: Operator, maxPayload: number): Violation | undefined {
  return violationOf(account, {
    operator: operator.claims,
    resolvers: [],
    now: nowOf(operator.cell.session.context),
    maxPayload,
    takesUnsigned: false,
    overridden: new Set(),
  });
}

/** Whether it is of those that account servers have signed for a managed operator. */
function isToBeSigned({ claims }: StoredAccount, { takesUnsigned }: GuardScope): boolean {
  return takesUnsigned && claims.iss === claims.sub;
}

function foreignIssuer(account: StoredAccount, scope: GuardScope): string | undefined {
  if (isToBeSigned(account, scope)) return undefined;
  const { claims } = account;
  const { operator } = scope;
  const { iss = "" } = claims;
  if (trustedKeys(operator).includes(iss)) return undefined;
  if (iss === operator.sub) return "the operator demands signing keys, and its identity signed it";
  const why = iss === claims.sub ? "it signed itself, and waits for the operator's version" : `it is signed by ${iss}`;
  return `${why}, which is no key of the operator`;
}

function untrustedIssuer(account: StoredAccount, scope: GuardScope): string | undefined {
  if (isToBeSigned(account, scope)) return undefined;
  const { claims } = account;
  const { resolvers } = scope;
  const { iss = "" } = claims;
  const strangers = resolvers.filter(({ trustedKeys: keys }) => keys !== undefined && !keys.has(iss));
  if (strangers.length === 0) return undefined;
  const names = strangers.map(({ name }) => name).join(", ");
  return `it is signed by ${iss}, which is not trusted by ${names}: restart servers with the operator's newest token`;
}

function expired({ claims }: StoredAccount, { now }: GuardScope): string | undefined {
  const { exp = 0 } = claims;
  return exp > 0 && exp <= now ? `it expired ${now - exp} s ago, and servers would drop it` : undefined;
}

function systemAccount({ claims, publicKey }: StoredAccount, { operator, resolvers }: GuardScope): string | undefined {
  const systemAccounts = [operator.nats.system_account, ...resolvers.map((server) => server.systemAccount)];
  if (!systemAccounts.includes(publicKey)) return undefined;
  const { limits } = claims.nats;
  const none = VITAL_LIMITS.find((name) => Number(limits[name] ?? 0) === 0);
  if (none !== undefined) return `it is the system account, and ${none} is 0: nobody could ever push again`;
  if (hasJetStream(limits)) return "it is the system account and has JetStream: servers would not start with it";
  return undefined;
}

function tooLarge({ token }: StoredAccount, { maxPayload }: GuardScope): string | undefined {
  if (token.length <= maxPayload) return undefined;
  return `its token has ${token.length} bytes, and the server takes ${maxPayload} at once (max_payload)`;
}
