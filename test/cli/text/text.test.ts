import { afterEach, describe, expect, test, vi } from "vitest";
import { breakLines } from "../../../src/cli/text/break-lines.ts";
import { formatDate, formatGoTime, formatRfc1123, formatRfc3339 } from "../../../src/cli/text/dates.ts";
import { abbreviateHome } from "../../../src/cli/text/home-path.ts";
import { quotePath } from "../../../src/cli/text/quote.ts";
import { relativeDate } from "../../../src/cli/text/relative-date.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  ["/a/b", "`/a/b`"],
  ["tab\there", "`tab\there`"],
  ["back`quote", '"back`quote"'],
  ["line\nbreak", '"line\\nbreak"'],
  ["bell\u0007", '"bell\\a"'],
  ["\ufeffmark", '"\\ufeffmark"'],
  ['say "hi"\\', '`say "hi"\\`'],
  ["größe 日本", "`größe 日本`"],
])("quotePath of %j", (path, quoted) => {
  expect(quotePath(path)).toBe(quoted);
});

test.each([
  ["/home/bob/x", "/home/bob", "~/x"],
  ["/home/bob/x", "/home/bob/", "~/x"],
  ["/home/bob", "/home/bob", "~"],
  ["/home/bobby/x", "/home/bob", "/home/bobby/x"],
  ["/a/home/bob", "/home/bob", "/a/home/bob"],
  ["/x", "/", "/x"],
  ["/x", "", "/x"],
])("abbreviateHome of %j at %j", (path, home, short) => {
  expect(abbreviateHome(path, home)).toBe(short);
});

test.each([
  [0, ""],
  [0n, ""],
  [1_600_000_000, "2020-09-13 12:26:40 UTC"],
  [-1, "1969-12-31 23:59:59 UTC"],
  [253_402_300_800, "10000-01-01 00:00:00 UTC"],
  [9_223_372_036_854_775_807n, "9223372036854775807 s after 1970"],
])("formatDate of %s", (seconds, text) => {
  expect(formatDate(seconds)).toBe(text);
});

// What Go 1.26 prints for these times.
test.each([
  ["UTC", "2021-01-01 00:00:00 +0000 UTC", "2021-01-01T00:00:00Z", "Fri, 01 Jan 2021 00:00:00 UTC"],
  ["Europe/Berlin", "2021-01-01 01:00:00 +0100 CET", "2021-01-01T01:00:00+01:00", "Fri, 01 Jan 2021 01:00:00 CET"],
  ["America/New_York", "2020-12-31 19:00:00 -0500 EST", "2020-12-31T19:00:00-05:00", "Thu, 31 Dec 2020 19:00:00 EST"],
  ["Asia/Kolkata", "2021-01-01 05:30:00 +0530 IST", "2021-01-01T05:30:00+05:30", "Fri, 01 Jan 2021 05:30:00 IST"],
  ["America/Sao_Paulo", "2020-12-31 21:00:00 -0300 -03", "2020-12-31T21:00:00-03:00", "Thu, 31 Dec 2020 21:00:00 -03"],
])("times in the zone %s", (zone, go, rfc3339, rfc1123) => {
  vi.stubEnv("TZ", zone);
  expect(formatGoTime(1_609_459_200)).toBe(go);
  expect(formatRfc3339(1_609_459_200)).toBe(rfc3339);
  expect(formatRfc1123(1_609_459_200)).toBe(rfc1123);
});

test("the epoch, which stands for no time, is still printed where a time has to be", () => {
  vi.stubEnv("TZ", "UTC");
  expect(formatRfc3339(0)).toBe("1970-01-01T00:00:00Z");
});

describe("relativeDate", () => {
  const now = new Date("2030-01-01T00:00:00Z");
  const start = now.getTime() / 1000;
  const DAY = 86_400;

  test.each([
    [1, "In 1 Second"],
    [2, "In 2 Seconds"],
    [60, "In 1 Minute"],
    [120, "In 2 Minutes"],
    [3600, "In 1 Hour"],
    [2 * DAY - 1, "In 1 Day"],
    [6 * DAY, "In 6 Days"],
    [7 * DAY, "In 1 Week"],
    [29 * DAY, "In 4 Weeks"],
    [30 * DAY, "In 1 Month"],
    [359 * DAY, "In 11 Months"],
    [360 * DAY, "In 1 Year"],
    [18 * 30 * DAY, "In 2 Years"],
    [2 * 360 * DAY, "In 2 Years"],
    [36 * 360 * DAY, "In 36 Years"],
    [37 * 360 * DAY, "In A Long While"],
    [-1, "1 Second Ago"],
    [-3 * DAY, "3 Days Ago"],
    [-37 * 360 * DAY, "A Long While Ago"],
    [0, "Now"],
  ])("%i seconds from now: %s", (away, text) => {
    expect(relativeDate(start + away, now)).toBe(text);
    expect(relativeDate(start + away, now, "lower")).toBe(text.toLowerCase());
  });

  test("is empty for no time", () => {
    expect(relativeDate(0, now)).toBe("");
  });

  test("a time an hour ahead that lost its fraction of a second is 59 minutes ahead, as in nsc", () => {
    expect(relativeDate(start + 3600, new Date(now.getTime() + 1))).toBe("In 59 Minutes");
  });
});

test.each([
  ["", 5, [""]],
  ["one two", 7, ["one two"]],
  ["one two", 6, ["one", "two"]],
  ["one  two", 6, ["one", "two"]],
  ["abcdefgh ij", 3, ["abc", "def", "gh", "ij"]],
  ["日本語", 4, ["日本", "語"]],
  ["日本", 1, ["日", "本"]],
])("breakLines of %j at %i", (text, width, lines) => {
  expect(breakLines(text, width)).toEqual(lines);
});
