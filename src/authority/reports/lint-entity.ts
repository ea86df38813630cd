/**
 * What can be wrong with an operator, account or user by itself, and with who signed it.
 *
 * @module
 */

import { formatSeconds } from "../../encoding/dates.ts";
import { isNscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { hasJetStream, type UserPermissionLimits, VITAL_LIMITS } from "../../jwt/limits.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { isRevoked } from "../../jwt/revocations.ts";
import { findSigningKey, scopesOf, scopeViolation } from "../../jwt/scopes.ts";
import { trustedKeys } from "../../jwt/trusted-keys.ts";
import type { UserClaims } from "../../jwt/user.ts";
import { validate } from "../../jwt/validate.ts";
import type { EntityClaims } from "../managed-fields.ts";
import { assertTemplateValues, templateSourceOf, templateViolation } from "../templates.ts";
import { tokenWarnings } from "../warnings.ts";
import { allowsNone, expiryIn, knownTypes, signedWith } from "./explanation.ts";
import type { Findings } from "./lint-findings.ts";

/** The time that is asked about, and until when something expires soon; in seconds. */
export interface LintTimes {
  readonly now: number;
  readonly soon: number;
}

/** Largest token of an account that servers take in one message, which is their default `max_payload`. */
const MAX_ACCOUNT_TOKEN = 1024 * 1024;

/** What holds for any entity: Go's issues, and its time. */
export function lintClaims(claims: ReadonlyDeep<EntityClaims>, { now, soon }: LintTimes, findings: Findings): void {
  for (const { level, path, message } of validate(claims as EntityClaims, { now })) {
    // Its time is looked at below.
    if (level === "time") continue;
    const kind = level === "error" ? "error" : "warning";
    findings.add("CLAIMS", kind, path, message, "edit the claims there");
  }
  const expires = expiryIn(claims as never);
  if (expires !== undefined && expires <= now) {
    // Servers print when their operator expires, and go on.
    const level = claims.nats.type === "operator" ? "warning" : "error";
    findings.add("EXPIRED", level, ["exp"], `it expired at ${formatSeconds(expires)}`, "edit exp, or delete it");
  } else if (expires !== undefined && expires <= soon) {
    findings.add("EXPIRES_SOON", "warning", ["exp"], `it expires at ${formatSeconds(expires)}`, "edit exp in time");
  }
  const { nbf = 0 } = claims;
  if (nbf > now)
    findings.add("NOT_YET_VALID", "info", ["nbf"], `it is valid from ${formatSeconds(nbf)} on`, "wait, or edit nbf");
}

/** An account under its operator. */
export function lintAccount(
  claims: ReadonlyDeep<AccountClaims>,
  token: string,
  operator: ReadonlyDeep<OperatorClaims>,
  findings: Findings,
): void {
  const { iss = "", nats } = claims;
  const { limits } = nats;
  if (!trustedKeys(operator).includes(iss)) {
    if (iss === operator.sub) {
      const message = "the identity of the operator signed it, and signing keys are demanded";
      findings.add("ISSUER_STRICT", "error", ["iss"], message, "reissue it with a signing key");
    } else {
      const message = `it is signed by ${iss}, which is no key of the operator`;
      findings.add("ISSUER_GONE", "error", ["iss"], message, "reissue it with a key of the operator");
    }
  }
  for (const name of VITAL_LIMITS) {
    if (!allowsNone(limits[name])) continue;
    const message = `${name} is ${limits[name] ?? 0}, by which nobody of the account can do anything`;
    findings.add("LIMIT_ZERO", "error", ["nats", "limits", name], message, "-1 is unlimited");
  }
  for (const { role, template } of scopesOf(nats)) lintNothing(template, `the role ${JSON.stringify(role)}`, findings);
  if (operator.nats.system_account === claims.sub && hasJetStream(limits)) {
    const message = "it is the system account and has JetStream, with which servers don't start";
    findings.add("SYSTEM_JETSTREAM", "error", ["nats", "limits"], message, "remove its JetStream limits");
  }
  if (token.length > 0.8 * MAX_ACCOUNT_TOKEN) {
    const message = `its token has ${token.length} bytes, and servers take ${MAX_ACCOUNT_TOKEN} unless max_payload is raised`;
    const fix = "move exports or imports to another account, or compact its revocations";
    findings.add("TOKEN_SIZE", "warning", [], message, fix);
  }
}

/** A role has unlimited limits where nothing is said, and 0 is read as that. */
function lintNothing(template: ReadonlyDeep<UserPermissionLimits>, title: string, findings: Findings): void {
  for (const name of ["subs", "data", "payload"] as const) {
    if (template[name] === undefined || Number(template[name]) !== 0) continue;
    const message = `${name} of ${title} is 0, which servers read as unlimited in a role`;
    findings.add("LIMIT_ZERO", "warning", ["nats", "signing_keys"], message, "a limit is at least 1, and -1 is none");
  }
}

/** What a user can't do by a limit of its own that is 0. */
const USER_LIMITS = [
  ["subs", "servers cut it off"],
  ["payload", "it can send only empty messages"],
] as const;

/** A user under its account. */
export function lintUser(
  claims: ReadonlyDeep<UserClaims>,
  { name, token }: { readonly name: string; readonly token: string },
  account: ReadonlyDeep<AccountClaims>,
  strict: boolean,
  findings: Findings,
): void {
  const { iss = "", sub, iat = 0, nats } = claims;
  const used = signedWith(account, iss);
  if (used === undefined) {
    const message = `it is signed by ${iss}, which is no key of its account`;
    findings.add("ISSUER_GONE", "error", ["iss"], message, "reissue it with a key of the account");
  } else if (strict && used === "identity") {
    const message = "the identity of the account signed it, and signing keys are demanded";
    findings.add("ISSUER_STRICT", "error", ["iss"], message, "reissue it with a signing key");
  }
  const { issuer_account: named = "" } = nats;
  if (used !== undefined && (named === "" ? used !== "identity" : named !== account.sub)) {
    const message =
      named === ""
        ? "a signing key signed it, and it does not name its account"
        : `it names ${named} as its account, which is another one`;
    findings.add("USER_ACCOUNT", "error", ["nats", "issuer_account"], message, "reissue it");
  }
  if (isRevoked(account.nats, sub, iat)) {
    findings.add("USER_REVOKED", "warning", ["iat"], "its token is revoked in the account", "reissue it, or delete it");
  }
  const key = findSigningKey(account.nats, iss);
  const scope = typeof key === "object" ? key : undefined;
  if (scope !== undefined) {
    const violation = scopeViolation(scope, claims as UserClaims);
    if (violation !== undefined) {
      findings.add("USER_SCOPE", "error", ["nats"], violation, "reissue it with dropPermissions");
    }
    const sources = { account: templateSourceOf(account), user: templateSourceOf(claims) };
    const problem = templateViolation(scope, sources) ?? injection(scope, sources);
    if (problem !== undefined) {
      findings.add("USER_TEMPLATE", "error", ["name"], problem, "rename it, change its tags, or give it another role");
    }
  } else {
    for (const [name, what] of USER_LIMITS) {
      if (!allowsNone(nats[name])) continue;
      const message = `${name} is ${nats[name] ?? 0}, by which ${what}`;
      findings.add("LIMIT_ZERO", "error", ["nats", name], message, "-1 is unlimited");
    }
  }
  const limits: ReadonlyDeep<UserPermissionLimits> = scope?.template ?? nats;
  if (limits.bearer_token === true && account.nats.limits.disallow_bearer === true) {
    const message = "it is a bearer, and the account disallows bearer tokens";
    findings.add("USER_BEARER", "error", ["nats", "bearer_token"], message, "make it none, or allow bearers");
  }
  if ((limits.allowed_connection_types ?? []).length > 0 && knownTypes(limits).length === 0) {
    const path = ["nats", "allowed_connection_types"];
    const message = "servers know none of its allowed connection types, and refuse all of its connections";
    findings.add("USER_CONNECTIONS", "error", path, message, "name types such as STANDARD or WEBSOCKET, or none");
  }
  for (const { message } of tokenWarnings(name, token)) {
    findings.add("TOKEN_SIZE", "warning", [], message, "give it a role");
  }
}

/** A name or tag that a role would turn into wildcards or more tokens. */
function injection(...given: Parameters<typeof assertTemplateValues>): string | undefined {
  try {
    assertTemplateValues(...given);
    return undefined;
  } catch (error) {
    if (isNscError(error, "ERR_ROLE_TEMPLATE")) return error.message;
    throw error;
  }
}
