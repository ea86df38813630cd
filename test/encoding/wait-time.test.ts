import { describe, expect, test } from "vitest";
import { parseWaitTime } from "../../src/encoding/wait-time.ts";

describe("parseWaitTime", () => {
  test.each([
    ["500ms", 500],
    ["10s", 10_000],
    ["1.5s", 1500],
    ["2m", 120_000],
    ["1h", 3_600_000],
  ])("%s", (text, milliseconds) => {
    expect(parseWaitTime(text, "timeout")).toBe(milliseconds);
  });

  test.each(["", "10", "0s", "-1s", "10 s", "1h1s", "61m", "99999999999999999999s"])("%j is refused", (text) => {
    expect(() => parseWaitTime(text, "timeout")).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_INVALID" }));
  });

  test("not at all, where that may be asked for", () => {
    expect(parseWaitTime("0s", "timeout", "none")).toBe(0);
    expect(() => parseWaitTime("-1ns", "timeout", "none")).toThrow("timeout must be a duration");
  });
});
