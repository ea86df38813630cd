import type { ConfigMap } from "../config/format.ts";
import { formatServerConfig } from "../config/format.ts";
import { formatGoDuration } from "../encoding/duration.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { didSign } from "../jwt/did-sign.ts";
import type { Export } from "../jwt/exports.ts";
import { type Import, importSubjects } from "../jwt/imports.ts";
import { hasJetStream, jetStreamIsUnlimited } from "../jwt/limits.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { areClaimsRevoked } from "../jwt/revocations.ts";
import { findSigningKey } from "../jwt/scopes.ts";
import type { UserNats } from "../jwt/user.ts";
import { isContainedIn } from "../subjects/subject.ts";
import type { Account } from "./account.ts";
import { type Context, nowOf } from "./context.ts";
import { activationProblem } from "./known-activations.ts";
import type { Operator } from "./operator.ts";
import { assertKnownOptions } from "./options.ts";
import { permissions, type SubjectRules } from "./reports/permissions.ts";
import type { User } from "./user.ts";

/** Options of {@link nkeyServerConfig}. */
export interface NkeyServerConfigOptions {
  /**
   * Whether what such a configuration can't say is left out, as nsc does; false by default, by which it is an error that names
   * all of it.
   */
  readonly lossy?: boolean;
}

/** What {@link nkeyServerConfig} gives; `toString()` is its text. */
export interface NkeyServerConfig extends ConfigMap {
  /** Users with their nkeys and permissions, exports, imports and mappings, by the names of accounts. */
  readonly accounts: ConfigMap;
  /** Name of the system account. */
  readonly system_account?: string;
}

/**
 * The configuration of a server that knows no tokens, from a tree: accounts with the nkeys of their users, which sign in with
 * their seeds alone. What nsc does for `nsc generate config --nkey`, and more: permissions, with those of roles and accounts, connection
 * types, mappings and a system account. Left out are users that are expired, revoked, or signed by a key that signs none for the account
 * any more, and private exports that nobody imports.
 *
 * @param operator - the operator
 * @param options - whether something may be lost
 * @returns configuration as data
 * @throws NscError `ERR_CONFIG_VALUE` for what can't be said without tokens, such as limits, expiry and source networks;
 * `ERR_CONFIG_ACCOUNT` for imports that the exporting account does not offer, and without accounts; `ERR_ARGUMENT_INVALID`, and
 * those of the store
 *
 * @example
 * ```ts
 * import { Nsc, nkeyServerConfig } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const app = await operator.addAccount("APP");
 * await app.addUser("alice", { sub: ["orders.>"] });
 * const config = await nkeyServerConfig(operator);
 * `${config}`; // "accounts: {\n  APP: {\n    users: […"
 * ```
 */
export async function nkeyServerConfig(
  operator: Operator,
  options: NkeyServerConfigOptions = {},
): Promise<NkeyServerConfig> {
  assertKnownOptions(options, ["lossy"]);
  await operator.refresh();
  const accounts: Account[] = [];
  for await (const account of operator.accounts()) accounts.push(account);
  if (accounts.length === 0) throw new NscError("ERR_CONFIG_ACCOUNT", "the operator has no accounts");
  accounts.sort((a, b) => (a.name < b.name ? -1 : 1));

  const { context } = operator.cell.session;
  const tree: Tree = {
    context,
    accounts: new Map(accounts.map((account) => [account.publicKey, account])),
    systemAccount: operator.claims.nats.system_account,
    strict: operator.claims.nats.strict_signing_key_usage === true,
    now: nowOf(context),
    losses: [],
  };
  const entries: [string, ConfigMap][] = [];
  for (const account of accounts) entries.push([account.name, await accountConfig(account, tree)]);
  if (tree.losses.length > 0 && options.lossy !== true) {
    const what = tree.losses.join("; ");
    throw new NscError(
      "ERR_CONFIG_VALUE",
      `without tokens a configuration can't say these; pass lossy to go without: ${what}`,
    );
  }
  const system = tree.accounts.get(tree.systemAccount ?? "");
  const config: NkeyServerConfig = {
    accounts: Object.fromEntries(entries),
    ...(system !== undefined && { system_account: system.name }),
  };
  return Object.defineProperty(config, "toString", { value: () => formatServerConfig(config) });
}

