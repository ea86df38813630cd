/**
 * What keeps nats-server from starting: `validateOptions` and what it checks when it sets up its accounts.
 *
 * @module
 */

import { NscError } from "../errors.ts";
import { hasJetStream } from "../jwt/limits.ts";
import { trustedKeys } from "../jwt/trusted-keys.ts";
import { validate } from "../jwt/validate.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { checkBearer } from "./default-sentinel.ts";
import type { ConfigMap, ConfigValue } from "./format.ts";
import type { FoundServerConfig } from "./found-server-config.ts";
import { isConfigMap, mapMember, memberOf, stringMember } from "./members.ts";
import { refuse } from "./options.ts";
import { checkOperator, timeProblem } from "./token-checks.ts";

/** Refuses a configuration with which the server would not start. */
export function checkConflicts(found: FoundServerConfig, now: number): void {
  checkTrust(found);
  for (const { claims } of found.operators) checkOperator(claims);
  checkSentinel(found);
  checkPreload(found);
  if (found.operators.length > 0) {
    checkOperatorMode(found);
    checkSystemAccount(found, now);
  }
}

function checkTrust({ operators, trustedKeys: keys, resolver, config }: FoundServerConfig): void {
  const wrong = keys.find((key) => !isPublicKey(key, "operator"));
  if (wrong !== undefined) throw refuse("a trusted key is no public key of an operator");
  if (keys.length > 0) {
    if (operators.length > 0) throw refuse("there can't be both operators and trusted keys");
    if (isNatsResolver(resolver)) throw refuse("a NATS resolver needs an operator, not only its keys");
  }
  const cookie = stringMember(mapMember(config, "websocket", "ws"), "jwt_cookie") ?? "";
  if (cookie !== "" && operators.length === 0 && keys.length === 0) {
    throw refuse("jwt_cookie of the websocket listener needs operators or trusted keys");
  }
}

function isNatsResolver(resolver: FoundServerConfig["resolver"]): boolean {
  return resolver?.type === "full" || resolver?.type === "cache";
}

function checkSentinel({ defaultSentinel, operators }: FoundServerConfig): void {
  if (defaultSentinel === undefined) return;
  if (operators.length === 0) throw refuse("a default sentinel needs operators");
  checkBearer(defaultSentinel.claims.nats);
}

function checkPreload({ accounts, resolver }: FoundServerConfig): void {
  if (resolver?.type === "url" && accounts.length > 0) throw refuse("an account server over HTTP takes no preload");
}

/** What is configured by itself elsewhere, and comes from tokens here. */
function checkOperatorMode({ operators, systemAccount, resolver, pinnedAccounts, config }: FoundServerConfig): void {
  if (resolver === undefined) throw refuse("several operators need a resolver");
  const authorization = mapMember(config, "authorization");
  const leafnodes = mapMember(config, "leafnodes", "leaf");
  const given: Readonly<Record<string, ConfigValue | undefined>> = {
    accounts: memberOf(config, "accounts"),
    "authorization.users": memberOf(authorization, "users"),
    "authorization.auth_callout": memberOf(authorization, "auth_callout", "auth_hook"),
    no_auth_user: memberOf(config, "no_auth_user"),
    "websocket.no_auth_user": memberOf(mapMember(config, "websocket", "ws"), "no_auth_user"),
    "mqtt.no_auth_user": memberOf(mapMember(config, "mqtt"), "no_auth_user"),
    "leafnodes.authorization.users": memberOf(mapMember(leafnodes, "authorization"), "users"),
  };
  for (const [name, value] of Object.entries(given)) {
    if (!isNothing(value)) throw refuse(`a server with operators can't have ${name}`);
  }
  checkRemotes(leafnodes);
  if (pinnedAccounts?.some((key) => !isPublicKey(key, "account"))) {
    throw refuse("a pinned account is no public key of an account");
  }
  const named = operators.flatMap(({ claims }) => claims.nats.system_account || []);
  if (systemAccount === undefined) {
    if (isNatsResolver(resolver) && (operators[0]?.claims.nats.system_account ?? "") === "") {
      throw new NscError("ERR_CONFIG_ACCOUNT", "a NATS resolver needs a system account, which nobody names");
    }
  } else if (named.length > 0 && !named.includes(systemAccount)) {
    throw new NscError("ERR_CONFIG_ACCOUNT", "the system account is another one than the operators name");
  }
}

function isNothing(value: ConfigValue | undefined): boolean {
  if (value === undefined || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isConfigMap(value) && Object.keys(value).length === 0;
}

function checkRemotes(leafnodes: ConfigMap): void {
  const remotes = memberOf(leafnodes, "remotes") ?? [];
  if (!Array.isArray(remotes)) throw refuse("leafnodes.remotes must be a list");
  for (const remote of remotes as readonly ConfigValue[]) {
    if (!isConfigMap(remote)) throw refuse("a leafnode remote must be a map");
    if (!isPublicKey(stringMember(remote, "account", "local") ?? "", "account")) {
      throw refuse("a leafnode remote needs the public key of an account: account");
    }
    const credentials = stringMember(remote, "credentials", "creds");
    if (credentials !== undefined && stringMember(remote, "nkey", "seed") !== undefined) {
      throw refuse("a leafnode remote can't have both credentials and nkey");
    }
  }
}

/** The token of the system account, as far as it is here: a NATS resolver may have another one in its folder. */
function checkSystemAccount(
  { operators, systemAccount, resolver, accounts, config }: FoundServerConfig,
  now: number,
): void {
  if (systemAccount === undefined) return;
  const found = accounts.find(({ publicKey }) => publicKey === systemAccount)?.claims;
  if (found !== undefined && hasJetStream(found.nats.limits) && isJetStreamOn(config)) {
    throw new NscError("ERR_CONFIG_ACCOUNT", "the system account has JetStream limits, and the server has JetStream");
  }
  if (resolver?.type !== "memory") return;
  const refused = (why: string) => new NscError("ERR_CONFIG_ACCOUNT", `the system account ${systemAccount} ${why}`);
  if (found === undefined) throw refused("is not preloaded");
  if (found.sub !== systemAccount) throw refused("is preloaded with the token of another one");
  const problem = timeProblem(found, now);
  if (problem !== undefined) throw refused(problem);
  if (validate(found).some(({ level }) => level === "error")) throw refused("is not valid");
  const { iss = "" } = found;
  if (!operators.flatMap(({ claims }): readonly string[] => trustedKeys(claims)).includes(iss)) {
    throw new NscError("ERR_CONFIG_TRUST", `the system account is signed by ${iss}, which is no key of the operators`);
  }
}

function isJetStreamOn(config: ConfigMap): boolean {
  const value = memberOf(config, "jetstream");
  if (typeof value === "string") return /^enabled?$/i.test(value);
  if (!isConfigMap(value)) return value === true;
  const isEnabled = memberOf(value, "enabled", "enable");
  return isEnabled === undefined || isEnabled === true;
}
