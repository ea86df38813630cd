import { expect, test } from "vitest";
import { formatExactJson } from "../../../src/cli/output/exact-json.ts";

test("prints all digits of large integers, in the order of the members", () => {
  const value = { z: 9223372036854775807n, a: [-9223372036854775808n, 1, "12"], text: '"9n"' };
  const text = formatExactJson(value);
  expect(text).toContain("9223372036854775807,");
  expect(text).toContain("-9223372036854775808,");
  expect(text.indexOf('"z"')).toBeLessThan(text.indexOf('"a"'));
  expect(JSON.parse(text)).toMatchObject({ a: [expect.any(Number), 1, "12"], text: '"9n"' });
});

test("prints what has none as it always was", () => {
  const value = { a: [], b: {}, c: undefined, d: null, e: "x" };
  expect(formatExactJson(value)).toBe(JSON.stringify(value, undefined, 2));
});
