import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CommandError } from "../../../src/cli/command-error.ts";
import { formatReport } from "../../../src/cli/output/format-report.ts";
import { Report } from "../../../src/cli/output/report.ts";
import { formatDate } from "../../../src/cli/text/dates.ts";
import { readTimeBound, readValidity } from "../../../src/cli/values/validity.ts";

const now = new Date("2030-01-31T10:20:30.456Z");

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
});

afterEach(() => {
  vi.unstubAllEnvs();
});

// What `ParseExpiry` of nsc gives at that time, and what is only ours below it.
test.each([
  ["", ""],
  ["0", ""],
  ["0d", ""],
  ["000M", ""],
  ["-0h", ""],
  ["90m", "2030-01-31 11:50:30 UTC"],
  ["1h", "2030-01-31 11:20:30 UTC"],
  ["24h", "2030-02-01 10:20:30 UTC"],
  ["1d", "2030-02-01 10:20:30 UTC"],
  ["007d", "2030-02-07 10:20:30 UTC"],
  ["4w", "2030-02-28 10:20:30 UTC"],
  ["1M", "2030-03-03 10:20:30 UTC"],
  ["13M", "2031-03-03 10:20:30 UTC"],
  ["1y", "2031-01-31 10:20:30 UTC"],
  ["100y", "2130-01-31 10:20:30 UTC"],
  ["-1d", "2030-01-30 10:20:30 UTC"],
  ["-2M", "2029-12-01 10:20:30 UTC"],
  ["+3d", "2030-02-03 10:20:30 UTC"],
  ["2035-06-30", "2035-06-30 00:00:00 UTC"],
  ["2020-02-29", "2020-02-29 00:00:00 UTC"],
  ["2041-12-31 23:59:58 UTC", "2041-12-31 23:59:58 UTC"],
  ["9999-12-31", "9999-12-31 00:00:00 UTC"],

  ["1w2d", "2030-02-09 10:20:30 UTC"],
  ["1y6M", "2031-07-31 10:20:30 UTC"],
  ["-1d12h", "2030-01-29 22:20:30 UTC"],
  ["45s", "2030-01-31 10:21:15 UTC"],
  ["2031-01-01T10:11:12Z", "2031-01-01 10:11:12 UTC"],
  ["2031-01-01T10:11:12+02:30", "2031-01-01 07:41:12 UTC"],
  ["2031-01-01T00:00:00-01:00", "2031-01-01 01:00:00 UTC"],
])("%j is %s", (text, date) => {
  expect(formatDate(readTimeBound(text, now))).toBe(date);
});

test("days and longer units are counted in the zone of the machine, and hours are not", () => {
  vi.stubEnv("TZ", "Europe/Berlin");
  const evening = new Date("2030-03-30T20:00:00Z");
  expect(formatDate(readTimeBound("1d", evening))).toBe("2030-03-31 19:00:00 UTC");
  expect(formatDate(readTimeBound("24h", evening))).toBe("2030-03-31 20:00:00 UTC");
  const midnight = new Date("2030-01-30T23:30:00Z");
  expect(formatDate(readTimeBound("1M", midnight))).toBe("2030-03-02 23:30:00 UTC");
});

