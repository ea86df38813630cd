import { isCidr } from "../encoding/cidr.ts";
import { quoteGo } from "../encoding/go-text.ts";
import { isTimeOfDay } from "../encoding/go-time.ts";
import { zoneError } from "../encoding/zones.ts";
import type { IssueCollector } from "./issues.ts";
import type { TimeRange } from "./limits.ts";
import type { UserClaims } from "./user.ts";
import { type ValidationContext, validateIssuerAccount, validatePermissions, validateTimes } from "./validate-rules.ts";

/** Go: `UserClaims.Validate`. */
export function validateUser(
  claims: UserClaims,
  { now }: Pick<ValidationContext, "now">,
  issues: IssueCollector,
): void {
  validateTimes(claims, now, issues);
  const { nats } = claims;
  const at = issues.at("nats");
  validatePermissions(nats, at);
  for (const [index, network] of (nats.src ?? []).entries()) {
    if (isCidr(network)) continue;
    at.error("USER_SOURCE_NETWORK", `invalid cidr ${quoteGo(network)} in user src limits`, "src", index);
  }
  for (const [index, range] of (nats.times ?? []).entries()) validateTimeRange(range, at.at("times", index));
  const zone = nats.times_location ?? "";
  const problem = zone === "" ? undefined : zoneError(zone);
  if (problem !== undefined) {
    at.error("USER_TIME_ZONE", `could not parse iana time zone by name: ${problem}`, "times_location");
  }
  validateIssuerAccount(nats.issuer_account, "account_id", at);
}

/** Go: `TimeRange.Validate`. */
function validateTimeRange(range: TimeRange, issues: IssueCollector): void {
  for (const name of ["start", "end"] as const) {
    const time = range[name] ?? "";
    const article = name === "start" ? "a" : "an";
    if (time === "") {
      issues.error("USER_TIME_RANGE", `time ranges ${name} must contain ${article} ${name}`, name);
    } else if (!isTimeOfDay(time)) {
      issues.error("USER_TIME_RANGE", `${name} in time range is invalid ${quoteGo(time)}`, name);
    }
  }
}
