import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findRuntime } from "../../scripts/runtimes.mjs";
import { ROOT } from "../support/manifest.ts";
import { lacks } from "../support/skips.ts";

/** Runs the suite on another runtime and makes each of its checks a test of this one. */
export function testOn(name: "deno" | "bun", options: readonly string[]): void {
  const { path, missing, unpublished } = findRuntime(name);
  describe(name, () => {
    if (path === undefined) {
      // In CI only a platform that the runtime does not support is an excuse.
      const isDemanded = !unpublished && process.env["CI"] === "true";
      test.skipIf(lacks(isDemanded, `${name}: ${missing}`))(`is here (${missing})`, () => {
        expect.fail(missing);
      });
      return;
    }
    const run = spawnSync(path, ["run", ...options, join(import.meta.dirname, "run.ts")], {
      cwd: ROOT,
      encoding: "utf8",
      timeout: 60_000,
    });
    test("runs the suite to its end", () => {
      expect(run.error ?? run.stderr).toBe("");
      expect(run.status).toBe(0);
    });
    const results = run.status === 0 ? (JSON.parse(run.stdout) as { name: string; failure?: string }[]) : [];
    for (const { name: check, failure } of results) {
      test(check, () => {
        if (failure !== undefined) expect.fail(failure);
      });
    }
  });
}
