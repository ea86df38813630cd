/**
 * The user that asks servers: one of the system account, signed for the purpose.
 *
 * @module
 */

import type { Authenticator } from "@nats-io/nats-core";
import type { Account } from "../authority/account.ts";
import { freshPair } from "../authority/key-input.ts";
import type { Operator } from "../authority/operator.ts";
import { encodeBase64Url } from "../encoding/base64url.ts";
import { encodeUtf8 } from "../encoding/bytes.ts";
import { isNscError, NscError } from "../errors.ts";
import type { Permission } from "../jwt/permissions.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { isRevoked } from "../jwt/revocations.ts";
import { signingKeyOf } from "../jwt/signing-keys.ts";
import { type KeyPair, keyPairFromSeed } from "../nkeys/key-pair.ts";

/** Long enough for clocks that differ and for large pushes; in milliseconds. */
const LIFETIME = 10 * 60 * 1000;

/** What answers the servers' nonces for a user. */
export function authenticatorOf(token: string, pair: Pick<KeyPair, "publicKey" | "sign">): Authenticator {
  return (nonce = "") => ({
    jwt: token,
    nkey: pair.publicKey,
    sig: encodeBase64Url(pair.sign(encodeUtf8(nonce))),
  });
}

/**
 * Signs a user that may do nothing else than what is asked for; where no key of the system account is at hand, a stored user
 * of it steps in.
 *
 * @param account - the system account; the operator's by default
 */
export async function issueSystemUser(
  operator: Operator,
  subjects: readonly string[],
  inboxPrefix: string,
  account?: Account,
): Promise<Authenticator> {
  const title = `the operator ${JSON.stringify(operator.name)}`;
  const system = account ?? (await operator.systemAccount());
  if (system === undefined) {
    const why =
      operator.claims.nats.system_account === undefined ? "names no system account" : "has one that is not stored";
    throw new NscError("ERR_SYSTEM_ACCOUNT", `${title} ${why}: give creds of a user of it, or a connection`);
  }
  const keys = keysOf(operator, system);
  for (const signer of keys) {
    if ((await operator.cell.session.signers.find(signer)) === undefined) continue;
    const key = freshPair("user", operator.cell.session.context);
    const pub = [...subjects];
    // Servers go by the time of day, whatever clock the tree has.
    const expires = new Date(Math.max(Date.now(), operator.cell.session.context.clock().getTime()) + LIFETIME);
    const user = await system.issueUser("nsc.js", { key, signer, expires, pub, sub: [`${inboxPrefix}.>`] });
    return authenticatorOf(user.token, key);
  }
  return (await storedUser(system)) ?? missing(title, system, keys);
}

/**
 * The identity first, which servers know even where they have no token of the system account yet; signing keys where they
 * are demanded.
 */
function keysOf(operator: Operator, { publicKey, claims }: Account): readonly string[] {
  const unscoped = (claims.nats.signing_keys ?? []).filter((key) => typeof key === "string").map(signingKeyOf);
  return operator.claims.nats.strict_signing_key_usage === true ? unscoped : [publicKey, ...unscoped];
}

/** One that servers let in and that may ask anything; else one that may ask something. */
async function storedUser(system: Account): Promise<Authenticator | undefined> {
  const { store, clock } = system.cell.session.context;
  const now = clock().getTime() / 1000;
  let restricted: Authenticator | undefined;
  try {
    for await (const { token, publicKey, claims, role } of system.users()) {
      const { exp = 0, iat = 0, nats } = claims;
      if ((exp > 0 && exp <= now) || isRevoked(system.claims.nats, publicKey, iat)) continue;
      const seed = await store.getKey(publicKey);
      if (seed === undefined) continue;
      const authenticator = authenticatorOf(token, keyPairFromSeed(seed));
      if (role === undefined && hasNoLists(nats.pub) && hasNoLists(nats.sub)) return authenticator;
      restricted ??= authenticator;
    }
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
  }
  return restricted;
}

function hasNoLists({ allow = [], deny = [] }: ReadonlyDeep<Permission> = {}): boolean {
  return allow.length + deny.length === 0;
}

function missing(title: string, { name }: Account, keys: readonly string[]): never {
  const account = `the system account ${JSON.stringify(name)} of ${title}`;
  if (keys.length === 0) {
    const why = `${title} demands signing keys, and ${account} has none without a role`;
    throw new NscError("ERR_SIGNING_KEY_REQUIRED", `${why}: add one, or give creds of a user of it, or a connection`);
  }
  const needed = `no private key of ${account} is at hand to sign a user with: ${keys.join(", ")}`;
  throw new NscError("ERR_SIGNER_MISSING", `${needed}; give creds of a user of it, or a connection`);
}
