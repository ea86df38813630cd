import type { Account } from "../../authority/account.ts";
import type { Operator } from "../../authority/operator.ts";
import { decodeUnverified } from "../../jwt/decode.ts";
import type { UserPermissionLimits } from "../../jwt/limits.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
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
  if (operator.claims.nats.strict_signing_key_usage === true && iss === account.publicKey) {
    return `${title} are signed by the identity of account ${quote(account.name)}, where operator ${quote(operator.name)} demands signing keys`;
  }
  const role = (nats.signing_keys ?? []).find((key) => typeof key !== "string" && key.key === iss);
  const limits = typeof role === "object" ? role.template : claims.nats;
  const allowed = restrictions(limits);
  if (end > 0 && end <= now) return `account ${quote(account.name)} has expired ${formatDate(end)}`;
  const push = `'nsc push -a ${quoteWord(account.name)}'`;
  const condition = allowed === "" ? "" : `${title} are for connections ${allowed} alone; if this was one, `;
  return `${condition}the servers may not have account ${quote(account.name)} as it is here, which ${push} mends, or trust another operator than ${quote(operator.name)}`;
}

/** From where, when and how a user may connect, where that is not always and everywhere. */
function restrictions({
  allowed_connection_types: types = [],
  src = [],
  times = [],
  times_location: zone,
}: ReadonlyDeep<UserPermissionLimits>): string {
  const ranges = times.map(({ start, end }) => `${start}-${end}`).join(", ");
  return [
    ...(types.length > 0 ? [`of type ${types.join(", ")}`] : []),
    ...(src.length > 0 ? [`from ${src.join(", ")}`] : []),
    ...(times.length > 0 ? [`at ${ranges}${zone ? ` (${zone})` : ""}`] : []),
  ].join(" ");
}
