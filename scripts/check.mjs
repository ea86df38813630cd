/**
 * Runs every gate of this repository, says one line for each, and ends with one line that counts: the tests, and each
 * other gate as one. What a gate printed is shown only if it failed. `npm test` runs this.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "nsc-js-check-"));
const report = join(folder, "vitest.json");
const bin = join(root, "node_modules", ".bin");
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };

/** Stage after stage; two gates of a stage run at a time, since each of them keeps about one core busy. */
const STAGES = [
  [
    { name: "format and lint", command: "biome ci --error-on-warnings --colors=off" },
    { name: "build, types of src", command: "node scripts/build.mjs" },
    { name: "types of the portable rooms", command: "tsc -p tsconfig.portable.json" },
    { name: "types of the tests, type tests", command: "tsc -p tsconfig.test.json" },
  ],
  [
    {
      name: "tests",
      command: `vitest run --no-color --reporter=default --reporter=json --outputFile.json="${report}"`,
      report,
    },
  ],
  [
    { name: "unused code and packages", command: "knip" },
    { name: "API reference", command: "typedoc --emit none --treatWarningsAsErrors" },
    { name: "bundle sizes", command: "node scripts/size.mjs", show: true },
  ],
];

const LIMIT_MINUTES = 15;
const GROUPS = process.platform !== "win32";
const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    for (const child of running) stop(child);
    rmSync(folder, { recursive: true, force: true });
    process.exit(1);
  });
}

const count = { passed: 0, failed: 0 };

for (const stage of STAGES) {
  const waiting = [...stage];
  const worker = async () => {
    for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) await runGate(gate);
  };
  await Promise.all([worker(), worker()]);
}

rmSync(folder, { recursive: true, force: true });
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 ? 0 : 1;

async function runGate({ name, command, report, show = false }) {
  const start = performance.now();
  const { passed, output } = await run(command);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const tests = report === undefined ? undefined : readTests(report);
  const total = tests && `: ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped.length} skipped`;
  console.log(`${passed ? "ok  " : "FAIL"} ${name}${total ?? ""} (${seconds} s)`);
  for (const line of skips(tests?.skipped ?? [])) console.log(`     skipped: ${line}`);
  if (show || !passed) console.log(output.trimEnd().replace(/^/gm, "     "));

  count.passed += tests ? tests.passed : Number(passed);
  // A run of the tests can fail without a failed test: a file that does not load, an error outside of all tests.
  count.failed += tests?.failed || Number(!passed);
}

/** One line for each suite that skips something; a lone test says for itself why. */
function skips(tests) {
  const suites = new Map();
  for (const test of tests) {
    const suite = test.ancestorTitles.join(" > ");
    suites.set(suite, [...(suites.get(suite) ?? []), test]);
  }
  return [...suites].map(([suite, found]) =>
    found.length === 1 ? found[0].fullName : `${suite} (${found.length} tests)`,
  );
}

/** Runs a command line; standard output and error come as one text. */
function run(command) {
  return new Promise((resolve) => {
    const child = spawn(command, { cwd: root, env, shell: true, detached: GROUPS, stdio: ["ignore", "pipe", "pipe"] });
    const chunks = [];
    const timer = setTimeout(() => {
      chunks.push(Buffer.from(`\nstopped after ${LIMIT_MINUTES} minutes`));
      stop(child);
    }, LIMIT_MINUTES * 60_000);
    running.add(child);
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("close", (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ passed: code === 0, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** Ends a command with all that it started: a test that loops without end takes no notice of anything less. */
function stop(child) {
  if (GROUPS) process.kill(-child.pid, "SIGKILL");
  else child.kill();
}

/** The counts of a run of vitest; nothing was counted if it ended before it could write its report. */
function readTests(path) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(path, "utf8"));
    const skipped = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status !== "passed" && status !== "failed");
    return { passed: numPassedTests, failed: numFailedTests, skipped };
  } catch {
    return { passed: 0, failed: 0, skipped: [] };
  }
}
