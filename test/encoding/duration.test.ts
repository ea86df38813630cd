import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  addTimeSpan,
  formatGoDuration,
  parseGoDuration,
  parseNanoseconds,
  parseTimeSpan,
} from "../../src/encoding/duration.ts";

const LARGEST = 2n ** 63n - 1n;

test.each([
  ["5s", 5_000_000_000],
  ["-1ns", -1],
  ["9007199254740991ns", Number.MAX_SAFE_INTEGER],
  ["9007199254740992ns", 9_007_199_254_740_992n],
  ["5", undefined],
  [5, undefined],
  [undefined, undefined],
])("parseNanoseconds of %s", (text, nanoseconds) => {
  expect(parseNanoseconds(text)).toBe(nanoseconds);
});

describe("parseGoDuration", () => {
  // `time.ParseDuration` of Go 1.26.
  test.each([
    ["0", 0n],
    ["+0", 0n],
    ["-0", 0n],
    ["0s0s", 0n],
    ["1s", 1_000_000_000n],
    ["1.9s", 1_900_000_000n],
    ["2m", 120_000_000_000n],
    ["1h30m", 5_400_000_000_000n],
    ["1h1h", 7_200_000_000_000n],
    ["300ms", 300_000_000n],
    ["-1.5h", -5_400_000_000_000n],
    ["+5s", 5_000_000_000n],
    [".5s", 500_000_000n],
    ["1.s", 1_000_000_000n],
    ["1us", 1_000n],
    ["1\u00b5s", 1_000n],
    ["1\u03bcs", 1_000n],
    ["3ns", 3n],
    ["1.0000000000000000000000001h", 3_600_000_000_000n],
    ["0.3333333333333333333h", 1_200_000_000_000n],
    ["0.100000000000000000000h", 360_000_000_000n],
    ["0.9223372036854775807s", 922_337_203n],
    ["0.9999999999999999999999ns", 1n],
    ["00000000000000000000001s", 1_000_000_000n],
    ["9223372036854775807ns", LARGEST],
    ["2562047h47m16.854775807s", LARGEST],
    ["-9223372036854775808ns", -LARGEST - 1n],
    ["-9223372036854775807ns1ns", -LARGEST - 1n],
    ["0.9223372036854775809h", 3_320_413_933_267n],
    ["2562047.788015215502h", LARGEST],
    // Go adds without looking for a carry.
    ["9223372036854775808ns9223372036854775808ns", 0n],
  ])("reads %j", (text, expected) => {
    expect(parseGoDuration(text)).toBe(expected);
  });

  test.each([
    ...[
      "",
      "-",
      "+",
      "+-1s",
      "1",
      "1.5",
      "s",
      ".s",
      "-.s",
      "1e3s",
      "1 s",
      " 1s",
      "1s ",
      "1d",
      "1w",
      "1S",
      "1s0",
      "1.2.3s",
    ],
    ...["1\u00b5", "1sm", "\u0661s", "0x1s", "1_0s", "1,5s", "1s\n"],
    ...[
      "9223372036854775808ns",
      "9223372036854775808ns1ns",
      "-9223372036854775808ns1ns",
      "-9223372036854775809ns",
      "2562047h47m16.854775808s",
      "2562048h",
      `${"9".repeat(30)}s`,
    ],
  ])("refuses %j", (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});

describe("formatGoDuration", () => {
  // `Duration.String` of Go 1.26.
  test.each([
    [0n, "0s"],
    [1n, "1ns"],
    [-1n, "-1ns"],
    [999n, "999ns"],
    [1_000n, "1\u00b5s"],
    [1_500n, "1.5\u00b5s"],
    [999_999n, "999.999\u00b5s"],
    [1_000_000n, "1ms"],
    [1_000_001n, "1.000001ms"],
    [999_999_999n, "999.999999ms"],
    [1_000_000_000n, "1s"],
    [1_900_000_000n, "1.9s"],
    [60_000_000_000n, "1m0s"],
    [61_000_000_001n, "1m1.000000001s"],
    [3_600_000_000_000n, "1h0m0s"],
    [5_400_000_000_000n, "1h30m0s"],
    [86_400_000_000_000n, "24h0m0s"],
    [-90_000_000_000n, "-1m30s"],
    [LARGEST, "2562047h47m16.854775807s"],
    [-LARGEST - 1n, "-2562047h47m16.854775808s"],
  ])("of %d is %j", (nanoseconds, expected) => {
    expect(formatGoDuration(nanoseconds)).toBe(expected);
  });

  test("is read back", () => {
    const any = fc.oneof(
      fc.bigInt({ min: -LARGEST - 1n, max: LARGEST }),
      fc.bigInt({ min: -(10n ** 11n), max: 10n ** 11n }),
    );
    fc.assert(
      fc.property(any, (nanoseconds) => {
        expect(parseGoDuration(formatGoDuration(nanoseconds))).toBe(nanoseconds);
      }),
    );
  });
});

describe("parseTimeSpan", () => {
  test.each([
    ["30d", { months: 0, days: 30, seconds: 0 }],
    ["90s", { months: 0, days: 0, seconds: 90 }],
    ["5m", { months: 0, days: 0, seconds: 300 }],
    ["5M", { months: 5, days: 0, seconds: 0 }],
    ["2h", { months: 0, days: 0, seconds: 7200 }],
    ["1w", { months: 0, days: 7, seconds: 0 }],
    ["1y2M3d", { months: 14, days: 3, seconds: 0 }],
    ["1y1M1w1d1h1m1s", { months: 13, days: 8, seconds: 3661 }],
    ["1h30m", { months: 0, days: 0, seconds: 5400 }],
    ["0s", { months: 0, days: 0, seconds: 0 }],
    ["007d", { months: 0, days: 7, seconds: 0 }],
  ])("reads %j", (text, expected) => {
    expect(parseTimeSpan(text)).toEqual(expected);
  });

  // What nsc reads all the same (its warts 17), and what is no time span anywhere.
  test.each([
    ...[
      "",
      "30",
      "d",
      "-1d",
      "+1d",
      "1.5d",
      "1 d",
      " 1d",
      "1d ",
      "1d\n",
      "1D",
      "1Y",
      "1W",
      "1H",
      "1ms",
      "foo3dbar",
      "1d2",
    ],
    ...["1d1y", "1m1h", "1d1d", "never", "2030-01-01", "\u0661d", "9007199254740992s", `${"9".repeat(400)}d`],
  ])("refuses %j", (text) => {
    expect(parseTimeSpan(text)).toBeUndefined();
  });
});

describe("addTimeSpan", () => {
  const add = (start: string, text: string, calendar?: "utc" | "local"): string | undefined => {
    const span = parseTimeSpan(text);
    return span && addTimeSpan(new Date(start), span, calendar)?.toISOString().replace(".000Z", "Z");
  };

  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ["2025-01-01T10:00:00Z", "90s", "2025-01-01T10:01:30Z"],
    ["2025-01-01T10:00:00Z", "1d", "2025-01-02T10:00:00Z"],
    ["2025-01-01T10:00:00Z", "2w", "2025-01-15T10:00:00Z"],
    // A day that the month doesn't have runs over, as in nsc (specification nsc-cli, 2.8.1).
    ["2025-01-31T10:00:00Z", "1M", "2025-03-03T10:00:00Z"],
    ["2024-01-31T10:00:00Z", "1M", "2024-03-02T10:00:00Z"],
    ["2024-02-29T10:00:00Z", "1y", "2025-03-01T10:00:00Z"],
    ["2024-02-29T10:00:00Z", "4y", "2028-02-29T10:00:00Z"],
    ["2025-11-30T00:00:00Z", "3M", "2026-03-02T00:00:00Z"],
    ["2025-12-31T23:59:59Z", "1s", "2026-01-01T00:00:00Z"],
    // Months and days at once, as Go's AddDate takes them: 31 April and one day are 2 May.
    ["2025-03-31T00:00:00Z", "1M1d", "2025-05-02T00:00:00Z"],
    ["2025-01-01T00:00:00Z", "1y2M3d4h5m6s", "2026-03-04T04:05:06Z"],
    ["2025-01-01T10:00:00Z", "0d", "2025-01-01T10:00:00Z"],
    ["2025-01-01T00:00:00Z", "300000y", undefined],
    ["2025-01-01T00:00:00Z", "9007199254740991s", undefined],
  ])("%s and %s are %s", (start, text, expected) => {
    expect(add(start, text)).toBe(expected);
  });

  test("keeps milliseconds and leaves the start alone", () => {
    const start = new Date("2025-01-01T00:00:00.123Z");
    const end = addTimeSpan(start, { months: 1, days: 0, seconds: 0 });
    expect(end?.toISOString()).toBe("2025-02-01T00:00:00.123Z");
    expect(start.toISOString()).toBe("2025-01-01T00:00:00.123Z");
  });

  test("counts the days of UTC wherever the machine is", () => {
    vi.stubEnv("TZ", "Europe/Berlin");
    // Clocks went forward on 30 March 2025.
    expect(add("2025-03-29T12:00:00Z", "1d")).toBe("2025-03-30T12:00:00Z");
    expect(add("2025-01-31T23:30:00Z", "1M")).toBe("2025-03-03T23:30:00Z");
  });

  test("counts the days of the machine's zone if asked", () => {
    vi.stubEnv("TZ", "Europe/Berlin");
    expect(new Date("2025-01-01T00:00:00Z").getHours(), "the zone is not in force").toBe(1);
    expect(add("2025-03-29T12:00:00Z", "1d", "local")).toBe("2025-03-30T11:00:00Z");
    expect(add("2025-03-29T12:00:00Z", "24h", "local")).toBe("2025-03-30T12:00:00Z");
    // It is 1 February there.
    expect(add("2025-01-31T23:30:00Z", "1M", "local")).toBe("2025-02-28T23:30:00Z");
    // 2:30 comes twice on 26 October 2025; this is the second one.
    expect(add("2025-10-26T01:30:00Z", "10s", "local")).toBe("2025-10-26T01:30:10Z");
  });
});