interface Tree {
  readonly context: Context;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly systemAccount: string | undefined;
  /** Whether identities of accounts sign no users. */
  readonly strict: boolean;
  readonly now: number;
  /** What can't be said. */
  readonly losses: string[];
}

async function accountConfig(account: Account, tree: Tree): Promise<ConfigMap> {
  const { name, claims, publicKey } = account;
  const { nats } = claims;
  noteLosses(tree, name, accountLosses(claims));
  const users: ConfigMap[] = [];
  for await (const user of account.users()) {
    if (isLetIn(user, account, tree)) users.push(userConfig(user, account, tree));
  }
  // The server gives the system account its exports itself.
  const exported = publicKey === tree.systemAccount ? [] : (nats.exports ?? []);
  const exports = exported.flatMap((entry) => exportConfig(entry, account, tree));
  const imports = (nats.imports ?? []).map((entry) => importConfig(entry, account, tree));
  const mappings = Object.entries(nats.mappings ?? {}).map(([source, destinations]) => {
    const list = (destinations ?? []).map(({ subject, weight = 0, cluster = "" }) => ({
      destination: subject,
      weight: weight || 100,
      ...(cluster !== "" && { cluster }),
    }));
    return [source, list] as const;
  });
  return {
    ...(users.length > 0 && { users }),
    ...(exports.length > 0 && { exports }),
    ...(imports.length > 0 && { imports: imports.filter((entry) => entry !== undefined) }),
    ...(mappings.length > 0 && { mappings: Object.fromEntries(mappings) }),
    ...(hasJetStream(nats.limits) && jetStreamIsUnlimited(nats.limits) && { jetstream: "enabled" }),
  };
}

/** Whether servers that know tokens let a user in; from what is signed by a key that is gone, its role is gone, too. */
function isLetIn({ claims }: User, account: Account, { strict, now }: Tree): boolean {
  const { exp = 0, iss } = claims;
  if (!didSign(account.claims, claims) || (strict && iss === account.publicKey)) return false;
  return (exp === 0 || exp > now) && !areClaimsRevoked(account.claims.nats, claims);
}

function noteLosses({ losses }: Tree, title: string, present: Readonly<Record<string, boolean>>): void {
  const names = Object.keys(present).filter((name) => present[name] === true);
  if (names.length > 0) losses.push(`${JSON.stringify(title)}: ${names.join(", ")}`);
}

const isLimited = (limit: unknown): boolean => Number(limit ?? 0) !== -1;

function accountLosses({ exp = 0, nats }: ReadonlyDeep<AccountClaims>): Readonly<Record<string, boolean>> {
  const { limits, trace, cluster_traffic: traffic = "", authorization } = nats;
  const { conn, leaf, subs, data, payload, imports, exports, wildcards } = limits;
  return {
    expiry: exp > 0,
    limits: [conn, leaf, subs, data, payload, imports, exports].some(isLimited) || wildcards !== true,
    "JetStream limits": hasJetStream(limits) && !jetStreamIsUnlimited(limits),
    trace: (trace ?? undefined) !== undefined,
    cluster_traffic: traffic !== "",
    authorization: (authorization.auth_users ?? []).length > 0,
  };
}

