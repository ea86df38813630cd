import { describe, expect, test } from "vitest";
import { applyUserLimits, assertUserLimitFlags } from "../../../src/cli/edits/apply-user-limits.ts";
import type { UserLimitValues } from "../../../src/cli/flags/user-limit-flags.ts";
import { Report } from "../../../src/cli/output/report.ts";
import type { UserPermissionLimits } from "../../../src/jwt/limits.ts";

function change(limits: Partial<UserPermissionLimits>, given: UserLimitValues): string[] {
  const report = new Report();
  applyUserLimits(limits, given, report);
  return report.entries.map(({ severity, label }) => `${severity} ${label}`);
}

describe("applyUserLimits", () => {
  test("sets the limits that flags name and no others", () => {
    const limits: Partial<UserPermissionLimits> = { subs: 5, data: -1, payload: -1 };
    expect(change(limits, { payload: 1000, data: 2n ** 60n })).toEqual([
      "ok changed max payload to 1000",
      "ok changed max data to 1152921504606846976",
    ]);
    expect(limits).toEqual({ subs: 5, data: 2n ** 60n, payload: 1000 });
  });

  test("turns bearer on and off, and leaves no member behind", () => {
    const limits: Partial<UserPermissionLimits> = {};
    expect(change(limits, { bearer: true })).toEqual(["ok changed bearer to true"]);
    expect(limits).toEqual({ bearer_token: true });
    expect(change(limits, { bearer: false })).toEqual(["ok changed bearer to false"]);
    expect(limits).toEqual({});
  });

  test("keeps connection types in upper case and in their order", () => {
    const limits: Partial<UserPermissionLimits> = { allowed_connection_types: ["mqtt"] };
    expect(change(limits, { "conn-type": ["websocket", "Standard"], "rm-conn-type": ["MQTT", "leafnode"] })).toEqual([
      "ok added connection type WEBSOCKET",
      "ok added connection type STANDARD",
      "ok removed connection type MQTT",
      "warn no connection type LEAFNODE to remove",
    ]);
    expect(limits).toEqual({ allowed_connection_types: ["WEBSOCKET", "STANDARD"] });
    expect(change(limits, { "rm-conn-type": ["websocket", "standard"] }).at(-1)).toMatch(/^warn .* allow all of them$/);
    expect(limits).toEqual({});
  });

  test("keeps networks as tags are kept, sorted", () => {
    const limits: Partial<UserPermissionLimits> = { src: ["10.0.0.0/8"] };
    expect(
      change(limits, { "source-network": [" 2001:DB8::/32", "10.0.0.0/8", "1.0.0.0/8"], "rm-source-network": ["x"] }),
    ).toEqual([
      "ok added src network  2001:DB8::/32",
      "ok added src network 10.0.0.0/8",
      "ok added src network 1.0.0.0/8",
      "warn no src network x to remove",
    ]);
    expect(limits).toEqual({ src: ["1.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"] });
    change(limits, { "rm-source-network": limits.src ?? [] });
    expect(limits).toEqual({});
  });

  test("adds time ranges, removes the first that starts then, and sets the zone", () => {
    const limits: Partial<UserPermissionLimits> = { times: [{ start: "08:00:00", end: "09:00:00" }] };
    const time = [{ start: "08:00:00", end: "12:00:00" }];
    expect(change(limits, { time, "rm-time": ["08:00:00", "07:00:00"], locale: "Europe/Berlin" })).toEqual([
      "ok added time range 08:00:00-12:00:00",
      "ok removed time range 08:00:00-09:00:00",
      "warn no time range that starts at 07:00:00 to remove",
    ]);
    expect(limits).toEqual({ times: time, times_location: "Europe/Berlin" });
    expect(change(limits, { "rm-time": ["08:00:00"] }).at(-1)).toMatch(/^warn no time range is left/);
    expect(limits).toEqual({ times_location: "Europe/Berlin" });
  });

  test("refuses unknown connection types and changes nothing", () => {
    const limits: Partial<UserPermissionLimits> = {};
    expect(() => change(limits, { payload: 1, "conn-type": ["pigeon"] })).toThrow("unknown connection type PIGEON");
    expect(() => change(limits, { "rm-conn-type": ["pigeon"] })).toThrow("unknown rm connection type PIGEON");
    expect(() => assertUserLimitFlags({ "conn-type": [""] })).toThrow("unknown connection type ");
    expect(limits).toEqual({});
  });
});
