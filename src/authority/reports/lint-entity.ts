/**
 * What can be wrong with an operator, account or user by itself, and with who signed it.
 *
 * @module
 */

import type { CryptoEngine } from "../../crypto/engine.ts";
import { formatSeconds } from "../../encoding/dates.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import { isNscError, type NscErrorCode } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { decodeGeneric } from "../../jwt/decode.ts";
import { hasJetStream, JETSTREAM_LIMITS, type UserPermissionLimits, VITAL_LIMITS } from "../../jwt/limits.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { isRevoked } from "../../jwt/revocations.ts";
import { findSigningKey, scopeViolation } from "../../jwt/scopes.ts";
import { trustedKeys } from "../../jwt/trusted-keys.ts";
import type { UserClaims } from "../../jwt/user.ts";
import { validate } from "../../jwt/validate.ts";
import { SubjectTransform } from "../../subjects/transform.ts";
import type { EntityClaims } from "../managed-fields.ts";
import { assertTemplateValues, templateSourceOf, templateViolation } from "../templates.ts";
import { tokenWarnings } from "../warnings.ts";
import { allowsNone, areOfLeaves, expiryIn, knownTypes, signedWith } from "./explanation.ts";
import type { Findings } from "./lint-findings.ts";

/** The time that is asked about, and until when something expires soon; in seconds. */
export interface LintTimes {
  readonly now: number;
  readonly soon: number;
}

/** Largest token that servers read, and take in one message by default (`max_payload`). */
const MAX_ACCOUNT_TOKEN = 1024 * 1024;

/** What comes of a limit that allows nothing. */
const WITHOUT: { readonly [Name in (typeof VITAL_LIMITS)[number]]: (limit: Int64) => string } = {
  conn: () => "nobody can connect but as a leaf node",
  subs: () => "servers cut connections off",
  payload: (limit) => (Number(limit) === 0 ? "only empty messages can be sent" : "nothing can be sent"),
};

function lintLimit(
  name: keyof typeof WITHOUT,
  limit: Int64 | undefined,
  path: readonly (string | number)[],
  findings: Findings,
): void {
  if (!allowsNone(limit)) return;
  findings.add("LIMIT_ZERO", [...path, name], `${name} is ${limit ?? 0}, by which ${WITHOUT[name](limit ?? 0)}`);
}

/** What holds for any entity: Go's issues, and its time. */
export function lintClaims(claims: ReadonlyDeep<EntityClaims>, { now, soon }: LintTimes, findings: Findings): void {
  for (const { level, path, message } of validate(claims, { now })) {
    // Its time is looked at below.
    if (level === "time") continue;
    const kind = level === "error" ? "error" : "warning";
    findings.add("CLAIMS", path, message, { level: kind });
  }
  const expires = expiryIn(claims);
  if (expires !== undefined && expires <= now) {
    // Servers print when their operator expires, and go on.
    const level = claims.nats.type === "operator" ? "warning" : "error";
    findings.add("EXPIRED", ["exp"], `it expired at ${formatSeconds(expires)}`, { level });
  } else if (expires !== undefined && expires <= soon) {
    findings.add("EXPIRES_SOON", ["exp"], `it expires at ${formatSeconds(expires)}`);
  }
  const { nbf = 0 } = claims;
  if (nbf > now) findings.add("NOT_YET_VALID", ["nbf"], `it is valid from ${formatSeconds(nbf)} on`);
}

/** Who signed an account. */
export function lintAccountIssuer(
  { iss = "" }: ReadonlyDeep<AccountClaims>,
  operator: ReadonlyDeep<OperatorClaims>,
  findings: Findings,
): void {
  if (trustedKeys(operator).includes(iss)) return;
  if (iss === operator.sub) {
    const message = "the identity of the operator signed it, and signing keys are demanded";
    findings.add("ISSUER_STRICT", ["iss"], message);
  } else findings.add("ISSUER_GONE", ["iss"], `it is signed by ${iss}, which is no key of the operator`);
}

/** An account under its operator. */
export function lintAccount(
  claims: ReadonlyDeep<AccountClaims>,
  { token, engine }: { readonly token: string; readonly engine: CryptoEngine },
  operator: ReadonlyDeep<OperatorClaims>,
  findings: Findings,
): void {
  const { nats } = claims;
  const { limits } = nats;
  lintAccountIssuer(claims, operator, findings);
  for (const name of VITAL_LIMITS) lintLimit(name, limits[name], ["nats", "limits"], findings);
  for (const [index, key] of (nats.signing_keys ?? []).entries()) {
    if (typeof key === "string") continue;
    // What is absent here is unlimited.
    const { subs = -1, payload = -1 } = key.template;
    const path = ["nats", "signing_keys", index, "template"];
    lintLimit("subs", subs, path, findings);
    lintLimit("payload", payload, path, findings);
  }
  if (operator.nats.system_account === claims.sub && hasJetStream(limits)) {
    const message = "it is the system account and has JetStream, with which servers don't start";
    findings.add("SYSTEM_JETSTREAM", ["nats", "limits"], message);
  }
  lintMappings(nats, findings);
  const ignored = flatLimits(claims, token, engine);
  if (ignored.length > 0) {
    const message = `servers take the limits of its tiers alone, and not ${ignored.join(", ")}`;
    findings.add("JETSTREAM_TIERS", ["nats", "limits"], message);
  }
  if (token.length > 0.8 * MAX_ACCOUNT_TOKEN) {
    const message = `its token has ${token.length} bytes, and servers take ${MAX_ACCOUNT_TOKEN}`;
    const fix = "move exports or imports to another account, or compact its revocations";
    findings.add("TOKEN_SIZE", [], message, { fix });
  }
}

