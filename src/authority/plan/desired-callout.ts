import { NscError } from "../../errors.ts";
import type { ExternalAuthorization } from "../../jwt/account.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { editClaims } from "../edit-claims.ts";
import { assertKnownOptions } from "../options.ts";
import type { AccountPath } from "../paths.ts";
import type { DesiredAuthCallout } from "./desired-state.ts";
import { keyOf } from "./named-key.ts";
import { listOf } from "./plain-data.ts";
import type { Reconciliation } from "./reconciliation.ts";
import { isSameData } from "./same-data.ts";

/**
 * The auth callout of an account.
 *
 * @param userOf - the name of a user of the account
 * @param accountOf - the name of an account that is in the tree
 */
export function describeCallout(
  authorization: ReadonlyDeep<ExternalAuthorization> | undefined,
  userOf: (publicKey: string) => string | undefined,
  accountOf: (publicKey: string) => string | undefined,
): DesiredAuthCallout | undefined {
  const { auth_users: users = [], allowed_accounts: accounts = [], xkey = "" } = authorization ?? {};
  if (users.length === 0 && accounts.length === 0 && xkey === "") return undefined;
  return {
    ...(users.length > 0 && { authUsers: users.map((key) => userOf(key) ?? key) }),
    ...(accounts.length > 0 && { allowedAccounts: accounts.map((key) => accountOf(key) ?? key) }),
    ...(xkey !== "" && { xkey }),
  };
}

/** Gives an account the auth callout of a description. */
export async function reconcileCallout(
  run: Reconciliation,
  path: AccountPath,
  desired: DesiredAuthCallout | null,
): Promise<void> {
  const { authUsers = [], allowedAccounts = [], xkey = "" } = desired ?? {};
  if (desired !== null) assertKnownOptions(desired, ["authUsers", "allowedAccounts", "xkey"]);
  if (xkey !== "" && !isPublicKey(xkey, "curve")) throw new NscError("ERR_KEY_KIND", "xkey must be a public curve key");
  const { workspace, operator } = run;
  const users: string[] = [];
  for (const each of listOf(authUsers, "authUsers")) {
    users.push(await keyOf(workspace, "user", each, (name) => [...path, name]));
  }
  const accounts: string[] = [];
  for (const each of listOf(allowedAccounts, "allowedAccounts")) {
    accounts.push(each === "*" ? each : await keyOf(workspace, "account", each, (name) => [operator[0], name]));
  }
  const wanted: ExternalAuthorization = {
    ...(users.length > 0 && { auth_users: users }),
    ...(accounts.length > 0 && { allowed_accounts: accounts }),
    ...(xkey !== "" && { xkey }),
  };
  const present = (await workspace.need(path)).nats.authorization;
  const { auth_users, allowed_accounts, xkey: key } = present ?? {};
  const has = {
    ...(auth_users?.length && { auth_users }),
    ...(allowed_accounts?.length && { allowed_accounts }),
    ...(key && { xkey: key }),
  };
  if (isSameData(has, wanted)) return;
  await editClaims(workspace, path, ({ nats }) => {
    for (const name of ["auth_users", "allowed_accounts", "xkey"] as const) delete nats.authorization[name];
    Object.assign(nats.authorization, wanted);
  });
}
