import type { AccountClaims } from "./account.ts";
import type { ActivationClaims } from "./activation.ts";
import type { AuthorizationRequestClaims } from "./authorization-request.ts";
import type { AuthorizationResponseClaims } from "./authorization-response.ts";
import type { Claims } from "./kinds.ts";
import type { OperatorClaims } from "./operator.ts";
import type { UserClaims } from "./user.ts";

/** Whether claims are those of an operator. */
export function isOperatorClaims(claims: Claims): claims is OperatorClaims {
  return claims.nats.type === "operator";
}

/** Whether claims are those of an account. */
export function isAccountClaims(claims: Claims): claims is AccountClaims {
  return claims.nats.type === "account";
}

/** Whether claims are those of a user. */
export function isUserClaims(claims: Claims): claims is UserClaims {
  return claims.nats.type === "user";
}

/** Whether claims are those of an activation. */
export function isActivationClaims(claims: Claims): claims is ActivationClaims {
  return claims.nats.type === "activation";
}

/** Whether claims are those of an authorization request. */
export function isAuthorizationRequestClaims(claims: Claims): claims is AuthorizationRequestClaims {
  return claims.nats.type === "authorization_request";
}

/** Whether claims are those of an authorization response. */
export function isAuthorizationResponseClaims(claims: Claims): claims is AuthorizationResponseClaims {
  return claims.nats.type === "authorization_response";
}
