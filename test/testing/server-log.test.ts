import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { logExcerpt, readLog } from "../../src/testing/server-log.ts";

const folder = mkdtempSync(join(tmpdir(), "nsc-log-"));
const file = join(folder, "nats-server.log");
afterAll(() => rmSync(folder, { recursive: true }));

describe("the log", () => {
  test("is empty without a file", () => {
    expect(readLog(join(folder, "none"))).toBe("");
  });

  test("is read whole, or from a place on", () => {
    writeFileSync(file, "one\ntwo\nthrée\n");
    expect(readLog(file)).toBe("one\ntwo\nthrée\n");
    expect(readLog(file, 4)).toBe("two\nthrée\n");
    expect(readLog(file, 1000)).toBe("");
  });

  test("is cut to whole lines at its end when it is long", () => {
    const line = `${"x".repeat(999)}\n`;
    writeFileSync(file, line.repeat(2000));
    expect(readLog(file)).toBe(line.repeat(1048));
  });

  test("is quoted by its last lines, whole", () => {
    const long = "y".repeat(5000);
    const lines = [...Array.from({ length: 30 }, (_, i) => `line ${i}`), long];
    expect(logExcerpt(`${lines.join("\n")}\n`)).toBe(lines.slice(-20).join("\n"));
    expect(logExcerpt("")).toBe("(the log is empty)");
  });
});
