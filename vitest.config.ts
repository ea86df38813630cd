import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const SECOND = 1000;

/** What needs more than `src/` has a project of its own; the rest, property tests included, is `unit`. */
const house = ["test/house/**/*.test.ts"];
const server = ["test/{testing,nats,server,examples}/**/*.test.ts", "test/**/*.server.test.ts"];
const packed = ["test/package/**/*.test.ts"];
const runtime = ["test/runtime/**/*.test.ts"];

function project(name: string, test: TestProjectInlineConfiguration["test"]): TestProjectInlineConfiguration {
  return { extends: true, test: { name, ...test } };
}

// Type tests (`*.test-d.ts`) have no project here: `tsc -p tsconfig.test.json` checks them, in a second and with all
// strictness.
export default defineConfig(({ mode }) => {
  const long = mode === "long";
  return {
    resolve: {
      alias: [
        { find: /^nsc\.js$/, replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)) },
        { find: /^nsc\.js\/(.+)$/, replacement: fileURLToPath(new URL("src/$1/index.ts", import.meta.url)) },
      ],
    },
    test: {
      projects: [
        project("unit", {
          include: ["test/**/*.test.ts"],
          exclude: [...house, ...server, ...packed, ...runtime],
          env: long ? { NSC_FUZZ_RUNS: process.env["NSC_FUZZ_RUNS"] ?? "5000" } : {},
          testTimeout: (long ? 1800 : 20) * SECOND,
          // Hooks make what many tests share.
          hookTimeout: 60 * SECOND,
          // No module of ours keeps state, so files of tests can share them: loading them for each takes a third of the time.
          isolate: false,
        }),
        project("house", { include: house, testTimeout: 30 * SECOND }),
        project("server", {
          include: server,
          env: long ? { NSC_LONG: "1" } : {},
          testTimeout: 60 * SECOND,
          hookTimeout: 60 * SECOND,
          // Servers have deadlines: they start when the tests that keep every core busy are over.
          sequence: { groupOrder: 1 },
          // These tests wait for servers more than they work.
          maxWorkers: 2 * availableParallelism(),
          isolate: false,
        }),
        project("package", {
          include: packed,
          globalSetup: ["test/package/setup.ts"],
          testTimeout: 120 * SECOND,
          hookTimeout: 120 * SECOND,
        }),
        project("runtime", { include: runtime, testTimeout: 60 * SECOND }),
      ],
      // The default leaves one core idle, which is half of a small machine.
      maxWorkers: "100%",
      setupFiles: ["test/support/matchers.ts", "test/support/fuzz.ts"],
      coverage: {
        provider: "v8",
        include: ["src/**/*.ts"],
        thresholds: {
          lines: 90,
          functions: 90,
          "src/{crypto,nkeys,jwt}/**": { lines: 100, functions: 100 },
        },
      },
    },
  };
});
