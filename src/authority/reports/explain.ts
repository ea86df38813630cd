/**
 * What a server would say to a token, and by which rule.
 *
 * @module
 */

import { formatSeconds } from "../../encoding/dates.ts";
import { NscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { ActivationClaims } from "../../jwt/activation.ts";
import { decode } from "../../jwt/decode.ts";
import { isActivationClaims } from "../../jwt/guards.ts";
import type { UserPermissionLimits } from "../../jwt/limits.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { isRevoked, type RevocationHolder } from "../../jwt/revocations.ts";
import { findSigningKey, scopeViolation } from "../../jwt/scopes.ts";
import type { UserScope } from "../../jwt/signing-keys.ts";
import type { UserClaims } from "../../jwt/user.ts";
import { validate } from "../../jwt/validate.ts";
import { isContainedIn } from "../../subjects/subject.ts";
import type { Account } from "../account.ts";
import { revokedAt } from "../issued-at.ts";
import type { Operator } from "../operator.ts";
import { assertOperatorHandle } from "../operator-input.ts";
import { assertKnownOptions } from "../options.ts";
import { templateSourceOf, templateViolation } from "../templates.ts";
import {
  allowsNone,
  areOfLeaves,
  type ExplainCheck,
  type Explained,
  type ExplainLink,
  type ExplainRule,
  type Explanation,
  expiryIn,
  knownTypes,
  linkOf,
  signedWith,
} from "./explanation.ts";
import { reportNow } from "./report-now.ts";

/** Options of {@link explain}. */
export interface ExplainOptions {
  /** The time that is asked about, in seconds since 1970; now by default. */
  readonly now?: number;
}

/**
 * Says whether servers that trust an operator would accept a token, by what the store has now of the operator and its
 * accounts: its chain up to the operator, scope, template, expiry, revocation and limits, and the rule that decided.
 * `decode` alone proves only that the issuer signed. A user is accepted when its connection is not cut off at once.
 *
 * What depends on the server or on the connection is not looked at: source networks (`src`), times of day (`times`), the
 * answer to the nonce, `proxy_required`, auth callout, and how many connections and subscriptions there are already.
 * Templates are read as nats-server 2.11 and later do; older ones know variables only as whole tokens, and pass over an
 * allowed subject with a variable that they don't know.
 *
 * @param token - the token of a user, an account, an operator or an activation
 * @param operator - the operator that is trusted
 * @param options - the time
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_ENTITY_NOT_FOUND` when the operator was deleted, and those of the store
 *
 * @example
 * ```ts
 * import { explain, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const account = await operator.addAccount("APP");
 * const user = await account.addUser("alice");
 * (await explain(user.token, operator)).accepted; // true
 *
 * const { token } = user;
 * await user.delete();
 * const { accepted, decision } = await explain(token, operator);
 * accepted; // false
 * decision.rule; // "REVOCATION"
 * ```
 */
export async function explain(token: string, operator: Operator, options: ExplainOptions = {}): Promise<Explanation> {
  if (typeof token !== "string") throw new NscError("ERR_ARGUMENT_INVALID", "the token must be a string");
  assertOperatorHandle(operator);
  assertKnownOptions(options, ["now"]);
  await operator.refresh();
  const { context } = operator.cell.session;
  const inquiry = new Inquiry(operator, reportNow(options.now, context));
  await inquiry.ask(token);
  return inquiry.explanation();
}

/** Thrown within an inquiry when a rule is broken, so that no later one is looked at. */
class Broken {}

class Inquiry {
  readonly #operator: Operator;
  readonly #now: number;
  readonly #checks: ExplainCheck[] = [];
  readonly #chain: ExplainLink[] = [];
  #template: ReadonlyDeep<UserPermissionLimits> | undefined;
  #revoked: Explanation["revoked"];

  constructor(operator: Operator, now: number) {
    this.#operator = operator;
    this.#now = now;
  }

  async ask(token: string): Promise<void> {
    try {
      const claims = this.#decode(token);
      this.#assertClaims(claims);
      switch (claims.nats.type) {
        case "operator":
          return this.#askOperator(claims as OperatorClaims);
        case "account":
          return this.#askAccount(claims as AccountClaims);
        default:
          await this.#askIssued(claims as UserClaims | ActivationClaims);
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
    }
  }

  explanation(): Explanation {
    const expiries = this.#chain.map(({ expires }) => expires).filter((expires) => expires !== undefined);
    const decision = this.#checks.at(-1) as ExplainCheck;
    return {
      accepted: decision.passed,
      decision,
      checks: this.#checks,
      chain: this.#chain,
      ...(this.#template && { template: this.#template }),
      ...(expiries.length > 0 && { expires: Math.min(...expiries) }),
      ...(this.#revoked && { revoked: this.#revoked }),
    };
  }

  #decode(token: string): Explained {
    let problem = "";
    try {
      const claims = decode(token, { engine: this.#operator.cell.session.context.engine });
      if (["operator", "account", "user", "activation"].includes(claims.nats.type)) {
        this.#say("TOKEN", true, `it is a token of the kind ${claims.nats.type}, signed by ${claims.iss}`);
        return claims as Explained;
      }
      problem = `tokens of the kind ${claims.nats.type} are made for one answer, and nobody trusts them later`;
    } catch (error) {
      if (!(error instanceof NscError)) throw error;
      problem = error.message;
    }
    return this.#say("TOKEN", false, problem) as never;
  }

  #assertClaims(claims: Explained): void {
    const issues = validate(claims, { now: this.#now });
    const error = issues.find(({ level }) => level === "error");
    this.#say("CLAIMS", error === undefined, error?.message ?? "its claims are valid");
    const time = issues.find(({ level }) => level === "time");
    this.#say("TIME", time === undefined, time?.message ?? describeTime(claims, this.#now));
  }

  #askOperator(claims: OperatorClaims): void {
    // Not by its own claims: whoever forges it would list his own key among the signing keys.
    const used = signedWith(this.#operator.claims, claims.iss);
    this.#chain.push(linkOf("operator", claims, used));
    const isSame = claims.sub === this.#operator.publicKey;
    if (!isSame) this.#say("ISSUER", false, `it is the token of another operator, ${claims.sub}`);
    const title = `the operator ${JSON.stringify(this.#operator.name)}`;
    this.#say(
      "ISSUER",
      used !== undefined,
      used === undefined
        ? `it is signed by ${claims.iss}, which is no key of ${title} as the store has it`
        : `it is signed with the ${used} of ${title}`,
    );
  }

  #askAccount(claims: ReadonlyDeep<AccountClaims>, rule: "ISSUER" | "ACCOUNT_TRUST" = "ISSUER"): void {
    const operator = this.#operator.claims;
    const used = signedWith(operator, claims.iss);
    this.#chain.push(linkOf("account", claims, used));
    this.#chain.push(linkOf("operator", operator, signedWith(operator, operator.iss)));
    const title = `the operator ${JSON.stringify(this.#operator.name)}`;
    const isStrict = operator.nats.strict_signing_key_usage === true;
    this.#say(
      rule,
      used !== undefined,
      used === undefined
        ? `the account is signed by ${claims.iss}, which is no key of ${title}`
        : `the account is signed with the ${used} of ${title}`,
    );
    if (isStrict && used === "identity") {
      this.#say("STRICT", false, `${title} demands signing keys, and its identity signed the account`);
    }
  }

  async #askIssued(claims: UserClaims | ActivationClaims): Promise<void> {
    const kind = isActivationClaims(claims) ? "activation" : "user";
    const { issuer_account: named } = claims.nats;
    const account = await this.#accountOf(named ?? (claims.iss as string), claims, kind);
    const holder = account.claims;
    const used = signedWith(holder, claims.iss);
    const key = findSigningKey(holder.nats, claims.iss ?? "");
    const scope = typeof key === "object" ? key : undefined;
    this.#chain.push(linkOf(kind, claims, used, scope));
    this.#askAccount(holder, "ACCOUNT_TRUST");
    const title = `the account ${JSON.stringify(account.name)}`;
    this.#say(
      "ISSUER",
      used !== undefined,
      used === undefined
        ? `it is signed by ${claims.iss}, which is no key of ${title}`
        : `it is signed with the ${used} of ${title}`,
    );
    if (this.#operator.claims.nats.strict_signing_key_usage === true) {
      // Of an activation that names no account servers don't ask which key it was. nats-server: `isIssuerClaimTrusted`.
      const isExempt = kind === "activation" && named === undefined;
      const message =
        used !== "identity"
          ? "a signing key is used, as is demanded"
          : isExempt
            ? "the identity signed it and it names no account, by which no signing key is demanded"
            : `signing keys are demanded, and the identity of ${title} signed it`;
      this.#say("STRICT", used !== "identity" || isExempt, message);
    }
    if (kind === "user") this.#askUser(claims as UserClaims, account, scope);
    else this.#askActivation(claims as ActivationClaims, account);
  }

  async #accountOf(publicKey: string, claims: Explained, kind: string): Promise<Account> {
    const account = await this.#operator.findAccount(publicKey);
    if (account !== undefined) {
      const error = validate(account.claims as AccountClaims, { now: this.#now }).find(
        ({ level }) => level === "error",
      );
      this.#say("ACCOUNT", error === undefined, error?.message ?? `its account is ${JSON.stringify(account.name)}`);
      return account;
    }
    this.#chain.push(linkOf(kind as "user", claims, undefined));
    // Servers take the issuer for the account when no account is named.
    for await (const other of this.#operator.accounts()) {
      if (findSigningKey(other.claims.nats, publicKey) === undefined) continue;
      const message = `it is signed by a signing key of the account ${JSON.stringify(other.name)}, but does not name it as issuer_account`;
      this.#say("ACCOUNT", false, message);
    }
    return this.#say("ACCOUNT", false, `the operator has no account ${publicKey}`) as never;
  }

  #askUser(claims: UserClaims, account: Account, scope: ReadonlyDeep<UserScope> | undefined): void {
    if (scope !== undefined) {
      this.#template = scope.template;
      const violation = scopeViolation(scope, claims);
      this.#say("SCOPE", violation === undefined, violation ?? `it is of the role ${JSON.stringify(scope.role)}`);
      const sources = { account: templateSourceOf(account.claims), user: templateSourceOf(claims) };
      const problem = templateViolation(scope, sources);
      this.#say("TEMPLATE", problem === undefined, problem ?? "the variables of its role can be replaced");
    }
    this.#assertAccountTime(account);
    const limits: ReadonlyDeep<UserPermissionLimits> = scope?.template ?? claims.nats;
    if (limits.bearer_token === true) {
      const isAllowed = account.claims.nats.limits.disallow_bearer !== true;
      this.#say("BEARER", isAllowed, isAllowed ? "bearer tokens are allowed" : "the account disallows bearer tokens");
    }
    const types = limits.allowed_connection_types ?? [];
    if (types.length > 0) {
      const known = knownTypes(limits);
      const message =
        known.length > 0
          ? `connections may be of the types ${known.join(", ")}`
          : "no server knows any of its allowed connection types";
      this.#say("CONNECTION_TYPES", known.length > 0, message);
    }
    this.#assertNotRevoked(account.claims.nats, claims, `the account ${JSON.stringify(account.name)}`);
    this.#assertLimits(account, limits);
  }

  #assertLimits(account: Account, limits: ReadonlyDeep<UserPermissionLimits>): void {
    const ofAccount = account.claims.nats.limits;
    const title = `the account ${JSON.stringify(account.name)}`;
    // Leaf nodes have a limit of their own.
    const kind = areOfLeaves(knownTypes(limits)) ? "leaf" : "conn";
    if (allowsNone(ofAccount[kind])) this.#say("LIMITS", false, `${kind} of ${title} allows no connections`);
    if (allowsNone(ofAccount.subs)) this.#say("LIMITS", false, `subs of ${title} allows no subscriptions`);
    const holder = this.#template === undefined ? "the user" : "its role";
    if (allowsNone(limits.subs)) this.#say("LIMITS", false, `subs of ${holder} allows no subscriptions`);
    this.#say("LIMITS", true, `${title} and ${holder} allow connections and subscriptions`);
  }

  #askActivation(claims: ActivationClaims, account: Account): void {
    this.#assertAccountTime(account);
    const { subject = "", kind } = claims.nats;
    const found = (account.claims.nats.exports ?? []).find(
      (entry) => entry?.type === kind && isContainedIn(subject, entry?.subject ?? ""),
    );
    const title = `the ${kind} ${JSON.stringify(subject)}`;
    if (found === undefined || found === null) {
      this.#say("ACCOUNT", false, `the account ${JSON.stringify(account.name)} does not export ${title}`);
    } else this.#assertNotRevoked(found, claims, `the export ${JSON.stringify(found.subject)}`);
  }

  #assertAccountTime({ claims, name }: Account): void {
    const time = validate(claims as AccountClaims, { now: this.#now }).find(({ level }) => level === "time");
    const title = `the account ${JSON.stringify(name)}`;
    this.#say(
      "ACCOUNT_TIME",
      time === undefined,
      time === undefined ? `${title} is valid now` : `${title}: ${time.message}`,
    );
  }

  #assertNotRevoked(holder: ReadonlyDeep<RevocationHolder>, { sub, iat = 0 }: Explained, title: string): void {
    const { revoked, allRevoked } = revokedAt(holder, sub);
    const times = [
      [sub, revoked],
      ["*", allRevoked],
    ] as const;
    for (const [key, at] of times) if (at !== undefined && at >= iat) this.#revoked ??= { key, at };
    const isValid = !isRevoked(holder, sub, iat);
    const message = isValid
      ? `${title} does not revoke it`
      : `${title} revokes tokens of ${this.#revoked?.key === "*" ? "everybody" : sub} that were issued until ${formatSeconds(this.#revoked?.at ?? 0)}, and this one was at ${formatSeconds(iat)}`;
    this.#say("REVOCATION", isValid, message);
  }

  #say(rule: ExplainRule, passed: boolean, message: string): void {
    this.#checks.push({ rule, passed, message });
    if (!passed) throw new Broken();
  }
}

function describeTime(claims: Explained, now: number): string {
  const expires = expiryIn(claims);
  return expires === undefined ? "it does not expire" : `it is valid for another ${expires - now} s`;
}
