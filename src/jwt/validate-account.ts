import { quoteGo } from "../encoding/go-text.ts";
import { isNullEntry } from "../encoding/json-null.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { weightOf } from "../subjects/mapping.ts";
import { hasWildcards } from "../subjects/subject.ts";
import type { AccountClaims, ExternalAuthorization, MsgTrace, WeightedMapping } from "./account.ts";
import { IssueCollector } from "./issues.ts";
import { JETSTREAM_LIMITS, limitsAreEmpty, type OperatorLimits } from "./limits.ts";
import { type SigningKey, signingKeyOf } from "./signing-keys.ts";
import { validateExports } from "./validate-exports.ts";
import { validateImports } from "./validate-imports.ts";
import {
  type ValidationContext,
  validateInfo,
  validatePermissions,
  validateSubject,
  validateTimes,
} from "./validate-rules.ts";

/** Go: `AccountClaims.Validate`. */
export function validateAccount(claims: AccountClaims, context: ValidationContext, issues: IssueCollector): void {
  validateTimes(claims, context.now, issues);
  const { nats } = claims;
  const at = issues.at("nats");
  validateImports(nats.imports ?? [], claims.sub, context, at.at("imports"));
  validateExports(nats.exports ?? [], at.at("exports"));
  validateLimits(nats.limits, at.at("limits"));
  validatePermissions(nats.default_permissions, at.at("default_permissions"));
  for (const [source, destinations] of Object.entries(nats.mappings ?? {})) {
    validateMapping(source, destinations ?? [], at.at("mappings", source));
  }
  validateAuthorization(nats.authorization, at.at("authorization"));
  if (nats.trace !== undefined) validateTrace(nats.trace, at.at("trace"));
  validateNumbers(claims, at);
  validateSigningKeys(nats.signing_keys ?? [], at.at("signing_keys"));
  validateInfo(nats, at);
  const traffic: string = nats.cluster_traffic ?? "";
  if (!["", "system", "owner"].includes(traffic)) {
    at.error("CLUSTER_TRAFFIC", `unknown cluster traffic option: ${quoteGo(traffic)}`, "cluster_traffic");
  }
  if (isPublicKey(claims.iss, "account") && !limitsAreEmpty(nats.limits)) {
    at.warning("LIMITS_SELF_SIGNED", "self-signed account JWTs shouldn't contain operator limits", "limits");
  }
}

function validateLimits(limits: OperatorLimits, issues: IssueCollector): void {
  const tiers = Object.keys(limits.tiered_limits ?? {});
  if (tiers.length > 0 && JETSTREAM_LIMITS.some((name) => isSet(limits[name]))) {
    issues.error(
      "LIMITS_TIERS_AND_FLAT",
      "JetStream Limits and tiered JetStream Limits are mutually exclusive",
      "tiered_limits",
    );
  }
  if (tiers.includes("")) {
    issues.error(
      "LIMITS_TIER_NAME",
      'Tiered JetStream Limits can not contain a blank "" tier name',
      "tiered_limits",
      "",
    );
  }
}

function isSet(limit: number | bigint | boolean | undefined): boolean {
  return typeof limit === "boolean" ? limit : Number(limit ?? 0) !== 0;
}

/** Go: `Mapping.Validate`. */
function validateMapping(source: string, destinations: readonly WeightedMapping[], issues: IssueCollector): void {
  validateSubject(source, issues);
  const quoted = quoteGo(source);
  const byCluster = new Map<string, number>();
  let total = 0;
  for (const [index, destination] of destinations.entries()) {
    const { subject, cluster = "" } = destination;
    const at = issues.at(index);
    validateSubject(subject, at.at("subject"));
    const weight = weightOf(destination);
    if (weight > 100) at.error("MAPPING_WEIGHT", `Mapping ${quoted} has a weight ${weight} that exceeds 100`, "weight");
    if (cluster === "") {
      total += weight;
      continue;
    }
    const sum = (byCluster.get(cluster) ?? 0) + weight;
    byCluster.set(cluster, sum);
    if (sum > 100) {
      at.error(
        "MAPPING_TOTAL_WEIGHT",
        `Mapping ${quoted} in cluster ${quoteGo(cluster)} exceeds 100% among all of it's weighted to mappings`,
        "weight",
      );
    }
  }
  if (total > 100) {
    issues.error("MAPPING_TOTAL_WEIGHT", `Mapping ${quoted} exceeds 100% among all of it's weighted to mappings`);
  }
}

