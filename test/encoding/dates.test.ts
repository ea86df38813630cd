import { describe, expect, test } from "vitest";
import { formatSeconds, parseDate, secondsOf } from "../../src/encoding/dates.ts";

describe("secondsOf and parseDate", () => {
  test.each([
    [new Date("1970-01-01T00:00:01Z"), 1],
    [new Date("2000-01-01T00:00:00Z"), 946_684_800],
    [new Date("2000-01-01T00:00:00.999Z"), 946_684_800],
  ])("%o", (date, seconds) => {
    expect(secondsOf(date)).toBe(seconds);
    expect(parseDate(date, "at")).toBe(seconds);
  });

  test.each([
    [new Date(0)],
    [new Date(999)],
    [new Date(-1000)],
    [new Date(Number.NaN)],
    [946_684_800],
    ["2000-01-01"],
    [null],
    [undefined],
  ])("%o is refused", (date) => {
    expect(secondsOf(date)).toBeUndefined();
    expect(() => parseDate(date, "at")).toThrow(
      expect.objectContaining({ code: "ERR_ARGUMENT_INVALID", message: "at must be a date after 1970" }),
    );
  });
});

test.each([
  [0, "1970-01-01T00:00:00.000Z"],
  [946_684_800, "2000-01-01T00:00:00.000Z"],
  [8_640_000_000_001, "8640000000001 s after 1970"],
])("formatSeconds of %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
