/**
 * What can be wrong with an account whose users a service authorizes.
 *
 * @module
 */

import type { AccountClaims } from "../../jwt/account.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import type { StorePath } from "../../store/store.ts";
import { type AccountPath, userPlacesIn } from "../paths.ts";
import type { KnownAccounts } from "./lint-accounts.ts";
import type { Findings } from "./lint-findings.ts";

/** What callouts are looked at with. */
export interface CalloutScope {
  readonly path: AccountPath;
  readonly operator: ReadonlyDeep<OperatorClaims>;
  readonly accounts: KnownAccounts;
  /** The keys of rotations that are under way: one of the two is of nobody who is stored. */
  readonly rotated: ReadonlySet<string>;
  /** The places in the store of what has a public key. */
  readonly findKey: (publicKey: string) => Promise<readonly StorePath[]>;
}

/** Looks at the auth callout of an account. */
export async function lintCallout(
  { sub, nats }: ReadonlyDeep<AccountClaims>,
  { path, operator, accounts, rotated, findKey }: CalloutScope,
  findings: Findings,
): Promise<void> {
  const { auth_users: users = [], allowed_accounts: allowed = [] } = nats.authorization ?? {};
  // Without users that authorize others it is off.
  if (users.length === 0) return;
  const at = ["nats", "authorization"];
  if (operator.nats.system_account === sub) {
    const message = "it is the system account, and who pushes to servers must be authorized by a service";
    findings.add("CALLOUT_SYSTEM", at, message);
  }
  for (const [index, user] of users.entries()) {
    if (rotated.has(user)) continue;
    const places = await findKey(user);
    if (userPlacesIn(places, path).length > 0) continue;
    const elsewhere = places.find(([name]) => name === path[0]);
    const message =
      elsewhere === undefined
        ? `the user ${user} that is to authorize others is not in the store`
        : `${user}, which is to authorize others, is ${JSON.stringify(elsewhere.slice(1).join("/"))}, and no user of this account`;
    findings.add("CALLOUT_USER", [...at, "auth_users", index], message, elsewhere ? {} : { level: "warning" });
  }
  for (const [index, account] of allowed.entries()) {
    if (account === "*" || accounts.get(account) !== undefined) continue;
    const message = `the account ${account} that users may be placed in is not in the store`;
    findings.add("CALLOUT_ACCOUNT", [...at, "allowed_accounts", index], message);
  }
}
