import { describe, expect, test } from "vitest";
import { zoneError } from "../../src/encoding/zones.ts";

/** Names that Node lists but the tz database doesn't hold as files, or that are newer than Go's copy of it. */
function zonesOfNode(): readonly string[] {
  return Intl.supportedValuesOf("timeZone");
}

describe("zoneError", () => {
  test.each(["", "UTC", "Local"])("knows %j without a database", (name) => {
    expect(zoneError(name)).toBeUndefined();
  });

  // One from each folder of appendix G, the first and the last of some.
  test.each([
    ...["Africa/Abidjan", "Africa/Windhoek", "America/Adak", "America/Argentina/Ushuaia", "America/Indiana/Knox"],
    ...["America/Kentucky/Monticello", "America/North_Dakota/New_Salem", "America/New_York", "America/Yellowknife"],
    ...["Antarctica/Vostok", "Arctic/Longyearbyen", "Asia/Aden", "Asia/Ust-Nera", "Asia/Yerevan", "Atlantic/Stanley"],
    ...["Australia/ACT", "Australia/Yancowinna", "Brazil/West", "Canada/Yukon", "Chile/EasterIsland", "Etc/GMT+12"],
    ...["Etc/GMT-14", "Etc/Zulu", "Europe/Amsterdam", "Europe/Kyiv", "Europe/Zurich", "Indian/Reunion"],
    ...["Mexico/BajaNorte", "Pacific/Apia", "Pacific/Yap", "US/Alaska", "US/Samoa", "CET", "EST5EDT", "Factory"],
    ...["GB-Eire", "GMT+0", "W-SU", "Zulu"],
  ])("knows %j", (name) => {
    expect(zoneError(name)).toBeUndefined();
  });

  test.each([
    ...["Nowhere/Bad", "europe/berlin", "EUROPE/BERLIN", "Europe/berlin", "utc", "local", "Berlin", "New_York"],
    ...["Europe/Berlin ", " Europe/Berlin", "Europe/Berlin/", "Europe/", "Europe/Amsterdam Andorra", "CET CST6CDT"],
    ...[
      "Etc/GMT+13",
      "Etc/GMT-15",
      "+01:00",
      "GMT+1",
      "America/Buenos_Aires/x",
      "America/Knox",
      "posix/UTC",
      " ",
      "\n",
    ],
    ...["__proto__", "constructor/x", "Europe\\Berlin", "Europe/Berlin\n", "."],
  ])("doesn't know %j", (name) => {
    expect(zoneError(name)).toBe(`unknown time zone ${name}`);
  });

  test.each(["..", "../UTC", "Europe/..", "a..b", "/", "/UTC", "\\UTC", "/usr/share/zoneinfo/UTC"])(
    "refuses %j as a name",
    (name) => {
      expect(zoneError(name)).toBe("time: invalid location name");
    },
  );

  test.each(["Europe", "America", "America/Argentina", "Etc", "US"])("says that %j is a folder", (name) => {
    expect(zoneError(name)).toBe("is a directory");
  });

  test("knows every zone that Node knows", () => {
    const zones = zonesOfNode();
    expect(zones.length).toBeGreaterThan(400);
    expect(zones.filter((name) => zoneError(name) !== undefined)).toEqual([]);
  });
});
