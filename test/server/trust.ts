/** Tokens of a small world, for tests of configurations and of servers. */

import {
  type AccountClaims,
  type ClaimsInit,
  createAccountClaims,
  createKeyPair,
  createOperatorClaims,
  createUserClaims,
  encode,
  encodeCreds,
  type KeyPair,
  type OperatorClaims,
  type ServerConfigTokens,
  type UserClaimsInit,
} from "nsc.js";

type OperatorInit = ClaimsInit<OperatorClaims["nats"]>;
type AccountInit = ClaimsInit<AccountClaims["nats"]>;

export function operatorToken(pair: KeyPair, nats: OperatorInit["nats"] = {}, name = "local"): Promise<string> {
  return encode(createOperatorClaims(pair.publicKey, { name, nats }), pair);
}

export function accountToken(pair: KeyPair, signer: KeyPair, init: AccountInit = {}): Promise<string> {
  return encode(createAccountClaims(pair.publicKey, { name: "APP", ...init }), signer);
}

/** Creds of a fresh user; a signer other than the account has to name it in `nats.issuer_account`. */
export function userCreds(signer: KeyPair, init: UserClaimsInit = {}): Promise<string> {
  const user = createKeyPair("user");
  return encodeCreds(createUserClaims(user.publicKey, { name: "user", ...init }), signer, user);
}

/** An operator with a signing key, and a system account and an account APP that the operator's identity signed. */
export interface Trust {
  readonly operator: KeyPair;
  readonly operatorKey: KeyPair;
  readonly system: KeyPair;
  readonly app: KeyPair;
  readonly operatorToken: string;
  readonly systemToken: string;
  readonly appToken: string;
}

export async function createTrust(nats: OperatorInit["nats"] = {}): Promise<Trust> {
  const [operator, operatorKey] = [createKeyPair("operator"), createKeyPair("operator")];
  const [system, app] = [createKeyPair("account"), createKeyPair("account")];
  const signer = nats.strict_signing_key_usage === true ? operatorKey : operator;
  return {
    operator,
    operatorKey,
    system,
    app,
    operatorToken: await operatorToken(operator, {
      signing_keys: [operatorKey.publicKey],
      system_account: system.publicKey,
      ...nats,
    }),
    systemToken: await accountToken(system, signer, { name: "SYS" }),
    appToken: await accountToken(app, signer),
  };
}

/** A configuration's tokens, with changes, which may be anything; `undefined` takes a member away. */
export function tokensOf(
  trust: Trust,
  changes: { readonly [Name in keyof ServerConfigTokens]?: unknown } = {},
): ServerConfigTokens {
  return {
    operator: trust.operatorToken,
    accounts: [trust.systemToken, trust.appToken],
    resolver: { type: "memory" },
    ...changes,
  } as ServerConfigTokens;
}

/** What an entity may be called; each would do harm where a name ends up in configuration as it is. */
export const HOSTILE_NAMES: readonly string[] = [
  "",
  "a b",
  "line\nport: 1",
  "return\rport: 1",
  "both\r\n}\nport: 1\n#",
  "next line\u0085port: 1",
  "separators\u2028port: 1\u2029port: 2",
  "vertical\vform\fport: 1",
  "nul\0port: 1",
  "quotes \" and ' and `",
  "back\\slash\\",
  "include ./other.conf",
  "$HOME",
  "$\u007bPATH}",
  "# // /* */",
  "{[(}])",
  "a: b, c = d; e",
  "\u202eleft\u202c \ufeff \u200b",
  "\u{1f980} \u00e9\u0301 \ud83d",
  "%s %q %d",
];
