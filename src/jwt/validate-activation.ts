import type { ActivationClaims, ActivationNats } from "./activation.ts";
import type { IssueCollector } from "./issues.ts";
import { type ValidationContext, validateIssuerAccount, validateSubject, validateTimes } from "./validate-rules.ts";

/** Go: `ActivationClaims.Validate`. */
export function validateActivation(claims: ActivationClaims, { now }: ValidationContext, issues: IssueCollector): void {
  validateTimes(claims, now, issues);
  validateActivationContent(claims.nats, issues.at("nats"));
}

/** Go: `Activation.validateWithTimeChecks`, without the times. */
export function validateActivationContent(nats: ActivationNats, issues: IssueCollector): void {
  if (nats.kind === undefined) issues.error("ACTIVATION_KIND", 'invalid import type: "unknown"', "kind");
  validateSubject(nats.subject, issues.at("subject"));
  validateIssuerAccount(nats.issuer_account, "account_id", issues);
}
