import type { Export } from "./exports.ts";

const INFO_URL = "https://docs.nats.io/nats-server/configuration/sys_accounts";

/**
 * The two exports that nsc gives a system account, so that other accounts can import the monitoring of themselves.
 *
 * @returns fresh exports, which may be changed
 *
 * @example
 * ```ts
 * import { createAccountClaims, createKeyPair, systemAccountExports } from "nsc.js";
 *
 * createAccountClaims(createKeyPair("account").publicKey, { name: "SYS", nats: { exports: systemAccountExports() } });
 * ```
 */
export function systemAccountExports(): Export[] {
  return [
    {
      name: "account-monitoring-streams",
      subject: "$SYS.ACCOUNT.*.>",
      type: "stream",
      account_token_position: 3,
      description: "Account specific monitoring stream",
      info_url: INFO_URL,
    },
    {
      name: "account-monitoring-services",
      subject: "$SYS.REQ.ACCOUNT.*.*",
      type: "service",
      response_type: "Stream",
      account_token_position: 4,
      description: "Request account specific monitoring services for: SUBSZ, CONNZ, LEAFZ, JSZ and INFO",
      info_url: INFO_URL,
    },
  ];
}
