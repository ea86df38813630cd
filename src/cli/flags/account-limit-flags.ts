import { bool, size } from "./flag-types.ts";

const unlimited = { shownDefault: "-1" };

/** What an account is limited to, but for JetStream. */
export const accountLimitFlags = {
  conns: size("set maximum active connections for the account (-1 is unlimited)", unlimited),
  "leaf-conns": size("set maximum active leaf node connections for the account (-1 is unlimited)"),
  data: size("set maximum data in bytes for the account (-1 is unlimited)", unlimited),
  exports: size("set maximum number of exports for the account (-1 is unlimited)", unlimited),
  imports: size("set maximum number of imports for the account (-1 is unlimited)", unlimited),
  payload: size("set maximum message payload in bytes for the account (-1 is unlimited)", unlimited),
  subscriptions: size("set maximum subscription for the account (-1 is unlimited)", unlimited),
  "wildcard-exports": bool("exports can contain wildcards"),
  "disallow-bearer": bool("require user jwt to not be bearer token"),
};
