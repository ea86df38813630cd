import { applyInit } from "../authority/entity-init.ts";
import { assertIssuedName } from "../authority/names.ts";
import { permissionsOf } from "../authority/permissions-input.ts";
import type { CryptoEngine } from "../crypto/engine.ts";
import { NscError } from "../errors.ts";
import { createUserClaims } from "../jwt/create-claims.ts";
import { decodeUnverified } from "../jwt/decode.ts";
import { encode } from "../jwt/encode.ts";
import type { UserClaims } from "../jwt/user.ts";
import { assertValid } from "../jwt/validate.ts";
import type { Signer } from "../nkeys/signer.ts";
import type { ConfigurationUser } from "./verdict.ts";

/** What users of a request are judged by. */
export interface UserRules {
  /** The key that the token must be about. */
  readonly userKey: string;
  /** Whether servers have the accounts in their configuration, so that only this key may sign; nothing with an operator. */
  readonly issuer: string | undefined;
  /** How many seconds a user may be let in for; nothing for as long as its token says. */
  readonly maxLifetime: number | undefined;
  readonly now: number;
  readonly engine: CryptoEngine;
}

/** Signs a user of an account that servers have in their configuration. */
export async function signUser(user: ConfigurationUser, signer: Signer, rules: UserRules): Promise<string> {
  const { userKey, maxLifetime, now, engine } = rules;
  const { account, name, expires, tags, claims: edit } = user;
  if (typeof account !== "string" || account === "") {
    throw invalid("account must be the name of an account in the configuration of the servers");
  }
  if (expires === undefined) throw invalid('expires must be said for users, even if it is "never"');
  assertIssuedName(name);
  const claims = createUserClaims(userKey, { name, aud: account, nats: permissionsOf(user) });
  applyInit(claims, { expires, ...(tags && { tags }), ...(edit && { claims: edit }) }, now);
  const { exp = 0 } = claims;
  if (maxLifetime !== undefined && (exp <= 0 || exp > now + maxLifetime)) claims.exp = now + maxLifetime;
  assertFits(claims, { ...rules, maxLifetime: undefined }, signer.publicKey);
  return encode(claims, signer, { issuedAt: now, engine });
}

/** Refuses the token of a user that servers would not let in as the answer to a request. They check its signature themselves. */
export function assertToken(token: string, rules: UserRules): void {
  let claims: UserClaims;
  try {
    claims = decodeUnverified(token, "user", rules.engine);
  } catch (cause) {
    throw unfit("what was answered is no token of a user", cause);
  }
  assertFits(claims, rules, claims.iss ?? "");
}

function assertFits(claims: UserClaims, rules: UserRules, issuer: string): void {
  const { userKey, maxLifetime, now, engine } = rules;
  if (claims.sub !== userKey)
    throw unfit("it is about another key than the request: issue it with key: request.userKey");
  try {
    assertValid(claims, { now, engine });
  } catch (cause) {
    throw unfit(cause instanceof Error ? cause.message : "its claims are not valid", cause);
  }
  if (rules.issuer !== undefined) {
    if (issuer !== rules.issuer)
      throw unfit(`only ${rules.issuer} may sign it where the accounts are in the configuration`);
    if ((claims.aud ?? "") === "") throw unfit("its audience must be the name of the account");
    if ((claims.nats.issuer_account ?? "") !== "") throw unfit("it names an account of an operator as its issuer");
  }
  const { exp = 0 } = claims;
  if (maxLifetime !== undefined && (exp <= 0 || exp > now + maxLifetime)) {
    throw unfit(`it lives longer than the ${maxLifetime} s that users may be let in for`);
  }
}

function unfit(why: string, cause?: unknown): NscError {
  const options = cause === undefined ? {} : { cause };
  return new NscError("ERR_CALLOUT_USER", `servers would not let this user in: ${why}`, options);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