/** With what is wrong in one destination, servers leave out the mapping. nats-server: `AddWeightedMappings`. */
function lintMappings({ mappings = {} }: ReadonlyDeep<AccountClaims["nats"]>, findings: Findings): void {
  for (const [source, destinations] of Object.entries(mappings)) {
    const known = new Set<string>();
    for (const [index, { subject }] of (destinations ?? []).entries()) {
      const problem = known.has(subject)
        ? `${JSON.stringify(subject)} is there twice`
        : problemOf("ERR_ARGUMENT_INVALID", () => new SubjectTransform(source, subject));
      if (problem !== undefined) findings.add("MAPPING_INVALID", ["nats", "mappings", source, index], problem);
      known.add(subject);
    }
  }
}

/** What is said where something is refused; nothing where it is not. */
function problemOf(code: NscErrorCode, attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (isNscError(error, code)) return error.message;
    throw error;
  }
}

/** The limits beside tiers that stand in the token. Claims that are read don't have them. */
function flatLimits({ nats }: ReadonlyDeep<AccountClaims>, token: string, engine: CryptoEngine): readonly string[] {
  if (nats.limits.tiered_limits === undefined || token === "") return [];
  const found = decodeGeneric(token, { engine }).nats?.["limits"];
  // Servers read names of members in any case of their letters; nobody writes them so.
  const limits = typeof found === "object" && found !== null && !Array.isArray(found) ? found : {};
  return JETSTREAM_LIMITS.filter((name) => Object.hasOwn(limits, name) && Boolean(limits[name]));
}

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
    findings.add("ISSUER_GONE", ["iss"], message);
  } else if (strict && used === "identity") {
    const message = "the identity of the account signed it, and signing keys are demanded";
    findings.add("ISSUER_STRICT", ["iss"], message);
  }
  const { issuer_account: named = "" } = nats;
  if (used !== undefined && (named === "" ? used !== "identity" : named !== account.sub)) {
    const message =
      named === ""
        ? "a signing key signed it, and it does not name its account"
        : `it names ${named} as its account, which is another one`;
    findings.add("USER_ACCOUNT", ["nats", "issuer_account"], message);
  }
  if (isRevoked(account.nats, sub, iat)) {
    findings.add("USER_REVOKED", ["iat"], "its token is revoked in the account");
  }
  const key = findSigningKey(account.nats, iss);
  const scope = typeof key === "object" ? key : undefined;
  if (scope !== undefined) {
    const violation = scopeViolation(scope, claims as UserClaims);
    if (violation !== undefined) {
      findings.add("USER_SCOPE", ["nats"], violation);
    }
    const sources = { account: templateSourceOf(account), user: templateSourceOf(claims) };
    // A name or tag may be expanded, and become wildcards or more tokens.
    const problem =
      templateViolation(scope, sources) ?? problemOf("ERR_ROLE_TEMPLATE", () => assertTemplateValues(scope, sources));
    if (problem !== undefined) {
      findings.add("USER_TEMPLATE", ["name"], problem);
    }
  } else {
    lintLimit("subs", nats.subs, ["nats"], findings);
    lintLimit("payload", nats.payload, ["nats"], findings);
  }
  const limits: ReadonlyDeep<UserPermissionLimits> = scope?.template ?? nats;
  if (limits.bearer_token === true && account.nats.limits.disallow_bearer === true) {
    const message = "it is a bearer, and the account disallows bearer tokens";
    findings.add("USER_BEARER", ["nats", "bearer_token"], message);
  }
  lintConnections(limits, account, findings);
  for (const { message } of tokenWarnings(name, token)) {
    findings.add("TOKEN_SIZE", [], message);
  }
}

/** The types of connections that a user, or its role, allows. */
function lintConnections(
  limits: ReadonlyDeep<UserPermissionLimits>,
  { nats }: ReadonlyDeep<AccountClaims>,
  findings: Findings,
): void {
  if ((limits.allowed_connection_types ?? []).length === 0) return;
  const path = ["nats", "allowed_connection_types"];
  const known = knownTypes(limits);
  if (known.length === 0) {
    const message = "servers know none of its allowed connection types, and refuse all of its connections";
    findings.add("USER_CONNECTIONS", path, message);
  } else if (allowsNone(nats.limits.leaf) && areOfLeaves(known)) {
    const message = `it allows leaf nodes only, and leaf of its account is ${nats.limits.leaf ?? 0}`;
    findings.add("LIMIT_ZERO", path, message);
  }
}
