import type { OperatorLimits } from "../../jwt/limits.ts";
import type { accountLimitFlags } from "../flags/account-limit-flags.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Report } from "../output/report.ts";

export type AccountLimitValues = FlagValues<typeof accountLimitFlags>;

/** Changes the limits of an account that flags name, in nsc's order, and reports that. */
export function applyAccountLimits(limits: OperatorLimits, flags: AccountLimitValues, report: Report): void {
  const set = (
    name: "conn" | "leaf" | "data" | "exports" | "imports" | "payload" | "subs",
    value: AccountLimitValues["conns"],
    describe: (value: unknown) => string,
    ofZero?: string,
  ): void => {
    if (value === undefined) return;
    limits[name] = value;
    report.ok(describe(value));
    if (ofZero !== undefined && Number(value) === 0) report.warn(ofZero);
  };
  const connections = (value: unknown) => `changed max connections to ${value}`;
  set("conn", flags.conns, connections, "with no connections its users can't connect any more");
  set("leaf", flags["leaf-conns"], (value) => `changed leaf node connections to ${value}`);
  set("data", flags.data, (value) => `changed max data to ${value} bytes`);
  set("exports", flags.exports, (value) => `changed max exports to ${value}`);
  const { "wildcard-exports": wildcards, "disallow-bearer": disallowBearer } = flags;
  if (wildcards !== undefined) {
    limits.wildcards = wildcards;
    report.ok(`changed wild card exports to ${wildcards}`);
  }
  if (disallowBearer !== undefined) {
    if (disallowBearer) limits.disallow_bearer = true;
    else delete limits.disallow_bearer;
    report.ok(`changed disallow bearer to ${disallowBearer}`);
  }
  set("imports", flags.imports, (value) => `changed max imports to ${value}`);
  const payload = (value: unknown) => `changed max payload size to ${value}`;
  set("payload", flags.payload, payload, "with no payload its users can send nothing but empty messages");
  const subscriptions = (value: unknown) => `changed max subscriptions to ${value}`;
  set("subs", flags.subscriptions, subscriptions, "with no subscriptions its users can listen to nothing");
}
