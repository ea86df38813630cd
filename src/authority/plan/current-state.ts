import { setOwn } from "../../encoding/json-codec.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import type { Operator } from "../operator.ts";
import { assertOperatorHandle } from "../operator-input.ts";
import type { AccountPath, OperatorPath, UserPath } from "../paths.ts";
import type { Workspace } from "../workspace.ts";
import { describeSettings } from "./account-settings.ts";
import { describeCallout } from "./desired-callout.ts";
import { describeExports } from "./desired-exports.ts";
import { describeImports } from "./desired-imports.ts";
import { describeRoles } from "./desired-roles.ts";
import type { AccountTemplate, DesiredAccount, DesiredOperator, DesiredState, DesiredUser } from "./desired-state.ts";
import { describeTimes } from "./desired-times.ts";
import { describeUser } from "./desired-users.ts";
import { accountsByKey } from "./reconciliation.ts";

/**
 * The tree of an operator as a description, which {@link plan} finds nothing to do for, and which makes the same tree of
 * another operator, with keys of its own. It says nothing of keys, revocations, former keys, rotations, and members that this
 * version does not know; `copyTree` and `exportTree` take all of it.
 *
 * @param operator - the operator, also one of a transaction
 * @throws NscError `ERR_STORE_DAMAGED` when something can't be read, since what is left out might be removed later;
 * `ERR_ENTITY_NOT_FOUND`, `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { currentState, Nsc, plan } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const app = await operator.addAccount("APP", { jetstream: "unlimited" });
 * await app.addRole("web", { pub: ["orders.>"] });
 * await app.addUser("alice", { role: "web" });
 *
 * const state = await currentState(operator);
 * state.accounts?.APP?.users?.alice?.role; // "web"
 * (await plan(operator, state)).changes.length; // 0
 * ```
 */
export async function currentState(operator: Operator): Promise<DesiredState> {
  assertOperatorHandle(operator);
  const { session, path } = operator.cell;
  return session.rehearse((workspace) => describeTree(workspace, path as OperatorPath));
}

async function describeTree(workspace: Workspace, path: OperatorPath): Promise<DesiredState> {
  const { nats, ...claims } = await workspace.need(path);
  const accounts: { [name: string]: DesiredAccount } = {};
  const names = await workspace.names(path);
  const byKey = new Map<string, string>();
  for (const name of names) byKey.set((await workspace.need<AccountPath>([path[0], name])).sub, name);
  const nameOf: NameOf = (publicKey) => byKey.get(publicKey);
  for (const name of names) {
    setOwn(accounts, name, await describeAccount(workspace, [path[0], name], nameOf));
  }
  const { account_server_url: url = "", operator_service_urls: urls = [], assert_server_version: version = "" } = nats;
  const { system_account: system = "", strict_signing_key_usage: isStrict, signing_keys: keys = [], tags = [] } = nats;
  const operator: DesiredOperator = {
    ...(url !== "" && { accountServerUrl: url }),
    ...(urls.length > 0 && { serviceUrls: [...urls] }),
    ...(system !== "" && { systemAccount: nameOf(system) ?? system }),
    ...(isStrict === true && { requireSigningKeys: true }),
    ...(version !== "" && { assertServerVersion: version }),
    ...(keys.length > 0 && { signingKeys: keys.length }),
    ...(tags.length > 0 && { tags: [...tags] }),
    ...describeTimes(claims),
  };
  return { operator, accounts };
}

type NameOf = (publicKey: string) => string | undefined;

async function describeAccount(workspace: Workspace, path: AccountPath, nameOf: NameOf): Promise<DesiredAccount> {
  const claims = await workspace.need(path);
  const users: { [name: string]: DesiredUser } = {};
  const userNames = new Map<string, string>();
  for (const name of await workspace.names(path)) {
    const user = await workspace.need<UserPath>([...path, name]);
    userNames.set(user.sub, name);
    setOwn(users, name, describeUser(claims, user));
  }
  const authCallout = describeCallout(claims.nats.authorization, (key) => userNames.get(key), nameOf);
  return {
    ...describeOwn(claims, nameOf),
    ...describeTimes(claims),
    ...(authCallout && { authCallout }),
    ...(userNames.size > 0 && { users }),
  };
}

function describeOwn({ nats }: ReadonlyDeep<AccountClaims>, nameOf: NameOf): AccountTemplate {
  const unscoped = (nats.signing_keys ?? []).filter((key) => typeof key === "string").length;
  const roles = describeRoles(nats);
  const exports = describeExports(nats.exports ?? []);
  const imports = describeImports(nats.imports ?? [], nameOf);
  const { tags = [] } = nats;
  return {
    ...describeSettings(nats),
    ...(tags.length > 0 && { tags: [...tags] }),
    ...(unscoped > 0 && { signingKeys: unscoped }),
    ...(Object.keys(roles).length > 0 && { roles }),
    ...(exports.length > 0 && { exports }),
    ...(imports.length > 0 && { imports }),
  };
}

/** The settings of an account as a template says them. */
export async function describeTemplate(workspace: Workspace, path: AccountPath): Promise<AccountTemplate> {
  const accounts = await accountsByKey(workspace, [path[0]]);
  const { imports, ...template } = describeOwn(await workspace.need(path), (publicKey) => accounts.get(publicKey)?.[1]);
  // An activation is for the account that it was signed for.
  const others = imports?.map(({ activation: _, ...each }) => each);
  return { ...template, ...(others && { imports: others }) };
}
