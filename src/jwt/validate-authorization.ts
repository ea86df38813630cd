import { quoteGo } from "../encoding/go-text.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import type { AuthorizationRequestClaims } from "./authorization-request.ts";
import type { AuthorizationResponseClaims } from "./authorization-response.ts";
import type { IssueCollector } from "./issues.ts";
import { type ValidationContext, validateIssuerAccount, validateTimes } from "./validate-rules.ts";

/** Go: `AuthorizationRequestClaims.Validate`, which looks at times last. */
export function validateAuthorizationRequest(
  claims: AuthorizationRequestClaims,
  { now }: ValidationContext,
  issues: IssueCollector,
): void {
  const { user_nkey } = claims.nats;
  if (user_nkey === "") issues.error("REQUEST_USER_KEY", "User nkey is required", "nats", "user_nkey");
  else if (!isPublicKey(user_nkey, "user")) {
    issues.error(
      "REQUEST_USER_KEY",
      `User nkey ${quoteGo(user_nkey)} is not a valid user public key`,
      "nats",
      "user_nkey",
    );
  }
  validateTimes(claims, now, issues);
}

/** Go: `AuthorizationResponseClaims.Validate`, which looks at times last. */
export function validateAuthorizationResponse(
  claims: AuthorizationResponseClaims,
  { now }: ValidationContext,
  issues: IssueCollector,
): void {
  const { jwt = "", error = "", issuer_account } = claims.nats;
  const at = issues.at("nats");
  if (!isPublicKey(claims.sub, "user")) issues.error("RESPONSE_SUBJECT", "Subject must be a user public key", "sub");
  if (!isPublicKey(claims.aud, "server"))
    issues.error("RESPONSE_AUDIENCE", "Audience must be a server public key", "aud");
  if (jwt === "" && error === "") at.error("RESPONSE_CONTENT", "Error or Jwt is required");
  if (jwt !== "" && error !== "") at.error("RESPONSE_CONTENT", "Only Error or Jwt can be set");
  validateIssuerAccount(issuer_account, "issuer_account", at);
  validateTimes(claims, now, issues);
}