/** Go: `ExternalAuthorization.Validate`. */
function validateAuthorization(authorization: ExternalAuthorization, issues: IssueCollector): void {
  const { auth_users = [], allowed_accounts = [], xkey = "" } = authorization;
  if (allowed_accounts.length > 0 && auth_users.length === 0) {
    issues.error(
      "AUTHORIZATION_USERS_MISSING",
      "External authorization cannot have accounts without users specified",
      "auth_users",
    );
  }
  for (const [index, user] of auth_users.entries()) {
    if (isPublicKey(user, "user")) continue;
    issues.error("AUTHORIZATION_USER", `AuthUser ${quoteGo(user)} is not a valid user public key`, "auth_users", index);
  }
  for (const [index, account] of allowed_accounts.entries()) {
    if (account === "*") {
      if (allowed_accounts.length === 1) continue;
      issues.error(
        "AUTHORIZATION_ACCOUNT",
        'AllowedAccounts can only be a list of accounts or "*"',
        "allowed_accounts",
        index,
      );
    } else if (!isPublicKey(account, "account")) {
      issues.error(
        "AUTHORIZATION_ACCOUNT",
        `Account ${quoteGo(account)} is not a valid account public key`,
        "allowed_accounts",
        index,
      );
    }
  }
  if (xkey !== "" && !isPublicKey(xkey, "curve")) {
    issues.error("AUTHORIZATION_XKEY", `XKey ${quoteGo(xkey)} is not a valid public xkey`, "xkey");
  }
}

/** Go sets a sampling of 0 to 100 here; validation of this library changes nothing. */
function validateTrace({ dest = "", sampling = 0 }: MsgTrace, issues: IssueCollector): void {
  const found = new IssueCollector();
  validateSubject(dest, found);
  const [first] = found.issues;
  if (first !== undefined) {
    issues.error("TRACE_DESTINATION", `the account Trace.Destination ${first.message}`, "dest");
  }
  if (hasWildcards(dest)) {
    issues.error(
      "TRACE_DESTINATION",
      `the account Trace.Destination subject ${quoteGo(dest)} is not a valid publish subject`,
      "dest",
    );
  }
  if (sampling < 0 || sampling > 100) {
    issues.error(
      "TRACE_SAMPLING",
      `the account Trace.Sampling value '${sampling}' is not valid, should be in the range [1..100]`,
      "sampling",
    );
  }
}

/** Numbers of imports and exports beside the limits; too many imports are reported twice, as in Go. */
function validateNumbers({ nats }: AccountClaims, issues: IssueCollector): void {
  const { limits, imports = [], exports = [] } = nats;
  const most = limits.imports ?? 0;
  const tooMany = "the account contains more imports than allowed by the operator";
  if (!limitsAreEmpty(limits) && most >= 0 && imports.length > most) issues.error("LIMITS_IMPORTS", tooMany, "imports");
  if (Number(most) !== -1 && imports.length > most) issues.error("LIMITS_IMPORTS", tooMany, "imports");
  const mostExports = limits.exports ?? 0;
  if (Number(mostExports) === -1) return;
  if (exports.length > mostExports) {
    issues.error("LIMITS_EXPORTS", "the account contains more exports than allowed by the operator", "exports");
  }
  if (limits.wildcards === true) return;
  for (const [index, entry] of exports.entries()) {
    if (isNullEntry(entry) || !hasWildcards(entry.subject)) continue;
    issues.error(
      "LIMITS_WILDCARD_EXPORTS",
      "the account contains wildcard exports that are not allowed by the operator",
      "exports",
      index,
    );
  }
}

/** They are a map by key, so of several with one key the last counts. */
function validateSigningKeys(keys: readonly SigningKey[], issues: IssueCollector): void {
  const places = new Map(keys.map((key, index) => [signingKeyOf(key), index]));
  for (const [index, key] of keys.entries()) {
    if (places.get(signingKeyOf(key)) === index) validateSigningKey(key, issues.at(index));
  }
}

/** Templates of scopes are not validated. */
function validateSigningKey(key: SigningKey, issues: IssueCollector): void {
  if (typeof key === "string") {
    if (isPublicKey(key, "account")) return;
    issues.error("SIGNING_KEY_INVALID", `${quoteGo(key)} is not a valid account signing key`);
  } else if (!isPublicKey(key.key, "account")) {
    issues.error("SIGNING_KEY_INVALID", `${key.key} is not an account public key`, "key");
  }
}
