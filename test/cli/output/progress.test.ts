import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { progressBar } from "../../../src/cli/output/progress.ts";

test("a bar is drawn in one line, not at every step, and is gone in the end", () => {
  const stream = new PassThrough();
  const bar = progressBar(stream, "pushing accounts", 1000);
  for (let done = 1; done <= 1000; done++) bar.report(done);
  bar.end();
  const text = String(stream.read());
  expect(text).toContain("pushing accounts [--------------------] 0/1000");
  expect(text).not.toContain("\n");
  expect(text.length).toBeLessThan(10_000);
  expect(text.endsWith("\r\u001b[K")).toBe(true);
});
