import { createHash } from "node:crypto";
import type { Account } from "../authority/account.ts";
import type { AddAccountOptions, RoleInit } from "../authority/account-verbs.ts";
import { Nsc } from "../authority/nsc.ts";
import type { Operator } from "../authority/operator.ts";
import type { AddOperatorOptions } from "../authority/operator-verbs.ts";
import { serverConfig } from "../authority/server-config.ts";
import type { User } from "../authority/user.ts";
import type { AddUserOptions } from "../authority/user-verbs.ts";
import type { Resolver } from "../config/resolver.ts";
import type { ServerConfig } from "../config/server-config.ts";
import { credsText } from "../creds/decorated.ts";
import { NscError } from "../errors.ts";
import { hasJetStream } from "../jwt/limits.ts";
import { memoryStore } from "../store/memory-store.ts";
import type { Store } from "../store/store.ts";
import { type NatsServerOptions, type RunningNatsServer, startNatsServer } from "./nats-server.ts";

/** An account of {@link testAuthority}. */
export interface TestAccountDescription extends AddAccountOptions {
  /** Names of users, or users with what they begin with. */
  readonly users?: readonly string[] | { readonly [name: string]: AddUserOptions };
  /** Roles, with what their users may do. */
  readonly roles?: { readonly [role: string]: RoleInit };
}

/** What {@link testAuthority} makes. */
export interface TestAuthorityDescription {
  /** Name of the operator, or more of what it begins with; `test` by default. It has a signing key and a system account. */
  readonly operator?: string | (AddOperatorOptions & { readonly name?: string });
  /** Whether the operator demands signing keys; false by default. Accounts get one then. */
  readonly requireSigningKeys?: boolean;
  /** Accounts by name; none by default. */
  readonly accounts?: { readonly [name: string]: TestAccountDescription };
  /** How servers get at the accounts; all of them are in the configuration by default. */
  readonly resolver?: Resolver;
  /** Makes all keys from this text, so that each run has the same. Never use such keys outside of tests. */
  readonly seed?: string;
  /**
   * The time at which tokens are issued; now by default, and with `seed` the beginning of 2026. Expiries count from it, so a
   * server that is started refuses what expired since.
   */
  readonly now?: Date;
  /** Where everything is kept; in memory by default. */
  readonly store?: Store;
}

type NamesOf<T> = T extends readonly (infer Name extends string)[] ? Name : Extract<keyof T, string>;
type UsersOf<A> = A extends { readonly users: infer Users } ? NamesOf<Users> : never;
type AccountsOf<D> = D extends { readonly accounts: infer Accounts } ? Accounts : Record<never, never>;

/** Something for each user of each account. */
export type ByUser<D, T> = {
  readonly [A in keyof AccountsOf<D>]: { readonly [U in UsersOf<AccountsOf<D>[A]>]: T };
};

/** What {@link testAuthority} made. */
export interface TestAuthority<D = TestAuthorityDescription> {
  readonly nsc: Nsc;
  readonly operator: Operator;
  /** The system account. */
  readonly system: Account;
  /** Accounts by name. */
  readonly accounts: { readonly [A in keyof AccountsOf<D>]: Account };
  /** Users by account and name. */
  readonly users: ByUser<D, User>;
  /** The text of creds files by account and user; empty where the user's key is elsewhere. */
  readonly creds: ByUser<D, string>;
  /** The text of the creds file of `sys`, the user of the system account. */
  readonly systemCreds: string;
  /** The configuration of a server for all this. */
  readonly config: ServerConfig;
}

/** What {@link testAuthority} made, with a server that knows it. With `await using` it is stopped at the end of the block. */
export interface StartedTestAuthority<D = TestAuthorityDescription> extends TestAuthority<D>, AsyncDisposable {
  readonly server: RunningNatsServer;
  /** For clients: `nats://127.0.0.1:…`. */
  readonly url: string;
  /** Stops the server. */
  stop(): Promise<void>;
}

/** A trust tree that is being made; it can be waited for, alone or together with a server. */
export interface PendingTestAuthority<D = TestAuthorityDescription> extends Promise<TestAuthority<D>> {
  /**
   * Starts a server for it, with JetStream if an account has it. A NATS resolver knows the system account alone until others
   * are pushed to it.
   *
   * @param options - as for `startNatsServer`; `config` is what stands in the configuration besides
   * @throws NscError `ERR_ARGUMENT_INVALID` when something has expired, and as `startNatsServer` does
   */
  start(options?: Omit<NatsServerOptions, "config"> & { readonly config?: string }): Promise<StartedTestAuthority<D>>;
}

/**
 * Operator, system account, accounts, roles, users, creds and a server configuration in one call, for tests. With
 * `.start()` a real nats-server is started that knows them.
 *
 * @param description - accounts with their users and roles
 * @throws NscError `ERR_ARGUMENT_INVALID` for what is not as documented, and as `Nsc` does
 *
 * @example
 * ```ts
 * import { testAuthority } from "nsc.js/testing";
 *
 * const { creds, users } = await testAuthority({
 *   accounts: {
 *     APP: { users: ["alice"], jetstream: "unlimited" },
 *     WEB: { roles: { web: { pub: ["in.>"] } }, users: { bob: { role: "web" } } },
 *   },
 * });
 * creds.APP.alice.startsWith("-----BEGIN NATS USER JWT-----"); // true
 * users.WEB.bob.role; // "web"
 * ```
 */
