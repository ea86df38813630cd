import type { Account } from "../../authority/account.ts";
import type { Operator } from "../../authority/operator.ts";
import { decodeUnverified } from "../../jwt/decode.ts";
import { isRevoked } from "../../jwt/revocations.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import { type Io, timeOf } from "../io.ts";
import { formatDate } from "../text/dates.ts";
import { quote } from "../text/quote.ts";
import { quoteWord } from "../text/quote-word.ts";

/** Whose creds servers have refused. */
export interface RefusedUser {
  readonly operator: Operator;
  readonly account: Account;
  /** Its name. */
  readonly user: string;
  /** The token of its creds, which may be older than that of the store. */
  readonly token: string;
}

/** Says why servers don't let a user in, as far as the store tells, and what to do about it. */
export function adviceForUser(io: Io, { operator, account, user, token }: RefusedUser): string {
  const claims = decodeUnverified(token, "user");
  const { exp = 0, nbf = 0, iat = 0, iss = "", sub } = claims;
  const now = timeOf(io).getTime() / 1000;
  const title = `the creds of user ${quote(user)}`;
  const renew = `'nsc edit user -a ${quoteWord(account.name)} -n ${quoteWord(user)}`;
  if (exp > 0 && exp <= now) return `${title} have expired ${formatDate(exp)}: ${renew} --expiry …' makes new ones`;
  if (nbf > now) return `${title} are valid from ${formatDate(nbf)} on`;
  const { nats, exp: end = 0 } = account.claims;
  if (isRevoked(nats, sub, iat)) return `${title} are revoked by account ${quote(account.name)}`;
  const keys = [account.publicKey, ...(nats.signing_keys ?? []).map(signingKeyOf)];
  if (!keys.includes(iss)) return `${title} are signed by ${iss}, which is no key of account ${quote(account.name)}`;
  if (end > 0 && end <= now) return `account ${quote(account.name)} has expired ${formatDate(end)}`;
  const push = `'nsc push -a ${quoteWord(account.name)}'`;
  return `the servers may not have account ${quote(account.name)} as it is here, which ${push} mends, or trust another operator than ${quote(operator.name)}`;
}
