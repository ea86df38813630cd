import { expect, test } from "vitest";
import { formatByteSize } from "../../src/encoding/byte-size.ts";

// What `humanize.Bytes` of go-humanize 1.0.1 prints.
test.each([
  [0, "0 B"],
  [9, "9 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [4096, "4.1 kB"],
  [10_000, "10 kB"],
  [512_000_000, "512 MB"],
  [1_000_000_000, "1.0 GB"],
  [9_223_372_036_854_775_807n, "9.2 EB"],
])("formatByteSize of %s", (bytes, text) => {
  expect(formatByteSize(bytes)).toBe(text);
});