export function testAuthority<const D extends TestAuthorityDescription>(
  description: D = {} as D,
): PendingTestAuthority<D> {
  const made = makeAuthority(description) as Promise<TestAuthority<D>>;
  return Object.assign(made, {
    async start(options: Parameters<PendingTestAuthority["start"]>[0] = {}) {
      return startAuthority(await made, options);
    },
  });
}

const DESCRIPTION = "operator requireSigningKeys accounts resolver seed now store".split(" ");

async function makeAuthority(description: TestAuthorityDescription): Promise<TestAuthority> {
  const unknown = Object.keys(description).find((name) => !DESCRIPTION.includes(name));
  if (unknown !== undefined) throw new NscError("ERR_ARGUMENT_INVALID", `there is no option ${unknown}`);
  const { seed, requireSigningKeys = false, accounts = {}, resolver = { type: "memory" } } = description;
  const store = description.store ?? memoryStore();
  const now = description.now ?? (seed === undefined ? undefined : new Date("2026-01-01T00:00:00Z"));
  const nsc = new Nsc({
    store,
    ...(seed !== undefined && { random: seededRandom(seed) }),
    ...(now && { clock: () => now }),
  });
  const given = typeof description.operator === "string" ? { name: description.operator } : description.operator;
  const { name: operatorName = "test", ...operatorOptions } = given ?? {};

  const made = await nsc.transaction(async (tx) => {
    const operator = await tx.addOperator(operatorName, { signingKey: true, systemAccount: true, ...operatorOptions });
    if (requireSigningKeys) await operator.requireSigningKeys();
    const entries: [string, Account, [string, User][]][] = [];
    for (const [name, { users = [], roles = {}, ...options }] of Object.entries(accounts)) {
      const account = await operator.addAccount(name, { ...(requireSigningKeys && { signingKey: true }), ...options });
      for (const [role, init] of Object.entries(roles)) await account.addRole(role, init);
      const added: [string, User][] = [];
      for (const [user, init] of usersOf(users)) added.push([user, await account.addUser(user, init)]);
      entries.push([name, account, added]);
    }
    return { operator, entries };
  });

  const { operator, entries } = made;
  const system = await operator.systemAccount();
  if (system === undefined) throw new NscError("ERR_ARGUMENT_INVALID", "a test authority needs a system account");
  const creds: [string, Record<string, string>][] = [];
  for (const [name, , users] of entries) {
    creds.push([
      name,
      Object.fromEntries(await Promise.all(users.map(async ([user, handle]) => [user, await credsOf(handle, store)]))),
    ]);
  }
  return {
    nsc,
    operator,
    system,
    accounts: Object.fromEntries(entries.map(([name, account]) => [name, account])),
    users: Object.fromEntries(entries.map(([name, , users]) => [name, Object.fromEntries(users)])),
    creds: Object.fromEntries(creds),
    systemCreds: await credsOf(await system.user("sys"), store),
    config: await serverConfig(operator, { resolver }),
  };
}

/** Without the check that token and seed belong together, which takes longer than the rest. */
async function credsOf(user: User, store: Store): Promise<string> {
  const seed = await store.getKey(user.publicKey);
  return seed === undefined ? "" : credsText(user.token, seed);
}

function usersOf(users: NonNullable<TestAccountDescription["users"]>): [string, AddUserOptions][] {
  return isList(users) ? users.map((name) => [name, {}]) : Object.entries(users);
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

/** Bytes that depend on a text and on how many were asked for before. */
function seededRandom(seed: string): (length: number) => Uint8Array {
  let count = 0;
  return (length) => {
    count += 1;
    return createHash("shake256", { outputLength: length }).update(`${count}:${seed}`).digest();
  };
}

async function startAuthority<D>(
  authority: TestAuthority<D>,
  { config = "", ...options }: NonNullable<Parameters<PendingTestAuthority["start"]>[0]>,
): Promise<StartedTestAuthority<D>> {
  const accounts: Account[] = Object.values(authority.accounts);
  const users: Record<string, User>[] = Object.values(authority.users);
  for (const { name, claims } of [authority.operator, ...accounts, ...users.flatMap((each) => Object.values(each))]) {
    if ((claims.exp ?? Number.POSITIVE_INFINITY) * 1000 > Date.now()) continue;
    const what = `${claims.nats.type} ${JSON.stringify(name)} has expired by the clock of this machine`;
    throw new NscError("ERR_ARGUMENT_INVALID", `the ${what}: say now, from which expiries count`);
  }
  const jetstream = accounts.some((account) => hasJetStream(account.claims.nats.limits));
  const server = await startNatsServer({ jetstream, ...options, config: `${authority.config}\n${config}` });
  const stop = (): Promise<void> => server.stop();
  return { ...authority, server, url: server.url, stop, [Symbol.asyncDispose]: stop };
}
