import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGoInteger, isTimeOfDay, parseGoInteger } from "../../src/encoding/go-time.ts";

/** What `time.Parse("15:04:05", …)` of Go 1.26 accepts. */
const TIMES: readonly string[] = [
  "01:02:03",
  "1:02:03",
  "0:00:00",
  "19:00:00",
  "20:00:00",
  "23:59:59",
  "01:02:03.5",
  "01:02:03,5",
  "01:02:03.123456789012345678901234567890",
];

/** What it refuses. */
const NO_TIMES: readonly string[] = [
  "24:00:00",
  "29:00:00",
  "00:60:00",
  "00:00:60",
  "1:2:3",
  "01:2:03",
  "01:02:3",
  "01:02:03.",
  "01:02:03,",
  "01:02:03;5",
  "01:02:03 ",
  " 01:02:03",
  "01:02:03\n",
  "01:02",
  "-1:02:03",
  "+1:02:03",
  "001:02:03",
  "\u06601:02:03",
  "01:02:03.5.5",
  "01:02:03.5x",
  "",
  "1:02:03Z",
  "01-02-03",
];

describe("isTimeOfDay", () => {
  test.each(TIMES)("accepts %j", (text) => {
    expect(isTimeOfDay(text)).toBe(true);
  });

  test.each(NO_TIMES)("refuses %j", (text) => {
    expect(isTimeOfDay(text)).toBe(false);
  });

  test("accepts each second of the day and none beyond", () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(70), fc.nat(70), (hour, minute, second) => {
        const two = (value: number) => String(value).padStart(2, "0");
        const expected = hour < 24 && minute < 60 && second < 60;
        expect(isTimeOfDay(`${hour}:${two(minute)}:${two(second)}`)).toBe(expected);
        expect(isTimeOfDay(`${two(hour)}:${two(minute)}:${two(second)}.250`)).toBe(expected);
      }),
    );
  });
});

describe("parseGoInteger", () => {
  // `strconv.Atoi` of Go 1.26.
  test.each([
    ["0", 0n],
    ["+1", 1n],
    ["-1", -1n],
    ["007", 7n],
    ["-0", 0n],
    ["000", 0n],
    ["+00000000000000000000000000001", 1n],
    ["9223372036854775807", 2n ** 63n - 1n],
    ["-9223372036854775808", -(2n ** 63n)],
  ])("reads %j", (text, expected) => {
    expect(parseGoInteger(text)).toBe(expected);
    expect(isGoInteger(text)).toBe(true);
  });

  test.each([
    ...["", "+", "-", "--1", "+-1", "1_000", "0x10", "0b1", "1.0", "1e3", " 1", "1 ", "1\n", "\u0663", "\uff11", "1n"],
    ...["9223372036854775808", "-9223372036854775809", "99999999999999999999"],
  ])("refuses %j", (text) => {
    expect(parseGoInteger(text)).toBeUndefined();
    expect(isGoInteger(text)).toBe(false);
  });

  test("reads what BigInt writes, within 64 bits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }), (value) => {
        const fits = BigInt.asIntN(64, value) === value;
        expect(parseGoInteger(String(value))).toBe(fits ? value : undefined);
      }),
    );
  });

  test("reads a million digits", () => {
    expect(parseGoInteger("9".repeat(1_000_000))).toBeUndefined();
    expect(parseGoInteger("0".repeat(1_000_000))).toBe(0n);
    expect(parseGoInteger(`${"0".repeat(1_000_000)}x`)).toBeUndefined();
  });
});
