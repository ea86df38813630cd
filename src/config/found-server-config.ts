import type { AccountClaims } from "../jwt/account.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { UserClaims } from "../jwt/user.ts";
import type { ConfigMap } from "./format.ts";
import type { Resolver } from "./resolver.ts";

/** A token in a configuration, and what it says. */
export interface ConfiguredToken<Claims> {
  readonly token: string;
  readonly claims: Claims;
}

/** An account that a configuration preloads. */
export interface ConfiguredAccount extends ConfiguredToken<AccountClaims> {
  /** The key that it is preloaded under, which should be that of the claims. */
  readonly publicKey: string;
}

/** What `readServerConfig` finds. */
export interface FoundServerConfig {
  /** The operators that the server trusts; none outside of operator mode. */
  readonly operators: readonly ConfiguredToken<OperatorClaims>[];
  /** Public keys of operators that it trusts without their tokens. */
  readonly trustedKeys: readonly string[];
  /** Public key of the system account, also where only the token of a single operator names it. Outside of operator mode, its name. */
  readonly systemAccount?: string;
  /** How the server gets at account tokens. */
  readonly resolver?: Resolver;
  /** The accounts that are preloaded. */
  readonly accounts: readonly ConfiguredAccount[];
  /** The only accounts whose users may connect. */
  readonly pinnedAccounts?: readonly string[];
  /** The user that clients are which show no token. */
  readonly defaultSentinel?: ConfiguredToken<UserClaims>;
  /** Everything that stands there, as `parseServerConfig` gives it. */
  readonly config: ConfigMap;
}