test.each([
  ["1.5d", "start/expiry must be an integer value: 1.5d"],
  ["1.0d", "start/expiry must be an integer value: 1.0d"],
  ["12", "couldn't parse expiry: 12"],
  ["x", "couldn't parse expiry: x"],
  ["1Y", "couldn't parse expiry: 1Y"],
  ["19-1-6", "couldn't parse expiry: 19-1-6"],
  ["2019-01-6", "couldn't parse expiry: 2019-01-6"],
  ["2030-13-01", 'parsing time "2030-13-01": month out of range'],
  ["2030-00-01", 'parsing time "2030-00-01": month out of range'],
  ["2030-02-30", 'parsing time "2030-02-30": day out of range'],
  ["2030-02-00", 'parsing time "2030-02-00": day out of range'],
  ["2030-01-01x", 'parsing time "2030-01-01x": extra text: "x"'],
  ["2030-01-01 24:00:00 UTC", 'parsing time "2030-01-01 24:00:00 UTC": extra text: " 24:00:00 UTC"'],
  ["2030-01-01T10:11:12", 'parsing time "2030-01-01T10:11:12": extra text: "T10:11:12"'],
  ["in 2030-01-01", 'parsing time "in 2030-01-01" as "2006-01-02": cannot parse "in 2030-01-01" as "2006"'],

  // nsc takes the first thing in these that looks like a time span.
  ["foo3dbar", "couldn't parse expiry: foo3dbar"],
  ["2d1w", "couldn't parse expiry: 2d1w"],
  ["1d1d", "couldn't parse expiry: 1d1d"],
  ["1d ", "couldn't parse expiry: 1d "],
  ["--1d", "couldn't parse expiry: --1d"],
  // These are no time at all in claims, or none that can be counted.
  ["1970-01-01", "times before 1970 can't be in a token"],
  ["1969-12-31", "times before 1970 can't be in a token"],
  ["0001-01-01", "times before 1970 can't be in a token"],
  ["-100y", "times before 1970 can't be in a token"],
  ["999999y", "999999y is too far away"],
  ["99999999999999999999d", "couldn't parse expiry: 99999999999999999999d"],
])("%j is refused: %s", (text, problem) => {
  const read = () => readValidity({ expiry: text }, { now });
  expect(read).toThrow(CommandError);
  expect(read).toThrow(`expiry ${JSON.stringify(text)} is invalid: ${problem}`);
  expect(() => readTimeBound(text, now)).toThrow(problem);
});

test("whatever the text is, it gives whole seconds or an error for people", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^[+-]?([0-9]{1,12}[yMwdhms]){1,4}$/),
    fc.stringMatching(/^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}( UTC|Z|[+-][0-9]{2}:[0-9]{2}))?$/),
  );
  fc.assert(
    fc.property(texts, fc.boolean(), (text, isStart) => {
      try {
        const seconds = readTimeBound(text, now, { isStart });
        expect(Number.isSafeInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toBeInstanceOf(CommandError);
      }
    }),
  );
});

describe("readValidity", () => {
  const read = (flags: { start?: string; expiry?: string }) => {
    const report = new Report();
    return { ...readValidity(flags, { now, report }), said: formatReport(report) };
  };

  test("what was not given is nothing, and 0 is no bound", () => {
    expect(read({})).toEqual({ start: undefined, expiry: undefined, said: "" });
    expect(read({ start: "", expiry: "" })).toEqual({ start: undefined, expiry: undefined, said: "" });
    expect(read({ start: "0", expiry: "0" })).toEqual({ start: 0, expiry: 0, said: "" });
  });

  test("says what is wrong with which of them", () => {
    expect(() => read({ start: "tomorrow" })).toThrow(`start "tomorrow" is invalid: couldn't parse expiry: tomorrow`);
    expect(() => read({ expiry: "1.5d" })).toThrow('expiry "1.5d" is invalid: start/expiry must be an integer');
  });

  test("an expiry in the past is taken, with a warning", () => {
    expect(read({ start: "-1y", expiry: "2030-01-01" })).toMatchObject({
      expiry: Date.UTC(2030, 0, 1) / 1000,
      said: '[WARN] expiry "2030-01-01" is in the past (1 month ago)',
    });
    expect(read({ expiry: "1h" }).said).toBe("");
  });

  test("a token that would be valid at no time is taken, with a warning", () => {
    expect(read({ start: "2w", expiry: "1w" }).said).toBe('[WARN] expiry "1w" is not after the start');
  });

  test("a start before there were tokens is as good as none", () => {
    expect(read({ start: "1970-01-01" }).start).toBe(0);
    expect(read({ start: "1900-01-01" }).start).toBe(0);
  });
});