function userConfig(user: User, account: Account, tree: Tree): ConfigMap {
  const { claims, name, publicKey } = user;
  const key = findSigningKey(account.claims.nats, claims.iss ?? "");
  const own: ReadonlyDeep<Partial<UserNats>> = typeof key === "object" ? key.template : claims.nats;
  noteLosses(tree, `${account.name}/${name}`, {
    expiry: (claims.exp ?? 0) > 0 || (claims.nbf ?? 0) > tree.now,
    limits: [own.subs, own.data, own.payload].some(isLimited),
    "source networks": (own.src ?? []).length > 0,
    times: (own.times ?? []).length > 0,
    proxy_required: own.proxy_required === true,
  });
  const { source, pub, sub, responses } = permissions(user);
  const types = own.allowed_connection_types ?? [];
  const replies = responses && {
    allow_responses: { max: responses.max, expires: formatGoDuration(BigInt(responses.ttl)) },
  };
  return {
    nkey: publicKey,
    ...(source !== "none" && {
      permissions: { ...rulesConfig("publish", pub), ...rulesConfig("subscribe", sub), ...replies },
    }),
    ...(types.length > 0 && { allowed_connection_types: [...types] }),
  };
}

function rulesConfig(name: string, { allow = [], deny }: SubjectRules): ConfigMap {
  if (allow.length === 0 && deny.length === 0) return {};
  return {
    [name]: { ...(allow.length > 0 && { allow: [...allow] }), ...(deny.length > 0 && { deny: [...deny] }) },
  };
}

function exportConfig(entry: ReadonlyDeep<Export>, account: Account, tree: Tree): readonly ConfigMap[] {
  const { type = "stream", subject, response_type: response = "Singleton", service_latency: latency } = entry;
  const threshold = BigInt(entry.response_threshold ?? 0);
  noteLosses(tree, `${account.name}: export ${subject}`, {
    account_token_position: Number(entry.account_token_position ?? 0) > 0,
  });
  const importers = [...tree.accounts.values()].filter((importer) =>
    (importer.claims.nats.imports ?? []).some(
      (wanted) =>
        wanted.account === account.publicKey && isOf(wanted, entry) && isActivated(wanted, importer, account, tree),
    ),
  );
  // To the server an empty list is none, by which everybody may import.
  if (entry.token_req === true && importers.length === 0) return [];
  const config: ConfigMap = {
    [type]: subject,
    ...(entry.token_req === true && { accounts: importers.map((importer) => importer.name) }),
    ...(type === "service" && response !== "Singleton" && { response_type: response.toLowerCase() }),
    ...(type === "service" && threshold > 0n && { threshold: formatGoDuration(threshold) }),
    ...(latency && { latency: { sampling: latency.sampling, subject: latency.results } }),
    ...(entry.allow_trace === true && { allow_trace: true }),
  };
  return [config];
}

function isOf(entry: ReadonlyDeep<Import>, offered: ReadonlyDeep<Export>): boolean {
  return entry.type === offered.type && isContainedIn(importSubjects(entry).remote, offered.subject);
}

function isActivated(entry: ReadonlyDeep<Import>, importer: Account, exporter: Account, tree: Tree): boolean {
  const judge = { ...tree, claims: exporter.claims };
  return activationProblem(entry.token ?? "", entry, importer.claims, judge) === undefined;
}

function importConfig(entry: ReadonlyDeep<Import>, account: Account, tree: Tree): ConfigMap | undefined {
  const title = `${account.name}: import ${entry.subject}`;
  const { type = "stream" } = entry;
  const isOfSystem = entry.account === tree.systemAccount;
  noteLosses(tree, title, {
    share: entry.share === true,
    "what the system account says by public keys": isOfSystem,
  });
  if (isOfSystem) return undefined;
  const exporter = tree.accounts.get(entry.account);
  const offered = exporter?.claims.nats.exports?.filter((each) => isOf(entry, each)) ?? [];
  const isOpen = offered.some((each) => each.token_req !== true);
  if (exporter === undefined || offered.length === 0 || !(isOpen || isActivated(entry, account, exporter, tree))) {
    throw new NscError(
      "ERR_CONFIG_ACCOUNT",
      `${JSON.stringify(title)} is nothing that the account ${entry.account} offers it`,
    );
  }
  const { remote, local } = importSubjects(entry);
  return {
    [type]: { account: exporter.name, subject: remote },
    ...(local !== remote && { to: local }),
    ...(entry.allow_trace === true && { allow_trace: true }),
  };
}
